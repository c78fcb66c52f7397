"""Apply: conditional writes in the plan's order, each confirmed before it is reported.

Invariant: confirmed.
"""

import asyncio
from collections.abc import Iterable
from typing import assert_never

from shared.domain.changes import (
    CreateLink,
    CreateRecord,
    DeleteLink,
    DeleteRecord,
    LinkChange,
    RecordChange,
    UpdateRecord,
)
from shared.domain.findings import Finding, FindingKind
from shared.domain.observation import Observation
from shared.domain.ownership import decode_ownership
from shared.domain.plan import Plan
from shared.domain.reading import Found
from shared.domain.resource_id import ResourceId
from shared.domain.zone import RecordSet, Zone
from shared.engine.azure import Azure, LinkOutcome
from shared.engine.deadline import Deadline
from shared.engine.link_usage import InUse, link_use
from shared.engine.observe import read_endpoint
from shared.engine.result import ZoneResult
from shared.errors import LockedError, PreconditionFailedError, TransientError


async def apply_records(plan: Plan, azure: Azure, result: ZoneResult) -> None:
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
            await _apply_record(change, azure, result.zone)
        except LockedError as error:
            deleting &= not isinstance(change, DeleteRecord)
            name = _records(change)[0].name
            result.findings += (Finding(FindingKind.LOCKED, name, str(error)),)
        else:
            result.done.append(change)


async def _apply_record(change: RecordChange, azure: Azure, zone: Zone) -> None:
    match change:
        case CreateRecord(after) | UpdateRecord(_, after):
            await _write(after, azure, zone)
        case DeleteRecord(before):
            await _delete(before, azure, zone)
        case _:
            assert_never(change)


async def apply_links(plan: Plan, azure: Azure, deadline: Deadline, result: ZoneResult) -> None:
    """Make the plan's link changes side by side: each is long-running, and may stay pending.

    Raises:
        Conflict: a link is not the one that was read.
        RetryLater: Azure failed; the other links are made all the same.
    """
    outcomes = await asyncio.gather(
        *(_apply_link(change, azure, deadline, result) for change in plan.links),
        return_exceptions=True,
    )
    for run_result in outcomes:
        if run_result is not None:
            raise run_result


async def _apply_link(
    change: LinkChange, azure: Azure, deadline: Deadline, result: ZoneResult
) -> None:
    try:
        match change:
            case CreateLink():
                await _create_link(change, azure, deadline, result)
            case DeleteLink():
                await _delete_link(change, azure, deadline, result)
            case _:
                assert_never(change)
    except LockedError as error:
        name = change.name if isinstance(change, CreateLink) else change.before.name
        result.findings += (Finding(FindingKind.LOCKED, name, str(error)),)


async def proven(plan: Plan, azure: Azure, result: ZoneResult) -> list[LinkChange]:
    """The plan's link changes that would be made: a link that is in use would be kept, and told."""
    return [
        change
        for change in plan.links
        if not isinstance(change, DeleteLink) or await _may_go(change, azure, result)
    ]


async def _may_go(change: DeleteLink, azure: Azure, result: ZoneResult) -> bool:
    use = await link_use(change.before, result.zone, azure)
    if isinstance(use, InUse):
        result.findings += (Finding(FindingKind.LINK_KEPT, change.before.name, use.reason),)
    return not isinstance(use, InUse)


async def verified(endpoints: Iterable[ResourceId], observation: Observation, azure: Azure) -> bool:
    """Whether endpoints and their interfaces are still as they were read before the writes.

    A create can land after its endpoint was deleted, and a delete after it was
    made again; only a read after the write can tell (no-stale-overwrite).
    """
    ids = sorted(endpoints)
    now = await asyncio.gather(*(read_endpoint(id_, azure) for id_ in ids))
    return all(
        (endpoint_reading.endpoint, endpoint_reading.interface)
        == (
            observation.endpoint_readings[endpoint_reading.id].endpoint,
            observation.endpoint_readings[endpoint_reading.id].interface,
        )
        for endpoint_reading in now
    )


