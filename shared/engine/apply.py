"""Apply: conditional writes in the plan's order, each confirmed before it is reported.

Invariant: confirmed.
"""

import asyncio
from collections.abc import Iterable
from typing import assert_never

from shared.domain import marks
from shared.domain.changes import (
    CreateLink,
    CreateRecord,
    DeleteLink,
    DeleteRecord,
    LinkChange,
    RecordChange,
    UpdateRecord,
)
from shared.domain.findings import Finding, Notice
from shared.domain.model import Found, Observation, RecordSet, Zone
from shared.domain.names import ResourceId
from shared.domain.plan import Plan
from shared.engine.budget import Budget
from shared.engine.estate import Estate, LinkOutcome
from shared.engine.observe import read_source
from shared.engine.proof import InUse, link_use
from shared.engine.report import Report
from shared.errors import Conflict, Locked, RetryLater


async def apply_records(plan: Plan, estate: Estate, report: Report) -> None:
    """Make the plan's record changes in order, noting each as Azure confirms it.

    What a lock protects is a finding, and the rest goes on; but of a registry that
    leaves, nothing goes that its locked login server would need (no-half-registry).

    Raises:
        Conflict: a record is not the one that was read; the rest is not tried.
        RetryLater: Azure failed; the rest is not tried.
    """
    deleting = True
    for change in plan.records:
        if isinstance(change, DeleteRecord) and not deleting:
            continue
        try:
            await _apply_record(change, estate, report.zone)
        except Locked as error:
            deleting &= not isinstance(change, DeleteRecord)
            name = _records(change)[0].name
            report.notices += (Notice(Finding.LOCKED, name, str(error)),)
        else:
            report.done.append(change)


async def _apply_record(change: RecordChange, estate: Estate, zone: Zone) -> None:
    match change:
        case CreateRecord(after) | UpdateRecord(_, after):
            await _write(after, estate, zone)
        case DeleteRecord(before):
            await _delete(before, estate, zone)
        case _:
            assert_never(change)


async def apply_links(plan: Plan, estate: Estate, budget: Budget, report: Report) -> None:
    """Make the plan's link changes side by side: each is long-running, and may stay pending.

    Raises:
        Conflict: a link is not the one that was read.
        RetryLater: Azure failed; the other links are made all the same.
    """
    outcomes = await asyncio.gather(
        *(_apply_link(change, estate, budget, report) for change in plan.links),
        return_exceptions=True,
    )
    for outcome in outcomes:
        if outcome is not None:
            raise outcome


async def _apply_link(change: LinkChange, estate: Estate, budget: Budget, report: Report) -> None:
    try:
        match change:
            case CreateLink():
                await _create_link(change, estate, budget, report)
            case DeleteLink():
                await _delete_link(change, estate, budget, report)
            case _:
                assert_never(change)
    except Locked as error:
        name = change.name if isinstance(change, CreateLink) else change.before.name
        report.notices += (Notice(Finding.LOCKED, name, str(error)),)


async def proven(plan: Plan, estate: Estate, report: Report) -> list[LinkChange]:
    """The plan's link changes that would be made: a link that is in use would be kept, and told."""
    return [
        change
        for change in plan.links
        if not isinstance(change, DeleteLink) or await _may_go(change, estate, report)
    ]


async def _may_go(change: DeleteLink, estate: Estate, report: Report) -> bool:
    use = await link_use(change.before, report.zone, estate)
    if isinstance(use, InUse):
        report.notices += (Notice(Finding.LINK_KEPT, change.before.name, use.reason),)
    return not isinstance(use, InUse)


async def verified(endpoints: Iterable[ResourceId], look: Observation, estate: Estate) -> bool:
    """Whether endpoints and their interfaces are still as they were read before the writes.

    A create can land after its endpoint was deleted, and a delete after it was
    made again; only a read after the write can tell (no-stale-overwrite).
    """
    ids = sorted(endpoints)
    now = await asyncio.gather(*(read_source(id_, estate) for id_ in ids))
    return all(
        (source.endpoint, source.interface)
        == (look.sources[source.id].endpoint, look.sources[source.id].interface)
        for source in now
    )


