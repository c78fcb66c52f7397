"""What a person sees: progress on standard error while work goes on, one table at the end."""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Sequence
from typing import TextIO

from row import Row


class Progress:
    """Who is at what: one line that is written anew on a terminal, a line a step elsewhere.

    Args:
        is_silent: nothing is written; a dry run prints its calls instead.
        stream: where it is written; standard error, so that the table can be piped.
    """

    def __init__(self, *, is_silent: bool = False, stream: TextIO = sys.stderr) -> None:
        self._is_silent = is_silent
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._lock = threading.Lock()
        self._width = 0
        self._total = 0
        self._finished = 0

    def expect(self, total: int) -> None:
        """So many subscriptions are to be gone through."""
        self._total = total

    def tell(self, who: str, step: str) -> None:
        """One subscription, or the app, is at a step."""
        with self._lock:
            self._write(f"{who}: {step}")

    def finish(self, who: str, step: str) -> None:
        """One subscription is done with."""
        with self._lock:
            self._finished += 1
            self._write(f"{who}: {step}")

    def clear(self) -> None:
        """Nothing is left of the one line on a terminal."""
        with self._lock:
            if self._is_terminal and self._width:
                self._stream.write("\r" + " " * self._width + "\r")
                self._stream.flush()
                self._width = 0

    def _write(self, text: str) -> None:
        if self._is_silent:
            return
        counted = f"{self._finished} of {self._total}  {text}" if self._total else text
        if self._is_terminal:
            # Blanks over what stood there, for consoles that know no escape codes.
            line = counted[: shutil.get_terminal_size().columns - 1]
            self._stream.write("\r" + line.ljust(self._width))
            self._width = len(line)
        else:
            self._stream.write(f"{text}\n")
        self._stream.flush()


def table(heading: Sequence[str], rows: Sequence[Row]) -> list[str]:
    """The lines of a table, each column as wide as its widest cell."""
    lines = [heading, *(row.cells for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heading))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines
    ]
