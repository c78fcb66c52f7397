"""routing: which of several zones of one name serves a network."""

from dataclasses import replace

import pytest

from shared.domain.resource_id import NETWORK, ZONE, ResourceId
from shared.domain.zone import (
    Selector,
    Zone,
    find_ties,
    group_by_name,
    is_zone_for,
    with_other_selectors,
)

HOME, AWAY = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"


def network(name: str, subscription: str) -> ResourceId:
    return ResourceId(subscription, "rg", NETWORK, (name,))


def zone(group: str, **is_zone_for: frozenset[object]) -> Zone:
    id_ = ResourceId(HOME, group, ZONE, ("privatelink.azurecr.io",))
    return Zone(id_, "azurecr.io", "owner", selector=Selector(**is_zone_for))  # type: ignore[arg-type]


ZONES = with_other_selectors(
    (
        zone("rest"),
        zone("region", regions=frozenset({"westeurope"})),
        zone("subscription", subscriptions=frozenset({AWAY})),
        zone("network", networks=frozenset({network("net-a", AWAY)})),
    )
)


@pytest.mark.parametrize(
    ("name", "subscription", "region", "group"),
    [
        ("net-a", AWAY, "westeurope", "network"),
        ("net-b", AWAY, "westeurope", "subscription"),
        ("net-a", HOME, "westeurope", "region"),
        ("net-a", HOME, "eastus", "rest"),
    ],
)
@pytest.mark.parametrize("run_request", [1, -1])
def test_the_most_specific_selector_wins(
    name: str, subscription: str, region: str, group: str, run_request: int
) -> None:
    """The network's ID before its subscription before its region before the rest, by one alone."""
    target = network(name, subscription)
    assert [z.id.group for z in ZONES[::run_request] if is_zone_for(z, target, region)] == [group]


@pytest.mark.parametrize(
    ("one", "other", "tied"),
    [
        ({}, {}, True),
        ({}, {"regions": frozenset({"westeurope"})}, False),
        ({"regions": frozenset({"eastus"})}, {"regions": frozenset({"westeurope"})}, False),
        (
            {"regions": frozenset({"westeurope"})},
            {"regions": frozenset({"westeurope", "eastus"})},
            True,
        ),
        ({"subscriptions": frozenset({AWAY})}, {"subscriptions": frozenset({AWAY})}, True),
        (
            {"networks": frozenset({network("net-a", AWAY)})},
            {"networks": frozenset({network("net-a", AWAY)})},
            True,
        ),
        ({"subscriptions": frozenset({AWAY})}, {"regions": frozenset({"westeurope"})}, False),
    ],
)
def test_two_zones_for_one_network_are_a_tie(
    one: dict[str, frozenset[object]], other: dict[str, frozenset[object]], tied: bool
) -> None:
    """No network may be served by two zones of a name; different kinds of selector are ranked."""
    zones = zone("one", **one), zone("other", **other)
    assert bool(find_ties(zones)) == tied


def test_a_zone_of_another_name_is_no_rival() -> None:
    """Zones of two clouds' names each serve everything of their own."""
    other = replace(zone("cn", regions=frozenset({"westeurope"})), suffix="azurecr.cn")
    here, _ = with_other_selectors((zone("rest"), other))
    assert is_zone_for(here, network("net-a", HOME), "westeurope")
    assert group_by_name((here, other)) == ((here,), (other,))
