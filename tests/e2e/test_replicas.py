"""Replicas and regions over the wire: what comes, goes, comes late and never comes."""

import asyncio

import pytest
from azure.core.exceptions import HttpResponseError

from tests.e2e.conftest import LOGIN, PUBLISHED, WEST, WRITTEN, Stage, an_event, staged

NORTH = "myregistry.northeurope.data.azurecr.io"
WITH_NORTH = {**PUBLISHED, "myregistry.northeurope.data": ("10.1.0.6",)}
REPLICATIONS = "Microsoft.ContainerRegistry/registries/replications"


async def fill(stage: Stage, network: str) -> None:
    """Let a storage account's endpoint take an address of a network's subnet."""
    storage = stage.operator.id_of("Microsoft.Storage/storageAccounts", f"filler{network}")
    await stage.operator.create_endpoint(f"pe-filler-{network}", network, storage, "blob")


def members(stage: Stage) -> int:
    """How many members the one interface that there is has now."""
    (interface,) = stage.azure.world.of_type("Microsoft.Network/networkInterfaces")
    return len(interface.properties["ipConfigurations"])


def findings(stage: Stage, code: str) -> set[str]:
    """Registry or record, and detail, of every finding of a kind that the app logged."""
    start = f"finding {code} at "
    lines = {line.removeprefix(start) for line in stage.said() if line.startswith(start)}
    return {line.rpartition("/")[2].partition(". ")[0] for line in lines}


def steps(stage: Stage, operation: str, subject: str) -> list[str]:
    """What became of the events about something, in order."""
    entries = stage.azure.event_grid.log.entries(operation, subject)
    return [str(happened["step"]) for entry in entries for happened in entry.history]


@pytest.mark.parametrize("home_listed", [True, False])
async def test_a_replica_comes_and_goes(stage: Stage, *, home_listed: bool) -> None:
    """A replica's name lives as long as the replica, whether or not the list holds the home."""
    await stage.hurry()
    await stage.habits(home_listed=home_listed)
    await stage.publish()
    await stage.quiet()
    await stage.operator.create_replica("myregistry", "northeurope")
    await stage.quiet()
    listed = stage.operator.registries.replications.list("platform", "myregistry")
    names = {replica.name async for replica in listed}
    assert names == {"northeurope"} | ({"westeurope"} if home_listed else set())
    assert await stage.operator.records() == WITH_NORTH
    assert (await stage.operator.resolve(NORTH, "network-a")).addresses == ("10.1.0.6",)
    await stage.operator.delete_replica("myregistry", "northeurope")
    await stage.quiet()
    assert await stage.operator.records() == PUBLISHED
    assert (await stage.operator.resolve(WEST, "network-a")).addresses == ("10.1.0.4",)
    assert (await stage.operator.resolve(NORTH, "network-a")).status == "NXDOMAIN"


async def test_an_event_that_finds_its_replica_creating_brings_the_record(
    silent_stage: Stage,
) -> None:
    """The run waits for the replica and for its member, so that no second event is needed."""
    stage = silent_stage
    await stage.hurry(replication=2.0, member=1.0)
    registry = await stage.publish()
    await stage.deliver("endpoint_written", stage.endpoint_event(WRITTEN))
    creating = asyncio.create_task(stage.operator.create_replica("myregistry", "northeurope"))
    replica = f"{registry}/replications/northeurope"
    await stage.until(lambda: stage.azure.world.get(replica))
    assert await stage.deliver("registry_changed", an_event(WRITTEN, replica)) == 202
    assert await stage.operator.records() == WITH_NORTH
    await creating


@pytest.mark.parametrize("habit", ["early_events", "service_events"])
async def test_however_many_events_a_replica_raises_its_record_is_written_once(
    stage: Stage, habit: str
) -> None:
    """An event at the replica's start, or one about the late member itself, does no harm.

    Invariant: idempotent.
    """
    await stage.hurry(replication=1.0, member=1.0)
    await stage.habits(**{habit: True})
    await stage.publish()
    await stage.quiet()
    before = len(stage.azure.arm.calls)
    await stage.operator.create_replica("myregistry", "northeurope")
    await stage.quiet()
    assert await stage.operator.records() == WITH_NORTH
    writes = [call for call in stage.app_calls(before) if call[0] != "GET"]
    zone = "Microsoft.Network/privateDnsZones/privatelink.azurecr.io/A"
    assert writes == [("PUT", f"{zone}/myregistry.northeurope.data")]


