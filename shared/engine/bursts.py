"""Bursts: many events for one registry share a run, many deletions share a listing.

A tear-down of a hundred endpoints sends hundreds of events within seconds,
while Private DNS grants about 500 reads in five minutes (docs/azure.md#private-dns).
Sharing is safe since an event is only a hint: it is served by any look, and by
any listing, that begins after the event arrived.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable, Iterable
from dataclasses import dataclass
from math import inf

from shared.domain import marks
from shared.domain.changes import Change, CreateRecord, DeleteRecord, UpdateRecord
from shared.domain.model import Mark, Zone
from shared.domain.names import ResourceId
from shared.engine.budget import Budget
from shared.engine.estate import Estate
from shared.engine.report import Report
from shared.errors import RetryLater

# From so many records of ours on, 20 pages, a listing is worth keeping for so long.
_LARGE = 2_000
_FRESH_SECONDS = 60.0

type Marked = list[tuple[str, Mark]]


class Listings:
    """The marks in each zone, listed once for everyone who asked before the listing began.

    Args:
        estate: Azure.
        clock: monotonic seconds.
    """

    def __init__(self, estate: Estate, clock: Callable[[], float] = time.monotonic) -> None:
        self._estate = estate
        self._clock = clock
        self._last: dict[ResourceId, tuple[float, dict[str, Mark]]] = {}
        self._running: dict[ResourceId, asyncio.Task[Marked]] = {}
        self._waiting: dict[ResourceId, asyncio.Task[Marked]] = {}

    async def marked(self, zone: Zone) -> Marked:
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

    async def glimpsed(self, zone: Zone, least: int = _LARGE) -> Marked:
        """As `marked`, but the listing of a large zone serves for a minute.

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
        return await self.marked(zone)

    def note(self, zone: Zone, changes: Iterable[Change]) -> None:
        """Keep the last listing true to what was written here since."""
        _, known = self._last.get(zone.id, (0, {}))
        for change in changes:
            match change:
                case CreateRecord(after) | UpdateRecord(_, after):
                    mark = marks.decode(after, zone)
                    known |= {after.name: mark} if mark else {}
                case DeleteRecord(before):
                    known.pop(before.name, None)
                case _:
                    continue

    async def _list(self, zone: Zone, before: asyncio.Task[Marked] | None) -> Marked:
        if before is not None:
            await asyncio.wait((before,))
        self._running[zone.id] = self._waiting.pop(zone.id)
        began = self._clock()
        records = await self._estate.records(zone)
        decoded = ((record.name, marks.decode(record, zone)) for record in records)
        known = {name: mark for name, mark in decoded if mark}
        self._last[zone.id] = began, known
        return list(known.items())


@dataclass(frozen=True, slots=True)
class Ground:
    """What a run stands on: Azure, what runs share of it, and every zone that the app keeps."""

    estate: Estate
    listings: Listings
    zones: tuple[Zone, ...]


class Queue[T]:
    """Who waits at one desk.

    Attributes:
        joined: set while somebody waits whom no look has served yet.
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[T, asyncio.Future[Report]]] = []
        self._served: list[asyncio.Future[Report]] = []
        self._budgets: list[Budget] = []
        self.joined = asyncio.Event()

    def __bool__(self) -> bool:
        """Whether somebody waits."""
        return bool(self._waiting)

    @property
    def left(self) -> float:
        """Seconds until the first of those who wait, or are being served, must have an answer."""
        return min((budget.left for budget in self._budgets), default=inf)

    def join(self, what: T, budget: Budget) -> asyncio.Future[Report]:
        """Wait for a run that looks from now on, while the budget lasts."""
        self._budgets.append(budget)
        future: asyncio.Future[Report] = asyncio.get_running_loop().create_future()
        self._waiting.append((what, future))
        self.joined.set()
        return future

    def take(self) -> list[T]:
        """What came since the last call; to be called before each look, which then serves it."""
        taken, self._waiting = self._waiting, []
        self._served.extend(future for _, future in taken)
        self.joined.clear()
        return [what for what, _ in taken]

    def tell(self, outcome: Report | Exception) -> None:
        """Tell everyone whom the run served how it ended."""
        if not self._served:
            self.take()
        served, self._served = self._served, []
        self._budgets = self._budgets[len(served) :]
        for future in served:
            if future.done():
                continue
            if isinstance(outcome, Exception):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)


class Desks[T]:
    """One desk for each key, at which one run serves and one queue waits.

    A run takes in whoever has come before each of its looks; who comes during
    its last look is served by the next run. So a burst costs one run and one more.
    """

    def __init__(self) -> None:
        self._queues: dict[Hashable, Queue[T]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(
        self, key: Hashable, what: T, budget: Budget, run: Callable[[Queue[T]], Awaitable[Report]]
    ) -> Report:
        """Be served by a run that looks after this call began.

        Args:
            key: runs with the same key share.
            what: what the run has to look at for this caller.
            budget: how long this caller can wait.
            run: makes one run, for those whom it takes from the queue.
        """
        queue = self._queues.get(key)
        if queue is not None:
            return await queue.join(what, budget)
        queue = self._queues[key] = Queue()
        future = queue.join(what, budget)
        task = asyncio.create_task(self._work(key, run))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await future

    async def _work(self, key: Hashable, run: Callable[[Queue[T]], Awaitable[Report]]) -> None:
        queue = self._queues[key]
        try:
            while queue:
                try:
                    queue.tell(await run(queue))
                except Exception as error:  # noqa: BLE001 - it is theirs to judge who are served
                    queue.tell(error)
        finally:
            # However this ends, a later event must find a desk at which somebody works.
            del self._queues[key]
            queue.take()
            queue.tell(RetryLater("the run was cancelled"))
