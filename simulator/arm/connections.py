"""A registry's private endpoint connections, and their two sides.

One connection is shown twice: among the registry's, and on the endpoint. Each
side shows a change after a latency of its own, by default at once.
"""

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from simulator.arm import endpoint_documents as documents
from simulator.arm.dialects import CONNECTION as DIALECT
from simulator.arm.endpoint_changes import set_state
from simulator.arm.errors import bad_request
from simulator.arm.fabric import Fabric, need_settled
from simulator.arm.member_sync import sync_members
from simulator.arm.operation import Operation
from simulator.arm.operations import Start
from simulator.arm.registry_names import CONNECTION, refresh
from simulator.arm.wire import Answer, Request, Route, Verb
from simulator.clock import Clock
from simulator.world import Json, Kind, Resource, World

DECISIONS = ("Approved", "Rejected")
_STATE = "privateLinkServiceConnectionState"


def connections(world: World, registry: Resource) -> list[Resource]:
    """A registry's connections."""
    return list(world.of_type(CONNECTION, registry.id))


def appear(fabric: Fabric, registry: Resource, endpoint: Resource) -> None:
    """Show a new endpoint among the registry's connections."""

    def shown() -> None:
        world = fabric.world
        if world.get(registry.id) is registry and world.get(endpoint.id) is endpoint:
            _list(world, registry, endpoint)

    fabric.operations.later(fabric.world.latency.registry_side, shown)


def _list(world: World, registry: Resource, endpoint: Resource) -> None:
    name = f"{registry.body['name']}.{uuid.uuid4().hex}"
    state = documents.connection_of(endpoint)["properties"]["privateLinkServiceConnectionState"]
    approved = state["status"] == "Approved"
    body: Json = {
        "type": CONNECTION,
        "id": f"{registry.id}/privateEndpointConnections/{name}",
        "name": name,
        "properties": {
            "privateEndpoint": {"id": endpoint.id},
            "privateLinkServiceConnectionState": {
                "status": state["status"],
                **({"description": "Auto-Approved"} if approved else {}),
            },
            "provisioningState": "Succeeded",
        },
    }
    world.put(Resource(body["id"], CONNECTION, body))
    refresh(world, registry)


def vanish(fabric: Fabric, registry: Resource, endpoint_id: str) -> None:
    """Remove a deleted endpoint from the registry's connections."""
    world = fabric.world
    going = [
        connection.id
        for connection in connections(world, registry)
        if connection.properties["privateEndpoint"]["id"].lower() == endpoint_id.lower()
    ]

    def gone() -> None:
        for connection in going:
            world.remove(connection)
        refresh(world, registry)

    fabric.operations.later(world.latency.registry_side, gone)


def cut_off(fabric: Fabric, connection: Resource) -> None:
    """Show the endpoint that its connection is gone on the registry's side."""
    _tell_endpoint(fabric, connection, {"status": "Disconnected"})


def ask_again(fabric: Fabric, registry: Resource) -> None:
    """Put what was approved by hand back to Pending, on both sides."""
    world = fabric.world
    for connection in connections(world, registry):
        endpoint = world.get(connection.properties["privateEndpoint"]["id"])
        manual = endpoint and endpoint.properties[documents.ARRAYS[1]]
        if manual and connection.properties[_STATE]["status"] == "Approved":
            _show(fabric, connection, {"status": "Pending"})


def _show(fabric: Fabric, connection: Resource, state: Json) -> None:
    """Give a connection a new state, which each side shows when it hears of it."""
    world, description = fabric.world, str(state.get("description") or "")
    shown = {"status": state["status"], **({"description": description} if description else {})}

    def on_registry() -> None:
        registry = _registry_of(world, connection)
        if registry and world.get(connection.id) is connection:
            connection.properties[_STATE] = shown
            refresh(world, registry)

    fabric.operations.later(world.latency.registry_side, on_registry)
    _tell_endpoint(fabric, connection, shown)


