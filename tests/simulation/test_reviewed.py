"""Cases that a review found: each is the smallest in which an invariant was lost."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.reading import Unknown, UnknownReason
from shared.domain.resource_id import NETWORK, REGISTRY, ZONE, ResourceId
from shared.domain.resources import Registry
from shared.domain.scope import EndpointScope, RegistryScope
from shared.domain.zone import Foreign, Links, Selector, Zone, with_other_selectors
from shared.engine import full_sync as full_sync_module
from shared.engine.backlog import Backlog
from shared.engine.context import RunContext
from shared.engine.deadline import WHOLE_SECONDS, Deadline
from shared.engine.drift import find_drift
from shared.engine.full_sync import Errand, FullSync
from shared.engine.options import Mandate
from shared.engine.ownership_index import OwnershipIndex
from shared.engine.result import ChangeState, ZoneResult
from shared.engine.runner import visit
from shared.errors import TransientError
from tests.simulation.app import App
from tests.simulation.azure import SUBSCRIPTION, ZONE_KEPT, Azure, an_id
from tests.simulation.full_syncs import sweep
from tests.simulation.run import FakeTime

NORTH = an_id(ZONE, "privatelink.azurecr.io", "north")
NET_A = an_id(NETWORK, "net-a")
PUBLISHED = {"myregistry": ["10.1.0.4"], "myregistry.westeurope.data": ["10.1.0.5"]}


def one() -> tuple[Azure, ResourceId, ResourceId]:
    """An Azure with one registry behind one endpoint, not published yet."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    return azure, registry, azure.add_endpoint("pe-a", registry, "10.1.0.4")


def regional(*networks: str) -> tuple[Zone, ...]:
    """The zone that is kept by default for the rest, and one in the group `north` for networks."""
    is_serving = Selector(networks=frozenset(an_id(NETWORK, name) for name in networks))
    return with_other_selectors((ZONE_KEPT, replace(ZONE_KEPT, id=NORTH, selector=is_serving)))


def north(azure: Azure) -> dict[str, list[str]]:
    """What the zone in the group `north` answers."""
    sets = azure.other_sets.get(NORTH, {})
    return {name: sorted(record.addresses) for name, record in sorted(sets.items())}


def codes(*results: ZoneResult) -> set[str]:
    """The codes of all findings."""
    return {finding.kind.code for result in results for finding in result.findings}


async def visited(
    azure: Azure, scope: EndpointScope | RegistryScope, *zones: Zone, **mandate: Any
) -> list[ZoneResult]:
    """One visit."""
    time, zones = FakeTime(), zones or (ZONE_KEPT,)
    context = RunContext(azure, OwnershipIndex(azure), zones)
    return await visit(
        scope, zones, context, Deadline(60, time.clock, time.sleep), Mandate(**mandate)
    )


def shows(azure: Azure, network: ResourceId) -> Mapping[str, list[str]]:
    """What a network's clients see, by its links: the records of the zone it is linked to."""
    if any(link.network == network for link in azure.zone_links.values()):
        return azure.zone()
    if any(link.network == network for link in azure.other_links.get(NORTH, {}).values()):
        return north(azure)
    return {}


# ── A network that moves ────────────────────────────────────────────────────


async def test_a_network_moves_when_all_that_it_sees_has_moved() -> None:
    """While one registry of a network is not published in the new zone, its link stays.

    Invariant: never-empty.
    """
    azure, _, _ = one()
    azure.add_endpoint("pe-z", azure.add_registry("zregistry"), "10.1.0.14")
    await sweep(azure)
    seen = dict(shows(azure, NET_A))
    assert len(seen) == 4
    await sweep(azure, *regional("net-a"), cap=3)
    assert shows(azure, NET_A) == seen


async def test_a_network_does_not_move_to_a_zone_whose_record_is_locked() -> None:
    """A lock that keeps a name out of the new zone keeps the network in the old one.

    Invariant: never-empty.
    """
    azure, _, _ = one()
    await sweep(azure)
    azure.locked = {"myregistry"}
    await sweep(azure, *regional("net-a"))
    assert shows(azure, NET_A)["myregistry"] == ["10.1.0.4"]


