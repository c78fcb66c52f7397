"""What every step of a run needs, and how long it tries again what Azure refuses at first."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from arguments import Options
from az import Az, AzError
from output import Progress


@dataclass(frozen=True)
class Run:
    """One call of watch.py.

    Args:
        az: the command line that it calls.
        options: what was asked for.
        progress: who is told of each step.
    """

    az: Az
    options: Options
    progress: Progress

    def try_again(self, who: str, call: Callable[[], None]) -> None:
        """Call until Azure takes it; AzError if it refuses for good, or for too long."""
        end = time.monotonic() + self.options.patience
        while True:
            try:
                return call()
            except AzError as error:
                if error.wait_reason is None or time.monotonic() + self.options.pause > end:
                    raise
                step = f"{error.wait_reason}; again in {self.options.pause:g} s ({error})"
                self.progress.tell(who, step)
                self.az.pause(self.options.pause)
