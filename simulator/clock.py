"""Simulated time: every wait in the local Azure goes through one clock."""

import asyncio
import datetime as dt


class Clock:
    """A clock on which `scale` simulated seconds pass in one real second.

    Args:
        scale: simulated seconds to a real second; 1.0 is real time.

    A change of the scale is felt by waits already under way, so that a test
    can speed up Event Grid's schedule in the middle of a retry.
    """

    def __init__(self, scale: float = 1.0) -> None:
        self._scale = scale
        self._rescaled = asyncio.Event()
        self._elapsed, self._looked = 0.0, -1.0

    @property
    def scale(self) -> float:
        """Simulated seconds that pass in one real second."""
        return self._scale

    @scale.setter
    def scale(self, scale: float) -> None:
        if not scale > 0:
            raise ValueError(f"time scale must be above 0, not {scale}")
        if self._looked >= 0:
            self.elapsed()
        self._scale = scale
        self._rescaled.set()
        self._rescaled = asyncio.Event()

    def elapsed(self) -> float:
        """Simulated seconds since the first call, whatever the scale was meanwhile."""
        now = asyncio.get_running_loop().time()
        if self._looked >= 0:
            self._elapsed += (now - self._looked) * self._scale
        self._looked = now
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        """Wait for so many simulated seconds."""
        loop = asyncio.get_running_loop()
        left = seconds
        while left > 0:
            scale, began, rescaled = self._scale, loop.time(), self._rescaled
            try:
                async with asyncio.timeout(left / scale):
                    await rescaled.wait()
            except TimeoutError:
                return
            left -= (loop.time() - began) * scale

    @staticmethod
    def now() -> dt.datetime:
        """Real UTC time: what Azure stamps on documents and events."""
        return dt.datetime.now(dt.UTC)