async def test_a_network_does_not_move_to_a_zone_with_a_foreign_record() -> None:
    """A wrong record of somebody else in the new zone is not what the network should see.

    Invariant: never-empty.
    """
    azure, _, _ = one()
    await sweep(azure)
    zones = regional("net-a")
    wrong = azure.put_record("myregistry", "10.9.9.9")
    azure.sets_of(zones[1])["myregistry"] = wrong
    azure.sets.pop("myregistry")
    await sweep(azure, ZONE_KEPT)
    await sweep(azure, *zones)
    assert shows(azure, NET_A)["myregistry"] == ["10.1.0.4"]


@pytest.mark.parametrize("how", ["sweep", "visit", "event"])
async def test_a_foreign_link_keeps_names_whoever_looks(how: str) -> None:
    """A link of any name that shows a network the old zone keeps the names there (decision 9)."""
    azure, registry, _ = one()
    await sweep(azure)
    ((_, link),) = azure.zone_links.items()
    azure.zone_links = {"hub": replace(link, name="hub", tags={})}
    zones = regional("net-a")
    if how == "sweep":
        await sweep(azure, *zones)
    else:
        await visited(azure, RegistryScope(registry), *zones)
        await visited(azure, RegistryScope(registry), *zones)
    assert azure.zone() == PUBLISHED


async def test_an_endpoint_made_again_in_another_zones_network_leaves_the_old_zone() -> None:
    """Another guid than the mark's proves alone that the address is over.

    Invariant: no-unproven-delete, liveness.
    """
    azure, registry, endpoint = one()
    await sweep(azure)
    azure.delete_endpoint(endpoint)
    azure.add_endpoint("pe-a", registry, "10.2.0.4", "net-b")
    for _ in range(3):
        await sweep(azure, *regional("net-b"))
    assert azure.zone() == {}


async def test_an_address_that_changed_in_the_new_zone_leaves_the_old_one() -> None:
    """A member that came again at another address is not waited for at its old one (liveness)."""
    azure, registry, endpoint = one()
    await sweep(azure)
    azure.drop_member(endpoint, "registry_data_westeurope")
    azure.add_member(endpoint, registry, "registry_data_westeurope", "10.1.0.77")
    for _ in range(3):
        await sweep(azure, *regional("net-a"))
    assert azure.zone() == {}
    assert north(azure)["myregistry.westeurope.data"] == ["10.1.0.77"]


async def test_a_region_that_went_while_its_network_moved_leaves_the_old_zone() -> None:
    """A name that the endpoint has no more anywhere does not stay in the old zone (liveness)."""
    azure = Azure()
    registry = azure.add_registry("myregistry", "westeurope", "northeurope")
    azure.add_endpoint("pe-a", registry, "10.1.0.4")
    await sweep(azure)
    azure.drop_replica(registry, "northeurope")
    for _ in range(3):
        await sweep(azure, *regional("net-a"))
    assert azure.zone() == {}


@pytest.mark.parametrize("target", ["locked", "free"])
async def test_a_damaged_mark_does_not_let_a_moving_name_go(target: str) -> None:
    """Without entries an address of a routed endpoint still waits for the other zone.

    Invariant: no-unproven-delete.
    """
    azure, _, _ = one()
    await sweep(azure)
    for name, record in azure.sets.items():
        azure.sets[name] = replace(record, metadata={"acrPrivateDns": "owner"})
    zones = regional("net-a")
    if target == "locked":
        write = azure.write_record

        async def locked(zone: Zone, record: Any) -> None:
            if zone.id == NORTH:
                raise TransientError("503")
            await write(zone, record)

        azure.write_record = locked  # type: ignore[method-assign]
        await sweep(azure, *zones)
        assert azure.zone() == PUBLISHED
    else:
        for _ in range(3):
            await sweep(azure, *zones)
        assert azure.zone() == {}
        assert north(azure) == PUBLISHED


@pytest.mark.parametrize("there", [(), ("pe-x",)])
async def test_endpoints_that_stand_by_move_as_well(there: tuple[str, ...]) -> None:
    """What is not the published one of its new zone is not waited for in the old (liveness)."""
    azure, registry, _ = one()
    azure.add_endpoint("pe-b", registry, "10.2.0.4", "net-a")
    for name in there:
        azure.add_endpoint(name, registry, "10.3.0.4", "net-x")
    await sweep(azure, *regional("net-x"))
    for _ in range(3):
        await sweep(azure, *regional("net-x", "net-a"))
    assert azure.zone() == {}
    assert north(azure)["myregistry"] == ["10.3.0.4" if there else "10.1.0.4"]


