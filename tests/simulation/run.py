"""Runs the loop against the in-memory Azure, on a clock of its own."""

from shared.domain.findings import Finding
from shared.domain.scope import Scope
from shared.domain.zone import Zone
from shared.engine.context import RunContext
from shared.engine.deadline import EVENT_SECONDS, Deadline
from shared.engine.options import Mandate
from shared.engine.ownership_index import OwnershipIndex
from shared.engine.reconcile import reconcile
from shared.engine.result import ZoneResult
from shared.engine.target import Target, find_target, resolve
from shared.engine.workqueue import Batch
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
    """One run of the loop, with an event's budget."""
    time = FakeTime()
    result, context = ZoneResult(zone), RunContext(azure, OwnershipIndex(azure), (zone,))
    scope_reading = await resolve(scope, azure)
    if isinstance(scope_reading, Finding):
        result.findings = (scope_reading,)
    elif scope_reading is not None and (
        target := await find_target(scope_reading, zone, context.ownership_index)
    ):
        batch, deadline = Batch[Target](), Deadline(EVENT_SECONDS, time.clock, time.sleep)
        batch.add(target, deadline)
        await reconcile(batch, result, context, deadline, Mandate())
    return result
