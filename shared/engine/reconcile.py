"""The loop on one page: lead, observe, desired, plan, apply, verify."""

from dataclasses import replace
from functools import reduce

from shared.domain.changes import Patience
from shared.domain.checks import find_unread
from shared.domain.desired import Desired, compute_desired
from shared.domain.observation import Observation
from shared.domain.ownership import network_hash
from shared.domain.plan import Plan, make_plan
from shared.engine.apply import (
    apply_links,
    apply_records,
    behind_links,
    behind_records,
    proven,
    verified,
)
from shared.engine.azure import Azure
from shared.engine.context import RunContext
from shared.engine.deadline import Deadline
from shared.engine.moving import movable
from shared.engine.observe import observe
from shared.engine.options import Effect, Mandate, Stay
from shared.engine.result import ChangeState, ZoneResult
from shared.engine.target import Target, whole
from shared.engine.workqueue import Batch
from shared.errors import PreconditionFailedError, TransientError

_MAX_LOOKS = 12
_FIRST_PAUSE = 1.0
_PAUSE_AFTER_CONFLICT = 0.2
# What a last look, its writes and its verification need, with Azure at its slow usual.
_RESERVE = 6.0


async def reconcile(
    batch: Batch[Target],
    result: ZoneResult,
    context: RunContext,
    deadline: Deadline,
    mandate: Mandate,
) -> None:
    """Make the report's zone right wherever the leads point, and note in it what was done.

    Level-triggered and idempotent: nothing is remembered between runs, and a
    run that ends anywhere is finished by the next one.

    Args:
        batch: leads to be served, at least one; more may come while the run goes on.
        result: names the zone; true at any moment, however the run ends.
        context: Azure, and what runs share of it.
        deadline: the run's seconds.
        mandate: how far the run may go.

    Raises:
        RetryLater: Azure could not be read or written.
    """
    zone, azure = result.zone, context.azure
    target = reduce(Target.union, batch.take())
    patience, pause = mandate.patience, _FIRST_PAUSE
    while result.observations < _MAX_LOOKS:
        target = reduce(Target.union, batch.take(), target)
        began = deadline.remaining
        observation = await observe(target, zone, context)
        desired = compute_desired(observation, patience)
        plan = make_plan(observation, desired)
        permitted_plan = mandate.permit(plan)
        _note(result, observation, desired, plan)
        if permitted_plan is None:
            result.remaining = plan.size
            return
        withheld = (change for change in plan.records if change not in permitted_plan.records)
        result.add(ChangeState.WITHHELD, *withheld)
        target = _remember(target, observation, desired)
        if mandate.effect is Effect.NONE:
            result.add(ChangeState.PLANNED, *permitted_plan.records)
            result.add(ChangeState.PLANNED, *await proven(permitted_plan, azure, result))
            return
        if permitted_plan.deletes_login and not target.whole:
            # Names that only the marks know (a region's that is gone) must leave with it.
            target = await whole(target, zone, context.ownership_index)
            continue
        if not await _act_on_records(permitted_plan, observation, result, context):
            await deadline.sleep(_PAUSE_AFTER_CONFLICT)
            continue
        # However slow Azure is today, there must be time for one more look and its writes.
        remaining = min(deadline.remaining, batch.remaining) - max(
            _RESERVE, 2 * (began - deadline.remaining)
        )
        if not desired.in_progress or patience is Patience.LAST:
            permitted_plan, early = await movable(permitted_plan, zone, context)
            result.in_progress += early
            if await _act_on_links(permitted_plan, observation, result, azure, deadline):
                return
            await deadline.sleep(min(pause, max(remaining, _PAUSE_AFTER_CONFLICT)))
        elif mandate.stay is Stay.BRIEFLY:
            return
        elif remaining > 0:
            await deadline.sleep(min(pause, remaining))
        else:
            patience = Patience.LAST
        pause *= 2
    raise TransientError(f"the zone or its sources changed during each of {_MAX_LOOKS} looks")


async def _act_on_records(
    permitted_plan: Plan, observation: Observation, result: ZoneResult, context: RunContext
) -> bool:
    """Apply and verify; False if the world has moved on, and another look is due."""
    azure, before = context.azure, len(result.changes)
    try:
        await apply_records(permitted_plan, azure, result)
    except PreconditionFailedError:
        return False
    except TransientError:
        # What did land must not outlive its endpoint just because the rest failed.
        if await verified(behind_records(permitted_plan, observation), observation, azure):
            raise
        return False
    finally:
        written = [change for change, _ in result.changes[before:]]
        context.ownership_index.record(result.zone, written)
    return await verified(behind_records(permitted_plan, observation), observation, azure)


async def _act_on_links(
    permitted_plan: Plan,
    observation: Observation,
    result: ZoneResult,
    azure: Azure,
    deadline: Deadline,
) -> bool:
    """Apply and verify; False if it is worth another look: links conflict while Azure is busy."""
    try:
        await apply_links(permitted_plan, azure, deadline, result)
    except PreconditionFailedError:
        return False
    except TransientError:
        if deadline.remaining < _RESERVE:
            raise
        return False
    return await verified(behind_links(permitted_plan, observation), observation, azure)


def _remember(target: Target, observation: Observation, desired: Desired) -> Target:
    """What the next look must not forget, though the zone may not tell it any more."""
    linked = frozenset(map(network_hash, desired.networks))
    return replace(
        target,
        known=None,
        names=target.names | observation.records.keys(),
        leaving=target.leaving | desired.leaving | linked,
    )


def _note(result: ZoneResult, observation: Observation, desired: Desired, plan: Plan) -> None:
    result.observations += 1
    result.drop(ChangeState.WITHHELD)
    result.findings = plan.findings
    result.in_progress = desired.in_progress
    result.missing = desired.missing
    result.doubts = desired.doubts
    result.unread = find_unread(observation.readings)
