"""Full sync: whole zones made right. Lists show drift, the loop decides with direct reads.

    snapshot ──> drift ──> threshold ─┬──> first round ──────> 30 s ──> second round ──> links
    lists,       pure                 │    the loop over each drifted   what was on its way, and
    zones first                       │    registry, worst first        one side's word: once more
                                      └──> nothing may be taken away (delete-threshold)

A full sync that ends early anywhere does no harm: the next one finds what is left, since
the state is in Azure.
"""

import asyncio
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import inf

from shared.domain.changes import RecordChange
from shared.domain.checks import find_unread, unsettled_findings
from shared.domain.desired import compute_desired
from shared.domain.findings import Finding, FindingKind
from shared.domain.observation import Evidence, Observation, SidesOver
from shared.domain.ownership import Adopt, Owners, Ownership, decode_ownership
from shared.domain.plan import make_plan
from shared.domain.policy import Policy, restrict
from shared.domain.resource_id import ResourceId
from shared.domain.scope import WholeScope
from shared.domain.zone import Zone
from shared.engine.apply import apply_links, prove_links
from shared.engine.backlog import Backlog
from shared.engine.context import RunContext
from shared.engine.deadline import Deadline
from shared.engine.drift import (
    DriftedRegistry,
    ZoneDrift,
    claimed_networks,
    find_drift,
    threshold_finding,
)
from shared.engine.options import ChangeLimit, RunOptions, ZoneLimit
from shared.engine.result import ChangeState, ZoneResult
from shared.engine.runner import batch_of, run_passes
from shared.engine.snapshot import Snapshot, ZoneSnapshot, take_snapshot
from shared.errors import TransientError

# What one side alone says must hold for so long (no-unproven-delete).
_HALF_A_MINUTE = 30.0
_REGISTRIES_AT_ONCE = 12
_REGISTRY_SECONDS = 60.0
# Kept back, so that the result is out before the host ends the function.
_RESERVE = 10.0

type Progress = Callable[[str, int, int], None]


def ignore_progress(_stage: str, _done: int, _of: int) -> None:
    """Progress that nobody watches."""


@dataclass(slots=True)
class _Turn:
    """What came of one registry, and what the second round must know."""

    drifted: DriftedRegistry
    result: ZoneResult
    evidence: Evidence = field(default_factory=Evidence)
    sides_over: SidesOver = field(default_factory=dict)

    @property
    def is_one_sided(self) -> bool:
        """Whether one side alone says that something is over: to be asked once more."""
        return any(self.sides_over.values())

    @property
    def in_progress(self) -> Hashable:
        """What is on its way; empty if nothing is."""
        return (*self.result.in_progress, *self.sides_over) and (
            self.result.in_progress,
            *self.sides_over,
        )


