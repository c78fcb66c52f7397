"""One pass of the loop: observe, desired, plan, apply, verify.

A pass makes one observation and at most one plan, over all zones of a name that are concerned,
and returns. Whether it is worth another one it says; whether to wait for it, its caller decides
(`runner`, `full_sync`).
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from shared.domain.checks import find_unread
from shared.domain.desired import Desired, make_desired
from shared.domain.findings import FindingKind
from shared.domain.good_answers import GoodAnswers
from shared.domain.observation import Evidence, Observation, SidesOver, ZoneState
from shared.domain.ownership import network_hash
from shared.domain.plan import Plan, make_plan
from shared.domain.reading import Found, Unknown, UnknownReason
from shared.domain.resource_id import ResourceId
from shared.engine.apply import apply_records, record_endpoints, verify
from shared.engine.apply_links import LinkRun, apply_links, link_endpoints, prove_links
from shared.engine.confirmation import note_unshown
from shared.engine.context import RunContext
from shared.engine.deadline import Deadline
from shared.engine.link_judgement import apply_judgements, judge_links
from shared.engine.link_moves import judge_moves
from shared.engine.observe import observe
from shared.engine.options import RunOptions
from shared.engine.result import ChangeState, ZoneResult, ZoneResults
from shared.engine.target import Target, complete_names
from shared.errors import LastingError, PreconditionFailedError, TransientError

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
    results: ZoneResults,
) -> Pass:
    """Make the target right, as far as one observation shows how.

    Level-triggered and idempotent: a pass that ends anywhere is finished by the next one.

    Args:
        target: where to look.
        evidence: what the passes before saw.
        context: Azure, and what runs share of it.
        options: how far the run may go.
        deadline: the run's seconds: links are waited for while they last.
        results: what is done is noted there at once, so that it is true however the pass ends.

    Raises:
        TransientError: Azure could not be read or written.
    """
    observation = await observe(target, evidence, context)
    desired, plans = await _plan(observation, context, options, deadline.remaining / 2)
    permitted_plans = _permit(plans, context, options)
    _note(results, observation, desired, plans, permitted_plans)
    for id_, plan in plans.items():
        await note_unshown(plan, target.kept_zones, options, context, results[id_])
    pass_ = Pass(
        _next_target(target, observation),
        _next_evidence(evidence, desired),
        {key: sides for one in desired.values() for key, sides in one.sides_over.items()},
    )
    if not permitted_plans:
        # No later pass of this run has more of the limit: what remains is the next run's.
        return pass_
    if options.dry_run:
        await _note_planned(permitted_plans, context, target, results)
        return pass_
    logins = [id_ for id_, plan in permitted_plans.items() if plan.deletes_login]
    if logins and not target.has_all_names:
        # Names that only ownership knows (a region's that is gone) must leave with it.
        zones = [zone for zone in target.kept_zones if zone.id in logins]
        all_names = await complete_names(pass_.target, zones, context.ownership_index)
        return replace(pass_, target=all_names, requeue_after=_AT_ONCE)
    if not await _change_records(permitted_plans, observation, results, context):
        return replace(pass_, requeue_after=_AFTER_PRECONDITION)
    # A link shows a network what its zone holds, so it waits until all of that is there.
    busy_zones = frozenset[ResourceId]()
    if not options.accept_partial:
        busy_zones = frozenset(id_ for id_, one in desired.items() if one.in_progress)
    link_plans = {
        id_: plan
        for id_, plan in permitted_plans.items()
        if id_ not in busy_zones and not _has_failed(results[id_])
    }
    undone_names = {id_: _find_undone(plan, results[id_]) for id_, plan in plans.items()}
    moves = await judge_moves(
        link_plans, undone_names, pass_.target, context, waits=not options.accept_partial
    )
    if moves.target is not None:
        return replace(pass_, target=moves.target, requeue_after=_AT_ONCE)
    for id_, reasons in moves.reasons.items():
        results[id_].in_progress += reasons
    run = LinkRun(
        context.azure,
        target.kept_zones,
        deadline,
        results,
        observation.day,
        {
            state.zone.id: _addresses(state, permitted_plans.get(state.zone.id, Plan()))
            for state in observation.zone_states
        },
    )
    return await _finish(pass_, moves.plans, observation, run, busy_zones)


async def _plan(
    observation: Observation, context: RunContext, options: RunOptions, seconds: float
) -> tuple[Mapping[ResourceId, Desired], Mapping[ResourceId, Plan]]:
    """What should be, and what to change; without the links that are held back."""
    desired = make_desired(observation, accept_partial=options.accept_partial)
    good_answers = GoodAnswers(observation)
    plans = make_plan(observation, desired, options.adopt, good_answers)
    judgements = await judge_links(observation, plans, good_answers, context.link_facts, seconds)
    endpoints = {id_: frozenset(one.endpoints) for id_, one in judgements.items() if one.endpoints}
    if endpoints:
        desired = make_desired(
            observation, accept_partial=options.accept_partial, waiting_endpoints=endpoints
        )
        plans = make_plan(observation, desired, options.adopt, good_answers)
    plans = apply_judgements(plans, judgements)
    for id_, plan in plans.items():
        networks = frozenset(one.network for one in plan.links if one.network and not one.before)
        context.link_facts.promise(id_, plan.records, networks)
    return desired, plans


async def _finish(
    pass_: Pass,
    plans: Mapping[ResourceId, Plan],
    observation: Observation,
    run: LinkRun,
    busy_zones: frozenset[ResourceId],
) -> Pass:
    """Change the links, and say whether another pass may find more."""
    count = _count_changes(run.results)
    zones = await _change_links(plans, observation, run)
    if zones is None:
        return replace(pass_, requeue_after=_AFTER_LINKS)
    wider_target = replace(pass_.target, zones=pass_.target.zones | zones)
    if wider_target != pass_.target:
        # Azure refused a network since it is linked there: whether it may move is to be judged.
        return replace(pass_, target=wider_target, requeue_after=_AT_ONCE)
    has_moves = any(one.is_move for plan in plans.values() for one in plan.links)
    if _count_changes(run.results) > count and (busy_zones or has_moves):
        # What one zone waits for, a link in another may have brought about.
        return replace(pass_, requeue_after=_AT_ONCE)
    return replace(pass_, requeue_after=IN_PROGRESS) if busy_zones else pass_


def _addresses(state: ZoneState, plan: Plan) -> dict[str, frozenset[str]]:
    """What the names of a zone hold, once the plan's records are written."""
    records = {**state.records, **{change.name: change.after for change in plan.records}}
    return {name: frozenset(record.addresses if record else ()) for name, record in records.items()}


