"""HTTP functions: a request on its way to the worker, and the answer on its way back.

Source: azure-functions-host, GrpcMessageConversionExtensions.ToRpcHttp,
WebScriptHostHttpRoutesManager, FunctionMetadataManager and FunctionInvocationMiddleware
(docs/azure.md#functions); a known route asked by another method is a 404 (its issue 10098).
"""

from pathlib import Path

from aiohttp import web

from simulator.functions import values
from simulator.functions.function import Function
from simulator.functions.index import Index
from simulator.functions.invocations import Outcome
from simulator.functions.keys import Keys
from simulator.functions.process import AppFailedToStartError, WorkerGoneError, WorkerProcess
from simulator.functions.templates import Template, split
from simulator.json_text import parse_json
from simulator.world import Json

_HTTP = "httpTrigger"
_DEFAULT_PREFIX = "api"


class HttpFunctions:
    """The routes of an app's HTTP functions.

    Args:
        worker: runs them.
        keys: open them.
        prefix: what their routes begin with, as `route_prefix` gives it.
    """

    def __init__(self, worker: WorkerProcess, keys: Keys, prefix: str) -> None:
        self._worker = worker
        self._keys = keys
        self._prefix = split(prefix)

    async def handle(self, request: web.Request) -> web.Response:
        """Answer any request that no other route of the host takes."""
        found = self._find(request)
        if found is None:
            return web.Response(status=404)
        function, parameters = found
        if not self._keys.open_function(request, _level(function)):
            return web.Response(status=401)
        # Its route is taken all the same: no other function gets the request.
        if function.is_disabled and not self._keys.open_all(request):
            return web.Response(status=404)
        try:
            running = self._worker.invoke(function, await _packed(request, parameters))
        except WorkerGoneError as error:
            return web.Response(status=503, text=str(error))
        return _answer(await running)

    def _find(self, request: web.Request) -> tuple[Function, dict[str, str]] | None:
        path = split(request.rel_url.raw_path)
        start = [segment.lower() for segment in path[: len(self._prefix)]]
        if start != [segment.lower() for segment in self._prefix]:
            return None
        for template, function in _table(self._worker.index):
            parameters = template.match(path[len(self._prefix) :])
            if parameters is not None and _takes(function, request.method):
                return function, parameters
        return None


def route_prefix(app_directory: Path) -> str:
    """What an app's HTTP routes begin with, by its host.json.

    Raises:
        AppFailedToStartError: host.json cannot be read.
    """
    file = app_directory / "host.json"
    try:
        settings = parse_json(file.read_bytes()) if file.is_file() else {}
        prefix = settings.get("extensions", {}).get("http", {}).get("routePrefix", _DEFAULT_PREFIX)
    except (OSError, ValueError, AttributeError) as error:
        raise AppFailedToStartError(f"{file} cannot be read: {error}") from error
    return str(prefix)


def _table(index: Index) -> list[tuple[Template, Function]]:
    """Every HTTP function with its template, by name: the first that fits is taken."""
    functions = [one for one in index.functions.values() if one.kind == _HTTP]
    functions.sort(key=lambda one: one.name.upper())
    return [(Template.parse(one.trigger["route"]), one) for one in functions]


def _takes(function: Function, method: str) -> bool:
    methods = function.trigger.get("methods")
    return methods is None or method in methods


def _level(function: Function) -> str:
    return str(function.trigger.get("authLevel", "function")).lower()


async def _packed(request: web.Request, parameters: dict[str, str]) -> Json:
    # A chunked body has no length, and never reaches a worker.
    body = await request.read() if request.content_length else b""
    query = {name: ",".join(request.query.getall(name)) for name in request.query}
    headers = {name.lower(): ", ".join(request.headers.getall(name)) for name in request.headers}
    return {
        "http": {
            "method": request.method,
            "url": str(request.url),
            "headers": headers,
            # The worker does not ask for empty ones, so the real host keeps them to itself.
            "query": {name: value for name, value in query.items() if value},
            "params": parameters,
            "body": values.of_bytes(body) if body else None,
        }
    }


def _answer(outcome: Outcome) -> web.Response:
    if outcome.error is not None:
        return web.Response(status=500)
    value = outcome.value or {}
    if "http" not in value:
        return web.Response(body=values.bytes_of(value), content_type="text/plain", charset="utf-8")
    answer = value["http"]
    headers = {
        name: text for name, text in answer["headers"].items() if name.lower() != "content-length"
    }
    return web.Response(
        status=answer["status"], headers=headers, body=values.bytes_of(answer["body"])
    )
