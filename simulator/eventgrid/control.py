"""The part of the control surface that paces Event Grid, and lets events go astray."""

from dataclasses import dataclass

from aiohttp import web

from simulator.control_json import bad, json_body
from simulator.eventgrid.faults import parse_event_rule
from simulator.eventgrid.grid import EventGrid


@dataclass(frozen=True, slots=True)
class EventGridControl:
    """Event Grid's settings, faults, log and dead letters.

    Attributes:
        event_grid: the room.
    """

    event_grid: EventGrid

    def routes(self) -> list[web.RouteDef]:
        """What the control surface answers about Event Grid."""
        return [
            web.get("/events", self._events),
            web.get("/eventgrid", self._deliveries),
            web.put("/eventgrid", self._deliveries),
            web.get("/eventgrid/faults", self._faults),
            web.post("/eventgrid/faults", self._add),
            web.delete("/eventgrid/faults", self._clear),
        ]

    async def _events(self, request: web.Request) -> web.Response:
        """The event log, newest last, by ?operation= and a part of ?subject=."""
        operation, subject = request.query.get("operation", ""), request.query.get("subject", "")
        found = self.event_grid.log.entries(operation, subject)
        return web.json_response({"events": [entry.as_json() for entry in found]})

    async def _deliveries(self, request: web.Request) -> web.Response:
        """How Event Grid delivers, and what it gave up on; a PUT changes what it names."""
        settings = self.event_grid.settings
        if request.method == "PUT":
            body = await json_body(request)
            try:
                settings.change(body)
            except ValueError as error:
                raise bad(str(error)) from error
            if "seed" in body:
                self.event_grid.chance.begin()
        shown = settings.as_json() | {"deadLetters": self.event_grid.dead_letters}
        return web.json_response(shown)

    async def _faults(self, _request: web.Request) -> web.Response:
        return web.json_response({"faults": self.event_grid.faults.as_json()})

    async def _add(self, request: web.Request) -> web.Response:
        try:
            number = self.event_grid.faults.add(parse_event_rule(await json_body(request)))
        except ValueError as error:
            raise bad(str(error)) from error
        return web.json_response({"id": number}, status=201)

    async def _clear(self, request: web.Request) -> web.Response:
        self.event_grid.faults.clear()
        return await self._faults(request)
