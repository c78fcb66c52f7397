"""Apply: conditional writes in the plan's order, each confirmed before it counts as done.

Invariant: confirmed.
"""

import asyncio
from collections.abc import Iterable
from typing import assert_never

from shared.domain.changes import Action, LinkChange, RecordChange
from shared.domain.findings import Finding, FindingKind
from shared.domain.observation import Observation
from shared.domain.ownership import decode_ownership, is_same_metadata
from shared.domain.plan import Plan
from shared.domain.reading import Found
from shared.domain.resource_id import ResourceId
from shared.domain.zone import Link, RecordSet
from shared.engine.azure import Azure, LinkOutcome
from shared.engine.deadline import Deadline
from shared.engine.link_usage import InUse, link_use
from shared.engine.observe import read_endpoint
from shared.engine.result import ChangeState, ZoneResult
from shared.errors import LastingError, LockedError, PreconditionFailedError, TransientError


async def apply_records(plan: Plan, azure: Azure, result: ZoneResult) -> None:
    """Make the plan's record changes in order, adding each to the result as Azure confirms it.

    What a lock protects, or Azure refuses for good, is a finding, and the rest goes on; but of a
    registry that leaves, nothing goes that its login server would need, and no login server comes
    whose other records are refused (no-half-registry).

    Raises:
        PreconditionFailedError: a record is not the one that was read; the rest is not tried.
        TransientError: Azure failed; the rest is not tried.
    """
    can_delete, labels = True, set[str]()
    # One after another: the plan's order is what keeps a registry from being half there.
    for change in plan.records:
        if change.action is Action.DELETE and not can_delete:
            continue
        if change.action is Action.CREATE and change.name in labels:
            result.add(ChangeState.WITHHELD, change)
            continue
        try:
            await _apply_record(change, azure)
        except (LastingError, LockedError) as error:
            can_delete &= change.action is not Action.DELETE
            if isinstance(error, LastingError):
                labels.add(change.name.partition(".")[0])
            result.refuse(change.name, error)
        else:
            result.add(ChangeState.DONE, change)


async def apply_links(plan: Plan, azure: Azure, deadline: Deadline, result: ZoneResult) -> None:
    """Make the plan's link changes side by side: each is long-running, and may stay pending.

    Raises:
        PreconditionFailedError: a link is not the one that was read.
        TransientError: Azure failed; the other links are made all the same.
    """
    errors = await asyncio.gather(
        *(_apply_link(change, azure, deadline, result) for change in plan.links),
        return_exceptions=True,
    )
    for error in errors:
        if error is not None:
            raise error


async def delete_link(
    change: LinkChange, azure: Azure, deadline: Deadline, result: ZoneResult
) -> None:
    """Delete a link, whoever uses it: for an owner that withdraws, which has nothing to prove.

    Raises:
        PreconditionFailedError: the link is not the one that was read.
        TransientError: Azure failed.
    """
    if change.before is None:
        raise ValueError("a link that goes is there")
    try:
        state, detail = await azure.delete_link(change.zone, change.before, deadline)
    except (LastingError, LockedError) as error:
        result.refuse(change.name, error)
    else:
        _add(change, state, detail, change.name, result)


async def prove_links(plan: Plan, azure: Azure, result: ZoneResult) -> list[LinkChange]:
    """The plan's link changes that would be made; a link in use is a finding instead."""
    return [
        change
        for change in plan.links
        if change.before is None or await _is_unused(change.before, azure, result)
    ]


async def verify(endpoints: Iterable[ResourceId], observation: Observation, azure: Azure) -> bool:
    """Whether endpoints and their interfaces are still as they were read before the writes.

    A create can land after its endpoint was deleted, and a delete after it was
    made again; only a read after the write can tell (no-stale-overwrite).
    """
    ids = sorted(endpoints)
    readings = await asyncio.gather(*(read_endpoint(id_, azure) for id_ in ids))
    return all(
        (reading.endpoint, reading.interface)
        == (
            observation.endpoint_readings[reading.id].endpoint,
            observation.endpoint_readings[reading.id].interface,
        )
        for reading in readings
    )


def record_endpoints(plan: Plan, observation: Observation) -> set[ResourceId]:
    """The endpoints on whose behalf the plan's records change."""
    endpoints: set[ResourceId] = set()
    for change in plan.records:
        for record in change.record_sets:
            ownership = decode_ownership(record, observation.owners)
            endpoints.update(claim.endpoint for claim in (ownership.claims if ownership else ()))
    return endpoints & observation.endpoint_readings.keys()


