"""One pass of the loop: observe, desired, plan, apply, verify.

A pass makes one observation and at most one plan, and returns. Whether it is worth another
one it says; whether to wait for it, its caller decides (`runner`, `full_sync`).
"""

from dataclasses import dataclass, field, replace

from shared.domain.checks import find_unread
from shared.domain.desired import Desired, make_desired
from shared.domain.findings import FindingKind
from shared.domain.observation import Evidence, Observation, SidesOver
from shared.domain.ownership import network_hash
from shared.domain.plan import Plan, make_plan
from shared.domain.policy import restrict
from shared.engine.apply import (
    apply_links,
    apply_records,
    link_endpoints,
    prove_links,
    record_endpoints,
    verify,
)
from shared.engine.context import RunContext
from shared.engine.deadline import Deadline
from shared.engine.moving import hold_moves
from shared.engine.observe import observe
from shared.engine.options import RunOptions
from shared.engine.result import ChangeState, ZoneResult
from shared.engine.target import Target, complete_names
from shared.errors import PreconditionFailedError, TransientError

# Seconds after which another pass may find what this one could not.
_AT_ONCE = 0.0
_AFTER_PRECONDITION = 0.2
_AFTER_LINKS = 0.5
# From here on it is Azure that takes time, and the caller decides whether to wait for it.
IN_PROGRESS = 1.0

# What a last pass, its writes and its verification need, with Azure at its slow usual.
RESERVE = 6.0


@dataclass(frozen=True, slots=True)
class Pass:
    """How a pass ended, beside what is in the result.

    Attributes:
        target: where the next one is to look: this one's, and the names that were read.
        evidence: what the next one must know, though the zone may not tell it any more.
        sides_over: which claims one side alone says to be over, or are about to be: evidence for a
            run half a minute later, and for none before.
        requeue_after: seconds after which another pass may find more; None if none would.
    """

    target: Target
    evidence: Evidence
    sides_over: SidesOver = field(default_factory=dict)
    requeue_after: float | None = None


async def reconcile(  # noqa: PLR0913, PLR0917 - what a pass needs, each of another life span
    target: Target,
    evidence: Evidence,
    context: RunContext,
    options: RunOptions,
    deadline: Deadline,
    result: ZoneResult,
) -> Pass:
    """Make the target right, as far as one observation shows how.

    Level-triggered and idempotent: a pass that ends anywhere is finished by the next one.

    Args:
        target: where to look.
        evidence: what the passes before saw.
        context: Azure, and what runs share of it.
        options: how far the run may go.
        deadline: the run's seconds: links are waited for while they last.
        result: what is done is noted there at once, so that it is true however the pass ends.

    Raises:
        TransientError: Azure could not be read or written.
    """
    observation = await observe(target, evidence, context)
    desired = make_desired(observation, accept_partial=options.accept_partial)
    plan = make_plan(observation, desired, options.adopt)
    permitted_plan = context.limit.permit(restrict(plan, options.policy))
    _note(result, observation, desired, plan, permitted_plan)
    pass_ = Pass(
        _next_target(target, observation), _next_evidence(evidence, desired), desired.sides_over
    )
    if permitted_plan is None:
        # No later pass of this run has more of the limit: what remains is the next run's.
        return pass_
    context.limit.spend(permitted_plan)
    if options.dry_run:
        result.add(ChangeState.PLANNED, *permitted_plan.records)
        result.add(ChangeState.PLANNED, *await prove_links(permitted_plan, context.azure, result))
        _raise_link_error(observation)
        return pass_
    if permitted_plan.deletes_login and not target.has_all_names:
        # Names that only ownership knows (a region's that is gone) must leave with it.
        all_names = await complete_names(pass_.target, context.ownership_index)
        return replace(pass_, target=all_names, requeue_after=_AT_ONCE)
    if not await _change_records(permitted_plan, observation, result, context):
        return replace(pass_, requeue_after=_AFTER_PRECONDITION)
    # A link shows a network what the zone holds, so it waits until all of that is there.
    if desired.in_progress and not options.accept_partial:
        return replace(pass_, requeue_after=IN_PROGRESS)
    _raise_link_error(observation)
    plan, reasons = await hold_moves(permitted_plan, target.zone, context)
    result.in_progress += reasons
    is_done = await _change_links(plan, observation, result, context, deadline)
    return pass_ if is_done else replace(pass_, requeue_after=_AFTER_LINKS)


def _raise_link_error(observation: Observation) -> None:
    """What could not be read of links is told only now: the records did not wait for it."""
    if observation.link_error is not None:
        raise observation.link_error


async def _change_records(
    plan: Plan, observation: Observation, result: ZoneResult, context: RunContext
) -> bool:
    """Apply and verify; False if the world has moved on, and another pass is due."""
    azure, count = context.azure, len(result.changes)
    try:
        await apply_records(plan, azure, result)
    except PreconditionFailedError:
        return False
    except TransientError:
        # What did land must not outlive its endpoint just because the rest failed.
        if await verify(record_endpoints(plan, observation), observation, azure):
            raise
        return False
    finally:
        # However it ended: what was written is in the zone, and later runs must know of it.
        changes = [change for change, _ in result.changes[count:]]
        context.ownership_index.record(result.zone, changes)
    return await verify(record_endpoints(plan, observation), observation, azure)


async def _change_links(
    plan: Plan,
    observation: Observation,
    result: ZoneResult,
    context: RunContext,
    deadline: Deadline,
) -> bool:
    """Apply and verify; False if another pass is worth it: links conflict while Azure is busy."""
    # No network sees the zone, or ceases to, before its records are written (no-half-registry).
    if any(finding.kind is FindingKind.REFUSED for finding in result.findings):
        return True
    try:
        await apply_links(plan, context.azure, deadline, result)
    except PreconditionFailedError:
        return False
    except TransientError:
        if deadline.remaining < RESERVE:
            raise
        return False
    return await verify(link_endpoints(plan, observation), observation, context.azure)


def _next_target(target: Target, observation: Observation) -> Target:
    """The target with every name that was read; what was listed is old by then."""
    return replace(target, listing=None, names=target.names | observation.records.keys())


def _next_evidence(evidence: Evidence, desired: Desired) -> Evidence:
    # A network that needs a link now can lose its endpoint before the next pass, which would
    # find nothing any more that leads to the link.
    networks = frozenset(map(network_hash, desired.link_reasons)) | desired.abandoned_networks
    return replace(evidence, networks=evidence.networks | networks)


def _note(
    result: ZoneResult,
    observation: Observation,
    desired: Desired,
    plan: Plan,
    permitted_plan: Plan | None,
) -> None:
    """Note what was read, and what of the plan may not be made, in this run or at all."""
    result.passes += 1
    result.findings = plan.findings
    result.in_progress = desired.in_progress
    result.missing_members = desired.missing_members
    result.unread = find_unread(observation.readings)
    result.remaining = plan.size if permitted_plan is None else 0
    result.drop(ChangeState.WITHHELD)
    if permitted_plan is not None:
        records = (change for change in plan.records if change not in permitted_plan.records)
        result.add(ChangeState.WITHHELD, *records)
