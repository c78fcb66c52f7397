"""Honest results: what went wrong stays where it is, and is told."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.reading import Unknown, UnknownReason
from shared.domain.resource_id import REGISTRY, ZONE, ResourceId
from shared.domain.resources import Registry
from shared.domain.scope import RegistryScope
from shared.domain.zone import Zone
from shared.engine import full_sync as full_sync_module
from shared.engine.context import make_context
from shared.engine.deadline import Deadline
from shared.engine.drift import find_drift
from shared.engine.options import RunOptions
from shared.engine.result import ChangeState
from shared.engine.runner import run_scope
from tests.simulation.app import Door
from tests.simulation.azure import SUBSCRIPTION, ZONE_KEPT, an_id
from tests.simulation.full_syncs import full_sync
from tests.simulation.situations import NORTH, PUBLISHED, one, regional


async def test_a_run_that_hangs_at_the_end_still_tells_what_was_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The report of what was done is out, though one registry never answers.

    Invariant: confirmed, bounded.
    """
    azure, _, _ = one()
    stuck = azure.add_registry("stuck")
    azure.add_endpoint("pe-z", stuck, "10.2.0.4", "net-b")
    registry = azure.registry

    async def hang(id_: ResourceId) -> Any:
        if id_ == stuck:
            await asyncio.sleep(3600)
        return await registry(id_)

    monkeypatch.setattr(azure, "registry", hang)
    monkeypatch.setattr("shared.entrypoints.http.REQUEST_SECONDS", 40.0)
    status, result = await Door(azure).post("reconcile", scope="all")
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
            await asyncio.sleep(3600)
        return await records(zone, *turn)

    monkeypatch.setattr(azure, "records", hang)
    status, _ = await Door(azure, regional("net-north")).post("reconcile", scope="all")
    assert azure.zone() == PUBLISHED
    assert status == 502


async def test_two_suspects_that_share_a_registry_are_both_reported() -> None:
    """A registry made again elsewhere: what was done for the old and the new one is told.

    Invariant: confirmed.
    """
    azure, registry, endpoint = one()
    azure.add_replica(registry, "northeurope")
    azure.add_member(endpoint, registry, "registry_data_northeurope")
    await full_sync(azure)
    azure.delete_endpoint(endpoint)
    old: Registry = azure.registries.pop(registry)
    new = an_id(REGISTRY, "myregistry", "zz-group")
    azure.registries[new] = replace(old, id=new, connections={}, replicas=())
    azure.add_endpoint("pe-b", new, "10.2.0.4", "net-b")
    azure.writes.clear()
    (result,) = await full_sync(azure, override_threshold=True)
    assert len(result.in_state(ChangeState.DONE)) == len(azure.writes)


async def test_a_bug_in_one_zone_blocks_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong in one zone is its bug, and zones of other names are made right."""
    azure, _, _ = one()
    judge = find_drift
    other = replace(ZONE_KEPT, id=an_id(ZONE, "privatelink.azurecr.cn"), suffix="azurecr.cn")

    def poisoned(snapshot: Any, zones: Any, context: Any, adopt: Any) -> Any:
        if other in zones:
            raise ZeroDivisionError
        return judge(snapshot, zones, context, adopt)

    monkeypatch.setattr(full_sync_module, "find_drift", poisoned)
    results = await full_sync(azure, ZONE_KEPT, other)
    assert azure.zone() == PUBLISHED
    assert [len(result.bugs) for result in results] == [0, 1]


async def test_a_source_that_no_list_told_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    """A registry whose replicas did not answer is not taken for one in step (confirmed)."""
    azure, _, _ = one()
    await full_sync(azure)

    async def silent(_id: ResourceId) -> Any:
        return Unknown(UnknownReason.TRANSIENT, "503")

    monkeypatch.setattr(azure, "list_replicas", silent)
    status, _ = await Door(azure).post("reconcile", scope="all")
    assert status == 502


async def test_a_full_sync_that_may_read_no_subscription_is_no_success() -> None:
    """A 403 on every subscription is not "everything is right" (confirmed)."""
    azure, _, _ = one()
    azure.unread = {SUBSCRIPTION: Unknown(UnknownReason.FORBIDDEN, "403")}
    door = Door(azure)
    status, _ = await door.post("reconcile", scope="all")
    assert door.app.sync_time is None, status


async def test_a_visit_ends_when_its_time_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """A read that never ends does not hold up a request for ever (bounded)."""
    azure, registry, _ = one()

    async def hang(_id: ResourceId) -> Any:
        await asyncio.sleep(3600)

    monkeypatch.setattr(azure, "registry", hang)
    context = make_context(azure, (ZONE_KEPT,))
    async with asyncio.timeout(61):
        await run_scope(RegistryScope(registry), context, RunOptions(), Deadline(60))
