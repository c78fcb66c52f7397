"""Full syncs: whole zones come right from any state, and nothing that is not ours is touched."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.changes import Action
from shared.domain.ownership import Adopt
from shared.domain.policy import DeleteThreshold, Policy
from shared.domain.reading import Unknown, UnknownReason
from shared.domain.resource_id import NETWORK, ZONE, ResourceId
from shared.domain.resources import Registry, Status
from shared.domain.scope import FullScope
from shared.domain.zone import Links, Peered, Selection, Selector, Zone, with_other_selectors
from shared.engine.azure import Counts, Pacing
from shared.engine.backlog import Backlog
from shared.engine.context import make_context
from shared.engine.deadline import Deadline
from shared.engine.drift import find_drift
from shared.engine.result import ChangeState, ZoneResult
from shared.engine.snapshot import ZoneSnapshot, take_snapshot
from shared.errors import TransientError
from tests.simulation.azure import SUBSCRIPTION, ZONE_KEPT, Azure, an_id
from tests.simulation.full_syncs import actions, full_sync
from tests.simulation.run import FakeTime

PUBLISHED = {"myregistry": ["10.1.0.4"], "myregistry.westeurope.data": ["10.1.0.5"]}


class Estate:
    """An Azure with one registry behind one endpoint, published by a full sync."""

    def __init__(self, *regions: str) -> None:
        self.azure = Azure()
        self.registry = self.azure.add_registry("myregistry", *(regions or ("westeurope",)))
        self.endpoint = self.azure.add_endpoint("pe-a", self.registry, "10.1.0.4")

    async def publish(self) -> None:
        """Let a first full sync publish it, and forget how."""
        await full_sync(self.azure)
        self.azure.writes.clear()
        self.azure.calls.clear()

    def records_written(self) -> list[str]:
        """Names whose record sets were written or deleted."""
        return [name for method, name, _ in self.azure.writes if "link" not in method]


@pytest.fixture
async def estate() -> Estate:
    """The published estate."""
    found = Estate()
    await found.publish()
    return found


def codes(result: ZoneResult) -> set[str]:
    """The codes of a report's findings."""
    return {finding.kind.code for finding in result.findings}


async def test_an_estate_from_before_is_published_whole() -> None:
    """Endpoints that were there before the app get their records and links from one full sync."""
    estate = Estate()
    await full_sync(estate.azure)
    assert estate.azure.zone() == PUBLISHED
    assert [link.network for link in estate.azure.zone_links.values()] == [an_id(NETWORK, "net-a")]


async def test_a_right_zone_costs_no_write_and_no_look(estate: Estate) -> None:
    """In step, a full sync writes nothing and reads no record or endpoint alone (idempotent)."""
    await full_sync(estate.azure)
    assert estate.azure.writes == []
    assert not {"record", "link", "endpoint", "registry"} & {m for m, _ in estate.azure.calls}


def _empty(estate: Estate) -> None:
    estate.azure.sets.clear()


def _drop_one(estate: Estate) -> None:
    del estate.azure.sets["myregistry.westeurope.data"]


def _clear_addresses(estate: Estate) -> None:
    _change(estate, addresses=())


def _wrong_address(estate: Estate) -> None:
    _change(estate, addresses=("10.9.9.9",))


def _wrong_ttl(estate: Estate) -> None:
    _change(estate, ttl=3600)


def _no_entries(estate: Estate) -> None:
    _change(estate, metadata={"acrPrivateDns": "owner"})


def _nonsense_entries(estate: Estate) -> None:
    metadata = {
        "acrPrivateDns": "owner",
        "acrPrivateDnsRegistry": "nonsense",
        "acrPrivateDnsAddress01": "10.1.0.4 nonsense",
    }
    _change(estate, metadata=metadata)


def _nobodys(estate: Estate) -> None:
    _drop_one(estate)
    estate.azure.put_record("myregistry.westeurope.data")


def _change(estate: Estate, **what: Any) -> None:
    record = estate.azure.sets["myregistry"]
    estate.azure.sets["myregistry"] = replace(record, etag="touched", **what)


@pytest.mark.parametrize(
    "damage",
    [
        _empty,
        _drop_one,
        _clear_addresses,
        _wrong_address,
        _wrong_ttl,
        _no_entries,
        _nonsense_entries,
        _nobodys,
    ],
)
async def test_every_damage_is_repaired_in_one_full_sync(estate: Estate, damage: Any) -> None:
    """Missing, emptied, wrong, with a damaged mark: after one full sync the zone is as it was."""
    before = {name: replace(r, etag="") for name, r in estate.azure.sets.items()}
    damage(estate)
    await full_sync(estate.azure)
    assert {name: replace(r, etag="") for name, r in estate.azure.sets.items()} == before
    estate.azure.writes.clear()
    await full_sync(estate.azure)
    assert estate.azure.writes == []


