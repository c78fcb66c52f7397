"""The three long-running dialects, on the raw wire."""

import pytest

from tests.contract.arm_estate import (
    ENDPOINT,
    GROUP,
    NETWORK,
    OTHER,
    REGISTRY,
    SUBSCRIPTION,
    ZONE,
    Cloud,
    endpoint_body,
)

NETWORK_BODY: dict[str, object] = {
    "location": "westeurope",
    "properties": {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}},
}
REGISTRY_BODY: dict[str, object] = {"location": "westeurope", "sku": {"name": "Premium"}}


async def test_network_polls_200_in_progress_then_200_succeeded(cloud: Cloud) -> None:
    """A poller that takes Network's 200 for the end would publish half an endpoint."""
    await cloud.estate()
    body = endpoint_body()
    second = f"{ENDPOINT}-2"
    with cloud.frozen():
        created = await cloud.send("PUT", second, body)
        assert created.status == 201
        assert created.headers["azure-asyncnotification"] == "Enabled"
        assert "location" not in created.headers
        url = created.headers["azure-asyncoperation"]
        assert url.startswith(
            f"{cloud.arm.url}/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Network"
            "/locations/westeurope/operations/"
        )
        assert created.body["properties"]["provisioningState"] == "Updating"
        polled = await cloud.send("GET", url)
        assert (polled.status, polled.body) == (200, {"status": "InProgress"})
    ended = await cloud.settle(created)
    assert (ended.status, ended.body) == (200, {"status": "Succeeded"})
    with cloud.frozen():
        deleted = await cloud.send("DELETE", second)
        assert (deleted.status, deleted.text) == (202, "")
        assert {"azure-asyncoperation", "location"} <= set(deleted.headers)
        assert (await cloud.get(second))["properties"]["provisioningState"] == "Deleting"
        assert (await cloud.send("GET", deleted.headers["location"])).status == 202
    await cloud.settle(deleted)
    assert (await cloud.send("GET", deleted.headers["location"])).status == 200


async def test_private_dns_polls_202_with_both_headers_again(cloud: Cloud) -> None:
    """Private DNS answers 202 until its end, so a poller must look at the status line too."""
    with cloud.frozen():
        created = await cloud.send("PUT", ZONE, {"location": "global"})
        assert (created.status, created.body) == (202, {})
        status, result = created.headers["azure-asyncoperation"], created.headers["location"]
        prefix = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.Network"
        assert status.startswith(f"{cloud.arm.url}{prefix}/privateDnsOperationStatuses/")
        assert result.startswith(f"{cloud.arm.url}{prefix}/privateDnsOperationResults/")
        polled = await cloud.send("GET", status)
        assert (polled.status, polled.body) == (202, {"status": "InProgress"})
        assert polled.headers["azure-asyncoperation"] == status
        assert polled.headers["location"] == result
    ended = await cloud.settle(created)
    assert (ended.status, ended.body) == (200, {"status": "Succeeded"})
    assert (await cloud.get(ZONE))["properties"]["provisioningState"] == "Succeeded"


async def test_container_registry_polls_201(cloud: Cloud) -> None:
    """Container Registry answers 201 until its end, with the polling header again."""
    with cloud.frozen():
        created = await cloud.send(
            "PUT", REGISTRY, {"location": "westeurope", "sku": {"name": "Premium"}}
        )
        assert created.status == 201
        assert created.body["properties"]["provisioningState"] == "Creating"
        url = created.headers["azure-asyncoperation"]
        assert url.startswith(f"{cloud.arm.url}{REGISTRY}/operationStatuses/registries-")
        polled = await cloud.send("GET", url)
        assert (polled.status, polled.body) == (201, {"status": "Creating"})
        assert polled.headers["azure-asyncoperation"] == url
    ended = await cloud.settle(created)
    assert (ended.status, ended.body) == (200, {"status": "Succeeded"})


async def test_container_registry_deletes_by_location(cloud: Cloud) -> None:
    """A registry's delete says null and is polled at Location, 202 until 200."""
    await cloud.put(REGISTRY, {"location": "westeurope", "sku": {"name": "Premium"}})
    with cloud.frozen():
        deleted = await cloud.send("DELETE", REGISTRY)
        assert (deleted.status, deleted.text) == (202, "null")
        assert "azure-asyncoperation" not in deleted.headers
        assert (await cloud.send("GET", deleted.headers["location"])).status == 202
    assert (await cloud.settle(deleted)).status == 200
    assert (await cloud.send("GET", REGISTRY)).status == 404
    assert (await cloud.send("DELETE", REGISTRY)).status == 204


