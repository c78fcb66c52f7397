"""How the Network provider answers a write that goes on after the answer."""

from collections.abc import Callable

from simulator.arm.dialects import NETWORK
from simulator.arm.fabric import Fabric
from simulator.arm.network_documents import touch
from simulator.arm.operation import Operation
from simulator.arm.operations import Start
from simulator.arm.wire import Answer, Request
from simulator.world import Json, Resource


def begin(
    fabric: Fabric, request: Request, resource: Resource, seconds: float, finish: Callable[[], None]
) -> Operation:
    """Begin an operation of the Network provider on a resource."""
    location = resource.body["location"]
    start = Start(NETWORK, resource.id, location=location)
    return fabric.operations.begin(request, start, seconds, finish)


def accepted(status: int, body: Json, operation: Operation) -> Answer:
    """The Network provider's answer to a write that goes on."""
    headers = {"Azure-AsyncNotification": "Enabled", **operation.status_header}
    return Answer(status, body, headers, operation)


def deleting(operation: Operation) -> Answer:
    """The Network provider's answer to a delete that goes on."""
    headers = {"Azure-AsyncNotification": "Enabled", **operation.headers}
    return Answer(202, "", headers, operation)


def write(
    fabric: Fabric, request: Request, network: Resource, shown: Json, *, existed: bool
) -> Answer:
    """Settle a network, or what is nested in it, after the usual time.

    Args:
        fabric: common ground.
        request: the write.
        network: the network, already as it will be.
        shown: the part of its document that was written, or all of it.
        existed: whether that part was there before.
    """
    shown["properties"]["provisioningState"] = "Updating"

    def finish() -> None:
        for item in (shown, *shown["properties"].get("subnets", [])):
            item["properties"]["provisioningState"] = "Succeeded"
        touch(network)
        fabric.happened(request, existed=existed)

    operation = begin(fabric, request, network, fabric.world.latency.network, finish)
    return accepted(200 if existed else 201, shown, operation)
