"""Virtual network links: refusals that only the poll tells, and the zone they hang on."""

import pytest
from azure.core.exceptions import HttpResponseError

from tests.contract.arm_estate import ENDPOINT, FAST, GROUP, NETWORK, SCOPE, ZONE, Cloud

LINK = f"{ZONE}/virtualNetworkLinks/to-hub"
OTHER_ZONE = ZONE.replace("net-rg", "other-rg")


def link(network: str = NETWORK, **more: object) -> dict[str, object]:
    """The body of a link's PUT."""
    properties = {"virtualNetwork": {"id": network}, "registrationEnabled": False, **more}
    return {"location": "global", "properties": properties}


async def test_a_link_reads_as_recorded(cloud: Cloud) -> None:
    """The document has the recorded fields; quotes are part of its etag."""
    await cloud.estate()
    await cloud.zone()
    with cloud.frozen():
        created = await cloud.send("PUT", LINK, link(resolutionPolicy="NxDomainRedirect"))
        assert (created.status, created.body) == (202, {})
        under_way = await cloud.get(LINK)
        assert under_way["properties"]["virtualNetworkLinkState"] == "InProgress"
    await cloud.settle(created)
    read = await cloud.get(LINK)
    etag = read.pop("etag")
    assert (etag[0], etag[-1], len(etag)) == ('"', '"', 38)
    assert read == {
        "id": LINK,
        "name": "to-hub",
        "type": "Microsoft.Network/privateDnsZones/virtualNetworkLinks",
        "location": "global",
        "properties": {
            "provisioningState": "Succeeded",
            "registrationEnabled": False,
            "resolutionPolicy": "NxDomainRedirect",
            "virtualNetwork": {"id": NETWORK},
            "virtualNetworkLinkState": "Completed",
        },
    }
    older = await cloud.send("GET", LINK, version="2020-06-01")
    assert "resolutionPolicy" not in older.body["properties"]
    zone = await cloud.get(ZONE)
    assert zone["properties"]["numberOfVirtualNetworkLinks"] == 1


async def test_a_second_zone_of_the_name_is_refused_through_the_poll(cloud: Cloud) -> None:
    """The write is taken with 202; only the poll says that the network is already linked."""
    await cloud.estate()
    await cloud.zone()
    await cloud.put(OTHER_ZONE, {"location": "global"})
    await cloud.put(LINK, link())
    other = f"{OTHER_ZONE}/virtualNetworkLinks/to-hub"
    refused = await cloud.send("PUT", other, link())
    assert refused.status == 202
    ended = await cloud.settle(refused)
    assert (ended.status, ended.body) == (
        200,
        {
            "status": "Failed",
            "error": {
                "code": "BadRequest",
                "message": "A virtual network cannot be linked to multiple zones with overlapping "
                "namespaces. You tried to link virtual network with 'privatelink.azurecr.io' and "
                "'privatelink.azurecr.io' zones.",
            },
        },
    )
    assert (await cloud.send("GET", other)).status == 404


async def test_the_sdk_tells_a_failed_poll_by_its_code(cloud: Cloud) -> None:
    """The real poller raises with HTTP 200 and the code from the poll's body."""
    await cloud.estate()
    await cloud.zone()
    await cloud.put(LINK, link())
    poller = await cloud.dns.virtual_network_links.begin_create_or_update(
        GROUP, "privatelink.azurecr.io", "to-hub", link(), headers={"If-None-Match": "*"}, **FAST
    )
    with pytest.raises(HttpResponseError) as caught:
        await poller.result()
    assert caught.value.error is not None
    assert (caught.value.status_code, caught.value.error.code) == (200, "PreconditionFailed")
    assert "to-hub for the Private DNS zone privatelink.azurecr.io exists already" in str(
        caught.value
    )


async def test_a_missing_network_fails_through_the_poll(cloud: Cloud) -> None:
    """A link to a network that is gone leaves no link behind."""
    await cloud.zone()
    ended = await cloud.settle(await cloud.send("PUT", LINK, link(NETWORK)))
    assert (ended.body["status"], ended.body["error"]["code"]) == ("Failed", "BadRequest")
    missing = await cloud.send("GET", LINK)
    assert (missing.status, missing.headers["x-ms-failure-cause"]) == (404, "gateway")
    assert missing.body == {
        "error": {
            "code": "ResourceNotFound",
            "message": "The Resource 'Microsoft.Network/privateDnsZones/privatelink.azurecr.io/"
            "virtualNetworkLinks/to-hub' under resource group 'net-rg' was not found. For more "
            "details please go to https://aka.ms/ARMResourceNotFoundFix",
        }
    }


