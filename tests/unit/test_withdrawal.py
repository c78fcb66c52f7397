"""withdrawal: what goes of a zone when its owner leaves, and what stays, and why.

Each row: the record sets and links that stand, and all that goes and stays, in its order.
"""

from collections.abc import Iterable

import pytest

from shared.domain.withdrawal import Withdrawal, make_withdrawal
from tests.unit.observations import (
    Part,
    case,
    kept_state,
    links,
    observation,
    plan_words,
    settings,
    zone,
)


def withdrawal(*parts: Part) -> Withdrawal:
    """The withdrawal from a zone that these words tell of, with nothing read but the zone."""
    seen = observation(*parts)
    state = kept_state(seen)
    records = [record for record in state.records.values() if record is not None]
    return make_withdrawal(state.zone, records, state.links, seen.owners)


def words(found: Withdrawal) -> str:
    """What goes, and what stays."""
    kept = (f"{one.kind} {one.name} stays: {one.reason}" for one in found.kept_resources)
    return lines((*plan_words(found.plan), *kept))


def lines(words_: Iterable[str] | str) -> str:
    """One thing a line."""
    listed = words_.strip().splitlines() if isinstance(words_, str) else words_
    return "\n".join(line.strip() for line in listed)


@pytest.mark.parametrize(
    ("stands", "change"),
    [
        case("ours", "r -> a", "delete r"),
        case("ours, of two endpoints", "r -> a, b", "delete r"),
        case("ours, and one stands by", "r -> a, (b)", "delete r"),
        case("ours, at another TTL", "r -> a; ttl 3600", "delete r"),
        case("ours, and somebody emptied it", "r -> nothing, (a)", "delete r"),
        case(
            "ours, and its claims are lost while it is empty", "r -> nothing; damaged", "delete r"
        ),
        case("ours, with metadata of others", "r -> a; 12 keys", "delete r"),
        case(
            "an address of others beside ours", "r -> a, 10.9.9.9", "update r -> 10.9.9.9; by hand"
        ),
        case(
            "addresses and metadata of others beside ours",
            "r -> a, 10.9.9.9; 3 keys",
            "update r -> 10.9.9.9; by hand; 3 keys",
        ),
        case("its claims are lost", "r -> 10.9.9.9; damaged", "update r -> 10.9.9.9; by hand"),
        # Others'.
        case("nobody's", "r -> a; by hand", "record r stays: unmanaged"),
        case("nobody's, and empty", "r -> nothing; by hand", "record r stays: unmanaged"),
        case("another owner's", "r -> a; by other", "record r stays: other-owner"),
        case("a former owner's", "r -> a; by old", "record r stays: other-owner"),
        case("a zone group's", "r -> a; created by a", "record r stays: zone-group"),
        case(
            "a zone group's, over ours", "r -> a; created by a; ours", "record r stays: zone-group"
        ),
        case(
            "of unreadable words, over ours",
            "r -> a; created by ?; ours",
            "record r stays: zone-group",
        ),
    ],
)
def test_what_goes_of_a_record(stands: str, change: str) -> None:
    """What our claims name goes, and our ownership; what is others' stays (others-untouched)."""
    assert words(withdrawal(zone(stands))) == lines(change)


@pytest.mark.parametrize(
    ("stands", "change"),
    [
        case("ours", "a", "unlink a"),
        case("ours, of no network that can be read", "nowhere", "unlink nowhere"),
        case("ours, under a name of somebody's", "a other name", "unlink a"),
        case("nobody's", "a by hand", "link hub-a stays: unmanaged"),
        case("being deleted", "a deleting", "deleting"),
        case("nobody's, under a name of ours", "a untagged", "unmanaged"),
        case("another owner's, under a name of ours", "a by other", "other-owner"),
    ],
)
def test_what_goes_of_a_link(stands: str, change: str) -> None:
    """A link goes by its tag alone, whoever uses it and whatever its name (others-untouched)."""
    found = words(withdrawal(links(stands)))
    assert found.endswith(change)
    assert found.startswith("unlink") == change.startswith("unlink")


def test_the_records_of_a_registry_go_together_its_login_first() -> None:
    """What a change of one name leaves, its registry's other names wait for (no-half-registry)."""
    found = withdrawal(
        zone("r.we.data, a.we.data, r, ra, r.ne.data, a -> a", "a.se.data -> a; by hand"),
        settings("merge", "leave links"),
    )
    groups = [[change.name for change in group] for group in found.registries]
    assert groups == [["a", "a.we.data"], ["r", "r.ne.data", "r.we.data"], ["ra"]]


def test_what_stands_is_counted_by_its_owner() -> None:
    """Ours are records and links together; of others the record sets are counted."""
    found = withdrawal(
        zone("r, s -> a", "t -> a; by other", "u, v, w -> a; by hand"), links("a", "b by other")
    )
    assert (found.managed, found.other_owner, found.unmanaged) == (3, 1, 3)


def test_an_empty_zone_has_nothing_to_withdraw() -> None:
    """Who withdraws again changes nothing (idempotent)."""
    assert words(withdrawal(zone())) == ""
