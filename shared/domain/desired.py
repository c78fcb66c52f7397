"""From an observation to what the zone should hold: records, links, and what must wait.

Pure, whole, and by name: a name's addresses are computed from all endpoints of
its registry at once, so removing one endpoint never takes an address that
another still needs (never-empty).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from shared.domain.changes import DesiredRecord, Patience
from shared.domain.checks import endpoint_findings, orphan_findings, registry_findings
from shared.domain.endpoint_state import (
    Ready,
    Removed,
    Retry,
    Routed,
    Undetermined,
    judge_endpoint,
    leftover_members,
    missing_members,
    moved,
    removal_of,
)
from shared.domain.findings import Finding, FindingKind
from shared.domain.observation import DoubtedClaim, Half, Observation
from shared.domain.ownership import MAX_ADDRESSES, Claim, network_hash, ownership_status
from shared.domain.reading import Found, Reading, Unknown, UnknownReason
from shared.domain.registry_state import (
    MemberAddress,
    Name,
    RegistryState,
    reading_of,
    registry_states,
)
from shared.domain.resource_id import ResourceId
from shared.domain.resources import SUCCEEDED, Interface, Registry
from shared.domain.selection import select_endpoints
from shared.domain.zone import Links, record_name


@dataclass(frozen=True, slots=True)
class Desired:
    """What an observation asks for.

    Attributes:
        records: what each name that somebody answers for should be.
        networks: the networks to be linked, and why.
        leaving: hashes of networks whose last known endpoint is proven gone.
        findings: findings.
        in_progress: what is on its way and worth reading again soon.
        missing: what is in service, but lacks a member or a link; worth sending a young
            event again for.
        doubts: names and entries that one side alone says are over, and which side; or
            that are about to be.
    """

    records: tuple[DesiredRecord, ...] = ()
    networks: Mapping[ResourceId, str] = field(default_factory=dict)
    leaving: frozenset[str] = frozenset()
    findings: tuple[Finding, ...] = ()
    in_progress: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    doubts: frozenset[DoubtedClaim] = frozenset()


def compute_desired(observation: Observation, patience: Patience) -> Desired:
    """What the observed part of the zone should be.

    Args:
        observation: one look, zone first.
        patience: `WAIT` changes nothing of a registry that is only appearing until
            every member is there; `LAST` takes what there is.
    """
    found, orphans = registry_states(observation)
    parts = [
        compute_registry_desired(observation, registry_state, patience) for registry_state in found
    ]
    leaving = observation.leaving.union(*(part.leaving for part in parts))
    networks = {id_: why for part in parts for id_, why in part.networks.items()}
    # A link that is being deleted must end before it can be made again.
    is_deleting = tuple(
        f"the link of network {link.network.name} is being deleted"
        for link in sorted(observation.links, key=lambda link: link.name)
        if link.is_deleting and link.network in networks
    )
    return Desired(
        records=tuple(chain.from_iterable(part.records for part in parts)),
        networks=networks,
        leaving=leaving - _staying(observation, parts),
        findings=tuple(
            chain(
                endpoint_findings(observation),
                orphan_findings(orphans),
                chain.from_iterable(part.findings for part in parts),
            )
        ),
        in_progress=(*is_deleting, *chain.from_iterable(part.in_progress for part in parts)),
        missing=(*is_deleting, *chain.from_iterable(part.missing for part in parts)),
        doubts=frozenset().union(*(part.doubts for part in parts)),
    )


def compute_registry_desired(
    observation: Observation, registry_state: RegistryState, patience: Patience
) -> Desired:
    """What one registry's names should be; what is said of links holds for it alone."""
    judged = {
        name.name: tuple(_judge(observation, registry_state, name)) for name in registry_state.names
    }
    picked = _picked(observation, registry_state, judged)
    missing = tuple(_missing(registry_state, picked))
    on_its_way = (*_incomplete(registry_state), *missing)
    hoping = patience is Patience.WAIT and bool(on_its_way)
    held_back = hoping and _appearing(registry_state, judged)
    unsettled = hoping or _unsettled(registry_state, observation)
    records = {} if held_back else _records(registry_state, judged, picked, unsettled=unsettled)
    return Desired(
        records=tuple(records.values()),
        networks={} if held_back else _networks(observation, registry_state),
        leaving=_leaving(judged, records),
        findings=tuple(
            chain(registry_findings(registry_state, picked, missing), _one_sided(judged))
        ),
        in_progress=(*on_its_way, *_leftover_members(registry_state), *_leaving_slowly(judged)),
        missing=missing,
        doubts=frozenset(
            (name, claim, end.half)
            for name, ends in judged.items()
            for claim, end in ends
            if isinstance(end, Undetermined) and (end.half or end.retry is Retry.BEING_REMOVED)
        ),
    )


