"""selection: which of several endpoints stands behind a registry's names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.selection import select_endpoints
from shared.domain.zone import Selection
from tests.unit.observations import case, endpoint_id


def selected(selection: Selection, live: str, held: str, published: str) -> str:
    """The endpoints of a choice between those that may, cannot, and do stand there."""
    chosen = select_endpoints(
        selection,
        {endpoint_id(word) for word in live.split()},
        {endpoint_id(word) for word in held.split()},
        [endpoint_id(word) for word in published.split()],
    )
    return " ".join(sorted(id_.name for id_ in chosen))


@pytest.mark.parametrize(
    ("live", "held", "published", "first", "merged"),
    [
        # ready, neither ready nor gone, published (the login record's first) -> first, merge
        case("nobody", "", "", "", "", ""),
        case("one appears", "a", "", "", "a", "a"),
        case("two appear at once: the lowest ID", "b a", "", "", "a", "a b"),
        case("the one published now stays, though not the lowest", "a b", "", "b", "b", "a b"),
        case("the published one is gone: the next takes over", "b c", "", "a", "b", "b c"),
        case("the published one is held: nobody takes over", "b", "a", "a", "a", "b"),
        case("held, but not published: no reason to wait", "b", "a", "", "b", "b"),
        case("the login record's goes before the data records'", "a b", "", "b a", "b", "a b"),
        case("the login record's is gone, the data records' stays", "a b", "", "c b", "b", "a b"),
        case("all gone", "", "", "a b", "", ""),
        case("only a held one", "", "a", "a", "a", ""),
    ],
)
def test_one_stays_or_all_stand(
    live: str, held: str, published: str, first: str, merged: str
) -> None:
    """Under `first` the one published now stays while it may; under `merge` all ready ones are."""
    assert selected(Selection.FIRST, live, held, published) == first
    assert selected(Selection.MERGE, live, held, published) == merged


words = st.lists(st.sampled_from("abcd"), unique=True).map(" ".join)


@given(words, words, words)
def test_what_is_selected_is_selected_again(live: str, held: str, published: str) -> None:
    """Once selected, an endpoint stays so as long as nothing else changes (idempotent)."""
    once = selected(Selection.FIRST, live, held, published)
    assert selected(Selection.FIRST, live, held, once) == once
