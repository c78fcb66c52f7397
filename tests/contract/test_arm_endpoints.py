"""Private endpoints: what a PUT is refused for, and what stands around them."""

import pytest

from tests.contract.arm_estate import (
    ENDPOINT,
    NETWORK,
    OTHER,
    REGISTRY,
    SCOPE,
    SUBNET,
    SUBSCRIPTION,
    ZONE,
    Cloud,
    endpoint_body,
)

STORAGE = f"{SCOPE}/providers/Microsoft.Storage/storageAccounts/Contoso"
GROUP = f"{ENDPOINT}/privateDnsZoneGroups/default"


async def test_an_endpoint_reads_as_recorded(cloud: Cloud) -> None:
    """The PUT's answer has the recorded fields; later GETs word the approval differently."""
    await cloud.estate()
    with cloud.frozen():
        created = await cloud.send("PUT", f"{ENDPOINT}-2", endpoint_body())
    body = created.body
    assert set(body) == {"name", "id", "etag", "type", "location", "properties"}
    assert body["etag"].startswith('W/"')
    properties = body["properties"]
    assert len(properties.pop("resourceGuid")) == 36
    (interface,) = properties.pop("networkInterfaces")
    assert f"/networkInterfaces/{body['name']}.nic." in interface["id"]
    assert properties == {
        "provisioningState": "Updating",
        "privateLinkServiceConnections": [
            {
                "name": "to-registry",
                "id": f"{ENDPOINT}-2/privateLinkServiceConnections/to-registry",
                "etag": body["etag"],
                "properties": {
                    "provisioningState": "Succeeded",
                    "privateLinkServiceId": REGISTRY,
                    "groupIds": ["registry"],
                    "privateLinkServiceConnectionState": {
                        "status": "Approved",
                        "description": "Auto Approved",
                        "actionsRequired": "None",
                    },
                },
                "type": "Microsoft.Network/privateEndpoints/privateLinkServiceConnections",
            }
        ],
        "manualPrivateLinkServiceConnections": [],
        "customNetworkInterfaceName": "",
        "subnet": {"id": SUBNET},
        "ipConfigurations": [],
        "customDnsConfigs": [],
    }
    await cloud.settle(created)
    read = (await cloud.get(f"{ENDPOINT}-2"))["properties"]
    state = read["privateLinkServiceConnections"][0]["properties"][
        "privateLinkServiceConnectionState"
    ]
    assert state["description"] == "Auto-Approved"
    assert read["customDnsConfigs"] == [
        {"fqdn": "contoso.westeurope.data.azurecr.io", "ipAddresses": ["10.1.0.6"]},
        {"fqdn": "contoso.azurecr.io", "ipAddresses": ["10.1.0.7"]},
    ]


async def test_the_data_endpoint_leads_the_interface(cloud: Cloud) -> None:
    """The primary configuration is the data endpoint's: order tells nothing about the login."""
    await cloud.estate()
    assert list(await cloud.members()) == ["registry_data_westeurope", "registry"]
    endpoint = await cloud.get(ENDPOINT)
    interface = await cloud.get(endpoint["properties"]["networkInterfaces"][0]["id"])
    assert interface["properties"]["provisioningState"] == "Succeeded"
    assert interface["properties"]["privateEndpoint"] == {"id": ENDPOINT}
    first, second = interface["properties"]["ipConfigurations"]
    assert first["name"].startswith("privateEndpointIpConfig.")
    assert [first["properties"]["primary"], second["properties"]["primary"]] == [True, False]
    assert second["properties"] == {
        "provisioningState": "Succeeded",
        "privateIPAddress": "10.1.0.5",
        "privateIPAllocationMethod": "Dynamic",
        "subnet": {"id": SUBNET},
        "primary": False,
        "privateIPAddressVersion": "IPv4",
        "privateLinkConnectionProperties": {
            "groupId": "registry",
            "requiredMemberName": "registry",
            "fqdns": ["contoso.azurecr.io"],
        },
    }


