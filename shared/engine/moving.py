"""Moving: a network's link goes to another zone once all is there that the old one shows it.

A network can be linked to one zone of a name only, so with its link all names that its
clients resolve change zones at once: those of every registry with an endpoint in it. The
run that publishes the first of them must not move it away from the others (never-empty).
"""

import asyncio
from dataclasses import replace

from shared.domain.changes import CreateLink
from shared.domain.model import Rival, Zone
from shared.domain.names import ResourceId, network_hash
from shared.domain.plan import Plan
from shared.engine.bursts import Ground


async def movable(todo: Plan, zone: Zone, ground: Ground) -> tuple[Plan, tuple[str, ...]]:
    """The plan less the links that would move too early, and what these wait for.

    Args:
        todo: a plan for the zone, whose records stand by now.
        zone: the zone to which networks may move.
        ground: lists what the marks say; this run's own writes are noted there.

    Raises:
        RetryLater: a zone could not be read.
    """
    lacks = await asyncio.gather(*(_lack(change, zone, ground) for change in todo.links))
    links = tuple(change for change, lack in zip(todo.links, lacks, strict=True) if not lack)
    return replace(todo, links=links), tuple(lack for lack in lacks if lack)


async def _lack(change: object, zone: Zone, ground: Ground) -> str:
    match change:
        case CreateLink(network=network, rival=Rival() as rival):
            name = await _missing(network, rival, zone, ground)
            if name:
                return f"network {network.name} is not linked yet: {name} is not published here"
    return ""


async def _missing(network: ResourceId, rival: Rival, zone: Zone, ground: Ground) -> str:
    """A name that the old zone shows the network, and that the new one does not hold."""
    hash_ = network_hash(network)
    there = await ground.listings.glimpsed(rival.zone, least=0)
    here = {name for name, mark in await ground.listings.glimpsed(zone, least=0) if mark.entries}
    for name, mark in sorted(there, key=lambda item: item[0]):
        addresses = {entry.address for entry in mark.entries if entry.network == hash_}
        if not addresses or name in here:
            continue
        # It is not ours here, or was written by another run meanwhile.
        record = await ground.estate.record(zone, name)
        if record is None or not addresses & set(record.addresses):
            return name
    return ""