# ── Half proofs ─────────────────────────────────────────────────────────────


async def test_an_endpoint_that_is_being_deleted_is_not_half_proven() -> None:
    """`Deleting` and then one 404 is one proof of one side, not two (no-unproven-delete)."""
    azure, _, endpoint = one()
    await sweep(azure)
    whole = azure.endpoints[endpoint]
    azure.endpoints[endpoint] = replace(whole, state="Deleting")
    time = FakeTime()

    async def sleep(seconds: float) -> None:
        await FakeTime.sleep(time, seconds)
        if seconds == 30:
            azure.endpoints.pop(endpoint, None)

    context = RunContext(azure, OwnershipIndex(azure), (ZONE_KEPT,))
    errand = Errand((ZONE_KEPT,), frozenset((SUBSCRIPTION,)))
    await FullSync(errand, context, Deadline(570, time.clock, sleep), Backlog()).run()
    assert azure.zone() == PUBLISHED


async def test_two_sides_that_each_lie_once_prove_nothing() -> None:
    """One side must say it twice: the endpoint's 404 and then the registry's are no proof.

    Invariant: no-unproven-delete.
    """
    azure, registry, endpoint = one()
    await sweep(azure)
    there = azure.endpoints.pop(endpoint)
    time = FakeTime()

    async def sleep(seconds: float) -> None:
        await FakeTime.sleep(time, seconds)
        if seconds == 30:
            azure.endpoints[endpoint] = there
            azure.disconnect(registry, endpoint)

    context = RunContext(azure, OwnershipIndex(azure), (ZONE_KEPT,))
    errand = Errand((ZONE_KEPT,), frozenset((SUBSCRIPTION,)))
    await FullSync(errand, context, Deadline(570, time.clock, sleep), Backlog()).run()
    assert azure.zone() == PUBLISHED


# ── The delete threshold ───────────────────────────────────────────────────────────────


async def test_links_that_are_kept_for_peers_do_not_hold_back_the_rest() -> None:
    """What is kept on purpose is no candidate, or the delete threshold would hold for ever.

    Invariant: delete-threshold.
    """
    azure = Azure()
    endpoints = [
        azure.add_endpoint(f"pe-{n}", azure.add_registry(f"r{n}"), f"10.1.{n}.4", f"net-{n}")
        for n in range(6)
    ]
    azure.peered = {an_id(NETWORK, f"net-{n}") for n in range(6)}
    await sweep(azure)
    for endpoint in endpoints[:5]:
        azure.delete_endpoint(endpoint)
        (result,) = await sweep(azure)
    assert "delete-threshold" not in codes(result)
    assert sorted(azure.zone()) == ["r5", "r5.westeurope.data"]


async def test_a_conflict_does_not_use_up_the_threshold() -> None:
    """A delete that is tried again, since somebody wrote meanwhile, counts once.

    Invariant: delete-threshold.
    """
    azure, _, endpoint = one()
    await sweep(azure)
    azure.delete_endpoint(endpoint)

    def touch(method: str, what: object) -> None:
        if (method, what) == ("delete_record", "myregistry"):
            azure.before = lambda _method, _what: None
            azure.sets["myregistry"] = replace(azure.sets["myregistry"], etag="touched")

    azure.before = touch
    (result,) = await sweep(azure)
    assert azure.zone() == {}
    assert codes(result) == set()


async def test_a_zone_that_leaves_links_alone_loses_none_to_another() -> None:
    """A zone whose links are left alone loses none to another zone of its name."""
    azure, _, _ = one()
    await sweep(azure)
    kept, other = regional("net-a")
    await sweep(azure, replace(kept, links=Links.LEAVE), other)
    assert len(azure.zone_links) == 1


# ── What is not ours ────────────────────────────────────────────────────────


