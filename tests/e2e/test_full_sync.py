"""Whole zones through the worker and over the wire: from any state, whatever lists say."""

import json

import pytest

from simulator import crowd
from simulator.deployment import load_deployment
from tests.e2e.conftest import LOGIN, PUBLISHED, WEST, ZONE, Stage, staged

NORTH = ZONE.replace("/resourceGroups/dns/", "/resourceGroups/dns-north/")


def names_of(registry: str) -> list[str]:
    """The five names of a registry with three replicas."""
    regions = ("westeurope", "northeurope", "eastus", "southeastasia")
    return [registry, *(f"{registry}.{region}.data" for region in regions)]


@pytest.mark.timeout(600)
async def test_an_emptied_zone_of_500_records_comes_back() -> None:
    """Whoever deletes every record of a hundred registries sees them all again after one run."""
    async with staged(deliver=False) as stage:
        operator = stage.operator
        await stage.hurry()
        await operator.create_network("hub", "10.0.0.0/16")
        registry = await operator.create_registry("model")
        for region in ("northeurope", "eastus", "southeastasia"):
            await operator.create_replica("model", region)
        await operator.create_endpoint("pe-model", "hub", registry)
        names = [f"registry{number:03}" for number in range(100)]
        crowd.multiply(
            stage.azure.world,
            "model",
            names,
            lambda number: [f"10.0.{number}.{last}" for last in range(4, 9)],
        )
        # The first runs link the network as well, so they stop at 500 changes before the end.
        for _ in range(2):
            assert await stage.tick() is None
        records = await operator.records()
        assert sorted(records) == sorted(name for one in names for name in names_of(one))
        assert records["registry042"] == ("10.0.42.5",)
        for name in records:
            await operator.delete_record(name)
        assert await operator.records() == {}
        assert await stage.tick() is None
        assert await operator.records() == records
        stage.azure.arm.calls.clear()
        assert await stage.tick() is None
        assert {method for method, _ in stage.app_calls()} == {"GET"}


@pytest.mark.parametrize(
    "rule",
    [
        {"fault": "itemLeftOut", "path": "*/providers/Microsoft.Network/privateEndpoints"},
        {"fault": "itemLeftOut", "path": "*/providers/Microsoft.ContainerRegistry/registries"},
        {"fault": "stale", "since": 0, "path": "*/providers/Microsoft.Network/privateEndpoints"},
        {"fault": "stale", "since": 0, "path": "*/Microsoft.ContainerRegistry/registries"},
        {"fault": "refused", "status": 403, "path": "*/Microsoft.Network/privateEndpoints"},
        {"fault": "refused", "status": 503, "path": "*/Microsoft.ContainerRegistry/registries"},
        {"fault": "secondPageFails", "status": 503, "path": "*/privateDnsZones/*/A"},
    ],
    ids=lambda rule: f"{rule['fault']} {rule['path'].rpartition('/')[2]}",
)
async def test_lists_that_lie_or_fail_take_nothing(rule: dict[str, object]) -> None:
    """An endpoint that a list leaves out, or shows as long ago, or not at all, keeps its names."""
    async with staged(deliver=False) as stage:
        await stage.hurry()
        await stage.operator.control("history", on=True)
        await stage.publish()
        assert await stage.tick() is None
        assert await stage.operator.records() == PUBLISHED
        links = await stage.operator.links()
        url = f"{stage.operator.line['arm']}/_simulator/faults"
        body = {**rule, "method": "GET", "principal": "app", "calls": 0}
        async with stage.operator.session.post(url, json=body) as reply:
            assert reply.status == 201, await reply.text()
        stage.azure.arm.calls.clear()
        await stage.tick()
        assert await stage.operator.records() == PUBLISHED
        assert await stage.operator.links() == links
        assert {method for method, _ in stage.app_calls()} == {"GET"}


async def test_each_region_resolves_to_its_own_endpoint() -> None:
    """One registry behind two endpoints in two zones: each network gets the local address."""
    zones = [{"id": ZONE}, {"id": NORTH, "regions": ["northeurope"]}]
    settings = {"ACR_PRIVATE_DNS_ZONES": json.dumps(zones)}
    async with staged(deliver=False, settings=settings) as stage:
        operator = stage.operator
        await _second_zone(stage)
        registry = await stage.publish()
        await operator.create_network("network-n", "10.2.0.0/24", region="northeurope")
        await operator.create_endpoint("pe-n", "network-n", registry, region="northeurope")
        assert await stage.tick() is None
        here = await operator.resolve(LOGIN, "network-a"), await operator.resolve(WEST, "network-a")
        assert [answer.addresses for answer in here] == [("10.1.0.5",), ("10.1.0.4",)]
        there = (
            await operator.resolve(LOGIN, "network-n"),
            await operator.resolve(WEST, "network-n"),
        )
        assert [answer.addresses for answer in there] == [("10.2.0.5",), ("10.2.0.4",)]


