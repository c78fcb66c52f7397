import asyncio

import pytest

from simulator.eventgrid.grid import EventGrid
from simulator.world import Kind, World
from tests.contract.event_grid import AWAY, HOME, STRANGE, Endpoint, change, steps, until, waits


async def test_an_event_comes_with_azures_headers(
    world: World, grid: EventGrid, endpoint: Endpoint
) -> None:
    """The function's host sees what the real Event Grid sends, an array of one event."""
    change(world)
    await until(lambda: endpoint.requests)
    query, headers, body = endpoint.requests[0]
    assert query == {"functionName": "endpoint_written", "code": "k3y"}
    assert headers["aeg-event-type"] == "Notification"
    assert headers["aeg-subscription-name"] == "ENDPOINT_WRITTEN"
    assert headers["aeg-delivery-count"] == "0"
    assert headers["aeg-data-version"] == "2"
    assert headers["aeg-metadata-version"] == "1"
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert [one["eventType"] for one in body] == ["Microsoft.Resources.ResourceWriteSuccess"]
    await until(lambda: len(steps(grid)) == 3)
    assert set(steps(grid)) == {
        ("raised", None),
        ("filtered", "endpoint_deleted"),
        ("delivered", "endpoint_written"),
    }
    delivered = grid.log.entries()[0].history[-1]
    assert delivered["function"] == "endpoint_written"
    assert delivered["milliseconds"] > 0


async def test_a_cloud_event_comes_alone(world: World, grid: EventGrid, endpoint: Endpoint) -> None:
    """In the CloudEvents schema a delivery is one object of its own content type."""
    grid.settings.change({"deliverySchema": "CloudEventSchemaV1_0"})
    change(world)
    await until(lambda: endpoint.requests)
    _, headers, body = endpoint.requests[0]
    assert headers["Content-Type"] == "application/cloudevents+json; charset=utf-8"
    assert "aeg-data-version" not in headers
    assert body["specversion"] == "1.0"


async def test_each_subscription_has_its_own_topic(
    world: World, grid: EventGrid, endpoint: Endpoint
) -> None:
    """Both watched subscriptions are heard, and no event reaches a function twice."""
    change(world)
    change(world, AWAY, Kind.DELETE)
    change(world, STRANGE)
    await until(lambda: len(endpoint.requests) == 2)
    await asyncio.sleep(0.02)
    heard = {(query["functionName"], body[0]["topic"]) for query, _, body in endpoint.requests}
    assert heard == {
        ("endpoint_written", f"/subscriptions/{HOME}"),
        ("endpoint_deleted", f"/subscriptions/{AWAY}"),
    }
    assert steps(grid, 2) == [("raised", None)]


@pytest.mark.parametrize("status", [200, 201, 202, 203, 204])
async def test_these_answers_are_a_success(
    world: World, grid: EventGrid, endpoint: Endpoint, status: int
) -> None:
    """200 to 204 end a delivery."""
    endpoint.status = status
    change(world)
    await until(lambda: ("delivered", "endpoint_written") in steps(grid))


async def test_the_retries_follow_the_schedule(
    world: World, grid: EventGrid, endpoint: Endpoint
) -> None:
    """Waits grow from 10 s to 12 h and the event dies after a day, whoever waits for it."""
    world.clock.scale = 200_000.0
    endpoint.status = 500
    change(world)
    await until(lambda: grid.dead_letters)
    assert waits(grid)[:9] == [10, 30, 60, 300, 600, 1800, 3600, 10_800, 21_600]
    counts = [int(headers["aeg-delivery-count"]) for _, headers, _ in endpoint.requests]
    assert counts == list(range(len(counts)))
    letter = grid.dead_letters[0]
    assert letter["deadLetterReason"] == "TimeToLiveExceeded"
    assert letter["lastDeliveryOutcome"] == "InternalServerError"
    assert letter["deliveryAttempts"] == len(counts)
    assert letter["subject"] == endpoint.requests[0][2][0]["subject"]
    assert steps(grid)[-1] == ("dead-lettered", "endpoint_written")


