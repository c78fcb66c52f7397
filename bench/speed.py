"""How much of our own time an event takes, and how many events a second go through."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from itertools import cycle

from bench import page
from bench.stage import ENDPOINT, WRITTEN, Stage, staged
from bench.story import FIRST, RIGHT, UNCHANGED, UNRELATED, UNRELATED_GOES
from simulator.arm import record_sets

EVENTS = 200
AT_ONCE = (1, 8, 32)
_WARM_UP = 20
# One page: the app paces lists to 400 pages in five minutes.
_RECORDS = 90

type _Send = Callable[[], Awaitable[float]]


async def run() -> None:
    """Measure one event after another, then many at once, and print both."""
    async with staged(_RECORDS) as stage:
        for event in (FIRST, UNRELATED):
            await event.scene(stage)
            await event.send(stage)
        await _one_by_one(stage)
        await _at_once(stage)


async def _one_by_one(stage: Stage) -> None:
    page.section(
        "Milliseconds for one event",
        f"{EVENTS} of a kind, one after another, in a zone of {_RECORDS:,} records.",
        "own:  processor time (user and system) of the process in which Microsoft's worker runs "
        "the app, from before the event is posted until it is acknowledged.",
        "wall: the same span by the clock. The local Azure adds no latency, but computes its "
        "answers on the same machine; real Azure's answers take longer.",
    )
    kinds: dict[str, _Send] = {
        "endpoint written, first of a registry": lambda: _as_first(stage, "myregistry", "pe-a"),
        "endpoint written, already right": lambda: RIGHT.send(stage),
        "endpoint written, of a storage account": lambda: UNRELATED.send(stage),
        "registry written, no change": lambda: UNCHANGED.send(stage),
        "endpoint deleted, of a storage account": lambda: UNRELATED_GOES.send(stage),
    }
    rows = []
    for kind, send in kinds.items():
        page.progress(kind)
        if kind.startswith("endpoint deleted"):
            await stage.fresh_worker()
        for _ in range(_WARM_UP):
            await send()
        own, wall = [], []
        for _ in range(EVENTS):
            began = stage.worker_seconds()
            wall.append(await send())
            own.append(stage.worker_seconds() - began)
        rows.append([kind, *_percentiles(own), *_percentiles(wall)])
    page.table(["event", "own p50", "own p99", "wall p50", "wall p99"], rows)


async def _at_once(stage: Stage) -> None:
    page.section(
        "Events a second",
        f"{EVENTS} of a kind, about {max(AT_ONCE)} registries in turn, so many at once. "
        "One instance, one worker process.",
        "In brackets: how busy the worker kept its one core. Where it is below 100 %, the local "
        "Azure, which shares the machine, was what the app waited for.",
    )
    names = [f"registry{number:02}" for number in range(max(AT_ONCE))]
    await asyncio.gather(*(_furnish(stage, name) for name in names))
    kinds: dict[str, Callable[[str], Awaitable[float]]] = {
        "endpoint written, first of a registry": lambda name: _as_first(stage, name, f"pe-{name}"),
        "endpoint written, already right": lambda name: _written(stage, f"pe-{name}"),
        "endpoint written, of a storage account": lambda _: UNRELATED.send(stage),
    }
    rows = []
    for kind, send in kinds.items():
        page.progress(kind)
        rows.append([kind, *[await _rate(stage, send, names, many) for many in AT_ONCE]])
    page.table(["event", *(f"{many} at once" for many in AT_ONCE)], rows)


async def _furnish(stage: Stage, name: str) -> None:
    """A registry of its own, with an endpoint in the network that is linked already."""
    registry = await stage.operator.create_registry(name)
    await stage.operator.create_endpoint(f"pe-{name}", "network-a", registry)
    await _written(stage, f"pe-{name}")


async def _rate(
    stage: Stage, send: Callable[[str], Awaitable[float]], names: list[str], many: int
) -> str:
    """Events a second with so many at once, and how busy the worker was."""
    turns = zip(range(EVENTS), cycle(names), strict=False)

    async def sender(turns: Iterator[tuple[int, str]]) -> None:
        for _, name in turns:
            await send(name)

    own, began = stage.worker_seconds(), time.perf_counter()
    await asyncio.gather(*(sender(turns) for _ in range(many)))
    took, own = time.perf_counter() - began, stage.worker_seconds() - own
    return f"{EVENTS / took:.0f} ({own / took:.0%})"


async def _written(stage: Stage, endpoint: str) -> float:
    """The event of an endpoint's write."""
    subject = stage.operator.id_of(ENDPOINT, endpoint)
    return await stage.deliver("endpoint_written", WRITTEN, subject)


async def _as_first(stage: Stage, registry: str, endpoint: str) -> float:
    """The same event, with the registry's records forgotten; the link stays."""
    azure = stage.azure
    zone = azure.world.get(azure.zone)
    for name in (registry, f"{registry}.westeurope.data"):
        if zone is not None:
            record_sets.drop(azure.world, zone, name)
    return await _written(stage, endpoint)


def _percentiles(seconds: list[float]) -> tuple[str, str]:
    """The 50th and the 99th, in milliseconds."""
    cuts = statistics.quantiles(seconds, n=100)
    return f"{cuts[49] * 1000:.1f}", f"{cuts[98] * 1000:.1f}"