async def test_a_full_subnet_refuses_an_endpoint(cloud: Cloud) -> None:
    """A /29 has three usable addresses: one registry endpoint fits, a second does not."""
    await cloud.estate()
    subnet = f"{NETWORK}/subnets/small"
    await cloud.put(subnet, {"properties": {"addressPrefix": "10.1.1.0/29"}})
    await cloud.put(f"{ENDPOINT}-a", endpoint_body(subnet=subnet))
    refused = await cloud.send("PUT", f"{ENDPOINT}-b", endpoint_body(subnet=subnet))
    assert (refused.status, refused.body["error"]["code"]) == (400, "SubnetIsFull")
    assert (await cloud.send("GET", f"{ENDPOINT}-b")).status == 404


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"location": "eastus"}, "InvalidResourceReference"),
        ({"location": ""}, "LocationRequired"),
        ({"properties": {"subnet": {"id": SUBNET}}}, "InvalidRequestFormat"),
    ],
)
async def test_a_bad_endpoint_is_refused(
    cloud: Cloud, change: dict[str, object], code: str
) -> None:
    """The region must be the network's, and there is exactly one connection."""
    await cloud.estate()
    refused = await cloud.send("PUT", f"{ENDPOINT}-2", {**endpoint_body(), **change})
    assert (refused.status, refused.body["error"]["code"]) == (400, code)


async def test_static_addresses_are_chosen_for_every_member(cloud: Cloud) -> None:
    """An address for the login server alone is refused, and the missing member is named."""
    await cloud.estate()
    body = endpoint_body()
    chosen = {"memberName": "registry", "privateIPAddress": "10.1.0.20"}
    body["properties"]["ipConfigurations"] = [{"name": "login", "properties": chosen}]
    refused = await cloud.send("PUT", f"{ENDPOINT}-2", body)
    code = "PrivateEndpointIpConfigurationMissingMemberNamesRequiredByFps"
    assert (refused.status, refused.body["error"]["code"]) == (400, code)
    assert "MemberName: registry_data_westeurope]" in refused.body["error"]["message"]


async def test_a_registry_knows_one_group_and_needs_premium(cloud: Cloud) -> None:
    """Another group id, a missing registry and a Basic one are refused."""
    await cloud.estate()
    basic = REGISTRY.replace("contoso", "basic01")
    await cloud.put(basic, {"location": "westeurope", "sku": {"name": "Basic"}})
    wrong = endpoint_body()
    wrong["properties"]["privateLinkServiceConnections"][0]["properties"]["groupIds"] = ["blob"]
    missing = endpoint_body(registry=REGISTRY.replace("contoso", "nobody"))
    for body, code in (
        (wrong, "InvalidPrivateEndpointGroupIds"),
        (missing, "InvalidResourceReference"),
        (endpoint_body(registry=basic), "SkuNotSupported"),
    ):
        refused = await cloud.send("PUT", f"{ENDPOINT}-2", body)
        assert (refused.status, refused.body["error"]["code"]) == (400, code)


async def test_other_services_get_an_endpoint_unchecked(cloud: Cloud) -> None:
    """Most endpoints of a subscription are not about registries: they exist here too."""
    await cloud.estate()
    body = endpoint_body(registry=STORAGE)
    body["properties"]["privateLinkServiceConnections"][0]["properties"]["groupIds"] = ["blob"]
    await cloud.put(f"{ENDPOINT}-blob", body)
    assert await cloud.members(f"{ENDPOINT}-blob") == {
        "blob": ("contoso.blob.core.windows.net", "10.1.0.6")
    }


