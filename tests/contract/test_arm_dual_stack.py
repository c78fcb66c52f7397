"""Dual-stack endpoints: every member has an IPv6 configuration beside its IPv4 one."""

from typing import Any

import pytest

from tests.contract.arm_estate import ENDPOINT, NETWORK, REGISTRY, ZONE, Cloud, endpoint_body

SUBNET = f"{NETWORK}/subnets/dual"
DUAL = f"{ENDPOINT}-dual"


async def dual_stack(cloud: Cloud) -> None:
    """The estate on a dual-stack network, with a second endpoint that asks for both versions."""
    await cloud.estate()
    network = await cloud.get(NETWORK)
    network["properties"]["addressSpace"]["addressPrefixes"].append("fd00:db8::/48")
    await cloud.put(NETWORK, network)
    ranges = ["10.1.4.0/24", "fd00:db8:0:4::/64"]
    await cloud.put(SUBNET, {"properties": {"addressPrefixes": ranges}})
    body = endpoint_body(subnet=SUBNET)
    body["properties"]["ipVersionType"] = "DualStack"
    await cloud.put(DUAL, body)


async def configurations(cloud: Cloud) -> list[tuple[str, str, str, bool]]:
    """Member, version, address and primary of each configuration, in order."""
    endpoint = await cloud.get(DUAL)
    interface = await cloud.get(endpoint["properties"]["networkInterfaces"][0]["id"])
    found = []
    for item in interface["properties"]["ipConfigurations"]:
        properties: dict[str, Any] = item["properties"]
        name = properties["privateLinkConnectionProperties"]["requiredMemberName"]
        version, address = properties["privateIPAddressVersion"], properties["privateIPAddress"]
        found.append((name, version, address, properties["primary"]))
    return found


async def test_each_member_has_two_configurations(cloud: Cloud) -> None:
    """A reader that takes any configuration for an A record's would publish IPv6 text."""
    await dual_stack(cloud)
    assert await configurations(cloud) == [
        ("registry_data_westeurope", "IPv4", "10.1.4.4", True),
        ("registry_data_westeurope", "IPv6", "fd00:db8:0:4::4", False),
        ("registry", "IPv4", "10.1.4.5", False),
        ("registry", "IPv6", "fd00:db8:0:4::5", False),
    ]
    properties = (await cloud.get(DUAL))["properties"]
    assert properties["ipVersionType"] == "DualStack"
    assert properties["customDnsConfigs"][1] == {
        "fqdn": "contoso.azurecr.io",
        "ipAddresses": ["10.1.4.5", "fd00:db8:0:4::5"],
    }


async def test_a_replicas_member_comes_in_both_versions(cloud: Cloud) -> None:
    """What is added later is dual-stack too, and what was there keeps its addresses."""
    await dual_stack(cloud)
    before = await configurations(cloud)
    await cloud.put(f"{REGISTRY}/replications/northeurope", {"location": "northeurope"})
    await cloud.grown_to(3, DUAL)
    assert await configurations(cloud) == [
        *before,
        ("registry_data_northeurope", "IPv4", "10.1.4.6", False),
        ("registry_data_northeurope", "IPv6", "fd00:db8:0:4::6", False),
    ]


async def test_a_zone_group_writes_the_ipv4_address(cloud: Cloud) -> None:
    """An A record set holds no other."""
    await dual_stack(cloud)
    await cloud.zone()
    config = {"name": "acr", "properties": {"privateDnsZoneId": ZONE}}
    group = f"{DUAL}/privateDnsZoneGroups/default"
    await cloud.put(group, {"properties": {"privateDnsZoneConfigs": [config]}})
    record = await cloud.get(f"{ZONE}/A/contoso")
    assert record["properties"]["aRecords"] == [{"ipv4Address": "10.1.4.5"}]


@pytest.mark.parametrize(
    ("version", "subnet", "code"),
    [
        ("DualStack", f"{NETWORK}/subnets/endpoints", "SubnetNotDualStack"),
        ("IPv6", SUBNET, "InvalidIPVersionType"),
    ],
)
async def test_a_version_that_cannot_be_had_is_refused(
    cloud: Cloud, version: str, subnet: str, code: str
) -> None:
    """Without an IPv6 range there is no dual-stack endpoint; IPv6 alone is not offered here."""
    await dual_stack(cloud)
    body = endpoint_body(subnet=subnet)
    body["properties"]["ipVersionType"] = version
    refused = await cloud.send("PUT", f"{ENDPOINT}-3", body)
    assert (refused.status, refused.body["error"]["code"]) == (400, code)


@pytest.mark.parametrize(
    ("ranges", "code"),
    [
        (["fd00:db8:0:5::/64"], "InvalidAddressPrefixFormat"),
        (["10.1.5.0/24", "fd00:db9::/64"], "NetcfgInvalidSubnet"),
        (["10.1.5.0/24", "fd00:db8:0:4::/64"], "NetcfgSubnetRangesOverlap"),
    ],
)
async def test_ranges_of_both_versions_are_checked(
    cloud: Cloud, ranges: list[str], code: str
) -> None:
    """A subnet has an IPv4 range, and each range lies in the network's and overlaps none."""
    await dual_stack(cloud)
    body = {"properties": {"addressPrefixes": ranges}}
    refused = await cloud.send("PUT", f"{NETWORK}/subnets/other", body)
    assert (refused.status, refused.body["error"]["code"]) == (400, code)
