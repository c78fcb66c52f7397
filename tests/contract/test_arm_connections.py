"""Private endpoint connections: one truth with two sides."""

from typing import Any

import pytest

from tests.contract.arm_estate import ENDPOINT, FAST, GROUP, REGISTRY, Cloud, endpoint_body

MANUAL = f"{ENDPOINT}-manual"


async def manual(cloud: Cloud) -> str:
    """The estate with a second endpoint that awaits approval; the ID of its connection."""
    await cloud.estate()
    await cloud.put(MANUAL, endpoint_body(manual=True))
    for item in (await cloud.get(f"{REGISTRY}/privateEndpointConnections"))["value"]:
        if item["properties"]["privateEndpoint"]["id"] == MANUAL:
            return str(item["id"])
    raise AssertionError("the registry shows no connection for the endpoint")


async def endpoint_state(cloud: Cloud) -> dict[str, Any]:
    """The state of the manual connection on the endpoint's side."""
    properties = (await cloud.get(MANUAL))["properties"]
    assert properties["privateLinkServiceConnections"] == []
    (connection,) = properties["manualPrivateLinkServiceConnections"]
    state: dict[str, Any] = connection["properties"]["privateLinkServiceConnectionState"]
    return state


async def test_a_pending_endpoint_has_an_interface_and_no_dns_names(cloud: Cloud) -> None:
    """The interface says nothing about approval: only the state does (recorded)."""
    connection = await manual(cloud)
    assert connection.startswith(f"{REGISTRY}/privateEndpointConnections/contoso.")
    assert len(connection.rpartition(".")[2]) == 32
    assert await endpoint_state(cloud) == {
        "status": "Pending",
        "description": "",
        "actionsRequired": "None",
    }
    assert (await cloud.get(connection))["properties"] == {
        "privateEndpoint": {"id": MANUAL},
        "privateLinkServiceConnectionState": {"status": "Pending"},
        "provisioningState": "Succeeded",
    }
    assert (await cloud.get(MANUAL))["properties"]["customDnsConfigs"] == []
    assert len(await cloud.members(MANUAL)) == 2


@pytest.mark.parametrize("decision", ["Approved", "Rejected"])
async def test_a_decision_shows_on_both_sides(cloud: Cloud, decision: str) -> None:
    """201 with the old state, the new state at the end, on the registry and the endpoint."""
    connection = await manual(cloud)
    body = {
        "properties": {
            "privateEndpoint": {"id": MANUAL},
            "privateLinkServiceConnectionState": {"status": decision, "description": "because"},
        }
    }
    with cloud.frozen():
        answer = await cloud.send("PUT", connection, body)
        assert answer.status == 201
        assert answer.body["properties"]["privateLinkServiceConnectionState"] == {
            "status": "Pending"
        }
        assert answer.body["properties"]["provisioningState"] == "Updating"
        url = answer.headers["azure-asyncoperation"]
        assert f"{connection}/operationStatuses/privateendpointconnections-" in url
        polled = await cloud.send("GET", url)
        assert (polled.status, polled.body["status"]) == (201, "Updating")
    assert (await cloud.settle(answer)).body["status"] == "Succeeded"
    state = (await cloud.get(connection))["properties"]["privateLinkServiceConnectionState"]
    assert state == {"status": decision, "description": "because"}
    assert (await endpoint_state(cloud))["status"] == decision
    names = [item["fqdn"] for item in (await cloud.get(MANUAL))["properties"]["customDnsConfigs"]]
    approved = ["contoso.westeurope.data.azurecr.io", "contoso.azurecr.io"]
    assert names == (approved if decision == "Approved" else [])
    assert cloud.told()[-1][0] == (
        "Microsoft.ContainerRegistry/registries/privateEndpointConnections/write"
    )


async def test_the_sdk_approves(cloud: Cloud) -> None:
    """The real client's poller copes with 201 while updating."""
    connection = await manual(cloud)
    poller = await cloud.registries.private_endpoint_connections.begin_create_or_update(
        GROUP,
        "contoso",
        connection.rpartition("/")[2],
        {"properties": {"privateLinkServiceConnectionState": {"status": "Approved"}}},
        **FAST,
    )
    approved = await poller.result()
    assert approved.properties.private_link_service_connection_state.status == "Approved"


async def test_an_approved_endpoint_shows_auto_approved(cloud: Cloud) -> None:
    """Registry and endpoint agree on a connection nobody had to approve."""
    await cloud.estate()
    registry = await cloud.get(REGISTRY)
    (connection,) = registry["properties"]["privateEndpointConnections"]
    assert connection["properties"]["privateEndpoint"] == {"id": ENDPOINT}
    assert connection["properties"]["privateLinkServiceConnectionState"] == {
        "status": "Approved",
        "description": "Auto-Approved",
    }
    told = [operation for operation, _ in cloud.told()]
    assert told[-1] == "Microsoft.Network/privateEndpoints/write"
    assert not any("privateEndpointConnections" in operation for operation in told)