async def test_a_second_put_updates_tags_and_nothing_else(cloud: Cloud) -> None:
    """Same guid and addresses after an update; another subnet is refused."""
    await cloud.estate()
    before = await cloud.get(ENDPOINT)
    with cloud.frozen():
        updated = await cloud.send("PUT", ENDPOINT, {**endpoint_body(), "tags": {"a": "b"}})
        assert (updated.status, updated.body["properties"]["provisioningState"]) == (
            200,
            "Updating",
        )
        assert updated.body["properties"]["customDnsConfigs"] == []
        busy = await cloud.send("PUT", ENDPOINT, endpoint_body())
        assert (busy.status, busy.body["error"]["code"]) == (409, "AnotherOperationInProgress")
    await cloud.settle(updated)
    after = await cloud.get(ENDPOINT)
    assert after["tags"] == {"a": "b"}
    assert after["properties"]["resourceGuid"] == before["properties"]["resourceGuid"]
    assert after["properties"]["customDnsConfigs"] == before["properties"]["customDnsConfigs"]
    assert cloud.events[-1].existed
    moved = endpoint_body(registry=STORAGE)
    assert (await cloud.send("PUT", ENDPOINT, moved)).status == 400


async def test_a_recreated_endpoint_is_another_one(cloud: Cloud) -> None:
    """Same ID and same addresses, yet another resource guid."""
    await cloud.estate()
    first = (await cloud.get(ENDPOINT))["properties"]["resourceGuid"]
    await cloud.settle(await cloud.send("DELETE", ENDPOINT))
    await cloud.put(ENDPOINT, endpoint_body())
    assert (await cloud.get(ENDPOINT))["properties"]["resourceGuid"] != first


async def test_a_delete_supersedes_a_create(cloud: Cloud) -> None:
    """A create overtaken by a delete fails, raises no event and leaves no connection."""
    await cloud.estate()
    cloud.events.clear()
    with cloud.frozen():
        created = await cloud.send("PUT", f"{ENDPOINT}-2", endpoint_body())
        deleted = await cloud.send("DELETE", f"{ENDPOINT}-2")
    error = (await cloud.settle(created)).body["error"]
    assert error["code"] == "CanceledAndSupersededDueToAnotherOperation"
    await cloud.settle(deleted)
    assert cloud.told() == [("Microsoft.Network/privateEndpoints/delete", "contoso-pe-2")]
    assert len((await cloud.get(REGISTRY))["properties"]["privateEndpointConnections"]) == 1


async def test_lists_by_group_and_by_subscription_agree(cloud: Cloud) -> None:
    """Both lists page, and neither shows another subscription's endpoints."""
    await cloud.estate()
    provider = "providers/Microsoft.Network"
    for kind in ("privateEndpoints", "networkInterfaces", "virtualNetworks"):
        for scope in (SCOPE, f"/subscriptions/{SUBSCRIPTION}"):
            assert len((await cloud.get(f"{scope}/{provider}/{kind}"))["value"]) == 1
        assert (await cloud.get(f"/subscriptions/{OTHER}/{provider}/{kind}"))["value"] == []


async def test_a_used_network_cannot_be_deleted(cloud: Cloud) -> None:
    """Neither the network nor its subnet goes while an endpoint stands in it."""
    await cloud.estate()
    subnet = await cloud.get(SUBNET)
    assert subnet["properties"]["privateEndpoints"] == [{"id": ENDPOINT}]
    assert len(subnet["properties"]["ipConfigurations"]) == 2
    for path in (SUBNET, NETWORK):
        refused = await cloud.send("DELETE", path)
        assert (refused.status, refused.body["error"]["code"]) == (
            400,
            "InUseSubnetCannotBeDeleted",
        )
    await cloud.settle(await cloud.send("DELETE", ENDPOINT))
    assert "privateEndpoints" not in (await cloud.get(SUBNET))["properties"]
    await cloud.settle(await cloud.send("DELETE", NETWORK))
    assert (await cloud.send("GET", NETWORK)).status == 404


