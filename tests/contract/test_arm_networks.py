"""Networks, subnets, groups and subscriptions: the ground that an estate stands on."""

from typing import Any

import pytest

from tests.contract.arm_estate import NETWORK, OTHER, SCOPE, SUBNET, SUBSCRIPTION, ZONE, Cloud


def network(*prefixes: str, space: str = "10.1.0.0/16") -> dict[str, object]:
    """The PUT of a network with a subnet for each prefix."""
    subnets = [
        {"name": f"s{number}", "properties": {"addressPrefix": prefix}}
        for number, prefix in enumerate(prefixes)
    ]
    properties = {"addressSpace": {"addressPrefixes": [space]}, "subnets": subnets}
    return {"location": "westeurope", "properties": properties}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (network("10.2.0.0/24"), "NetcfgInvalidSubnet"),
        (network("10.1.0.0/24", "10.1.0.128/25"), "NetcfgSubnetRangesOverlap"),
        (network("10.1.0.1/24"), "InvalidAddressPrefixFormat"),
        (network(space="somewhere"), "InvalidAddressPrefixFormat"),
        ({"location": "westeurope"}, "VnetAddressSpaceIsEmpty"),
        ({"properties": {}}, "LocationRequired"),
    ],
)
async def test_a_network_that_cannot_be_is_refused(
    cloud: Cloud, body: dict[str, object], code: str
) -> None:
    """Ranges are ranges, lie inside the network, and overlap no other."""
    refused = await cloud.send("PUT", NETWORK, body)
    assert (refused.status, refused.body["error"]["code"]) == (400, code)
    assert (await cloud.send("GET", NETWORK)).status == 404


async def test_subnets_are_read_and_written_one_by_one(cloud: Cloud) -> None:
    """A subnet's own routes and its network's document show the same."""
    await cloud.put(NETWORK, network("10.1.0.0/24"))
    await cloud.put(f"{NETWORK}/subnets/s1", {"properties": {"addressPrefixes": ["10.1.1.0/24"]}})
    listed = (await cloud.get(f"{NETWORK}/subnets"))["value"]
    assert [item["name"] for item in listed] == ["s0", "s1"]
    assert (await cloud.get(NETWORK))["properties"]["subnets"] == listed
    assert (await cloud.get(f"{NETWORK}/subnets/S1"))["id"] == f"{NETWORK}/subnets/s1"
    await cloud.settle(await cloud.send("DELETE", f"{NETWORK}/subnets/s1"))
    assert (await cloud.send("GET", f"{NETWORK}/subnets/s1")).status == 404
    assert (await cloud.send("DELETE", f"{NETWORK}/subnets/s1")).status == 204
    assert cloud.told()[1:] == [
        ("Microsoft.Network/virtualNetworks/subnets/write", "s1"),
        ("Microsoft.Network/virtualNetworks/subnets/delete", "s1"),
    ]


async def test_a_network_update_cannot_drop_or_move_a_used_subnet(cloud: Cloud) -> None:
    """The whole-network PUT is no way around the protection of a used subnet."""
    await cloud.estate()
    for body in (network(), network("10.1.0.0/25")):
        refused = await cloud.send("PUT", NETWORK, body)
        assert refused.body["error"]["code"] == "InUseSubnetCannotBeDeleted"
    moved = {"properties": {"addressPrefix": "10.1.9.0/24"}}
    assert (await cloud.send("PUT", SUBNET, moved)).status == 400
    elsewhere = await cloud.send("PUT", NETWORK, {**network(), "location": "eastus"})
    assert (elsewhere.status, elsewhere.body["error"]["code"]) == (409, "InvalidResourceLocation")


async def test_tags_change_without_an_operation(cloud: Cloud) -> None:
    """PATCH on a network answers at once and changes its etag; on a zone it is long-running."""
    await cloud.put(NETWORK, network())
    etag = (await cloud.get(NETWORK))["etag"]
    patched = await cloud.send("PATCH", NETWORK, {"tags": {"team": "dns"}})
    assert (patched.status, patched.body["tags"]) == (200, {"team": "dns"})
    assert patched.body["etag"] != etag
    await cloud.zone()
    changing = await cloud.send("PATCH", ZONE, {"tags": {"team": "dns"}})
    assert changing.status == 202
    await cloud.settle(changing)
    assert (await cloud.get(ZONE))["tags"] == {"team": "dns"}


