"""Moving: a network's link goes to another zone once all is there that the old one shows it.

A network can be linked to one zone of a name only, so with its link all names that its
clients resolve change zones at once: those of every registry with an endpoint in it. The
run that publishes the first of them must not move it away from the others (never-empty).
"""

import asyncio
from dataclasses import replace

from shared.domain.changes import LinkChange
from shared.domain.observation import Rival
from shared.domain.ownership import network_hash
from shared.domain.plan import Plan
from shared.domain.resource_id import ResourceId
from shared.domain.zone import Zone
from shared.engine.context import RunContext


async def movable(
    permitted_plan: Plan, zone: Zone, context: RunContext
) -> tuple[Plan, tuple[str, ...]]:
    """The plan less the links that would move too early, and what these wait for.

    Args:
        permitted_plan: a plan for the zone, whose records stand by now.
        zone: the zone to which networks may move.
        context: lists what the marks say; this run's own writes are noted there.

    Raises:
        RetryLater: a zone could not be read.
    """
    lacks = await asyncio.gather(*(_lack(change, zone, context) for change in permitted_plan.links))
    links = tuple(
        change for change, lack in zip(permitted_plan.links, lacks, strict=True) if not lack
    )
    return replace(permitted_plan, links=links), tuple(lack for lack in lacks if lack)


async def _lack(change: object, zone: Zone, context: RunContext) -> str:
    match change:
        case LinkChange(network=ResourceId() as network, rival=Rival() as rival):
            name = await _missing(network, rival, zone, context)
            if name:
                return f"network {network.name} is not linked yet: {name} is not published here"
    return ""


async def _missing(network: ResourceId, rival: Rival, zone: Zone, context: RunContext) -> str:
    """A name that the old zone shows the network, and that the new one does not hold."""
    hash_ = network_hash(network)
    there = await context.ownership_index.cached(rival.zone, least=0)
    here = {
        name
        for name, ownership in await context.ownership_index.cached(zone, least=0)
        if ownership.claims
    }
    for name, ownership in sorted(there, key=lambda item: item[0]):
        addresses = {claim.address for claim in ownership.claims if claim.network == hash_}
        if not addresses or name in here:
            continue
        # It is not ours here, or was written by another run meanwhile.
        record = await context.azure.record(zone, name)
        if record is None or not addresses & set(record.addresses):
            return name
    return ""