async def test_a_replica_that_azure_takes_back_changes_nothing(stage: Stage) -> None:
    """Where an endpoint has no address for it, the replica goes again, and the zone stays."""
    await stage.hurry(replication=1.0)
    await stage.habits(early_events=True)
    await stage.operator.create_network("network-a", "10.1.0.0/29")
    await fill(stage, "network-a")
    registry = await stage.operator.create_registry("myregistry")
    await stage.operator.create_endpoint("pe-a", "network-a", registry)
    await stage.quiet()
    published = {"myregistry": ("10.1.0.6",), "myregistry.westeurope.data": ("10.1.0.5",)}
    assert await stage.operator.records() == published
    before = len(stage.azure.arm.calls)
    with pytest.raises(HttpResponseError, match="SubnetIsFull"):
        await stage.operator.create_replica("myregistry", "northeurope")
    await stage.quiet()
    assert await stage.operator.records() == published
    assert {method for method, _ in stage.app_calls(before)} == {"GET"}


async def test_members_that_never_come_keep_nothing_else_away(stage: Stage) -> None:
    """A full subnet, static addresses, a stuck replica: the rest is published, the lack said."""
    operator = stage.operator
    await stage.hurry(event=0.0)
    await stage.habits(unfit_replica_fails=False, early_events=True)
    for number, network in enumerate(("full", "static", "late", "stuck"), 1):
        await operator.create_network(network, f"10.{number}.0.0/29")
    for network in ("full", "late"):
        await fill(stage, network)
    full, static, late, stuck = [
        # In networks that do not reach each other: each needs its link.
        await operator.create_registry(f"registry{name}", publicNetworkAccess="Disabled")
        for name in ("full", "static", "late", "stuck")
    ]
    chosen = {"registry": "10.2.0.5", "registry_data_westeurope": "10.2.0.6"}
    await operator.create_endpoint("pe-full", "full", full)
    await operator.create_endpoint("pe-static", "static", static, static=chosen)
    await operator.create_endpoint("pe-late", "late", late, manual=True)
    await operator.create_endpoint("pe-stuck", "stuck", stuck)
    await operator.create_replica("registrylate", "northeurope")
    await stage.quiet()
    published = {
        "registryfull": ("10.1.0.6",),
        "registryfull.westeurope.data": ("10.1.0.5",),
        "registrystatic": ("10.2.0.5",),
        "registrystatic.westeurope.data": ("10.2.0.6",),
        "registrystuck": ("10.4.0.5",),
        "registrystuck.westeurope.data": ("10.4.0.4",),
    }
    assert await operator.records() == published
    await operator.control("latency", replication=3600.0)
    slowly = asyncio.create_task(operator.create_replica("registrystuck", "northeurope"))
    await stage.until(lambda: stage.azure.world.get(f"{stuck}/replications/northeurope"))
    await operator.control("latency", replication=0.0)
    await asyncio.gather(
        operator.create_replica("registryfull", "northeurope"),
        operator.create_replica("registrystatic", "northeurope"),
        operator.decide("registrylate", "pe-late", "Approved"),
    )
    lacks = {
        f"registry{name}: endpoint pe-{name} has no member for region northeurope"
        for name in ("full", "static", "late")
    }
    await stage.until(lambda: findings(stage, "member-missing") >= lacks)
    assert await operator.records() == {
        **published,
        "registrylate": ("10.3.0.6",),
        "registrylate.westeurope.data": ("10.3.0.5",),
    }
    answer = await operator.resolve("registrylate.azurecr.io", "late")
    assert answer.addresses == ("10.3.0.6",)
    # What Succeeded and lacks its member is asked for again; what is still Creating is not.
    await stage.until(lambda: "retried" in steps(stage, f"{REPLICATIONS}/write", full))
    await stage.until(lambda: "delivered" in steps(stage, f"{REPLICATIONS}/write", stuck))
    assert "retried" not in steps(stage, f"{REPLICATIONS}/write", stuck)
    assert findings(stage, "member-missing") == lacks
    slowly.cancel()


