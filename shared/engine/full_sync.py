"""Sweep: whole zones made right. Lists raise suspicion, the loop decides with direct reads.

    survey ──> suspicion ──> threshold ┬──> first round ──> 30 s ──> second round ──> stale links
    lists,     pure                  │    the loop over each       what waited, and what one
    zones first                      │    suspect, worst first     side alone said: once more
                                     └──> nothing may be taken away (delete-threshold)

A sweep that ends early anywhere does no harm: the next one finds what is left, since
the state is in Azure.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from math import inf

from shared.domain.changes import Patience, RecordChange
from shared.domain.checks import find_unread
from shared.domain.desired import compute_desired
from shared.domain.findings import Finding, FindingKind
from shared.domain.observation import Observation
from shared.domain.ownership import Ownership, decode_ownership
from shared.domain.plan import make_plan
from shared.domain.policy import DeleteThreshold, Policy
from shared.domain.resource_id import ResourceId
from shared.domain.scope import WholeScope
from shared.domain.zone import Foreign, Zone
from shared.engine.apply import apply_links, proven
from shared.engine.backlog import Backlog
from shared.engine.context import RunContext
from shared.engine.deadline import Deadline
from shared.engine.drift import DriftedRegistry, ZoneDrift, find_drift, noted, threshold_finding
from shared.engine.options import MOST_WRITES, Allowance, Cap, Effect, Mandate, Stay
from shared.engine.reconcile import reconcile
from shared.engine.result import ChangeState, ZoneResult
from shared.engine.snapshot import Snapshot, ZoneSnapshot, take_snapshot
from shared.engine.target import Target
from shared.engine.workqueue import Batch
from shared.errors import TransientError

# What one side alone says must hold for so long (no-unproven-delete).
_HALF_A_MINUTE = 30.0
_SUSPECTS_AT_ONCE = 12
_SUSPECT_SECONDS = 60.0
# Kept back, so that the report is out before the host ends the function.
_RESERVE = 10.0

type Progress = Callable[[str, int, int], None]


def untold(_stage: str, _done: int, _of: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class Errand:
    """What a sweep is sent to do.

    Attributes:
        zones: the zones, kept as this run keeps them.
        watched: the subscriptions to look after.
        scope: everything, or what touches one subscription.
        policy: whether it may take away.
        effect: whether it writes at all.
        delete_threshold: how much it may take away; None if that was overridden.
        cap: how many writes it may make.
    """

    zones: tuple[Zone, ...]
    watched: frozenset[str]
    scope: WholeScope = field(default_factory=WholeScope)
    policy: Policy = Policy.SYNC
    effect: Effect = Effect.WRITE
    delete_threshold: DeleteThreshold | None = field(default_factory=DeleteThreshold)
    cap: float = MOST_WRITES


class FullSync:
    """One run over everything watched.

    Args:
        errand: what to do.
        context: Azure.
        deadline: the run's seconds.
        backlog: in which order suspects have waited.
        tell: hears of the progress: stage, done, of how many.
    """

    def __init__(
        self,
        errand: Errand,
        context: RunContext,
        deadline: Deadline,
        backlog: Backlog,
        tell: Progress = untold,
    ) -> None:
        self._errand = errand
        self._ground = context
        self._budget = deadline
        self._backlog = backlog
        self._tell = tell
        self._places = asyncio.Semaphore(_SUSPECTS_AT_ONCE)
        self._done = self._of = 0

    async def run(self) -> list[ZoneResult]:
        """Make the zones right, and tell of each what was done, found and left."""
        self._tell("survey", 0, 1)
        zones = tuple(map(_filling, self._errand.zones))
        seen = await take_snapshot(self._ground, zones, self._errand.watched, self._budget)
        self._tell("survey", 1, 1)
        cap = Cap(self._errand.cap if self._errand.effect is Effect.WRITE else inf)
        return list(await asyncio.gather(*(self._apart(zone, seen, cap) for zone in zones)))

    async def _apart(self, zone: Zone, seen: Snapshot, cap: Cap) -> ZoneResult:
        """One zone; whatever goes wrong in it stays with it."""
        result, found = ZoneResult(zone), seen.zones[zone.id]
        if isinstance(found, TransientError):
            result.errors = (str(found),)
            return result
        try:
            await self._zone(result, found, seen, cap)
        except Exception as error:  # noqa: BLE001 - one poisoned zone never blocks the others
            result.bugs += (error,)
        return result

    async def _zone(
        self, result: ZoneResult, found: ZoneSnapshot, seen: Snapshot, cap: Cap
    ) -> None:
        zone = result.zone
        drift = find_drift(seen, found, self._ground)
        result.managed = drift.managed
        result.unmanaged, result.other_owner = drift.unmanaged, drift.other_owner
        result.findings = drift.findings
        result.unread = tuple(_find_unread(seen))
        result.in_progress = drift.in_progress
        mandate = self._mandate(drift, result, cap)
        drifted_registries = self._backlog.ordered(
            zone.id, self._within_scope(drift.drifted_registries)
        )
        first = await self._round(drifted_registries, zone, mandate)
        second = await self._second_round(drifted_registries, first, zone, mandate)
        for part in (first | second).values():
            _add(result, part)
        if mandate.policy is Policy.SYNC and result.in_state(ChangeState.WITHHELD):
            # Direct reads found more to take away than the lists had shown.
            result.findings += (_more_than_allowed(result),)
        only = self._errand.scope.subscription
        unused_links = {
            hash_ for hash_, net in drift.unused_links.items() if only in (None, net.subscription)
        }
        stale = frozenset(unused_links - noted(_marks_now(drift, result)))
        await self._stale_links(stale, result, mandate)

    def _mandate(self, drift: ZoneDrift, result: ZoneResult, cap: Cap) -> Mandate:
        """How far the runs over this zone may go; past the delete threshold, without deletes."""
        policy, allowed = self._errand.policy, inf
        if self._errand.delete_threshold is not None and policy is Policy.SYNC:
            allowed = self._errand.delete_threshold.allowed(drift.managed)
            refusal = threshold_finding(drift, self._errand.delete_threshold, result.zone.id)
            if refusal is not None:
                result.findings += (refusal,)
                policy = Policy.UPSERT_ONLY
        return Mandate(
            policy=policy,
            effect=self._errand.effect,
            stay=Stay.BRIEFLY,
            allowance=Allowance(cap, allowed),
        )

    def _within_scope(self, drifted_registries: Iterable[DriftedRegistry]) -> list[DriftedRegistry]:
        only = self._errand.scope.subscription
        return [s for s in drifted_registries if only is None or only in s.subscriptions]

    async def _round(
        self, drifted_registries: Iterable[DriftedRegistry], zone: Zone, mandate: Mandate
    ) -> dict[ResourceId, ZoneResult]:
        drifted_registries = list(drifted_registries)
        self._of += len(drifted_registries)
        results = await asyncio.gather(*(self._tend(s, zone, mandate) for s in drifted_registries))
        return {drifted.registry: r for drifted, r in zip(drifted_registries, results, strict=True)}

    async def _second_round(
        self,
        drifted_registries: Iterable[DriftedRegistry],
        first: dict[ResourceId, ZoneResult],
        zone: Zone,
        mandate: Mandate,
    ) -> dict[ResourceId, ZoneResult]:
        """Look once more, half a minute later, at what waited and at what one side alone said."""
        again = [
            replace(s, target=replace(s.target, known=None, doubted=first[s.registry].doubts))
            for s in drifted_registries
            if _is_unsettled(first[s.registry])
        ]
        if not again or self._budget.remaining < _HALF_A_MINUTE + _RESERVE:
            return {}
        await self._budget.sleep(_HALF_A_MINUTE)
        second = await self._round(again, zone, replace(mandate, patience=Patience.LAST))
        for registry, result in second.items():
            done = first[registry].in_state(ChangeState.DONE)
            result.changes[:0] = [(change, ChangeState.DONE) for change in done]
        return second

    async def _tend(self, drifted: DriftedRegistry, zone: Zone, mandate: Mandate) -> ZoneResult:
        """One run of the loop over a suspect; whatever goes wrong in it stays with it."""
        result = ZoneResult(zone)
        async with self._places:
            if self._budget.remaining < _RESERVE or mandate.is_spent:
                result.remaining = max(drifted.plan.size, 1)
            else:
                await self._reconcile(drifted, result, mandate)
            self._backlog.tended(zone.id, drifted.registry, failed=_is_stuck(result))
        self._done += 1
        self._tell("registries", self._done, self._of)
        return result

    async def _reconcile(
        self, drifted: DriftedRegistry, result: ZoneResult, mandate: Mandate
    ) -> None:
        deadline = self._part()
        batch = Batch[Target]()
        batch.add(drifted.target, deadline)
        try:
            async with asyncio.timeout(deadline.remaining):
                await reconcile(batch, result, self._ground, deadline, mandate)
        except TransientError as error:
            result.errors = (f"{drifted.registry.name}: {error}",)
        except TimeoutError:
            if self._budget.remaining < _RESERVE:
                result.remaining = max(
                    drifted.plan.size - len(result.in_state(ChangeState.DONE)), 1
                )
            else:
                result.errors = (f"{drifted.registry.name}: not done in {_SUSPECT_SECONDS:g} s",)
        except Exception as error:  # noqa: BLE001 - one poisoned registry never blocks the others
            result.bugs = (error,)

    async def _stale_links(
        self, stale: frozenset[str], result: ZoneResult, mandate: Mandate
    ) -> None:
        """Remove the links of ours that nobody uses any more, each on its own proof."""
        if not stale:
            return
        if self._budget.remaining < _RESERVE:
            result.remaining += len(stale)
            return
        deadline = self._part()
        try:
            async with asyncio.timeout(deadline.remaining):
                # Listed again: the registries' own runs have made and removed links meanwhile.
                links = tuple(await self._ground.azure.links(result.zone))
                bare = Observation(result.zone, {}, {}, {}, links, stale)
                plan = make_plan(bare, compute_desired(bare, Patience.LAST))
                # These do not hang together: what the cap leaves room for may go now.
                now = replace(plan, links=plan.links[: mandate.room(plan)])
                result.remaining += plan.size - now.size
                permitted_plan = mandate.permit(now)
                if permitted_plan is None:
                    result.remaining += now.size
                elif mandate.effect is Effect.NONE:
                    planned = await proven(permitted_plan, self._ground.azure, result)
                    result.add(ChangeState.PLANNED, *planned)
                else:
                    await apply_links(permitted_plan, self._ground.azure, deadline, result)
        except TransientError as error:
            result.errors += (str(error),)
        except TimeoutError:
            result.remaining += len(stale)

    def _part(self) -> Deadline:
        """One part's budget, which ends early enough for the report still to be out in time."""
        return self._budget.cut_to(min(_SUSPECT_SECONDS, self._budget.remaining - _RESERVE / 2))