@pytest.mark.parametrize(
    ("path", "body", "header"),
    [
        (NETWORK, NETWORK_BODY, "azure-asyncoperation"),
        (ZONE, {"location": "global"}, "azure-asyncoperation"),
        (ZONE, {"location": "global"}, "location"),
        (REGISTRY, REGISTRY_BODY, "azure-asyncoperation"),
    ],
)
async def test_polling_urls_are_checked(
    cloud: Cloud, path: str, body: dict[str, object], header: str
) -> None:
    """A client that builds its own polling URL is refused, in every dialect."""
    created = await cloud.send("PUT", path, body)
    url = created.headers[header]
    for name in ("t", "c", "s"):
        refused = await cloud.send("GET", url.replace(f"&{name}=", f"&{name}=0"))
        assert (refused.status, refused.body["error"]["code"]) == (400, "InvalidOperationUrl")
    refused = await cloud.send("GET", url.replace("&h=", "&h=0"))
    assert refused.status == 403
    elsewhere = await cloud.send("GET", url, headers={"Host": "management.example"})
    assert (elsewhere.status, elsewhere.body["error"]["code"]) == (400, "InvalidOperationUrl")
    assert (await cloud.send("GET", url.partition("&")[0])).status == 400
    name = url.partition("?")[0].rpartition("/")[2]
    unknown = await cloud.send("GET", url.replace(name, f"0{name}"))
    assert (unknown.status, unknown.body["error"]["code"]) == (404, "NotFound")
    other = await cloud.send("GET", url.replace(SUBSCRIPTION, OTHER))
    assert other.status == 404
    await cloud.settle(created)


async def test_only_who_began_an_operation_may_poll_it(cloud: Cloud) -> None:
    """A polling URL is no secret: with the right to read, yet another caller, it is of no use."""
    created = await cloud.send("PUT", ZONE, {"location": "global"})
    url = created.headers["azure-asyncoperation"]
    refused = await cloud.send("GET", url, who=cloud.identity.app_header)
    assert refused.status == 403
    assert refused.body["error"]["message"].startswith(
        "Only the original caller of an asynchronous operation is allowed to retrieve the results."
    )
    assert (await cloud.settle(created)).status == 200


async def test_a_polling_url_speaks_any_version_of_its_type_and_no_other(cloud: Cloud) -> None:
    """Its api-version need not equal the request's, and must be one all the same."""
    created = await cloud.send("PUT", NETWORK, NETWORK_BODY)
    url = created.headers["azure-asyncoperation"]
    later = url.replace("api-version=2024-05-01", "api-version=2026-03-01")
    assert (await cloud.send("GET", later)).status == 200
    never = url.replace("api-version=2024-05-01", "api-version=2024-06-01")
    refused = await cloud.send("GET", never)
    assert (refused.status, refused.body["error"]["code"]) == (404, "InvalidResourceType")
    await cloud.settle(created)


async def test_events_come_at_the_end_of_an_operation(cloud: Cloud) -> None:
    """An event is raised when the work has ended, never when it was asked for."""
    with cloud.frozen():
        created = await cloud.send("PUT", NETWORK, NETWORK_BODY)
        assert cloud.told() == []
    await cloud.settle(created)
    assert cloud.told() == [("Microsoft.Network/virtualNetworks/write", "hub")]
    (event,) = cloud.events
    assert (event.existed, event.method, event.resource_id) == (False, "PUT", NETWORK)
    assert event.principal == cloud.identity.operator_principal
    await cloud.put(NETWORK, NETWORK_BODY)
    assert cloud.events[1].existed


async def test_stop_cancels_what_is_under_way(cloud: Cloud) -> None:
    """A room that is stopped leaves no task behind, whatever it was doing."""
    cloud.world.latency.change({"network": 3600})
    await cloud.send("PUT", NETWORK, NETWORK_BODY)
    await cloud.arm.stop()
    assert cloud.told() == []
