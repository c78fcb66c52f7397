"""endpoint_state: both sides' whole truth table, and what a ready endpoint may still lack."""

import pytest

from shared.domain.endpoint_state import Ready, leftover_members, missing_members
from shared.domain.observation import Observation
from tests.unit.observations import (
    case,
    endpoint_state,
    endpoints,
    observation,
    registries,
    registry_id,
    removal,
    state_words,
)

# Across: what the registry says; "gone" is a registry without such a connection. Down: what the
# endpoint says; "none" is one that names no connection. Neither ready nor removed is one of
#
#     soon     Azure is at work: it may be ready soon       ending   one side let go, as may both
#     unread   Azure did not answer, and may later          stays    only a person or a right helps
#
# with -e or -r where the endpoint or the registry says that it is over.
TABLE = """
              approved  pending  other    rejected  disconnected  gone      404       transient  forbidden
approved      ready     soon     soon     soon-r    soon-r        soon-r    ending-r  ready      ready
pending       soon      stays    stays    ending-r  ending-r      ending-r  ending-r  unread     stays
other         soon      stays    stays    ending-r  ending-r      ending-r  ending-r  unread     stays
none          soon      stays    stays    ending-r  ending-r      ending-r  ending-r  unread     stays
rejected      ending-e  removed  removed  removed   removed       removed   removed   unread-e   stays-e
disconnected  ending-e  removed  removed  removed   removed       removed   removed   unread-e   stays-e
gone          ending-e  removed  removed  removed   removed       removed   removed   unread-e   stays-e
transient     unread    unread   unread   unread-r  unread-r      unread-r  unread-r  unread     unread
forbidden     stays     stays    stays    stays-r   stays-r       stays-r   stays-r   stays      stays
"""  # noqa: E501 - a table is read across
LASTING = ("unreadable", "unwatched")


def cells() -> list[object]:
    """Each cell of the table; what lasts is the same whatever its cause."""
    head, *rows = TABLE.strip("\n").splitlines()
    return [
        case(f"{one}, {other}: {state}", one, other, state)
        for ours, *states in map(str.split, rows)
        for theirs, state in zip(head.split(), states, strict=True)
        for one in ((ours, *LASTING) if ours == "forbidden" else (ours,))
        for other in ((theirs, *LASTING) if theirs == "forbidden" else (theirs,))
    ]


def two_sides(ours: str, theirs: str) -> Observation:
    """Endpoint a of registry r, as each of them tells of it."""
    if theirs == "404":
        return observation(endpoints(f"a: {ours}/gone"), registries("r: gone"))
    if theirs in {"transient", "forbidden", *LASTING}:
        return observation(endpoints(f"a: {ours}/gone"), registries(f"r: {theirs}"))
    return observation(endpoints(f"a: {ours}/{theirs}"))


@pytest.mark.parametrize(("ours", "theirs", "state"), cells())
def test_both_sides_must_agree(ours: str, theirs: str, state: str) -> None:
    """Published only where nobody objects, gone only on both sides' word, cell by cell.

    Invariant: no-unproven-delete.
    """
    assert state_words(endpoint_state(two_sides(ours, theirs))) == state


@pytest.mark.parametrize(
    ("ours", "theirs", "sides", "state"),
    [
        # The same side says it again.
        case("a 404 twice", "gone", "approved", "endpoint", "removed by endpoint"),
        case("a rejection twice", "rejected", "approved", "endpoint", "removed by endpoint"),
        case("no connection twice", "approved", "gone", "registry", "removed by registry"),
        case("the registry 404 twice", "pending", "404", "registry", "removed by registry"),
        case(
            "a 404 twice, other forbidden", "gone", "forbidden", "endpoint", "removed by endpoint"
        ),
        case("none twice, other forbidden", "forbidden", "gone", "registry", "removed by registry"),
        # Another side said it before, or nobody says it now.
        case("each side once", "approved", "gone", "endpoint", "soon-r"),
        case("the interface is no such side", "gone", "approved", "interface", "ending-e"),
        case("a 404 that was a lie", "approved", "approved", "endpoint", "ready"),
        case("over once, pending now", "pending", "pending", "endpoint registry", "stays"),
        case("over once, unknown now", "transient", "forbidden", "endpoint registry", "unread"),
        # Where both agree nobody is a witness alone.
        case("both sides, and one said so before", "gone", "gone", "endpoint", "removed"),
    ],
)
def test_one_side_counts_when_it_says_so_twice(
    ours: str, theirs: str, sides: str, state: str
) -> None:
    """Only the side that said half a minute ago that it is over is believed alone.

    Invariant: no-unproven-delete.
    """
    assert state_words(endpoint_state(two_sides(ours, theirs), "a", "r", *sides.split())) == state


