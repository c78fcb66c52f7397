"""Visit: one registry or endpoint made right on demand, in every zone, with direct reads."""

import asyncio

from shared.domain.findings import Notice
from shared.domain.model import EndpointScope, FormerEndpointScope, RegistryScope, Zone
from shared.engine.budget import Budget
from shared.engine.bursts import Ground, Queue
from shared.engine.lead import Hints, Lead, lead, learn, whole
from shared.engine.mandate import Mandate
from shared.engine.reconcile import reconcile
from shared.engine.report import Report
from shared.errors import RetryLater


async def visit(
    scope: EndpointScope | RegistryScope,
    zones: tuple[Zone, ...],
    ground: Ground,
    budget: Budget,
    mandate: Mandate,
) -> list[Report]:
    """Make right whatever an endpoint or a registry stands behind, or stood.

    Args:
        scope: the endpoint, there or gone; or the registry.
        zones: the zones, kept as this run keeps them.
        ground: Azure.
        budget: the run's seconds.
        mandate: how far the run may go.
    """
    try:
        async with asyncio.timeout(max(budget.left, 0)):
            hints = await learn(scope, ground.estate)
    except RetryLater as error:
        return [Report(zone, errors=(str(error),)) for zone in zones]
    except TimeoutError:
        return [Report(zone, errors=("not read within its time",)) for zone in zones]
    if isinstance(hints, Notice):
        return [Report(zone, notices=(hints,)) for zone in zones]
    if hints is None and isinstance(scope, EndpointScope):
        # It is gone, or no registry's: if the marks know it, they know what it was for.
        hints = Hints(FormerEndpointScope(scope.endpoint))
    if hints is None:
        return [Report(zone) for zone in zones]
    return list(
        await asyncio.gather(*(_in_zone(hints, zone, ground, budget, mandate) for zone in zones))
    )


async def _in_zone(
    hints: Hints, zone: Zone, ground: Ground, budget: Budget, mandate: Mandate
) -> Report:
    report = Report(zone)
    try:
        async with asyncio.timeout(max(budget.left, 0)):
            where = await lead(hints, zone, ground.listings)
            if where is not None:
                # Who asks by hand wants everything right, not only what an event would touch.
                where = where if where.whole else await whole(where, zone, ground.listings)
                queue = Queue[Lead]()
                queue.join(where, budget)
                await reconcile(queue, report, ground, budget, mandate)
    except RetryLater as error:
        report.errors = (str(error),)
    except TimeoutError:
        # Nothing failed: a later run goes on from what stands in Azure.
        report.left = max(report.left, 1)
    except Exception as error:  # noqa: BLE001 - one poisoned zone never blocks the others
        report.bugs = (error,)
    return report
