"""Which zone serves which names."""

from collections.abc import Iterable

from shared.domain.model import Zone


def ties(zones: Iterable[Zone]) -> list[tuple[Zone, Zone]]:
    """The pairs of zones that would hold the same names for the same networks; none may."""
    first: dict[str, Zone] = {}
    clashes = []
    for zone in zones:
        other = first.setdefault(zone.suffix, zone)
        if other is not zone:
            clashes.append((other, zone))
    return clashes
