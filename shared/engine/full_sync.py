"""Full sync: whole zones made right. Lists show drift, the loop decides with direct reads.

    snapshot ──> drift ──> threshold ─┬──> first round ──────> 30 s ──> second round ──> links
    lists,       pure                 │    the loop over each drifted   what was on its way, and
    zones first                       │    registry, worst first        one side's word: once more
                                      └──> nothing may be taken away (delete-threshold)

A full sync that ends early anywhere does no harm: the next one finds what is left, since
the state is in Azure.
"""

import asyncio
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import inf

from shared.domain.changes import RecordChange
from shared.domain.checks import unsettled_findings
from shared.domain.desired import make_desired
from shared.domain.findings import Finding, FindingKind
from shared.domain.observation import Evidence, Observation, SidesOver
from shared.domain.ownership import Adopt, Owners, Ownership, decode_ownership
from shared.domain.plan import make_plan
from shared.domain.policy import Policy, restrict
from shared.domain.resource_id import ResourceId
from shared.domain.scope import FullScope
from shared.domain.zone import Zone
from shared.engine.apply import apply_links, prove_links
from shared.engine.backlog import Backlog
from shared.engine.confirmation import note_unshown
from shared.engine.context import RunContext
from shared.engine.deadline import Deadline
from shared.engine.drift import (
    DriftedRegistry,
    ZoneDrift,
    claim_networks,
    find_drift,
    threshold_finding,
)
from shared.engine.estate_checks import list_unread
from shared.engine.options import ChangeLimit, RunOptions, ZoneLimit
from shared.engine.result import ChangeState, ZoneResult
from shared.engine.runner import batch_of, run_passes
from shared.engine.snapshot import Snapshot, ZoneSnapshot, take_snapshot
from shared.errors import TransientError

# What one side alone says must hold for so long (no-unproven-delete): a 404 alone lies at times.
_PAUSE_SECONDS = 30.0
_REGISTRIES_AT_ONCE = 12
# One registry that does not get on must not cost the others the run's time.
_REGISTRY_SECONDS = 60.0
# Kept back, so that the result is out before the host ends the function.
_RESERVE = 10.0

type Progress = Callable[[str, int, int], None]


@dataclass(slots=True)
class _RegistryRun:
    """What came of one registry in one round, and what the second round must know."""

    item: DriftedRegistry
    result: ZoneResult
    evidence: Evidence = field(default_factory=Evidence)
    sides_over: SidesOver = field(default_factory=dict)

    @property
    def is_one_sided(self) -> bool:
        """Whether one side alone says that something is over: to be asked once more."""
        return any(self.sides_over.values())

    @property
    def progress_key(self) -> Hashable:
        """What is on its way, and what one side alone says; empty if nothing is."""
        sides = tuple(sorted((key, tuple(sorted(s))) for key, s in self.sides_over.items()))
        return (self.result.in_progress, sides) if self.result.in_progress or sides else ()


def ignore_progress(_stage: str, _number: int, _count: int) -> None:
    """Progress that nobody watches."""


