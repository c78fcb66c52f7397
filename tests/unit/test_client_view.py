"""The client's view as a table: zones, links and records in words, and what a client gets.

A zone "north: r -> 10.1.0.4, *.data -> 10.9.9.9; a, b without fallback" is called
privatelink.azurecr.io, unless it is called otherwise, and linked to networks a and b.
"""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.client_view import Answer, Client, Outcome, PrivateZone, answer, worsens
from shared.domain.zone import Link, RecordSet
from tests.unit.observations import network_id

NAME = "privatelink.azurecr.io"
A = Client(network_id("a"))


def private_zone(words: str) -> PrivateZone:
    """A zone in words."""
    records, _, links = words.partition("; ")
    name, _, records = records.rpartition(": ")
    pairs = (record.split(" -> ") for record in records.split(", ") if record)
    linked = (link.partition(" ") for link in links.split(", ") if link)
    return PrivateZone(
        name or NAME,
        {
            key: RecordSet(key, "e", 10, tuple(value.split()) if value != "nothing" else (), {})
            for key, value in pairs
        },
        {
            network_id(word): Link(
                word,
                "e",
                network_id(word),
                {},
                state=how.capitalize()
                if how in {"failed", "canceled", "deleting"}
                else "Succeeded",
                has_fallback=how != "without fallback",
            )
            for word, _, how in linked
        },
    )


def answer_words(zones: Iterable[str], name: str = "r", client: Client = A) -> str:
    """What a client gets, in words."""
    found = answer(map(private_zone, zones), client, f"{name}.azurecr.io")
    if isinstance(found, Outcome):
        return found.value
    return " ".join(sorted(found)) or "no data"


@pytest.mark.parametrize(
    ("name", "zones", "expected"),
    [
        ("r", [], "the public answer"),
        ("r", ["r -> 10.1.0.4"], "the public answer"),
        ("r", ["r -> 10.1.0.4; b"], "the public answer"),
        ("r", ["r -> 10.1.0.4; a"], "10.1.0.4"),
        ("r", ["r -> 10.1.0.4 10.1.0.5; a without fallback"], "10.1.0.4 10.1.0.5"),
        ("r", ["r -> nothing; a"], "no data"),
        ("r", ["s -> 10.1.0.4; a"], "the public answer"),
        ("r", ["s -> 10.1.0.4; a without fallback"], "no such name"),
        # Of two zones of one name, that which is linked.
        ("r", ["r -> 10.1.0.4; a", "r -> 10.2.0.4; b"], "10.1.0.4"),
        ("r", ["r -> 10.1.0.4", "; a"], "the public answer"),
        # A link that is no link.
        ("r", ["r -> 10.1.0.4; a deleting"], "the public answer"),
        ("r", ["r -> 10.1.0.4; a failed"], "the public answer"),
        ("r", ["r -> 10.1.0.4; a canceled"], "the public answer"),
        # Wildcards.
        ("r", ["* -> 10.9.9.9; a"], "10.9.9.9"),
        ("r", ["* -> 10.9.9.9, r -> 10.1.0.4; a"], "10.1.0.4"),
        ("r.we.data", ["* -> 10.9.9.9, *.we.data -> 10.8.8.8; a"], "10.8.8.8"),
        ("r.we.data", ["*.data -> 10.9.9.9; a"], "10.9.9.9"),
        ("r", ["*.data -> 10.9.9.9; a"], "the public answer"),
        # The longest suffix, which hides what the shorter one holds.
        (
            "r.we.data",
            ["r.we.data -> 10.1.0.5; a", f"we.data.{NAME}: r -> 10.7.7.7; a"],
            "10.7.7.7",
        ),
        (
            "r.we.data",
            ["r.we.data -> 10.1.0.5; a", f"we.data.{NAME}: ; a without fallback"],
            "no such name",
        ),
        ("r.we.data", ["r.we.data -> 10.1.0.5; a", f"we.data.{NAME}: r -> 10.7.7.7"], "10.1.0.5"),
        ("r", ["r -> 10.1.0.4; a", f"we.data.{NAME}: r -> 10.7.7.7; a"], "10.1.0.4"),
        # A zone called like the registry is asked before any `privatelink` zone.
        ("r", ["r -> 10.1.0.4; a", "r.azurecr.io: @ -> 10.6.6.6; a"], "10.6.6.6"),
        ("r", ["r -> 10.1.0.4; a", "azurecr.io: r -> 10.6.6.6; a"], "10.6.6.6"),
        ("r.we.data", ["r.we.data -> 10.1.0.5; a", "r.azurecr.io: @ -> 10.6.6.6; a"], "10.1.0.5"),
        # Another cloud's.
        ("r", ["privatelink.azurecr.cn: r -> 10.1.0.4; a without fallback"], "the public answer"),
    ],
)
def test_what_a_client_gets(name: str, zones: list[str], expected: str) -> None:
    """The zone with the longest suffix answers a linked network, and no other."""
    assert answer_words(zones, name) == expected
    assert answer_words(zones[::-1], name) == expected