class FullSync:
    """One run over everything watched.

    Args:
        scope: everything, or what touches one subscription.
        options: how far it may go.
        context: Azure, the zones and what is watched.
        deadline: the run's seconds.
        backlog: in which order registries have waited.
        watch: hears of the progress: stage, done, of how many.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - each of another life span
        self,
        scope: WholeScope,
        options: RunOptions,
        context: RunContext,
        deadline: Deadline,
        backlog: Backlog,
        watch: Progress = ignore_progress,
    ) -> None:
        self._scope = scope
        # Empty sets are filled: by now nobody is half-way through typing one.
        adopt = Adopt.EMPTY if options.adopt is Adopt.NONE else options.adopt
        self._options = replace(options, adopt=adopt)
        self._context = context
        self._deadline = deadline
        self._backlog = backlog
        self._watch = watch
        self._places = asyncio.Semaphore(_REGISTRIES_AT_ONCE)
        self._done = self._of = 0

    async def run(self) -> list[ZoneResult]:
        """Make the zones right, and tell of each what was done, found and left."""
        self._watch("snapshot", 0, 1)
        snapshot = await take_snapshot(self._context, self._deadline)
        self._watch("snapshot", 1, 1)
        total = ChangeLimit(inf if self._options.dry_run else self._options.limit)
        zones = self._context.zones
        return list(await asyncio.gather(*(self._apart(zone, snapshot, total) for zone in zones)))

    async def _apart(self, zone: Zone, snapshot: Snapshot, total: ChangeLimit) -> ZoneResult:
        """One zone; whatever goes wrong in it stays with it."""
        result, listed = ZoneResult(zone), snapshot.zones[zone.id]
        if isinstance(listed, TransientError):
            result.errors = (str(listed),)
            return result
        try:
            await self._zone(result, listed, snapshot, total)
        except Exception as error:  # noqa: BLE001 - one poisoned zone never blocks the others
            result.bugs += (error,)
        return result

    async def _zone(
        self, result: ZoneResult, listed: ZoneSnapshot, snapshot: Snapshot, total: ChangeLimit
    ) -> None:
        drift = find_drift(snapshot, listed, self._context, self._options.adopt)
        result.managed = drift.managed
        result.unmanaged, result.other_owner = drift.unmanaged, drift.other_owner
        result.findings = drift.findings
        result.unread = tuple(_find_unread(snapshot))
        result.in_progress = drift.in_progress
        options, limit = self._bounds(drift, result, total)
        context = replace(self._context, limit=limit)
        registries = self._backlog.ordered(result.zone.id, self._in_scope(drift))
        first = await self._round(
            [_Turn(one, ZoneResult(result.zone)) for one in registries], context, options
        )
        second = await self._second_round(first, context, options)
        for turn in (first | second).values():
            _add(result, turn.result)
            result.findings += tuple(unsettled_findings(turn.sides_over))
        for registry in second:
            self._backlog.note_wait(result.zone.id, registry, first[registry].in_progress)
        if options.policy is Policy.SYNC and result.in_state(ChangeState.WITHHELD):
            # Direct reads found more to take away than the lists had shown.
            result.findings += (_more_than_allowed(result),)
        only = self._scope.subscription
        unused = {
            hash_ for hash_, net in drift.unused_links.items() if only in (None, net.subscription)
        }
        claimed = claimed_networks(_ownership_now(drift, result, context.owners))
        await self._unlink(frozenset(unused - claimed), result, context, options)

    def _bounds(
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
        return options, ZoneLimit(total, threshold.allowed(drift.managed))

    def _in_scope(self, drift: ZoneDrift) -> list[DriftedRegistry]:
        only = self._scope.subscription
        return [one for one in drift.drifted_registries if only in (None, *one.subscriptions)]

    async def _round(
        self, turns: list[_Turn], context: RunContext, options: RunOptions
    ) -> dict[ResourceId, _Turn]:
        self._of += len(turns)
        await asyncio.gather(*(self._take(turn, context, options) for turn in turns))
        return {turn.drifted.registry: turn for turn in turns}

    async def _second_round(
        self, first: Mapping[ResourceId, _Turn], context: RunContext, options: RunOptions
    ) -> dict[ResourceId, _Turn]:
        """Look once more, half a minute later, at what was on its way or one side's word alone."""
        again = [turn for turn in first.values() if self._is_worth_it(turn, options)]
        if not again or self._deadline.remaining < _HALF_A_MINUTE + _RESERVE:
            return {}
        await self._deadline.sleep(_HALF_A_MINUTE)
        turns = [
            _Turn(
                replace(turn.drifted, target=replace(turn.drifted.target, listing=None)),
                ZoneResult(turn.result.zone),
                Evidence(sides_over=turn.sides_over),
            )
            for turn in again
        ]
        second = await self._round(turns, context, replace(options, accept_partial=True))
        for registry, turn in second.items():
            done = first[registry].result.in_state(ChangeState.DONE)
            turn.result.changes[:0] = [(change, ChangeState.DONE) for change in done]
        return second

    def _is_worth_it(self, turn: _Turn, options: RunOptions) -> bool:
        """Whether another look half a minute later may settle what the first did not.

        One side's word does, where deletes are made at all; what is on its way may, but what
        was waited for in vain is not waited for again at every tick.
        """
        result = turn.result
        if result.errors or result.remaining:
            return False
        if turn.is_one_sided and options.policy is Policy.SYNC:
            return True
        seen = self._backlog.waits(result.zone.id, turn.drifted.registry)
        return bool(turn.in_progress) and turn.in_progress != seen

    async def _take(self, turn: _Turn, context: RunContext, options: RunOptions) -> None:
        """One registry's turn; whatever goes wrong in it stays with it."""
        drifted, result = turn.drifted, turn.result
        async with self._places:
            if self._deadline.remaining < _RESERVE or context.limit.remaining < 1:
                result.remaining = max(drifted.plan.size, 1)
            else:
                await self._reconcile(turn, context, options)
            self._backlog.note(result.zone.id, drifted.registry, failed=_is_stuck(result))
        self._done += 1
        self._watch("registries", self._done, self._of)

    async def _reconcile(self, turn: _Turn, context: RunContext, options: RunOptions) -> None:
        drifted, result, deadline = turn.drifted, turn.result, self._part()
        name = drifted.registry.name
        try:
            async with asyncio.timeout(deadline.remaining):
                ended = await run_passes(
                    batch_of(drifted.target, deadline),
                    context,
                    options,
                    deadline,
                    result,
                    evidence=turn.evidence,
                    waits=False,
                )
                turn.sides_over = ended.sides_over
        except TransientError as error:
            result.errors = (f"{name}: {error}",)
        except TimeoutError:
            if self._deadline.remaining < _RESERVE:
                made = len(result.in_state(ChangeState.DONE))
                result.remaining = max(drifted.plan.size - made, 1)
            else:
                result.errors = (f"{name}: not done in {_REGISTRY_SECONDS:g} s",)
        except Exception as error:  # noqa: BLE001 - one poisoned registry never blocks the others
            result.bugs = (error,)

    async def _unlink(
        self,
        unused: frozenset[str],
        result: ZoneResult,
        context: RunContext,
        options: RunOptions,
    ) -> None:
        """Remove the links of ours that nobody uses any more, each on its own proof."""
        if not unused:
            return
        if self._deadline.remaining < _RESERVE:
            result.remaining += len(unused)
            return
        deadline = self._part()
        try:
            async with asyncio.timeout(deadline.remaining):
                await _remove_links(unused, result, context, options, deadline)
        except TransientError as error:
            result.errors += (str(error),)
        except TimeoutError:
            result.remaining += len(unused)

    def _part(self) -> Deadline:
        """One part's deadline, early enough for the result still to be out in time."""
        return self._deadline.cut_to(
            min(_REGISTRY_SECONDS, self._deadline.remaining - _RESERVE / 2)
        )


