"""Routing: which zone holds an endpoint's names, and which zones its network needs a link to. Pure.

A zone serves networks by its selector. While a link of ours still holds a network to another
zone of the name, clients there see that zone: so both hold and update the network's names until
the link has moved (docs/decisions/0009-a-network-moves-link-first.md).
"""

from collections.abc import Iterable
from enum import IntEnum

from shared.domain.observation import Observation, ZoneState
from shared.domain.ownership import Owners, OwnershipStatus, ownership_status
from shared.domain.reading import Absent, Found, Reading
from shared.domain.resource_id import ResourceId
from shared.domain.resources import Endpoint, Status
from shared.domain.zone import Link, Links, Zone, is_zone_for


class LinkNeed(IntEnum):
    """How much a zone needs the link of a network with an endpoint in it."""

    NONE = 0
    KEEP = 1  # one that is there stays, or moves to the zone that serves the network
    MAKE = 2  # one that is missing is made, as soon as the endpoint is ready


def serving_zone(zones: Iterable[Zone], endpoint: Endpoint) -> Zone | None:
    """The zone that serves an endpoint's network, of all zones of its name; None if none does."""
    for zone in zones:
        if is_zone_for(zone, endpoint.network, endpoint.region):
            return zone
    return None


def is_held(state: ZoneState, endpoint: Endpoint, observation: Observation) -> bool:
    """Whether a link of ours shows an endpoint's network a zone that does not serve it any more.

    Where people link to the zone that serves it, nothing of ours can move, so nothing is held.
    """
    link = state.link_by_network.get(endpoint.network)
    if link is None or not link.is_working or not is_managed_link(link, observation.owners):
        return False
    zone = serving_zone(observation.kept_zones, endpoint)
    return zone is not None and zone.links is Links.MANAGE


def holds_names(state: ZoneState, endpoint: Endpoint, observation: Observation) -> bool:
    """Whether a zone is to hold an endpoint's names."""
    return is_zone_for(state.zone, endpoint.network, endpoint.region) or is_held(
        state, endpoint, observation
    )


def link_need(reading: Reading[Endpoint], zone: Zone, zones: Iterable[Zone]) -> LinkNeed:
    """How much an endpoint's network needs to be linked to a zone.

    Args:
        reading: the endpoint.
        zone: the zone.
        zones: every zone of its name that the app keeps.
    """
    if zone.links is Links.LEAVE or isinstance(reading, Absent):
        return LinkNeed.NONE
    if not isinstance(reading, Found):
        # What is not seen may need it.
        return LinkNeed.KEEP
    endpoint = reading.value
    home_zone = serving_zone(zones, endpoint)
    is_elsewhere = home_zone is None or home_zone.id != zone.id
    # Where people link to the zone that serves it, a link of ours here is in their way.
    if not endpoint.is_in_use or (is_elsewhere and home_zone and home_zone.links is Links.LEAVE):
        return LinkNeed.NONE
    is_approved = Status.APPROVED in endpoint.connections.values()
    return LinkNeed.MAKE if is_approved and not is_elsewhere else LinkNeed.KEEP


def find_networks(
    readings: Iterable[Reading[Endpoint]], zone: Zone, zones: tuple[Zone, ...], minimum: LinkNeed
) -> frozenset[ResourceId]:
    """The networks of endpoints that need a link to a zone at least so much."""
    return frozenset(
        reading.value.network
        for reading in readings
        if isinstance(reading, Found) and link_need(reading, zone, zones) >= minimum
    )


def is_managed_link(link: Link, owners: Owners) -> bool:
    """Whether a link bears our ownership."""
    return ownership_status(link.tags, owners) is OwnershipStatus.MANAGED
