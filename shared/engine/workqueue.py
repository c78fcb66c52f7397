"""Bursts: many events for one registry share a run, many deletions share a listing.

A tear-down of a hundred endpoints sends hundreds of events within seconds,
while Private DNS grants about 500 reads in five minutes (docs/azure.md#private-dns).
Sharing is safe since an event is only a hint: it is served by any look, and by
any listing, that begins after the event arrived.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from math import inf

from shared.engine.deadline import Deadline
from shared.engine.result import ZoneResult
from shared.errors import TransientError


class Batch[T]:
    """Who waits at one desk.

    Attributes:
        joined: set while somebody waits whom no look has served yet.
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[T, asyncio.Future[ZoneResult]]] = []
        self._served: list[asyncio.Future[ZoneResult]] = []
        self._budgets: list[Deadline] = []
        self.newcomer = asyncio.Event()

    def __bool__(self) -> bool:
        """Whether somebody waits."""
        return bool(self._waiting)

    @property
    def remaining(self) -> float:
        """Seconds until the first of those who wait, or are being served, must have an answer."""
        return min((deadline.remaining for deadline in self._budgets), default=inf)

    def add(self, what: T, deadline: Deadline) -> asyncio.Future[ZoneResult]:
        """Wait for a run that looks from now on, while the budget lasts."""
        self._budgets.append(deadline)
        future: asyncio.Future[ZoneResult] = asyncio.get_running_loop().create_future()
        self._waiting.append((what, future))
        self.newcomer.set()
        return future

    def take(self) -> list[T]:
        """What came since the last call; to be called before each look, which then serves it."""
        taken, self._waiting = self._waiting, []
        self._served.extend(future for _, future in taken)
        self.newcomer.clear()
        return [what for what, _ in taken]

    def tell(self, run_result: ZoneResult | Exception) -> None:
        """Tell everyone whom the run served how it ended."""
        if not self._served:
            self.take()
        served, self._served = self._served, []
        self._budgets = self._budgets[len(served) :]
        for future in served:
            if future.done():
                continue
            if isinstance(run_result, Exception):
                future.set_exception(run_result)
            else:
                future.set_result(run_result)


class WorkQueue[T]:
    """One desk for each key, at which one run serves and one queue waits.

    A run takes in whoever has come before each of its looks; who comes during
    its last look is served by the next run. So a burst costs one run and one more.
    """

    def __init__(self) -> None:
        self._queues: dict[Hashable, Batch[T]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(
        self,
        key: Hashable,
        what: T,
        deadline: Deadline,
        run: Callable[[Batch[T]], Awaitable[ZoneResult]],
    ) -> ZoneResult:
        """Be served by a run that looks after this call began.

        Args:
            key: runs with the same key share.
            what: what the run has to look at for this caller.
            deadline: how long this caller can wait.
            run: makes one run, for those whom it takes from the queue.
        """
        batch = self._queues.get(key)
        if batch is not None:
            return await batch.add(what, deadline)
        batch = self._queues[key] = Batch()
        future = batch.add(what, deadline)
        task = asyncio.create_task(self._work(key, run))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await future

    async def _work(self, key: Hashable, run: Callable[[Batch[T]], Awaitable[ZoneResult]]) -> None:
        batch = self._queues[key]
        try:
            while batch:
                try:
                    batch.tell(await run(batch))
                except Exception as error:  # noqa: BLE001 - it is theirs to judge who are served
                    batch.tell(error)
        finally:
            # However this ends, a later event must find a desk at which somebody works.
            del self._queues[key]
            batch.take()
            batch.tell(TransientError("the run was cancelled"))
