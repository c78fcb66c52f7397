"""Microsoft.Network/virtualNetworks/subnets: subnets one by one."""

from dataclasses import dataclass

from simulator.arm.addresses import Subnet, prefixes_of, show_usage
from simulator.arm.fabric import Fabric
from simulator.arm.network_documents import (
    SUBNET,
    VNET,
    check_ranges,
    find_nested,
    need_nested,
    new_subnet,
    page_nested,
    refuse_if_used,
    touch,
)
from simulator.arm.network_writes import begin, deleting, write
from simulator.arm.wire import Answer, Request, Route, Verb
from simulator.world import Kind, Resource


@dataclass(frozen=True, slots=True)
class Subnets:
    """Subnets of virtual networks.

    Attributes:
        fabric: common ground.
    """

    fabric: Fabric

    def routes(self) -> list[Route]:
        """What this part of the Network provider answers."""
        return [
            Route(SUBNET, Verb.LIST, lambda request: page_nested(self.fabric, request, "subnets")),
            Route(SUBNET, Verb.GET, self._get),
            Route(SUBNET, Verb.PUT, self._put),
            Route(SUBNET, Verb.DELETE, self._delete),
        ]

    def _get(self, request: Request) -> Answer:
        return Answer(200, need_nested(self.fabric, request, "subnets"))

    def _put(self, request: Request) -> Answer:
        network = self.fabric.parent(request)
        known = find_nested(network, "subnets", request.target.name)
        subnet = new_subnet(network.id, request.target.name, request.body)
        trial = dict(network.body)
        others = [item for item in network.properties["subnets"] if item is not known]
        trial["properties"] = {**network.properties, "subnets": [*others, subnet]}
        check_ranges(Resource(network.id, VNET, trial))
        if known and prefixes_of(known["properties"]) != prefixes_of(subnet["properties"]):
            refuse_if_used(self.fabric.world, known)
        network.properties["subnets"] = [*others, subnet]
        show_usage(self.fabric.world, Subnet(network, subnet))
        return write(self.fabric, request, network, subnet, existed=known is not None)

    def _delete(self, request: Request) -> Answer:
        network = self.fabric.parent(request)
        subnet = find_nested(network, "subnets", request.target.name)
        if subnet is None:
            return Answer(204)
        refuse_if_used(self.fabric.world, subnet)

        def finish() -> None:
            if subnet in network.properties["subnets"]:
                network.properties["subnets"].remove(subnet)
                touch(network)
                self.fabric.happened(request, Kind.DELETE, existed=True)

        seconds = self.fabric.world.latency.network
        return deleting(begin(self.fabric, request, network, seconds, finish))
