"""Runs the loop against the in-memory Azure, on a clock of its own."""

from shared.domain.scope import Scope
from shared.domain.zone import Zone
from shared.engine.context import make_context
from shared.engine.deadline import EVENT_SECONDS, Deadline
from shared.engine.options import RunOptions
from shared.engine.result import ZoneResult
from shared.engine.runner import SharedRuns
from shared.errors import TransientError
from tests.simulation.azure import ZONE_KEPT, Azure


class FakeTime:
    """Seconds that pass only when somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def clock(self) -> float:
        """Monotonic seconds."""
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        """Pass at once, but let the clock go on."""
        self.seconds += seconds


async def run(azure: Azure, scope: Scope, zone: Zone = ZONE_KEPT) -> ZoneResult:
    """One run for an event, with its time, which raises where Azure fails."""
    time = FakeTime()
    context = make_context(azure, (zone,))

    def make_deadline() -> Deadline:
        return Deadline(EVENT_SECONDS, time.clock, time.sleep)

    runs = SharedRuns(context, RunOptions(), make_deadline, lambda _result: None)
    (result,) = await runs.run(scope, make_deadline())
    for bug in result.bugs:
        raise bug
    if result.errors:
        raise TransientError("; ".join(result.errors))
    return result
