"""The loop on one page: lead, observe, desired, plan, apply, verify."""

from dataclasses import replace
from functools import reduce

from shared.domain.changes import Patience
from shared.domain.desired import Desired, desired
from shared.domain.model import Doubt, Observation, Unknown
from shared.domain.names import network_hash
from shared.domain.plan import Plan, plan
from shared.engine.apply import (
    apply_links,
    apply_records,
    behind_links,
    behind_records,
    proven,
    verified,
)
from shared.engine.budget import Budget
from shared.engine.bursts import Ground, Queue
from shared.engine.estate import Estate
from shared.engine.lead import Lead, whole
from shared.engine.mandate import Effect, Mandate, Stay
from shared.engine.moving import movable
from shared.engine.observe import observe
from shared.engine.report import Report
from shared.errors import Conflict, RetryLater

_MAX_LOOKS = 12
_FIRST_PAUSE = 1.0
_PAUSE_AFTER_CONFLICT = 0.2
# What a last look, its writes and its verification need, with Azure at its slow usual.
_RESERVE = 6.0


async def reconcile(
    queue: Queue[Lead],
    report: Report,
    ground: Ground,
    budget: Budget,
    mandate: Mandate,
) -> None:
    """Make the report's zone right wherever the leads point, and note in it what was done.

    Level-triggered and idempotent: nothing is remembered between runs, and a
    run that ends anywhere is finished by the next one.

    Args:
        queue: leads to be served, at least one; more may come while the run goes on.
        report: names the zone; true at any moment, however the run ends.
        ground: Azure, and what runs share of it.
        budget: the run's seconds.
        mandate: how far the run may go.

    Raises:
        RetryLater: Azure could not be read or written.
    """
    zone, estate = report.zone, ground.estate
    where = reduce(Lead.union, queue.take())
    patience, pause = mandate.patience, _FIRST_PAUSE
    while report.looks < _MAX_LOOKS:
        where = reduce(Lead.union, queue.take(), where)
        began = budget.left
        look = await observe(where, zone, ground)
        want = desired(look, patience)
        wish = plan(look, want)
        todo = mandate.permit(wish)
        _note(report, look, want, wish)
        if todo is None:
            report.left = wish.size
            return
        report.withheld = tuple(change for change in wish.records if change not in todo.records)
        where = _remember(where, look, want)
        if mandate.effect is Effect.NONE:
            report.planned = [*todo.records, *await proven(todo, estate, report)]
            return
        if todo.deletes_login and not where.whole:
            # Names that only the marks know (a region's that is gone) must leave with it.
            where = await whole(where, zone, ground.listings)
            continue
        if not await _act_on_records(todo, look, report, ground):
            await budget.sleep(_PAUSE_AFTER_CONFLICT)
            continue
        # However slow Azure is today, there must be time for one more look and its writes.
        left = min(budget.left, queue.left) - max(_RESERVE, 2 * (began - budget.left))
        if not want.waiting or patience is Patience.LAST:
            todo, early = await movable(todo, zone, ground)
            report.waiting += early
            if await _act_on_links(todo, look, report, estate, budget):
                return
            await budget.sleep(min(pause, max(left, _PAUSE_AFTER_CONFLICT)))
        elif mandate.stay is Stay.BRIEFLY:
            return
        elif left > 0:
            await budget.sleep(min(pause, left))
        else:
            patience = Patience.LAST
        pause *= 2
    raise RetryLater(f"the zone or its sources changed during each of {_MAX_LOOKS} looks")


async def _act_on_records(todo: Plan, look: Observation, report: Report, ground: Ground) -> bool:
    """Apply and verify; False if the world has moved on, and another look is due."""
    estate, before = ground.estate, len(report.done)
    try:
        await apply_records(todo, estate, report)
    except Conflict:
        return False
    except RetryLater:
        # What did land must not outlive its endpoint just because the rest failed.
        if await verified(behind_records(todo, look), look, estate):
            raise
        return False
    finally:
        ground.listings.note(report.zone, report.done[before:])
    return await verified(behind_records(todo, look), look, estate)


async def _act_on_links(
    todo: Plan, look: Observation, report: Report, estate: Estate, budget: Budget
) -> bool:
    """Apply and verify; False if it is worth another look: links conflict while Azure is busy."""
    try:
        await apply_links(todo, estate, budget, report)
    except Conflict:
        return False
    except RetryLater:
        if budget.left < _RESERVE:
            raise
        return False
    return await verified(behind_links(todo, look), look, estate)


def _remember(where: Lead, look: Observation, want: Desired) -> Lead:
    """What the next look must not forget, though the zone may not tell it any more."""
    linked = frozenset(map(network_hash, want.networks))
    return replace(
        where,
        known=None,
        names=where.names | look.records.keys(),
        leaving=where.leaving | want.leaving | linked,
    )


def _note(report: Report, look: Observation, want: Desired, wish: Plan) -> None:
    report.looks += 1
    report.notices = wish.notices
    report.waiting = want.waiting
    report.missing = want.missing
    report.doubts = want.doubts
    report.gaps = tuple(unanswered(look))


def unanswered(look: Observation) -> list[str]:
    """What Azure did not answer, though it may later."""
    asked = [
        *((id_, registry) for id_, registry in look.registries.items()),
        *((source.id, source.endpoint) for source in look.sources.values()),
        *((source.id, source.interface) for source in look.sources.values()),
        *((source.id, source.zone_group) for source in look.sources.values()),
    ]
    return [
        f"{id_.name}: {reading.detail}"
        for id_, reading in asked
        if isinstance(reading, Unknown) and reading.doubt is Doubt.TRANSIENT
    ]
