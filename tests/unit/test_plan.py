"""plan: from what stands and what should be to changes, and the part that a policy allows.

Each row: what stands (and what was read of endpoints, where zone groups matter), what is desired,
and all that the plan does and tells, in its order.
"""

from collections import Counter
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.changes import Action
from shared.domain.desired import Desired, make_desired
from shared.domain.observation import Observation
from shared.domain.ownership import Adopt
from shared.domain.plan import Plan, make_plan
from shared.domain.policy import DeleteThreshold, Policy, restrict
from shared.domain.resource_id import ResourceId
from tests.unit.observations import (
    KEPT,
    after,
    backwards,
    case,
    desired,
    endpoints,
    kept_state,
    links,
    north,
    north_links,
    observation,
    plan_words,
    registries,
    said,
    settings,
    zone,
)

NOTHING = desired("r -> nothing")
A = desired("r -> a")


def changes(seen: Observation, wanted: Desired, adopt: Adopt = Adopt.NONE) -> str:
    """All that the plan does and tells, in words."""
    plans = make_plan(seen, {KEPT: wanted}, adopt)
    others = (
        f"{id_.group}: {word}" for id_ in plans if id_ != KEPT for word in plan_words(plans[id_])
    )
    return "\n".join((*plan_words(plans[KEPT]), *others))


def lines(expected: str) -> str:
    """What a row expects, one thing a line."""
    return "\n".join(line.strip() for line in expected.strip().splitlines())


@pytest.mark.parametrize(
    ("stands", "wanted", "change"),
    [
        # What stands at r, what is desired there -> what the plan does and tells.
        case("nothing stands, nothing is desired", "", "nothing", ""),
        case("nothing stands", "", "a", "create r -> a"),
        case("it is right", "a", "a", ""),
        case("it is right, in another order", "b, a", "a, b", ""),
        case("it is of another endpoint", "a", "b", "update r -> b"),
        case("an endpoint more", "a", "a, b", "update r -> a, b"),
        case("an endpoint less", "a, b", "b", "update r -> b"),
        case("another one stands by", "a", "a, (b)", "update r -> a, (b)"),
        case("created again, at the same address", "a", "a2", "update r -> a2"),
        case("it has another TTL", "a; ttl 3600", "a", "update r -> a"),
        case("typed by hand", "a, 10.9.9.9", "a", "update r -> a"),
        case("somebody emptied it", "nothing, (a)", "a", "update r -> a"),
        case("its claims are lost", "a; damaged", "a", "update r -> a"),
        case("its registry is not noted", "a; no registry", "a", "update r -> a"),
        case("it notes another registry", "a; of s", "a", "update r -> a"),
        # Gone.
        case("nobody gives it", "a", "nothing", "delete r"),
        case("nobody gives it, and it is empty", "nothing, (a)", "nothing", "delete r"),
        case("no address is left, but one may come", "a", "nothing, (b)", ""),
        # Metadata of others.
        case("others' keys are kept", "a; 12 keys", "b", "update r -> b; 12 keys"),
        case("no room for a claim more", "a; 12 keys", "a, b", "metadata-full: r"),
        case("no room for ours at all", "a; 15 keys; damaged", "a", "metadata-full: r"),
        case("full, but it goes", "a; 12 keys", "nothing", "delete r"),
    ],
)
def test_what_becomes_of_a_record(stands: str, wanted: str, change: str) -> None:
    """A record of ours becomes what is desired in one write, or goes; what is right stays."""
    seen = observation(zone(f"r -> {stands}") if stands else zone())
    assert changes(seen, desired(f"r -> {wanted}")) == change


def test_a_write_bears_the_etag_that_was_read() -> None:
    """Each change rests on the very record set that was read, or on there being none.

    Invariant: no-stale-overwrite.
    """
    seen = observation(zone("r -> a", "r.we.data -> a"))
    wanted = desired("r -> b", "r.we.data -> nothing", "r.ne.data -> a")
    for change in make_plan(seen, {KEPT: wanted}, Adopt.NONE)[KEPT].records:
        assert change.before == kept_state(seen).records.get(change.name)
        if change.after:
            assert change.after.etag == (change.before.etag if change.before else "")