async def test_a_missing_link_is_made_and_a_stale_one_goes(estate: Estate) -> None:
    """Links follow the endpoints, also where no event and no mark remembers them."""
    estate.azure.zone_links.clear()
    await full_sync(estate.azure)
    assert len(estate.azure.zone_links) == 1
    estate.azure.delete_endpoint(estate.endpoint)
    estate.azure.sets.clear()
    await full_sync(estate.azure)
    assert estate.azure.zone_links == {}


async def test_a_foreign_link_stays(estate: Estate) -> None:
    """A link without our mark is nobody's business, whoever uses it (others-untouched)."""
    ((name, link),) = estate.azure.zone_links.items()
    estate.azure.zone_links[name] = replace(link, tags={})
    estate.azure.delete_endpoint(estate.endpoint)
    await full_sync(estate.azure)
    assert estate.azure.zone() == {}
    assert list(estate.azure.zone_links) == [name]


@pytest.mark.parametrize(("peered", "remaining"), [(Peered.KEEP, 1), (Peered.UNLINK, 0)])
async def test_a_peered_networks_link_is_kept_by_default(peered: Peered, remaining: int) -> None:
    """Others may resolve through it, so it goes only where the zone's setting says so."""
    estate, zone = Estate(), replace(ZONE_KEPT, peered=peered)
    await estate.publish()
    estate.azure.peered.add(an_id(NETWORK, "net-a"))
    estate.azure.delete_endpoint(estate.endpoint)
    await full_sync(estate.azure, zone)
    assert len(estate.azure.zone_links) == remaining
    # Not even for a moment: resolvers remember what they did not find.
    assert sum(method == "unlink" for method, _, _ in estate.azure.writes) == 1 - remaining


async def test_stale_records_go_with_both_sides_proof(estate: Estate) -> None:
    """What events missed is removed by the next full sync: login first, link last.

    Invariant: no-half-registry.
    """
    estate.azure.delete_endpoint(estate.endpoint)
    (result,) = await full_sync(estate.azure)
    methods = [(method, name) for method, name, _ in estate.azure.writes]
    assert methods[:2] == [("delete", "myregistry"), ("delete", "myregistry.westeurope.data")]
    assert [method for method, _ in methods[2:]] == ["unlink"]
    assert len(result.in_state(ChangeState.DONE)) == 3


async def test_a_list_that_leaves_out_an_endpoint_takes_nothing(estate: Estate) -> None:
    """Absence from a list is no proof: the endpoint is read directly, and found.

    Invariant: no-unproven-delete.
    """
    estate.azure.unlisted = {estate.endpoint}
    await full_sync(estate.azure)
    assert estate.azure.writes == []
    assert estate.azure.zone() == PUBLISHED


async def test_a_list_that_leaves_out_everything_takes_nothing(estate: Estate) -> None:
    """Even if the registry is missing from its list as well, direct reads decide.

    Invariant: no-unproven-delete.
    """
    estate.azure.unlisted = {estate.endpoint, estate.registry}
    await full_sync(estate.azure)
    assert estate.azure.writes == []


@pytest.mark.parametrize("cause", [UnknownReason.TRANSIENT, UnknownReason.FORBIDDEN])
async def test_a_silent_subscription_is_a_gap(estate: Estate, cause: UnknownReason) -> None:
    """What depends on a subscription that cannot be listed stays, and the report says so."""
    estate.azure.delete_endpoint(estate.endpoint)
    estate.azure.unread = {SUBSCRIPTION: Unknown(cause, "503")}
    (result,) = await full_sync(estate.azure)
    assert estate.azure.writes == []
    assert result.unread == (f"/subscriptions/{SUBSCRIPTION}: 503",)
    assert ("unreadable" in codes(result)) is (cause is UnknownReason.FORBIDDEN)


async def test_what_one_registry_does_not_answer_is_a_gap(estate: Estate) -> None:
    """The lists came, but one read of a registry that may be wrong did not: no silent success."""
    second = estate.azure.add_endpoint("pe-b", estate.registry, "10.2.0.4")
    await estate.publish()
    estate.azure.delete_endpoint(estate.endpoint)
    nic = estate.azure.endpoints[second].interfaces[0]
    estate.azure.unknown[nic] = Unknown(UnknownReason.TRANSIENT, "503")
    (result,) = await full_sync(estate.azure)
    assert estate.azure.writes == []
    assert result.unread == (f"{second.name}: 503",)


async def test_what_is_on_its_way_at_a_new_registry_is_told(estate: Estate) -> None:
    """An endpoint whose interface has no members yet is no reason to say that all is right."""
    other = estate.azure.add_registry("other")
    appearing = estate.azure.add_endpoint("pe-b", other, "10.2.0.4")
    nic = estate.azure.endpoints[appearing].interfaces[0]
    estate.azure.interfaces[nic] = replace(estate.azure.interfaces[nic], members=())
    (result,) = await full_sync(estate.azure)
    assert result.in_progress == ("endpoint pe-b: the endpoint's interface has no members yet",)


