"""Runs the loop against the in-memory Azure, on a clock of its own."""

from shared.domain.findings import Notice
from shared.domain.model import Scope, Zone
from shared.engine.budget import EVENT_SECONDS, Budget
from shared.engine.bursts import Ground, Listings, Queue
from shared.engine.lead import Lead, lead, learn
from shared.engine.mandate import Mandate
from shared.engine.reconcile import reconcile
from shared.engine.report import Report
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


async def run(azure: Azure, scope: Scope, zone: Zone = ZONE_KEPT) -> Report:
    """One run of the loop, with an event's budget."""
    time = FakeTime()
    report, ground = Report(zone), Ground(azure, Listings(azure), (zone,))
    hints = await learn(scope, azure)
    if isinstance(hints, Notice):
        report.notices = (hints,)
    elif hints is not None and (where := await lead(hints, zone, ground.listings)):
        queue, budget = Queue[Lead](), Budget(EVENT_SECONDS, time.clock, time.sleep)
        queue.join(where, budget)
        await reconcile(queue, report, ground, budget, Mandate())
    return report