def behind_records(plan: Plan, look: Observation) -> set[ResourceId]:
    """The endpoints on whose behalf the plan's records change."""
    endpoints: set[ResourceId] = set()
    for change in plan.records:
        for record in _records(change):
            mark = marks.decode(record, look.zone)
            endpoints.update(entry.endpoint for entry in (mark.entries if mark else ()))
    return endpoints & look.sources.keys()


def behind_links(plan: Plan, look: Observation) -> set[ResourceId]:
    """For each link that the plan makes, one endpoint that needs it."""
    networks = {change.network for change in plan.links if isinstance(change, CreateLink)}
    chosen: dict[ResourceId, ResourceId] = {}
    for source in look.sources.values():
        match source.endpoint:
            case Found(endpoint) if endpoint.network in networks and endpoint.in_use:
                chosen[endpoint.network] = min(source.id, chosen.get(endpoint.network, source.id))
            case _:
                continue
    return set(chosen.values())


def _records(change: RecordChange) -> tuple[RecordSet, ...]:
    match change:
        case CreateRecord(after):
            return (after,)
        case UpdateRecord(before, after):
            return (before, after)
        case DeleteRecord(before):
            return (before,)
        case _:
            assert_never(change)


async def _write(after: RecordSet, estate: Estate, zone: Zone) -> None:
    try:
        await estate.write_record(zone, after)
    except Conflict:
        raise
    except RetryLater:
        # The write may have landed all the same: only a read can settle it.
        now = await estate.record(zone, after.name)
        if now is None or not _holds(now, after):
            raise


def _holds(now: RecordSet, after: RecordSet) -> bool:
    return (now.ttl, set(now.addresses), dict(now.metadata)) == (
        after.ttl,
        set(after.addresses),
        dict(after.metadata),
    )


async def _delete(before: RecordSet, estate: Estate, zone: Zone) -> None:
    try:
        await estate.delete_record(zone, before)
    except Conflict:
        raise
    except RetryLater:
        if await estate.record(zone, before.name) is not None:
            raise


async def _create_link(change: CreateLink, estate: Estate, budget: Budget, report: Report) -> None:
    if change.rival is not None:
        # A network can be linked to one zone of a name only, so the other link goes first.
        rival = change.rival
        outcome, words = await estate.delete_link(rival.zone, rival.link, budget)
        if outcome is not LinkOutcome.DONE:
            _note(change, outcome, words, str(change.network), report)
            return
    try:
        outcome, words = await estate.create_link(report.zone, change.name, change.network, budget)
    except Conflict:
        # Another run, or another registry's, made it meanwhile: then all is well.
        there = await estate.link(report.zone, change.name)
        if there is None or there.going or there.network != change.network:
            raise
        return
    _note(change, outcome, words, str(change.network), report)


async def _delete_link(change: DeleteLink, estate: Estate, budget: Budget, report: Report) -> None:
    if not await _may_go(change, estate, report):
        return
    outcome, words = await estate.delete_link(report.zone, change.before, budget)
    _note(change, outcome, words, change.before.name, report)
    if outcome is not LinkOutcome.DONE:
        return
    # An endpoint can come into the network while its link goes: then the link comes back,
    # and also if that cannot be told, since a link too many does no harm.
    network = change.before.network
    try:
        use = await link_use(change.before, report.zone, estate)
    except RetryLater as error:
        use = InUse(str(error))
    if network is not None and isinstance(use, InUse):
        again = CreateLink(change.before.name, network, f"it may be needed again: {use.reason}")
        await _create_link(again, estate, budget, report)


def _note(
    change: LinkChange,
    outcome: LinkOutcome,
    words: str,
    resource: str,
    report: Report,
) -> None:
    match outcome:
        case LinkOutcome.DONE:
            report.done.append(change)
        case LinkOutcome.PENDING:
            report.pending.append(change)
        case LinkOutcome.REFUSED:
            report.notices += (Notice(Finding.LINK_REFUSED, resource, words),)
        case _:
            assert_never(outcome)
