"""Events that go astray on purpose: lost, repeated, late, overtaken."""

from typing import Any

import pytest

from simulator.eventgrid.faults import parse_event_rule
from simulator.eventgrid.grid import EventGrid
from simulator.world import Kind, World
from tests.contract.event_grid import Endpoint, change, steps, until


def befall(grid: EventGrid, fault: str, **fields: Any) -> None:
    """Let a mishap stand."""
    grid.faults.add(parse_event_rule({"fault": fault, **fields}))


def heard(endpoint: Endpoint) -> list[str]:
    """The endpoints that the webhook heard of, in order."""
    return [body[0]["subject"].rpartition("/")[2] for _, _, body in endpoint.requests]


async def test_an_event_can_be_lost(world: World, grid: EventGrid, endpoint: Endpoint) -> None:
    """Nobody ever hears of it; the log says so, and the next one comes."""
    befall(grid, "lost")
    change(world, name="lost")
    change(world, name="found")
    await until(lambda: heard(endpoint) == ["found"])
    await world.clock.sleep(100)
    assert heard(endpoint) == ["found"]
    assert ("lost", "endpoint_written") in steps(grid)


async def test_an_event_can_come_again(world: World, grid: EventGrid, endpoint: Endpoint) -> None:
    """At least once means more than once: the same event, with the same ID, though it was taken."""
    befall(grid, "repeated", times=2, seconds=5)
    change(world)
    await until(lambda: len(endpoint.requests) == 3)
    assert len({body[0]["id"] for _, _, body in endpoint.requests}) == 1
    await until(lambda: steps(grid).count(("delivered", "endpoint_written")) == 3)
    assert steps(grid).count(("repeated", "endpoint_written")) == 2


async def test_an_event_can_be_late(world: World, grid: EventGrid, endpoint: Endpoint) -> None:
    """It is held for so many simulated seconds, and nothing else is."""
    world.clock.scale = 1.0
    world.latency.event = 0.0
    befall(grid, "late", seconds=600)
    change(world, name="late")
    change(world, name="prompt")
    await until(lambda: heard(endpoint) == ["prompt"])
    assert ("held", "endpoint_written") in steps(grid)
    world.clock.scale = 10_000.0
    await until(lambda: heard(endpoint) == ["prompt", "late"])


async def test_an_event_can_be_overtaken(world: World, grid: EventGrid, endpoint: Endpoint) -> None:
    """The order of two events is turned round, however soon the second comes."""
    world.clock.scale = 1.0
    world.latency.event = 0.0
    befall(grid, "overtaken")
    change(world, name="first")
    change(world, name="second")
    await until(lambda: len(endpoint.requests) == 2)
    assert heard(endpoint) == ["second", "first"]


async def test_what_nothing_overtakes_comes_in_the_end(
    world: World, grid: EventGrid, endpoint: Endpoint
) -> None:
    """An event that waits for another to pass does not wait for ever."""
    befall(grid, "overtaken", seconds=30)
    change(world)
    await until(lambda: endpoint.requests)


async def test_a_rule_is_for_some_events_only(
    world: World, grid: EventGrid, endpoint: Endpoint
) -> None:
    """Operation, subject, function and number all have to fit."""
    befall(
        grid,
        "lost",
        operation="microsoft.network/privateendpoints/WRITE",
        subject="PE-",
        subscription="endpoint_written",
        nth=2,
        events=2,
    )
    change(world, name="other")
    for number in range(4):
        change(world, name=f"pe-{number}")
    change(world, kind=Kind.DELETE, name="pe-gone")
    await until(lambda: len(endpoint.requests) == 4)
    assert sorted(heard(endpoint)) == ["other", "pe-0", "pe-3", "pe-gone"]
    (shown,) = grid.faults.as_json()
    assert (shown["id"], shown["fault"], shown["matched"]) == (1, "lost", 4)
    grid.faults.clear()
    assert grid.faults.as_json() == []


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"fault": "stolen"},
        {"fault": "late", "seconds": "1"},
        {"fault": "late", "seconds": -1},
        {"fault": "lost", "nth": 0},
        {"fault": "lost", "events": 1.5},
        {"fault": "lost", "subject": 1},
        {"fault": "lost", "matched": 1},
    ],
)
def test_a_bad_rule_is_refused(rule: dict[str, Any]) -> None:
    """A typing mistake is named, and never means that nothing goes astray."""
    with pytest.raises(ValueError, match=r"must be|cannot be|nothing is called"):
        parse_event_rule(rule)
