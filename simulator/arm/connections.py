"""A registry's private endpoint connections, and their two sides.

One connection is shown twice: among the registry's, and on the endpoint. What
happens to one side shows on the other at the same moment.
"""

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from simulator.arm import endpoint_documents as documents
from simulator.arm.dialects import REGISTRY
from simulator.arm.endpoint_changes import set_state
from simulator.arm.errors import bad_request
from simulator.arm.fabric import Fabric, need_settled
from simulator.arm.member_sync import sync_members
from simulator.arm.operations import Operation, Start
from simulator.arm.registry_names import CONNECTION, refresh
from simulator.arm.wire import Answer, Request, Route, Verb
from simulator.clock import Clock
from simulator.world import Json, Kind, Resource, World

DECISIONS = ("Approved", "Rejected")


def connections(world: World, registry: Resource) -> list[Resource]:
    """A registry's connections."""
    return list(world.of_type(CONNECTION, registry.id))


def appear(world: World, registry: Resource, endpoint: Resource) -> None:
    """Show a new endpoint among the registry's connections."""
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


def vanish(world: World, registry: Resource, endpoint_id: str) -> None:
    """Remove a deleted endpoint from the registry's connections."""
    for connection in connections(world, registry):
        if connection.properties["privateEndpoint"]["id"].lower() == endpoint_id.lower():
            world.remove(connection.id)
    refresh(world, registry)


def cut_off(world: World, connection: Resource) -> None:
    """Show the endpoint that its connection is gone on the registry's side."""
    endpoint = world.get(connection.properties["privateEndpoint"]["id"])
    if endpoint:
        set_state(world, endpoint, "Disconnected", "")


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
                self._decided(connection, state)
                self.fabric.happened(request, existed=True)

        operation = self._begin(request, connection, "Updating", finish)
        shown = {**connection.body, "systemData": system_data(request.principal)}
        return Answer(201, shown, operation.status_header, operation)

    def _decided(self, connection: Resource, state: Json) -> None:
        world, status = self.fabric.world, state["status"]
        description = str(state.get("description") or "")
        connection.properties["provisioningState"] = "Succeeded"
        connection.properties["privateLinkServiceConnectionState"] = {
            "status": status,
            **({"description": description} if description else {}),
        }
        endpoint = world.get(connection.properties["privateEndpoint"]["id"])
        if endpoint:
            set_state(world, endpoint, status, description)
        registry = self._refresh(connection)
        if registry:
            # A rejected endpoint that is let in again has missed every replica since.
            sync_members(world, registry)

    def _delete(self, request: Request) -> Answer:
        connection = self.fabric.find(request)
        if connection is None:
            return Answer(204)
        connection.properties["provisioningState"] = "Deleting"

        def finish() -> None:
            if self.fabric.world.get(connection.id) is connection:
                self.fabric.world.remove(connection.id)
                cut_off(self.fabric.world, connection)
                self._refresh(connection)
                self.fabric.happened(request, Kind.DELETE, existed=True)

        operation = self._begin(request, connection, "Deleting", finish)
        return Answer(202, None, operation.location_header, operation)

    def _begin(
        self, request: Request, connection: Resource, running: str, finish: Callable[[], None]
    ) -> Operation:
        start = Start(REGISTRY, connection.id, label="privateendpointconnections", running=running)
        seconds = self.fabric.world.latency.connection
        return self.fabric.operations.begin(request, start, seconds, finish)

    def _refresh(self, connection: Resource) -> Resource | None:
        registry = self.fabric.world.get(connection.id.partition("/privateEndpointConnections/")[0])
        if registry:
            refresh(self.fabric.world, registry)
        return registry
