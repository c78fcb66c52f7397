"""desired: from what is observed to what should be, and why.

Each row: what is observed, in words and then as `observations.py` reads them, and all that is
desired of it: records (those that stay, too), links to make and to leave, findings, which claims
one side says to be over, members that are missing, and whether something is on its way.
"""

import re

import pytest

from shared.domain.desired import make_desired
from shared.domain.observation import Observation
from tests.unit.observations import (
    KEPT,
    backwards,
    case,
    desired_words,
    endpoints,
    left,
    links,
    north,
    north_links,
    observation,
    reason_words,
    registries,
    said,
    settings,
    unread,
    zone,
)


def check(seen: Observation, expected: str, *, accept_partial: bool = True) -> None:
    """What is desired is what the row says, in any order of what is observed."""
    lines = tuple(line.strip() for line in expected.strip().splitlines())
    assert desired_words(make_desired(seen, accept_partial=accept_partial)[KEPT]) == lines
    other_way = make_desired(backwards(seen), accept_partial=accept_partial)[KEPT]
    assert sorted(desired_words(other_way)) == sorted(lines)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        case(
            "an endpoint, approved on both sides",
            observation(endpoints("a: approved")),
            """r, r.we.data -> a
               link a""",
        ),
        case(
            "an endpoint with a regional name, and a registry with a replica",
            observation(endpoints("a: approved; gives r.we.geo"), registries("r: we, ne")),
            """r, r.ne.data, r.we.data, r.we.geo -> a
               link a""",
        ),
        case("pending on both sides", observation(endpoints("a: pending")), ""),
        case("rejected on both sides", observation(endpoints("a: rejected")), ""),
        case(
            "approved by the endpoint, pending at the registry",
            observation(endpoints("a: approved/pending")),
            "in progress",
        ),
        case(
            "approved, its interface still empty",
            observation(endpoints("a: approved; interface empty")),
            "in progress",
        ),
        case(
            "approved, and being changed",
            observation(endpoints("a: approved; is Updating")),
            """r, r.we.data -> a
               link a
               in progress""",
        ),
        case(
            "the registry is forbidden: its interface gives the names all the same",
            observation(endpoints("a: approved"), registries("r: forbidden")),
            """r, r.we.data -> a
               link a
               unreadable: r""",
        ),
        case(
            "its interface is forbidden",
            observation(endpoints("a: approved; interface forbidden")),
            "unreadable: a",
        ),
        case(
            "it is not watched",
            observation(endpoints("a: unwatched/approved")),
            "endpoint-unwatched: a",
        ),
        case(
            "a member has an IPv6 address only",
            observation(endpoints("a: approved; ipv6 r.we.geo")),
            """r, r.we.data -> a
               link a
               ipv6-member: a""",
        ),
    ],
)
def test_an_endpoint_comes(seen: Observation, expected: str) -> None:
    """Published is what a ready endpoint's interface gives; what is not ready publishes nothing."""
    check(seen, expected)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        case(
            "gone on both sides",
            observation(zone("r, r.we.data -> a"), endpoints("a: gone"), links("a")),
            """r, r.we.data -> nothing
               leave a""",
        ),
        case(
            "rejected on both sides",
            observation(zone("r, r.we.data -> a"), endpoints("a: rejected")),
            """r, r.we.data -> nothing
               leave a""",
        ),
        case(
            "its registry is gone, its connection cut off",
            observation(
                zone("r, r.we.data -> a"), endpoints("a: disconnected"), registries("r: gone")
            ),
            """r, r.we.data -> nothing
               leave a""",
        ),
        case(
            "both are gone",
            observation(zone("r, r.we.data -> a"), endpoints("a: gone"), registries("r: gone")),
            """r, r.we.data -> nothing
               leave a""",
        ),
        case(
            "pending again on both sides",
            observation(zone("r, r.we.data -> a"), endpoints("a: pending")),
            "r, r.we.data -> a",
        ),
        case(
            "rejected by the endpoint alone",
            observation(zone("r, r.we.data -> a"), endpoints("a: rejected/approved")),
            """r, r.we.data -> a
               r, r.we.data of a is over by the endpoint
               in progress""",
        ),
        case(
            "gone, but the registry does not let go",
            observation(zone("r, r.we.data -> a"), endpoints("a: gone/approved")),
            """r, r.we.data -> a
               r, r.we.data of a is over by the endpoint
               in progress""",
        ),
        case(
            "let go by the registry alone",
            observation(zone("r, r.we.data -> a"), endpoints("a: approved/gone")),
            """r, r.we.data -> a
               r, r.we.data of a is over by the registry
               in progress""",
        ),
        case(
            "gone, and the registry is forbidden",
            observation(
                zone("r, r.we.data -> a"), endpoints("a: gone"), registries("r: forbidden")
            ),
            """r, r.we.data -> a
               unreadable: r
               r, r.we.data of a is over by the endpoint""",
        ),
        case(
            "gone, and the registry does not answer",
            observation(
                zone("r, r.we.data -> a"), endpoints("a: gone"), registries("r: transient")
            ),
            """r, r.we.data -> a
               r, r.we.data of a is over by the endpoint""",
        ),
        case(
            "forbidden, and the registry has no connection",
            observation(zone("r, r.we.data -> a"), endpoints("a: forbidden/gone")),
            """r, r.we.data -> a
               unreadable: a
               r, r.we.data of a is over by the registry""",
        ),
        case(
            "it was never read",
            observation(zone("r, r.we.data -> a")),
            """r, r.we.data -> a
               r, r.we.data of a is over by the registry""",
        ),
        case(
            "being deleted",
            observation(zone("r, r.we.data -> a"), endpoints("a: approved; is Deleting")),
            """r, r.we.data -> a
               r, r.we.data of a is over by nobody yet
               in progress""",
        ),
        case(
            "being deleted before it was published",
            observation(endpoints("a: approved; is Deleting")),
            "",
        ),
    ],
)
def test_an_endpoint_goes(seen: Observation, expected: str) -> None:
    """An address goes where both sides say that it is over, and stays while one of them does not.

    Invariant: no-unproven-delete.
    """
    check(seen, expected)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        case(
            "gone twice, while the registry does not let go",
            observation(zone("r -> a"), endpoints("a: gone/approved"), said("r a by endpoint")),
            """r -> nothing
               leave a
               one-sided: r""",
        ),
        case(
            "each side once",
            observation(zone("r -> a"), endpoints("a: approved/gone"), said("r a by endpoint")),
            """r -> a
               r of a is over by the registry
               in progress""",
        ),
        case(
            "gone twice by its word alone, and the next one takes over",
            observation(
                zone("r, r.we.data -> a"),
                endpoints("a: gone/approved", "b: approved"),
                said("r a by endpoint", "r.we.data a by endpoint"),
            ),
            """r, r.we.data -> b
               link b
               leave a
               one-sided: r, r.we.data""",
        ),
        case(
            "gone twice, but the next one is not ready yet: it stays, and nothing is told",
            observation(
                zone("r -> a"),
                endpoints("a: gone/approved", "b: approved; interface empty"),
                said("r a by endpoint"),
            ),
            "in progress",
        ),
    ],
)
def test_one_side_says_so_twice(seen: Observation, expected: str) -> None:
    """What one side alone said twice goes, and is told, but only where something goes.

    Invariant: no-unproven-delete.
    """
    check(seen, expected)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        case(
            "created again at the same address",
            observation(zone("r, r.we.data -> a"), endpoints("a2: approved"), links("a")),
            """r, r.we.data -> a2
               link a""",
        ),
        case(
            "created again at another address",
            observation(zone("r, r.we.data -> a"), endpoints("a2: approved; r at 77")),
            """r -> a2@77
               r.we.data -> a2
               link a""",
        ),
        case(
            "created again, its interface still empty",
            observation(zone("r, r.we.data -> a"), endpoints("a2: approved; interface empty")),
            "in progress",
        ),
        case(
            "created again, and pending",
            observation(zone("r, r.we.data -> a"), endpoints("a2: pending")),
            "r, r.we.data -> nothing",
        ),
        case(
            "created again in another network",
            observation(zone("r, r.we.data -> a"), endpoints("a2: approved; in b"), links("b")),
            """r, r.we.data -> a2
               link b
               leave a""",
        ),
        case(
            "its interface gives another address now",
            observation(zone("r, r.we.data -> a"), endpoints("a: approved; r at 77")),
            # What goes is replaced; that the interface lacks it is told for one pass more.
            """r -> a@77
               r.we.data -> a
               link a
               r of a is over by the interface
               in progress""",
        ),
    ],
)
def test_an_endpoint_comes_again(seen: Observation, expected: str) -> None:
    """Another guid ends the old claim, and the name changes in one write when the new one is ready.

    Invariant: never-empty.
    """
    check(seen, expected)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        case(
            "a member of a region in service is missing",
            observation(
                zone("r, r.we.data -> a"),
                endpoints("a: approved; lacks r.ne.data"),
                registries("r: we, ne"),
            ),
            """r, r.we.data -> a
               link a
               member-missing: r
               missing: endpoint a has no member for region ne
               in progress""",
        ),
        case(
            "a region's member is gone, the region is there",
            observation(
                zone("r, r.ne.data, r.we.data -> a"),
                endpoints("a: approved; lacks r.ne.data"),
                registries("r: we, ne"),
            ),
            """r, r.ne.data, r.we.data -> a
               link a
               member-missing: r
               r.ne.data of a is over by the interface
               missing: endpoint a has no member for region ne
               in progress""",
        ),
        case(
            "a region and its member are gone",
            observation(zone("r, r.ne.data, r.we.data -> a"), endpoints("a: approved")),
            """r, r.we.data -> a
               r.ne.data -> nothing
               link a""",
        ),
        case(
            "a region is gone, its member not yet",
            observation(
                zone("r, r.ne.data, r.we.data -> a"), endpoints("a: approved; gives r.ne.data")
            ),
            """r, r.ne.data, r.we.data -> a
               link a
               in progress""",
        ),
        case(
            "a region is being deleted, its member is still there",
            observation(
                zone("r, r.ne.data, r.we.data -> a"),
                endpoints("a: approved; gives r.ne.data"),
                registries("r: we, ne Deleting"),
            ),
            """r, r.ne.data, r.we.data -> a
               link a
               in progress""",
        ),
        case(
            "a member is gone, and the registry is forbidden",
            observation(
                zone("r, r.ne.data, r.we.data -> a"),
                endpoints("a: approved"),
                registries("r: forbidden"),
            ),
            """r, r.ne.data, r.we.data -> a
               link a
               unreadable: r
               r.ne.data of a is over by the interface""",
        ),
        case(
            "regional endpoints are switched off: nothing proves it, nothing waits",
            observation(zone("r, r.we.data, r.we.geo -> a"), endpoints("a: approved")),
            """r, r.we.data, r.we.geo -> a
               link a
               r.we.geo of a is over by the interface""",
        ),
        case(
            "regional endpoints are switched off, and the interface says so again",
            observation(
                zone("r, r.we.data, r.we.geo -> a"),
                endpoints("a: approved"),
                said("r.we.geo a by interface"),
            ),
            """r, r.we.data -> a
               r.we.geo -> nothing
               link a
               one-sided: r.we.geo""",
        ),
        case(
            "regional endpoints are switched off, and the interface said so of another name",
            observation(
                zone("r, r.we.data, r.we.geo -> a"),
                endpoints("a: approved"),
                said("r.ne.geo a by interface"),
            ),
            """r, r.we.data, r.we.geo -> a
               link a
               r.we.geo of a is over by the interface""",
        ),
        case(
            "no login member any more: half an interface proves nothing",
            observation(zone("r, r.ne.data, r.we.data -> a"), endpoints("a: approved; lacks r")),
            """r, r.ne.data, r.we.data -> a
               link a
               member-missing: r
               missing: endpoint a has no member for login server
               in progress""",
        ),
    ],
)
def test_members_follow_regions(seen: Observation, expected: str) -> None:
    """A lost member takes its record along only if the registry has left the region.

    Invariant: no-unproven-delete.
    """
    check(seen, expected)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        case(
            "two come at once: the lowest ID is published, the other stands by",
            observation(endpoints("b a: approved")),
            """r, r.we.data -> a, (b)
               link a
               link b
               several-endpoints: r""",
        ),
        case(
            "a second one comes: the one published now stays",
            observation(zone("r, r.we.data -> b"), endpoints("a b: approved")),
            """r, r.we.data -> b, (a)
               link a
               link b
               several-endpoints: r""",
        ),
        case(
            "both are claimed: the one published now stays, though its ID is not the lowest",
            observation(zone("r, r.we.data -> b, (a)"), endpoints("a b: approved")),
            """r, r.we.data -> b, (a)
               link a
               link b
               several-endpoints: r""",
        ),
        case(
            "the one that stands by lacks a member: nobody misses it",
            observation(
                zone("r, r.we.data -> a"), endpoints("a: approved", "b: approved; lacks r.we.data")
            ),
            """r -> a, (b)
               r.we.data -> a
               link a
               link b
               several-endpoints: r""",
        ),
        case(
            "the published one is rejected on both sides: the other takes over in one write",
            observation(zone("r, r.we.data -> a, (b)"), endpoints("a: rejected", "b: approved")),
            """r, r.we.data -> b
               link b
               leave a""",
        ),
        case(
            "the one that stands by goes",
            observation(zone("r, r.we.data -> a, (b)"), endpoints("a: approved", "b: gone")),
            """r, r.we.data -> a
               link a
               leave b""",
        ),
        case(
            "the published one is pending: it stays, nobody takes over",
            observation(zone("r, r.we.data -> a"), endpoints("a: pending", "b: approved")),
            """r, r.we.data -> a, (b)
               link b""",
        ),
        case(
            "the published one is forbidden",
            observation(
                zone("r, r.we.data -> a"), endpoints("a: forbidden/approved", "b: approved")
            ),
            """r, r.we.data -> a, (b)
               link b
               unreadable: a""",
        ),
        case(
            "the published one is not watched: it keeps its address, and keeps nobody away",
            observation(
                zone("r, r.we.data -> a"), endpoints("a: unwatched/approved", "b: approved")
            ),
            """r, r.we.data -> a, b
               link b
               endpoint-unwatched: a""",
        ),
        case(
            "the published one is gone, the next did not answer: the last address is kept",
            observation(zone("r, r.we.data -> a"), endpoints("a: gone", "b: transient/approved")),
            "",
        ),
        case(
            "the published one is gone, the next may not be read: nothing is waited for",
            observation(zone("r, r.we.data -> a"), endpoints("a: gone", "b: forbidden/approved")),
            """r, r.we.data -> nothing
               leave a
               unreadable: b""",
        ),
        case(
            "the same, but the next stands by: it is claimed, so the record stays, and its network",
            observation(
                zone("r, r.we.data -> a, (b)"), endpoints("a: gone", "b: forbidden/approved")
            ),
            """r, r.we.data -> nothing, (b)
               unreadable: b""",
        ),
        case(
            "only one of two gives a name: it is there for that one alone",
            observation(
                zone("r, r.we.data -> a"),
                endpoints("a: approved; lacks r.ne.data", "b: approved"),
                registries("r: we, ne"),
            ),
            """r, r.we.data -> a, (b)
               r.ne.data -> nothing, (b)
               link a
               link b
               member-missing: r
               several-endpoints: r
               missing: endpoint a has no member for region ne
               in progress""",
        ),
        case(
            "two endpoints with one address: one of them goes, the address stays",
            observation(
                zone("r -> a@10.5.0.4, b@10.5.0.4"),
                endpoints("a: gone", "b: approved; r at 10.5.0.4; lacks r.we.data"),
                registries("r: forbidden"),
            ),
            """r -> a@10.5.0.4, b@10.5.0.4
               link b
               unreadable: r
               r of a@10.5.0.4 is over by the endpoint""",
        ),
        case(
            "two endpoints with one address, and both sides let one go",
            observation(
                zone("r, r.we.data -> a@10.5.0.4, b@10.5.0.4"),
                endpoints("a: gone", "b: approved; r at 10.5.0.4; r.we.data at 10.5.0.4"),
            ),
            """r, r.we.data -> b@10.5.0.4
               link b
               leave a""",
        ),
    ],
)
def test_one_of_several_is_published(seen: Observation, expected: str) -> None:
    """One endpoint stands behind all names, the others by; the next takes over in one write.

    Invariant: never-empty.
    """
    check(seen, expected)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        case(
            "merge: two come at once",
            observation(endpoints("a b: approved"), settings("merge")),
            """r, r.we.data -> a, b
               link a
               link b
               several-endpoints: r""",
        ),
        case(
            "merge: one goes, the other's address stays",
            observation(
                zone("r, r.we.data -> a, b"),
                endpoints("a: approved", "b: gone"),
                settings("merge"),
            ),
            """r, r.we.data -> a
               link a
               leave b""",
        ),
        case(
            "merge: one is pending again, both stay",
            observation(
                zone("r, r.we.data -> a, b"),
                endpoints("a: approved", "b: pending"),
                settings("merge"),
            ),
            """r, r.we.data -> a, b
               link a""",
        ),
        case(
            "merge: more endpoints than a record has room for",
            observation(endpoints("a b c d e f g h i j k: approved; in a"), settings("merge")),
            """r, r.we.data -> a, b, c, d, e, f, g, h, i, j
               link a
               several-endpoints: r
               too-many-addresses: r, r.we.data""",
        ),
        case(
            "first: of twelve endpoints one is published, nine stand by",
            observation(
                zone("r, r.we.data -> l"), endpoints("a b c d e f g h i j k l: approved; in a")
            ),
            """r, r.we.data -> l, (a), (b), (c), (d), (e), (f), (g), (h), (i)
               link a
               several-endpoints: r""",
        ),
    ],
)
def test_all_of_several_are_published(seen: Observation, expected: str) -> None:
    """Under `merge` every ready endpoint's address stands, as far as there is room."""
    check(seen, expected)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        case(
            "a zone group keeps its records",
            observation(
                zone("r, r.we.data -> a; created by a"), endpoints("a: approved; zone group")
            ),
            "zone-group: a",
        ),
        case(
            "a zone group keeps its records, but one is wrong and one missing",
            observation(zone("r -> 10.9.9.9; created by a"), endpoints("a: approved; zone group")),
            """zone-group: a
               zone-group-drift: r, r.we.data""",
        ),
        case(
            "a zone group keeps its records, and one of them was not read",
            observation(
                zone("r -> a; created by a"),
                endpoints("a: approved; zone group"),
                unread("r.we.data"),
            ),
            "zone-group: a",
        ),
        case(
            "a zone group came to an endpoint that is published: its records stay as they are",
            observation(zone("r, r.we.data -> a"), endpoints("a: approved; zone group")),
            """r, r.we.data -> a
               zone-group: a""",
        ),
        case(
            "whether it has a zone group may not be read",
            observation(endpoints("a: approved; zone group forbidden")),
            "zone-group-unknown: a",
        ),
        case(
            "whether it has a zone group was not answered",
            observation(endpoints("a: approved; zone group transient")),
            "",
        ),
        case(
            "of two endpoints one has a zone group",
            observation(endpoints("a: approved; zone group", "b: approved")),
            """r, r.we.data -> b
               link b
               zone-group: a
               zone-group-drift: r, r.we.data""",
        ),
    ],
)
def test_zone_groups_keep_their_records(seen: Observation, expected: str) -> None:
    """What a zone group keeps, or may keep, is checked and not published.

    Invariant: others-untouched.
    """
    check(seen, expected)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        case(
            "the claims are lost, the endpoint gives the address: they come back",
            observation(zone("r, r.we.data -> a; damaged"), endpoints("a: approved")),
            """r, r.we.data -> a
               link a""",
        ),
        case(
            "the claims are lost, and the endpoint is pending: nobody knows whose it is",
            observation(zone("r, r.we.data -> a; damaged"), endpoints("a: pending")),
            "r -> 10.1.0.4\nr.we.data -> 10.1.0.5",
        ),
        case(
            "the claims are lost, and no endpoint is there",
            observation(zone("r, r.we.data -> a; damaged"), endpoints("a: gone")),
            "r, r.we.data -> nothing",
        ),
        case(
            "the claims are lost, and the registry is gone: nobody knows whose it was",
            observation(zone("r -> a; damaged"), registries("r: gone")),
            "r -> 10.1.0.4",
        ),
        case(
            "the claims and the registry's note are lost, and no registry has the name",
            observation(zone("q -> 10.9.9.9; damaged; no registry")),
            "orphaned: q",
        ),
        case(
            "an address typed by hand beside the endpoint's",
            observation(zone("r, r.we.data -> a, 10.9.9.9"), endpoints("a: approved")),
            """r, r.we.data -> a
               link a""",
        ),
        case(
            "an address typed by hand, while not every endpoint can be read",
            observation(
                zone("r, r.we.data -> a, 10.9.9.9"),
                endpoints("a: approved", "b: forbidden/approved"),
            ),
            """r, r.we.data -> a, 10.9.9.9
               link a
               unreadable: b""",
        ),
        case(
            "an address typed by hand beside one that nothing proves to be over",
            observation(zone("r.we.geo -> a, 10.9.9.9"), endpoints("a: approved")),
            """r, r.we.data -> a
               r.we.geo -> a, 10.9.9.9
               link a
               r.we.geo of a is over by the interface""",
        ),
        case(
            "an address typed over a pending endpoint's",
            observation(zone("r -> 10.9.9.9, (a)"), endpoints("a: pending")),
            "r -> 10.9.9.9, (a)",
        ),
        case(
            "an address typed over that of an endpoint that is gone",
            observation(zone("r -> 10.9.9.9, (a)"), endpoints("a: gone")),
            """r -> nothing
               leave a""",
        ),
    ],
)
def test_addresses_without_a_claim(seen: Observation, expected: str) -> None:
    """An address without a claim goes only where all that may give it was read.

    Invariant: no-unproven-delete.
    """
    check(seen, expected)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        case(
            "a record by hand: what should be is desired, the plan decides what may be",
            observation(zone("r -> 10.9.9.9; by hand"), endpoints("a: approved")),
            """r, r.we.data -> a
               link a""",
        ),
        case(
            "a record by hand where no endpoint is ready",
            observation(zone("r -> a; by hand"), endpoints("a: gone")),
            "",
        ),
        case(
            "another owner's record of an endpoint that is gone",
            observation(zone("r -> a; by other"), endpoints("a: gone")),
            "",
        ),
        case(
            "a former owner's record of an endpoint that is gone, in a run that adopts from it",
            observation(zone("r -> a; by old"), endpoints("a: gone"), settings("adopt from old")),
            """r -> nothing
               leave a""",
        ),
    ],
)
def test_records_of_others(seen: Observation, expected: str) -> None:
    """Only our own records bear claims; what others hold is nobody's to take away.

    Invariant: others-untouched.
    """
    check(seen, expected)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        case(
            "made again elsewhere, the old one and its endpoint gone: the new one takes over",
            observation(
                zone("r, r.we.data -> a"),
                endpoints("a: gone", "b: approved; of s"),
                registries("r: gone", "s: we; login r"),
            ),
            """r, r.we.data -> b
               link b
               leave a""",
        ),
        case(
            "made again elsewhere, the old one forbidden: the new one answers for it",
            observation(
                zone("r, r.we.data -> a"),
                endpoints("a: gone", "b: approved; of s"),
                registries("r: forbidden", "s: we; login r"),
            ),
            """r, r.we.data -> b
               link b
               leave a
               unreadable: r""",
        ),
        case(
            "made again elsewhere, the old endpoint still approved: it stays",
            observation(
                zone("r, r.we.data -> a"),
                endpoints("a: approved", "b: approved; of s"),
                registries("r: gone", "s: we; login r"),
            ),
            """r, r.we.data -> a, (b)
               link b
               r, r.we.data of a is over by the registry
               in progress""",
        ),
        case(
            "two registries in one network: one leaves, the other keeps the link",
            observation(
                zone("r, r.we.data -> a", "s, s.we.data -> b"),
                endpoints("a: gone", "b: approved; of s; in a"),
            ),
            """r, r.we.data -> nothing
               s, s.we.data -> b
               link a""",
        ),
    ],
)
def test_registries_made_again(seen: Observation, expected: str) -> None:
    """A name goes over to the registry that has it now, once the old endpoint is over."""
    check(seen, expected)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        case(
            "links are left to people",
            observation(endpoints("a: approved"), settings("leave links")),
            "r, r.we.data -> a",
        ),
        case(
            "the link that is needed is being deleted: it is waited for",
            observation(endpoints("a: approved"), links("a deleting")),
            """r, r.we.data -> a
               link a
               missing: the link of network a is being deleted
               in progress""",
        ),
        case(
            "a link that nobody needs is being deleted: not ours to wait for",
            observation(endpoints("a: gone"), links("b deleting")),
            "",
        ),
        case(
            "a link that this run left is being deleted: it has not gone yet",
            observation(endpoints("a: gone"), links("b deleting"), left("b")),
            """leave b
               in progress""",
        ),
        case(
            "an earlier pass took the records away",
            observation(endpoints("a: gone"), links("a"), left("a")),
            "leave a",
        ),
        case(
            "an earlier pass took the records away, another endpoint there is pending",
            observation(endpoints("a: gone", "b: pending; in a"), links("a"), left("a")),
            "",
        ),
        case(
            "an earlier pass took the records away, another endpoint there is rejected",
            observation(endpoints("a: gone", "b: rejected; in a"), links("a"), left("a")),
            "leave a",
        ),
        case(
            "an earlier pass took the records away, a claimed endpoint there is forbidden",
            observation(
                zone("r -> b"), endpoints("b: forbidden/approved; in a"), links("a"), left("a")
            ),
            """r -> b
               unreadable: b""",
        ),
    ],
)
def test_links_follow_endpoints(seen: Observation, expected: str) -> None:
    """A network with a ready endpoint is linked; one that lost its last is left."""
    check(seen, expected)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        case(
            "another zone serves its network: nothing of it belongs here",
            observation(endpoints("a: approved; north")),
            "",
        ),
        case(
            "no zone serves its network",
            observation(endpoints("a: approved; no zone")),
            "no-zone: a",
        ),
        case(
            "our link holds its network here: both zones hold and update its names until it moves",
            observation(zone("r -> a"), endpoints("a: approved; north"), links("a")),
            "r, r.we.data -> a",
        ),
        case(
            "the other zone holds it, and a link by hand shows this one",
            observation(
                zone("r -> a"),
                endpoints("a: approved; north"),
                links("a by hand"),
                north("r -> a"),
            ),
            """r -> a
               still-linked: a""",
        ),
        case(
            "the other zone holds it and is linked",
            observation(
                zone("r -> a"), endpoints("a: approved; north"), north("r -> a"), north_links("a")
            ),
            "r -> nothing",
        ),
        case(
            "the other zone holds it, but its network is linked nowhere",
            observation(zone("r -> a"), endpoints("a: approved; north"), north("r -> a")),
            """r -> a
               r of a is over by nobody yet
               in progress""",
        ),
        case(
            "the other zone is linked, but does not hold it yet",
            observation(zone("r -> a"), endpoints("a: approved; north"), north_links("a")),
            """r -> a
               r of a is over by nobody yet
               in progress""",
        ),
        case(
            "the other zone is linked, and holds what a pending endpoint gave",
            observation(
                zone("r -> a"),
                endpoints("a: approved; north", "c: pending; north"),
                north("r -> c"),
                north_links("a"),
            ),
            """r -> a
               r of a is over by nobody yet
               in progress""",
        ),
        case(
            "the other zone publishes another endpoint, for which it stands by",
            observation(
                zone("r -> a"),
                endpoints("a b: approved; north"),
                north("r -> b, (a)"),
                north_links("a"),
            ),
            "r -> nothing",
        ),
        case(
            "the other zone cannot be read",
            observation(zone("r -> a"), endpoints("a: approved; north"), settings("north unread")),
            "r -> a",
        ),
        case(
            "people link the other zone, which holds it: our link here is in their way",
            observation(
                zone("r -> a"),
                endpoints("a: approved; north"),
                links("a"),
                north("r -> a"),
                settings("north leaves links"),
            ),
            """r -> nothing
               leave a""",
        ),
        case(
            "people link the other zone, which does not hold it",
            observation(
                zone("r -> a"),
                endpoints("a: approved; north"),
                links("a"),
                settings("north leaves links"),
            ),
            """r -> a
               r of a is over by nobody yet
               in progress""",
        ),
        case(
            "the other zone holds it, and another endpoint is here",
            observation(
                zone("r, r.we.data -> a, (b)"),
                endpoints("a: approved; north", "b: approved"),
                north("r, r.we.data -> a"),
                north_links("a"),
            ),
            """r, r.we.data -> b
               link b""",
        ),
        case(
            "another network still sees this zone, and would lose the name with it",
            observation(
                zone("r -> a"),
                endpoints("a b: approved; north"),
                links("b by hand"),
                north("r -> a, (b)"),
                north_links("a"),
            ),
            """r -> a
               still-linked: b""",
        ),
        case(
            "an endpoint that was not read may be in a network that sees this zone",
            observation(
                zone("r -> a"),
                endpoints("a: approved; north", "b: transient/approved"),
                north("r -> a"),
                north_links("a"),
            ),
            "r -> a",
        ),
        case(
            "the claims are lost: it waits for the other zone all the same",
            observation(zone("r -> a; damaged"), endpoints("a: approved; north")),
            """r -> a
               r of a is over by nobody yet
               in progress""",
        ),
        case(
            "the claims are lost, and it gives nothing that stands there",
            observation(zone("r -> 10.9.9.9; damaged"), endpoints("a: approved; north")),
            "r -> nothing",
        ),
        case(
            "created again in a network of another zone: the old address goes",
            observation(zone("r -> a"), endpoints("a2: approved; in b; north")),
            """r -> nothing
               leave a""",
        ),
        case(
            "its network moved while a region left: the name goes",
            observation(zone("r.ne.data -> a"), endpoints("a: approved; north")),
            "r.ne.data -> nothing",
        ),
    ],
)
def test_networks_that_move(seen: Observation, expected: str) -> None:
    """An endpoint leaves for another zone once every client gets a good answer without it.

    Invariant: never-empty.
    """
    check(seen, expected)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        case(
            "a first appearance waits for a member in service",
            observation(endpoints("a: approved; lacks r.ne.data"), registries("r: we, ne")),
            """member-missing: r
               missing: endpoint a has no member for region ne
               in progress""",
        ),
        case(
            "a first appearance waits for a replica that is being made",
            observation(endpoints("a: approved"), registries("r: we, ne Creating")),
            "in progress",
        ),
        case(
            "a first appearance waits for the login member",
            observation(endpoints("a: approved; lacks r")),
            """member-missing: r
               missing: endpoint a has no member for login server
               in progress""",
        ),
        case(
            "a first appearance waits for no replica that failed",
            observation(endpoints("a: approved"), registries("r: we, ne Failed")),
            """r, r.we.data -> a
               link a""",
        ),
        case(
            "a registry that is published already gets what is there",
            observation(
                zone("r -> a"),
                endpoints("a: approved; lacks r.ne.data"),
                registries("r: we, ne"),
            ),
            """r, r.we.data -> a
               link a
               member-missing: r
               missing: endpoint a has no member for region ne
               in progress""",
        ),
        case(
            "a data record alone is no registry that has appeared",
            observation(zone("r.we.data -> a"), endpoints("a: approved; lacks r")),
            """member-missing: r
               missing: endpoint a has no member for login server
               in progress""",
        ),
        case(
            "the endpoint was created again: the new one appears when it is whole",
            observation(
                zone("r, r.we.data -> a"), endpoints("a2: approved; r at 77; lacks r.we.data")
            ),
            """member-missing: r
               missing: endpoint a has no member for region we
               in progress""",
        ),
        case(
            "a region leaves while another comes: its name waits",
            observation(
                zone("r, r.ne.data, r.we.data -> a"),
                endpoints("a: approved"),
                registries("r: we, se Creating"),
            ),
            """r, r.we.data -> a
               link a
               in progress""",
        ),
        case(
            "the last endpoint is gone while a replica is being made: its names wait",
            observation(
                zone("r, r.we.data -> a"), endpoints("a: gone"), registries("r: we, ne Creating")
            ),
            "in progress",
        ),
    ],
)
def test_a_registry_appears_as_a_whole(seen: Observation, expected: str) -> None:
    """While a run may still wait, a registry that is only appearing is not published in part.

    Invariant: no-half-registry.
    """
    check(seen, expected, accept_partial=False)


