"""The control surface, under /_simulator of Resource Manager: to watch the rooms and pace them.

For people, the demo and tests. It changes no resource: that is what Resource
Manager is for.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Protocol

from aiohttp import web

from simulator.arm.server import Call
from simulator.control_json import bad, json_body, since
from simulator.dns.server import NETWORK, DnsServer
from simulator.eventgrid.schema import timestamp
from simulator.functions.invocations import InvocationLog
from simulator.functions.log import AppLog
from simulator.world import Json, World

FASTEST = 1e9


class Room(Protocol):
    """A room that brings its own part of the control surface."""

    def routes(self) -> list[web.RouteDef]:
        """What it answers."""


@dataclass(frozen=True, slots=True)
class Control:
    """The rooms that can be watched.

    Attributes:
        world: for its clock, latencies, habits and networks.
        dns: for the resolvers' addresses.
        app_log: what the function app logged.
        invocations: what the function app ran.
        calls: gives Resource Manager's request log.
    """

    world: World
    dns: DnsServer
    app_log: AppLog
    invocations: InvocationLog
    calls: Callable[[], Iterable[Call]]

    async def networks(self, _request: web.Request) -> web.Response:
        """Where each network's resolver listens."""
        port = self.dns.port
        networks = [
            {
                "id": network.id,
                "name": network.body["name"],
                "address": await self.dns.address_of(network.id),
                "port": port,
            }
            for network in self.world.of_type(NETWORK)
        ]
        public = {"address": self.dns.public_address, "port": port}
        return web.json_response({"public": public, "networks": networks})

    async def time(self, request: web.Request) -> web.Response:
        """How fast simulated time passes."""
        if request.method == "PUT":
            self.world.clock.scale = _scale(await json_body(request, {"scale"}))
        return web.json_response({"scale": self.world.clock.scale})

    async def latency(self, request: web.Request) -> web.Response:
        """How long Azure takes; a PUT changes the latencies it names."""
        if request.method == "PUT":
            try:
                self.world.latency.change(await json_body(request))
            except ValueError as error:
                raise bad(str(error)) from error
        return web.json_response(self.world.latency.as_json())

    async def habits(self, request: web.Request) -> web.Response:
        """What Azure does where that is not sure; a PUT changes the habits it names."""
        if request.method == "PUT":
            try:
                self.world.habits.change(await json_body(request))
            except ValueError as error:
                raise bad(str(error)) from error
        return web.json_response(self.world.habits.as_json())

    async def request_log(self, request: web.Request) -> web.Response:
        """Resource Manager's requests, from ?since= on."""
        first, calls = since(request), list(self.calls())
        shown = [_shown(index, call) for index, call in enumerate(calls) if index >= first]
        return web.json_response({"calls": shown, "next": len(calls)})

    async def function_log(self, request: web.Request) -> web.Response:
        """The app's log records, from ?since= on."""
        first = since(request)
        records = self.app_log.since(first)
        following = records[-1].index + 1 if records else first
        shown = [record.as_json() for record in records]
        return web.json_response({"records": shown, "next": following})

    async def function_runs(self, request: web.Request) -> web.Response:
        """The functions' runs, from ?since= on; one without an end goes on."""
        first = since(request)
        runs = self.invocations.since(first)
        following = runs[-1].index + 1 if runs else first
        shown = [run.as_json() for run in runs]
        return web.json_response({"invocations": shown, "next": following})


def control_application(control: Control, *rooms: Room) -> web.Application:
    """The routes, to be mounted by Resource Manager; some rooms bring their own."""
    application = web.Application()
    for room in rooms:
        application.router.add_routes(room.routes())
    application.router.add_get("/networks", control.networks)
    application.router.add_get("/calls", control.request_log)
    application.router.add_get("/functions/log", control.function_log)
    application.router.add_get("/functions/invocations", control.function_runs)
    for path, handler in (
        ("/time", control.time),
        ("/latency", control.latency),
        ("/habits", control.habits),
    ):
        application.router.add_get(path, handler)
        application.router.add_put(path, handler)
    return application


def _scale(body: Json) -> float:
    scale = body["scale"]
    if isinstance(scale, bool) or not isinstance(scale, int | float) or not 0 < scale <= FASTEST:
        raise bad(f"scale must be a number above 0, 1e9 at most, not {scale!r}")
    return float(scale)


def _shown(index: int, call: Call) -> Json:
    values = {one.name: getattr(call, one.name) for one in fields(call)}
    return {"index": index} | {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:  # noqa: ANN401 - a JSON value out of a field's value
    return timestamp(value) if isinstance(value, datetime) else value
