"""A run's time: bounded, and counted from the moment the trigger came in (bounded)."""

import asyncio
import time
from collections.abc import Awaitable, Callable

EVENT_SECONDS = 20.0
REQUEST_SECONDS = 200.0
# The host ends a function after ten minutes (host.json); the report must be out by then.
WHOLE_SECONDS = 570.0


class Deadline:
    """The seconds that one run may take.

    Args:
        seconds: from now on.
        clock: monotonic seconds.
        sleep: waits for so many seconds.

    Attributes:
        wanted: set while somebody else waits for this run to end; then the run waits for
            nothing any more that a later run can learn as well.
    """

    def __init__(
        self,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._began = clock()
        self._ends = self._began + seconds
        self.sleep = sleep
        self.newcomer = asyncio.Event()

    def cut_to(self, seconds: float) -> "Deadline":
        """A budget for a part of the run: so many seconds, but never more than are left."""
        return Deadline(min(seconds, self.remaining), self._clock, self.sleep)

    @property
    def remaining(self) -> float:
        """Seconds that are left; below 0 once the budget is spent."""
        return self._ends - self._clock()

    @property
    def elapsed(self) -> float:
        """Seconds since the run began."""
        return self._clock() - self._began
