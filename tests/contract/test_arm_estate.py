"""The real clients build an estate, read it back and tear it down."""

from tests.contract.arm_estate import (
    ENDPOINT,
    FAST,
    GROUP,
    NETWORK,
    SUBNET,
    Cloud,
    endpoint_body,
)

ZONE_NAME = "privatelink.azurecr.io"


async def build(cloud: Cloud) -> None:
    """Network, registry, endpoint and replica, all through the SDK's pollers."""
    networks, registries = cloud.network.virtual_networks, cloud.registries.registries
    subnet = {"name": "endpoints", "properties": {"addressPrefix": "10.1.0.0/24"}}
    space = {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}, "subnets": [subnet]}
    home = {"location": "westeurope"}
    poller = await networks.begin_create_or_update(
        GROUP, "hub", {**home, "properties": space}, **FAST
    )
    network = await poller.result()
    assert (network.id, network.subnets[0].id) == (NETWORK, SUBNET)
    poller = await registries.begin_create(
        GROUP, "contoso", {**home, "sku": {"name": "Premium"}}, **FAST
    )
    registry = await poller.result()
    assert registry.properties.login_server == "contoso.azurecr.io"
    assert registry.properties.provisioning_state == "Succeeded"
    poller = await cloud.registries.replications.begin_create(
        GROUP, "contoso", "northeurope", {"location": "northeurope"}, **FAST
    )
    assert (await poller.result()).properties.status.display_status == "Ready"
    poller = await cloud.network.private_endpoints.begin_create_or_update(
        GROUP, "contoso-pe", endpoint_body(), **FAST
    )
    assert (await poller.result()).provisioning_state == "Succeeded"


async def test_the_sdk_builds_an_estate_and_reads_its_members(cloud: Cloud) -> None:
    """What the product relies on most: real clients, and literal names and addresses back."""
    await build(cloud)
    endpoint = await cloud.network.private_endpoints.get(GROUP, "contoso-pe")
    assert [(config.fqdn, config.ip_addresses) for config in endpoint.custom_dns_configs] == [
        ("contoso.westeurope.data.azurecr.io", ["10.1.0.4"]),
        ("contoso.azurecr.io", ["10.1.0.5"]),
        ("contoso.northeurope.data.azurecr.io", ["10.1.0.6"]),
    ]
    name = endpoint.network_interfaces[0].id.rpartition("/")[2]
    interface = await cloud.network.network_interfaces.get(GROUP, name)
    assert interface.private_endpoint.id == ENDPOINT
    found = {
        config.private_link_connection_properties.required_member_name: (
            config.private_link_connection_properties.fqdns,
            config.private_ip_address,
        )
        for config in interface.ip_configurations
    }
    assert found == {
        "registry": (["contoso.azurecr.io"], "10.1.0.5"),
        "registry_data_westeurope": (["contoso.westeurope.data.azurecr.io"], "10.1.0.4"),
        "registry_data_northeurope": (["contoso.northeurope.data.azurecr.io"], "10.1.0.6"),
    }
    connections = cloud.registries.private_endpoint_connections.list(GROUP, "contoso")
    assert [item.properties.private_endpoint.id async for item in connections] == [ENDPOINT]


async def test_the_sdk_tears_an_estate_down(cloud: Cloud) -> None:
    """Every delete of every provider ends under the real pollers, children first."""
    await build(cloud)
    dns = cloud.dns
    poller = await dns.private_zones.begin_create_or_update(
        GROUP, ZONE_NAME, {"location": "global"}, **FAST
    )
    assert (await poller.result()).name == ZONE_NAME
    link = {"location": "global", "properties": {"virtualNetwork": {"id": NETWORK}}}
    poller = await dns.virtual_network_links.begin_create_or_update(
        GROUP, ZONE_NAME, "hub", link, **FAST
    )
    assert (await poller.result()).virtual_network_link_state == "Completed"
    for begin, names in (
        (dns.virtual_network_links.begin_delete, (ZONE_NAME, "hub")),
        (dns.private_zones.begin_delete, (ZONE_NAME,)),
        (cloud.network.private_endpoints.begin_delete, ("contoso-pe",)),
        (cloud.registries.replications.begin_delete, ("contoso", "northeurope")),
        (cloud.registries.registries.begin_delete, ("contoso",)),
        (cloud.network.virtual_networks.begin_delete, ("hub",)),
    ):
        await (await begin(GROUP, *names, **FAST)).result()
    assert [operation.rpartition("/")[2] for operation, _ in cloud.told()] == [
        *["write"] * 6,
        *["delete"] * 6,
    ]
    assert [item.id async for item in cloud.network.network_interfaces.list_all()] == []
