"""The worker kept alive: started, spoken to, started again when it dies, stopped."""

import asyncio
import os
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from pathlib import Path

from simulator.functions.child import Child
from simulator.functions.function import Function
from simulator.functions.index import Index
from simulator.functions.invocations import Invocation, InvocationLog, Outcome
from simulator.functions.log import AppLog
from simulator.world import Json

_START_SECONDS = 60.0
_RESTART_SECONDS = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0)
_REPOSITORY = Path(__file__).resolve().parents[2]
# Without these a Python finds neither itself nor its programs; nothing else is
# inherited, so that what works here does not work by the grace of a shell.
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "PYTHONDONTWRITEBYTECODE")


class AppFailedToStartError(Exception):
    """The function app could not be indexed; the message is the app's own, whole."""


class WorkerGoneError(Exception):
    """No worker runs at the moment."""


@dataclass(frozen=True, slots=True)
class _Running:
    invocation: Invocation
    ended: asyncio.Future[Outcome]


class WorkerProcess:
    """Keeps one worker alive and carries invocations to it.

    Args:
        app_directory: where function_app.py is.
        log: where the app's log records go.
        invocations: where its runs are noted.

    Attributes:
        index: the app's functions.
    """

    def __init__(self, app_directory: Path, log: AppLog, invocations: InvocationLog) -> None:
        self.index = Index()
        self._invocations = invocations
        self._app_directory = app_directory
        self._settings: Mapping[str, str] = {}
        self._log = log
        self._child: Child | None = None
        self._running: dict[str, _Running] = {}
        self._keeper: asyncio.Task[None] | None = None

    async def start(self, settings: Mapping[str, str]) -> None:
        """Start the worker and index the app.

        Args:
            settings: the app settings, which become its environment.

        Raises:
            AppFailedToStartError: with the app's own message.
        """
        self._settings = settings
        self._child = await self._spawn()
        self._keeper = asyncio.create_task(self._keep_alive(self._child))

    async def stop(self) -> None:
        """End the worker; running invocations fail."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        if self._child is not None:  # the keeper was cancelled before its first step
            await self._child.end()
        self._child = self._keeper = None

    @property
    def pid(self) -> int | None:
        """The worker's process ID, None while there is no worker."""
        return self._child.pid if self._child else None

    def invoke(self, function: Function, data: Json) -> Awaitable[Outcome]:
        """Start to run a function; how it ends, to be awaited. A worker that dies is a failure.

        Args:
            function: which.
            data: the trigger's value under its kind, as {"json": "…"}.

        Raises:
            WorkerGoneError: no worker runs.
        """
        if self._child is None:
            raise WorkerGoneError("Function host is not running.")
        invocation = self._invocations.begin(function.name)
        ended: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._running[invocation.id] = _Running(invocation, ended)
        self._child.send(
            {
                "invoke": invocation.id,
                "function": function.id,
                "parameter": function.parameter,
                "data": data,
            }
        )
        return ended

    async def _keep_alive(self, first: Child) -> None:
        """Serve one worker after another for as long as the host runs."""
        child: Child | None = first
        deaths = 0
        while True:
            if child is not None:
                status = await self._serve(child)
                self._log.host("ERROR", f"the worker process ended with status {status}")
            await asyncio.sleep(_RESTART_SECONDS[min(deaths, len(_RESTART_SECONDS) - 1)])
            deaths += 1
            child = await self._respawn()

    async def _serve(self, child: Child) -> int:
        """Pass on what a worker says until it dies; its exit status."""
        self._child = child
        try:
            while (message := await child.receive()) is not None:
                self._hear(message)
        finally:
            self._child = None
            for call in list(self._running):
                self._end(call, Outcome("WorkerProcessExitException: the worker has ended"))
            status = await child.end()
        return status

    def _hear(self, message: Json) -> None:
        if "log" in message:
            running = self._running.get(message["log"]["invocation"] or "")
            self._log.add(message["log"], running.invocation.function if running else None)
            return
        self._end(message["result"], Outcome(message["error"], message["value"]))

    def _end(self, call: str, outcome: Outcome) -> None:
        running = self._running.pop(call)
        running.invocation.end(outcome)
        if not running.ended.done():  # else whoever waited has given up
            running.ended.set_result(outcome)

    async def _respawn(self) -> Child | None:
        try:
            return await self._spawn()
        except AppFailedToStartError as error:
            self._log.host("ERROR", str(error))
            return None

    async def _spawn(self) -> Child:
        """A worker that has indexed the app."""
        try:
            child = await Child.start(self._app_directory, self._environment(), self._log.printed)
        except OSError as error:
            where = f"in {self._app_directory}: {error.strerror}"
            raise AppFailedToStartError(f"no worker can be started {where}") from error
        try:
            async with asyncio.timeout(_START_SECONDS):
                self.index = Index.of(await self._found(child), self._settings)
        except TimeoutError:
            await child.end(patience=0.0)
            seconds = f"{_START_SECONDS:.0f} s"
            raise AppFailedToStartError(f"the app was not indexed within {seconds}") from None
        except BaseException:
            # Nothing runs in it yet, and whoever ends the host now does not wait for imports.
            await child.end(patience=0.0)
            raise
        for name, why in self.index.errors.items():
            self._log.host("ERROR", f"The '{name}' function is in error: {why}")
        return child

    async def _found(self, child: Child) -> list[Json]:
        """What the worker finds in the app: `name`, `id` and `bindings` of each function."""
        while (message := await child.receive()) is not None:
            if "ready" in message:
                found: list[Json] = message["ready"]
                return found
            if "failed" in message:
                error = AppFailedToStartError(message["failed"])
                error.add_note(message["trace"])
                raise error
            self._log.add(message["log"], None)
        status = await child.end()
        raise AppFailedToStartError(
            f"the worker process ended with status {status} while indexing:\n{child.tail}"
        )

    def _environment(self) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        return inherited | {"PYTHONPATH": str(_REPOSITORY)} | dict(self._settings)