def test_links_decide_nothing_where_a_network_asks_its_own_servers() -> None:
    """Custom DNS servers may ask anybody: what they say is not taken for the zone's answer."""
    client = Client(A.network, has_own_dns=True)
    assert answer_words(["r -> 10.1.0.4; a"], client=client) == "what its own DNS servers say"


def verdict(_client: Client, _name: str, found: Answer) -> bool | None:
    """10.1.* is good, 10.9.* is not known, the public answer is what it is called."""
    if isinstance(found, Outcome) or not found:
        return False
    return None if any(one.startswith("10.9.") for one in found) else min(found) < "10.2"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        # good, not good and not known, before and after.
        ("10.1.0.4", "10.1.0.5", False),
        ("10.1.0.4", "10.2.0.4", True),
        ("10.1.0.4", "10.9.0.4", True),
        ("10.2.0.4", "10.1.0.4", False),
        ("10.2.0.4", "10.3.0.4", False),
        ("10.2.0.4", "10.9.0.4", False),
        ("10.9.0.4", "10.1.0.4", False),
        ("10.9.0.4", "10.2.0.4", True),
        ("10.9.0.4", "10.9.0.5", True),
        ("10.9.0.4", "10.9.0.4", False),
        ("10.1.0.4", "nothing", True),
    ],
)
def test_what_worsens(before: str, after: str, expected: bool) -> None:
    """What is not known counts as good before and as not good after (client-never-worse)."""
    zones, others = ([private_zone(f"r -> {one}; a")] for one in (before, after))
    assert worsens(zones, others, A, "r.azurecr.io", verdict) is expected


ADDRESSES = st.sampled_from(["10.1.0.4", "10.2.0.4", "10.9.0.4", "nothing"])
HOW = st.sampled_from(["", " without fallback", " failed", " deleting"])
ZONES = st.lists(
    st.tuples(
        st.sampled_from(["", f"we.data.{NAME}: ", "r.azurecr.io: "]),
        st.sampled_from(["r", "*", "r.we.data", "@", "s"]),
        ADDRESSES,
        st.sampled_from(["a", "b"]),
        HOW,
    ).map(lambda one: f"{one[0]}{one[1]} -> {one[2]}; {one[3]}{one[4]}"),
    max_size=3,
    unique_by=lambda words: (words.rpartition(": ")[0], words.rpartition("; ")[2][0]),
).map(lambda words: [private_zone(one) for one in words])
NAMES = st.sampled_from(["r.azurecr.io", "r.we.data.azurecr.io", "s.azurecr.io"])


@given(ZONES, NAMES)
def test_nothing_worsens_where_nothing_changes(zones: list[PrivateZone], name: str) -> None:
    """A write that no client sees is never held, whatever is known of what they see."""
    assert not worsens(zones, zones, A, name, verdict)


@given(ZONES, ZONES, NAMES)
def test_of_two_ways_one_at_least_takes_nothing(
    zones: list[PrivateZone], others: list[PrivateZone], name: str
) -> None:
    """Where all is known, what a change takes away its opposite does not."""
    found = [verdict(A, name, answer(one, A, name)) for one in (zones, others)]
    there, back = (
        worsens(before, after, A, name, verdict)
        for before, after in ((zones, others), (others, zones))
    )
    assert None in found or not (there and back)


@given(ZONES, ZONES, NAMES)
def test_other_networks_links_are_nobody_elses(
    zones: list[PrivateZone], others: list[PrivateZone], name: str
) -> None:
    """What a network is not linked to does not change what it gets."""
    seen = [zone for zone in others if A.network not in zone.links]
    assert answer([*zones, *seen], A, name) == answer(zones, A, name)