@pytest.mark.parametrize(
    ("seen", "reasons"),
    [
        # `...` stands for any words.
        case(
            "two endpoints, the published one is rejected on both sides",
            observation(zone("r -> a"), endpoints("a: rejected", "b: approved")),
            """r: 10.2.0.4 is member registry of endpoint b
               r: 10.1.0.4 of endpoint a goes: the endpoint has no approved connection, and the ...
               """,
        ),
        case(
            "two endpoints, the published one is pending",
            observation(zone("r -> a, (b)"), endpoints("a: pending", "b: approved")),
            """r: 10.1.0.4 of endpoint a stays: the endpoint has not decided on the connection...
               r: 10.2.0.4 of endpoint b stays: nothing proven replaces it""",
        ),
        case(
            "two endpoints are ready",
            observation(zone("r -> a, (b)"), endpoints("a b: approved")),
            """r: 10.1.0.4 is member registry of endpoint a
               r: 10.2.0.4 of endpoint b stands by""",
        ),
        case(
            "two endpoints come at once",
            observation(endpoints("a b: approved")),
            """r: 10.1.0.4 is member registry of endpoint a
               r: 10.2.0.4 of endpoint b stands by""",
        ),
        case(
            "created again",
            observation(zone("r -> a"), endpoints("a2: approved")),
            """r: 10.1.0.4 is member registry of endpoint a
               r: 10.1.0.4 of endpoint a goes: the endpoint was created again since ...""",
        ),
        case(
            "another address",
            observation(zone("r -> a"), endpoints("a: approved; r at 77")),
            """r: 10.1.0.77 is member registry of endpoint a
               r: 10.1.0.4 of endpoint a goes: its interface gives 10.1.0.77 now""",
        ),
        case(
            "typed by hand",
            observation(zone("r -> a, 10.9.9.9"), endpoints("a: approved")),
            """r: 10.1.0.4 is member registry of endpoint a
               r: 10.9.9.9 was typed by hand""",
        ),
        case(
            "typed by hand, while not every endpoint can be read: it stays",
            observation(
                zone("r -> a, 10.9.9.9"), endpoints("a: approved", "b: forbidden/approved")
            ),
            "r: 10.1.0.4 is member registry of endpoint a",
        ),
        case(
            "gone twice by the endpoint's word",
            observation(zone("r -> a"), endpoints("a: gone/approved"), said("r a by endpoint")),
            "r: 10.1.0.4 of endpoint a goes: the endpoint does not exist, ..., twice half a ...",
        ),
        case(
            "twelve stand by",
            observation(endpoints("a b c d e f g h i j k l: approved")),
            """r: 10.1.0.4 is member registry of endpoint a
               r: 11 endpoints stand by""",
        ),
    ],
)
def test_every_address_has_its_reason(seen: Observation, reasons: str) -> None:
    """For each address that comes, goes or must stay a person reads why."""
    told = "\n".join(reason_words(make_desired(seen, accept_partial=True)[KEPT]))
    lines = [line.strip() for line in reasons.strip().splitlines()]
    pattern = "\n".join(".*".join(map(re.escape, line.split("..."))) for line in lines)
    assert re.fullmatch(pattern, told), told
