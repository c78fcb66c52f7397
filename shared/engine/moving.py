"""Moving: a network's link goes to another zone once all is there that the old one shows it.

A network can be linked to one zone of a name only, so with its link all names that its
clients resolve change zones at once: those of every registry with an endpoint in it. The
run that publishes the first of them must not move it away from the others (never-empty,
docs/decisions/0009-a-network-moves-link-first.md).
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


async def hold_moves(
    permitted_plan: Plan, zone: Zone, context: RunContext
) -> tuple[Plan, tuple[str, ...]]:
    """The plan less the links that would move too early, and what these wait for.

    Args:
        permitted_plan: a plan for the zone, whose records are written by now.
        zone: the zone to which networks may move.
        context: its index says which names are claimed; this run's own writes are recorded there.

    Raises:
        TransientError: a zone could not be read.
    """
    links = permitted_plan.links
    reasons = await asyncio.gather(*(_wait_reason(change, zone, context) for change in links))
    plan = replace(
        permitted_plan,
        links=tuple(change for change, reason in zip(links, reasons, strict=True) if not reason),
    )
    return plan, tuple(reason for reason in reasons if reason)


async def _wait_reason(change: LinkChange, zone: Zone, context: RunContext) -> str:
    """What the link waits for; empty if for nothing."""
    if change.network is None or change.rival is None:
        return ""
    name = await _missing_name(change.network, change.rival, zone, context)
    if not name:
        return ""
    return f"network {change.network.name} is not linked yet: {name} is not published here"


async def _missing_name(network: ResourceId, rival: Rival, zone: Zone, context: RunContext) -> str:
    """A name that the old zone shows the network, and that the new one does not hold."""
    hash_ = network_hash(network)
    rival_ownerships = await context.ownership_index.cached(rival.zone, min_records=0)
    names = {
        name
        for name, ownership in await context.ownership_index.cached(zone, min_records=0)
        if ownership.claims
    }
    for name, ownership in sorted(rival_ownerships, key=lambda item: item[0]):
        addresses = {claim.address for claim in ownership.claims if claim.network == hash_}
        if not addresses or name in names:
            continue
        # It is not ours here, or was written by another run meanwhile.
        record = await context.azure.record(zone, name)
        if record is None or not addresses & set(record.addresses):
            return name
    return ""
