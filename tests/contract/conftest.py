"""Fixtures of the contract tests."""

from asyncio import AbstractEventLoop, new_event_loop
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest
from aiohttp import web

from simulator.clock import Clock
from simulator.eventgrid.delivery import Webhook
from simulator.eventgrid.grid import EventGrid
from simulator.world import World
from tests.contract.arm_estate import Cloud, running
from tests.contract.event_grid import AWAY, FILTERS, HOME, Endpoint
from tests.virtual_time import VirtualTimeLoop


@pytest.fixture
async def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Cloud]:
    """A running Resource Manager and token endpoint, with the real clients for them."""
    async with running(tmp_path, monkeypatch) as cloud:
        yield cloud


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    """A webhook that listens, and answers as it is told."""
    told = Endpoint()
    application = web.Application()
    application.router.add_post("/hook", told.answer)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    told.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield told
    await runner.cleanup()


@pytest.fixture
def world() -> World:
    """A world of two subscriptions in which time flies."""
    return World(Clock(1000.0), "5c1d9a6e-3e0f-4a37-8a7d-1f3e6f5b2c10", (HOME, AWAY))


@pytest.fixture
async def grid(world: World, endpoint: Endpoint) -> AsyncIterator[EventGrid]:
    """An Event Grid that delivers what happens in the world to the webhook."""
    running = EventGrid(world, FILTERS, response_seconds=30)
    await running.start(Webhook(endpoint.url, "k3y"))
    yield running
    await running.stop()


@pytest.fixture
async def hasty_grid(world: World, endpoint: Endpoint) -> AsyncIterator[EventGrid]:
    """The same, but it waits for an answer no longer than half a second."""
    running = EventGrid(world, FILTERS, response_seconds=0.5)
    await running.start(Webhook(endpoint.url, "k3y"))
    yield running
    await running.stop()


def pytest_asyncio_loop_factories(
    item: pytest.Item,
) -> Mapping[str, Callable[[], AbstractEventLoop]]:
    """Event Grid's hours pass while everybody waits, however busy the machine is."""
    if item.path.name.startswith("test_eventgrid_"):
        return {"virtual": VirtualTimeLoop}
    return {"real": new_event_loop}