async def test_adopting_spares_a_zone_group_that_nobody_can_see() -> None:
    """With its registry unread, who keeps a zone group's record cannot be told.

    Invariant: others-untouched.
    """
    azure, registry, endpoint = one()
    other = azure.add_endpoint("pe-x", registry, "10.2.0.4", "net-x")
    azure.attach_zone_group(other, wipe=True)
    before = dict(azure.sets)
    azure.unknown[registry] = Unknown(UnknownReason.FORBIDDEN, "403")
    await visited(azure, EndpointScope(endpoint), replace(ZONE_KEPT, foreign=Foreign.ADOPT))
    assert azure.sets == before


# ── Everybody's turn ────────────────────────────────────────────────────────


async def test_links_that_are_always_refused_starve_nobody() -> None:
    """Registries whose links Azure refuses each time do not use up the cap for ever."""
    azure = Azure()
    for n in range(8):
        registry = azure.add_registry(f"r{n}")
        azure.add_endpoint(f"pe-{n}", registry, f"10.1.{n}.4", f"net-{n}")
    await sweep(azure)
    # Somebody has linked all networks to a zone of his own.
    azure.other_links[NORTH] = dict(azure.zone_links)
    azure.zone_links.clear()
    late = azure.add_endpoint("pe-z", azure.add_registry("z"), "10.9.0.4", "net-0")
    backlog = Backlog()
    for _ in range(6):
        time = FakeTime()
        context = RunContext(azure, OwnershipIndex(azure), (ZONE_KEPT,))
        errand = Errand((ZONE_KEPT,), frozenset((SUBSCRIPTION,)), cap=6)
        deadline = Deadline(WHOLE_SECONDS, time.clock, time.sleep)
        await FullSync(errand, context, deadline, backlog).run()
    assert azure.zone().get("z") == ["10.9.0.4"], late


async def test_links_that_are_always_refused_starve_nobody_in_fresh_processes() -> None:
    """The same where each sweep runs in a process of its own, as on Flex Consumption."""
    azure = Azure()
    for n in range(8):
        azure.add_endpoint(f"pe-{n}", azure.add_registry(f"r{n}"), f"10.1.{n}.4", f"net-{n}")
    await sweep(azure)
    azure.other_links[NORTH] = dict(azure.zone_links)
    azure.zone_links.clear()
    azure.add_endpoint("pe-z", azure.add_registry("z"), "10.9.0.4", "net-0")
    for _ in range(6):
        await sweep(azure, cap=6)
    assert azure.zone().get("z") == ["10.9.0.4"]


async def test_a_spent_cap_costs_no_looks() -> None:
    """Once nothing may be written any more nobody is looked at for nothing (bounded)."""
    azure = Azure()
    for n in range(40):
        azure.add_endpoint(f"pe-{n:02}", azure.add_registry(f"r{n:02}"), f"10.1.{n}.4")
    await sweep(azure)
    azure.sets.clear()
    azure.calls.clear()
    (result,) = await sweep(azure, cap=4)
    assert result.remaining == 76
    assert sum(method == "registry" for method, _ in azure.calls) < 30


async def test_more_stale_links_than_the_cap_go_in_several_sweeps() -> None:
    """Many stale links go some at a time, and not never (liveness)."""
    azure = Azure()
    for n in range(8):
        azure.add_endpoint(f"pe-{n}", azure.add_registry(f"r{n}"), f"10.1.{n}.4", f"net-{n}")
    await sweep(azure)
    for endpoint in list(azure.endpoints):
        azure.delete_endpoint(endpoint)
    azure.sets.clear()
    for _ in range(4):
        await sweep(azure, cap=3, delete_threshold=None)
    assert azure.zone_links == {}


# ── Time, and honest reports ────────────────────────────────────────────────


