"""Reach: which addresses a network is taken to reach, by the peerings that Azure shows. Pure.

Azure does not say whether a packet gets through: routes, firewalls and gateways decide. So reach
is taken from peerings alone (docs/azure.md#private-endpoints), and for networks that are joined in
another way an operator says so (`reach: assumed`):

    the network's own addresses                          reached
    of a network along any chain of Connected peerings   reached
    no chain, and every network on one side was read     not reached
    no chain, and a network on either side is unread     not known

A peering shows at both of its ends, so either of them is enough.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network, ip_network

from shared.domain.ownership import network_hash
from shared.domain.reading import Found, Reading
from shared.domain.resource_id import ResourceId
from shared.domain.resources import Network

# All hubs of virtual WANs count as one: they are joined by the WAN, and what Microsoft keeps
# behind them, in a subscription of its own, nobody else can read.
_HUB_PREFIX = "hv_"
_VIRTUAL_WAN = "virtual WAN"


class Reach:
    """What networks reach, by the networks that were read.

    Args:
        networks: readings of networks, each with its peerings.
    """

    def __init__(self, networks: Mapping[ResourceId, Reading[Network]]) -> None:
        self._networks = {
            network_hash(id_): reading.value
            for id_, reading in networks.items()
            if isinstance(reading, Found)
        }
        self._neighbours = defaultdict[str, set[str]](set)
        self._ids: dict[str, ResourceId] = {}
        for key, network in self._networks.items():
            for end in network.peerings:
                if end.is_connected:
                    remote = _key(end.remote)
                    self._ids[remote] = end.remote
                    self._neighbours[key].add(remote)
                    self._neighbours[remote].add(key)
        self._groups: dict[str, frozenset[str]] = {}

    def joins(self, network: ResourceId, other: str) -> bool | None:
        """Whether a network reaches another; None if that cannot be told.

        Args:
            network: whose clients ask.
            other: `network_hash` of the network that holds the address.
        """
        group = self._group(network_hash(network))
        if other in group:
            return True
        sides = (group, self._group(other))
        return False if any(map(self._is_whole, sides)) else None

    def holds(self, network: ResourceId, address: str) -> bool:
        """Whether an address lies in a network's own space, or in that of a direct peer."""
        known_network = self._networks.get(network_hash(network))
        if known_network is None:
            return False
        prefixes = [*known_network.prefixes]
        for end in known_network.peerings:
            prefixes += end.remote_prefixes if end.is_connected else ()
        return any(IPv4Address(address) in one for one in _ipv4_networks(prefixes))

    def unread(self, network: ResourceId) -> tuple[ResourceId, ...]:
        """The networks that a network is joined to and that were not read, by ID."""
        group = self._group(network_hash(network)) - {_VIRTUAL_WAN}
        return tuple(
            sorted(self._ids[key] for key in (group - self._networks.keys()) & self._ids.keys())
        )

    def _group(self, key: str) -> frozenset[str]:
        """Everything that is joined to a network, itself among it."""
        if key not in self._groups:
            group, frontier = set[str](), {key}
            while frontier:
                group |= frontier
                frontier = {
                    other for one in frontier for other in self._neighbours.get(one, ())
                } - group
            self._groups |= dict.fromkeys(group, frozenset(group))
        return self._groups[key]

    def _is_whole(self, group: frozenset[str]) -> bool:
        return group - {_VIRTUAL_WAN} <= self._networks.keys()


def _key(network: ResourceId) -> str:
    return _VIRTUAL_WAN if network.name.startswith(_HUB_PREFIX) else network_hash(network)


def _ipv4_networks(prefixes: list[str]) -> Iterator[IPv4Network]:
    for prefix in prefixes:
        try:
            network = ip_network(prefix, strict=False)
        except ValueError:
            continue
        if isinstance(network, IPv4Network):
            yield network
