"""The work queue: many events for one registry share a run.

A tear-down of a hundred endpoints sends hundreds of events within seconds,
while Private DNS grants about 500 reads in five minutes (docs/azure.md#private-dns).
Sharing is safe since an event is only a hint: it is served by any observation that begins
after the event arrived.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from math import inf

from shared.engine.deadline import Deadline
from shared.engine.result import ZoneResults
from shared.errors import TransientError


class Batch[T]:
    """What waits for one run, and whom to tell how it ended.

    Attributes:
        newcomer: set while something waits that no pass has served yet.
    """

    def __init__(self) -> None:
        self._pairs: list[tuple[T, asyncio.Future[ZoneResults]]] = []
        self._futures: list[asyncio.Future[ZoneResults]] = []
        self._deadlines: list[Deadline] = []
        self.newcomer = asyncio.Event()

    def __bool__(self) -> bool:
        """Whether something waits."""
        return bool(self._pairs)

    @property
    def remaining(self) -> float:
        """Seconds until the first of those who wait, or are being served, must have an answer."""
        return min((deadline.remaining for deadline in self._deadlines), default=inf)

    def add(self, item: T, deadline: Deadline) -> asyncio.Future[ZoneResults]:
        """Wait for a run that observes from now on, while the deadline lasts."""
        self._deadlines.append(deadline)
        future: asyncio.Future[ZoneResults] = asyncio.get_running_loop().create_future()
        self._pairs.append((item, future))
        self.newcomer.set()
        return future

    def take(self) -> list[T]:
        """What came since the last call; to be called before each pass, which then serves it."""
        pairs, self._pairs = self._pairs, []
        self._futures.extend(future for _, future in pairs)
        self.newcomer.clear()
        return [item for item, _ in pairs]

    def finish(self, result: ZoneResults | Exception) -> None:
        """Tell everyone whom the run served how it ended."""
        # A run that took nothing has failed before its first pass: it ends for all who wait.
        if not self._futures:
            self.take()
        futures, self._futures = self._futures, []
        # Deadlines are in the order in which items came, and so are served.
        self._deadlines = self._deadlines[len(futures) :]
        for future in futures:
            # Who gave up has cancelled theirs.
            if future.done():
                continue
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)


class WorkQueue[T]:
    """One batch for each key, at which one run works.

    A run takes in whatever has come before each of its passes; what comes during
    its last pass is served by the next run. So a burst costs one run and one more.
    """

    def __init__(self) -> None:
        self._batches: dict[Hashable, Batch[T]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def submit(
        self,
        key: Hashable,
        item: T,
        deadline: Deadline,
        run: Callable[[Batch[T]], Awaitable[ZoneResults]],
    ) -> ZoneResults:
        """Be served by a run that observes after this call began.

        Args:
            key: items with the same key share a run.
            item: what the run has to observe for this caller.
            deadline: how long this caller can wait.
            run: makes one run, for what it takes from the batch.
        """
        batch = self._batches.get(key)
        if batch is not None:
            return await batch.add(item, deadline)
        batch = self._batches[key] = Batch()
        future = batch.add(item, deadline)
        task = asyncio.create_task(self._work(key, run))
        # The loop keeps no task alive by itself. And it is a task of its own, so that the run
        # goes on for the others when the caller who began it gives up.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await future

    async def _work(self, key: Hashable, run: Callable[[Batch[T]], Awaitable[ZoneResults]]) -> None:
        batch = self._batches[key]
        try:
            while batch:
                try:
                    batch.finish(await run(batch))
                except Exception as error:  # noqa: BLE001 - it is theirs to judge who are served
                    batch.finish(error)
        finally:
            # However this ends, a later event must find a batch at which somebody works.
            del self._batches[key]
            batch.take()
            batch.finish(TransientError("the run was cancelled"))
