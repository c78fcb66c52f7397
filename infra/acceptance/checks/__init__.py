"""All checks, in the order in which they are made: a later one finds what an earlier one left."""

from infra.acceptance.checks import (
    by_hand,
    cloud,
    links,
    records,
    registry,
    resolver,
    walk,
    zone_groups,
)

CATALOGUE = (
    *records.CHECKS,
    *links.CHECKS,
    *resolver.CHECKS,
    *cloud.CHECKS,
    walk.APPEARANCE,
    walk.MEMBERS,
    walk.STANDBY,
    walk.SIDES,
    walk.APPROVAL,
    walk.REPLICA,
    registry.HOME_LISTED,
    registry.PENDING,
    walk.TAKEOVER,
    walk.DEPARTURE,
    walk.REPAIR,
    *zone_groups.CHECKS,
    walk.RETURN,
    records.ERRORS,
    *registry.CHECKS,
    walk.END,
    registry.TARGET_DELETED,
    *by_hand.CHECKS,
)
"""Everything but `cloud.COLD_START`, which is made before anything wakes the app."""
