"""What zones, record sets and links have in common: preconditions and dialect."""

from collections.abc import Callable

from simulator.arm.dialects import PRIVATE_DNS
from simulator.arm.errors import ArmError, flat
from simulator.arm.fabric import Fabric
from simulator.arm.operations import Start
from simulator.arm.wire import Answer, Request
from simulator.world import Json, Resource

ZONE = "Microsoft.Network/privateDnsZones"
LINK = f"{ZONE}/virtualNetworkLinks"
A = f"{ZONE}/A"
SOA = f"{ZONE}/SOA"
PAGE = 100


def top(request: Request) -> int:
    """How many items on a page the request asks for: `$top`, 100 at most and by default."""
    text = request.query.get("$top", str(PAGE))
    if not text.isdecimal() or int(text) < 1:
        raise flat(400, "BadRequest", f"The value '{text}' of $top is not valid.")
    return min(int(text), PAGE)


def precondition(
    fabric: Fabric, request: Request, known: Resource | None, what: str
) -> ArmError | None:
    """Why the request's `If-Match` or `If-None-Match` does not hold, if so (recorded wording).

    An etag is compared as it stands: one that the SDK has put in quotes is
    another etag, unless the habit says otherwise (docs/azure.md#private-dns).

    Args:
        fabric: common ground.
        request: the request with its headers.
        known: the resource as it is now.
        what: how the message names it, as "Record set www".
    """
    if request.headers.get("if-none-match") == "*" and known:
        message = f"The {what} exists already and hence cannot be created again."
        return flat(412, "PreconditionFailed", message)
    wanted = request.headers.get("if-match")
    if wanted is None:
        return None
    if known is None:
        return flat(412, "PreconditionFailed", f"The {what} does not exist.")
    etag = known.body["etag"]
    quoted = {f'"{etag}"'} if fabric.world.habits.quoted_etags else set()
    if wanted not in {"*", etag} | quoted:
        return flat(412, "PreconditionFailed", f"The {what} has been modified (etag mismatch).")
    return None


def begin(
    fabric: Fabric,
    request: Request,
    resource_id: str,
    label: str,
    finish: Callable[[], None],
) -> Answer:
    """Begin an operation of the Private DNS provider, and its 202."""
    latency = fabric.world.latency
    seconds = latency.link if label.endswith("VirtualNetworkLink") else latency.zone
    start = Start(PRIVATE_DNS, resource_id, label=label)
    operation = fabric.operations.begin(request, start, seconds, finish)
    body: Json | str = "" if request.method == "DELETE" else {}
    return Answer(202, body, operation.headers, operation)


def fail(error: ArmError) -> Callable[[], None]:
    """The end of an operation that was doomed from its beginning."""

    def finish() -> None:
        raise error

    return finish


def need_global(request: Request) -> None:
    """Refuse any location but global."""
    location = str(request.body.get("location") or "")
    if location.lower() != "global":
        message = (
            f"The provided location '{location}' is not available for resource type "
            f"'{request.target.type}'. List of available regions for the resource type is 'global'."
        )
        raise ArmError(400, "LocationNotAvailableForResourceType", message, gateway=True)
