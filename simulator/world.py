"""The one state behind every room of the local Azure.

Rooms share nothing else: Resource Manager writes documents here, DNS reads
them, Event Grid listens to what happened.
"""

import bisect
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any

from simulator.clock import Clock

type Json = dict[str, Any]

_LONGEST_LATENCY = 1e9


@dataclass(slots=True)
class Resource:
    """One resource, as a GET would answer it.

    Attributes:
        id: resource ID in the case in which it was first written.
        type: full type, as "Microsoft.Network/privateEndpoints".
        body: the JSON document that a GET answers with.
        hidden: what Azure knows but never shows.
    """

    id: str
    type: str
    body: Json
    hidden: Json = field(default_factory=dict)

    @property
    def properties(self) -> Json:
        """The document's `properties`."""
        properties: Json = self.body["properties"]
        return properties


class Kind(StrEnum):
    """How a subscription event's type begins and its operation ends."""

    WRITE = "Write"
    DELETE = "Delete"
    ACTION = "Action"


@dataclass(frozen=True, slots=True)
class Happened:
    """A request that succeeded, as Event Grid hears of it.

    Attributes:
        kind: write, delete or action.
        resource_id: the resource ID, in the caller's case.
        operation: the RBAC action, as "Microsoft.Network/privateEndpoints/write".
        existed: whether the request changed a resource that was already there.
        method: HTTP method of the request that began it.
        url: its URL.
        principal: object ID of who sent it.
        correlation_id: shared by all events of one request.
    """

    kind: Kind
    resource_id: str
    operation: str
    existed: bool
    method: str
    url: str
    principal: str
    correlation_id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(slots=True)
class Latency:
    """How long Azure takes, in simulated seconds.

    Attributes:
        request: every Resource Manager request.
        registry: create, update or delete a registry.
        replication: create or delete a replica.
        member: from a replica's `Succeeded` to its member on each interface.
        connection: approve, reject or delete a connection.
        endpoint_side: from a connection's change to the endpoint showing it.
        registry_side: from a connection's change to the registry showing it.
        endpoint: create, update or delete a private endpoint.
        network: create, update or delete a network, subnet or peering.
        zone: create or delete a private DNS zone.
        link: create, update or delete a virtual network link.
        event: from a success to Event Grid's first delivery.
    """

    request: float = 0.0
    registry: float = 0.5
    replication: float = 1.0
    member: float = 1.0
    connection: float = 0.5
    endpoint_side: float = 0.0
    registry_side: float = 0.0
    endpoint: float = 1.0
    network: float = 0.1
    zone: float = 0.1
    link: float = 1.0
    event: float = 0.1

    def change(self, seconds: Json) -> None:
        """Set the named latencies; the others stay. ValueError names a bad one."""
        names = {f.name for f in fields(self)}
        for name, value in seconds.items():
            if name not in names:
                raise ValueError(f"no latency is called {name!r}; there are {sorted(names)}")
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number or not 0 <= value <= _LONGEST_LATENCY:
                allowed = "seconds from 0 up, 1e9 at most"
                raise ValueError(f"latency {name!r} must be {allowed}, not {value!r}")
        for name, value in seconds.items():
            setattr(self, name, float(value))

    def as_json(self) -> Json:
        """All latencies by name."""
        return asdict(self)


@dataclass(slots=True)
class Habits:
    """What Azure does where its behaviour varies, or nobody could verify it.

    Attributes:
        home_listed: with its first replica, a registry's home region joins the list too.
        unfit_replica_fails: a replica for which an endpoint has no address, since its
            subnet is full or its addresses are static, fails and goes; else it
            succeeds, and the endpoint goes without its member.
        replica_asks_again: a new replica puts manual connections back to Pending.
        early_events: a long-running write raises its event when it is accepted, and
            again at its end.
        service_events: what the service changes about an endpoint (a member, its
            connection's state) raises an event about the endpoint.
        group_keeps_metadata: a zone group's write keeps the metadata that others gave the
            record set; else it wipes it.
        group_leaves_empty: a record set that a zone group lets go stays behind, empty; else
            it is deleted.
        quoted_etags: Private DNS takes an `If-Match` in quotes for the etag inside them, as
            the SDK's own option sends it; else only the bare etag matches.
    """

    home_listed: bool = True
    unfit_replica_fails: bool = True
    replica_asks_again: bool = False
    early_events: bool = False
    service_events: bool = False
    group_keeps_metadata: bool = False
    group_leaves_empty: bool = False
    quoted_etags: bool = False

    def change(self, wanted: Json) -> None:
        """Set the named habits; the others stay. ValueError names a bad one."""
        names = {f.name for f in fields(self)}
        for name, value in wanted.items():
            if name not in names:
                raise ValueError(f"no habit is called {name!r}; there are {sorted(names)}")
            either = isinstance(value, bool)
            if not either:
                raise ValueError(f"habit {name!r} must be true or false, not {value!r}")
        for name, value in wanted.items():
            setattr(self, name, value)

    def as_json(self) -> Json:
        """All habits by name."""
        return asdict(self)