def link_endpoints(plan: Plan, observation: Observation) -> set[ResourceId]:
    """For each link that the plan makes, one endpoint that needs it."""
    networks = {change.network for change in plan.links if change.action is Action.CREATE}
    endpoints: dict[ResourceId, ResourceId] = {}
    for reading in observation.endpoint_readings.values():
        match reading.endpoint:
            case Found(endpoint) if endpoint.network in networks and endpoint.is_in_use:
                network = endpoint.network
                # The first by ID, so that passes over the same things read the same things.
                endpoints[network] = min(reading.id, endpoints.get(network, reading.id))
            case _:
                continue
    return set(endpoints.values())


async def _apply_record(change: RecordChange, azure: Azure) -> None:
    """Make the change; if its outcome is not known, only a read can settle it."""
    before, after = change.before, change.after
    try:
        if after is not None:
            await azure.write_record(change.zone, after)
        elif before is not None:
            await azure.delete_record(change.zone, before)
    except PreconditionFailedError:
        raise
    except TransientError:
        # The write may have landed all the same.
        if not _is_same(await azure.record(change.zone, change.name), after):
            raise


def _is_same(record: RecordSet | None, other: RecordSet | None) -> bool:
    """Whether two record sets hold the same, or neither exists."""
    if record is None or other is None:
        return record is other
    # The etag is left out: a write that landed has given the record a new one.
    return (record.ttl, set(record.addresses)) == (
        other.ttl,
        set(other.addresses),
    ) and is_same_metadata(record.metadata, other.metadata)


async def _apply_link(
    change: LinkChange, azure: Azure, deadline: Deadline, result: ZoneResult
) -> None:
    try:
        if change.before is None:
            await _create_link(change, azure, deadline, result)
        else:
            await _delete_link(change, change.before, azure, deadline, result)
    except (LastingError, LockedError) as error:
        result.refuse(change.name, error)


async def _is_unused(link: Link, azure: Azure, result: ZoneResult) -> bool:
    use = await link_use(link, result.zone, azure)
    if isinstance(use, InUse):
        kind = FindingKind.UNREADABLE if use.is_unread else FindingKind.LINK_KEPT
        result.findings += (Finding(kind, link.name, use.reason),)
    return not isinstance(use, InUse)


async def _create_link(
    change: LinkChange, azure: Azure, deadline: Deadline, result: ZoneResult
) -> None:
    network = change.network
    if network is None:
        raise ValueError("a link is made for a network")
    if change.rival is not None:
        # A network can be linked to one zone of a name only, so the other link goes first
        # (docs/decisions/0009-a-network-moves-link-first.md).
        rival = change.rival
        state, detail = await azure.delete_link(rival.zone, rival.link, deadline)
        if state is not LinkOutcome.DONE:
            _add(change, state, detail, str(network), result)
            return
    try:
        state, detail = await azure.create_link(change.zone, change.name, network, deadline)
    except PreconditionFailedError:
        # Another run, or another registry's, made it meanwhile: then all is well.
        link = await azure.link(change.zone, change.name)
        if link is None or link.is_deleting or link.network != network:
            raise
        return
    _add(change, state, detail, str(network), result)


async def _delete_link(
    change: LinkChange, link: Link, azure: Azure, deadline: Deadline, result: ZoneResult
) -> None:
    # Proven here and not while planning: only a read this close to the delete is worth much.
    if not await _is_unused(link, azure, result):
        return
    state, detail = await azure.delete_link(change.zone, link, deadline)
    _add(change, state, detail, link.name, result)
    if state is not LinkOutcome.DONE:
        return
    # An endpoint can come into the network while its link goes: then the link comes back,
    # and also if that is not known, since a link too many does no harm.
    try:
        use = await link_use(link, change.zone, azure)
    except TransientError as error:
        result.unread += (str(error),)
        use = InUse(str(error))
    if link.network is not None and isinstance(use, InUse):
        if use.is_unread:
            result.findings += (Finding(FindingKind.UNREADABLE, str(link.network), use.reason),)
        reason = f"it may be needed again: {use.reason}"
        change = LinkChange(change.zone, link.name, link.network, None, reason)
        await _create_link(change, azure, deadline, result)


def _add(
    change: LinkChange, state: LinkOutcome, detail: str, resource: str, result: ZoneResult
) -> None:
    match state:
        case LinkOutcome.DONE:
            result.add(ChangeState.DONE, change)
        case LinkOutcome.PENDING:
            result.add(ChangeState.PENDING, change)
        case LinkOutcome.REFUSED:
            # A finding and no error: it would be refused again, and a person can change that.
            result.findings += (Finding(FindingKind.LINK_REFUSED, resource, detail),)
        case _:
            assert_never(state)
