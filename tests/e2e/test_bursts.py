"""Bursts: what many events at once cost, counted where Azure would count it."""

import asyncio
from collections import Counter

from simulator.arm import record_sets
from tests.e2e.conftest import DELETED, WRITTEN, Stage, an_event, staged, zone_with

REGIONS = ("northeurope", "francecentral", "uksouth", "eastus2")
CLAIM_END = "0123abcd m37es72qbejtl2bgmfihyioywy"


def fill_zone(stage: Stage, count: int) -> None:
    """Two record sets for each of so many registries, marked as ours, straight into the world."""
    world = stage.azure.world
    zone = world.get(stage.azure.zone)
    assert zone is not None
    short = f"{stage.operator.subscription}/platform"
    compact = f"{stage.operator.subscription.replace('-', '')}/platform"
    for number in range(count):
        registry = f"filled{number:04}"
        for name, last in ((registry, 5), (f"{registry}.westeurope.data", 4)):
            address = f"10.{100 + number // 250}.{number % 250}.{last}"
            metadata = {
                "acrPrivateDns": "acr-private-dns",
                "acrPrivateDnsRegistry": f"{short}/{registry}",
                "acrPrivateDnsAddress01": f"{address} {compact}/pe-{number} {CLAIM_END}",
            }
            content = {
                "ttl": 10,
                "aRecords": [{"ipv4Address": address}],
                "metadata": metadata,
            }
            record_sets.store(world, zone, name, content)


async def test_a_hundred_deletions_of_other_endpoints_stay_under_a_hundred_reads() -> None:
    """However they arrive, they share listings of 25 pages each, and nothing is written."""
    async with staged(deliver=False, settings=zone_with(links="leave")) as stage:
        fill_zone(stage, 1_250)
        await stage.operator.control("latency", request=0.05)
        gone = [stage.endpoint_event(DELETED, f"pe-blob-{number}") for number in range(100)]
        stage.azure.arm.calls.clear()
        # One delivery of fifty, and fifty of one, spread over the length of a listing.
        single = [_after(number / 50, stage, gone[50 + number]) for number in range(50)]
        statuses = await asyncio.gather(stage.deliver("endpoint_deleted", *gone[:50]), *single)
        assert set(statuses) == {202}
        calls = Counter(stage.app_calls())
        listing = ("GET", "Microsoft.Network/privateDnsZones/privatelink.azurecr.io/A")
        assert calls.keys() == {listing}
        assert 25 <= calls[listing] < 100
        assert len(stage.said("endpoint_deleted")) == 100


async def _after(seconds: float, stage: Stage, event: object) -> int:
    await asyncio.sleep(seconds)
    return await stage.deliver("endpoint_deleted", event)


async def test_many_events_of_one_registry_share_a_running_and_a_waiting_run() -> None:
    """Fifty events at once cost a few runs of the loop and not fifty, and all names stand."""
    async with staged(deliver=False, settings=zone_with(links="leave")) as stage:
        await stage.hurry()
        registry = await stage.publish()
        others = [f"pe-{number:02}" for number in range(9)]
        await asyncio.gather(
            *(stage.operator.create_endpoint(name, "network-a", registry) for name in others)
        )
        await stage.operator.control("latency", request=0.05)
        events = [stage.endpoint_event(WRITTEN, name) for name in ["pe-a", *others] * 5]
        stage.azure.arm.calls.clear()
        assert await stage.deliver("endpoint_written", *events) == 202
        calls = Counter(stage.app_calls())
        zone = "Microsoft.Network/privateDnsZones/privatelink.azurecr.io/A"
        # A look reads each record once; who comes during the first look is served by the next.
        assert 1 <= calls["GET", f"{zone}/myregistry"] <= 3
        assert calls["PUT", f"{zone}/myregistry"] == 1
        assert set(await stage.operator.records()) == {"myregistry", "myregistry.westeurope.data"}
        assert not any(method == "DELETE" for method, _ in calls)
        # Each event is answered for itself, though most had their run in common.
        assert sum(" written: " in line for line in stage.said()) == 50


async def test_two_hundred_endpoints_with_six_members_each() -> None:
    """One event about a registry as large as Azure lets it grow publishes it within 20 seconds."""
    async with staged(deliver=False) as stage:
        await stage.hurry()
        operator = stage.operator
        await operator.create_network("network-a", "10.1.0.0/16")
        registry = await operator.create_registry("myregistry")
        for region in REGIONS:
            await operator.create_replica("myregistry", region)
        names = [f"pe-{number:03}" for number in range(200)]
        # Resource Manager's own door, a few at once.
        for first in range(0, 200, 20):
            await asyncio.gather(
                *(
                    operator.create_endpoint(name, "network-a", registry)
                    for name in names[first : first + 20]
                )
            )
        # Each call takes 20 ms, as the fastest of Azure's do.
        await operator.control("latency", request=0.02)
        stage.azure.arm.calls.clear()
        event = stage.endpoint_event(WRITTEN, "pe-123")
        assert await stage.deliver("endpoint_written", event) == 202
        calls = Counter(method for method, _ in stage.app_calls())
        records = await operator.records()
        assert sorted(records) == sorted(
            ["myregistry", *(f"myregistry.{r}.data" for r in ("westeurope", *REGIONS))]
        )
        # Each endpoint takes six addresses in a row; the one with the lowest ID is published.
        chosen = await operator.networks.private_endpoints.get("platform", "pe-000")
        shown = chosen.as_dict()["properties"]["customDnsConfigs"]
        assert {f"{name}.azurecr.io": list(addresses) for name, addresses in records.items()} == {
            item["fqdn"]: item["ipAddresses"] for item in shown
        }
        assert len(await operator.links()) == 1
        # Three reads for each endpoint, and two to verify it before its network's link is done.
        assert calls == {"GET": calls["GET"], "PUT": 7}
        assert 600 < calls["GET"] < 1_100
        stage.azure.arm.calls.clear()
        replica = an_event(WRITTEN, f"{registry}/replications/uksouth")
        assert await stage.deliver("registry_changed", replica) == 202
        assert {method for method, _ in stage.app_calls()} == {"GET"}
        assert len(stage.app_calls()) < 700
