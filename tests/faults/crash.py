"""The process ends between two calls to Azure, or when one has taken effect unheard."""

import asyncio
from dataclasses import dataclass

from simulator.arm.wire import Request
from simulator.fault_kinds import ConnectionLostError, Fault, Scene
from simulator.faults import Rule
from tests.faults.enumeration import EVERYTHING, RunResult, changed, come_again, judge, once_more
from tests.faults.full_syncs import ALL
from tests.faults.kinds import Kind
from tests.faults.stage import Process, RunContext

_UNANSWERED_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Crash(Fault):
    """Tells when a call is reached; its answer never goes out.

    Attributes:
        reached: set then.
        late: whether the call takes effect first.
    """

    reached: asyncio.Event
    late: bool

    async def before(self, request: Request, scene: Scene) -> None:
        """Tell, unless the call is to take effect first."""
        del request, scene
        if not self.late:
            self.reached.set()
            raise ConnectionLostError

    async def after(self, scene: Scene) -> None:
        """Tell, now that it has taken effect."""
        del scene
        self.reached.set()
        raise ConnectionLostError


def places(kind: Kind, calls: int, *, late: bool) -> list[int]:
    """The calls, counted from 1, at which the process ends: all, or every sixth by turns."""
    turn = ALL.index(kind) + 2 * late
    return [place for place in range(1, calls + 1) if EVERYTHING or (place + turn) % 6 == 0]


async def crash(context: RunContext, kind: Kind, place: int, *, late: bool) -> RunResult:
    """One process that ends at a call, and another that gets the event again."""
    when = "after the effect of" if late else "before"
    run_result = RunResult(f"{kind.name}: the process ends {when} call {place}")
    async with changed(context, kind) as stage:
        run_result.said = stage.said
        reached = asyncio.Event()
        stage.faults.add(Rule(Crash(reached, late), principal="app", nth=place))
        unheard = await _until_reached(Process(stage), kind, reached)
        if not reached.is_set():
            run_result.problems.append("the process did not come so far")
        stage.faults.clear()
        await asyncio.sleep(_UNANSWERED_SECONDS)
        async with Process(stage) as process:
            await come_again(process, kind, unheard, run_result)
            judge(stage, kind, None, run_result)
            await once_more(stage, kind, process, run_result)
    return run_result


async def _until_reached(
    process: Process, kind: Kind, reached: asyncio.Event
) -> list[tuple[str, str]]:
    """Let the process run until then, and end it; the events that nobody acknowledged."""
    unheard = list(kind.events)
    ending = asyncio.create_task(reached.wait())
    async with process:
        for event in kind.events:
            running = process.handle(event)
            await asyncio.wait({running, ending}, return_when=asyncio.FIRST_COMPLETED)
            if ending.done():
                break
            if await running:
                unheard.remove(event)
        await process.end()
    ending.cancel()
    return unheard