def _has_failed(result: ZoneResult) -> bool:
    """Whether no network may see the zone yet, or cease to: its records are not all written.

    Invariant: no-half-registry.
    """
    return bool(result.errors) or any(one.kind is FindingKind.REFUSED for one in result.findings)


def _find_undone(plan: Plan, result: ZoneResult) -> tuple[str, ...]:
    """The names of record changes that were not made: by a lock, by the policy, or by a limit."""
    changes = result.in_state(ChangeState.DONE)
    return tuple(change.name for change in plan.records if change not in changes)


def _count_changes(results: ZoneResults) -> int:
    return sum(len(result.changes) for result in results.values())


def _permit(
    plans: Mapping[ResourceId, Plan], context: RunContext, options: RunOptions
) -> dict[ResourceId, Plan]:
    """What may be made in each zone; a zone whose limit has no room for it is left out."""
    permitted_plans = {}
    for id_, plan in plans.items():
        limit = context.limit_of(id_)
        permitted_plan = limit.permit(plan, options)
        if permitted_plan is not None:
            limit.spend(permitted_plan)
            permitted_plans[id_] = permitted_plan
    return permitted_plans


async def _note_planned(
    plans: Mapping[ResourceId, Plan], context: RunContext, target: Target, results: ZoneResults
) -> None:
    for id_, plan in plans.items():
        results[id_].add(ChangeState.PLANNED, *plan.records)
        links = await prove_links(plan, target.kept_zones, context.azure, results[id_])
        results[id_].add(ChangeState.PLANNED, *links)