@pytest.mark.parametrize(
    ("stands", "wanted", "change"),
    [
        # The links that stand, what is desired -> what the plan does.
        case("there is none", "", "link a", "link a"),
        case("it is there", "a", "link a", ""),
        case("it is there under another name", "a other name", "link a", ""),
        case("somebody else's is there", "a by hand", "link a", ""),
        case("another owner's is there", "a by other", "link a", ""),
        case("another network is linked", "b", "link a", "link a"),
        case("one names no network that can be read", "nowhere", "link a", "link a"),
        case("it is being deleted", "a deleting", "link a", ""),
        case("left, and there is none", "", "leave a", ""),
        case("left, and it is ours", "a", "leave a", "unlink a"),
        case("left, and it is by hand", "a by hand", "leave a", ""),
        case("left, and ours by name alone", "a untagged", "leave a", ""),
        case("left, and another owner's", "a by other", "leave a", ""),
        case("left, and being deleted", "a deleting", "leave a", ""),
        case("left, and ours under another name", "a other name", "leave a", ""),
    ],
)
def test_what_becomes_of_a_link(stands: str, wanted: str, change: str) -> None:
    """A network is linked once, by whomever; a link goes only if it is ours in name and tag."""
    seen = observation(links(stands) if stands else links())
    assert changes(seen, desired(wanted)) == change


@pytest.mark.parametrize(
    ("seen", "wanted", "expected"),
    [
        case(
            "a registry comes: its data records first, then its login record, then the link",
            observation(),
            desired("r, r.ne.data, r.we.data, r.we.geo -> a", "link a"),
            """create r.ne.data -> a
               create r.we.data -> a
               create r.we.geo -> a
               create r -> a
               link a""",
        ),
        case(
            "a registry leaves: its login record first, the link last",
            observation(zone("r, r.ne.data, r.we.data -> a"), links("a")),
            desired("r.we.data, r.ne.data, r -> nothing", "leave a"),
            """delete r
               delete r.ne.data
               delete r.we.data
               unlink a""",
        ),
        case(
            "one leaves, one comes, one changes: what leaves is first",
            observation(zone("r, r.we.data -> a", "s -> a")),
            desired("r, r.we.data -> nothing", "s, s.we.data -> b", "q, q.we.data -> b"),
            """delete r
               delete r.we.data
               create q.we.data -> b
               create s.we.data -> b
               create q -> b
               update s -> b""",
        ),
        case(
            "one network is left and two come: links are made before others go",
            observation(links("a")),
            desired("link c", "link b", "leave a"),
            """link b
               link c
               unlink a""",
        ),
        case(
            "nothing is said of a record that stands: it stays",
            observation(zone("r -> a")),
            desired(),
            "",
        ),
        case(
            "a former owner's record, in a run that adopts from it",
            observation(zone("r -> a; by old"), settings("adopt from old")),
            A,
            "update r -> a",
        ),
        case(
            "one record is not ours: the others are made right all the same",
            observation(zone("r -> 10.9.9.9; by hand")),
            desired("r, r.we.data -> a", "link a"),
            """create r.we.data -> a
               link a
               unmanaged-record: r""",
        ),
    ],
)
def test_the_order_of_changes(seen: Observation, wanted: Desired, expected: str) -> None:
    """A registry comes login last and leaves login first; links follow the records.

    Invariant: no-half-registry.
    """
    assert changes(seen, wanted) == lines(expected)


STANDS = north("r, r.we.data -> a")


