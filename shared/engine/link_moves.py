"""Link moves: what a pass must know of other registries before a network's link may move.

With its link, all names that a network's clients resolve change zones: those of every registry
with an endpoint in it. The plan judges the names that its pass has read; of the others, listings
of the two zones tell whether clients would see a difference at all.
"""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from shared.domain.changes import LinkChange
from shared.domain.ownership import Ownership, network_hash
from shared.domain.plan import Plan
from shared.domain.resource_id import ResourceId
from shared.engine.context import RunContext
from shared.engine.target import Target


@dataclass(frozen=True, slots=True)
class MoveJudgement:
    """What may move, what waits, and what is to be observed first.

    Attributes:
        plans: the plans, less the moves that wait.
        reasons: by zone, what its networks wait for.
        target: set if a pass must read more names before it can tell.
    """

    plans: Mapping[ResourceId, Plan]
    reasons: Mapping[ResourceId, tuple[str, ...]] = field(default_factory=dict)
    target: Target | None = None


def pair_moves(plans: Mapping[ResourceId, Plan]) -> Iterator[tuple[LinkChange, LinkChange]]:
    """The two halves of each move: the link that goes, and the one that comes."""
    moves = [change for plan in plans.values() for change in plan.links if change.is_move]
    removals = {change.network: change for change in moves if change.before is not None}
    for change in moves:
        if change.before is None and change.network in removals:
            yield removals[change.network], change


async def judge_moves(
    plans: Mapping[ResourceId, Plan],
    undone_names: Mapping[ResourceId, tuple[str, ...]],
    target: Target,
    context: RunContext,
    *,
    waits: bool,
) -> MoveJudgement:
    """Which moves of permitted plans are made now.

    Args:
        plans: by zone; their records are written by now.
        undone_names: by zone, the records that were not: the plan judged moves as if they were.
        target: what the pass has read: its names are judged by the plan.
        context: its index says what other names the zones hold for the networks.
        waits: whether a name that the new zone lacks is waited for, since its own registry's run
            may be about to write it; else it is read, and the next pass judges it.

    Raises:
        TransientError: a zone could not be listed.
    """
    reasons: dict[ResourceId, tuple[str, ...]] = {}
    held_networks: set[ResourceId | None] = set()
    wider_target = target
    for removal, change in pair_moves(plans):
        network = change.network
        if network is None:
            continue
        names = await _find_other_names(removal, change, network, target, context)
        obstacles = [*undone_names.get(change.zone.id, ()), *undone_names.get(removal.zone.id, ())]
        if waits:
            obstacles += [name for name, (_, addresses) in names.items() if not addresses]
        if obstacles:
            reason = (
                f"network {network.name} is not linked yet: {obstacles[0]} is not as it will be"
            )
            reasons[change.zone.id] = (*reasons.get(change.zone.id, ()), reason)
            held_networks.add(network)
        elif names:
            registries = {one.registry for one, _ in names.values() if one.registry}
            wider_target = replace(
                wider_target,
                names=wider_target.names | names.keys(),
                registries=wider_target.registries | registries,
            )
    if wider_target != target:
        return MoveJudgement(plans, reasons, wider_target)
    return MoveJudgement(_without_moves(plans, held_networks), reasons)


async def _find_other_names(
    removal: LinkChange,
    change: LinkChange,
    network: ResourceId,
    target: Target,
    context: RunContext,
) -> dict[str, tuple[Ownership, frozenset[str]]]:
    """Names of the network in the old zone, not read yet, that the new one holds otherwise.

    Returns:
        each with its ownership in the old zone, and what the new one holds.
    """
    index, hash_ = context.ownership_index, network_hash(network)
    listing, addresses, new_addresses = await asyncio.gather(
        index.cached(removal.zone, min_records=0),
        index.addresses(removal.zone),
        index.addresses(change.zone),
    )
    names: dict[str, tuple[Ownership, frozenset[str]]] = {}
    for name, ownership in sorted(listing, key=lambda item: item[0]):
        if name in target.names or all(claim.network != hash_ for claim in ownership.claims):
            continue
        new_value = new_addresses.get(name, frozenset())
        if new_value != addresses.get(name):
            # It is not ours there, or was written by another run meanwhile.
            record = await context.azure.record(change.zone, name)
            new_value = frozenset(record.addresses if record else ())
        if new_value != addresses.get(name):
            names[name] = ownership, new_value
    return names


def _without_moves(
    plans: Mapping[ResourceId, Plan], networks: set[ResourceId | None]
) -> dict[ResourceId, Plan]:
    """The plans less the moves of some networks, and less what is half a move."""
    halves = [half for pair in pair_moves(plans) for half in pair if half.network not in networks]
    return {
        id_: replace(
            plan,
            links=tuple(one for one in plan.links if not one.is_move or one in halves),
        )
        for id_, plan in plans.items()
    }