async def test_a_peering_is_connected_from_both_sides(cloud: Cloud) -> None:
    """Initiated with one side, Connected with two, Disconnected when the other goes."""
    spoke = NETWORK.replace("hub", "spoke")
    for network, prefix in ((NETWORK, "10.1.0.0/16"), (spoke, "10.2.0.0/16")):
        space = {"addressSpace": {"addressPrefixes": [prefix]}}
        await cloud.put(network, {"location": "westeurope", "properties": space})
    there, back = f"{NETWORK}/virtualNetworkPeerings/out", f"{spoke}/virtualNetworkPeerings/back"

    async def state(peering: str) -> str:
        return str((await cloud.get(peering))["properties"]["peeringState"])

    await cloud.put(there, {"properties": {"remoteVirtualNetwork": {"id": spoke}}})
    assert await state(there) == "Initiated"
    await cloud.put(back, {"properties": {"remoteVirtualNetwork": {"id": NETWORK}}})
    assert [await state(there), await state(back)] == ["Connected", "Connected"]
    await cloud.settle(await cloud.send("DELETE", there))
    assert await state(back) == "Disconnected"
    assert (await cloud.get(NETWORK))["properties"]["virtualNetworkPeerings"] == []


async def test_no_zone_group_is_an_empty_list_and_a_404(cloud: Cloud) -> None:
    """An endpoint without a zone group says so in both ways."""
    await cloud.estate()
    assert (await cloud.get(f"{ENDPOINT}/privateDnsZoneGroups"))["value"] == []
    assert (await cloud.send("GET", GROUP)).status == 404


async def test_a_zone_group_keeps_azures_own_records(cloud: Cloud) -> None:
    """TTL 10, the creator's metadata, no customDnsConfigs; all gone with the group."""
    await cloud.estate()
    await cloud.zone()
    etag = (await cloud.get(ENDPOINT))["etag"]
    config = {"name": "acr", "properties": {"privateDnsZoneId": ZONE}}
    await cloud.put(GROUP, {"properties": {"privateDnsZoneConfigs": [config]}})
    endpoint = await cloud.get(ENDPOINT)
    assert endpoint["etag"] != etag
    assert endpoint["properties"]["customDnsConfigs"] == []
    login = (await cloud.get(f"{ZONE}/A/contoso"))["properties"]
    guid = endpoint["properties"]["resourceGuid"]
    assert login["metadata"] == {
        "creator": f"created by private endpoint contoso-pe with resource guid {guid}"
    }
    assert (login["ttl"], login["aRecords"]) == (10, [{"ipv4Address": "10.1.0.5"}])
    (kept,) = (await cloud.get(GROUP))["properties"]["privateDnsZoneConfigs"]
    assert [item["recordSetName"] for item in kept["properties"]["recordSets"]] == [
        "contoso.westeurope.data",
        "contoso",
    ]
    await cloud.settle(await cloud.send("DELETE", GROUP))
    assert (await cloud.get(f"{ZONE}/A"))["value"] == []
    assert len((await cloud.get(ENDPOINT))["properties"]["customDnsConfigs"]) == 2


async def test_zone_groups_of_two_endpoints_fight(cloud: Cloud) -> None:
    """The last writer wins, and whoever goes takes the record along: what we must do better."""
    await cloud.estate()
    await cloud.zone()
    second = f"{ENDPOINT}-2"
    await cloud.put(second, endpoint_body())
    config = {"name": "acr", "properties": {"privateDnsZoneId": ZONE}}
    for endpoint in (ENDPOINT, second):
        path = f"{endpoint}/privateDnsZoneGroups/default"
        await cloud.put(path, {"properties": {"privateDnsZoneConfigs": [config]}})
    login = await cloud.get(f"{ZONE}/A/contoso")
    assert login["properties"]["aRecords"] == [{"ipv4Address": "10.1.0.7"}]
    await cloud.settle(await cloud.send("DELETE", ENDPOINT))
    assert (await cloud.send("GET", f"{ZONE}/A/contoso")).status == 404