@pytest.mark.parametrize(
    ("seen", "wanted", "expected"),
    [
        case(
            "our link holds it to another zone, and all it gets there stands here",
            observation(
                zone("r, r.we.data -> a"), endpoints("a: approved"), STANDS, north_links("a")
            ),
            desired("link a"),
            """link a as it moves
               north: unlink a as it moves""",
        ),
        case(
            "all that it gets there is written here first",
            observation(endpoints("a: approved"), STANDS, north_links("a")),
            desired("r, r.we.data -> a", "link a"),
            """create r.we.data -> a
               create r -> a
               link a as it moves
               north: unlink a as it moves""",
        ),
        case(
            "a name is missing here",
            observation(zone("r -> a"), endpoints("a: approved"), STANDS, north_links("a")),
            desired("link a"),
            "in progress",
        ),
        case(
            "another registry of the network is missing here",
            observation(
                zone("r, r.we.data -> a"),
                endpoints("a: approved", "b: approved; of s; in a"),
                north("r, r.we.data -> a", "s, s.we.data -> b"),
                north_links("a"),
            ),
            desired("link a"),
            "in progress",
        ),
        case(
            "a name holds a pending endpoint's address here",
            observation(
                zone("r -> b", "r.we.data -> a"),
                endpoints("a: approved", "b: pending"),
                STANDS,
                north_links("a"),
            ),
            desired("link a"),
            "in progress",
        ),
        case(
            "a name holds another ready endpoint's address here",
            observation(
                zone("r, r.we.data -> b, (a)"),
                endpoints("a b: approved"),
                STANDS,
                north_links("a"),
            ),
            desired("link a"),
            """link a as it moves
               north: unlink a as it moves""",
        ),
        case(
            "a name is wrong here, and not ours",
            observation(
                zone("r -> 10.9.9.9; by hand", "r.we.data -> a"),
                endpoints("a: approved"),
                STANDS,
                north_links("a"),
            ),
            desired("r -> a", "link a"),
            """unmanaged-record: r
               in progress""",
        ),
        case(
            "a name is wrong there, and right here: nothing holds a registry without public access",
            observation(
                zone("r -> a", "r.we.data -> nothing; by hand"),
                endpoints("a: approved"),
                north("r -> 10.9.9.9; by hand", "r.we.data -> a"),
                north_links("a"),
            ),
            desired("link a"),
            """link a as it moves
               north: unlink a as it moves""",
        ),
        case(
            "what an unread endpoint has there may be good, and nothing is here",
            observation(
                zone("r, r.we.data -> a"),
                endpoints("a: approved", "b: transient/approved"),
                north("r, r.we.data, r.ne.data -> a", "r.we.geo -> b; of r"),
                north_links("a"),
            ),
            desired("link a"),
            """link a as it moves
               north: unlink a as it moves""",
        ),
        case(
            "it gets nothing good there: it loses nothing",
            observation(
                zone("r.we.data -> a"), endpoints("a: approved"), north("r -> b"), north_links("a")
            ),
            desired("link a"),
            """link a as it moves
               north: unlink a as it moves""",
        ),
        case(
            "a link that is not ours ties it to another zone",
            observation(endpoints("a: approved"), north_links("a by hand")),
            desired("link a"),
            "link-refused: a",
        ),
        case(
            "its link to the other zone is being deleted",
            observation(endpoints("a: approved"), north_links("a deleting")),
            desired("link a"),
            "in progress",
        ),
        case(
            "the other zone cannot be read: whether it is linked there only Azure can tell",
            observation(endpoints("a: approved"), STANDS, settings("north unread")),
            desired("link a"),
            "link a",
        ),
    ],
)
def test_a_network_moves_when_it_loses_nothing(
    seen: Observation, wanted: Desired, expected: str
) -> None:
    """A link moves only if every good answer stays one, and then in two halves.

    Invariant: client-never-worse.
    """
    assert changes(seen, wanted) == lines(expected)


GIVEN = "a: approved"
GROUP = "a: approved; zone group"
UNSURE = "a: approved; zone group transient"
TAKEN = "b: approved; zone group"
SILENT = "b: transient/approved"
HIDDEN = "b: forbidden/approved"