@pytest.mark.parametrize(
    ("words", "state"),
    [
        case("members, no zone group", "approved", "ready"),
        case("a member that is not there yet", "approved; lacks r.we.data", "ready"),
        case("the endpoint is being changed", "approved; is Updating", "ready"),
        case("the endpoint is being deleted", "approved; is Deleting", "ending"),
        case("an interface without members", "approved; interface empty", "soon"),
        case("an interface that is not there", "approved; interface gone", "soon"),
        case("an interface that did not answer", "approved; interface transient", "unread"),
        case("an interface that may not be read", "approved; interface forbidden", "stays"),
        case("a zone group", "approved; zone group", "stays"),
        case("zone groups that did not answer", "approved; zone group transient", "unread"),
        case("zone groups that may not be read", "approved; zone group forbidden", "stays"),
        case("a zone group and no members", "approved; interface empty; zone group", "stays"),
        case("another zone serves its network", "approved; north", "ready"),
        case("no zone serves its network", "approved; no zone", "ready"),
        case("elsewhere, but rejected", "rejected; north", "removed"),
        case("elsewhere, but pending", "pending; north", "stays"),
    ],
)
def test_approval_is_not_all(words: str, state: str) -> None:
    """An approved endpoint is ready only with members, and without a zone group in the zone."""
    assert state_words(endpoint_state(observation(endpoints(f"a: {words}")))) == state


@pytest.mark.parametrize(
    ("words", "registry", "state"),
    [
        # The endpoint names the old registry only; the record notes its successor s.
        case("left behind", "disconnected", "s: we; login r", "removed"),
        case("in use with the old registry", "approved", "s: we; login r", "ending-r"),
        case("left behind, successor forbidden", "disconnected", "s: forbidden", "stays-e"),
    ],
)
def test_an_endpoint_may_be_asked_about_its_registrys_successor(
    words: str, registry: str, state: str
) -> None:
    """An endpoint whose every connection is over has none with the registry made again either."""
    seen = observation(endpoints(f"a: {words}"), registries("r: gone", registry))
    assert state_words(endpoint_state(seen, "a", "s")) == state


