"""Event Grid's retry policy: limits, chance, dead letters, and answers that come too late."""

import asyncio
from typing import Any

import pytest

from simulator.clock import Clock
from simulator.eventgrid.delivery import Webhook
from simulator.eventgrid.grid import EventGrid
from simulator.eventgrid.settings import Settings
from simulator.world import World
from tests.contract.event_grid import (
    AWAY,
    FILTERS,
    HOME,
    Endpoint,
    change,
    steps,
    until,
    waits,
)

SCHEDULE = [10, 30, 60, 300, 600, 1800, 3600, 10_800, 21_600, 43_200]


async def test_the_attempts_can_be_limited(
    world: World, grid: EventGrid, endpoint: Endpoint
) -> None:
    """After as many attempts as were set the event is given up, with the reason."""
    grid.settings.change({"maxDeliveryAttempts": 3})
    world.clock.scale = 100_000.0
    endpoint.status = 500
    change(world)
    await until(lambda: grid.dead_letters)
    assert len(endpoint.requests) == 3
    letter = grid.dead_letters[0]
    assert letter["deadLetterReason"] == "MaxDeliveryAttemptsExceeded"
    assert letter["deliveryAttempts"] == 3
    assert letter["publishTime"] <= letter["lastDeliveryAttemptTime"]


async def test_the_time_to_live_can_be_limited(
    world: World, grid: EventGrid, endpoint: Endpoint
) -> None:
    """Whichever limit comes first ends it: with two minutes, retries at 10, 40 and 100 s."""
    grid.settings.change({"maxDeliveryAttempts": 10, "eventTimeToLiveInMinutes": 2})
    world.clock.scale = 50.0
    endpoint.status = 500
    change(world)
    await until(lambda: len(endpoint.requests) == 4)
    world.clock.scale = 10_000.0
    await until(lambda: grid.dead_letters)
    assert len(endpoint.requests) == 4
    assert grid.dead_letters[0]["deadLetterReason"] == "TimeToLiveExceeded"


async def test_what_is_given_up_is_dropped_without_a_dead_letter_container(
    world: World, grid: EventGrid, endpoint: Endpoint
) -> None:
    """Dead-lettering is off by default in Azure; then a lost event leaves no trace but the log."""
    grid.settings.change({"deadLetter": False})
    world.clock.scale = 10_000.0
    endpoint.status = 400
    change(world)
    await until(lambda: ("dropped", "endpoint_written") in steps(grid))
    assert grid.dead_letters == []


async def row_of_waits(endpoint: Endpoint, **settings: Any) -> list[float]:
    """The waits of one event whose endpoint never takes it."""
    world = World(Clock(1_000_000.0), "5c1d9a6e-3e0f-4a37-8a7d-1f3e6f5b2c10", (HOME, AWAY))
    grid = EventGrid(world, FILTERS, response_seconds=5)
    grid.settings.change({"maxDeliveryAttempts": 9, **settings})
    grid.chance.begin()
    await grid.start(Webhook(endpoint.url, "k3y"))
    endpoint.status = 500
    change(world)
    await until(lambda: grid.dead_letters)
    await grid.stop()
    return waits(grid)


async def test_the_waits_vary_a_little_and_by_seed(endpoint: Endpoint) -> None:
    """Azure adds some randomness to each step; the same seed gives the same row."""
    first, again, other = [
        await row_of_waits(endpoint, jitter=0.1, seed=seed) for seed in (7, 7, 8)
    ]
    assert first == again != other
    for wait, step in zip(first, SCHEDULE, strict=False):
        assert 0.9 * step <= wait <= 1.1 * step
    assert all(wait != step for wait, step in zip(first, SCHEDULE, strict=False))


async def test_steps_may_be_skipped(endpoint: Endpoint) -> None:
    """Azure may leave out retries: every wait is a step of the schedule, and some are missing."""
    found = await row_of_waits(endpoint, skips=0.5, seed=3)
    assert found == sorted(found)
    assert set(found) < set(SCHEDULE)
    assert await row_of_waits(endpoint, skips=0) == SCHEDULE[:8]


async def test_a_late_answer_cancels_the_retry(
    world: World, hasty_grid: EventGrid, endpoint: Endpoint
) -> None:
    """An answer after the wait for it, and before the retry, still counts: no second delivery."""
    world.clock.scale = 1.0
    endpoint.seconds = 1.0
    change(world)
    await until(lambda: ("delivered", "endpoint_written") in steps(hasty_grid))
    retried, delivered = hasty_grid.log.entries()[0].history[-2:]
    assert (retried["step"], retried["outcome"]) == ("retried", "TimedOut")
    assert delivered["late"] is True
    world.clock.scale = 1000.0
    await world.clock.sleep(100)
    assert len(endpoint.requests) == 1


async def test_a_late_refusal_cancels_nothing(
    world: World, hasty_grid: EventGrid, endpoint: Endpoint
) -> None:
    """Only a success takes the event out of the queue."""
    world.clock.scale = 1.0
    endpoint.seconds, endpoint.status = 1.0, 500
    change(world)
    await until(lambda: waits(hasty_grid))
    await asyncio.sleep(1.5)
    endpoint.seconds, endpoint.status = 0.0, 202
    world.clock.scale = 1000.0
    await until(lambda: ("delivered", "endpoint_written") in steps(hasty_grid))
    assert len(endpoint.requests) == 2


async def test_an_answer_after_the_retry_makes_a_duplicate(
    world: World, hasty_grid: EventGrid, endpoint: Endpoint
) -> None:
    """The cancelling is best effort: a function slower than that hears of the event twice."""
    endpoint.seconds = 5.0
    change(world)
    await until(lambda: endpoint.requests)
    endpoint.seconds = 0.0
    await until(lambda: ("delivered", "endpoint_written") in steps(hasty_grid))
    first, second = endpoint.requests[0][2], endpoint.requests[1][2]
    assert first[0]["id"] == second[0]["id"]


async def test_a_missing_function_is_left_alone_for_five_minutes(
    world: World, grid: EventGrid, endpoint: Endpoint
) -> None:
    """An endpoint that is not found goes on probation for longer than one that fails."""
    world.clock.scale = 1.0
    world.latency.event = 0.0
    endpoint.status = 404
    for _ in range(10):
        change(world)
    await until(lambda: len(endpoint.requests) == 10)
    await asyncio.sleep(0.05)
    endpoint.status = 202
    change(world)
    world.clock.scale = 20.0
    await asyncio.sleep(1.5)  # half a minute: ten failures of another kind would be forgiven
    assert len(endpoint.requests) == 10
    world.clock.scale = 10_000.0
    await until(lambda: ("delivered", "endpoint_written") in steps(grid, 10))


@pytest.mark.parametrize(
    "wanted",
    [
        {"maxDeliveryAttempts": 0},
        {"maxDeliveryAttempts": 31},
        {"maxDeliveryAttempts": True},
        {"eventTimeToLiveInMinutes": 1441},
        {"maxEventsPerBatch": 5001},
        {"preferredBatchSizeInKilobytes": 1025},
        {"preferredBatchSizeInKilobytes": 1.5},
        {"deadLetter": 1},
        {"deliverySchema": "Custom"},
        {"jitter": 2},
        {"speed": 1},
    ],
)
def test_azures_ranges_hold(wanted: dict[str, Any]) -> None:
    """What Azure would refuse in an event subscription is refused, and nothing changes."""
    settings = Settings()
    with pytest.raises(ValueError, match=r"must be|no setting"):
        settings.change({"maxEventsPerBatch": 7, **wanted})
    assert settings == Settings()