def _tell_endpoint(fabric: Fabric, connection: Resource, state: Json) -> None:
    world = fabric.world
    endpoint = world.get(connection.properties["privateEndpoint"]["id"])

    def on_endpoint() -> None:
        if endpoint and world.get(endpoint.id) is endpoint:
            set_state(world, endpoint, state["status"], state.get("description", ""))
            registry = _registry_of(world, connection)
            if registry and state["status"] == "Approved":
                # A rejected endpoint that is let in again has missed every replica since.
                sync_members(world, registry)

    fabric.operations.later(world.latency.endpoint_side, on_endpoint)


def _registry_of(world: World, connection: Resource) -> Resource | None:
    return world.get(connection.id.partition("/privateEndpointConnections/")[0])


def system_data(principal: str, created: str | None = None) -> Json:
    """Who made and last changed a resource, and when."""
    now = Clock.now().astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0+00:00")
    return {
        "createdBy": principal,
        "createdByType": "Application",
        "createdAt": created or now,
        "lastModifiedBy": principal,
        "lastModifiedByType": "Application",
        "lastModifiedAt": now,
    }


@dataclass(frozen=True, slots=True)
class Connections:
    """Microsoft.ContainerRegistry/registries/privateEndpointConnections.

    Attributes:
        fabric: common ground.
    """

    fabric: Fabric

    def routes(self) -> list[Route]:
        """What this part of the Container Registry provider answers."""
        return [
            Route(CONNECTION, Verb.LIST, self._list),
            Route(
                CONNECTION, Verb.GET, lambda request: Answer(200, self.fabric.need(request).body)
            ),
            Route(CONNECTION, Verb.PUT, self._decide),
            Route(CONNECTION, Verb.DELETE, self._delete),
        ]

    def _list(self, request: Request) -> Answer:
        listed = partial(self.fabric.world.listed, CONNECTION, request.target.parent)
        return self.fabric.page(request, listed)

    def _decide(self, request: Request) -> Answer:
        """Approve or reject: 201 with the old state, the new one at the end (recorded)."""
        connection = self.fabric.need(request)
        need_settled(connection)
        asked = request.body.get("properties") or {}
        state = asked.get("privateLinkServiceConnectionState") or {}
        if state.get("status") not in DECISIONS:
            message = (
                f"The connection status must be one of {DECISIONS}, not '{state.get('status')}'."
            )
            raise bad_request("InvalidConnectionStatus", message)
        connection.properties["provisioningState"] = "Updating"

        def finish() -> None:
            if self.fabric.world.get(connection.id) is connection:
                connection.properties["provisioningState"] = "Succeeded"
                _show(self.fabric, connection, state)
                self.fabric.happened(request, existed=True)

        operation = self._begin(request, connection, "Updating", finish)
        shown = {**connection.body, "systemData": system_data(request.principal)}
        return Answer(201, shown, operation.status_header, operation)

    def _delete(self, request: Request) -> Answer:
        connection = self.fabric.find(request)
        if connection is None:
            return Answer(204)
        connection.properties["provisioningState"] = "Deleting"

        world = self.fabric.world

        def gone() -> None:
            world.remove(connection.id)
            registry = _registry_of(world, connection)
            if registry:
                refresh(world, registry)

        def finish() -> None:
            if world.get(connection.id) is connection:
                self.fabric.operations.later(world.latency.registry_side, gone)
                cut_off(self.fabric, connection)
                self.fabric.happened(request, Kind.DELETE, existed=True)

        operation = self._begin(request, connection, "Deleting", finish)
        return Answer(202, None, operation.location_header, operation)

    def _begin(
        self, request: Request, connection: Resource, running: str, finish: Callable[[], None]
    ) -> Operation:
        start = Start(DIALECT, connection.id, label="privateendpointconnections", running=running)
        seconds = self.fabric.world.latency.connection
        return self.fabric.operations.begin(request, start, seconds, finish)
