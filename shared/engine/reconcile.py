"""The loop on one page: lead, observe, desired, plan, apply, verify."""

from shared.domain.desired import Desired, desired
from shared.domain.model import Doubt, Observation, Patience, Unknown
from shared.domain.plan import Plan, plan
from shared.engine.apply import apply_links, apply_records, verified
from shared.engine.budget import Budget
from shared.engine.estate import Estate
from shared.engine.observe import lead, observe
from shared.engine.report import Report
from shared.errors import Conflict, RetryLater

_MAX_LOOKS = 12
_FIRST_PAUSE = 1.0
# What a last look, its writes and its verification need, with Azure at its slow usual.
_RESERVE = 6.0


async def reconcile(report: Report, estate: Estate, budget: Budget) -> None:
    """Make the report's zone right for its scope, and note in it what was done.

    Level-triggered and idempotent: nothing is remembered between runs, and a
    run that ends anywhere is finished by the next one.

    Args:
        report: names the scope and the zone; true at any moment, however the run ends.
        estate: Azure.
        budget: the run's seconds.

    Raises:
        RetryLater: Azure could not be read or written.
    """
    zone = report.zone
    where = await lead(report.scope, zone, estate)
    if where is None:
        return
    patience, pause = Patience.WAIT, _FIRST_PAUSE
    while report.looks < _MAX_LOOKS:
        look = await observe(where, zone, estate)
        want = desired(look, patience)
        todo = plan(look, want)
        _note(report, look, want, todo)
        last = patience is Patience.LAST or not want.waiting
        try:
            await apply_records(todo, estate, report)
            if not await verified(todo, look, estate):
                continue
            if last:
                await apply_links(todo, estate, budget, report)
                return
        except Conflict:
            continue
        if budget.left > pause + _RESERVE:
            await budget.sleep(pause)
            pause *= 2
        else:
            patience = Patience.LAST
    raise RetryLater(f"the zone or its sources changed during each of {_MAX_LOOKS} looks")


def _note(report: Report, look: Observation, want: Desired, todo: Plan) -> None:
    report.looks += 1
    report.notices = todo.notices
    report.waiting = want.waiting
    report.missing = want.missing
    report.gaps = tuple(_gaps(look))


def _gaps(look: Observation) -> list[str]:
    """What Azure did not answer, though it may later."""
    asked = [
        *((id_, registry) for id_, registry in look.registries.items()),
        *((source.id, source.endpoint) for source in look.sources.values()),
        *((source.id, source.interface) for source in look.sources.values()),
    ]
    return [
        f"{id_.name}: {reading.detail}"
        for id_, reading in asked
        if isinstance(reading, Unknown) and reading.doubt is Doubt.TRANSIENT
    ]
