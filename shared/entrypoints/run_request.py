"""An order, from the timer, a request or the command line, and how it was carried out."""

import asyncio
from dataclasses import replace

from shared.domain.scope import WholeScope
from shared.domain.zone import Zone
from shared.engine.context import RunContext
from shared.engine.deadline import Deadline
from shared.engine.full_sync import Errand, FullSync, Progress, untold
from shared.engine.options import Mandate
from shared.engine.ownership_index import OwnershipIndex
from shared.engine.request_count import count_requests
from shared.engine.result import RunRequest, RunResult, ZoneResult
from shared.engine.runner import visit
from shared.entrypoints.app import Deployment, now

# As long as a full sync stays with one registry: what Azure takes longer for, a later
# run finishes.
_VISIT_SECONDS = 60.0


async def carry_out(
    run_request: RunRequest, deployment: Deployment, deadline: Deadline, tell: Progress = untold
) -> RunResult:
    """Carry out an order, and remember it if everything is right now.

    Args:
        run_request: the order.
        deployment: the app.
        deadline: the run's seconds.
        tell: hears of the progress.
    """
    settings = deployment.settings
    zones = tuple(_kept(zone, run_request) for zone in settings.zones)
    # Marks are read as this run reads them, so it shares no listing with others.
    context = RunContext(deployment.azure, OwnershipIndex(deployment.azure), zones)
    with count_requests() as calls:
        if isinstance(run_request.scope, WholeScope):
            errand = Errand(
                zones=zones,
                watched=settings.watched,
                scope=run_request.scope,
                policy=run_request.policy,
                effect=run_request.effect,
                delete_threshold=settings.delete_threshold if run_request.is_threshold_on else None,
                cap=run_request.cap,
            )
            results = await _swept(errand, context, deadline, deployment, tell)
        else:
            mandate = Mandate(run_request.policy, run_request.effect)
            part = deadline.cut_to(_VISIT_SECONDS)
            results = await visit(run_request.scope, zones, context, part, mandate)
    run_result = RunResult(run_request, tuple(results), calls, deadline.elapsed, settings.watched)
    if run_request.scope == WholeScope() and not run_result.failed and not run_result.drifted:
        deployment.synced = now()
    return run_result


async def _swept(
    errand: Errand, context: RunContext, deadline: Deadline, deployment: Deployment, tell: Progress
) -> list[ZoneResult]:
    """The sweep keeps its time by itself, but for its lists, which are no good in part."""
    try:
        async with asyncio.timeout(deadline.remaining):
            return await FullSync(errand, context, deadline, deployment.backlog, tell).run()
    except TimeoutError:
        return [ZoneResult(zone, errors=("not read within its time",)) for zone in errand.zones]


def _kept(zone: Zone, run_request: RunRequest) -> Zone:
    """The zone, kept as this run keeps it."""
    return replace(zone, foreign=run_request.foreign, former=run_request.former)