async def test_a_removed_connection_disconnects_its_endpoint(cloud: Cloud) -> None:
    """The registry forgets the endpoint; the endpoint stays, disconnected."""
    connection = await manual(cloud)
    deleted = await cloud.send("DELETE", connection)
    assert (deleted.status, deleted.text) == (202, "null")
    assert (await cloud.settle(deleted)).status == 200
    assert (await endpoint_state(cloud))["status"] == "Disconnected"
    left = (await cloud.get(f"{REGISTRY}/privateEndpointConnections"))["value"]
    assert [item["properties"]["privateEndpoint"]["id"] for item in left] == [ENDPOINT]


async def test_a_deleted_endpoint_leaves_the_registry(cloud: Cloud) -> None:
    """After the delete: endpoint 404, interface 404, no connection, address free again."""
    await cloud.estate()
    interface = (await cloud.get(ENDPOINT))["properties"]["networkInterfaces"][0]["id"]
    poller = await cloud.network.private_endpoints.begin_delete(GROUP, "contoso-pe", **FAST)
    await poller.result()
    for gone in (ENDPOINT, interface):
        missing = await cloud.send("GET", gone)
        assert (missing.status, missing.body["error"]["code"]) == (404, "ResourceNotFound")
    assert (await cloud.get(REGISTRY))["properties"]["privateEndpointConnections"] == []
    assert cloud.told()[-1] == ("Microsoft.Network/privateEndpoints/delete", "contoso-pe")
    await cloud.put(ENDPOINT, endpoint_body())
    assert (await cloud.members())["registry"] == ("contoso.azurecr.io", "10.1.0.5")


async def test_a_connection_cannot_be_made_from_the_registrys_side(cloud: Cloud) -> None:
    """Only an endpoint makes a connection."""
    await cloud.estate()
    body = {"properties": {"privateLinkServiceConnectionState": {"status": "Approved"}}}
    path = f"{REGISTRY}/privateEndpointConnections/contoso.{'0' * 32}"
    assert (await cloud.send("PUT", path, body)).status == 404


async def test_an_endpoint_let_in_again_has_missed_nothing(cloud: Cloud) -> None:
    """A replica made while the connection was rejected is there after the approval."""
    connection = await manual(cloud)
    for status in ("Rejected", "Approved"):
        state = {"privateLinkServiceConnectionState": {"status": status}}
        await cloud.put(connection, {"properties": state})
        await cloud.put(f"{REGISTRY}/replications/northeurope", {"location": "northeurope"})
        await cloud.grown_to(3)
    assert set(await cloud.members(MANUAL)) == {
        "registry_data_westeurope",
        "registry",
        "registry_data_northeurope",
    }


async def test_a_new_replica_may_ask_for_approval_again(cloud: Cloud) -> None:
    """By the other habit manual connections are Pending again on both sides, automatic ones not."""
    cloud.world.habits.change({"replica_asks_again": True})
    connection = await manual(cloud)
    state = {"privateLinkServiceConnectionState": {"status": "Approved"}}
    await cloud.put(connection, {"properties": state})
    await cloud.put(f"{REGISTRY}/replications/northeurope", {"location": "northeurope"})
    shown = (await cloud.get(REGISTRY))["properties"]["privateEndpointConnections"]
    statuses = {
        item["properties"]["privateEndpoint"]["id"]: item["properties"][
            "privateLinkServiceConnectionState"
        ]["status"]
        for item in shown
    }
    assert statuses == {ENDPOINT: "Approved", MANUAL: "Pending"}
    assert (await endpoint_state(cloud))["status"] == "Pending"


@pytest.mark.parametrize("late", ["endpoint_side", "registry_side"])
async def test_the_two_sides_may_disagree_for_a_while(cloud: Cloud, late: str) -> None:
    """A decision shows on one side at once, and on the other when that side hears of it."""
    connection = await manual(cloud)
    cloud.world.latency.change({late: 3600})
    state = {"privateLinkServiceConnectionState": {"status": "Approved"}}
    await cloud.put(connection, {"properties": state})

    async def sides() -> tuple[str, str]:
        theirs = (await cloud.get(connection))["properties"]["privateLinkServiceConnectionState"]
        return (await endpoint_state(cloud))["status"], theirs["status"]

    expected = ("Pending", "Approved")
    assert await sides() == (expected if late == "endpoint_side" else expected[::-1])
    cloud.world.clock.scale = 1_000_000
    while await sides() != ("Approved", "Approved"):
        pass
