"""The real pollers through every long-running operation: to success, to failure, to the end."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from tests.contract.arm_estate import (
    ENDPOINT,
    FAST,
    GROUP,
    NETWORK,
    REGISTRY,
    SUBNET,
    ZONE,
    Cloud,
    endpoint_body,
)

ZONE_NAME = "privatelink.azurecr.io"
PLACE, GLOBAL = {"location": "westeurope"}, {"location": "global"}
PREMIUM = {**PLACE, "sku": {"name": "Premium"}}
SPOKE = NETWORK.replace("hub", "spoke")


def space(number: int) -> dict[str, object]:
    """The body of a network."""
    return {
        **PLACE,
        "properties": {
            "addressSpace": {"addressPrefixes": [f"10.{number}.0.0/16"]},
            "subnets": [
                {"name": "endpoints", "properties": {"addressPrefix": f"10.{number}.0.0/24"}}
            ],
        },
    }


def link(network: str = NETWORK) -> dict[str, object]:
    """The body of a link."""
    return {**GLOBAL, "properties": {"virtualNetwork": {"id": network}}}


async def connection_name(cloud: Cloud) -> str:
    """The name of the registry's one connection."""
    (connection,) = (await cloud.get(f"{REGISTRY}/privateEndpointConnections"))["value"]
    return str(connection["name"])


async def test_every_operation_of_the_clients_ends(cloud: Cloud) -> None:
    """Creates, updates and deletes of all three providers, each by its own poller, in order."""
    network, registries, dns = cloud.network, cloud.registries, cloud.dns
    peering = {"properties": {"remoteVirtualNetwork": {"id": SPOKE}}}
    config = {"name": "acr", "properties": {"privateDnsZoneId": ZONE}}
    group = {"properties": {"privateDnsZoneConfigs": [config]}}
    approved = {"properties": {"privateLinkServiceConnectionState": {"status": "Approved"}}}
    tags = {"tags": {"team": "dns"}}
    connections = registries.private_endpoint_connections
    hub, endpoint, zone = (GROUP, "hub"), (GROUP, "contoso-pe"), (GROUP, ZONE_NAME)

    async def ended(begin: Callable[..., Awaitable[Any]], *arguments: object) -> Any:
        poller = await begin(*arguments, **FAST)
        result = await poller.result()
        assert (poller.done(), poller.status()) == (True, "Succeeded")
        return result

    await ended(network.virtual_networks.begin_create_or_update, *hub, space(1))
    await ended(network.virtual_networks.begin_create_or_update, GROUP, "spoke", space(2))
    subnet = {"properties": {"addressPrefix": "10.1.9.0/24"}}
    await ended(network.subnets.begin_create_or_update, *hub, "more", subnet)
    made = await ended(
        network.virtual_network_peerings.begin_create_or_update, *hub, "to-spoke", peering
    )
    assert made.peering_state == "Initiated"
    await ended(registries.registries.begin_create, GROUP, "contoso", PREMIUM)
    await ended(registries.registries.begin_update, GROUP, "contoso", tags)
    north = {"location": "northeurope"}
    await ended(registries.replications.begin_create, GROUP, "contoso", "northeurope", north)
    await ended(network.private_endpoints.begin_create_or_update, *endpoint, endpoint_body())
    name = await connection_name(cloud)
    decided = await ended(connections.begin_create_or_update, GROUP, "contoso", name, approved)
    assert decided.properties.provisioning_state == "Succeeded"
    await ended(dns.private_zones.begin_create_or_update, *zone, GLOBAL)
    await ended(dns.private_zones.begin_update, *zone, tags)
    await ended(dns.virtual_network_links.begin_create_or_update, *zone, "hub", link())
    patched = await ended(dns.virtual_network_links.begin_update, *zone, "hub", tags)
    assert patched.tags == {"team": "dns"}
    groups = network.private_dns_zone_groups
    kept = await ended(groups.begin_create_or_update, *endpoint, "default", group)
    assert len(kept.private_dns_zone_configs[0].record_sets) == 3

    await ended(groups.begin_delete, *endpoint, "default")
    await ended(dns.virtual_network_links.begin_delete, *zone, "hub")
    await ended(dns.private_zones.begin_delete, *zone)
    await ended(connections.begin_delete, GROUP, "contoso", name)
    await ended(network.private_endpoints.begin_delete, *endpoint)
    await ended(registries.replications.begin_delete, GROUP, "contoso", "northeurope")
    await ended(registries.registries.begin_delete, GROUP, "contoso")
    await ended(network.virtual_network_peerings.begin_delete, *hub, "to-spoke")
    await ended(network.subnets.begin_delete, *hub, "more")
    await ended(network.virtual_networks.begin_delete, *hub)
    assert [item.name async for item in network.virtual_networks.list(GROUP)] == ["spoke"]


async def failed(poller: Any) -> tuple[int | None, str | None]:
    """HTTP status and code of what a poller raises at the end."""
    with pytest.raises(HttpResponseError) as caught:
        await poller.result()
    assert poller.status() == "Failed"
    assert caught.value.error is not None
    return caught.value.status_code, caught.value.error.code


async def test_a_network_operation_fails_by_its_poll(cloud: Cloud) -> None:
    """A create that a delete overtook: 201 at first, and the failure in a poll's 200."""
    await cloud.estate()
    with cloud.frozen():
        poller = await cloud.network.private_endpoints.begin_create_or_update(
            GROUP, "second", endpoint_body(), **FAST
        )
        await cloud.send("DELETE", ENDPOINT.replace("contoso-pe", "second"))
    assert await failed(poller) == (200, "CanceledAndSupersededDueToAnotherOperation")


async def test_a_registry_operation_fails_by_its_poll(cloud: Cloud) -> None:
    """A replica for which an endpoint's subnet has no address."""
    await cloud.estate()
    small = f"{NETWORK}/subnets/small"
    await cloud.put(small, {"properties": {"addressPrefix": "10.1.1.0/29"}})
    await cloud.put(f"{ENDPOINT}-small", endpoint_body(subnet=small))
    await cloud.put(f"{REGISTRY}/replications/eastus", {"location": "eastus"})
    await cloud.grown_to(3, f"{ENDPOINT}-small")
    poller = await cloud.registries.replications.begin_create(
        GROUP, "contoso", "northeurope", {"location": "northeurope"}, **FAST
    )
    assert await failed(poller) == (200, "SubnetIsFull")
    assert SUBNET != small


async def test_a_private_dns_write_and_a_delete_fail_by_their_polls(cloud: Cloud) -> None:
    """A stale etag stops both; the link stays as it was."""
    await cloud.estate()
    await cloud.zone()
    path = f"{ZONE}/virtualNetworkLinks/hub"
    await cloud.put(path, link())
    stale = {"headers": {"If-Match": '"00000000-0000-0100-0000-000000000000"'}, **FAST}
    links, where = cloud.dns.virtual_network_links, (GROUP, ZONE_NAME, "hub")
    poller = await links.begin_create_or_update(*where, link(), **stale)
    assert await failed(poller) == (200, "PreconditionFailed")
    poller = await links.begin_delete(*where, **stale)
    assert await failed(poller) == (200, "PreconditionFailed")
    assert (await cloud.get(path))["properties"]["provisioningState"] == "Succeeded"