async def test_an_existing_zone_refuses_create_only_through_the_poll(cloud: Cloud) -> None:
    """A zone's preconditions are asynchronous like a link's."""
    await cloud.zone()
    body = {"location": "global"}
    answer = await cloud.send("PUT", ZONE, body, headers={"If-None-Match": "*"})
    assert answer.status == 202
    assert (await cloud.settle(answer)).body["error"]["code"] == "PreconditionFailed"


async def test_a_network_shows_its_dns_servers(cloud: Cloud) -> None:
    """Whether a network asks Azure's resolver stands in its document, if anybody ever said so."""
    await cloud.put(NETWORK, network())
    assert "dhcpOptions" not in (await cloud.get(NETWORK))["properties"]
    body: dict[str, Any] = network()
    body["properties"]["dhcpOptions"] = {}
    await cloud.put(NETWORK, body)
    assert (await cloud.get(NETWORK))["properties"]["dhcpOptions"] == {"dnsServers": []}
    body["properties"]["dhcpOptions"] = {"dnsServers": ["10.9.0.4", "10.9.0.5"]}
    await cloud.put(NETWORK, body)
    options = (await cloud.network.virtual_networks.get("net-rg", "hub")).dhcp_options
    assert options.dns_servers == ["10.9.0.4", "10.9.0.5"]
    body["properties"]["dhcpOptions"] = {"dnsServers": ["resolver.corp.example"]}
    refused = await cloud.send("PUT", NETWORK, body)
    assert (refused.status, refused.body["error"]["code"]) == (400, "InvalidIPAddressFormat")


@pytest.mark.parametrize("name", ["single", "bad..name", "-x.example", "a." * 34 + "b"])
async def test_a_zone_needs_a_domain_name(cloud: Cloud, name: str) -> None:
    """Two to 34 labels, each a label."""
    path = ZONE.replace("privatelink.azurecr.io", name)
    assert (await cloud.send("PUT", path, {"location": "global"})).status == 400


async def test_a_zone_is_global(cloud: Cloud) -> None:
    """Any other location is the gateway's refusal."""
    refused = await cloud.send("PUT", ZONE, {"location": "westeurope"})
    assert refused.body["error"]["code"] == "LocationNotAvailableForResourceType"


async def test_groups_are_written_and_keep_their_location(cloud: Cloud) -> None:
    """201, then 200 with tags; another location is refused."""
    made = await cloud.send("PUT", SCOPE, {"location": "westeurope"})
    assert (made.status, made.body["type"]) == (201, "Microsoft.Resources/resourceGroups")
    again = await cloud.send("PUT", SCOPE, {"location": "westeurope", "tags": {"a": "b"}})
    assert (again.status, again.body["tags"]) == (200, {"a": "b"})
    moved = await cloud.send("PUT", SCOPE, {"location": "eastus"})
    assert moved.body["error"]["code"] == "InvalidResourceGroupLocation"
    assert (await cloud.send("PUT", SCOPE, {})).body["error"]["code"] == "LocationRequired"


async def test_subscriptions_show_themselves_to_who_may_see_them(cloud: Cloud) -> None:
    """The operator sees both; the app sees those in which a role of its own lets it."""
    listed = await cloud.send("GET", "/subscriptions")
    assert [item["subscriptionId"] for item in listed.body["value"]] == [SUBSCRIPTION, OTHER]
    one = await cloud.get(f"/subscriptions/{SUBSCRIPTION}")
    assert one["state"] == "Enabled"
    app = cloud.identity.app_header
    shown = await cloud.send("GET", "/subscriptions", who=app)
    assert [item["subscriptionId"] for item in shown.body["value"]] == [SUBSCRIPTION]
    assert (await cloud.send("GET", f"/subscriptions/{OTHER}", who=app)).status == 403
