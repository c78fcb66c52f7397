"""The ownership index: what the records of each zone say of themselves, listed once for many."""

import asyncio
import time
from collections.abc import Callable, Iterable
from math import inf

from shared.domain.changes import Change, RecordChange
from shared.domain.ownership import Ownership, decode_ownership
from shared.domain.resource_id import ResourceId
from shared.domain.zone import Zone
from shared.engine.azure import Azure

# From so many records of ours on, 20 pages, a listing is worth keeping for so long.
_LARGE = 2_000


_FRESH_SECONDS = 60.0


type Ownerships = list[tuple[str, Ownership]]


class OwnershipIndex:
    """The marks in each zone, listed once for everyone who asked before the listing began.

    Args:
        azure: Azure.
        clock: monotonic seconds.
    """

    def __init__(self, azure: Azure, clock: Callable[[], float] = time.monotonic) -> None:
        self._azure = azure
        self._clock = clock
        self._last: dict[ResourceId, tuple[float, dict[str, Ownership]]] = {}
        self._running: dict[ResourceId, asyncio.Task[Ownerships]] = {}
        self._waiting: dict[ResourceId, asyncio.Task[Ownerships]] = {}

    async def fresh(self, zone: Zone) -> Ownerships:
        """The names of all record sets of ours, with their marks, read after this call began.

        Raises:
            RetryLater: the zone could not be listed whole.
        """
        task = self._waiting.get(zone.id)
        if task is None:
            task = asyncio.create_task(self._list(zone, self._running.get(zone.id)))
            # Whoever waits may give up first; a failure nobody hears of is no news.
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
            self._waiting[zone.id] = task
        return await asyncio.shield(task)

    async def cached(self, zone: Zone, least: int = _LARGE) -> Ownerships:
        """As `ownerships`, but the listing of a large zone serves for a minute.

        For a deletion that most likely concerns nobody: a full zone has 250 pages, half of
        what Azure grants in five minutes. What such a glimpse misses is a mark that another
        worker wrote within the minute, and the timer finds it.

        Args:
            zone: the zone.
            least: how many records of ours make it large.

        Raises:
            RetryLater: the zone could not be listed whole.
        """
        began, known = self._last.get(zone.id, (-inf, {}))
        if len(known) >= least and self._clock() - began < _FRESH_SECONDS:
            return list(known.items())
        return await self.fresh(zone)

    def record(self, zone: Zone, changes: Iterable[Change]) -> None:
        """Keep the last listing true to what was written here since."""
        _, known = self._last.get(zone.id, (0, {}))
        for change in changes:
            if not isinstance(change, RecordChange):
                continue
            ownership = change.after and decode_ownership(change.after, zone)
            if ownership:
                known[change.name] = ownership
            elif change.after is None:
                known.pop(change.name, None)

    async def _list(self, zone: Zone, before: asyncio.Task[Ownerships] | None) -> Ownerships:
        if before is not None:
            await asyncio.wait((before,))
        self._running[zone.id] = self._waiting.pop(zone.id)
        began = self._clock()
        records = await self._azure.records(zone)
        decoded = ((record.name, decode_ownership(record, zone)) for record in records)
        known = {name: ownership for name, ownership in decoded if ownership}
        self._last[zone.id] = began, known
        return list(known.items())
