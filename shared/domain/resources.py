"""Azure's resources as frozen values: registries, endpoints, interfaces, networks."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.domain.resource_id import ResourceId

# The provisioning state of what Azure has finished, whatever its type.
SUCCEEDED = "Succeeded"
# A network with other servers asks them, and these may not know the zone
# (docs/azure.md#private-endpoints).
AZURE_RESOLVER = "168.63.129.16"


class Status(StrEnum):
    """A private link connection's status, the best first; a word that we do not know is `OTHER`."""

    APPROVED = "Approved"
    PENDING = "Pending"
    OTHER = "Other"
    REJECTED = "Rejected"
    DISCONNECTED = "Disconnected"


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
        ipv6_fqdns: FQDNs that it gives at addresses which no A record can hold.
        others_fqdns: FQDNs left out of the members, since they are not its registry's own.
    """

    state: str
    members: tuple[Member, ...]
    ipv6_fqdns: tuple[str, ...] = ()
    others_fqdns: tuple[str, ...] = ()


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
    # The ID alone would take an endpoint made again for the one that was deleted.
    guid: str
    etag: str
    state: str
    region: str
    network: ResourceId
    interfaces: tuple[ResourceId, ...]
    connections: Mapping[ResourceId, Status]

    @property
    def is_in_use(self) -> bool:
        """Whether it may carry traffic to a registry, now or once somebody approves it."""
        return any(
            status not in (Status.REJECTED, Status.DISCONNECTED)
            for status in self.connections.values()
        )


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
        is_public: whether it also takes requests from public networks.
    """

    id: ResourceId
    login_server: str
    region: str
    state: str
    connections: Mapping[ResourceId, Status]
    replicas: tuple[Replica, ...]
    is_public: bool = False

    @property
    def regions(self) -> frozenset[str]:
        """Home and replicas, in whatever state."""
        # Azure's list of replications may leave out the home region (docs/azure.md, Unverified).
        return frozenset((self.region, *(replica.region for replica in self.replicas)))


@dataclass(frozen=True, slots=True)
class Peering:
    """One end of a peering, as the network at that end shows it.

    Attributes:
        remote: the network at the other end.
        is_connected: whether both ends are there, so that traffic passes.
        remote_prefixes: the address space at the other end, in CIDR notation.
    """

    remote: ResourceId
    is_connected: bool = True
    remote_prefixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Network:
    """A virtual network, with what decides about its link.

    Attributes:
        id: its resource ID.
        peerings: to other networks.
        endpoints: the private endpoints in its subnets.
        dns_servers: its custom DNS servers; none means Azure's own resolver.
        prefixes: its own address space, in CIDR notation.
    """

    id: ResourceId
    # Peered networks may send their questions through this one, and with them need its links.
    peerings: tuple[Peering, ...]
    endpoints: tuple[ResourceId, ...]
    dns_servers: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()

    @property
    def is_peered(self) -> bool:
        """Whether it has peerings, in whatever state."""
        return bool(self.peerings)

    @property
    def has_own_dns(self) -> bool:
        """Whether its clients ask DNS servers other than Azure's."""
        return not set(self.dns_servers) <= {AZURE_RESOLVER}
