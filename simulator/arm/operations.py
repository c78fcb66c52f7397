"""Long-running operations: one mechanism, and the face each provider puts on it.

All three answer a write at once and the outcome later, at a URL to poll. They
differ in the URL and in the HTTP status while the work runs: Network says 200,
Private DNS 202 with both headers again, Container Registry 201; a `Location`
says 202 everywhere (docs/azure.md#resource-manager).
"""

import asyncio
import base64
import datetime as dt
import hashlib
import hmac
import logging
import secrets
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from functools import partial

from simulator.arm import errors
from simulator.arm.dialects import PRIVATE_DNS, Dialect
from simulator.arm.errors import ArmError
from simulator.arm.operation import Operation
from simulator.arm.wire import Answer, Request, Route, Verb
from simulator.clock import Clock
from simulator.world import Json

_log = logging.getLogger(__name__)

REMEMBERED = 10_000
"""Operations that can still be polled; the oldest are forgotten first."""


@dataclass(frozen=True, slots=True)
class Start:
    """What an operation is called while it runs.

    Attributes:
        dialect: the provider's face.
        resource_id: what it works on.
        label: the provider's word for this kind of operation.
        location: region in the polling URL.
        running: the word for "not yet".
    """

    dialect: Dialect
    resource_id: str
    label: str = ""
    location: str = ""
    running: str = "InProgress"


class Operations:
    """Every operation, running or ended, and every task behind them.

    Args:
        clock: the clock that waits go through.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[str, Operation] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._secret = secrets.token_bytes(16)

    def begin(
        self, request: Request, start: Start, seconds: float, finish: Callable[[], None]
    ) -> Operation:
        """Begin an operation whose change is made after so many simulated seconds.

        Args:
            request: the request that asks for it.
            start: what it is called.
            seconds: how long it takes.
            finish: makes the change and tells the world; an ArmError fails the operation.
        """
        return self.begin_work(request, start, partial(self._after, seconds, finish))

    def begin_work(
        self, request: Request, start: Start, work: Callable[[], Awaitable[None]]
    ) -> Operation:
        """Begin an operation that ends when `work` does."""
        operation = self._open(request, start)
        self._known[operation.name.lower()] = operation
        if len(self._known) > REMEMBERED:
            del self._known[next(iter(self._known))]
        self._spawn(self._run(operation, work))
        return operation

    def later(self, seconds: float, change: Callable[[], None]) -> None:
        """Make a change on the service's own account, without an operation to poll."""
        if seconds:
            self._spawn(self._after(seconds, change))
        else:
            change()

    async def stop(self) -> None:
        """Cancel and await all that is under way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def routes(self) -> list[Route]:
        """The polling URLs of all dialects."""
        status = (
            "Microsoft.Network/locations/operations",
            "Microsoft.Network/privateDnsOperationStatuses",
            "Microsoft.ContainerRegistry/registries/operationStatuses",
            "Microsoft.ContainerRegistry/registries/replications/operationStatuses",
            "Microsoft.ContainerRegistry/registries/privateEndpointConnections/operationStatuses",
        )
        result = (
            "Microsoft.Network/locations/operationResults",
            "Microsoft.Network/privateDnsOperationResults",
            "Microsoft.ContainerRegistry/registries/operationResults",
            "Microsoft.ContainerRegistry/registries/replications/operationResults",
            "Microsoft.ContainerRegistry/registries/privateEndpointConnections/operationResults",
            "Microsoft.Resources/subscriptions/operationresults",
        )
        return [Route(kind, Verb.GET, self._status, polling=True) for kind in status] + [
            Route(kind, Verb.GET, self._result, polling=True) for kind in result
        ]

    def _status(self, request: Request) -> Answer:
        operation = self._polled(request)
        dialect = operation.dialect
        body: Json = {"status": operation.word}
        if dialect.names_itself:
            body = {"id": operation.resource_id, "name": operation.name, **body}
        if not operation.ended.is_set():
            repeated = {k: v for k, v in operation.headers.items() if k in dialect.repeats}
            return Answer(dialect.http_while_running, body, repeated)
        if operation.error:
            body = {"error": operation.error.bare, **body}
        return Answer(200, body)

    def _result(self, request: Request) -> Answer:
        operation = self._polled(request)
        if not operation.ended.is_set():
            return Answer(202, None, operation.location_header)
        if operation.error:
            raise operation.error
        return Answer(200)

    def _polled(self, request: Request) -> Operation:
        operation = self._known.get(request.target.name.lower())
        path = request.target.path.lower()
        if operation is None or not any(
            path == url.removeprefix(request.base).partition("?")[0].lower()
            for url in (operation.status_url, operation.result_url)
        ):
            message = f"The operation '{request.target.name}' could not be found."
            raise ArmError(404, "NotFound", message)
        self._check_url(request, path)
        return operation

    def _check_url(self, request: Request, path: str) -> None:
        """Refuse a polling URL that is not the one that its caller was given."""
        if request.headers.get("host") != request.base.partition("//")[2]:
            raise errors.bad_request("InvalidOperationUrl", "The operation is on another host.")
        signed = self._signature(path, request.query.get("t", ""), request.principal)
        wrong = [
            name
            for name, expected in signed.items()
            if not hmac.compare_digest(expected.encode(), request.query.get(name, "").encode())
        ]
        if wrong == ["h"]:
            raise errors.foreign_operation()
        if wrong:
            raise errors.bad_request("InvalidOperationUrl", "The operation URL was changed.")

    def _open(self, request: Request, start: Start) -> Operation:
        dialect, target = start.dialect, request.target
        name = dialect.name.format(label=start.label, guid=uuid.uuid4())
        if dialect is PRIVATE_DNS:
            name = base64.b64encode(name.encode()).decode().rstrip("=")
        parts = {
            "subscription": target.subscription,
            "group": target.group,
            "resource": start.resource_id,
            "location": start.location,
        }
        status, result = (
            self._url(request, f"{path.format(**parts)}/{name}")
            for path in (dialect.status_path, dialect.result_path)
        )
        return Operation(name, dialect, start.resource_id, start.running, status, result)

    def _url(self, request: Request, path: str) -> str:
        """A polling URL, signed: the gateway does that for every provider (recorded since 2023)."""
        ticks = str(int(dt.datetime.now(dt.UTC).timestamp() * 10_000_000))
        parts = {"t": ticks} | self._signature(path.lower(), ticks, request.principal)
        signed = "&".join(f"{name}={value}" for name, value in parts.items())
        return f"{request.base}{path}?api-version={request.api_version}&{signed}"

    def _signature(self, path: str, ticks: str, principal: str) -> dict[str, str]:
        """What stands beside the time: certificate, signature and a hash that holds the caller."""

        def digest(*parts: str) -> str:
            return hmac.new(self._secret, "?".join(parts).encode(), hashlib.sha256).hexdigest()

        return {"c": "local", "s": digest(path, ticks), "h": digest(path, ticks, principal)}

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _after(self, seconds: float, change: Callable[[], None]) -> None:
        await self._clock.sleep(seconds)
        change()

    @staticmethod
    async def _run(operation: Operation, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except ArmError as error:
            operation.error = error
        except Exception:  # noqa: BLE001 - a bug must end the operation, not hang who polls it
            _log.exception("operation %s broke", operation.name)
            operation.error = ArmError(500, "InternalServerError", "An error occurred.")
        finally:
            operation.ended.set()