async def test_regional_members_come_and_go_with_their_regions(stage: Stage) -> None:
    """Where regional endpoints are on, each region has a `.geo` name beside its data name."""
    await stage.hurry()
    await stage.operator.create_network("network-a", "10.1.0.0/24")
    registry = await stage.operator.create_registry("myregistry", regionalEndpoints="Enabled")
    await stage.operator.create_endpoint("pe-a", "network-a", registry)
    await stage.quiet()
    home = {**PUBLISHED, "myregistry.westeurope.geo": ("10.1.0.6",)}
    assert await stage.operator.records() == home
    await stage.operator.create_replica("myregistry", "northeurope")
    await stage.quiet()
    assert await stage.operator.records() == {
        **home,
        "myregistry.northeurope.data": ("10.1.0.7",),
        "myregistry.northeurope.geo": ("10.1.0.8",),
    }
    geo = await stage.operator.resolve("myregistry.northeurope.geo.azurecr.io", "network-a")
    assert [(name, kind, data) for name, _, kind, data in geo.lines] == [
        (
            "myregistry.northeurope.geo.azurecr.io.",
            "CNAME",
            "myregistry.northeurope.geo.privatelink.azurecr.io.",
        ),
        ("myregistry.northeurope.geo.privatelink.azurecr.io.", "A", "10.1.0.8"),
    ]
    await stage.operator.delete_replica("myregistry", "northeurope")
    await stage.quiet()
    assert await stage.operator.records() == home
    await stage.operator.delete_endpoint("pe-a")
    await stage.quiet()
    assert await stage.operator.records() == {}


@pytest.mark.parametrize("service_events", [True, False])
async def test_regional_endpoints_are_switched_on_and_off(
    stage: Stage, *, service_events: bool
) -> None:
    """A late `.geo` member comes with the next event; switched off, it goes with its endpoint.

    No document of the registry proves that the region's `.geo` name is over, so an event's
    run leaves the record (no-unproven-delete).
    """
    await stage.hurry(member=1.0)
    await stage.habits(service_events=service_events)
    registry = await stage.publish()
    await stage.quiet()
    await stage.operator.create_registry("myregistry", regionalEndpoints="Enabled")
    await stage.until(lambda: members(stage) == 3)
    await stage.quiet()
    if not service_events:
        assert await stage.operator.records() == PUBLISHED
        assert await stage.deliver("registry_changed", an_event(WRITTEN, registry)) == 202
    published = {**PUBLISHED, "myregistry.westeurope.geo": ("10.1.0.6",)}
    assert await stage.operator.records() == published
    await stage.operator.create_registry("myregistry", regionalEndpoints="Disabled")
    await stage.until(lambda: members(stage) == 2)
    await stage.quiet()
    assert await stage.operator.records() == published
    await stage.operator.delete_endpoint("pe-a")
    await stage.quiet()
    assert await stage.operator.records() == {}


async def test_a_domain_name_label_is_part_of_every_name(stage: Stage) -> None:
    """Names come from the interface, so a login server with a hash needs no special case."""
    await stage.hurry()
    await stage.operator.create_network("network-a", "10.1.0.0/24")
    registry = await stage.operator.create_registry(
        "myregistry", autoGeneratedDomainNameLabelScope="TenantReuse"
    )
    await stage.operator.create_endpoint("pe-a", "network-a", registry)
    await stage.operator.create_replica("myregistry", "northeurope")
    await stage.quiet()
    label = "myregistry-2nmmebjeczszcp3l"
    assert await stage.operator.records() == {
        label: ("10.1.0.5",),
        f"{label}.westeurope.data": ("10.1.0.4",),
        f"{label}.northeurope.data": ("10.1.0.6",),
    }
    answer = await stage.operator.resolve(f"{label}.azurecr.io", "network-a")
    assert answer.names == (f"{label}.privatelink.azurecr.io",)
    assert answer.addresses == ("10.1.0.5",)
    await stage.operator.delete_replica("myregistry", "northeurope")
    await stage.quiet()
    assert f"{label}.northeurope.data" not in await stage.operator.records()
    await stage.operator.delete_registry("myregistry")
    await stage.quiet()
    assert await stage.operator.records() == {}


@pytest.mark.parametrize("suffix", ["azurecr.cn", "azurecr.us"])
async def test_other_clouds_differ_by_their_suffix_alone(suffix: str) -> None:
    """In China and for the US government the zone and every name end otherwise, no more."""
    async with staged(suffix=suffix) as stage:
        await stage.hurry()
        await stage.publish()
        await stage.operator.create_replica("myregistry", "northeurope")
        await stage.quiet()
        assert stage.operator.line["zone"].endswith(f"/privateDnsZones/privatelink.{suffix}")
        assert await stage.operator.records() == WITH_NORTH
        login = await stage.operator.resolve(f"myregistry.{suffix}", "network-a")
        assert login.names == (f"myregistry.privatelink.{suffix}",)
        assert login.addresses == ("10.1.0.5",)
        north = await stage.operator.resolve(f"myregistry.northeurope.data.{suffix}", "network-a")
        assert north.addresses == ("10.1.0.6",)
        assert (await stage.operator.resolve(LOGIN, "network-a")).status == "NXDOMAIN"
        await stage.operator.delete_endpoint("pe-a")
        await stage.quiet()
        assert await stage.operator.records() == {}