@pytest.mark.parametrize(
    ("stands", "read", "becomes"),
    [
        # What stands at r where r -> a is desired, and what was read -> what becomes of it in a
        # run that adopts nothing, what is empty, or all: it "takes" it, "leaves" it, or leaves it
        # and "tells" of an unmanaged record or of a "clash" with a zone group.
        #
        # By hand, or another owner's.
        case("right by hand", "a; by hand", GIVEN, "leaves leaves takes"),
        case("wrong by hand", "10.9.9.9; by hand", GIVEN, "tells tells takes"),
        case("more than right by hand", "a, 10.9.9.9; by hand", GIVEN, "tells tells takes"),
        case("empty by hand", "nothing; by hand", GIVEN, "tells takes takes"),
        case("another owner's, right", "a; by other", GIVEN, "leaves leaves leaves"),
        case("another owner's, wrong", "10.9.9.9; by other", GIVEN, "tells tells tells"),
        case("another owner's, empty", "nothing; by other", GIVEN, "tells tells tells"),
        # A zone group that stands, or may: never written, whoever's it is besides.
        case("a zone group's", "a; created by a", GROUP, "leaves leaves leaves"),
        case("a zone group's, emptied", "nothing; created by a", GROUP, "leaves leaves leaves"),
        case("a zone group's, and ours", "a; created by a; ours", GROUP, "leaves leaves leaves"),
        case("a group's that may stand", "nothing; created by a", UNSURE, "leaves leaves leaves"),
        case("another's group took it", "b; created by b", TAKEN, "clash clash clash"),
        case("another's took ours", "b; created by b; ours", TAKEN, "clash clash clash"),
        case("and left ours in it", "a, b; created by b; ours", TAKEN, "leaves leaves leaves"),
        # A zone group that is known to be gone.
        case("a gone group's, right", "a; created by a", GIVEN, "leaves leaves takes"),
        case("a gone group's, wrong", "10.9.9.9; created by a", GIVEN, "tells tells takes"),
        case("a gone group's, empty", "nothing; created by a", GIVEN, "takes takes takes"),
        case(
            "and another owner's",
            "nothing; created by a; ours; by other",
            GIVEN,
            "takes takes takes",
        ),
        case("made again since", "nothing; created by a", "a2: approved", "takes takes takes"),
        # The endpoint that the record notes was not found: it may be one that is unread.
        case("a stranger's, empty", "nothing; created by somebody", GIVEN, "takes takes takes"),
        case("a stranger's, wrong", "10.9.9.9; created by somebody", GIVEN, "tells tells takes"),
        case("maybe b's", "nothing; created by somebody", SILENT, "tells tells tells"),
        case("maybe b's, wrong", "10.9.9.9; created by somebody", HIDDEN, "tells tells tells"),
        # A creator that cannot be told.
        case("anybody's, empty", "nothing; created by ?", GIVEN, "tells tells tells"),
        case("anybody's, wrong", "10.9.9.9; created by ?", GIVEN, "tells tells tells"),
        case("anybody's, but ours", "10.9.9.9; created by ?; ours", GIVEN, "takes takes takes"),
    ],
)
def test_what_is_not_ours(stands: str, read: str, becomes: str) -> None:
    """What is unmanaged, another owner's or a zone group's stays, but for what a run adopts.

    Invariant: others-untouched.
    """
    seen = observation(zone(f"r -> {stands}"), endpoints(read))
    words = {
        "takes": "update r -> a" + ("; keeps its creator" if "created" in stands else ""),
        "leaves": "",
        "tells": "unmanaged-record: r",
        "clash": "zone-group-clash: r",
    }
    for adopt, expected in zip(Adopt, becomes.split(), strict=True):
        assert (adopt, changes(seen, A, adopt)) == (adopt, words[expected])


def test_a_zone_group_that_nobody_can_see_is_spared() -> None:
    """With its registry unread, who keeps a zone group's record cannot be told.

    Invariant: others-untouched.
    """
    stands = zone("r -> nothing; created by somebody")
    seen = observation(stands, endpoints(GIVEN), registries("r: forbidden"))
    for adopt in Adopt:
        assert changes(seen, A, adopt) == "unmanaged-record: r"


def test_what_is_not_ours_is_never_deleted() -> None:
    """Where nothing is desired, only what is ours goes, whatever a run may adopt.

    Invariant: others-untouched.
    """
    for stands in ("a; by other", "nothing; by other", "a; created by a"):
        seen = observation(zone(f"r -> {stands}"), endpoints("a: approved; zone group"))
        for adopt in Adopt:
            assert changes(seen, NOTHING, adopt) == ""


