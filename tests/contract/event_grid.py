"""What the contract tests of Event Grid stand on: a webhook that obeys, and a world."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from simulator.eventgrid.filters import parse_filter
from simulator.eventgrid.grid import EventGrid
from simulator.world import Happened, Kind, World

HOME = "0f2b7d5e-7c5d-4f0a-9a53-3a3d6b8f9e01"
AWAY = "6a1c2b3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
STRANGE = "ffffffff-0000-4000-8000-000000000000"

FILTERS = {
    name: parse_filter(
        {
            "advancedFilters": [
                {"operatorType": "StringEndsWith", "key": "data.operationName", "values": [ending]}
            ]
        }
    )
    for name, ending in (("endpoint_written", "/write"), ("endpoint_deleted", "/delete"))
}


@dataclass
class Endpoint:
    """A webhook that answers what it is told to and remembers what it was sent."""

    status: int | Callable[[], int] = 202
    seconds: float = 0.0
    requests: list[tuple[dict[str, str], dict[str, str], Any]] = field(default_factory=list)
    url: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        """Take one delivery."""
        self.requests.append((dict(request.query), dict(request.headers), await request.json()))
        await asyncio.sleep(self.seconds)
        return web.Response(status=self.status if isinstance(self.status, int) else self.status())


def change(
    world: World, subscription: str = HOME, kind: Kind = Kind.WRITE, name: str = "pe"
) -> None:
    """Let something happen to an endpoint."""
    group = f"/subscriptions/{subscription}/resourceGroups/net/providers"
    world.happened(
        Happened(
            kind=kind,
            resource_id=f"{group}/Microsoft.Network/privateEndpoints/{name}",
            operation=f"Microsoft.Network/privateEndpoints/{kind.lower()}",
            existed=False,
            method="PUT",
            url="https://127.0.0.1:1/",
            principal="p",
        )
    )


async def until(condition: Callable[[], object]) -> None:
    """Wait until a condition holds."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


def steps(grid: EventGrid, index: int = 0) -> list[tuple[str, str | None]]:
    """What became of an event, and on whose way."""
    history = grid.log.entries()[index].history
    return [(step["step"], step.get("subscription")) for step in history]


def waits(grid: EventGrid) -> list[float]:
    """How long the first event had to wait before each retry."""
    history = grid.log.entries()[0].history
    return [step["waitSeconds"] for step in history if step["step"] == "retried"]