class FullSync:
    """One run over everything watched.

    Args:
        scope: everything, or what touches one subscription.
        options: how far it may go.
        context: Azure, the zones and what is watched.
        deadline: the run's seconds.
        backlog: in which order registries have waited.
        progress: hears of the progress: stage, done, of how many.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - each of another life span
        self,
        scope: FullScope,
        options: RunOptions,
        context: RunContext,
        deadline: Deadline,
        backlog: Backlog,
        progress: Progress = ignore_progress,
    ) -> None:
        self._scope = scope
        # Empty sets are filled: by now nobody is half-way through typing one.
        adopt = Adopt.EMPTY if options.adopt is Adopt.NONE else options.adopt
        self._options = replace(options, adopt=adopt)
        self._context = context
        self._deadline = deadline
        self._backlog = backlog
        self._progress = progress
        self._places = asyncio.Semaphore(_REGISTRIES_AT_ONCE)
        self._number = self._count = 0

    async def run(self) -> list[ZoneResult]:
        """Make the zones right, and say of each what was done, found and left."""
        self._progress("snapshot", 0, 1)
        snapshot = await take_snapshot(self._context, self._deadline)
        self._progress("snapshot", 1, 1)
        total = ChangeLimit(inf if self._options.dry_run else self._options.limit)
        zones = self._context.zones
        return list(await asyncio.gather(*(self._sync(zone, snapshot, total) for zone in zones)))

    async def _sync(self, zone: Zone, snapshot: Snapshot, total: ChangeLimit) -> ZoneResult:
        """One zone; whatever goes wrong in it stays with it."""
        result, zone_snapshot = ZoneResult(zone), snapshot.zones[zone.id]
        if isinstance(zone_snapshot, TransientError):
            result.errors = (str(zone_snapshot),)
            return result
        try:
            await self._sync_zone(result, zone_snapshot, snapshot, total)
        except Exception as error:  # noqa: BLE001 - one poisoned zone never blocks the others
            result.bugs += (error,)
        return result

    async def _sync_zone(
        self,
        result: ZoneResult,
        zone_snapshot: ZoneSnapshot,
        snapshot: Snapshot,
        total: ChangeLimit,
    ) -> None:
        drift = find_drift(snapshot, zone_snapshot, self._context, self._options.adopt)
        result.managed = drift.managed
        result.unmanaged, result.other_owner = drift.unmanaged, drift.other_owner
        result.findings = drift.findings
        result.unread = tuple(list_unread(snapshot))
        result.in_progress = drift.in_progress
        options, limit = self._zone_options(drift, result, total)
        context = replace(self._context, limit=limit)
        items = self._backlog.order(result.zone.id, self._in_scope(drift))
        first_round = await self._round(
            [_RegistryRun(item, ZoneResult(result.zone)) for item in items], context, options
        )
        second_round = await self._second_round(first_round, context, options)
        for run in (first_round | second_round).values():
            result.merge(run.result)
            result.findings += tuple(unsettled_findings(run.sides_over))
        for registry in () if options.dry_run else second_round:
            key_now = first_round[registry].progress_key
            self._backlog.record_wait(result.zone.id, registry, key_now)
        if options.policy is Policy.SYNC and result.in_state(ChangeState.WITHHELD):
            # Direct reads found more to take away than the lists had shown.
            result.findings += (_withheld_finding(result),)
        # Last of all: by now the records no longer claim the networks that have left, and
        # a link that a record still claims stays (no-half-registry).
        ownerships = _update_ownerships(drift, result, context.owners)
        networks = self._unused_links_in_scope(drift) - claim_networks(ownerships)
        await self._unlink(networks, result, context, options)

    def _zone_options(
        self, drift: ZoneDrift, result: ZoneResult, total: ChangeLimit
    ) -> tuple[RunOptions, ZoneLimit]:
        """How far the runs over this zone may go; past the delete threshold, without deletes."""
        options, threshold = self._options, self._context.delete_threshold
        if options.override_threshold or options.policy is not Policy.SYNC:
            return options, ZoneLimit(total)
        finding = threshold_finding(drift, threshold, result.zone.id)
        if finding is not None:
            result.findings += (finding,)
            options = replace(options, policy=Policy.UPSERT_ONLY)
        # What passes the threshold by the lists must not exceed it by direct reads either
        # (docs/decisions/0007-delete-threshold.md).
        return options, ZoneLimit(total, threshold.allowed(drift.managed))

    def _in_scope(self, drift: ZoneDrift) -> list[DriftedRegistry]:
        subscription = self._scope.subscription
        return [
            item for item in drift.drifted_registries if subscription in (None, *item.subscriptions)
        ]

    def _unused_links_in_scope(self, drift: ZoneDrift) -> frozenset[str]:
        subscription = self._scope.subscription
        return frozenset(
            hash_
            for hash_, network in drift.unused_links.items()
            if subscription in (None, network.subscription)
        )

    async def _round(
        self, runs: list[_RegistryRun], context: RunContext, options: RunOptions
    ) -> dict[ResourceId, _RegistryRun]:
        self._count += len(runs)
        await asyncio.gather(*(self._run_registry(run, context, options) for run in runs))
        return {run.item.registry: run for run in runs}

    async def _second_round(
        self,
        first_round: Mapping[ResourceId, _RegistryRun],
        context: RunContext,
        options: RunOptions,
    ) -> dict[ResourceId, _RegistryRun]:
        """Pass once more, half a minute later, over what was on its way or one side's word."""
        retries = [run for run in first_round.values() if self._may_retry(run, options)]
        if not retries or self._deadline.remaining < _PAUSE_SECONDS + _RESERVE:
            return {}
        await self._deadline.sleep(_PAUSE_SECONDS)
        runs = [
            _RegistryRun(
                # What was listed is old by now: the records are read again.
                replace(run.item, target=replace(run.item.target, listing=None)),
                ZoneResult(run.result.zone),
                Evidence(sides_over=run.sides_over),
            )
            for run in retries
        ]
        second_round = await self._round(runs, context, replace(options, accept_partial=True))
        for registry, run in second_round.items():
            # The second result replaces the first, whose changes were made all the same.
            changes = first_round[registry].result.in_state(ChangeState.DONE)
            run.result.changes[:0] = [(change, ChangeState.DONE) for change in changes]
        return second_round

    def _may_retry(self, run: _RegistryRun, options: RunOptions) -> bool:
        """Whether another pass half a minute later may settle what the first did not.

        One side's word may, where deletes are made at all, and what is on its way; but what
        was waited for in vain is not waited for again at every tick.
        """
        result = run.result
        # What was shown may be what the second round alone makes of it: the plan had both.
        is_cut_short = result.remaining and options.shown_effects is None
        if result.errors or is_cut_short or not run.progress_key:
            return False
        if run.is_one_sided and not result.in_progress and options.policy is not Policy.SYNC:
            return False
        # A plan is asked for by somebody who waits for the whole truth.
        return options.dry_run or self._backlog.may_wait(
            result.zone.id, run.item.registry, run.progress_key
        )

    async def _run_registry(
        self, run: _RegistryRun, context: RunContext, options: RunOptions
    ) -> None:
        """One registry's run; whatever goes wrong in it stays with it."""
        item, result = run.item, run.result
        async with self._places:
            if self._deadline.remaining < _RESERVE or context.limit.remaining < 1:
                result.remaining = max(item.plan.size, 1)
            else:
                await self._reconcile(run, context, options)
            self._backlog.record(result.zone.id, item.registry, has_failed=result.is_stuck)
        self._number += 1
        self._progress("registries", self._number, self._count)

    async def _reconcile(self, run: _RegistryRun, context: RunContext, options: RunOptions) -> None:
        item, result, deadline = run.item, run.result, self._part()
        name = item.registry.name
        try:
            async with asyncio.timeout(deadline.remaining):
                # A place is not kept while waiting: the second round waits for all at once.
                last_pass = await run_passes(
                    batch_of(item.target, deadline),
                    context,
                    options,
                    deadline,
                    result,
                    evidence=run.evidence,
                    waits=False,
                )
                run.sides_over = last_pass.sides_over
        except TransientError as error:
            result.errors = (f"{name}: {error}",)
        except TimeoutError:
            # The whole run's end is no fault of this registry's; its own minute is.
            if self._deadline.remaining < _RESERVE:
                count = len(result.in_state(ChangeState.DONE))
                result.remaining = max(item.plan.size - count, 1)
            else:
                result.errors = (f"{name}: not done in {_REGISTRY_SECONDS:g} s",)
        except Exception as error:  # noqa: BLE001 - one poisoned registry never blocks the others
            result.bugs = (error,)

    async def _unlink(
        self,
        networks: frozenset[str],
        result: ZoneResult,
        context: RunContext,
        options: RunOptions,
    ) -> None:
        """Remove the links of ours that nobody uses any more, each on its own proof."""
        if not networks:
            return
        if self._deadline.remaining < _RESERVE:
            result.remaining += len(networks)
            return
        deadline = self._part()
        try:
            async with asyncio.timeout(deadline.remaining):
                await _delete_links(networks, result, context, options, deadline)
        except TransientError as error:
            result.errors += (str(error),)
        except TimeoutError:
            result.remaining += len(networks)

    def _part(self) -> Deadline:
        """One part's deadline, early enough for the result still to be out in time."""
        return self._deadline.cut_to(
            min(_REGISTRY_SECONDS, self._deadline.remaining - _RESERVE / 2)
        )


