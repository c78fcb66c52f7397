"""Apply links: made, changed, removed and moved, each confirmed before it counts as done.

A network can be linked to one zone of a name only, so a move has a gap: the old link goes first,
and whether Azure takes the new one shows only then. If it does not, the old one comes back at once
(docs/decisions/0009-a-network-moves-link-first.md).

Invariant: confirmed, client-never-worse.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import assert_never

from shared.domain.changes import Action, LinkChange
from shared.domain.findings import Finding, FindingKind
from shared.domain.observation import Observation
from shared.domain.ownership import encode_refusal, link_name, network_hash
from shared.domain.plan import Plan
from shared.domain.reading import Found
from shared.domain.resource_id import ResourceId
from shared.domain.zone import Link, Links, Zone
from shared.engine.azure import Azure, LinkOutcome
from shared.engine.deadline import Deadline
from shared.engine.link_moves import pair_moves
from shared.engine.link_usage import InUse, link_use
from shared.engine.result import ChangeState, ZoneResult, ZoneResults
from shared.errors import LastingError, LockedError, PreconditionFailedError, TransientError


@dataclass(frozen=True, slots=True)
class LinkRun:
    """Where a pass's link changes are made, and what came of them is noted.

    Attributes:
        azure: Azure.
        kept_zones: every zone of the name.
        deadline: how long a link is waited for.
        results: by zone.
        day: today, as 2026-11-23 (UTC).
        addresses: what names hold by now, by zone, as far as moves were judged by it.
    """

    azure: Azure
    kept_zones: tuple[Zone, ...]
    deadline: Deadline
    results: ZoneResults
    day: str
    addresses: Mapping[ResourceId, Mapping[str, frozenset[str]]] = field(default_factory=dict)

    def add(self, change: LinkChange, outcome: LinkOutcome, detail: str) -> None:
        """Note what came of a change."""
        _add(change, outcome, detail, self.results[change.zone.id])


async def apply_links(plans: Mapping[ResourceId, Plan], run: LinkRun) -> frozenset[ResourceId]:
    """Make the plans' link changes side by side: each is long-running, and may stay pending.

    Returns:
        other zones of the name that hold networks which Azure refused to link.

    Raises:
        PreconditionFailedError: a link is not the one that was read.
        TransientError: Azure failed; the other links are made all the same.
    """
    moves = pair_moves(plans)
    changes = chain.from_iterable(plan.links for plan in plans.values())
    outcomes = await asyncio.gather(
        *(_apply_link(change, run) for change in changes if not change.is_move),
        *(_move_link(removal, change, run) for removal, change in moves),
        return_exceptions=True,
    )
    zones = frozenset[ResourceId]()
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
        zones |= outcome
    return zones


async def delete_link(
    change: LinkChange, azure: Azure, deadline: Deadline, result: ZoneResult
) -> None:
    """Delete a link, whoever uses it: for an owner that withdraws, which has nothing to prove.

    Raises:
        PreconditionFailedError: the link is not the one that was read.
        TransientError: Azure failed.
    """
    if change.before is None:
        raise ValueError("a link that goes is there")
    try:
        outcome, detail = await azure.delete_link(change.zone, change.before, deadline)
    except (LastingError, LockedError) as error:
        result.refuse(change.name, error)
    else:
        _add(change, outcome, detail, result)


async def prove_links(
    plan: Plan, kept_zones: tuple[Zone, ...], azure: Azure, result: ZoneResult
) -> list[LinkChange]:
    """The plan's link changes that would be made; a link in use is a finding instead."""
    return [
        change
        for change in plan.links
        if change.before is None
        or not change.is_removal
        or await _is_unused(change.before, kept_zones, azure, result)
    ]


def link_endpoints(plans: Iterable[Plan], observation: Observation) -> set[ResourceId]:
    """For each link that the plans make, one endpoint that needs it."""
    links = chain.from_iterable(plan.links for plan in plans)
    networks = {change.network for change in links if change.action is Action.CREATE}
    endpoints: dict[ResourceId, ResourceId] = {}
    for reading in observation.endpoint_readings.values():
        match reading.endpoint:
            case Found(endpoint) if endpoint.network in networks and endpoint.is_in_use:
                network = endpoint.network
                # The first by ID, so that passes over the same things read the same things.
                endpoints[network] = min(reading.id, endpoints.get(network, reading.id))
            case _:
                continue
    return set(endpoints.values())


async def _apply_link(change: LinkChange, run: LinkRun) -> frozenset[ResourceId]:
    """Make or remove a link; gives the zones that hold its network, if Azure refused for that."""
    result = run.results[change.zone.id]
    try:
        if change.before is not None and change.is_update:
            run.add(change, *await run.azure.update_link(change.zone, change.before, run.deadline))
        elif change.before is not None:
            await _delete_link(change, change.before, run)
        elif await _create_link(change, run) is LinkOutcome.REFUSED:
            zones = await _find_zones(change, run)
            if change.former_zone is not None and not zones:
                await _link_former_zone(change, change.former_zone, run)
            return zones
    except (LastingError, LockedError) as error:
        result.refuse(change.name, error)
    return frozenset()