type _End = MemberAddress | Undetermined | Removed
type _Judged = Mapping[str, tuple[tuple[Claim, _End], ...]]


def _judge(
    observation: Observation, registry_state: RegistryState, name: Name
) -> Iterator[tuple[Claim, _End]]:
    """For each address in the name's mark: who still gives it, or what becomes of it."""
    if name.ownership is None:
        return
    member_addresses = registry_state.member_addresses.get(name.name, {})
    # The endpoint knows the registry that the mark notes; the names are the family's own now.
    noted = name.ownership.registry or registry_state.id
    registry = registry_state.registry
    if not isinstance(registry, Found):
        registry = observation.registries.get(noted, registry)
    for claim in name.ownership.claims:
        if claim in member_addresses:
            yield claim, member_addresses[claim]
            continue
        endpoint_reading = reading_of(observation, claim.endpoint)
        state = judge_endpoint(endpoint_reading, noted, registry)
        if isinstance(state, Routed):
            end = _moved(observation, claim, name, state, registry)
        else:
            end = removal_of(claim, name.name, endpoint_reading, state, registry)
        # The same side must say it again: two that are wrong once each prove nothing.
        if (
            isinstance(end, Undetermined)
            and end.half
            and (name.name, claim, end.half) in observation.doubted
        ):
            end = Removed(f"{end.reason}, twice half a minute apart", alone=True)
        yield claim, end
    for claim, state in _without_entry(observation, registry_state, name):
        yield claim, _moved(observation, claim, name, state, registry)


def _moved(
    observation: Observation,
    claim: Claim,
    name: Name,
    state: Routed,
    registry: Reading[Registry],
) -> Undetermined | Removed:
    """What becomes of an address of an endpoint that is another zone's; it may be over as well."""
    given = frozenset(_given(observation, state, name))
    interface = state.interface
    if state.endpoint.guid[:8] != claim.guid or (isinstance(interface, Found) and not given):
        there = interface.value if isinstance(interface, Found) else Interface("", ())
        endpoint_reading = reading_of(observation, claim.endpoint)
        return removal_of(
            claim, name.name, endpoint_reading, Ready(state.endpoint, there), registry
        )
    link = observation.linked_hashes.get(claim.network)
    shown = ownership_status(link.tags, observation.zone) if link else None
    return moved(claim, name.name, state.elsewhere, given, shown)


def _given(observation: Observation, state: Routed, name: Name) -> Iterator[str]:
    """The addresses that the interface of an endpoint gives for a name."""
    if isinstance(state.interface, Found):
        for member in state.interface.value.members:
            if record_name(member.fqdn, observation.zone.suffix) == name.name:
                yield member.address


def _without_entry(
    observation: Observation, registry_state: RegistryState, name: Name
) -> Iterator[tuple[Claim, Routed]]:
    """Addresses of endpoints routed elsewhere that a damaged mark knows no more."""
    known = {(e.endpoint, e.address) for e in (name.ownership.claims if name.ownership else ())}
    for id_, state in registry_state.endpoint_states.items():
        if isinstance(state, Routed):
            endpoint = state.endpoint
            for address in _given(observation, state, name):
                if address in name.published and (id_, address) not in known:
                    network = network_hash(endpoint.network)
                    yield Claim(id_, address, endpoint.guid[:8], network), state


def _one_sided(judged: _Judged) -> Iterator[Finding]:
    """What goes on one side's word alone, since it said so twice."""
    for name, ends in judged.items():
        for claim, end in ends:
            if isinstance(end, Removed) and end.alone:
                detail = f"{claim.address} of endpoint {claim.endpoint.name}: {end.reason}"
                yield Finding(FindingKind.ONE_SIDED, name, detail)


def _picked(
    observation: Observation, registry_state: RegistryState, judged: _Judged
) -> frozenset[ResourceId]:
    """The endpoints to publish, by the zone's conflict policy."""
    held = {
        claim.endpoint
        for ends in judged.values()
        for claim, end in ends
        if isinstance(end, Undetermined) and not _is_unwatched(observation, claim.endpoint)
    }
    published = [
        claim.endpoint
        for name in registry_state.names
        for claim, end in judged[name.name]
        if claim.address in name.published and not isinstance(end, Removed)
    ]
    return select_endpoints(observation.zone.selection, registry_state.live.keys(), held, published)


