"""Microsoft.Network/virtualNetworks: the networks as a whole."""

import ipaddress
import uuid
from dataclasses import dataclass

from simulator.arm import errors
from simulator.arm.addresses import Subnet, prefixes_of, show_usage
from simulator.arm.errors import bad_request
from simulator.arm.fabric import Fabric, weak_etag
from simulator.arm.network_documents import (
    VNET,
    check_ranges,
    disconnect_peers,
    new_subnet,
    refuse_if_used,
    touch,
)
from simulator.arm.network_writes import begin, deleting, write
from simulator.arm.wire import Answer, Request, Route, Verb
from simulator.world import Json, Kind, Resource


@dataclass(frozen=True, slots=True)
class Networks:
    """Virtual networks.

    Attributes:
        fabric: common ground.
    """

    fabric: Fabric

    def routes(self) -> list[Route]:
        """What this part of the Network provider answers."""
        return [
            self.fabric.list_route(VNET),
            Route(VNET, Verb.GET, lambda request: Answer(200, self.fabric.need(request).body)),
            Route(VNET, Verb.PUT, self._put),
            Route(VNET, Verb.PATCH, self._patch),
            Route(VNET, Verb.DELETE, self._delete),
        ]

    def _put(self, request: Request) -> Answer:
        known, body = self.fabric.find(request), request.body
        location = str(body.get("location") or "").lower().replace(" ", "")
        if not location:
            raise bad_request("LocationRequired", "The location property is required.")
        if known and known.body["location"] != location:
            name, group = request.target.name, request.target.group
            raise errors.moved(name, group, known.body["location"], location)
        network = self._build(request, known, location)
        check_ranges(network)
        self._keep_used(known, network)
        self.fabric.world.put(network)
        for item in network.properties["subnets"]:
            item["properties"]["provisioningState"] = "Updating"
            show_usage(self.fabric.world, Subnet(network, item))
        return write(self.fabric, request, network, network.body, existed=known is not None)

    def _build(self, request: Request, known: Resource | None, location: str) -> Resource:
        asked = request.body.get("properties") or {}
        network_id = known.id if known else self.fabric.new_id(request.target)
        old: Json = known.properties if known else {}
        subnets, peerings = asked.get("subnets"), old.get("virtualNetworkPeerings", [])
        document: Json = {
            "name": network_id.rpartition("/")[2],
            "id": network_id,
            "etag": weak_etag(),
            "type": VNET,
            "location": location,
            "properties": {
                "provisioningState": "Updating",
                "resourceGuid": old.get("resourceGuid") or str(uuid.uuid4()),
                "addressSpace": asked.get("addressSpace") or {},
                **({"dhcpOptions": _dhcp(asked)} if "dhcpOptions" in asked else {}),
                "subnets": old.get("subnets", [])
                if subnets is None
                else [new_subnet(network_id, item.get("name"), item) for item in subnets],
                "virtualNetworkPeerings": peerings,
                "enableDdosProtection": False,
            },
        }
        if "tags" in request.body:
            document["tags"] = request.body["tags"]
        return Resource(network_id, VNET, document)

    def _keep_used(self, known: Resource | None, network: Resource) -> None:
        """Refuse a write that would drop, or move, a subnet with endpoints in it."""
        ranges = {
            item["id"].lower(): prefixes_of(item["properties"])
            for item in network.properties["subnets"]
        }
        for item in known.properties["subnets"] if known else []:
            if ranges.get(item["id"].lower()) != prefixes_of(item["properties"]):
                refuse_if_used(self.fabric.world, item)

    def _patch(self, request: Request) -> Answer:
        network = self.fabric.need(request)
        network.body["tags"] = request.body.get("tags") or {}
        touch(network)
        self.fabric.happened(request, existed=True)
        return Answer(200, network.body)

    def _delete(self, request: Request) -> Answer:
        network = self.fabric.find(request)
        if network is None:
            return Answer(204)
        for item in network.properties["subnets"]:
            refuse_if_used(self.fabric.world, item)
        network.properties["provisioningState"] = "Deleting"

        def finish() -> None:
            if self.fabric.world.get(network.id) is network:
                self.fabric.world.remove(network.id)
                disconnect_peers(self.fabric.world, network)
                self.fabric.happened(request, Kind.DELETE, existed=True)

        seconds = self.fabric.world.latency.network
        return deleting(begin(self.fabric, request, network, seconds, finish))


def _dhcp(asked: Json) -> Json:
    """The network's own DNS servers; where there are none, it asks Azure's resolver."""
    servers: list[str] = (asked.get("dhcpOptions") or {}).get("dnsServers") or []
    for server in servers:
        try:
            ipaddress.ip_address(server)
        except ValueError as error:
            raise bad_request(
                "InvalidIPAddressFormat", f"The DNS server '{server}' is no IP address."
            ) from error
    return {"dnsServers": servers}
