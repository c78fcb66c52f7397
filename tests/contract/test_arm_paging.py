"""Every list of every provider, read through the real clients from the first page to the last."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.contract.arm_estate import (
    GROUP,
    NETWORK,
    REGISTRY,
    SCOPE,
    SUBNET,
    SUBSCRIPTION,
    ZONE,
    Cloud,
    endpoint_body,
    running,
)

ZONE_NAME = "privatelink.azurecr.io"
THREE = ("a", "b", "c")
PLACE = {"location": "westeurope"}

# Which list, how many items are on it, and what is asked for besides.
LISTS: dict[str, tuple[Callable[[Cloud], Any], int]] = {
    "virtual networks of the subscription": (lambda c: c.network.virtual_networks.list_all(), 4),
    "virtual networks of the group": (lambda c: c.network.virtual_networks.list(GROUP), 4),
    "subnets": (lambda c: c.network.subnets.list(GROUP, "hub"), 3),
    "peerings": (lambda c: c.network.virtual_network_peerings.list(GROUP, "hub"), 3),
    "endpoints of the subscription": (
        lambda c: c.network.private_endpoints.list_by_subscription(),
        3,
    ),
    "endpoints of the group": (lambda c: c.network.private_endpoints.list(GROUP), 3),
    "interfaces of the subscription": (lambda c: c.network.network_interfaces.list_all(), 3),
    "interfaces of the group": (lambda c: c.network.network_interfaces.list(GROUP), 3),
    "registries of the subscription": (lambda c: c.registries.registries.list(), 4),
    "registries of the group": (
        lambda c: c.registries.registries.list_by_resource_group(GROUP),
        4,
    ),
    "replications": (lambda c: c.registries.replications.list(GROUP, "contoso"), 3),
    "connections": (
        lambda c: c.registries.private_endpoint_connections.list(GROUP, "contoso"),
        3,
    ),
    "zones of the subscription": (lambda c: c.dns.private_zones.list(top=2), 4),
    "zones of the group": (lambda c: c.dns.private_zones.list_by_resource_group(GROUP, top=2), 4),
    "A record sets": (lambda c: c.dns.record_sets.list_by_type(GROUP, ZONE_NAME, "A", top=2), 3),
    "all record sets": (lambda c: c.dns.record_sets.list(GROUP, ZONE_NAME, top=2), 4),
    "links": (lambda c: c.dns.virtual_network_links.list(GROUP, ZONE_NAME, top=2), 3),
}


@pytest.fixture
async def many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Cloud]:
    """At least three of everything, with two on a page."""
    async with running(tmp_path, monkeypatch, page_size=2) as cloud:
        cloud.world.clock.scale = 10_000
        await cloud.put(NETWORK, {**PLACE, "properties": _space(0, "endpoints", "s1", "s2")})
        await cloud.put(REGISTRY, {**PLACE, "sku": {"name": "Premium"}})
        await cloud.zone()
        for number, name in enumerate(THREE, start=1):
            await _one_more(cloud, number, name)
        for region in ("northeurope", "eastus"):
            await cloud.put(f"{REGISTRY}/replications/{region}", {"location": region})
        yield cloud


def _space(number: int, *subnets: str) -> dict[str, object]:
    return {
        "addressSpace": {"addressPrefixes": [f"10.{number}.0.0/16"]},
        "subnets": [
            {"name": name, "properties": {"addressPrefix": f"10.{number}.{third}.0/24"}}
            for third, name in enumerate(subnets)
        ],
    }


async def _one_more(cloud: Cloud, number: int, name: str) -> None:
    provider, network = f"{SCOPE}/providers/Microsoft.Network", f"{NETWORK}-{name}"
    await cloud.put(network, {**PLACE, "properties": _space(number)})
    peering = {"properties": {"remoteVirtualNetwork": {"id": network}}}
    await cloud.put(f"{NETWORK}/virtualNetworkPeerings/to-{name}", peering)
    await cloud.put(f"{provider}/privateEndpoints/{name}", endpoint_body(subnet=SUBNET))
    await cloud.put(f"{REGISTRY}{name}", {**PLACE, "sku": {"name": "Basic"}})
    await cloud.put(f"{provider}/privateDnsZones/{name}.example", {"location": "global"})
    await cloud.put(f"{ZONE}/A/{name}", {"properties": {"ttl": 10, "aRecords": []}})
    link = {"location": "global", "properties": {"virtualNetwork": {"id": network}}}
    await cloud.put(f"{ZONE}/virtualNetworkLinks/{name}", link)


async def test_every_list_is_read_to_its_last_page(many: Cloud) -> None:
    """Two on a page: each list is whole, in pages, without a repeated and without a lost item."""
    for name, (listing, count) in LISTS.items():
        pages = [[item.id async for item in page] async for page in listing(many).by_page()]
        ids = [id_ for page in pages for id_ in page]
        assert (name, len(ids), len(set(ids))) == (name, count, count)
        assert (name, [len(page) for page in pages]) == (
            name,
            [2] * (count // 2) + [1] * (count % 2),
        )


async def test_what_has_no_second_page_has_no_next_link(many: Cloud) -> None:
    """Zone groups and link resources are one at most; an empty list is one empty page."""
    endpoint = f"{SCOPE}/providers/Microsoft.Network/privateEndpoints/a"
    config = {"name": "acr", "properties": {"privateDnsZoneId": ZONE}}
    body = {"properties": {"privateDnsZoneConfigs": [config]}}
    await many.put(f"{endpoint}/privateDnsZoneGroups/default", body)
    groups = many.network.private_dns_zone_groups.list("a", GROUP)
    assert [item.name async for item in groups] == ["default"]
    none = many.network.private_dns_zone_groups.list("b", GROUP)
    assert [item.name async for item in none] == []
    for path in (
        f"{endpoint}/privateDnsZoneGroups",
        f"{REGISTRY}/privateLinkResources",
        f"/subscriptions/{SUBSCRIPTION}/resourcegroups",
    ):
        page = await many.get(path)
        assert (len(page["value"]), "nextLink" in page) == (1, False)


async def test_a_page_survives_what_comes_and_goes_beside_it(many: Cloud) -> None:
    """Between two pages something is deleted and something made: what stayed is read once."""
    first = await many.send("GET", f"{ZONE}/A", query={"$top": "2"})
    assert [item["name"] for item in first.body["value"]] == ["a", "b"]
    await many.send("DELETE", f"{ZONE}/A/a")
    await many.put(f"{ZONE}/A/aa", {"properties": {"ttl": 10, "aRecords": []}})
    second = await many.send("GET", first.body["nextLink"])
    assert [item["name"] for item in second.body["value"]] == ["c"]