async def test_one_sides_word_counts_once_it_is_said_twice(estate: Estate) -> None:
    """An endpoint that is gone while its registry still approves it goes after half a minute."""
    del estate.azure.endpoints[estate.endpoint]
    (result,) = await full_sync(estate.azure)
    assert estate.azure.zone() == {}
    assert "one-sided" in codes(result)
    reads = [what for method, what in estate.azure.calls if method == "endpoint"]
    assert reads.count(estate.endpoint) >= 2


@pytest.mark.parametrize("beside", [False, True])
async def test_one_sides_word_that_is_taken_back_takes_nothing(
    estate: Estate, beside: bool
) -> None:
    """A 404 that lies goes away within half a minute, and with it the suspicion.

    Invariant: no-unproven-delete.
    """
    zone = replace(ZONE_KEPT, selection=Selection.MERGE)
    if beside:
        # An address beside others is no name's last one, which is spared for other reasons.
        estate.azure.add_endpoint("pe-b", estate.registry, "10.2.0.4", "net-b")
        await full_sync(estate.azure, zone)
        estate.azure.writes.clear()
    published = estate.azure.zone()
    gone = estate.azure.endpoints.pop(estate.endpoint)
    observations = 0

    def before(method: str, what: object) -> None:
        nonlocal observations
        observations += (method, what) == ("endpoint", estate.endpoint)
        if observations == 2:
            estate.azure.endpoints[estate.endpoint] = gone

    estate.azure.before = before
    await full_sync(estate.azure, zone)
    assert estate.azure.zone() == published
    assert estate.records_written() == []


async def test_the_second_look_comes_half_a_minute_later(estate: Estate) -> None:
    """Azure's reads lag, so what one side says must still be so half a minute on.

    Invariant: no-unproven-delete.
    """
    del estate.azure.endpoints[estate.endpoint]
    time, observations = FakeTime(), list[float]()

    def before(method: str, what: object) -> None:
        if (method, what) == ("endpoint", estate.endpoint):
            observations.append(time.clock())

    estate.azure.before = before
    await full_sync(estate.azure, time=time)
    assert estate.azure.zone() == {}
    assert observations[-1] - observations[0] >= 30


async def test_what_lingers_is_told_but_not_waited_for_every_time(estate: Estate) -> None:
    """A deletion that does not end is waited for now and then, and told each time (bounded)."""
    whole = estate.azure.endpoints[estate.endpoint]
    estate.azure.endpoints[estate.endpoint] = replace(whole, state="Deleting")
    backlog, waits = Backlog(), list[float]()
    for _ in range(6):
        time = FakeTime()
        (result,) = await full_sync(estate.azure, time=time, backlog=backlog)
        assert any("is being deleted" in text for text in result.in_progress)
        waits.append(time.seconds)
    assert waits == [30, 0, 0, 0, 0, 30]
    assert estate.azure.zone() == PUBLISHED


async def test_a_plan_uses_up_no_wait(estate: Estate) -> None:
    """Whoever only asks what would change takes no second look from the run that changes it."""
    del estate.azure.endpoints[estate.endpoint]
    backlog = Backlog()
    await full_sync(estate.azure, backlog=backlog, dry_run=True)
    await full_sync(estate.azure, backlog=backlog)
    assert estate.azure.zone() == {}


async def test_nobody_is_asked_twice_where_nothing_may_go(estate: Estate) -> None:
    """Upsert-only deletes nothing on any word, so none is asked for again (bounded)."""
    del estate.azure.endpoints[estate.endpoint]
    backlog = Backlog()
    for waits in (30, 0):
        time = FakeTime()
        (result,) = await full_sync(
            estate.azure, time=time, backlog=backlog, policy=Policy.UPSERT_ONLY
        )
        assert time.seconds == waits
    assert codes(result) == {"unsettled"}
    assert estate.azure.zone() == PUBLISHED


async def test_one_sides_word_is_told_only_where_something_goes(estate: Estate) -> None:
    """A name that keeps its last address for another endpoint's sake lost nothing (confirmed)."""
    other = estate.azure.add_endpoint("pe-b", estate.registry, "10.2.0.4", "net-b")
    estate.azure.unknown[other] = Unknown(UnknownReason.TRANSIENT, "429")
    del estate.azure.endpoints[estate.endpoint]
    (result,) = await full_sync(estate.azure)
    assert estate.azure.zone() == PUBLISHED
    assert "one-sided" not in codes(result)