async def test_a_run_that_hangs_at_the_end_still_tells_what_was_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The report of what was done is out, though one registry never answers.

    Invariant: confirmed, bounded.
    """
    azure, _, _ = one()
    stuck = azure.add_registry("stuck")
    azure.add_endpoint("pe-z", stuck, "10.2.0.4", "net-b")
    monkeypatch.setattr(full_sync_module, "_RESERVE", 0.2)
    registry = azure.registry

    async def hang(id_: ResourceId) -> Any:
        if id_ == stuck:
            await asyncio.sleep(60)
        return await registry(id_)

    monkeypatch.setattr(azure, "registry", hang)
    monkeypatch.setattr("shared.entrypoints.http.REQUEST_SECONDS", 1.0)
    status, result = await App(azure).post("reconcile", scope="all")
    assert azure.zone() == PUBLISHED
    assert status == 202
    assert len([c for zone in result["zones"] for c in zone["changes"]]) == 3


async def test_one_zone_that_is_never_listed_holds_up_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A zone whose list does not end within the time is an error of that zone alone."""
    azure, _, _ = one()
    records = azure.records

    async def hang(zone: Zone, *turn: Any) -> Any:
        if zone.id == NORTH:
            await asyncio.sleep(60)
        return await records(zone, *turn)

    monkeypatch.setattr(azure, "records", hang)
    monkeypatch.setattr(full_sync_module, "_RESERVE", 0.2)
    monkeypatch.setattr("shared.entrypoints.http.REQUEST_SECONDS", 1.0)
    status, _ = await App(azure, regional("net-north")).post("reconcile", scope="all")
    assert azure.zone() == PUBLISHED
    assert status == 502


async def test_two_suspects_that_share_a_registry_are_both_reported() -> None:
    """A registry made again elsewhere: what was done for the old and the new one is told.

    Invariant: confirmed.
    """
    azure, registry, endpoint = one()
    azure.add_replica(registry, "northeurope")
    azure.add_member(endpoint, registry, "registry_data_northeurope")
    await sweep(azure)
    azure.delete_endpoint(endpoint)
    old: Registry = azure.registries.pop(registry)
    new = an_id(REGISTRY, "myregistry", "zz-group")
    azure.registries[new] = replace(old, id=new, connections={}, replicas=())
    azure.add_endpoint("pe-b", new, "10.2.0.4", "net-b")
    azure.writes.clear()
    (result,) = await sweep(azure, delete_threshold=None)
    assert len(result.in_state(ChangeState.DONE)) == len(azure.writes)


async def test_a_bug_in_one_zone_blocks_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong in one zone is that zone's bug, and the others are made right."""
    azure, _, _ = one()
    judge = find_drift

    def poisoned(snapshot: Any, zone: Any, context: Any) -> Any:
        if zone.zone.id == NORTH:
            raise ZeroDivisionError
        return judge(snapshot, zone, context)

    monkeypatch.setattr(full_sync_module, "find_drift", poisoned)
    results = await sweep(azure, *regional("net-north"))
    assert azure.zone() == PUBLISHED
    assert [len(result.bugs) for result in results] == [0, 1]


async def test_a_source_that_no_list_told_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    """A registry whose replicas did not answer is not taken for one in step (confirmed)."""
    azure, _, _ = one()
    await sweep(azure)

    async def silent(_id: ResourceId) -> Any:
        return Unknown(UnknownReason.TRANSIENT, "503")

    monkeypatch.setattr(azure, "list_replicas", silent)
    status, _ = await App(azure).post("reconcile", scope="all")
    assert status == 502


async def test_a_sweep_that_may_read_no_subscription_is_no_success() -> None:
    """A 403 on every subscription is not "everything is right" (confirmed)."""
    azure, _, _ = one()
    azure.silent = {SUBSCRIPTION: Unknown(UnknownReason.FORBIDDEN, "403")}
    app = App(azure)
    status, _ = await app.post("reconcile", scope="all")
    assert app.deployment.synced is None, status


async def test_a_leftover_with_a_damaged_mark_goes_though_its_registry_is_in_step() -> None:
    """What passes at a glance must not hide a name that the full judgement would clear."""
    azure, _, _ = one()
    await sweep(azure)
    azure.put_record("myregistry.eastus.data", "10.9.9.9", metadata={"acrPrivateDns": "owner"})
    await sweep(azure)
    assert azure.zone() == PUBLISHED


async def test_a_visit_ends_when_its_time_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """A read that never ends does not hold up a request for ever (bounded)."""
    azure, registry, _ = one()

    async def hang(_id: ResourceId) -> Any:
        await asyncio.sleep(30)

    monkeypatch.setattr(azure, "registry", hang)
    context = RunContext(azure, OwnershipIndex(azure), (ZONE_KEPT,))
    async with asyncio.timeout(5):
        await visit(RegistryScope(registry), (ZONE_KEPT,), context, Deadline(0.3), Mandate())