async def test_a_recreated_network_conflicts_with_the_links_of_its_former_life(
    cloud: Cloud,
) -> None:
    """As long as an old link names it, no link to it can be written: recorded, and for good."""
    await cloud.estate()
    await cloud.zone()
    await cloud.put(LINK, link())
    await cloud.settle(await cloud.send("DELETE", ENDPOINT))
    await cloud.settle(await cloud.send("DELETE", NETWORK))
    space = {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}}
    await cloud.put(NETWORK, {"location": "westeurope", "properties": space})
    for path in (LINK, f"{ZONE}/virtualNetworkLinks/again"):
        ended = await cloud.settle(await cloud.send("PUT", path, link()))
        assert ended.body == {
            "status": "Failed",
            "error": {
                "code": "Conflict",
                "message": f"Virtual network resource identity '{NETWORK}' already in use. This is "
                "possible in case the virtual network was moved, or re-created. Please contact "
                "support.",
            },
        }
    await cloud.settle(await cloud.send("DELETE", LINK))
    ended = await cloud.settle(await cloud.send("PUT", LINK, link()))
    assert ended.body["status"] == "Succeeded"


async def test_a_zone_counts_its_links_and_takes_no_more_than_its_limit(cloud: Cloud) -> None:
    """At the limit the poll refuses one more; those that register are counted by themselves."""
    await cloud.zone()
    zone = cloud.world.get(ZONE)
    assert zone is not None
    zone.properties["maxNumberOfVirtualNetworkLinks"] = 2
    words = []
    for number in range(3):
        network = f"{NETWORK}-{number}"
        space = {"addressSpace": {"addressPrefixes": [f"10.{number}.0.0/16"]}}
        await cloud.put(network, {"location": "westeurope", "properties": space})
        body = link(network, registrationEnabled=number == 1)
        put = await cloud.send("PUT", f"{ZONE}/virtualNetworkLinks/n{number}", body)
        words.append((await cloud.settle(put)).body["status"])
    assert words == ["Succeeded", "Succeeded", "Failed"]
    shown = (await cloud.get(ZONE))["properties"]
    assert shown["numberOfVirtualNetworkLinks"] == 2
    assert shown["numberOfVirtualNetworkLinksWithRegistration"] == 1


async def test_redirect_is_for_privatelink_zones_alone(cloud: Cloud) -> None:
    """Azure refuses NxDomainRedirect elsewhere."""
    await cloud.estate()
    zone = f"{SCOPE}/providers/Microsoft.Network/privateDnsZones/corp.example"
    await cloud.put(zone, {"location": "global"})
    body = link(resolutionPolicy="NxDomainRedirect")
    refused = await cloud.send("PUT", f"{zone}/virtualNetworkLinks/to-hub", body)
    assert (refused.status, refused.body["code"]) == (400, "BadRequest")


async def test_patch_and_delete_are_long_running_too(cloud: Cloud) -> None:
    """Tags change by PATCH, the link goes by DELETE, and each tells its event at its end."""
    await cloud.estate()
    await cloud.zone()
    await cloud.put(LINK, link())
    cloud.events.clear()
    patched = await cloud.send("PATCH", LINK, {"tags": {"owner": "platform"}})
    assert patched.status == 202
    await cloud.settle(patched)
    assert (await cloud.get(LINK))["tags"] == {"owner": "platform"}
    deleted = await cloud.send("DELETE", LINK)
    assert deleted.status == 202
    await cloud.settle(deleted)
    assert (await cloud.send("GET", LINK)).status == 404
    assert (await cloud.send("DELETE", LINK)).status == 204
    assert (await cloud.get(ZONE))["properties"]["numberOfVirtualNetworkLinks"] == 0
    assert cloud.told() == [
        ("Microsoft.Network/privateDnsZones/virtualNetworkLinks/write", "to-hub"),
        ("Microsoft.Network/privateDnsZones/virtualNetworkLinks/delete", "to-hub"),
    ]


async def test_a_linked_zone_cannot_be_deleted(cloud: Cloud) -> None:
    """Azure keeps a zone that has links, and says so at once."""
    await cloud.estate()
    await cloud.zone()
    await cloud.put(LINK, link())
    refused = await cloud.send("DELETE", ZONE)
    assert (refused.status, refused.body["error"]["code"]) == (409, "CannotDeleteResource")
    await cloud.settle(await cloud.send("DELETE", LINK))
    await cloud.settle(await cloud.send("DELETE", ZONE))
    assert (await cloud.send("GET", ZONE)).status == 404
