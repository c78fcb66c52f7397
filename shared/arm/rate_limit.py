"""Long lists of a zone go no faster than Private DNS grants reads.

Azure grants about 500 reads in five minutes a subscription (docs/azure.md#private-dns), and a
zone of 25,000 records has 250 pages: two of them in one subscription would use up all
of it, and events, which have seconds, would be refused. So the pages of a full sync
wait for their turn; what events read is counted with them but never waits.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from shared.engine.azure import Pacing
from shared.engine.deadline import loop_time

_WINDOW_SECONDS = 300.0
# Of 500; the rest is for the single reads of events
# (docs/decisions/0010-a-large-listing-serves-a-minute.md).
_PAGES = 400


class RateLimiter:
    """The reads of one subscription's zones in the last five minutes.

    Args:
        clock: monotonic seconds.
        sleep: waits for so many seconds.
    """

    def __init__(
        self,
        clock: Callable[[], float] = loop_time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._reads: deque[float] = deque()

    def before(self, turn: Pacing) -> Callable[[], Awaitable[None]]:
        """What is to be awaited before each page of a list that may wait, or may not."""
        return self.turn if turn is Pacing.WAIT else self._count

    def note(self) -> None:
        """Count a read that cannot wait."""
        self._reads.append(self._clock())

    async def turn(self) -> None:
        """Wait until a page may be read, and count it."""
        # Asked again after each sleep: reads that do not wait may have come in between.
        while (wait := self._wait()) > 0:
            await self._sleep(wait)
        self.note()

    async def _count(self) -> None:
        self.note()

    def _wait(self) -> float:
        """Seconds until fewer reads than allowed lie in the window."""
        while self._reads and self._reads[0] <= self._clock() - _WINDOW_SECONDS:
            self._reads.popleft()
        if len(self._reads) < _PAGES:
            return 0
        # Not the oldest read: events may have passed the limit, and each of theirs must lapse too.
        return self._reads[len(self._reads) - _PAGES] + _WINDOW_SECONDS - self._clock()