async def test_a_name_that_was_switched_off_goes(estate: Estate) -> None:
    """A regional name whose member is gone goes though no document proves it, on two looks."""
    nic = estate.azure.endpoints[estate.endpoint].interfaces[0]
    full = estate.azure.interfaces[nic]
    geo = replace(
        full.members[0],
        name="registry_westeurope",
        fqdn="myregistry.westeurope.geo.azurecr.io",
        address="10.1.0.9",
    )
    estate.azure.interfaces[nic] = replace(full, members=(*full.members, geo))
    await estate.publish()
    assert "myregistry.westeurope.geo" in estate.azure.zone()
    estate.azure.interfaces[nic] = full
    await full_sync(estate.azure)
    assert estate.azure.zone() == PUBLISHED


async def test_a_pending_connection_neither_comes_nor_goes(estate: Estate) -> None:
    """Pending publishes nothing and removes nothing, however often it is seen."""
    estate.azure.set_status(estate.endpoint, Status.PENDING)
    estate.azure.connect(estate.registry, estate.endpoint, Status.PENDING)
    await full_sync(estate.azure)
    assert estate.azure.zone() == PUBLISHED
    assert estate.azure.writes == []


# ── The delete threshold, the policy, dry runs, the cap ────────────────────────────────


async def many(count: int) -> tuple[Azure, list[ResourceId]]:
    """An Azure with so many registries of two names each, all published."""
    azure = Azure()
    endpoints = []
    for number in range(count):
        registry = azure.add_registry(f"r{number:03}")
        address = f"10.{number // 250}.{number % 250}.4"
        endpoints.append(azure.add_endpoint(f"pe-{number:03}", registry, address))
    await full_sync(azure)
    azure.writes.clear()
    return azure, endpoints


async def test_the_threshold_refuses_every_delete_and_nothing_else() -> None:
    """Past the threshold not one address goes, what is missing comes, and the report says so.

    Invariant: delete-threshold.
    """
    azure, endpoints = await many(10)
    for endpoint in endpoints[:3]:
        azure.delete_endpoint(endpoint)
    del azure.sets["r009"]
    (result,) = await full_sync(azure)
    assert [name for method, name, _ in azure.writes if "link" not in method] == ["r009"]
    assert "delete-threshold" in codes(result)
    assert len(azure.zone()) == 20
    assert len(result.in_state(ChangeState.WITHHELD)) == 6


async def test_the_threshold_counts_what_one_side_may_yet_take() -> None:
    """What is half proven gone counts before its second look, or the threshold would come late.

    Invariant: delete-threshold.
    """
    azure, endpoints = await many(10)
    for endpoint in endpoints[:3]:
        del azure.endpoints[endpoint]
    (result,) = await full_sync(azure)
    assert azure.writes == []
    assert "delete-threshold" in codes(result)


async def test_the_threshold_holds_what_the_lists_had_not_shown() -> None:
    """Where direct reads find more gone than the lists, no more goes than is allowed.

    Invariant: delete-threshold.
    """
    azure, endpoints = await many(10)
    for name, record in list(azure.sets.items())[:6]:
        azure.sets[name] = replace(record, ttl=3600)

    def before(method: str, _what: object) -> None:
        if method in ("registry", "endpoint"):
            for endpoint in endpoints[:3]:
                if endpoint in azure.endpoints:
                    azure.delete_endpoint(endpoint)

    azure.before = before
    (result,) = await full_sync(azure)
    assert len([name for method, name, _ in azure.writes if method == "delete"]) == 2
    assert "delete-threshold" in codes(result)


async def test_the_threshold_counts_links() -> None:
    """Five links that nobody seems to need any more are more than a small zone may lose.

    Invariant: delete-threshold.
    """
    azure = Azure()
    registry = azure.add_registry("myregistry")
    networks = [f"net-{number}" for number in range(5)]
    endpoints = [azure.add_endpoint(f"pe-{n}", registry, "10.1.0.4", n) for n in networks]
    await full_sync(azure)
    for endpoint in endpoints:
        azure.delete_endpoint(endpoint)
    azure.sets.clear()
    (result,) = await full_sync(azure)
    assert len(azure.zone_links) == 5
    assert "delete-threshold" in codes(result)


async def test_the_threshold_can_be_overridden_for_one_run() -> None:
    """A person who has looked lets the same deletes through."""
    azure, endpoints = await many(10)
    for endpoint in endpoints[:3]:
        azure.delete_endpoint(endpoint)
    (result,) = await full_sync(azure, override_threshold=True)
    assert len(azure.zone()) == 14
    assert "delete-threshold" not in codes(result)


@pytest.mark.parametrize(("ours", "allowed"), [(0, 3), (4, 3), (40, 4), (4000, 400)])
def test_the_threshold_is_sensible_for_every_size(ours: int, allowed: int) -> None:
    """A zone of 4 may lose one registry, and never all of it; one of 4,000 a tenth."""
    assert DeleteThreshold().allowed(ours) == allowed