async def _delete_links(
    networks: frozenset[str],
    result: ZoneResult,
    context: RunContext,
    options: RunOptions,
    deadline: Deadline,
) -> None:
    # Listed again: the registries' own runs have made and removed links meanwhile.
    links = tuple(await context.azure.links(result.zone))
    # An observation of links alone: of records and sources nothing is to be decided here.
    evidence = Evidence(networks=networks)
    observation = Observation(result.zone, context.owners, {}, {}, {}, links, evidence)
    desired = make_desired(observation, accept_partial=True)
    plan = restrict(make_plan(observation, desired, options.adopt), options.policy)
    await note_unshown(plan, options, context, result)
    # These do not hang together: what was shown and the limit leaves room for may go now.
    changes = tuple(change for change in plan.links if options.is_shown(change))
    count = int(min(context.limit.remaining, len(changes)))
    result.remaining += len(changes) - count
    plan = replace(plan, links=changes[:count])
    if options.dry_run:
        result.add(ChangeState.PLANNED, *await prove_links(plan, context.azure, result))
        return
    context.limit.spend(plan)
    await apply_links(plan, context.azure, deadline, result)


def _withheld_finding(result: ZoneResult) -> Finding:
    detail = f"{len(result.in_state(ChangeState.WITHHELD))} more deletes than the lists had shown"
    return Finding(FindingKind.DELETE_THRESHOLD, str(result.zone.id), detail)


def _update_ownerships(drift: ZoneDrift, result: ZoneResult, owners: Owners) -> Iterable[Ownership]:
    """The ownership of what was not plainly right, after what was done to it, or planned."""
    ownerships = dict(drift.ownerships)
    for change in (*result.in_state(ChangeState.DONE), *result.in_state(ChangeState.PLANNED)):
        if not isinstance(change, RecordChange):
            continue
        ownership = change.after and decode_ownership(change.after, owners)
        if ownership:
            ownerships[change.name] = ownership
        elif change.after is None:
            ownerships.pop(change.name, None)
    return ownerships.values()
