"""The words of the design as frozen values: scopes, readings, sources, the zone, observations."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from shared.domain.names import ResourceId

# ── Scope: what a trigger asks to be made right ─────────────────────────────


@dataclass(frozen=True, slots=True)
class EndpointScope:
    """An endpoint that was written, and its registry."""

    endpoint: ResourceId


@dataclass(frozen=True, slots=True)
class FormerEndpointScope:
    """An endpoint that was deleted: only the marks still know its registries."""

    endpoint: ResourceId


@dataclass(frozen=True, slots=True)
class RegistryScope:
    """A registry; `region` is that of the replica which the trigger named, if it named one."""

    registry: ResourceId
    region: str | None = None


type Scope = EndpointScope | FormerEndpointScope | RegistryScope


# ── Readings: nothing is believed but what Azure said, and silence is not absence ───


@dataclass(frozen=True, slots=True)
class Found[T]:
    """Azure answered with the resource."""

    value: T


@dataclass(frozen=True, slots=True)
class Absent:
    """A direct read answered 404 `ResourceNotFound` or `ResourceGroupNotFound`."""


class Doubt(StrEnum):
    """Why something is not known."""

    TRANSIENT = "Azure did not answer properly; it may later"
    FORBIDDEN = "the app may not read it"
    UNREADABLE = "Azure's answer could not be understood"
    UNWATCHED = "it lies outside the watched subscriptions"


@dataclass(frozen=True, slots=True)
class Unknown:
    """Neither there nor gone, as far as we can tell; unknown deletes nothing (S1)."""

    doubt: Doubt
    detail: str = ""


type Reading[T] = Found[T] | Absent | Unknown


# ── Sources: where the truth is ─────────────────────────────────────────────


class Status(StrEnum):
    """A private link connection's status, the best first; a word that we do not know is `OTHER`."""

    APPROVED = "Approved"
    PENDING = "Pending"
    OTHER = "Other"
    REJECTED = "Rejected"
    DISCONNECTED = "Disconnected"


SUCCEEDED = "Succeeded"


@dataclass(frozen=True, slots=True)
class Member:
    """One FQDN and address on an endpoint's network interface."""

    name: str
    fqdn: str
    address: str


@dataclass(frozen=True, slots=True)
class Interface:
    """An endpoint's network interface."""

    state: str
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A private endpoint as it sees itself.

    Attributes:
        id: its resource ID, which a recreated endpoint has again.
        guid: its `resourceGuid`, which a recreated endpoint has not.
        etag: changes with every change.
        state: provisioning state.
        network: the virtual network of its subnet.
        interfaces: its network interfaces, one in practice.
        connections: status by registry, from both connection arrays.
    """

    id: ResourceId
    guid: str
    etag: str
    state: str
    network: ResourceId
    interfaces: tuple[ResourceId, ...]
    connections: Mapping[ResourceId, Status]

    @property
    def in_use(self) -> bool:
        """Whether it may carry traffic to a registry, now or once somebody approves it."""
        over = (Status.REJECTED, Status.DISCONNECTED)
        return any(status not in over for status in self.connections.values())


@dataclass(frozen=True, slots=True)
class Replica:
    """A geo-replica of a registry."""

    region: str
    state: str


@dataclass(frozen=True, slots=True)
class Registry:
    """A registry, its replicas, and the connections as the registry sees them.

    Attributes:
        id: its resource ID.
        login_server: FQDN; its first label need not be the registry's name.
        region: home region, as names use it.
        state: provisioning state.
        connections: status by endpoint.
        replicas: from the list of replications, which may hold the home region too.
    """

    id: ResourceId
    login_server: str
    region: str
    state: str
    connections: Mapping[ResourceId, Status]
    replicas: tuple[Replica, ...]

    @property
    def regions(self) -> frozenset[str]:
        """Home and replicas, in whatever state; Azure's list may leave out the home region."""
        return frozenset((self.region, *(replica.region for replica in self.replicas)))


@dataclass(frozen=True, slots=True)
class Network:
    """A virtual network: is it peered, and which endpoints are in its subnets?"""

    id: ResourceId
    peered: bool
    endpoints: tuple[ResourceId, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """Everything that was read of one endpoint, all of it after the zone.

    Attributes:
        id: the endpoint's ID.
        endpoint: the endpoint itself.
        interface: its interface; `Absent` when the endpoint names none.
        zone_group: whether a zone group of the endpoint points at a zone of this name.
    """

    id: ResourceId
    endpoint: Reading[Endpoint]
    interface: Reading[Interface] = field(default_factory=Absent)
    zone_group: Reading[bool] = field(default_factory=Absent)


# ── The zone ────────────────────────────────────────────────────────────────


class Links(StrEnum):
    """Whether the app links networks to a zone."""

    MANAGE = "manage"
    LEAVE = "leave"


class Conflict(StrEnum):
    """Which of several endpoints behind one name is published."""

    FIRST = "first"
    MERGE = "merge"


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone that the app keeps, and how.

    Attributes:
        id: the private DNS zone.
        suffix: public suffix of the names it serves, as "azurecr.io".
        owner: this deployment's owner ID, which stands in every mark.
        ttl: seconds, of every record that the app writes.
        conflict: policy for several endpoints behind one name.
        links: whether networks are linked.
    """

    id: ResourceId
    suffix: str
    owner: str
    ttl: int = 10
    conflict: Conflict = Conflict.FIRST
    links: Links = Links.MANAGE


@dataclass(frozen=True, slots=True)
class RecordSet:
    """An A record set as Azure holds it.

    Attributes:
        name: relative to the zone, in lower case.
        etag: as Azure gave it, to be sent back bare.
        ttl: seconds.
        addresses: IPv4, in Azure's order; may be empty.
        metadata: all of it, ours and others'.
    """

    name: str
    etag: str
    ttl: int
    addresses: tuple[str, ...]
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Link:
    """A virtual network link as Azure holds it; one that is `going` still answers to a read."""

    name: str
    etag: str
    network: ResourceId | None
    tags: Mapping[str, str]
    state: str = SUCCEEDED

    @property
    def going(self) -> bool:
        """Whether it is being deleted: whoever needs it must wait, and then make it again."""
        return self.state == "Deleting"


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One address in a mark: where it came from.

    Attributes:
        endpoint: the endpoint on whose interface it stands.
        address: IPv4.
        guid: first 8 characters of the endpoint's `resourceGuid`.
        network: `network_hash` of the endpoint's network.
    """

    endpoint: ResourceId
    address: str
    guid: str
    network: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Our ownership metadata on one record set."""

    owner: str
    registry: ResourceId | None
    entries: tuple[Entry, ...]


# ── Observation: what was read, zone first ──────────────────────────────────


@dataclass(frozen=True, slots=True)
class Observation:
    """One look at a zone and the sources behind some of its names.

    Attributes:
        zone: the zone looked at.
        records: each name that was read; None where there is no record set.
        registries: every registry that the names or endpoints point to.
        sources: every endpoint that the registries, the marks or the scope point to.
        links: links seen; holds every link of the zone if any wanted one was missing.
        leaving: hashes of networks that lost an endpoint, or may have, earlier in this run.
    """

    zone: Zone
    records: Mapping[str, RecordSet | None]
    registries: Mapping[ResourceId, Reading[Registry]]
    sources: Mapping[ResourceId, Source]
    links: tuple[Link, ...] = ()
    leaving: frozenset[str] = frozenset()
