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

from shared.domain import marks
from shared.domain.changes import CreateRecord, DeleteRecord, Patience, UpdateRecord
from shared.domain.desired import desired
from shared.domain.findings import Finding, Notice
from shared.domain.model import Doubt, Foreign, Mark, Observation, Unknown, WholeScope, Zone
from shared.domain.names import ResourceId
from shared.domain.plan import plan
from shared.domain.policy import DeleteThreshold, Policy
from shared.engine.apply import apply_links, proven
from shared.engine.backlog import Backlog
from shared.engine.budget import Budget
from shared.engine.bursts import Ground, Queue
from shared.engine.lead import Lead
from shared.engine.mandate import Allowance, Cap, Effect, Mandate, Stay
from shared.engine.overview import Survey, ZoneSurvey
from shared.engine.reconcile import reconcile
from shared.engine.report import Report
from shared.engine.survey import survey
from shared.engine.suspicion import Case, Suspect, investigate, noted, threshold_finding
from shared.errors import RetryLater

MOST_WRITES = 500
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


class Sweep:
    """One run over everything watched.

    Args:
        errand: what to do.
        ground: Azure.
        budget: the run's seconds.
        backlog: in which order suspects have waited.
        tell: hears of the progress: stage, done, of how many.
    """

    def __init__(
        self,
        errand: Errand,
        ground: Ground,
        budget: Budget,
        backlog: Backlog,
        tell: Progress = untold,
    ) -> None:
        self._errand = errand
        self._ground = ground
        self._budget = budget
        self._backlog = backlog
        self._tell = tell
        self._places = asyncio.Semaphore(_SUSPECTS_AT_ONCE)
        self._done = self._of = 0

    async def run(self) -> list[Report]:
        """Make the zones right, and tell of each what was done, found and left."""
        self._tell("survey", 0, 1)
        zones = tuple(map(_filling, self._errand.zones))
        seen = await survey(self._ground, zones, self._errand.watched, self._budget)
        self._tell("survey", 1, 1)
        cap = Cap(self._errand.cap if self._errand.effect is Effect.WRITE else inf)
        return list(await asyncio.gather(*(self._apart(zone, seen, cap) for zone in zones)))

    async def _apart(self, zone: Zone, seen: Survey, cap: Cap) -> Report:
        """One zone; whatever goes wrong in it stays with it."""
        report, found = Report(zone), seen.zones[zone.id]
        if isinstance(found, RetryLater):
            report.errors = (str(found),)
            return report
        try:
            await self._zone(report, found, seen, cap)
        except Exception as error:  # noqa: BLE001 - one poisoned zone never blocks the others
            report.bugs += (error,)
        return report

    async def _zone(self, report: Report, found: ZoneSurvey, seen: Survey, cap: Cap) -> None:
        zone = report.zone
        case = investigate(seen, found, self._ground)
        report.managed = case.managed
        report.unmanaged, report.other_owner = case.unmanaged, case.other_owner
        report.notices = case.notices
        report.gaps = tuple(_gaps(seen))
        report.waiting = case.waiting
        mandate = self._mandate(case, report, cap)
        suspects = self._backlog.ordered(zone.id, self._within_scope(case.suspects))
        first = await self._round(suspects, zone, mandate)
        second = await self._second_round(suspects, first, zone, mandate)
        for part in (first | second).values():
            _add(report, part)
        if mandate.policy is Policy.SYNC and report.withheld:
            # Direct reads found more to take away than the lists had shown.
            report.notices += (_more_than_allowed(report),)
        only = self._errand.scope.subscription
        idle = {hash_ for hash_, net in case.idle.items() if only in (None, net.subscription)}
        stale = frozenset(idle - noted(_marks_now(case, report)))
        await self._stale_links(stale, report, mandate)

    def _mandate(self, case: Case, report: Report, cap: Cap) -> Mandate:
        """How far the runs over this zone may go; past the delete threshold, without deletes."""
        policy, allowed = self._errand.policy, inf
        if self._errand.delete_threshold is not None and policy is Policy.SYNC:
            allowed = self._errand.delete_threshold.allowed(case.managed)
            refusal = threshold_finding(case, self._errand.delete_threshold, report.zone.id)
            if refusal is not None:
                report.notices += (refusal,)
                policy = Policy.UPSERT_ONLY
        return Mandate(
            policy=policy,
            effect=self._errand.effect,
            stay=Stay.BRIEFLY,
            allowance=Allowance(cap, allowed),
        )

    def _within_scope(self, suspects: Iterable[Suspect]) -> list[Suspect]:
        only = self._errand.scope.subscription
        return [s for s in suspects if only is None or only in s.subscriptions]

    async def _round(
        self, suspects: Iterable[Suspect], zone: Zone, mandate: Mandate
    ) -> dict[ResourceId, Report]:
        suspects = list(suspects)
        self._of += len(suspects)
        reports = await asyncio.gather(*(self._tend(s, zone, mandate) for s in suspects))
        return {suspect.registry: r for suspect, r in zip(suspects, reports, strict=True)}

    async def _second_round(
        self,
        suspects: Iterable[Suspect],
        first: dict[ResourceId, Report],
        zone: Zone,
        mandate: Mandate,
    ) -> dict[ResourceId, Report]:
        """Look once more, half a minute later, at what waited and at what one side alone said."""
        again = [
            replace(s, lead=replace(s.lead, known=None, doubted=first[s.registry].doubts))
            for s in suspects
            if _is_unsettled(first[s.registry])
        ]
        if not again or self._budget.left < _HALF_A_MINUTE + _RESERVE:
            return {}
        await self._budget.sleep(_HALF_A_MINUTE)
        second = await self._round(again, zone, replace(mandate, patience=Patience.LAST))
        for registry, report in second.items():
            report.done[:0] = first[registry].done
        return second

    async def _tend(self, suspect: Suspect, zone: Zone, mandate: Mandate) -> Report:
        """One run of the loop over a suspect; whatever goes wrong in it stays with it."""
        report = Report(zone)
        async with self._places:
            if self._budget.left < _RESERVE or mandate.is_spent:
                report.left = max(suspect.plan.size, 1)
            else:
                await self._reconcile(suspect, report, mandate)
            self._backlog.tended(zone.id, suspect.registry, failed=_is_stuck(report))
        self._done += 1
        self._tell("registries", self._done, self._of)
        return report

    async def _reconcile(self, suspect: Suspect, report: Report, mandate: Mandate) -> None:
        budget = self._part()
        queue = Queue[Lead]()
        queue.join(suspect.lead, budget)
        try:
            async with asyncio.timeout(budget.left):
                await reconcile(queue, report, self._ground, budget, mandate)
        except RetryLater as error:
            report.errors = (f"{suspect.registry.name}: {error}",)
        except TimeoutError:
            if self._budget.left < _RESERVE:
                report.left = max(suspect.plan.size - len(report.done), 1)
            else:
                report.errors = (f"{suspect.registry.name}: not done in {_SUSPECT_SECONDS:g} s",)
        except Exception as error:  # noqa: BLE001 - one poisoned registry never blocks the others
            report.bugs = (error,)

    async def _stale_links(self, stale: frozenset[str], report: Report, mandate: Mandate) -> None:
        """Remove the links of ours that nobody uses any more, each on its own proof."""
        if not stale:
            return
        if self._budget.left < _RESERVE:
            report.left += len(stale)
            return
        budget = self._part()
        try:
            async with asyncio.timeout(budget.left):
                # Listed again: the registries' own runs have made and removed links meanwhile.
                links = tuple(await self._ground.estate.links(report.zone))
                bare = Observation(report.zone, {}, {}, {}, links, stale)
                wish = plan(bare, desired(bare, Patience.LAST))
                # These do not hang together: what the cap leaves room for may go now.
                now = replace(wish, links=wish.links[: mandate.room(wish)])
                report.left += wish.size - now.size
                todo = mandate.permit(now)
                if todo is None:
                    report.left += now.size
                elif mandate.effect is Effect.NONE:
                    report.planned += await proven(todo, self._ground.estate, report)
                else:
                    await apply_links(todo, self._ground.estate, budget, report)
        except RetryLater as error:
            report.errors += (str(error),)
        except TimeoutError:
            report.left += len(stale)

    def _part(self) -> Budget:
        """One part's budget, which ends early enough for the report still to be out in time."""
        return self._budget.within(min(_SUSPECT_SECONDS, self._budget.left - _RESERVE / 2))


