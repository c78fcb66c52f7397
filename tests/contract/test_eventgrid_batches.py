"""Batches: what is due goes out together, and stands or falls together."""

from typing import Any

import pytest

from simulator.eventgrid.grid import EventGrid
from simulator.world import Kind, World
from tests.contract.event_grid import Endpoint, change, steps, until


def names(body: Any) -> list[str]:
    """The endpoints that a delivery tells of."""
    return [event["subject"].rpartition("/")[2] for event in body]


async def burst(
    world: World, grid: EventGrid, endpoint: Endpoint, count: int, **settings: Any
) -> None:
    """So many events, all but the first while that is being answered."""
    grid.settings.change({"maxEventsPerBatch": 10, **settings})
    world.latency.event = 0.0
    world.clock.scale = 1.0
    endpoint.seconds = 0.05
    change(world, name="pe-0")
    await until(lambda: endpoint.requests)
    for number in range(1, count):
        change(world, name=f"pe-{number}")


async def test_what_is_due_goes_out_together(
    world: World, grid: EventGrid, endpoint: Endpoint
) -> None:
    """Nothing is held back: the first goes alone, and what came meanwhile follows as one."""
    await burst(world, grid, endpoint, 5)
    await until(lambda: len(steps(grid, 4)) == 3)
    assert [names(body) for _, _, body in endpoint.requests] == [
        ["pe-0"],
        ["pe-1", "pe-2", "pe-3", "pe-4"],
    ]
    assert endpoint.requests[1][1]["Content-Type"] == "application/json; charset=utf-8"


async def test_a_batch_has_a_largest_number(
    world: World, grid: EventGrid, endpoint: Endpoint
) -> None:
    """No delivery holds more events than were asked for."""
    await burst(world, grid, endpoint, 6, maxEventsPerBatch=2)
    await until(lambda: len(steps(grid, 5)) == 3)
    assert [len(body) for _, _, body in endpoint.requests] == [1, 2, 2, 1]


async def test_a_batch_has_a_preferred_size(
    world: World, grid: EventGrid, endpoint: Endpoint
) -> None:
    """A batch ends before it passes the preferred size; an event of about 2 KB fits always."""
    await burst(world, grid, endpoint, 5, preferredBatchSizeInKilobytes=1)
    await until(lambda: len(steps(grid, 4)) == 3)
    assert [len(body) for _, _, body in endpoint.requests] == [1, 1, 1, 1, 1]


async def test_a_batch_is_delivered_all_or_none(
    world: World, grid: EventGrid, endpoint: Endpoint
) -> None:
    """One failure in a batch brings every event of it again, together."""
    answers = iter([202, 500, 202])
    endpoint.status = lambda: next(answers)
    await burst(world, grid, endpoint, 3)
    await until(lambda: len(endpoint.requests) == 2)
    world.clock.scale = 1000.0
    await until(lambda: ("delivered", "endpoint_written") in steps(grid, 2))
    assert [names(body) for _, _, body in endpoint.requests] == [
        ["pe-0"],
        ["pe-1", "pe-2"],
        ["pe-1", "pe-2"],
    ]
    assert endpoint.requests[2][1]["aeg-delivery-count"] == "1"
    retried = [step for step in grid.log.entries()[1].history if step["step"] == "retried"]
    assert [step["status"] for step in retried] == [500]


async def test_every_event_of_a_batch_becomes_a_dead_letter(
    world: World, grid: EventGrid, endpoint: Endpoint
) -> None:
    """What was given up together is written down one by one."""
    answers = iter([202, 400])
    endpoint.status = lambda: next(answers)
    await burst(world, grid, endpoint, 3)
    await until(lambda: len(endpoint.requests) == 2)
    world.clock.scale = 10_000.0
    await until(lambda: len(grid.dead_letters) == 2)
    assert names(grid.dead_letters) == ["pe-1", "pe-2"]


async def test_a_batch_of_cloud_events_is_an_array(
    world: World, grid: EventGrid, endpoint: Endpoint
) -> None:
    """Where batches are asked for, even a single CloudEvent comes in an array."""
    await burst(world, grid, endpoint, 1, deliverySchema="CloudEventSchemaV1_0")
    await until(lambda: endpoint.requests)
    _, headers, body = endpoint.requests[0]
    assert headers["Content-Type"] == "application/cloudevents-batch+json; charset=utf-8"
    assert [event["specversion"] for event in body] == ["1.0"]


@pytest.mark.parametrize("schema", ["EventGridSchema", "CloudEventSchemaV1_0"])
async def test_each_function_has_batches_of_its_own(
    world: World, grid: EventGrid, endpoint: Endpoint, schema: str
) -> None:
    """Events of different event subscriptions are never mixed."""
    await burst(world, grid, endpoint, 2, deliverySchema=schema)
    change(world, kind=Kind.DELETE, name="gone")
    await until(lambda: sum(len(body) for _, _, body in endpoint.requests) == 3)
    for query, _, body in endpoint.requests:
        assert (query["functionName"] == "endpoint_deleted") is (names(body) == ["gone"])
