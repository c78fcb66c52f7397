"""The words of the design as frozen values: scopes, readings, sources, the zone, observations."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto
from functools import cached_property

from shared.domain.names import ResourceId, network_hash

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


@dataclass(frozen=True, slots=True)
class WholeScope:
    """Everything watched, in whole zones; or of it what touches one subscription."""

    subscription: str | None = None


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
    """Neither there nor gone, as far as we can tell; unknown deletes nothing.

    Invariant: no-unproven-delete.
    """

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
    """An endpoint's network interface.

    Attributes:
        state: provisioning state.
        members: those with an IPv4 address.
        beyond: FQDNs that it gives at addresses which no A record can hold.
    """

    state: str
    members: tuple[Member, ...]
    beyond: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A private endpoint as it sees itself.

    Attributes:
        id: its resource ID, which a recreated endpoint has again.
        guid: its `resourceGuid`, which a recreated endpoint has not.
        etag: changes with every change.
        state: provisioning state.
        region: where it is, as names use it; its network is there as well.
        network: the virtual network of its subnet.
        interfaces: its network interfaces, one in practice.
        connections: status by registry, from both connection arrays.
    """

    id: ResourceId
    guid: str
    etag: str
    state: str
    region: str
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
        public: whether it also takes requests from public networks.
    """

    id: ResourceId
    login_server: str
    region: str
    state: str
    connections: Mapping[ResourceId, Status]
    replicas: tuple[Replica, ...]
    public: bool = False

    @property
    def regions(self) -> frozenset[str]:
        """Home and replicas, in whatever state; Azure's list may leave out the home region."""
        return frozenset((self.region, *(replica.region for replica in self.replicas)))


@dataclass(frozen=True, slots=True)
class Network:
    """A virtual network: is it peered, and which endpoints are in its subnets?

    Attributes:
        id: its resource ID.
        peered: whether it has peerings.
        endpoints: the private endpoints in its subnets.
        dns_servers: its custom DNS servers; none means Azure's own resolver.
    """

    id: ResourceId
    peered: bool
    endpoints: tuple[ResourceId, ...]
    dns_servers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where the names of an endpoint belong that this zone does not serve.

    Attributes:
        zone: the zone that serves its network; None if no zone does.
        holds: names and addresses read there, after this zone's records.
        keeps: names that are kept there for one endpoint of several, be it this one or not.
    """

    zone: ResourceId | None
    holds: frozenset[tuple[str, str]] = frozenset()
    keeps: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Source:
    """Everything that was read of one endpoint, all of it after the zone.

    Attributes:
        id: the endpoint's ID.
        endpoint: the endpoint itself.
        interface: its interface; `Absent` when the endpoint names none.
        zone_group: whether a zone group of the endpoint points at a zone of this name.
        elsewhere: set if another zone of this name serves the endpoint's network.
    """

    id: ResourceId
    endpoint: Reading[Endpoint]
    interface: Reading[Interface] = field(default_factory=Absent)
    zone_group: Reading[bool] = field(default_factory=Absent)
    elsewhere: Elsewhere | None = None


# ── The zone ────────────────────────────────────────────────────────────────


class Links(StrEnum):
    """Whether the app links networks to a zone."""

    MANAGE = "manage"
    LEAVE = "leave"


class Conflict(StrEnum):
    """Which of several endpoints behind one name is published."""

    FIRST = "first"
    MERGE = "merge"


class Peered(StrEnum):
    """What becomes of an unused link of ours whose network is peered."""

    KEEP = "keep"
    UNLINK = "unlink"


class Foreign(Enum):
    """What a run may do with record sets that carry no mark."""

    LEAVE = auto()
    FILL = auto()  # the empty ones: Microsoft's own steps create the empty set first
    ADOPT = auto()  # all of them, at the names of the registries that it is about


@dataclass(frozen=True, slots=True)
class Selector:
    """The networks that a zone serves: by their ID, their subscription or their region."""

    networks: frozenset[ResourceId] = frozenset()
    subscriptions: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        """Whether it selects anything."""
        return bool(self.networks or self.subscriptions or self.regions)


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
        peered: whether an unused link stays for the sake of peered networks.
        serves: the networks it serves; an empty selector takes what no other zone does.
        others: what zones of the same name serve.
        foreign: what this run may do with record sets that carry no mark.
        former: an owner whose marks this run takes over; empty for none.
    """

    id: ResourceId
    suffix: str
    owner: str
    ttl: int = 10
    conflict: Conflict = Conflict.FIRST
    links: Links = Links.MANAGE
    peered: Peered = Peered.KEEP
    serves: Selector = Selector()
    others: Selector = Selector()
    foreign: Foreign = Foreign.LEAVE
    former: str = ""

    def holds(self, fqdn: str) -> bool:
        """Whether a login server's name belongs into this zone."""
        return fqdn.partition(".")[2] == self.suffix

    def owns(self, owner: str) -> bool:
        """Whether what carries that owner's mark is ours, in this run."""
        return owner == self.owner or (owner != "" and owner == self.former)


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


class Half(StrEnum):
    """Who alone says that an address is over: half a proof (no-unproven-delete)."""

    ENDPOINT = "the endpoint"
    REGISTRY = "the registry"
    INTERFACE = "the interface"


# A name, an entry of its mark, and who says that it is over; nobody yet of one that may go soon.
type DoubtedEntry = tuple[str, Entry, Half | None]


@dataclass(frozen=True, slots=True)
class Mark:
    """Our ownership metadata on one record set."""

    owner: str
    registry: ResourceId | None
    entries: tuple[Entry, ...]


# ── Observation: what was read, zone first ──────────────────────────────────


@dataclass(frozen=True, slots=True)
class Rival:
    """A link of ours that holds a network to another zone of the same name."""

    zone: Zone
    link: Link


@dataclass(frozen=True)
class Observation:
    """One look at a zone and the sources behind some of its names.

    Attributes:
        zone: the zone looked at.
        records: each name that was read; None where there is no record set.
        registries: every registry that the names or endpoints point to.
        sources: every endpoint that the registries, the marks or the scope point to.
        links: links seen; holds every link of the zone if any wanted one was missing.
        leaving: hashes of networks that lost an endpoint, or may have, earlier in this run.
        doubted: names and entries of which one side alone said, half a minute ago, that
            they are over, and which.
        rivals: by network, links of ours that hold it to another zone of the same name.
    """

    zone: Zone
    records: Mapping[str, RecordSet | None]
    registries: Mapping[ResourceId, Reading[Registry]]
    sources: Mapping[ResourceId, Source]
    links: tuple[Link, ...] = ()
    leaving: frozenset[str] = frozenset()
    doubted: frozenset[DoubtedEntry] = frozenset()
    rivals: Mapping[ResourceId, Rival] = field(default_factory=dict)

    @cached_property
    def linked(self) -> Mapping[ResourceId, Link]:
        """The networks that are linked to the zone, each with its link, whosever it is."""
        return {link.network: link for link in self.links if link.network}

    @cached_property
    def links_by_name(self) -> Mapping[str, Link]:
        """The same links by their names."""
        return {link.name: link for link in self.links}

    @cached_property
    def linked_hashes(self) -> Mapping[str, Link]:
        """The same networks as marks know them."""
        return {network_hash(network): link for network, link in self.linked.items()}

    @cached_property
    def creators(self) -> Mapping[str, Source]:
        """The endpoints that are there, by the `resourceGuid` that zone groups note."""
        return {
            source.endpoint.value.guid: source
            for source in self.sources.values()
            if isinstance(source.endpoint, Found)
        }
