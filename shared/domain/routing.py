"""Which zone serves which names: by a network's ID, subscription or region, else the rest.

Zones of one name for different parts of the estate are Microsoft's own advice for
high availability (docs/azure.md#private-dns). The most specific selector wins, and one network
never routes to two zones.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from shared.domain.model import Selector, Zone
from shared.domain.names import ResourceId


def serves(zone: Zone, network: ResourceId, region: str) -> bool:
    """Whether the zone serves a network, which is in that region."""
    for ours, others in (
        (network in zone.serves.networks, network in zone.others.networks),
        (
            network.subscription in zone.serves.subscriptions,
            network.subscription in zone.others.subscriptions,
        ),
        (region in zone.serves.regions, region in zone.others.regions),
    ):
        if ours or others:
            return ours
    return not zone.serves


def zone_for(zones: Iterable[Zone], suffix: str, network: ResourceId, region: str) -> Zone | None:
    """The zone for names of that suffix that serves a network, if one does."""
    alike = (zone for zone in zones if zone.suffix == suffix)
    return next((zone for zone in alike if serves(zone, network, region)), None)


def told_apart(zones: Iterable[Zone]) -> tuple[Zone, ...]:
    """The zones, each knowing what the others of its name serve."""
    zones = tuple(zones)
    return tuple(replace(zone, others=_union(_rivals(zone, zones))) for zone in zones)


def ties(zones: Iterable[Zone]) -> list[tuple[Zone, Zone]]:
    """The pairs of zones that would hold the same names for the same networks; none may."""
    zones = tuple(zones)
    return [
        (one, other)
        for index, one in enumerate(zones)
        for other in zones[index + 1 :]
        if one.suffix == other.suffix and _tie(one.serves, other.serves)
    ]


def _tie(one: Selector, other: Selector) -> bool:
    if not one or not other:
        return not one and not other
    return bool(
        one.networks & other.networks
        or one.subscriptions & other.subscriptions
        or one.regions & other.regions
    )


def _rivals(zone: Zone, zones: tuple[Zone, ...]) -> Iterator[Selector]:
    for other in zones:
        if other.suffix == zone.suffix and other.id != zone.id:
            yield other.serves


def _union(selectors: Iterable[Selector]) -> Selector:
    selectors = tuple(selectors)
    return Selector(
        frozenset().union(*(one.networks for one in selectors)),
        frozenset().union(*(one.subscriptions for one in selectors)),
        frozenset().union(*(one.regions for one in selectors)),
    )
