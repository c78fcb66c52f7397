"""The worker kept alive: started, spoken to, started again when it dies, stopped."""

import asyncio
import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from simulator.functions.child import Child
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
class Function:
    """One function as the worker indexed it.

    Attributes:
        name: its name in URLs.
        id: what the worker calls it.
        bindings: its bindings, as in a function.json.
    """

    name: str
    id: str
    bindings: tuple[Json, ...]

    def trigger(self, kind: str) -> str | None:
        """The parameter bound to a trigger, as "eventGridTrigger", or None."""
        return next((str(b["name"]) for b in self.bindings if b["type"] == kind), None)


@dataclass(frozen=True, slots=True)
class _Running:
    function: str
    ended: asyncio.Future[str | None]


class WorkerProcess:
    """Keeps one worker alive and carries invocations to it.

    Args:
        app_directory: where function_app.py is.
        log: where the app's log records go.
    """

    def __init__(self, app_directory: Path, log: AppLog) -> None:
        self.functions: dict[str, Function] = {}
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

    async def invoke(self, function: Function, parameter: str, data: Json) -> str | None:
        """Run a function; the message of what it raised, or None if it succeeded.

        Args:
            function: which.
            parameter: the name of its trigger's parameter.
            data: the trigger's value under its kind, as {"json": "…"}.

        Raises:
            WorkerGoneError: no worker runs; one that dies meanwhile is a failure.
        """
        if self._child is None:
            raise WorkerGoneError("Function host is not running.")
        call = str(uuid.uuid4())
        ended: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._running[call] = _Running(function.name, ended)
        self._child.send(
            {"invoke": call, "function": function.id, "parameter": parameter, "data": data}
        )
        try:
            return await ended
        finally:
            del self._running[call]

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
            for running in self._running.values():
                if not running.ended.done():
                    running.ended.set_result("WorkerProcessExitException: the worker has ended")
            status = await child.end()
        return status

    def _hear(self, message: Json) -> None:
        if "log" in message:
            running = self._running.get(message["log"]["invocation"] or "")
            self._log.add(message["log"], running.function if running else None)
            return
        running = self._running.get(message["result"])
        if running is not None and not running.ended.done():
            running.ended.set_result(message["error"])

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
                self.functions = await self._indexed(child)
        except TimeoutError:
            await child.end(patience=0.0)
            seconds = f"{_START_SECONDS:.0f} s"
            raise AppFailedToStartError(f"the app was not indexed within {seconds}") from None
        except BaseException:
            # Nothing runs in it yet, and whoever ends the host now does not wait for imports.
            await child.end(patience=0.0)
            raise
        return child

    async def _indexed(self, child: Child) -> dict[str, Function]:
        while (message := await child.receive()) is not None:
            if "ready" in message:
                return {
                    found["name"]: Function(found["name"], found["id"], tuple(found["bindings"]))
                    for found in message["ready"]
                }
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
