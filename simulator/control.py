"""The control surface, under /_simulator of Resource Manager: to watch the rooms and pace them.

For people, the demo and tests. It changes no resource: that is what Resource
Manager is for.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from aiohttp import web

from simulator.arm.server import Call
from simulator.dns.server import NETWORK, DnsServer
from simulator.eventgrid.grid import EventGrid
from simulator.eventgrid.schema import Schema, timestamp
from simulator.functions.invocations import InvocationLog
from simulator.functions.log import AppLog
from simulator.json_text import parse_json
from simulator.world import Json, World

FASTEST = 1e9


@dataclass(frozen=True, slots=True)
class Control:
    """The rooms that can be watched.

    Attributes:
        world: for its clock, latencies, habits and networks.
        dns: for the resolvers' addresses.
        event_grid: for the event log and the delivery schema.
        app_log: what the function app logged.
        invocations: what the function app ran.
        calls: gives Resource Manager's request log.
    """

    world: World
    dns: DnsServer
    event_grid: EventGrid
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

    async def events(self, request: web.Request) -> web.Response:
        """The event log, newest last, by ?operation= and a part of ?subject=."""
        operation, subject = request.query.get("operation", ""), request.query.get("subject", "")
        found = self.event_grid.log.entries(operation, subject)
        return web.json_response({"events": [entry.as_json() for entry in found]})

    async def time(self, request: web.Request) -> web.Response:
        """How fast simulated time passes."""
        if request.method == "PUT":
            self.world.clock.scale = _scale(await _body(request, {"scale"}))
        return web.json_response({"scale": self.world.clock.scale})

    async def latency(self, request: web.Request) -> web.Response:
        """How long Azure takes; a PUT changes the latencies it names."""
        if request.method == "PUT":
            try:
                self.world.latency.change(await _body(request))
            except ValueError as error:
                raise _bad(str(error)) from error
        return web.json_response(self.world.latency.as_json())

    async def habits(self, request: web.Request) -> web.Response:
        """What Azure does where that is not sure; a PUT changes the habits it names."""
        if request.method == "PUT":
            try:
                self.world.habits.change(await _body(request))
            except ValueError as error:
                raise _bad(str(error)) from error
        return web.json_response(self.world.habits.as_json())

    async def request_log(self, request: web.Request) -> web.Response:
        """Resource Manager's requests, from ?since= on."""
        since, calls = _since(request), list(self.calls())
        shown = [_shown(index, call) for index, call in enumerate(calls) if index >= since]
        return web.json_response({"calls": shown, "next": len(calls)})

    async def function_log(self, request: web.Request) -> web.Response:
        """The app's log records, from ?since= on."""
        since = _since(request)
        records = self.app_log.since(since)
        following = records[-1].index + 1 if records else since
        shown = [record.as_json() for record in records]
        return web.json_response({"records": shown, "next": following})

    async def function_runs(self, request: web.Request) -> web.Response:
        """The functions' runs, from ?since= on; one without an end goes on."""
        since = _since(request)
        runs = self.invocations.since(since)
        following = runs[-1].index + 1 if runs else since
        shown = [run.as_json() for run in runs]
        return web.json_response({"invocations": shown, "next": following})

    async def deliveries(self, request: web.Request) -> web.Response:
        """How Event Grid delivers, and what it gave up on."""
        if request.method == "PUT":
            self.event_grid.schema = _schema(await _body(request, {"deliverySchema"}))
        return web.json_response(
            {
                "deliverySchema": self.event_grid.schema,
                "deadLetters": self.event_grid.dead_letters,
            }
        )


def control_application(control: Control) -> web.Application:
    """The routes, to be mounted by Resource Manager."""
    application = web.Application()
    application.router.add_get("/networks", control.networks)
    application.router.add_get("/events", control.events)
    application.router.add_get("/calls", control.request_log)
    application.router.add_get("/functions/log", control.function_log)
    application.router.add_get("/functions/invocations", control.function_runs)
    for path, handler in (
        ("/time", control.time),
        ("/latency", control.latency),
        ("/habits", control.habits),
        ("/eventgrid", control.deliveries),
    ):
        application.router.add_get(path, handler)
        application.router.add_put(path, handler)
    return application


async def _body(request: web.Request, required: set[str] | None = None) -> Json:
    """The JSON object of a PUT, with exactly the required keys if any are."""
    try:
        body = parse_json(await request.read())
    except ValueError as error:
        raise _bad(f"the body cannot be read: {error}") from error
    if not isinstance(body, dict):
        raise _bad("the body must be a JSON object")
    if required is not None and set(body) != required:
        raise _bad(f"the body must have {sorted(required)} and nothing else, not {sorted(body)}")
    return body


def _scale(body: Json) -> float:
    scale = body["scale"]
    if isinstance(scale, bool) or not isinstance(scale, int | float) or not 0 < scale <= FASTEST:
        raise _bad(f"scale must be a number above 0, 1e9 at most, not {scale!r}")
    return float(scale)


def _schema(body: Json) -> Schema:
    try:
        return Schema(body["deliverySchema"])
    except ValueError as error:
        known = [str(one) for one in Schema]
        raise _bad(f"deliverySchema must be one of {known}") from error


def _since(request: web.Request) -> int:
    given = request.query.get("since", "0")
    if not given.isdecimal():
        raise _bad(f"since must be a number from 0 up, not {given!r}")
    return int(given)


def _shown(index: int, call: Call) -> Json:
    values = {one.name: getattr(call, one.name) for one in fields(call)}
    return {"index": index} | {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:  # noqa: ANN401 - a JSON value out of a field's value
    return timestamp(value) if isinstance(value, datetime) else value


def _bad(message: str) -> web.HTTPBadRequest:
    body = {"error": {"code": "BadRequest", "message": message}}
    return web.HTTPBadRequest(text=json.dumps(body), content_type="application/json")