def _is_unwatched(observation: Observation, endpoint: ResourceId) -> bool:
    """An endpoint outside the watched subscriptions blocks its own addresses only."""
    match reading_of(observation, endpoint).endpoint:
        case Unknown(cause):
            return cause is UnknownReason.UNWATCHED
        case _:
            return False


def _appearing(registry_state: RegistryState, judged: _Judged) -> bool:
    """Whether no login record stands yet, or only that of an endpoint that is gone."""
    return not any(
        name.login and name.published and not _all_gone(judged[name.name])
        for name in registry_state.names
    )


def _all_gone(ends: tuple[tuple[Claim, _End], ...]) -> bool:
    return bool(ends) and all(isinstance(end, Removed) for _, end in ends)


def _unsettled(registry_state: RegistryState, observation: Observation) -> bool:
    """Whether an endpoint may yet take over that is neither live nor gone now."""
    doubted = {(claim.endpoint, half) for _, claim, half in observation.doubted}
    return any(
        isinstance(state, Undetermined)
        and state.retry in (Retry.BECOMING_READY, Retry.UNREAD)
        and not (state.half and (id_, state.half) in doubted)
        for id_, state in registry_state.endpoint_states.items()
    )


def _records(
    registry_state: RegistryState,
    judged: _Judged,
    picked: frozenset[ResourceId],
    *,
    unsettled: bool,
) -> dict[str, DesiredRecord]:
    wanted = (
        _record(registry_state, name, judged[name.name], picked) for name in registry_state.names
    )
    return {
        record.name: record
        for record in wanted
        # A name keeps its last address while another endpoint may yet take over in one write
        # (never-empty).
        if record is not None and (record.addresses or not unsettled)
    }


def _record(
    registry_state: RegistryState,
    name: Name,
    judged: tuple[tuple[Claim, _End], ...],
    picked: frozenset[ResourceId],
) -> DesiredRecord | None:
    """What one name should be, or None if nobody answers for it.

    The mark holds an entry for every endpoint that gives the name or may give it
    again, published or standing by: so its deletion finds the way back here.
    """
    given = registry_state.member_addresses.get(name.name, {})
    if not given and name.ownership is None:
        return None
    proven = {claim for claim in given if claim.endpoint in picked}
    verdicts = [_verdict(claim, end, proven) for claim, end in judged if claim not in proven]
    kept = {verdict.claim for verdict in verdicts if verdict.stays}
    noted = {
        claim
        for claim, end in judged
        if claim in kept or not isinstance(end, Undetermined | Removed)
    }
    claims = sorted(
        given.keys() | noted,
        key=lambda e: (e not in proven, e not in kept or e.address not in name.published, e),
    )[:MAX_ADDRESSES]
    typed = (
        name.published - {claim.address for claim, _ in judged} if name.ownership else frozenset()
    )
    gap = bool(kept) or _has_gap(registry_state)
    addresses = {claim.address for claim in claims if claim in proven}
    addresses |= {claim.address for claim in claims if claim in kept} & name.published
    return DesiredRecord(
        name=name.name,
        registry=registry_state.id,
        addresses=tuple(sorted(addresses | (typed if gap else frozenset()))),
        claims=tuple(sorted(claims)),
        reasons=(
            *(_gives(given[claim]) for claim in sorted(proven)),
            *_standing_by(sorted(given.keys() - proven - noted)),
            *(verdict.reason for verdict in verdicts if verdict.reason),
            *(f"{address} was typed by hand" for address in sorted(typed - addresses) if not gap),
        ),
    )


def _has_gap(registry_state: RegistryState) -> bool:
    """Whether the registry or an endpoint of it may give something that we do not see."""
    return not isinstance(registry_state.registry, Found) or any(
        isinstance(state, Undetermined) for state in registry_state.endpoint_states.values()
    )


@dataclass(frozen=True, slots=True)
class _Verdict:
    """Whether an address that no picked endpoint gives stays published, and why."""

    claim: Claim
    stays: bool
    reason: str


