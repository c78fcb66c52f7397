"""The Functions host: the routes of the real one, in front of Microsoft's worker.

Source of the webhook's answers: Microsoft.Azure.WebJobs.Extensions.EventGrid,
HttpRequestProcessor and EventGridExtensionConfigProvider (azure-facts.md
section 1, "Functions webhook"; the handshake of CloudEvents since its 3.2.0).
"""

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from simulator.functions.log import AppLog
from simulator.functions.process import Function, WorkerGoneError, WorkerProcess
from simulator.json_text import parse_json
from simulator.world import Json

type _Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_WEBHOOK = "/runtime/webhooks/eventgrid"
_LARGEST_BODY = 8 * 1024 * 1024
_PUBLIC_CLOUD = "eventgrid.azure.net"
_ORIGINS = (
    _PUBLIC_CLOUD,
    "eventgrid.azure.us",
    "eventgrid.azure.eaglex.ic.gov",
    "eventgrid.azure.microsoft.scloud",
    "eventgrid.azure.cn",
)


class FunctionsHost:
    """Runs a function app on a free loopback port.

    Args:
        app_directory: where function_app.py is.

    Attributes:
        key: opens every route: the master key and the Event Grid extension's key in one.
        log: what the app logged.
    """

    def __init__(self, app_directory: Path) -> None:
        self.key = secrets.token_urlsafe(32)
        self.log = AppLog()
        self._worker = WorkerProcess(app_directory, self.log)
        self._runner: web.AppRunner | None = None
        self._port = 0

    async def start(self, settings: Mapping[str, str]) -> None:
        """Index the app, then open the routes.

        Args:
            settings: the app settings, as environment variables.

        Raises:
            AppFailedToStartError: with the app's own message.
        """
        await self._worker.start(settings)
        self._runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Close the routes and end the worker."""
        await self._worker.stop()
        if self._runner is not None:
            await self._runner.cleanup()
        self._runner = None

    @property
    def url(self) -> str:
        """The host's base URL."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def webhook_url(self) -> str:
        """Where Event Grid delivers."""
        return self.url + _WEBHOOK

    @property
    def worker_pid(self) -> int | None:
        """The process ID of the worker, None while there is none."""
        return self._worker.pid

    def _application(self) -> web.Application:
        application = web.Application(client_max_size=_LARGEST_BODY)
        for method in ("POST", "OPTIONS"):
            application.router.add_route(method, _WEBHOOK, self._keyed(self._webhook))
        application.router.add_get("/admin/functions", self._keyed(self._functions))
        application.router.add_get("/admin/host/status", self._keyed(self._status))
        return application

    def _keyed(self, handler: _Handler) -> _Handler:
        """The handler behind the key, which a header or the query may carry."""

        async def check(request: web.Request) -> web.StreamResponse:
            given = request.headers.get("x-functions-key") or request.query.get("code") or ""
            if not secrets.compare_digest(given.encode(), self.key.encode()):
                return web.Response(status=401)
            return await handler(request)

        return check

    async def _functions(self, _request: web.Request) -> web.Response:
        return web.json_response([_shown(one) for one in self._worker.functions.values()])

    async def _status(self, _request: web.Request) -> web.Response:
        running = self._worker.pid is not None
        return web.json_response(
            {"id": "local", "state": "Running" if running else "Error", "version": "4.0.0.0"}
        )

    async def _webhook(self, request: web.Request) -> web.Response:
        name = request.query.get("functionName", "")
        function = self._worker.functions.get(name)
        parameter = function.trigger("eventGridTrigger") if function else None
        if function is None or parameter is None:
            return web.Response(status=404, text=f"cannot find function: '{name}'")
        if request.method == "OPTIONS":
            return _allowed(request.headers.get("WebHook-Request-Origin", ""))
        match request.headers.get("aeg-event-type", "").lower():
            case "subscriptionvalidation":
                return _validated(await _read_json(request))
            case "notification":
                body = await _read_json(request)
                events = body if isinstance(body, list) else [body]
                return await self._notify(function, parameter, events)
            case "unsubscribe":
                return web.Response(status=202)
            case _:
                return web.Response(status=400)

    async def _notify(self, function: Function, parameter: str, events: list[Any]) -> web.Response:
        """Run every event in parallel; one failure fails the payload, as the real host has it."""
        calls = [
            self._worker.invoke(function, parameter, {"json": json.dumps(event)})
            for event in events
        ]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, WorkerGoneError):
                return web.Response(status=503, text=str(outcome))
            if isinstance(outcome, BaseException):
                raise outcome
            if outcome is not None:
                return web.Response(status=500, text=outcome)
        return web.Response(status=202)


async def _read_json(request: web.Request) -> Any:  # noqa: ANN401 - the JSON value, whatever it is
    """The body; what is neither array nor object is a 500, since the real parser throws."""
    try:
        text = (await request.read()).decode(request.charset or "utf-8")
        body = parse_json(text.removeprefix("\ufeff"))
    except (LookupError, ValueError) as error:  # LookupError: an unknown charset
        raise web.HTTPInternalServerError(text=f"the body cannot be read: {error}") from error
    if not isinstance(body, list | dict):
        raise web.HTTPInternalServerError(text="the body is neither a JSON array nor an object")
    return body


def _allowed(origin: str) -> web.Response:
    """The handshake of CloudEvents: an origin that is not Event Grid's is told who may send."""
    allowed = origin if origin in _ORIGINS else _PUBLIC_CLOUD
    return web.Response(headers={"WebHook-Allowed-Origin": allowed})


def _validated(body: Any) -> web.Response:  # noqa: ANN401 - as `_read_json`
    try:
        # Inside a CloudEvent the data is JSON in a string.
        data = body[0]["data"] if isinstance(body, list) else body["data"]
        code = (parse_json(data) if isinstance(data, str) else data)["validationCode"]
    except (LookupError, TypeError, ValueError) as error:
        raise web.HTTPInternalServerError(text="no validation code in the body") from error
    return web.json_response({"validationResponse": code})


def _shown(function: Function) -> Json:
    return {
        "name": function.name,
        "language": "python",
        "isDisabled": False,
        "config": {"name": function.name, "bindings": list(function.bindings)},
    }