@pytest.mark.parametrize(
    ("words", "registry", "name", "sides", "state"),
    [
        # A claim of a, for a name that no ready endpoint gives at that address.
        case("made again, at work", "a2: approved; interface empty", "r: we", "r", "", "removed"),
        case("made again, and pending", "a2: pending", "r: we", "r", "", "removed"),
        case("made again, registry forbidden", "a2: approved", "r: forbidden", "r", "", "removed"),
        case("not read, nor the registry", "a: transient", "r: transient", "r", "", "unread"),
        case("rejected", "a: rejected", "r: we", "r", "", "removed"),
        case("rejected by one", "a: rejected/approved", "r: we", "r", "", "ending-e"),
        # The endpoint is ready, its interface lacks the name.
        case("the region has left", "a: approved", "r: we", "r.ne.data", "", "removed"),
        case(
            "the region is there",
            "a: approved; lacks r.ne.data",
            "r: we, ne",
            "r.ne.data",
            "",
            "soon-i",
        ),
        case("the region comes", "a: approved", "r: we, ne Creating", "r.ne.data", "", "soon-i"),
        case("the region goes", "a: approved", "r: we, ne Deleting", "r.ne.data", "", "soon-i"),
        case("the home region", "a: approved; lacks r.we.data", "r: we", "r.we.data", "", "soon-i"),
        case("regional name switched off", "a: approved", "r: we", "r.we.geo", "", "stays-i"),
        case("its region has left", "a: approved", "r: we", "r.ne.geo", "", "removed"),
        case(
            "the registry is forbidden", "a: approved", "r: forbidden", "r.ne.data", "", "stays-i"
        ),
        case("the registry is 404", "a: approved", "r: gone", "r.ne.data", "", "ending-r"),
        # No member for the login server, or a change under way: nothing is proven.
        case("no login member", "a: approved; lacks r", "r: we", "r.ne.data", "", "soon"),
        case(
            "the interface changes",
            "a: approved; interface updating",
            "r: we",
            "r.ne.data",
            "",
            "soon",
        ),
        case("the endpoint changes", "a: approved; is Updating", "r: we", "r.ne.data", "", "soon"),
        case("the endpoint failed", "a: approved; is Failed", "r: we", "r.ne.data", "", "soon"),
        # The interface said so before.
        case(
            "switched off, twice",
            "a: approved",
            "r: we",
            "r.we.geo",
            "interface",
            "removed by interface",
        ),
        case(
            "region there, twice",
            "a: approved; lacks r.ne.data",
            "r: we, ne",
            "r.ne.data",
            "interface",
            "removed by interface",
        ),
        case(
            "forbidden, twice",
            "a: approved",
            "r: forbidden",
            "r.ne.data",
            "interface",
            "removed by interface",
        ),
        case("another side said it", "a: approved", "r: we", "r.we.geo", "registry", "stays-i"),
        case(
            "twice, but changing",
            "a: approved; is Updating",
            "r: we",
            "r.we.geo",
            "interface",
            "soon",
        ),
    ],
)
def test_a_claim_goes_only_for_a_proven_reason(
    words: str, registry: str, name: str, sides: str, state: str
) -> None:
    """A claim ends with its endpoint, with another guid, or with a member and its region together.

    Invariant: no-unproven-delete.
    """
    seen = observation(endpoints(words), registries(registry))
    assert state_words(removal(seen, "a", name, *sides.split())) == state


@pytest.mark.parametrize(
    ("words", "registry", "missing", "leftover"),
    [
        case("all there", "approved", "r: we, ne", "", ""),
        case("no login", "approved; lacks r", "r: we", "login server", ""),
        case("no home", "approved; lacks r.we.data", "r: we", "region we", ""),
        case("no replica", "approved; lacks r.ne.data", "r: we, ne", "region ne", ""),
        case("a replica is being made", "approved", "r: we, ne Creating", "", ""),
        case("a replica failed", "approved", "r: we, ne Failed", "", ""),
        case("a region has left", "approved; gives r.ne.data", "r: we", "", "ne"),
        case(
            "its regional name as well",
            "approved; gives r.ne.data; gives r.ne.geo",
            "r: we",
            "",
            "ne",
        ),
        case("a region is leaving", "approved; gives r.ne.data", "r: we, ne Deleting", "", ""),
        case("registry forbidden", "approved; gives r.ne.data", "r: forbidden", "", ""),
        case(
            "registry forbidden, no login", "approved; lacks r", "r: forbidden", "login server", ""
        ),
    ],
)
def test_members_are_compared_with_regions(
    words: str, registry: str, missing: str, leftover: str
) -> None:
    """An interface lacks what is in service, and keeps what no region asks for any more."""
    seen = observation(endpoints(f"a: {words}"), registries(registry))
    reading, state = seen.registries[registry_id("r")], endpoint_state(seen)
    assert isinstance(state, Ready)
    assert ", ".join(missing_members(state, reading)) == missing
    assert ", ".join(leftover_members(state, reading)) == leftover