def _filling(zone: Zone) -> Zone:
    """The zone with leave to fill empty sets: by now nobody is half-way through typing one."""
    return replace(zone, foreign=Foreign.FILL) if zone.foreign is Foreign.LEAVE else zone


def _find_unread(seen: Snapshot) -> Iterator[str]:
    """What did not answer; whose names could not be judged for that is not known to be right."""
    # A subscription counts whatever the reason: what depends on it was not made right.
    for subscription, silence in sorted(seen.silent.items()):
        yield f"/subscriptions/{subscription}: {silence.detail}"
    yield from find_unread(
        item
        for readings in (seen.registries, seen.interfaces, seen.groups)
        for item in sorted(readings.items(), key=lambda item: item[0])
    )


def _is_stuck(result: ZoneResult) -> bool:
    """Whether the same is likely to fail again: then others go first next time."""
    refused = (FindingKind.LINK_REFUSED, FindingKind.LOCKED)
    return bool(result.errors or result.bugs) or any(n.kind in refused for n in result.findings)


def _is_unsettled(result: ZoneResult) -> bool:
    return bool(result.doubts or result.in_progress) and not (result.errors or result.remaining)


def _more_than_allowed(result: ZoneResult) -> Finding:
    detail = f"{len(result.in_state(ChangeState.WITHHELD))} more deletes than the lists had shown"
    return Finding(FindingKind.DELETE_THRESHOLD, str(result.zone.id), detail)


def _marks_now(drift: ZoneDrift, result: ZoneResult) -> Iterable[Ownership]:
    """The marks that were not plainly right, after what was done to them."""
    now = dict(drift.marks)
    for change in result.in_state(ChangeState.DONE):
        if not isinstance(change, RecordChange):
            continue
        ownership = change.after and decode_ownership(change.after, result.zone)
        if ownership:
            now[change.name] = ownership
        elif change.after is None:
            now.pop(change.name, None)
    return now.values()


def _add(whole: ZoneResult, part: ZoneResult) -> None:
    """Add what one suspect's run did to the zone's report; nothing is told twice."""
    whole.observations += part.observations
    whole.changes += part.changes
    whole.remaining += part.remaining
    whole.errors += part.errors
    whole.bugs += part.bugs
    whole.in_progress += part.in_progress
    whole.missing += part.missing
    whole.findings = tuple(dict.fromkeys((*whole.findings, *part.findings)))
    whole.unread = tuple(dict.fromkeys((*whole.unread, *part.unread)))
