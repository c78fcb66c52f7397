"""Reach as a table: networks and their peerings in words, and what reaches what.

A line "a - b" is a peering between networks a and b, which both show; "a > b" only a shows, for b
was not read; "a ~ b" is one that is Initiated, "a * hv_x" one to a virtual WAN's hub; "a" has none.
"""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.ownership import network_hash
from shared.domain.reach import Reach
from shared.domain.reading import Absent, Found, Reading, Unknown, UnknownReason
from shared.domain.resource_id import ResourceId
from shared.domain.resources import Network, Peering
from tests.unit.observations import network_id

UNREAD = Unknown(UnknownReason.FORBIDDEN, "403")


def networks(*lines: str) -> dict[ResourceId, Reading[Network]]:
    """Readings of the networks that the lines tell of."""
    ends: dict[str, list[Peering]] = {}
    for line in lines:
        one, mark, other = (*line.split(), "", "")[:3]
        ends.setdefault(one, [])
        if mark:
            ends[one].append(Peering(network_id(other), is_connected=mark != "~"))
        if mark in {"-", "~"}:
            ends.setdefault(other, []).append(Peering(network_id(one), is_connected=mark == "-"))
    return {
        network_id(name): Found(Network(network_id(name), tuple(peerings), ()))
        for name, peerings in ends.items()
    }


def joins(lines: Iterable[str], one: str, other: str) -> bool | None:
    """Whether one network reaches another."""
    return Reach(networks(*lines)).joins(network_id(one), network_hash(network_id(other)))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["a", "b"], False),
        (["a - b"], True),
        (["a ~ b"], False),
        # Through a hub, and along any chain.
        (["a - hub", "hub - b"], True),
        (["a - x", "x - y", "y - b"], True),
        # Either end is enough: one read of a hub gives all its spokes.
        (["hub > a", "hub > b"], True),
        (["a > hub", "b > hub"], True),
        (["a > b"], True),
        # The hub may lead on, but b was read, and shows no peering.
        (["a > hub", "b"], False),
        (["a > hub", "b > other"], None),
        (["a > hub"], None),
        (["a"], False),
        ([], None),
        # Hubs of virtual WANs are one.
        (["a * hv_east", "b * hv_west"], True),
        (["a * hv_east", "b"], False),
    ],
)
def test_what_reaches_what(lines: list[str], expected: bool | None) -> None:
    """Reach is taken from peerings alone, and what was not read is not known."""
    assert joins(lines, "a", "b") is expected


def test_every_network_reaches_itself() -> None:
    """Also one that nobody could read."""
    assert joins([], "a", "a") is True


@pytest.mark.parametrize("reading", [UNREAD, Absent()])
def test_a_network_that_cannot_be_read_is_not_known(reading: Reading[Network]) -> None:
    """Silence of a network is not the absence of peerings."""
    reach = Reach({network_id("a"): reading, network_id("b"): reading})
    assert reach.joins(network_id("a"), network_hash(network_id("b"))) is None


@pytest.mark.parametrize(
    ("address", "expected"),
    [("10.1.0.4", True), ("10.2.0.4", True), ("10.3.0.4", False), ("10.9.9.9", False)],
)
def test_an_address_that_nobody_claims(address: str, expected: bool) -> None:
    """It is in reach in the network's own space and in that of a connected peer."""
    network = Network(
        network_id("a"),
        (
            Peering(network_id("b"), remote_prefixes=("10.2.0.0/16", "fd00::/8", "odd")),
            Peering(network_id("c"), is_connected=False, remote_prefixes=("10.3.0.0/16",)),
        ),
        (),
        prefixes=("10.1.0.0/16",),
    )
    assert Reach({network.id: Found(network)}).holds(network.id, address) is expected
    assert not Reach({network.id: UNREAD}).holds(network.id, address)


def test_what_is_left_to_be_read() -> None:
    """The networks that a chain leads to and that were not read; a WAN's hub nobody can read."""
    reach = Reach(networks("a > hub", "a * hv_east", "x > beyond"))
    assert reach.unread(network_id("a")) == (network_id("hub"),)
    assert reach.unread(network_id("x")) == (network_id("beyond"),)
    assert reach.unread(network_id("y")) == ()


NAMES = st.sampled_from("abcdef")
LINES = st.lists(st.tuples(NAMES, st.sampled_from("->~"), NAMES).map(" ".join), max_size=8)


@given(LINES, NAMES, NAMES)
def test_reach_is_mutual(lines: list[str], one: str, other: str) -> None:
    """Who reaches another is reached by it, whoever of them was read."""
    assert joins(lines, one, other) is joins(lines, other, one)


@given(LINES, LINES, NAMES, NAMES)
def test_a_peering_more_takes_no_reach(
    lines: list[str], more: list[str], one: str, other: str
) -> None:
    """Nobody who reached an address ceases to for a peering that came."""
    if joins(lines, one, other):
        assert joins([*lines, *more], one, other)


@given(LINES, NAMES, NAMES, NAMES)
def test_reach_goes_on(lines: list[str], one: str, way: str, other: str) -> None:
    """What lies beyond what is reached is reached."""
    if joins(lines, one, way) and joins(lines, way, other):
        assert joins(lines, one, other)
