"""Peerings between virtual networks: Connected only where both sides have one."""

from dataclasses import dataclass

from simulator.arm.errors import bad_request
from simulator.arm.fabric import Fabric, weak_etag
from simulator.arm.network_documents import (
    PEERING,
    VNET,
    find_nested,
    need_nested,
    page_nested,
    touch,
)
from simulator.arm.network_writes import accepted, begin, deleting
from simulator.arm.wire import Answer, Request, Route, Verb
from simulator.world import Json, Kind, Resource

ARRAY = "virtualNetworkPeerings"
PEER = f"{VNET}/peer/action"


@dataclass(frozen=True, slots=True)
class Peerings:
    """Virtual network peerings.

    Attributes:
        fabric: common ground.
    """

    fabric: Fabric

    def routes(self) -> list[Route]:
        """What this part of the Network provider answers."""
        return [
            Route(PEERING, Verb.LIST, lambda request: page_nested(self.fabric, request, ARRAY)),
            Route(PEERING, Verb.GET, self._get),
            Route(PEERING, Verb.PUT, self._put),
            Route(PEERING, Verb.DELETE, self._delete),
        ]

    def _get(self, request: Request) -> Answer:
        return Answer(200, need_nested(self.fabric, request, ARRAY))

    def _put(self, request: Request) -> Answer:
        network = self.fabric.parent(request)
        known = find_nested(network, ARRAY, request.target.name)
        remote = self._remote(request)
        back = self._back(network, remote)
        peering = _document(network, remote, request, "Connected" if back else "Initiated")
        others = [item for item in network.properties[ARRAY] if item is not known]
        network.properties[ARRAY] = [*others, peering]

        def finish() -> None:
            peering["properties"]["provisioningState"] = "Succeeded"
            touch(network)
            if back:
                back["properties"]["peeringState"] = "Connected"
                touch(remote)
            self.fabric.happened(request, existed=known is not None)

        seconds = self.fabric.world.latency.network
        operation = begin(self.fabric, request, network, seconds, finish)
        return accepted(200 if known else 201, peering, operation)

    def _remote(self, request: Request) -> Resource:
        asked = request.body.get("properties") or {}
        remote_id = str((asked.get("remoteVirtualNetwork") or {}).get("id") or "")
        remote = self.fabric.world.get(remote_id)
        if remote is None:
            raise bad_request(
                "InvalidResourceReference",
                f"Resource {remote_id} referenced by resource {request.target.path} was not found.",
            )
        self.fabric.demand(request, PEER, remote.id)
        return remote

    @staticmethod
    def _back(network: Resource, remote: Resource) -> Json | None:
        """The other side's peering to this network."""
        items: list[Json] = remote.properties[ARRAY]
        for item in items:
            if item["properties"]["remoteVirtualNetwork"]["id"].lower() == network.id.lower():
                return item
        return None

    def _delete(self, request: Request) -> Answer:
        network = self.fabric.parent(request)
        peering = find_nested(network, ARRAY, request.target.name)
        if peering is None:
            return Answer(204)
        remote_id = peering["properties"]["remoteVirtualNetwork"]["id"]

        def finish() -> None:
            if peering not in network.properties[ARRAY]:
                return
            network.properties[ARRAY].remove(peering)
            touch(network)
            remote = self.fabric.world.get(remote_id)
            back = self._back(network, remote) if remote else None
            if back and remote:
                back["properties"]["peeringState"] = "Disconnected"
                touch(remote)
            self.fabric.happened(request, Kind.DELETE, existed=True)

        seconds = self.fabric.world.latency.network
        return deleting(begin(self.fabric, request, network, seconds, finish))


def _document(network: Resource, remote: Resource, request: Request, state: str) -> Json:
    asked, name = request.body["properties"], request.target.name
    return {
        "name": name,
        "id": f"{network.id}/{ARRAY}/{name}",
        "etag": weak_etag(),
        "properties": {
            "provisioningState": "Updating",
            "peeringState": state,
            "remoteVirtualNetwork": {"id": remote.id},
            "remoteAddressSpace": remote.properties["addressSpace"],
            "allowVirtualNetworkAccess": asked.get("allowVirtualNetworkAccess", True),
            "allowForwardedTraffic": asked.get("allowForwardedTraffic", False),
            "allowGatewayTransit": asked.get("allowGatewayTransit", False),
            "useRemoteGateways": asked.get("useRemoteGateways", False),
        },
        "type": PEERING,
    }
