"""An order, from the timer, a request or the command line, and how it was carried out."""

import asyncio
from dataclasses import dataclass, replace

from shared.domain.model import EndpointScope, Foreign, RegistryScope, WholeScope, Zone
from shared.domain.policy import Policy
from shared.engine.budget import Budget
from shared.engine.bursts import Ground, Listings
from shared.engine.calls import Calls, counting
from shared.engine.mandate import Effect, Mandate
from shared.engine.report import Report
from shared.engine.sweep import MOST_WRITES, Errand, Progress, Sweep, untold
from shared.engine.visit import visit
from shared.surface.deployment import Deployment, now

type OrderScope = EndpointScope | RegistryScope | WholeScope

# As long as a full sync stays with one registry: what Azure takes longer for, a later
# run finishes.
_VISIT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be made right, and how far that may go.

    Attributes:
        scope: what it is about.
        effect: whether it writes.
        policy: whether it may take away.
        foreign: what it may do with record sets that carry no mark.
        former: an owner whose marks it takes over; empty for none.
        is_threshold_on: whether the delete threshold holds.
        cap: how many writes a full sync may make.
    """

    scope: OrderScope
    effect: Effect
    policy: Policy
    foreign: Foreign = Foreign.FILL
    former: str = ""
    is_threshold_on: bool = True
    cap: float = MOST_WRITES


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an order was carried out.

    Attributes:
        order: the order.
        reports: one for each zone.
        calls: requests to Azure.
        seconds: how long it took.
        watched: the watched subscriptions.
    """

    order: Order
    reports: tuple[Report, ...]
    calls: Calls
    seconds: float
    watched: frozenset[str]

    @property
    def left(self) -> int:
        """How many changes are left for another run, those that still run in Azure included."""
        return sum(report.left + len(report.pending) for report in self.reports)

    @property
    def bugs(self) -> tuple[Exception, ...]:
        """What should never have been raised."""
        return tuple(bug for report in self.reports for bug in report.bugs)

    @property
    def failed(self) -> bool:
        """Whether something could not be read or written."""
        return any(report.errors or report.gaps or report.bugs for report in self.reports)

    @property
    def blind(self) -> bool:
        """Whether nothing could be read: no zone, or no subscription."""
        return all(map(self._is_blind, self.reports))

    @property
    def drifted(self) -> bool:
        """Whether something is not as it should be, and was not made so."""
        return bool(self.left) or any(r.planned or r.withheld for r in self.reports)

    def _is_blind(self, report: Report) -> bool:
        if report.errors and not (
            report.looks or report.managed or report.unmanaged or report.other_owner
        ):
            return True
        silent = {gap.partition(":")[0] for gap in report.gaps}
        return silent >= {f"/subscriptions/{id_}" for id_ in self.watched}


async def carry_out(
    order: Order, deployment: Deployment, budget: Budget, tell: Progress = untold
) -> Outcome:
    """Carry out an order, and remember it if everything is right now.

    Args:
        order: the order.
        deployment: the app.
        budget: the run's seconds.
        tell: hears of the progress.
    """
    settings = deployment.settings
    zones = tuple(_kept(zone, order) for zone in settings.zones)
    # Marks are read as this run reads them, so it shares no listing with others.
    ground = Ground(deployment.estate, Listings(deployment.estate), zones)
    with counting() as calls:
        if isinstance(order.scope, WholeScope):
            errand = Errand(
                zones=zones,
                watched=settings.watched,
                scope=order.scope,
                policy=order.policy,
                effect=order.effect,
                delete_threshold=settings.delete_threshold if order.is_threshold_on else None,
                cap=order.cap,
            )
            reports = await _swept(errand, ground, budget, deployment, tell)
        else:
            mandate = Mandate(order.policy, order.effect)
            part = budget.within(_VISIT_SECONDS)
            reports = await visit(order.scope, zones, ground, part, mandate)
    outcome = Outcome(order, tuple(reports), calls, budget.spent, settings.watched)
    if order.scope == WholeScope() and not outcome.failed and not outcome.drifted:
        deployment.synced = now()
    return outcome


async def _swept(
    errand: Errand, ground: Ground, budget: Budget, deployment: Deployment, tell: Progress
) -> list[Report]:
    """The sweep keeps its time by itself, but for its lists, which are no good in part."""
    try:
        async with asyncio.timeout(budget.left):
            return await Sweep(errand, ground, budget, deployment.backlog, tell).run()
    except TimeoutError:
        return [Report(zone, errors=("not read within its time",)) for zone in errand.zones]


def _kept(zone: Zone, order: Order) -> Zone:
    """The zone, kept as this run keeps it."""
    return replace(zone, foreign=order.foreign, former=order.former)