@pytest.mark.parametrize(
    ("stands", "wanted", "upserts", "deletes"),
    [
        # What stands at r, what is desired -> what upsert-only leaves of it, what it counts.
        case("a new name", "", "a", "create r -> a", 0),
        case("an address more", "a", "a, b", "update r -> a, b", 0),
        case("another address", "a", "b", "update r -> b", 0),
        case("two are replaced by one other", "a, b", "c", "update r -> c", 0),
        case("an address less", "a, b", "a", "", 1),
        case("no address", "a", "nothing", "", 1),
        case("an address that was typed goes", "a, 10.9.9.9", "a", "", 1),
        case("another TTL", "a; ttl 60", "a", "update r -> a", 0),
        case("one less stands by", "a, (b)", "a", "update r -> a", 0),
    ],
)
def test_what_takes_away(stands: str, wanted: str, upserts: str, deletes: int) -> None:
    """What loses an address for no other counts as a delete, and upsert-only does not do it."""
    seen = observation(zone(f"r -> {stands}") if stands else zone())
    plan = make_plan(seen, {KEPT: desired(f"r -> {wanted}")}, Adopt.NONE)[KEPT]
    assert restrict(plan, Policy.SYNC) == plan
    assert "\n".join(plan_words(restrict(plan, Policy.UPSERT_ONLY))) == upserts
    assert plan.deletes == deletes


def test_upsert_only_links_and_never_unlinks() -> None:
    """Links come and none goes; one that goes is no delete of a record."""
    wanted = desired("link b", "leave a")
    plan = make_plan(observation(links("a")), {KEPT: wanted}, Adopt.NONE)[KEPT]
    assert plan_words(restrict(plan, Policy.UPSERT_ONLY)) == ("link b",)
    assert plan.deletes == 0


def test_a_plan_tells_what_desired_tells() -> None:
    """No finding is lost between what is desired and the plan (nothing-silent)."""
    seen = observation(endpoints("a b: approved", "c: forbidden/approved"), links("a", "b"))
    wanted = make_desired(seen, accept_partial=True)
    assert make_plan(seen, wanted, Adopt.NONE)[KEPT].findings == wanted[KEPT].findings
    assert len(wanted[KEPT].findings) == 2


@pytest.mark.parametrize(
    ("managed", "allowed"), [(0, 3), (1, 3), (30, 3), (39, 3), (40, 4), (49, 4), (1000, 100)]
)
def test_the_delete_threshold(managed: int, allowed: int) -> None:
    """A tenth of what is managed may go at once, and always three (delete-threshold)."""
    assert DeleteThreshold().allowed(managed) == allowed


# ── Laws ────────────────────────────────────────────────────────────────────

SIDES = ("approved", "pending", "rejected", "gone", "transient", "forbidden", "unwatched")
REGISTRY_SIDES = ("approved", "pending", "rejected", "gone")
EXTRAS = (
    *("", "", "", "; lacks r.we.data", "; lacks r", "; r at 77", "; in a", "; interface empty"),
    *("; interface forbidden", "; zone group", "; zone group forbidden", "; is Updating"),
    *("; is Deleting", "; north", "; north holds r", "; gives r.we.geo", "; of s"),
)
RECORDS = (
    *("a", "a, (b)", "b, (a)", "a, b, c", "(a), nothing", "nothing, (a)", "10.9.9.9, (a)", "a2"),
    *("a, 10.9.9.9", "a; damaged", "a; no registry", "a; of s", "a; by hand", "10.9.9.9; by hand"),
    *("nothing; by hand", "a; by other", "nothing; created by a", "a; created by a; ours"),
    *("nothing; created by somebody", "a; ttl 60", "a; 12 keys", "a; 14 keys", "a@77"),
)
LINKS = ("", "", " by hand", " by other", " untagged", " deleting")


@st.composite
def observations(draw: st.DrawFn) -> Observation:
    """Any observation of up to three endpoints, two registries and four names."""
    one_of = st.sampled_from
    there = draw(st.lists(one_of(("a", "a2", "b", "c")), unique_by=lambda word: word[0]))
    names = draw(st.lists(one_of(("r", "r.we.data", "r.ne.data", "r.we.geo")), unique=True))
    told = st.tuples(one_of(SIDES), one_of(REGISTRY_SIDES)).map("/".join)
    linked = draw(st.lists(one_of("abc"), unique=True))
    return observation(
        zone(*(f"{name} -> {draw(one_of(RECORDS))}" for name in names)),
        endpoints(*(f"{word}: {draw(told)}{draw(one_of(EXTRAS))}" for word in there)),
        registries(
            f"r: {draw(one_of(('we', 'we', 'we, ne', 'we, ne Creating', 'gone', 'forbidden')))}",
            f"s: {draw(one_of(('we; login r', 'we', 'gone', 'transient')))}",
        ),
        links(*(f"{word}{draw(one_of(LINKS))}" for word in linked)),
        said(*draw(st.lists(one_of(("r a by endpoint", "r a by registry", "r b by endpoint"))))),
        settings(*draw(st.sets(one_of(("merge", "leave links"))))),
    )