@dataclass(slots=True)
class _Shelf:
    """All resources of one type.

    Attributes:
        resources: by ID in lower case, the oldest first.
        ids: the same IDs in alphabetical order.
    """

    resources: dict[str, Resource] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)


class World:
    """Every resource by its ID in lower case, and whoever listens to changes.

    Args:
        clock: the one clock of all rooms.
        tenant_id: the tenant of all subscriptions.
        subscriptions: the subscription IDs that exist.
        suffix: what registries' names end in, which tells one Azure cloud from another.
    """

    def __init__(
        self,
        clock: Clock,
        tenant_id: str,
        subscriptions: tuple[str, ...],
        suffix: str = "azurecr.io",
    ) -> None:
        self.clock = clock
        self.tenant_id = tenant_id
        self.subscriptions = subscriptions
        self.suffix = suffix
        self.latency = Latency()
        self.habits = Habits()
        self._resources: dict[str, Resource] = {}
        self._shelves: dict[str, _Shelf] = defaultdict(_Shelf)
        self._listeners: list[Callable[[Happened], None]] = []
        self._watchers: list[Callable[[str], None]] = []

    def get(self, resource_id: str) -> Resource | None:
        """The resource, whatever the case of its ID."""
        return self._resources.get(resource_id.lower())

    def put(self, resource: Resource) -> None:
        """Add or replace a resource; one that replaces another is of the same type."""
        key, shelf = resource.id.lower(), self._shelves[resource.type.lower()]
        if key not in shelf.resources:
            bisect.insort(shelf.ids, key)
        shelf.resources[key] = self._resources[key] = resource
        self._tell_watchers(resource.id)

    def remove(self, resource_id: str) -> None:
        """Remove a resource, if it is there."""
        key = resource_id.lower()
        resource = self._resources.pop(key, None)
        if resource is not None:
            shelf = self._shelves[resource.type.lower()]
            del shelf.resources[key]
            del shelf.ids[bisect.bisect_left(shelf.ids, key)]
            self._tell_watchers(resource.id)

    def everything(self) -> Iterator[Resource]:
        """Every resource of every type."""
        yield from list(self._resources.values())

    @contextmanager
    def shown_as(self, resources: Iterable[Resource]) -> Iterator[None]:
        """Show other resources in place of one's own, to one read that awaits nothing."""
        own = self._resources, self._shelves, self._watchers
        self._resources, self._shelves, self._watchers = {}, defaultdict(_Shelf), []
        try:
            for resource in resources:
                self.put(resource)
            yield
        finally:
            self._resources, self._shelves, self._watchers = own

    def of_type(self, resource_type: str, under: str = "") -> Iterator[Resource]:
        """The resources of a type (any case) below a resource, group or subscription."""
        prefix = _prefix(under)
        for key, resource in list(self._shelves[resource_type.lower()].resources.items()):
            if key.startswith(prefix):
                yield resource

    def listed(self, resource_type: str, under: str, after: str) -> Iterator[Resource]:
        """As `of_type`, in the order of the IDs and from one on.

        What it skips costs nothing, so a list read page by page is read once.

        Args:
            resource_type: full type, any case.
            under: ID of a resource, group or subscription.
            after: ID in lower case; only greater ones are listed.
        """
        prefix, shelf = _prefix(under), self._shelves[resource_type.lower()]
        for index in range(bisect.bisect_right(shelf.ids, max(prefix, after)), len(shelf.ids)):
            key = shelf.ids[index]
            if not key.startswith(prefix):
                return
            yield shelf.resources[key]

    def listen(self, listener: Callable[[Happened], None]) -> None:
        """Call `listener`, on the event loop, for everything that happens from now on."""
        self._listeners.append(listener)

    def watch(self, watcher: Callable[[str], None]) -> None:
        """Call `watcher` with the ID of whatever is put or removed from now on."""
        self._watchers.append(watcher)

    def _tell_watchers(self, resource_id: str) -> None:
        for watcher in self._watchers:
            watcher(resource_id)

    def happened(self, what: Happened) -> None:
        """Tell everyone who listens."""
        for listener in self._listeners:
            listener(what)


def _prefix(under: str) -> str:
    """How the IDs below a resource begin, in lower case; empty for all of them."""
    return f"{under.lower().rstrip('/')}/" if under else ""
