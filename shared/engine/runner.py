"""Visit: one registry or endpoint made right on demand, in every zone, with direct reads."""

import asyncio

from shared.domain.findings import Finding
from shared.domain.scope import EndpointScope, FormerEndpointScope, RegistryScope
from shared.domain.zone import Zone
from shared.engine.context import RunContext
from shared.engine.deadline import Deadline
from shared.engine.options import Mandate
from shared.engine.reconcile import reconcile
from shared.engine.result import ZoneResult
from shared.engine.target import ScopeReading, Target, find_target, resolve, whole
from shared.engine.workqueue import Batch
from shared.errors import TransientError


async def visit(
    scope: EndpointScope | RegistryScope,
    zones: tuple[Zone, ...],
    context: RunContext,
    deadline: Deadline,
    mandate: Mandate,
) -> list[ZoneResult]:
    """Make right whatever an endpoint or a registry stands behind, or stood.

    Args:
        scope: the endpoint, there or gone; or the registry.
        zones: the zones, kept as this run keeps them.
        context: Azure.
        deadline: the run's seconds.
        mandate: how far the run may go.
    """
    try:
        async with asyncio.timeout(max(deadline.remaining, 0)):
            scope_reading = await resolve(scope, context.azure)
    except TransientError as error:
        return [ZoneResult(zone, errors=(str(error),)) for zone in zones]
    except TimeoutError:
        return [ZoneResult(zone, errors=("not read within its time",)) for zone in zones]
    if isinstance(scope_reading, Finding):
        return [ZoneResult(zone, findings=(scope_reading,)) for zone in zones]
    if scope_reading is None and isinstance(scope, EndpointScope):
        # It is gone, or no registry's: if the marks know it, they know what it was for.
        scope_reading = ScopeReading(FormerEndpointScope(scope.endpoint))
    if scope_reading is None:
        return [ZoneResult(zone) for zone in zones]
    return list(
        await asyncio.gather(
            *(_in_zone(scope_reading, zone, context, deadline, mandate) for zone in zones)
        )
    )


async def _in_zone(
    scope_reading: ScopeReading,
    zone: Zone,
    context: RunContext,
    deadline: Deadline,
    mandate: Mandate,
) -> ZoneResult:
    result = ZoneResult(zone)
    try:
        async with asyncio.timeout(max(deadline.remaining, 0)):
            target = await find_target(scope_reading, zone, context.ownership_index)
            if target is not None:
                # Who asks by hand wants everything right, not only what an event would touch.
                target = (
                    target if target.whole else await whole(target, zone, context.ownership_index)
                )
                batch = Batch[Target]()
                batch.add(target, deadline)
                await reconcile(batch, result, context, deadline, mandate)
    except TransientError as error:
        result.errors = (str(error),)
    except TimeoutError:
        # Nothing failed: a later run goes on from what stands in Azure.
        result.remaining = max(result.remaining, 1)
    except Exception as error:  # noqa: BLE001 - one poisoned zone never blocks the others
        result.bugs = (error,)
    return result