async def _move_link(
    removal: LinkChange, change: LinkChange, run: LinkRun
) -> frozenset[ResourceId]:
    """Move a network's link, or put the old one back if Azure refuses the new one."""
    link, azure = removal.before, run.azure
    if link is None:
        raise ValueError("a link that moves is there")
    try:
        outcome, detail = await azure.delete_link(removal.zone, link, run.deadline)
    except (LastingError, LockedError) as error:
        run.results[removal.zone.id].refuse(removal.name, error)
        return frozenset()
    run.add(removal, outcome, detail)
    if outcome is not LinkOutcome.DONE:
        return frozenset()
    # A link takes its time to go, and the new zone may have changed in the gap.
    if not await _is_unchanged(change.zone, run):
        reason = f"the zone in resource group {change.zone.id.group} changed meanwhile"
        await _create_link(replace(removal, before=None, reason=reason), run)
    elif await _create_link(change, run) is LinkOutcome.REFUSED:
        await _link_former_zone(change, removal.zone, run)
    return frozenset()


async def _is_unchanged(zone: Zone, run: LinkRun) -> bool:
    """Whether a zone still holds what a move to it was judged by; what is not read may not."""
    names = run.addresses.get(zone.id, {})
    try:
        records = await asyncio.gather(*(run.azure.record(zone, name) for name in names))
    except TransientError:
        return False
    return all(
        frozenset(record.addresses if record else ()) == addresses
        for record, addresses in zip(records, names.values(), strict=True)
    )


async def _link_former_zone(change: LinkChange, zone: Zone, run: LinkRun) -> None:
    """Link a network where its names still are, since Azure refused the link that is needed."""
    reason = "Azure refused to link the network to the zone that serves it"
    tags = encode_refusal(change.zone.id, run.day)
    await _create_link(replace(change, zone=zone, reason=reason), run, tags)


async def _create_link(
    change: LinkChange, run: LinkRun, tags: Mapping[str, str] | None = None
) -> LinkOutcome:
    network, azure = change.network, run.azure
    if network is None:
        raise ValueError("a link is made for a network")
    try:
        outcome, detail = await azure.create_link(
            change.zone, change.name, network, run.deadline, tags
        )
    except PreconditionFailedError:
        # Another run, or another registry's, made it meanwhile: then all is well.
        link = await azure.link(change.zone, change.name)
        if link is None or not link.is_working or link.network != network:
            raise
        return LinkOutcome.DONE
    except LastingError as error:
        run.results[change.zone.id].refuse(str(network), error)
        return LinkOutcome.REFUSED
    run.add(change, outcome, detail)
    return outcome


async def _find_zones(change: LinkChange, run: LinkRun) -> frozenset[ResourceId]:
    """The other zones in which our name for the network's link is taken.

    Asked only now, since most networks are linked nowhere else: a look into each zone of the
    name, for each new network, would cost more than all else.
    """
    zones = [
        zone for zone in run.kept_zones if zone.id != change.zone.id and zone.links is Links.MANAGE
    ]
    if change.network is None or not zones:
        return frozenset()
    name = link_name(network_hash(change.network))
    links = await asyncio.gather(
        *(run.azure.link(zone, name) for zone in zones), return_exceptions=True
    )
    return frozenset(
        zone.id
        for zone, link in zip(zones, links, strict=True)
        if isinstance(link, Link) and link.network == change.network
    )


async def _delete_link(change: LinkChange, link: Link, run: LinkRun) -> None:
    # Proven here and not while planning: only a read this close to the delete is worth much.
    result, azure = run.results[change.zone.id], run.azure
    if not await _is_unused(link, run.kept_zones, azure, result):
        return
    outcome, detail = await azure.delete_link(change.zone, link, run.deadline)
    run.add(change, outcome, detail)
    if outcome is not LinkOutcome.DONE:
        return
    # An endpoint can come into the network while its link goes: then the link comes back,
    # and also if that is not known, since a link too many does no harm.
    try:
        use = await link_use(link, change.zone, run.kept_zones, azure)
    except TransientError as error:
        result.unread += (str(error),)
        use = InUse(str(error))
    if link.network is not None and isinstance(use, InUse):
        if use.is_unread:
            result.findings += (Finding(FindingKind.UNREADABLE, str(link.network), use.reason),)
        reason = f"it may be needed again: {use.reason}"
        await _create_link(replace(change, before=None, reason=reason), run)


async def _is_unused(
    link: Link, kept_zones: tuple[Zone, ...], azure: Azure, result: ZoneResult
) -> bool:
    use = await link_use(link, result.zone, kept_zones, azure)
    if isinstance(use, InUse):
        kind = FindingKind.UNREADABLE if use.is_unread else FindingKind.LINK_KEPT
        result.findings += (Finding(kind, link.name, use.reason),)
    return not isinstance(use, InUse)


def _add(change: LinkChange, outcome: LinkOutcome, detail: str, result: ZoneResult) -> None:
    match outcome:
        case LinkOutcome.DONE:
            result.add(ChangeState.DONE, change)
        case LinkOutcome.PENDING:
            result.add(ChangeState.PENDING, change)
        case LinkOutcome.REFUSED:
            # A finding and no error: it would be refused again, and a person can change that.
            resource = str(change.network) if change.before is None else change.name
            result.findings += (Finding(FindingKind.LINK_REFUSED, resource, detail),)
        case _:
            assert_never(outcome)
