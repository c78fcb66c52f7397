"""Which networks are taken to reach which: along peerings, as Azure's documents show them."""

from collections import defaultdict
from collections.abc import Iterator

from tests.judge.documents import NETWORK, Documents, last_segment

_VIRTUAL_WAN = "the virtual WAN"
# Microsoft's own network behind a virtual WAN's hub is called so, in a subscription of Microsoft's.
_HUB_PREFIX = "hv_"


def reached(documents: Documents, network: str) -> set[str]:
    """IDs, in lower case, of a network and all that a chain of Connected peerings leads to.

    A peering is read from either end; all hubs of virtual WANs count as one.
    """
    neighbours = defaultdict(set)
    for one, other in _peerings(documents):
        neighbours[one].add(other)
        neighbours[other].add(one)
    found, beyond = set[str](), {network.lower()}
    while beyond:
        found |= beyond
        beyond = {far for near in beyond for far in neighbours[near]} - found
    return found - {_VIRTUAL_WAN}


def _peerings(documents: Documents) -> Iterator[tuple[str, str]]:
    for network in documents.of(NETWORK):
        for peering in network["properties"].get("virtualNetworkPeerings") or ():
            properties = peering["properties"]
            if properties["peeringState"] == "Connected":
                remote = str(properties["remoteVirtualNetwork"]["id"]).lower()
                is_hub = last_segment(remote).startswith(_HUB_PREFIX)
                yield network["id"].lower(), _VIRTUAL_WAN if is_hub else remote