async def _remove_links(
    unused: frozenset[str],
    result: ZoneResult,
    context: RunContext,
    options: RunOptions,
    deadline: Deadline,
) -> None:
    # Listed again: the registries' own runs have made and removed links meanwhile.
    links = tuple(await context.azure.links(result.zone))
    bare = Observation(result.zone, context.owners, {}, {}, {}, links, Evidence(networks=unused))
    plan = make_plan(bare, compute_desired(bare, accept_partial=True), options.adopt)
    plan = restrict(plan, options.policy)
    # These do not hang together: what the limit leaves room for may go now.
    room = int(min(context.limit.remaining, plan.size))
    result.remaining += plan.size - room
    plan = replace(plan, links=plan.links[:room])
    if options.dry_run:
        result.add(ChangeState.PLANNED, *await prove_links(plan, context.azure, result))
        return
    context.limit.spend(plan)
    await apply_links(plan, context.azure, deadline, result)


def _find_unread(snapshot: Snapshot) -> Iterator[str]:
    """What did not answer; whose names could not be judged for that is not known to be right."""
    # A subscription counts whatever the reason: what depends on it was not made right.
    for subscription, silence in sorted(snapshot.silent.items()):
        yield f"/subscriptions/{subscription}: {silence.detail}"
    yield from find_unread(
        item
        for readings in (snapshot.registries, snapshot.interfaces, snapshot.groups)
        for item in sorted(readings.items(), key=lambda item: item[0])
    )


def _is_stuck(result: ZoneResult) -> bool:
    """Whether the same is likely to fail again: then others go first next time."""
    refused = (FindingKind.LINK_REFUSED, FindingKind.LOCKED)
    return bool(result.errors or result.bugs) or any(n.kind in refused for n in result.findings)


def _more_than_allowed(result: ZoneResult) -> Finding:
    detail = f"{len(result.in_state(ChangeState.WITHHELD))} more deletes than the lists had shown"
    return Finding(FindingKind.DELETE_THRESHOLD, str(result.zone.id), detail)


def _ownership_now(drift: ZoneDrift, result: ZoneResult, owners: Owners) -> Iterable[Ownership]:
    """The ownership of what was not plainly right, after what was done to it."""
    now = dict(drift.ownerships)
    for change in result.in_state(ChangeState.DONE):
        if not isinstance(change, RecordChange):
            continue
        ownership = change.after and decode_ownership(change.after, owners)
        if ownership:
            now[change.name] = ownership
        elif change.after is None:
            now.pop(change.name, None)
    return now.values()


def _add(whole: ZoneResult, part: ZoneResult) -> None:
    """Add what came of one registry to the zone's result; nothing is told twice."""
    whole.passes += part.passes
    whole.changes += part.changes
    whole.remaining += part.remaining
    whole.errors += part.errors
    whole.bugs += part.bugs
    whole.in_progress += part.in_progress
    whole.missing_members += part.missing_members
    whole.findings = tuple(dict.fromkeys((*whole.findings, *part.findings)))
    whole.unread = tuple(dict.fromkeys((*whole.unread, *part.unread)))
