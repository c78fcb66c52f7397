"""The part of the control surface that asks for faults, and shows the world's history."""

from dataclasses import asdict, dataclass

from aiohttp import web

from simulator.control_json import bad, json_body, since
from simulator.eventgrid.schema import timestamp
from simulator.faults import Faults, parse_rule
from simulator.history import Asked, Change
from simulator.world import Json


@dataclass(frozen=True, slots=True)
class FaultControl:
    """Faults, and the history of the world.

    Attributes:
        faults: the rules that stand.
    """

    faults: Faults

    def routes(self) -> list[web.RouteDef]:
        """What the control surface answers about faults."""
        return [
            web.get("/faults", self._shown),
            web.post("/faults", self._add),
            web.delete("/faults", self._clear),
            web.delete("/faults/{id}", self._drop),
            web.get("/throttling", self._limits),
            web.put("/throttling", self._limits),
            web.get("/history", self._history),
            web.put("/history", self._begin),
        ]

    async def _shown(self, _request: web.Request) -> web.Response:
        return web.json_response({"faults": self.faults.as_json()})

    async def _add(self, request: web.Request) -> web.Response:
        try:
            number = self.faults.add(parse_rule(await json_body(request)))
        except ValueError as error:
            raise bad(str(error)) from error
        return web.json_response({"id": number}, status=201)

    async def _clear(self, request: web.Request) -> web.Response:
        self.faults.clear()
        return await self._shown(request)

    async def _drop(self, request: web.Request) -> web.Response:
        given = request.match_info["id"]
        if not given.isdecimal():
            raise bad(f"a fault's ID is a number, not {given!r}")
        self.faults.clear(int(given))
        return await self._shown(request)

    async def _limits(self, request: web.Request) -> web.Response:
        limits = self.faults.throttle.limits
        if request.method == "PUT":
            try:
                limits.change(await json_body(request))
            except ValueError as error:
                raise bad(str(error)) from error
        return web.json_response(limits.as_json())

    async def _begin(self, request: web.Request) -> web.Response:
        if (await json_body(request, {"on"}))["on"] is not True:
            raise bad("a history can be begun, and never ended: send true")
        self.faults.scene.history.begin()
        return await self._history(request)

    async def _history(self, request: web.Request) -> web.Response:
        history = self.faults.scene.history
        history.catch_up()
        first = since(request)
        both: list[Asked | Change] = [*history.asked, *history.changes]
        shown = [_shown(one) for one in sorted(both, key=lambda one: one.number)]
        shown = [one for one in shown if one["number"] >= first]
        return web.json_response({"on": history.begun, "history": shown, "next": history.now})


def _shown(one: Asked | Change) -> Json:
    shown = asdict(one) | {"time": timestamp(one.time)}
    if isinstance(one, Change):
        return shown | {"before": one.old, "after": one.new}
    del shown["answer"]
    return shown | {"body": one.body}