@pytest.mark.parametrize(
    ("status", "wait"), [(500, 10.0), (401, 300.0), (404, 300.0), (408, 120.0), (503, 30.0)]
)
async def test_some_answers_wait_longer(
    world: World, grid: EventGrid, endpoint: Endpoint, status: int, wait: float
) -> None:
    """A missing function or a refused key is retried after five minutes, not ten seconds."""
    answers = iter([status])
    endpoint.status = lambda: next(answers, 202)
    world.clock.scale = 10_000.0
    change(world)
    await until(lambda: ("delivered", "endpoint_written") in steps(grid))
    assert waits(grid) == [wait]


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, "UndeliverableDueToHttpBadRequest"),
        (403, "UndeliverableDueToHttpForbidden"),
        (413, None),
    ],
)
async def test_some_answers_are_never_retried(
    world: World, grid: EventGrid, endpoint: Endpoint, status: int, reason: str | None
) -> None:
    """400, 403 and 413 cost the event its only attempt."""
    endpoint.status = status
    world.clock.scale = 10_000.0
    change(world)
    await until(lambda: grid.dead_letters)
    assert len(endpoint.requests) == 1
    assert reason in {None, grid.dead_letters[0]["deadLetterReason"]}


async def test_a_slow_answer_is_a_failure(
    world: World, hasty_grid: EventGrid, endpoint: Endpoint
) -> None:
    """An answer that comes too late does not count, and the event comes again."""
    grid = hasty_grid
    endpoint.seconds = 3.0
    change(world)
    await until(lambda: waits(grid))
    endpoint.seconds = 0.0
    await until(lambda: ("delivered", "endpoint_written") in steps(grid))
    assert grid.log.entries()[0].history[-2]["outcome"] == "TimedOut"
    assert len(endpoint.requests) == 2


async def test_a_failing_endpoint_holds_back_new_events(
    world: World, grid: EventGrid, endpoint: Endpoint
) -> None:
    """After ten failures in a row even a new event waits; other functions do not."""
    world.clock.scale = 1.0
    world.latency.event = 0.0
    endpoint.status = 500
    for _ in range(10):
        change(world)
    await until(lambda: len(endpoint.requests) == 10)
    await asyncio.sleep(0.05)
    endpoint.status = 202
    change(world)
    change(world, AWAY)
    change(world, kind=Kind.DELETE)
    await until(lambda: len(endpoint.requests) == 12)
    await asyncio.sleep(0.05)
    assert steps(grid, 10) == [("raised", None), ("filtered", "endpoint_deleted")]
    world.clock.scale = 1000.0
    await until(lambda: ("delivered", "endpoint_written") in steps(grid, 10))


async def test_a_success_ends_a_row_of_failures(
    world: World, grid: EventGrid, endpoint: Endpoint
) -> None:
    """Nine failures, a success and nine more hold nobody back."""
    world.clock.scale = 1.0
    world.latency.event = 0.0
    for status, count, total in ((500, 9, 9), (202, 1, 10), (500, 9, 19), (202, 1, 20)):
        endpoint.status = status
        for _ in range(count):
            change(world)
        await until(lambda: len(endpoint.requests) == total)  # noqa: B023 - awaited at once
        await until(lambda: len(steps(grid, total - 1)) == 3)  # noqa: B023 - awaited at once


async def test_a_dead_letter_is_written_five_minutes_late(
    world: World, grid: EventGrid, endpoint: Endpoint
) -> None:
    """Who looks for a dead letter at once does not find it, as in Azure."""
    world.clock.scale = 1.0
    world.latency.event = 0.0
    endpoint.status = 400
    change(world)
    await until(lambda: endpoint.requests)
    await asyncio.sleep(0.1)
    assert not grid.dead_letters
    world.clock.scale = 10_000.0
    await until(lambda: grid.dead_letters)


async def test_the_log_is_searched_by_operation_and_subject(world: World, grid: EventGrid) -> None:
    """An operator finds an event without reading all of them."""
    change(world)
    change(world, kind=Kind.DELETE)
    assert len(grid.log.entries("microsoft.network/privateendpoints/DELETE")) == 1
    assert len(grid.log.entries(subject="PRIVATEENDPOINTS/pe")) == 2
    assert grid.log.entries(subject="registries") == []


async def test_stopping_leaves_no_delivery_behind(
    world: World, grid: EventGrid, endpoint: Endpoint
) -> None:
    """A delivery that waits for its retry ends with Event Grid."""
    before = asyncio.all_tasks()
    world.clock.scale = 1.0
    endpoint.status = 500
    change(world)
    await until(lambda: waits(grid))
    assert asyncio.all_tasks() - before
    await grid.stop()
    assert not {task for task in asyncio.all_tasks() - before if "Grid" in repr(task)}