def behind_records(plan: Plan, observation: Observation) -> set[ResourceId]:
    """The endpoints on whose behalf the plan's records change."""
    endpoints: set[ResourceId] = set()
    for change in plan.records:
        for record in _records(change):
            ownership = decode_ownership(record, observation.zone)
            endpoints.update(claim.endpoint for claim in (ownership.claims if ownership else ()))
    return endpoints & observation.endpoint_readings.keys()


def behind_links(plan: Plan, observation: Observation) -> set[ResourceId]:
    """For each link that the plan makes, one endpoint that needs it."""
    networks = {change.network for change in plan.links if isinstance(change, CreateLink)}
    chosen: dict[ResourceId, ResourceId] = {}
    for endpoint_reading in observation.endpoint_readings.values():
        match endpoint_reading.endpoint:
            case Found(endpoint) if endpoint.network in networks and endpoint.in_use:
                chosen[endpoint.network] = min(
                    endpoint_reading.id, chosen.get(endpoint.network, endpoint_reading.id)
                )
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


async def _write(after: RecordSet, azure: Azure, zone: Zone) -> None:
    try:
        await azure.write_record(zone, after)
    except PreconditionFailedError:
        raise
    except TransientError:
        # The write may have landed all the same: only a read can settle it.
        now = await azure.record(zone, after.name)
        if now is None or not _holds(now, after):
            raise


def _holds(now: RecordSet, after: RecordSet) -> bool:
    return (now.ttl, set(now.addresses), dict(now.metadata)) == (
        after.ttl,
        set(after.addresses),
        dict(after.metadata),
    )


async def _delete(before: RecordSet, azure: Azure, zone: Zone) -> None:
    try:
        await azure.delete_record(zone, before)
    except PreconditionFailedError:
        raise
    except TransientError:
        if await azure.record(zone, before.name) is not None:
            raise


async def _create_link(
    change: CreateLink, azure: Azure, deadline: Deadline, result: ZoneResult
) -> None:
    if change.rival is not None:
        # A network can be linked to one zone of a name only, so the other link goes first.
        rival = change.rival
        run_result, words = await azure.delete_link(rival.zone, rival.link, deadline)
        if run_result is not LinkOutcome.DONE:
            _note(change, run_result, words, str(change.network), result)
            return
    try:
        run_result, words = await azure.create_link(
            result.zone, change.name, change.network, deadline
        )
    except PreconditionFailedError:
        # Another run, or another registry's, made it meanwhile: then all is well.
        there = await azure.link(result.zone, change.name)
        if there is None or there.is_deleting or there.network != change.network:
            raise
        return
    _note(change, run_result, words, str(change.network), result)


async def _delete_link(
    change: DeleteLink, azure: Azure, deadline: Deadline, result: ZoneResult
) -> None:
    if not await _may_go(change, azure, result):
        return
    run_result, words = await azure.delete_link(result.zone, change.before, deadline)
    _note(change, run_result, words, change.before.name, result)
    if run_result is not LinkOutcome.DONE:
        return
    # An endpoint can come into the network while its link goes: then the link comes back,
    # and also if that cannot be told, since a link too many does no harm.
    network = change.before.network
    try:
        use = await link_use(change.before, result.zone, azure)
    except TransientError as error:
        use = InUse(str(error))
    if network is not None and isinstance(use, InUse):
        again = CreateLink(change.before.name, network, f"it may be needed again: {use.reason}")
        await _create_link(again, azure, deadline, result)


def _note(
    change: LinkChange,
    run_result: LinkOutcome,
    words: str,
    resource: str,
    result: ZoneResult,
) -> None:
    match run_result:
        case LinkOutcome.DONE:
            result.done.append(change)
        case LinkOutcome.PENDING:
            result.pending.append(change)
        case LinkOutcome.REFUSED:
            result.findings += (Finding(FindingKind.LINK_REFUSED, resource, words),)
        case _:
            assert_never(run_result)
