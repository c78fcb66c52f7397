"""The ownership index: what the records of each zone say of themselves, listed once for many."""

import asyncio
from collections.abc import Callable, Iterable
from math import inf

from shared.domain.changes import Change, RecordChange
from shared.domain.ownership import Owners, Ownership, decode_ownership
from shared.domain.resource_id import ResourceId
from shared.domain.zone import Zone
from shared.engine.azure import Azure
from shared.engine.deadline import loop_time

# From so many records of ours on, 20 pages, a listing is worth keeping for a minute
# (docs/decisions/0010-a-large-listing-serves-a-minute.md).
_MIN_RECORDS = 2_000
_FRESH_SECONDS = 60.0

type Ownerships = list[tuple[str, Ownership]]


class OwnershipIndex:
    """The ownership in each zone, listed once for everyone who asked before the listing began.

    Args:
        azure: Azure.
        owners: whose ownership counts as ours.
        clock: monotonic seconds.
    """

    def __init__(
        self, azure: Azure, owners: Owners, clock: Callable[[], float] = loop_time
    ) -> None:
        self._azure = azure
        self._owners = owners
        self._clock = clock
        self._listings: dict[ResourceId, tuple[float, dict[str, Ownership]]] = {}
        # For each zone the listing that has begun last, and the one that is to begin after it.
        self._tasks: dict[ResourceId, asyncio.Task[Ownerships]] = {}
        self._next_tasks: dict[ResourceId, asyncio.Task[Ownerships]] = {}

    async def fresh(self, zone: Zone) -> Ownerships:
        """The names of all record sets of ours, with their ownership, read after this call began.

        Raises:
            TransientError: the zone could not be listed whole.
        """
        # A listing that has begun may have passed what this caller must see; one that has
        # not begun serves everybody who comes until then.
        task = self._next_tasks.get(zone.id)
        if task is None:
            task = asyncio.create_task(self._list(zone, self._tasks.get(zone.id)))
            # Whoever waits may give up first; a failure nobody hears of is no news.
            task.add_done_callback(lambda task: task.cancelled() or task.exception())
            self._next_tasks[zone.id] = task
        # Shielded, since one caller that gives up must not end it for the others.
        return await asyncio.shield(task)

    async def cached(self, zone: Zone, min_records: int = _MIN_RECORDS) -> Ownerships:
        """As `fresh`, but the listing of a large zone serves for a minute.

        For a deletion that most likely concerns nobody: a full zone has 250 pages, half of
        what Azure grants in five minutes. What it misses is a claim that another worker
        wrote within the minute, and the timer finds it.

        Args:
            zone: the zone.
            min_records: how many records of ours make it large.

        Raises:
            TransientError: the zone could not be listed whole.
        """
        start, ownerships = self._listings.get(zone.id, (-inf, {}))
        if len(ownerships) >= min_records and self._clock() - start < _FRESH_SECONDS:
            return list(ownerships.items())
        return await self.fresh(zone)

    def record(self, zone: Zone, changes: Iterable[Change]) -> None:
        """Keep the last listing true to what was written here since."""
        _, ownerships = self._listings.get(zone.id, (0, {}))
        for change in changes:
            if not isinstance(change, RecordChange):
                continue
            ownership = change.after and decode_ownership(change.after, self._owners)
            if ownership:
                ownerships[change.name] = ownership
            elif change.after is None:
                ownerships.pop(change.name, None)

    async def _list(self, zone: Zone, before: asyncio.Task[Ownerships] | None) -> Ownerships:
        if before is not None:
            await asyncio.wait((before,))
        self._tasks[zone.id] = self._next_tasks.pop(zone.id)
        start = self._clock()
        records = await self._azure.records(zone)
        pairs = ((record.name, decode_ownership(record, self._owners)) for record in records)
        ownerships = {name: ownership for name, ownership in pairs if ownership}
        self._listings[zone.id] = start, ownerships
        return list(ownerships.items())
