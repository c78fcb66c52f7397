"""The Event Grid extension of a host: its webhook.

Source: Microsoft.Azure.WebJobs.Extensions.EventGrid, HttpRequestProcessor and
EventGridExtensionConfigProvider (docs/azure.md#event-grid;
the handshake of CloudEvents since its 3.2.0).
"""

import asyncio
import json
from typing import Any

from aiohttp import web

from simulator.functions.function import Function
from simulator.functions.process import WorkerGoneError, WorkerProcess
from simulator.json_text import parse_json

_PUBLIC_CLOUD = "eventgrid.azure.net"
_ORIGINS = (
    _PUBLIC_CLOUD,
    "eventgrid.azure.us",
    "eventgrid.azure.eaglex.ic.gov",
    "eventgrid.azure.microsoft.scloud",
    "eventgrid.azure.cn",
)


class Webhook:
    """Where Event Grid delivers to, behind the extension's key.

    Args:
        worker: runs the functions.
    """

    def __init__(self, worker: WorkerProcess) -> None:
        self._worker = worker

    async def handle(self, request: web.Request) -> web.Response:
        """Answer a handshake, or run a function for each event of a payload."""
        name = request.query.get("functionName", "")
        function = self._worker.index.functions.get(name)
        # One that is disabled has no listener, and so is not found.
        if function is None or function.is_disabled or function.kind != "eventGridTrigger":
            return web.Response(status=404, text=f"cannot find function: '{name}'")
        if request.method == "OPTIONS":
            return _allowed(request.headers.get("WebHook-Request-Origin", ""))
        match request.headers.get("aeg-event-type", "").lower():
            case "subscriptionvalidation":
                return _validated(await _read_json(request))
            case "notification":
                body = await _read_json(request)
                events = body if isinstance(body, list) else [body]
                return await self._notify(function, events)
            case "unsubscribe":
                return web.Response(status=202)
            case _:
                return web.Response(status=400)

    async def _notify(self, function: Function, events: list[Any]) -> web.Response:
        """Run every event in parallel; one failure fails the payload, as the real host has it."""
        try:
            calls = [self._worker.invoke(function, {"json": json.dumps(one)}) for one in events]
        except WorkerGoneError as error:
            return web.Response(status=503, text=str(error))
        for outcome in await asyncio.gather(*calls):
            if outcome.error is not None:
                # What the function raised stands in the log alone.
                text = f"Exception while executing function: Functions.{function.name}"
                return web.Response(status=500, text=text)
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
    # As text: whoever asks reads it as JSON all the same.
    return web.Response(text=json.dumps({"validationResponse": code}))
