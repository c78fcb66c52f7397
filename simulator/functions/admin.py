"""The admin routes of a host: what is in the app, and a way to fire what has no door of its own.

Source: azure-functions-host, FunctionsController and HostController.
"""

import json

from aiohttp import web

from simulator.functions.function import Function
from simulator.functions.keys import Handler
from simulator.functions.process import WorkerGoneError, WorkerProcess
from simulator.json_text import parse_json
from simulator.world import Json

_TIMER = {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": None, "IsPastDue": False}


class Admin:
    """The routes under /admin, all behind the master key.

    Args:
        worker: runs the functions.
    """

    def __init__(self, worker: WorkerProcess) -> None:
        self._worker = worker

    def routes(self) -> list[tuple[str, str, Handler]]:
        """Method, path and handler of each."""
        return [
            ("GET", "/admin/host/status", self._host_status),
            ("GET", "/admin/functions", self._functions),
            ("GET", "/admin/functions/{name}/status", self._function_status),
            ("POST", "/admin/functions/{name}", self._fire),
        ]

    async def _host_status(self, _request: web.Request) -> web.Response:
        running = self._worker.pid is not None
        return web.json_response(
            {"id": "local", "state": "Running" if running else "Error", "version": "4.0.0.0"}
        )

    async def _functions(self, _request: web.Request) -> web.Response:
        return web.json_response([_shown(one) for one in self._worker.index.functions.values()])

    async def _function_status(self, request: web.Request) -> web.Response:
        name, index = request.match_info["name"], self._worker.index
        if name in index.errors:
            return web.json_response({"errors": [index.errors[name]]})
        return web.json_response({}) if name in index.functions else web.Response(status=404)

    async def _fire(self, request: web.Request) -> web.Response:
        """Start a function; it goes on when this has been answered."""
        given = _input(await request.read())
        function = self._worker.index.functions.get(request.match_info["name"])
        if function is None:
            return web.Response(status=404)
        if function.kind == "httpTrigger":
            raise web.HTTPBadRequest(text="an HTTP function is called by its own route")
        data = json.dumps(_TIMER) if function.kind == "timerTrigger" else given
        try:
            self._worker.invoke(function, {"json": data})
        except WorkerGoneError as error:
            return web.Response(status=503, text=str(error))
        return web.Response(status=202)


def _input(body: bytes) -> str:
    """The `input` of a body, which a timer has no use for."""
    try:
        given = parse_json(body).get("input", "")
    except (ValueError, AttributeError) as error:
        raise web.HTTPBadRequest(
            text='the body must be a JSON object like {"input": ""}'
        ) from error
    if not isinstance(given, str):
        raise web.HTTPBadRequest(text="the input must be a string")
    return given


def _shown(function: Function) -> Json:
    return {
        "name": function.name,
        "language": "python",
        "isDisabled": function.is_disabled,
        "config": {"name": function.name, "bindings": list(function.bindings)},
    }
