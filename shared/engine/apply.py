"""Apply: conditional writes of records in the plan's order, each confirmed before it is done.

Invariant: confirmed.
"""

import asyncio
from collections.abc import Iterable
from itertools import chain

from shared.domain.changes import Action, RecordChange
from shared.domain.observation import Observation
from shared.domain.ownership import decode_ownership, is_same_metadata
from shared.domain.plan import Plan
from shared.domain.resource_id import ResourceId
from shared.domain.zone import RecordSet
from shared.engine.azure import Azure
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


def record_endpoints(plans: Iterable[Plan], observation: Observation) -> set[ResourceId]:
    """The endpoints on whose behalf the plans' records change."""
    endpoints: set[ResourceId] = set()
    for change in chain.from_iterable(plan.records for plan in plans):
        for record in change.record_sets:
            ownership = decode_ownership(record, observation.owners)
            endpoints.update(claim.endpoint for claim in (ownership.claims if ownership else ()))
    return endpoints & observation.endpoint_readings.keys()


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