async def test_an_allowed_delete_is_not_refused(estate: Estate) -> None:
    """A small zone may lose a registry without anybody's leave."""
    estate.azure.delete_endpoint(estate.endpoint)
    (result,) = await full_sync(estate.azure)
    assert estate.azure.zone() == {}
    assert codes(result) == set()


async def test_upsert_only_takes_nothing(estate: Estate) -> None:
    """With that policy names come and change, and nothing goes; what was withheld is told."""
    estate.azure.delete_endpoint(estate.endpoint)
    other = estate.azure.add_registry("other")
    estate.azure.add_endpoint("pe-b", other, "10.2.0.4")
    (result,) = await full_sync(estate.azure, policy=Policy.UPSERT_ONLY)
    assert sorted(estate.azure.zone()) == [*PUBLISHED, "other", "other.westeurope.data"]
    assert {change.action for change in result.in_state(ChangeState.WITHHELD)} == {Action.DELETE}


async def test_a_dry_run_plans_and_writes_nothing() -> None:
    """What would be done is told change by change, and the zone stays as it is."""
    estate = Estate()
    (result,) = await full_sync(estate.azure, dry_run=True)
    assert estate.azure.writes == []
    assert actions(result.in_state(ChangeState.PLANNED)) == [
        "create record",
        "create record",
        "create link",
    ]
    await full_sync(estate.azure)
    assert estate.azure.zone() == PUBLISHED


async def test_a_dry_run_proves_what_it_plans(estate: Estate) -> None:
    """A link that would be kept is not planned to go, and the finding says why."""
    estate.azure.peered.add(an_id(NETWORK, "net-a"))
    estate.azure.delete_endpoint(estate.endpoint)
    (result,) = await full_sync(estate.azure, dry_run=True)
    assert actions(result.in_state(ChangeState.PLANNED)) == ["delete record"] * 2
    estate.azure.sets.clear()
    (result,) = await full_sync(estate.azure, dry_run=True)
    assert result.in_state(ChangeState.PLANNED) == []
    assert codes(result) == {"link-kept"}


async def test_a_dry_run_removes_no_link(estate: Estate) -> None:
    """A link that nobody uses any more is planned to go, and stays."""
    estate.azure.delete_endpoint(estate.endpoint)
    estate.azure.sets.clear()
    (result,) = await full_sync(estate.azure, dry_run=True)
    assert actions(result.in_state(ChangeState.PLANNED)) == ["delete link"]
    assert len(estate.azure.zone_links) == 1


async def test_the_cap_leaves_the_rest_for_the_next_full_sync() -> None:
    """No full sync writes more than its cap; the next ones go on until all is done (bounded)."""
    azure, _ = await many(8)
    azure.sets.clear()
    (result,) = await full_sync(azure, limit=6)
    assert len(azure.zone()) == 6
    assert result.remaining == 10
    for _ in range(2):
        (result,) = await full_sync(azure, limit=6)
    assert len(azure.zone()) == 16
    assert result.remaining == 0