async def _change_records(
    plans: Mapping[ResourceId, Plan],
    observation: Observation,
    results: ZoneResults,
    context: RunContext,
) -> bool:
    """Apply and verify; False if the world has moved on, and another pass is due.

    What fails in one zone is noted there, and stays with it.
    """
    states = await asyncio.gather(
        *(_change_zone(id_, plan, results, context) for id_, plan in plans.items())
    )
    # However it ended: what did land must not outlive its endpoint.
    endpoints = record_endpoints(plans.values(), observation)
    return all(states) and await verify(endpoints, observation, context.azure)


async def _change_zone(
    id_: ResourceId, plan: Plan, results: ZoneResults, context: RunContext
) -> bool:
    """Apply one zone's records; False if somebody else wrote first."""
    result = results[id_]
    count = len(result.changes)
    try:
        await apply_records(plan, context.azure, result)
    except PreconditionFailedError:
        return False
    except TransientError as error:
        result.errors += (str(error),)
    finally:
        # However it ended: what was written is in the zone, and later runs must know of it.
        changes = [change for change, _ in result.changes[count:]]
        context.link_facts.record(result.zone, changes)
    return True


async def _change_links(
    plans: Mapping[ResourceId, Plan], observation: Observation, run: LinkRun
) -> frozenset[ResourceId] | None:
    """Apply and verify; None if another pass is worth it: links conflict while Azure is busy.

    Returns:
        other zones that hold networks which Azure refused to link.
    """
    try:
        zones = await apply_links(plans, run)
    except PreconditionFailedError:
        return None
    except TransientError:
        if run.deadline.remaining < RESERVE:
            raise
        return None
    endpoints = link_endpoints(plans.values(), observation)
    return zones if await verify(endpoints, observation, run.azure) else None


def _next_target(target: Target, observation: Observation) -> Target:
    """The target with every name that was read; what was listed is old by then."""
    names = target.names.union(*(state.records.keys() for state in observation.zone_states))
    return replace(target, listings={}, names=names, zones=target.zones | observation.zones.keys())


def _next_evidence(evidence: Evidence, desired: Mapping[ResourceId, Desired]) -> Evidence:
    # A network that needs a link now can lose its endpoint before the next pass, which would
    # find nothing any more that leads to the link.
    networks = evidence.networks.union(
        *(map(network_hash, one.link_reasons) for one in desired.values()),
        *(one.abandoned_networks for one in desired.values()),
    )
    return replace(evidence, networks=networks)


def _note(
    results: ZoneResults,
    observation: Observation,
    desired: Mapping[ResourceId, Desired],
    plans: Mapping[ResourceId, Plan],
    permitted_plans: Mapping[ResourceId, Plan],
) -> None:
    """Note what was read, and what of the plans may not be made, in this run or at all."""
    unread = find_unread(observation.readings)
    for id_, reading in observation.zones.items():
        result = results[id_]
        result.passes += 1
        result.errors = ()
        if id_ in desired:
            result.findings = plans[id_].findings
        # Whatever of a zone could not be read holds back that alone, and is told.
        match reading:
            case Unknown(UnknownReason.FORBIDDEN, detail, can_pass):
                result.fail(LastingError(detail, can_pass=can_pass))
            case Unknown(_, detail):
                result.fail(TransientError(detail))
            case Found(ZoneState(link_error=TransientError() as error)):
                result.fail(error)
        if id_ not in desired:
            continue
        plan, permitted_plan = plans[id_], permitted_plans.get(id_)
        result.in_progress = (*desired[id_].in_progress, *plan.in_progress)
        result.missing_members = desired[id_].missing_members
        result.unread = (*unread, *plan.unread)
        result.remaining = plan.size if permitted_plan is None else 0
        result.drop(ChangeState.WITHHELD)
        if permitted_plan is not None:
            records = (change for change in plan.records if change not in permitted_plan.records)
            result.add(ChangeState.WITHHELD, *records)