def _verdict(claim: Claim, end: _End, proven: set[Claim]) -> _Verdict:
    here = f"{claim.address} of endpoint {claim.endpoint.name}"
    successor = next((new for new in sorted(proven) if new.endpoint == claim.endpoint), None)
    match end:
        case Removed(reason):
            return _Verdict(claim, stays=False, reason=f"{here} goes: {reason}")
        case MemberAddress() if proven:
            return _Verdict(claim, stays=False, reason=_stands_by(claim))
        case MemberAddress():
            return _Verdict(claim, stays=True, reason=f"{here} stays: nothing proven replaces it")
        case Undetermined() if successor is not None:
            reason = f"{here} goes: its interface gives {successor.address} now"
            return _Verdict(claim, stays=False, reason=reason)
        case Undetermined(reason):
            return _Verdict(claim, stays=True, reason=f"{here} stays: {reason}")


def _standing_by(claims: list[Claim]) -> list[str]:
    if len(claims) > MAX_ADDRESSES:
        return [f"{len(claims)} endpoints stand by"]
    return [_stands_by(claim) for claim in claims]


def _stands_by(claim: Claim) -> str:
    return f"{claim.address} of endpoint {claim.endpoint.name} stands by"


def _gives(member_address: MemberAddress) -> str:
    claim = member_address.claim
    return f"{claim.address} is member {member_address.member} of endpoint {claim.endpoint.name}"


def _missing(registry_state: RegistryState, picked: frozenset[ResourceId]) -> Iterator[str]:
    """What is in service, but has no member on the interface of an endpoint to be published."""
    for id_, live in sorted(registry_state.live.items()):
        if id_ in picked:
            for what in missing_members(live, registry_state.registry):
                yield f"endpoint {id_.name} has no member for {what}"


def _incomplete(registry_state: RegistryState) -> Iterator[str]:
    """What Azure is still busy with."""
    for id_, state in sorted(registry_state.endpoint_states.items()):
        match state:
            case Ready(endpoint) if endpoint.state != SUCCEEDED:
                yield f"endpoint {id_.name} is {endpoint.state}"
            case Undetermined(reason, Retry.BECOMING_READY) | Undetermined(
                reason, Retry.BEING_REMOVED, half=Half()
            ):
                # Sides that disagree may soon agree, be it that a 404 lied (no-unproven-delete).
                yield f"endpoint {id_.name}: {reason}"
            case _:
                continue
    if isinstance(registry_state.registry, Found):
        for replica in registry_state.registry.value.replicas:
            if replica.state in ("Creating", "Updating", "Deleting"):
                yield f"replica {replica.region} is {replica.state}"


def _leftover_members(registry_state: RegistryState) -> Iterator[str]:
    """Members that outlive their replica for a moment; their records go when they have gone."""
    for id_, live in sorted(registry_state.live.items()):
        for region in leftover_members(live, registry_state.registry):
            yield f"endpoint {id_.name} still has a member for region {region}"


def _leaving_slowly(judged: _Judged) -> Iterator[str]:
    """Addresses that one side has let go, and the other soon may."""
    for name, ends in judged.items():
        for claim, end in ends:
            if isinstance(end, Undetermined) and end.retry in (
                Retry.BEING_REMOVED,
                Retry.BECOMING_READY,
            ):
                yield f"{name} {claim.address} of endpoint {claim.endpoint.name}: {end.reason}"


def _networks(observation: Observation, registry_state: RegistryState) -> dict[ResourceId, str]:
    if observation.zone.links is Links.LEAVE:
        return {}
    return {
        live.endpoint.network: f"endpoint {id_.name} is in it"
        for id_, live in sorted(registry_state.live.items())
    }


def _leaving(judged: _Judged, records: Mapping[str, DesiredRecord]) -> frozenset[str]:
    """Networks, by hash, whose endpoint is proven gone and whose address goes with it."""
    return frozenset(
        claim.network
        for name, ends in judged.items()
        for claim, end in ends
        if isinstance(end, Removed) and name in records and _lets_go(records[name], claim)
    )


def _lets_go(record: DesiredRecord, claim: Claim) -> bool:
    """Whether the address goes; while only others may come in its place, the set stays.

    Invariant: never-empty.
    """
    return claim not in record.claims and bool(record.addresses or not record.claims)


def _staying(observation: Observation, parts: list[Desired]) -> frozenset[str]:
    """Networks, by hash, in which something that we know of may still need the link."""
    kept = {e.network for part in parts for record in part.records for e in record.claims}
    there = {
        network_hash(endpoint_reading.endpoint.value.network)
        for endpoint_reading in observation.endpoint_readings.values()
        if isinstance(endpoint_reading.endpoint, Found)
        and endpoint_reading.endpoint.value.in_use
        and endpoint_reading.elsewhere is None
    }
    return frozenset(kept | there)
