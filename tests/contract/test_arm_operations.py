"""The three long-running dialects, on the raw wire."""

from tests.contract.arm_estate import (
    ENDPOINT,
    GROUP,
    NETWORK,
    REGISTRY,
    SUBSCRIPTION,
    ZONE,
    Cloud,
    endpoint_body,
)


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


async def test_container_registry_polls_201_and_names_itself(cloud: Cloud) -> None:
    """Container Registry answers 201 until its end, with the operation's id and name."""
    with cloud.frozen():
        created = await cloud.send(
            "PUT", REGISTRY, {"location": "westeurope", "sku": {"name": "Premium"}}
        )
        assert created.status == 201
        assert created.body["properties"]["provisioningState"] == "Creating"
        url = created.headers["azure-asyncoperation"]
        assert url.startswith(f"{cloud.arm.url}{REGISTRY}/operationStatuses/registries-")
        polled = await cloud.send("GET", url)
        name = url.partition("?")[0].rpartition("/")[2]
        assert (polled.status, polled.body) == (
            201,
            {"id": REGISTRY, "name": name, "status": "Creating"},
        )
    ended = await cloud.settle(created)
    assert (ended.status, ended.body["status"]) == (200, "Succeeded")


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


async def test_polling_urls_are_checked(cloud: Cloud) -> None:
    """A client that builds its own polling URL is refused, as on Azure."""
    created = await cloud.send("PUT", NETWORK, _network())
    url = created.headers["azure-asyncoperation"]
    assert (await cloud.send("GET", url.replace("&s=", "&s=0"))).status == 400
    assert (await cloud.send("GET", url.partition("&")[0])).status == 400
    assert (await cloud.send("GET", url.replace("/operations/", "/operations/0"))).status == 404
    assert (await cloud.send("GET", url.replace("westeurope", "eastus"))).status == 404
    await cloud.settle(created)


async def test_events_come_at_the_end_of_an_operation(cloud: Cloud) -> None:
    """An event is raised when the work has ended, never when it was asked for."""
    with cloud.frozen():
        created = await cloud.send("PUT", NETWORK, _network())
        assert cloud.told() == []
    await cloud.settle(created)
    assert cloud.told() == [("Microsoft.Network/virtualNetworks/write", "hub")]
    (event,) = cloud.events
    assert (event.existed, event.method, event.resource_id) == (False, "PUT", NETWORK)
    assert event.principal == cloud.identity.operator_principal
    await cloud.put(NETWORK, _network())
    assert cloud.events[1].existed


async def test_stop_cancels_what_is_under_way(cloud: Cloud) -> None:
    """A room that is stopped leaves no task behind, whatever it was doing."""
    cloud.world.latency.change({"network": 3600})
    await cloud.send("PUT", NETWORK, _network())
    await cloud.arm.stop()
    assert cloud.told() == []


def _network() -> dict[str, object]:
    return {
        "location": "westeurope",
        "properties": {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}},
    }
