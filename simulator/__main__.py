"""`python -m simulator serve`: run the local Azure.

Signals come first: to import the rooms takes longer than a script may wait
before it ends what it has just started.
"""

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType

type _Handler = signal.Handlers | Callable[[int, FrameType | None], None]


def main() -> int:
    """Run what the command line asks for; the exit status."""
    _when_told_to_end(_leave)
    from simulator.command import run  # noqa: PLC0415 - see above

    try:
        return run()
    finally:
        # All is cleaned up; a second Ctrl-C in the last milliseconds changes nothing.
        _when_told_to_end(signal.SIG_IGN)


def _when_told_to_end(handler: _Handler) -> None:
    for signal_ in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_, handler)


def _leave(_signal: int, _frame: FrameType | None) -> None:
    # Nothing has been started, so there is nothing to undo. An exception could get
    # lost here: Python only prints those that are raised in a callback of an import.
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