def _filling(zone: Zone) -> Zone:
    """The zone with leave to fill empty sets: by now nobody is half-way through typing one."""
    return replace(zone, foreign=Foreign.FILL) if zone.foreign is Foreign.LEAVE else zone


def _gaps(seen: Survey) -> Iterator[str]:
    """What did not answer; whose names could not be judged for that is not known to be right."""
    # A subscription is a gap whatever the reason: what depends on it was not made right.
    for subscription, silence in sorted(seen.silent.items()):
        yield f"/subscriptions/{subscription}: {silence.detail}"
    for readings in (seen.registries, seen.interfaces, seen.groups):
        for id_, reading in sorted(readings.items()):
            if isinstance(reading, Unknown) and reading.doubt is Doubt.TRANSIENT:
                yield f"{id_.name}: {reading.detail}"


def _is_stuck(report: Report) -> bool:
    """Whether the same is likely to fail again: then others go first next time."""
    refused = (Finding.LINK_REFUSED, Finding.LOCKED)
    return bool(report.errors or report.bugs) or any(n.finding in refused for n in report.notices)


def _is_unsettled(report: Report) -> bool:
    return bool(report.doubts or report.waiting) and not (report.errors or report.left)


def _more_than_allowed(report: Report) -> Notice:
    detail = f"{len(report.withheld)} more deletes than the lists had shown"
    return Notice(Finding.DELETE_THRESHOLD, str(report.zone.id), detail)


def _marks_now(case: Case, report: Report) -> Iterable[Mark]:
    """The marks that were not plainly right, after what was done to them."""
    now = dict(case.marks)
    for change in report.done:
        match change:
            case CreateRecord(after) | UpdateRecord(_, after):
                mark = marks.decode(after, report.zone)
                now |= {after.name: mark} if mark else {}
            case DeleteRecord(before):
                now.pop(before.name, None)
            case _:
                continue
    return now.values()


def _add(whole: Report, part: Report) -> None:
    """Add what one suspect's run did to the zone's report; nothing is told twice."""
    whole.looks += part.looks
    whole.done += part.done
    whole.pending += part.pending
    whole.planned += part.planned
    whole.left += part.left
    whole.withheld += part.withheld
    whole.errors += part.errors
    whole.bugs += part.bugs
    whole.waiting += part.waiting
    whole.missing += part.missing
    whole.notices = tuple(dict.fromkeys((*whole.notices, *part.notices)))
    whole.gaps = tuple(dict.fromkeys((*whole.gaps, *part.gaps)))