async def test_a_network_that_changes_zones_takes_its_names_along() -> None:
    """New zone first, then the link, then the old zone lets go; the network resolves again."""
    zones = [{"id": ZONE, "regions": ["eastus"]}, {"id": NORTH}]
    settings = {"ACR_PRIVATE_DNS_ZONES": json.dumps(zones)}
    async with staged(deliver=False, settings=settings) as stage:
        operator = stage.operator
        await _second_zone(stage)
        await stage.publish()
        # As an earlier run left it, when the first zone still served the network.
        assert await stage.tick() is None
        await _move_back(stage)
        assert await stage.tick() is None
        assert await operator.records() == {}
        assert await operator.links() == {}
        assert (await operator.resolve(LOGIN, "network-a")).addresses == ("10.1.0.5",)


async def _second_zone(stage: Stage) -> None:
    """A zone of the same name in a group of its own, which the app may keep as well."""
    await stage.hurry()
    await stage.operator.create_zone("dns-north")
    app, subscriptions = stage.azure.identity.app_principal, stage.azure.world.subscriptions
    for one in load_deployment(app, NORTH, subscriptions).assignments:
        stage.azure.arm.roles.grant(one)


async def _move_back(stage: Stage) -> None:
    """Put the names and the link of the northern zone where the first zone would have them."""
    operator = stage.operator
    sets, links = operator.zones.record_sets, operator.zones.virtual_network_links
    async for record in sets.list_by_type("dns-north", "privatelink.azurecr.io", "A"):
        (address,) = (one.ipv4_address for one in record.a_records)
        await operator.put_record(record.name, address, ttl=10, metadata=record.metadata)
        await sets.delete("dns-north", "privatelink.azurecr.io", "A", record.name)
    async for link in links.list("dns-north", "privatelink.azurecr.io"):
        body = {"location": "global", "tags": link.tags, "properties": dict(link.properties)}
        await operator.unlink(link.name, "dns-north")
        begun = links.begin_create_or_update("dns", "privatelink.azurecr.io", link.name, body)
        await (await begun).result()


async def test_what_a_person_should_know_comes_over_the_wire() -> None:
    """Own DNS servers, a public door, IPv6 members and a lock are told by a run that goes on."""
    async with staged(deliver=False) as stage:
        operator = stage.operator
        await stage.hurry()
        registry = await operator.create_registry("myregistry")
        network = operator.id_of("Microsoft.Network/virtualNetworks", "network-a")
        prefixes = ["10.1.0.0/24", "fd00:1::/64"]
        properties = {"addressPrefixes": prefixes}
        await _put(
            stage,
            network,
            addressSpace=properties,
            dhcpOptions={"dnsServers": ["10.0.0.53"]},
            subnets=[{"name": "endpoints", "properties": properties}],
        )
        await _put(
            stage,
            operator.id_of("Microsoft.Network/privateEndpoints", "pe-a"),
            subnet={"id": f"{network}/subnets/endpoints"},
            ipVersionType="DualStack",
            privateLinkServiceConnections=[
                {
                    "name": "connection",
                    "properties": {"privateLinkServiceId": registry, "groupIds": ["registry"]},
                }
            ],
        )
        await operator.put_record("myregistry")
        lock = f"{ZONE}/A/myregistry/providers/Microsoft.Authorization/locks/keep"
        await _put(stage, lock, level="ReadOnly")
        status, report = await stage.ask("POST", "reconcile", {"scope": "all"})
        assert status == 200, report
        (zone,) = report["zones"]
        found = {finding["code"] for finding in zone["findings"]}
        assert found == {"custom-dns", "public-access", "ipv6-member", "locked"}
        assert (await operator.records())["myregistry"] == ()
        assert (await operator.records())["myregistry.westeurope.data"] != ()


async def _put(stage: Stage, resource_id: str, **properties: object) -> None:
    """A resource by a plain request, for what the clients' operator does not know."""
    operator = stage.operator
    versions = {"virtualNetworks": "2024-05-01", "privateEndpoints": "2024-05-01"}
    version = versions.get(resource_id.split("/")[-2], "2020-05-01")
    token = stage.azure.identity.operator_header
    query = {"api-version": "2019-08-01", "resource": "https://management.azure.com"}
    async with operator.session.get(
        stage.azure.identity.url, params=query, headers={"X-IDENTITY-HEADER": token}
    ) as reply:
        bearer = (await reply.json())["access_token"]
    async with operator.session.put(
        f"{operator.line['arm']}{resource_id}?api-version={version}",
        json={"location": "westeurope", "properties": properties},
        headers={"Authorization": f"Bearer {bearer}"},
    ) as reply:
        assert reply.status in (200, 201), await reply.text()
    if "/privateEndpoints/" in resource_id:
        endpoint = stage.azure.world.get(resource_id)
        assert endpoint is not None
        await stage.until(lambda: endpoint.properties["provisioningState"] == "Succeeded")
