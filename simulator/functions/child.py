"""One worker process, from its start to its end."""

import asyncio
import contextlib
import sys
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path

from simulator.functions import frames
from simulator.world import Json

_LONGEST_PRINT = 16 * 1024 * 1024
_STOP_SECONDS = 5.0
_TAIL_LINES = 40


class Child:
    """A running worker; use `Child.start`.

    Args:
        process: the process, with all three pipes.
        on_print: called with each line that the app prints.
    """

    def __init__(self, process: Process, on_print: Callable[[str], None]) -> None:
        self._process = process
        self._on_print = on_print
        self._tail: deque[str] = deque(maxlen=_TAIL_LINES)
        self._printing = asyncio.create_task(self._read_prints())

    @classmethod
    async def start(
        cls, app_directory: Path, environment: Mapping[str, str], on_print: Callable[[str], None]
    ) -> "Child":
        """Start a worker for an app, with exactly this environment."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "simulator.functions.worker",
            str(app_directory),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            cwd=app_directory,
            env=environment,
            limit=_LONGEST_PRINT,
            # Ctrl-C at a terminal is for the host, which then ends the worker.
            start_new_session=True,
        )
        return cls(process, on_print)

    @property
    def pid(self) -> int:
        """The process ID."""
        return self._process.pid

    @property
    def tail(self) -> str:
        """The last lines that the app printed."""
        return "\n".join(self._tail)

    async def receive(self) -> Json | None:
        """The next thing that the worker says, None when it has ended."""
        return await frames.receive(self._process.stdout) if self._process.stdout else None

    def send(self, message: Json) -> None:
        """Say something to the worker; it is lost if the worker has ended."""
        if self._process.stdin is not None:
            self._process.stdin.write(frames.pack(message))

    async def end(self, patience: float = _STOP_SECONDS) -> int:
        """Hang up, wait for the process to end, kill it if it does not; its exit status.

        Args:
            patience: seconds that it may take to end by itself.
        """
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(patience):
                await self._drain()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._drain()
        await self._printing
        return await self._process.wait()

    async def _drain(self) -> None:
        # A worker that logs while nobody reads would never come to its end.
        if self._process.stdout is not None:
            while await self._process.stdout.read(_LONGEST_PRINT):
                pass
        await self._process.wait()

    async def _read_prints(self) -> None:
        if self._process.stderr is None:
            return
        while True:
            try:
                line = await self._process.stderr.readline()
            except ValueError:
                continue  # Longer than the limit: asyncio has dropped what it had of it.
            if not line:
                return
            text = line.decode(errors="replace").rstrip("\n")
            self._tail.append(text)
            self._on_print(text)