async def test_the_lists_of_a_full_sync_wait_for_their_turn(
    estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full sync has minutes and events have seconds, so its pages wait (bounded)."""
    turns = list[Pacing]()
    for call in (estate.azure.records, estate.azure.links):
        monkeypatch.setattr(estate.azure, call.__name__, _noting(call, turns))
    await full_sync(estate.azure)
    assert turns == [Pacing.WAIT, Pacing.WAIT]


def _noting(call: Callable[..., Awaitable[Any]], turns: list[Pacing]) -> Callable[..., Any]:
    async def noted(zone: Zone, turn: Pacing = Pacing.NOW) -> Any:
        turns.append(turn)
        return await call(zone, turn)

    return noted


async def test_a_full_sync_without_time_leaves_all_for_the_next() -> None:
    """A full sync whose time is over begins nothing, and says how much is left."""
    azure, _ = await many(3)
    azure.sets.clear()
    (result,) = await full_sync(azure, seconds=5)
    assert azure.zone() == {}
    assert result.remaining == 6


async def test_a_poisoned_registry_blocks_nobody() -> None:
    """A bug or a failure at one registry leaves the others repaired, and is told."""
    azure, _ = await many(3)
    azure.sets.clear()

    def poison(method: str, what: object) -> None:
        if method == "registry" and isinstance(what, ResourceId) and what.name == "r001":
            raise ZeroDivisionError

    azure.before = poison
    (result,) = await full_sync(azure)
    assert sorted(azure.zone()) == ["r000", "r000.westeurope.data", "r002", "r002.westeurope.data"]
    assert [type(bug) for bug in result.bugs] == [ZeroDivisionError]


async def test_a_locked_record_is_a_finding(estate: Estate) -> None:
    """What a lock protects is told, and everything else is repaired."""
    estate.azure.sets.clear()
    estate.azure.locked = {"myregistry.westeurope.data"}
    (result,) = await full_sync(estate.azure)
    assert sorted(estate.azure.zone()) == ["myregistry"]
    assert "locked" in codes(result)
    assert result.errors == ()


async def test_a_locked_login_server_keeps_its_data_endpoints(estate: Estate) -> None:
    """Of a registry that leaves, no data record goes while its login record cannot.

    Invariant: no-half-registry.
    """
    estate.azure.delete_endpoint(estate.endpoint)
    estate.azure.locked = {"myregistry"}
    await full_sync(estate.azure)
    assert sorted(estate.azure.zone()) == list(PUBLISHED)


# ── What is not ours ────────────────────────────────────────────────────────


async def test_hand_made_records_are_left_and_counted() -> None:
    """Right or wrong, an unmarked record stays; a wrong one is a finding (others-untouched)."""
    estate = Estate()
    right = estate.azure.put_record("myregistry", "10.1.0.4")
    wrong = estate.azure.put_record("myregistry.westeurope.data", "10.9.9.9")
    (result,) = await full_sync(estate.azure)
    assert estate.azure.sets == {right.name: right, wrong.name: wrong}
    assert codes(result) == {"unmanaged-record"}
    assert (result.managed, result.unmanaged) == (0, 2)


async def test_adopting_makes_hand_made_records_ours() -> None:
    """A run told to adopt corrects and marks what stands at a registry's names, nothing else."""
    estate = Estate()
    estate.azure.put_record("myregistry", "10.1.0.4", metadata={"team": "x"})
    estate.azure.put_record("myregistry.westeurope.data", "10.9.9.9")
    other = estate.azure.put_record("somebody.else", "10.9.9.9")
    await full_sync(estate.azure, adopt=Adopt.ALL)
    assert estate.azure.zone() == {**PUBLISHED, "somebody.else": ["10.9.9.9"]}
    assert estate.azure.sets["myregistry"].metadata["acrPrivateDns"] == "owner"
    assert estate.azure.sets["myregistry"].metadata["team"] == "x"
    assert estate.azure.sets["somebody.else"] == other


async def test_adopting_spares_a_zone_groups_records() -> None:
    """While an endpoint has its zone group, Azure keeps those records, whatever we are told."""
    estate = Estate()
    estate.azure.attach_zone_group(estate.endpoint, wipe=True)
    before = dict(estate.azure.sets)
    await full_sync(estate.azure, adopt=Adopt.ALL)
    assert estate.azure.sets == before


async def test_an_empty_set_of_a_zone_group_that_may_stand_is_left() -> None:
    """A full sync fills what is empty, but not what a zone group wrote that cannot be read.

    Invariant: others-untouched.
    """
    estate = Estate()
    estate.azure.attach_zone_group(estate.endpoint, wipe=True)
    theirs = dict(estate.azure.sets["myregistry"].metadata)
    empty = estate.azure.put_record("myregistry", metadata=theirs)
    estate.azure.add_endpoint("pe-b", estate.registry, "10.2.0.4", "net-b")
    estate.azure.unknown[estate.endpoint] = Unknown(UnknownReason.FORBIDDEN, "403")
    await full_sync(estate.azure)
    assert estate.azure.sets["myregistry"] == empty


async def test_a_former_owner_is_taken_over(estate: Estate) -> None:
    """A run that names the former owner turns its marks into ours; others' stay as they are."""
    for name, record in estate.azure.sets.items():
        metadata = {**record.metadata, "acrPrivateDns": "old"}
        estate.azure.sets[name] = replace(record, metadata=metadata)
    third = estate.azure.put_record("third", "10.9.9.9", metadata={"acrPrivateDns": "another"})
    await full_sync(estate.azure)
    assert estate.records_written() == []
    await full_sync(estate.azure, adopt_from="old")
    owners = {name: r.metadata["acrPrivateDns"] for name, r in estate.azure.sets.items()}
    assert owners == {**dict.fromkeys(PUBLISHED, "owner"), "third": "another"}
    assert estate.azure.sets["third"] == third


async def test_an_orphan_is_a_finding_and_stays(estate: Estate) -> None:
    """A record of ours that no registry can be told of goes by a person's hand only.

    Invariant: no-unproven-delete.
    """
    estate.azure.put_record("lost", "10.9.9.9", metadata={"acrPrivateDns": "owner"})
    (result,) = await full_sync(estate.azure)
    assert estate.azure.zone() == {**PUBLISHED, "lost": ["10.9.9.9"]}
    assert codes(result) == {"orphaned"}


async def test_a_zone_group_that_went_unheard_is_taken_over(estate: Estate) -> None:
    """Records that a former zone group left behind, or took along, come back as ours."""
    estate.azure.attach_zone_group(estate.endpoint, wipe=True)
    await full_sync(estate.azure)
    estate.azure.detach_zone_group(estate.endpoint, clear=True)
    await full_sync(estate.azure)
    assert estate.azure.zone() == PUBLISHED
    assert all("acrPrivateDns" in r.metadata for r in estate.azure.sets.values())


# ── Several zones ───────────────────────────────────────────────────────────

NORTH = an_id(ZONE, "privatelink.azurecr.io", "north")


def regional(*, north: Selector) -> tuple[Any, ...]:
    """The zone that is kept by default for the rest, and one in the group `north`."""
    return with_other_selectors((ZONE_KEPT, replace(ZONE_KEPT, id=NORTH, selector=north)))


async def test_each_network_has_its_own_zone() -> None:
    """Two endpoints of one registry in two zones are published each in its own, both first."""
    estate = Estate()
    estate.azure.add_endpoint("pe-b", estate.registry, "10.2.0.4", "net-b")
    north = Selector(networks=frozenset((an_id(NETWORK, "net-b"),)))
    await full_sync(estate.azure, *regional(north=north))
    assert estate.azure.zone() == PUBLISHED
    there = estate.azure.zones[NORTH].records
    assert {name: record.addresses for name, record in there.items()} == {
        "myregistry": ("10.2.0.4",),
        "myregistry.westeurope.data": ("10.2.0.5",),
    }
    assert [link.network.name for link in estate.azure.zones[NORTH].links.values()] == ["net-b"]  # type: ignore[union-attr]


async def test_an_endpoint_that_changes_zones_is_published_there_first(estate: Estate) -> None:
    """It never lacks a record on the way: new zone, link moved, old zone last (never-empty)."""
    north = Selector(networks=frozenset((an_id(NETWORK, "net-a"),)))
    await full_sync(estate.azure, *regional(north=north))
    methods = [method for method, _, _ in estate.azure.writes]
    assert methods == ["write", "write", "unlink", "link", "delete", "delete"]
    assert estate.azure.zone() == {}
    assert sorted(estate.azure.zones[NORTH].records) == list(PUBLISHED)
    assert len(estate.azure.zones[NORTH].links) == 1
    estate.azure.writes.clear()
    await full_sync(estate.azure, *regional(north=north))
    assert estate.azure.writes == []


async def test_an_endpoint_stays_in_its_old_zone_until_the_new_one_holds_it(
    estate: Estate,
) -> None:
    """While the new zone cannot be written, the old one keeps the names, linked or not.

    Invariant: never-empty.
    """
    north = Selector(networks=frozenset((an_id(NETWORK, "net-a"),)))
    zones = [replace(zone, links=Links.LEAVE) for zone in regional(north=north)]

    def refuse(method: str, _what: object) -> None:
        if method == "write_record":
            raise TransientError("503")

    estate.azure.before = refuse
    await full_sync(estate.azure, *zones)
    assert estate.azure.zone() == PUBLISHED


async def test_a_foreign_link_keeps_an_endpoint_in_its_old_zone(estate: Estate) -> None:
    """While somebody else's link shows the network the old zone, the names stay there as well."""
    ((name, link),) = estate.azure.zone_links.items()
    estate.azure.zone_links[name] = replace(link, tags={})
    north = Selector(networks=frozenset((an_id(NETWORK, "net-a"),)))
    results = await full_sync(estate.azure, *regional(north=north))
    assert estate.azure.zone() == PUBLISHED
    assert sorted(estate.azure.zones[NORTH].records) == list(PUBLISHED)
    assert "still-linked" in codes(results[0])
    assert "link-refused" in codes(results[1])


async def test_a_network_that_no_zone_serves_is_a_finding(estate: Estate) -> None:
    """Without any zone for it an endpoint's names stay where they are, and a person is told."""
    only = replace(ZONE_KEPT, selector=Selector(regions=frozenset(("eastus",))))
    (result,) = await full_sync(estate.azure, *with_other_selectors((only,)))
    assert estate.azure.zone() == PUBLISHED
    assert "no-zone" in codes(result)


# ── Findings about the estate ───────────────────────────────────────────────


async def test_a_full_sync_of_one_subscription_leaves_the_others(estate: Estate) -> None:
    """A run asked to look after one subscription changes no name or link of another's."""
    estate.azure.delete_endpoint(estate.endpoint)
    elsewhere = FullScope(subscription="22222222-2222-2222-2222-222222222222")
    await full_sync(estate.azure, scope=elsewhere)
    assert estate.azure.zone() == PUBLISHED
    estate.azure.sets.clear()
    await full_sync(estate.azure, scope=elsewhere)
    assert len(estate.azure.zone_links) == 1
    await full_sync(estate.azure, scope=FullScope(subscription=SUBSCRIPTION))
    assert estate.azure.zone_links == {}


async def test_what_a_person_should_know_is_found(estate: Estate) -> None:
    """Custom DNS servers, public access and IPv6 members are told, and change nothing."""
    network, nic = an_id(NETWORK, "net-a"), an_id("Microsoft.Network/networkInterfaces", "pe-a.nic")
    estate.azure.dns_servers[network] = ("10.0.0.53",)
    found: Registry = estate.azure.registries[estate.registry]
    estate.azure.registries[estate.registry] = replace(found, is_public=True)
    interface = estate.azure.interfaces[nic]
    estate.azure.interfaces[nic] = replace(interface, ipv6_fqdns=("myregistry.azurecr.io",))
    (result,) = await full_sync(estate.azure)
    assert codes(result) == {"custom-dns", "public-access", "ipv6-member"}
    assert estate.azure.writes == []


async def test_links_left_to_others_are_left_to_others() -> None:
    """Where central resolvers serve the networks no link is read, made or removed."""
    estate = Estate()
    await full_sync(estate.azure, replace(ZONE_KEPT, links=Links.LEAVE))
    assert estate.azure.zone() == PUBLISHED
    assert estate.azure.zone_links == {}
    assert "links" not in {method for method, _ in estate.azure.calls}


async def test_two_full_syncs_at_once_do_no_harm() -> None:
    """Two timers meet in the same zone: one of them writes, the other sees it done."""
    estate = Estate()
    await asyncio.gather(full_sync(estate.azure), full_sync(estate.azure))
    assert estate.azure.zone() == PUBLISHED
    assert sorted(estate.records_written()) == sorted(PUBLISHED)


async def test_registries_in_one_new_network_make_its_link_once() -> None:
    """A hundred registries that share a network cost its link one write, and few reads.

    Invariant: bounded.
    """
    azure = Azure()
    for number in range(100):
        azure.add_endpoint(f"pe-{number:02}", azure.add_registry(f"r{number:02}"), "10.1.0.4")
    await full_sync(azure, limit=1_000)
    assert [method for method, _, _ in azure.writes].count("link") == 1
    assert sum(method == "record" for method, _ in azure.calls) == 0
    assert sum(method == "link" for method, _ in azure.calls) <= 200


@pytest.mark.parametrize(("records", "told"), [(22_499, False), (22_500, True)])
async def test_a_zone_that_nears_its_limit_is_told(
    estate: Estate, monkeypatch: pytest.MonkeyPatch, records: int, told: bool
) -> None:
    """From nine tenths of Azure's limit on a person hears of it, while there is still room."""

    async def counts(_zone: Zone) -> Counts:
        return Counts(records, 25_000, 1, 1_000)

    monkeypatch.setattr(estate.azure, "counts", counts)
    (result,) = await full_sync(estate.azure)
    assert ("zone-limit" in codes(result)) is told


async def test_an_endpoint_outside_the_watch_is_told_and_nothing_waits_for_it(
    estate: Estate,
) -> None:
    """A managed network of another service is one finding, and no gap."""
    foreign = replace(estate.endpoint, subscription="9" * 8 + "-9999-9999-9999-" + "9" * 12)
    estate.azure.connect(estate.registry, foreign, Status.APPROVED)
    estate.azure.unknown[foreign] = Unknown(UnknownReason.UNWATCHED)
    (result,) = await full_sync(estate.azure)
    assert "endpoint-unwatched" in codes(result)
    assert result.unread == ()
    assert estate.azure.zone() == PUBLISHED


async def test_more_endpoints_than_a_mark_has_room_for_are_told() -> None:
    """Ten addresses are published where all are merged, and the rest is a finding."""
    estate = Estate()
    for number in range(11):
        estate.azure.add_endpoint(f"pe-b{number:02}", estate.registry, f"10.2.{number}.4")
    (result,) = await full_sync(estate.azure, replace(ZONE_KEPT, selection=Selection.MERGE))
    assert "too-many-addresses" in codes(result)
    assert len(estate.azure.zone()["myregistry"]) == 10


async def _comparisons(registries: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """How often IDs are looked up to judge a zone in which everything is right."""
    azure = Azure()
    for number in range(registries):
        name = f"registry{number}"
        azure.add_endpoint(f"pe-{number}", azure.add_registry(name), f"10.1.{number}.4")
    await full_sync(azure)
    context = make_context(azure, (ZONE_KEPT,))
    snapshot = await take_snapshot(context, Deadline(60))
    zone = snapshot.zones[ZONE_KEPT.id]
    assert isinstance(zone, ZoneSnapshot)
    make_hash, count = ResourceId.__hash__, 0

    def counted(id_: ResourceId) -> int:
        nonlocal count
        count += 1
        return make_hash(id_)

    with monkeypatch.context() as patch:
        patch.setattr(ResourceId, "__hash__", counted)
        drift = find_drift(snapshot, (ZONE_KEPT,), context, Adopt.EMPTY)
    assert not drift.drifted_registries
    return count


async def test_twice_the_registries_are_twice_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """A zone of 25,000 records is judged in seconds, so no registry may be held to all others.

    Invariant: bounded.
    """
    few, many = [await _comparisons(number, monkeypatch) for number in (20, 80)]
    assert many < 5 * few
