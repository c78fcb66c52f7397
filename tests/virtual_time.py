"""An event loop whose time passes only while nobody has anything to do.

Sockets work as ever; but when no socket is ready, the clock jumps to the next
timer instead of waiting for it. Time-outs, retries and budgets then cost
nothing, and come at the same moment in every run however busy the machine is.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, Unpack

# Loopback delivers while it sends; this is for a machine that is busy elsewhere.
_GRACE_SECONDS = 0.0005
_DEADLOCK_SECONDS = 30.0


class _Selector(selectors.DefaultSelector):
    """Reports what is ready, and else lets the time go by at once."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready now; if nothing is, `timeout` seconds have passed."""
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        ready = super().select(_DEADLOCK_SECONDS if timeout is None else _GRACE_SECONDS)
        if ready:
            return ready
        if timeout is None:
            raise RuntimeError("everybody waits, and for nothing that time could bring")
        self.now += timeout
        return []


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """The loop; `time` is virtual."""

    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)

    def time(self) -> float:
        """Seconds that have passed for everybody in this loop."""
        return self._virtual.now

    def run_in_executor[*Ts, T](
        self,
        executor: object,
        func: Callable[[Unpack[Ts]], T],
        *args: *Ts,
    ) -> asyncio.Future[T]:
        """Run it here and now: a thread would take time that this loop cannot see."""
        del executor
        done = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - whatever it raises is for who awaits it
            done.set_exception(error)
        return done


def run[T](main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in virtual time."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(main)
