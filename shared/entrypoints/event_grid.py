"""From an Event Grid event to a scope. Nothing in it is believed but the resource ID and its age.

Both schemas are taken, Event Grid's and CloudEvents 1.0. The body is parsed
here and not by the Functions library, whose binding raises on a malformed
event before the app can acknowledge it; Event Grid would then send it again for a day
(docs/decisions/0001-events-as-text.md).
"""

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from shared.domain.resource_id import (
    CONNECTION,
    ENDPOINT,
    REGISTRY,
    REPLICATION,
    ZONE_GROUP,
    InvalidNameError,
    ResourceId,
    parse_id,
    region_name,
)
from shared.domain.scope import EndpointScope, FormerEndpointScope, RegistryScope, Scope

WRITTEN = "Microsoft.Resources.ResourceWriteSuccess"
DELETED = "Microsoft.Resources.ResourceDeleteSuccess"

# What each type of resource has to do with a registry's names, written or deleted. A deleted
# endpoint no longer says which registry it was for: claims do.
_SCOPES: Mapping[str, Callable[[ResourceId, object], Scope]] = {
    ENDPOINT: lambda endpoint, kind: (
        EndpointScope(endpoint) if kind == WRITTEN else FormerEndpointScope(endpoint)
    ),
    # It hands an endpoint's records to Azure when it comes, and back when it goes.
    ZONE_GROUP: lambda group, _kind: EndpointScope(group.parent),
    REGISTRY: lambda registry, _kind: RegistryScope(registry),
    REPLICATION: lambda replica, _kind: RegistryScope(replica.parent, region_name(replica.name)),
    CONNECTION: lambda connection, _kind: RegistryScope(connection.parent),
}

# Event Grid's own limit for one event (docs/azure.md#event-grid).
_MAX_BYTES = 1_048_576


class IgnoredEventError(ValueError):
    """The event asks for nothing that the app does; it is acknowledged, counted and logged."""


@dataclass(frozen=True, slots=True)
class ChangeEvent:
    """What an event is about.

    Attributes:
        scope: what may be wrong.
        operation: what happened, in our own words.
        time: when, if the event says so in a form that can be read.
    """

    scope: Scope
    operation: str
    time: dt.datetime | None


def parse(body: str) -> ChangeEvent:
    """Parse one delivered event, in either schema.

    Raises:
        IgnoredEventError: it is malformed, or of nothing that the app acts on; the message never
            repeats it.
    """
    event = _event(body)
    kind = event.get("eventType", event.get("type"))
    if kind not in (WRITTEN, DELETED):
        raise IgnoredEventError("not a resource written or deleted")
    try:
        resource = parse_id(event.get("subject"), *_SCOPES)
    except InvalidNameError as error:
        raise IgnoredEventError(f"subject: {error}") from None
    verb = "written" if kind == WRITTEN else "deleted"
    operation = f"{resource.type.rpartition('/')[2]}/{resource.name} {verb}"
    return ChangeEvent(_SCOPES[resource.type](resource, kind), operation, _time(event))


def _event(body: str) -> Mapping[str, object]:
    if len(body) > _MAX_BYTES:
        raise IgnoredEventError(f"longer than {_MAX_BYTES} characters")
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        raise IgnoredEventError("not JSON") from None
    if not isinstance(event, dict):
        raise IgnoredEventError("not a JSON object")
    return event


def _time(event: Mapping[str, object]) -> dt.datetime | None:
    """The event's time; Azure writes seven digits of a second, of which six are kept."""
    text = event.get("eventTime", event.get("time"))
    try:
        time = dt.datetime.fromisoformat(text if isinstance(text, str) else "")
    except ValueError:
        return None
    # Without a zone it could be hours off, and its age would decide wrongly.
    return time if time.tzinfo else None
