"""Full sync: whole zones made right. Lists show drift, the loop decides with direct reads.

    snapshot ──> drift ──> threshold ─┬──> first round ──────> 30 s ──> second round ──> links
    lists,       pure                 │    the loop over each drifted   what was on its way, and
    zones first                       │    registry, worst first        one side's word: once more
                                      └──> nothing may be taken away (delete-threshold)

A full sync that ends early anywhere does no harm: the next one finds what is left, since
the state is in Azure.
"""

import asyncio
from collections import ChainMap
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import inf

from shared.domain.changes import RecordChange
from shared.domain.checks import unsettled_findings
from shared.domain.desired import make_desired
from shared.domain.findings import Finding, FindingKind
from shared.domain.observation import Evidence, Observation, SidesOver, ZoneState
from shared.domain.ownership import Adopt, Owners, Ownership, decode_ownership
from shared.domain.plan import Plan, make_plan
from shared.domain.policy import Policy
from shared.domain.reading import Found
from shared.domain.resource_id import ResourceId
from shared.domain.scope import FullScope
from shared.domain.zone import Zone, group_by_name
from shared.engine.apply_links import LinkRun, apply_links, prove_links
from shared.engine.backlog import Backlog
from shared.engine.confirmation import note_unshown
from shared.engine.context import RunContext
from shared.engine.deadline import Deadline
from shared.engine.drift import (
    Drift,
    DriftedRegistry,
    ZoneDrift,
    claim_networks,
    find_drift,
    threshold_finding,
)
from shared.engine.estate_checks import list_unread
from shared.engine.options import ChangeLimit, RunOptions, ZoneLimit
from shared.engine.result import ChangeState, ZoneResult, ZoneResults, make_results
from shared.engine.runner import batch_of, run_passes
from shared.engine.snapshot import Snapshot, ZoneSnapshot, take_snapshot
from shared.engine.snapshot_facts import SnapshotFacts
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
    results: ZoneResults
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
        lines = tuple(line for one in self.results.values() for line in one.in_progress)
        return (lines, sides) if lines or sides else ()


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
        groups = group_by_name(self._context.zones)
        parts = await asyncio.gather(*(self._sync(zones, snapshot, total) for zones in groups))
        results = ChainMap(*map(dict, parts))
        return [results[zone.id] for zone in self._context.zones]

    async def _sync(
        self, zones: tuple[Zone, ...], snapshot: Snapshot, total: ChangeLimit
    ) -> ZoneResults:
        """The zones of one name; whatever goes wrong there stays with them."""
        results = make_results(zones)
        for id_, result in results.items():
            zone_snapshot = snapshot.zones[id_]
            if isinstance(zone_snapshot, TransientError):
                result.errors = (str(zone_snapshot),)
        try:
            await self._sync_zones(zones, results, snapshot, total)
        except Exception as error:  # noqa: BLE001 - one poisoned name never blocks the others
            for result in results.values():
                result.bugs += (error,)
        return results

    async def _sync_zones(
        self,
        zones: tuple[Zone, ...],
        results: ZoneResults,
        snapshot: Snapshot,
        total: ChangeLimit,
    ) -> None:
        drift = find_drift(snapshot, zones, self._context, self._options.adopt)
        for id_, zone_drift in drift.zones.items():
            _note_drift(results[id_], zone_drift, snapshot)
        limits = {
            id_: self._zone_limit(zone_drift, results[id_], total)
            for id_, zone_drift in drift.zones.items()
        }
        facts = SnapshotFacts(snapshot, zones, self._context.owners, self._context.link_facts)
        context = replace(self._context, limits=limits, link_facts=facts)
        items = self._backlog.order(zones[0].suffix, self._in_scope(drift))
        first_round = await self._round(
            [_RegistryRun(item, make_results(zones)) for item in items], context, total
        )
        second_round = await self._second_round(first_round, zones, context, total)
        for run in (first_round | second_round).values():
            for id_, result in run.results.items():
                results[id_].merge(result)
                sides_over = {key: sides for key, sides in run.sides_over.items() if key[0] == id_}
                results[id_].findings += tuple(unsettled_findings(sides_over))
        for registry in () if self._options.dry_run else second_round:
            key_now = first_round[registry].progress_key
            self._backlog.record_wait(zones[0].suffix, registry, key_now)
        for id_, zone_drift in drift.zones.items():
            await self._finish_zone(results[id_], zone_drift, zones, context)

    async def _finish_zone(
        self, result: ZoneResult, drift: ZoneDrift, zones: tuple[Zone, ...], context: RunContext
    ) -> None:
        """Say what was withheld, and remove the links that nobody uses any more."""
        if self._may_delete(result.zone.id, context) and result.in_state(ChangeState.WITHHELD):
            # Direct reads found more to take away than the lists had shown.
            result.findings += (_withheld_finding(result),)
        # Last of all: by now the records no longer claim the networks that have left, and
        # a link that a record still claims stays (no-half-registry).
        ownerships = _update_ownerships(drift, result, context.owners)
        networks = self._unused_links_in_scope(drift) - claim_networks(ownerships)
        await self._unlink(networks, result, zones, context)

    def _zone_limit(self, drift: ZoneDrift, result: ZoneResult, total: ChangeLimit) -> ZoneLimit:
        """How far the runs over a zone may go; past the delete threshold, without deletes."""
        options, threshold = self._options, self._context.delete_threshold
        if options.override_threshold or options.policy is not Policy.SYNC:
            return ZoneLimit(total)
        # What passes the threshold by the lists must not exceed it by direct reads either
        # (docs/decisions/0007-delete-threshold.md).
        removals = threshold.allowed(drift.managed)
        finding = threshold_finding(drift, threshold, result.zone.id)
        if finding is None:
            return ZoneLimit(total, removals)
        result.findings += (finding,)
        return ZoneLimit(total, removals, Policy.UPSERT_ONLY)

    def _may_delete(self, zone: ResourceId, context: RunContext) -> bool:
        """Whether the runs over a zone may take anything away."""
        policies = (self._options.policy, context.limit_of(zone).policy)
        return all(policy is Policy.SYNC for policy in policies)

    def _in_scope(self, drift: Drift) -> list[DriftedRegistry]:
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
        self,
        runs: list[_RegistryRun],
        context: RunContext,
        total: ChangeLimit,
        *,
        accept_partial: bool = False,
    ) -> dict[ResourceId, _RegistryRun]:
        self._count += len(runs)
        options = replace(
            self._options, accept_partial=accept_partial or self._options.accept_partial
        )
        await asyncio.gather(*(self._run_registry(run, context, options, total) for run in runs))
        return {run.item.registry: run for run in runs}

    async def _second_round(
        self,
        first_round: Mapping[ResourceId, _RegistryRun],
        zones: tuple[Zone, ...],
        context: RunContext,
        total: ChangeLimit,
    ) -> dict[ResourceId, _RegistryRun]:
        """Pass once more, half a minute later, over what was on its way or one side's word."""
        retries = [run for run in first_round.values() if self._may_retry(run, zones, context)]
        if not retries or self._deadline.remaining < _PAUSE_SECONDS + _RESERVE:
            return {}
        await self._deadline.sleep(_PAUSE_SECONDS)
        runs = [
            _RegistryRun(
                # What was listed is old by now: the records are read again.
                replace(run.item, target=replace(run.item.target, listings={})),
                make_results(zones),
                Evidence(sides_over=run.sides_over),
            )
            for run in retries
        ]
        second_round = await self._round(runs, context, total, accept_partial=True)
        for registry, run in second_round.items():
            # The second results replace the first, whose changes were made all the same.
            for id_, result in run.results.items():
                changes = first_round[registry].results[id_].in_state(ChangeState.DONE)
                result.changes[:0] = [(change, ChangeState.DONE) for change in changes]
        return second_round

    def _may_retry(self, run: _RegistryRun, zones: tuple[Zone, ...], context: RunContext) -> bool:
        """Whether another pass half a minute later may settle what the first did not.

        One side's word may, where deletes are made at all, and what is on its way; but what
        was waited for in vain is not waited for again at every tick.
        """
        results = run.results.values()
        # What was shown may be what the second round alone makes of it: the plan had both.
        is_cut_short = self._options.shown_effects is None and any(one.remaining for one in results)
        if any(one.errors for one in results) or is_cut_short or not run.progress_key:
            return False
        is_in_progress = any(one.in_progress for one in results)
        may_delete = any(self._may_delete(zone, context) for zone, _, _ in run.sides_over)
        if run.is_one_sided and not is_in_progress and not may_delete:
            return False
        # A plan is asked for by somebody who waits for the whole truth.
        return self._options.dry_run or self._backlog.may_wait(
            zones[0].suffix, run.item.registry, run.progress_key
        )

    async def _run_registry(
        self, run: _RegistryRun, context: RunContext, options: RunOptions, total: ChangeLimit
    ) -> None:
        """One registry's run; whatever goes wrong in it stays with it."""
        item = run.item
        async with self._places:
            if self._deadline.remaining < _RESERVE or total.remaining < 1:
                _note_remaining(run)
            else:
                await self._reconcile(run, context, options)
            has_failed = any(result.is_stuck for result in run.results.values())
            suffix = item.target.kept_zones[0].suffix
            self._backlog.record(suffix, item.registry, has_failed=has_failed)
        self._number += 1
        self._progress("registries", self._number, self._count)

    async def _reconcile(self, run: _RegistryRun, context: RunContext, options: RunOptions) -> None:
        item, deadline = run.item, self._part()
        name = item.registry.name
        results = [run.results[id_] for id_ in sorted(item.target.zones)]
        try:
            async with asyncio.timeout(deadline.remaining):
                # A place is not kept while waiting: the second round waits for all at once.
                last_pass = await run_passes(
                    batch_of(item.target, deadline),
                    context,
                    options,
                    deadline,
                    run.results,
                    evidence=run.evidence,
                    waits=False,
                )
                run.sides_over = last_pass.sides_over
            for result in results:
                result.errors = tuple(f"{name}: {error}" for error in result.errors)
        except TransientError as error:
            for result in results:
                result.errors = (f"{name}: {error}",)
        except TimeoutError:
            # The whole run's end is no fault of this registry's; its own minute is.
            if self._deadline.remaining < _RESERVE:
                _note_remaining(run)
            else:
                for result in results:
                    result.errors = (f"{name}: not done in {_REGISTRY_SECONDS:g} s",)
        except Exception as error:  # noqa: BLE001 - one poisoned registry never blocks the others
            for result in results:
                result.bugs = (error,)

    async def _unlink(
        self,
        networks: frozenset[str],
        result: ZoneResult,
        zones: tuple[Zone, ...],
        context: RunContext,
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
                results = {result.zone.id: result}
                run = LinkRun(context.azure, zones, deadline, results, context.today())
                await _delete_links(networks, result, run, context, self._options)
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
    run: LinkRun,
    context: RunContext,
    options: RunOptions,
) -> None:
    zone, limit = result.zone, context.limit_of(result.zone.id)
    # Listed again: the registries' own runs have made and removed links meanwhile.
    links = tuple(await context.azure.links(zone))
    # An observation of links alone: of records and sources nothing is to be decided here.
    state = Found(ZoneState(zone, {}, links))
    evidence = Evidence(networks=networks)
    observation = Observation(run.kept_zones, context.owners, {zone.id: state}, {}, {}, evidence)
    desired = make_desired(observation, accept_partial=True)
    plan = make_plan(observation, desired, options.adopt)[zone.id]
    await note_unshown(plan, run.kept_zones, options, context, result)
    # These do not hang together: what was shown and the limit leaves room for may go now.
    changes = tuple(filter(options.is_shown, limit.restrict(plan, options).links))
    count = int(min(limit.remaining, len(changes)))
    result.remaining += len(changes) - count
    plan = Plan(links=changes[:count])
    if options.dry_run:
        planned_links = await prove_links(plan, run.kept_zones, context.azure, result)
        result.add(ChangeState.PLANNED, *planned_links)
        return
    limit.spend(plan)
    await apply_links({zone.id: plan}, run)


def _note_drift(result: ZoneResult, drift: ZoneDrift, snapshot: Snapshot) -> None:
    result.managed = drift.managed
    result.unmanaged, result.other_owner = drift.unmanaged, drift.other_owner
    result.findings = tuple(drift.findings)
    result.unread = tuple(list_unread(snapshot))
    result.in_progress = tuple(drift.in_progress)
    zone_snapshot = snapshot.zones[result.zone.id]
    if isinstance(zone_snapshot, ZoneSnapshot) and zone_snapshot.listing.link_error is not None:
        result.fail(zone_snapshot.listing.link_error)


def _note_remaining(run: _RegistryRun) -> None:
    """Note what the lists suggest and was not made, in the zones that it is about."""
    for id_ in run.item.target.zones:
        plan, result = run.item.plans.get(id_, Plan()), run.results[id_]
        result.remaining = max(plan.size - len(result.in_state(ChangeState.DONE)), 0)
    if run.item.target.zones and not any(one.remaining for one in run.results.values()):
        run.results[min(run.item.target.zones)].remaining = 1


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
