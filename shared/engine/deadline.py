"""A run's time: bounded, and counted from the moment the trigger came in (bounded)."""

import asyncio
from collections.abc import Awaitable, Callable

# An answer to Event Grid counts within 30 s (docs/azure.md#event-grid); the rest is Azure's.
EVENT_SECONDS = 20.0
# The host cuts an HTTP answer off after 230 s (docs/azure.md#functions).
REQUEST_SECONDS = 200.0
# The host ends a function after ten minutes (host.json); the result must be out by then.
FULL_SYNC_SECONDS = 570.0


def loop_time() -> float:
    """Monotonic seconds, as the running event loop counts them for its own timers."""
    return asyncio.get_running_loop().time()


class Deadline:
    """The seconds that one run may take.

    Args:
        seconds: from now on.
        clock: monotonic seconds.
        sleep: waits for so many seconds.

    Attributes:
        newcomer: set while somebody else waits for this run to end; then the run waits for
            nothing any more that a later run can see as well
            (docs/decisions/0005-bursts-join-at-passes.md).
    """

    def __init__(
        self,
        seconds: float,
        clock: Callable[[], float] = loop_time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._start = clock()
        self._end = self._start + seconds
        # Passed on, so that tests need not wait.
        self.sleep = sleep
        self.newcomer = asyncio.Event()

    def cut_to(self, seconds: float) -> "Deadline":
        """A deadline for a part of the run: so many seconds, but never more than remain."""
        return Deadline(min(seconds, self.remaining), self._clock, self.sleep)

    @property
    def remaining(self) -> float:
        """Seconds that remain; below 0 after the deadline."""
        return self._end - self._clock()

    @property
    def elapsed(self) -> float:
        """Seconds since the run began."""
        return self._clock() - self._start