adopts = st.sampled_from(Adopt)


def plans_of(
    seen: Observation, adopt: Adopt, *, accept_partial: bool = True
) -> Mapping[ResourceId, Plan]:
    """The plans of what is desired, by zone."""
    return make_plan(seen, make_desired(seen, accept_partial=accept_partial), adopt)


def plan_of(seen: Observation, adopt: Adopt, *, accept_partial: bool = True) -> Plan:
    """The plans of all zones, as if they were one."""
    plans = plans_of(seen, adopt, accept_partial=accept_partial).values()
    records = [change for plan in plans for change in plan.records]
    return Plan(
        tuple(
            sorted(records, key=lambda change: (change.action is Action.DELETE, change.is_login))
        ),
        tuple(change for plan in plans for change in plan.links),
        tuple(finding for plan in plans for finding in plan.findings),
    )


@given(observations(), adopts, st.booleans())
def test_the_order_of_what_was_read_does_not_matter(
    seen: Observation, adopt: Adopt, accept_partial: bool
) -> None:
    """Whichever answer came first, the plan is the same; findings may come in another order."""
    plans = plans_of(seen, adopt, accept_partial=accept_partial)
    others = plans_of(backwards(seen), adopt, accept_partial=accept_partial)
    assert others.keys() == plans.keys()
    for id_, plan in plans.items():
        assert others[id_].changes == plan.changes
        assert Counter(others[id_].findings) == Counter(plan.findings)


# A network moves in two steps: first its link, then the records that it leaves behind.
STEPS = 3


@given(observations(), adopts)
def test_a_plan_that_was_applied_leaves_nothing_to_do(seen: Observation, adopt: Adopt) -> None:
    """What is desired once everything is as desired is no change (idempotent)."""
    for _ in range(STEPS):
        seen = after(seen, plans_of(seen, adopt))
    assert plan_of(seen, adopt).changes == ()


@given(observations(), adopts, st.booleans())
def test_no_change_writes_an_empty_set(
    seen: Observation, adopt: Adopt, accept_partial: bool
) -> None:
    """A record set goes or holds an address: an empty one would answer with nothing.

    Invariant: never-empty.
    """
    plan = plan_of(seen, adopt, accept_partial=accept_partial)
    assert all(change.after is None or change.after.addresses for change in plan.records)


@given(observations(), adopts)
def test_upsert_only_never_removes(seen: Observation, adopt: Adopt) -> None:
    """The restricted plan has no removal, and is the rest of the whole one, in its order."""
    for plan in plans_of(seen, adopt).values():
        kept = restrict(plan, Policy.UPSERT_ONLY)
        assert kept.changes == tuple(change for change in plan.changes if not change.is_removal)
        for change in kept.records:
            assert not set(change.after.addresses if change.after else ()) < set(
                change.before.addresses if change.before else ()
            )


@given(observations())
def test_a_foreign_record_set_is_never_in_a_plan(seen: Observation) -> None:
    """Without adopting, nothing that bears no ownership of ours and holds addresses is changed.

    Invariant: others-untouched.
    """
    for change in plan_of(seen, Adopt.NONE).records:
        before = change.before
        ours = before is None or before.metadata.get("acrPrivateDns") == "owner"
        assert ours or (before is not None and not before.addresses)
    for link in plan_of(seen, Adopt.ALL).links:
        assert link.before is None or link.before.tags == {"acrPrivateDns": "owner"}


@given(observations(), adopts)
def test_login_records_leave_first_and_come_last(seen: Observation, adopt: Adopt) -> None:
    """No client asks a login server whose data records are not there yet, or not any more.

    Invariant: no-half-registry.
    """
    order = [(False, True), (False, False), (True, False), (True, True)]
    for plan in plans_of(seen, adopt).values():
        steps = [(c.action is not Action.DELETE, c.is_login) for c in plan.records]
        assert steps == sorted(steps, key=order.index)
