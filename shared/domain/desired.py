"""From an observation to what each zone should hold: records, links, and what must wait.

Pure, whole, and by name: a name's addresses are computed from all endpoints of
its registry at once, so removing one endpoint never takes an address that
another still needs (never-empty).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from shared.domain.changes import DesiredRecord
from shared.domain.checks import endpoint_findings, orphan_findings, registry_findings
from shared.domain.claims import ClaimState, ClaimStates, judge_claims
from shared.domain.endpoint_state import (
    Ready,
    Removed,
    Retry,
    Undetermined,
    leftover_members,
    missing_members,
)
from shared.domain.findings import Finding, FindingKind
from shared.domain.good_answers import GoodAnswers
from shared.domain.observation import Observation, SidesOver, ZoneState
from shared.domain.ownership import MAX_ADDRESSES, Claim, network_hash
from shared.domain.reading import Found, Unknown, UnknownReason
from shared.domain.registry_state import (
    MemberAddress,
    Name,
    RegistryState,
    reading_of,
    registry_states,
)
from shared.domain.resource_id import ResourceId
from shared.domain.resources import SUCCEEDED
from shared.domain.routing import LinkNeed, find_networks, link_need
from shared.domain.selection import select_endpoints
from shared.domain.zone import Zone


@dataclass(frozen=True, slots=True)
class Desired:
    """What an observation asks for in one zone.

    Attributes:
        records: what each name that somebody answers for should be.
        link_reasons: the networks to be linked, and why.
        abandoned_networks: hashes of networks whose last known endpoint is proven removed.
        findings: what a person should know.
        in_progress: what is on its way and worth reading again soon.
        missing_members: what is in service, but lacks a member or a link; worth sending a young
            event again for.
        sides_over: which claims one side alone says to be over, or are about to be.
    """

    records: tuple[DesiredRecord, ...] = ()
    link_reasons: Mapping[ResourceId, str] = field(default_factory=dict)
    abandoned_networks: frozenset[str] = frozenset()
    findings: tuple[Finding, ...] = ()
    in_progress: tuple[str, ...] = ()
    missing_members: tuple[str, ...] = ()
    sides_over: SidesOver = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _ClaimResult:
    """Whether an address that no selected endpoint gives stays published, and why."""

    claim: Claim
    is_published: bool
    reason: str


def make_desired(observation: Observation, *, accept_partial: bool) -> Mapping[ResourceId, Desired]:
    """What the observed part of each zone that could be read should be.

    Args:
        observation: of one pass, zones first.
        accept_partial: whether to take what there is; else nothing changes of a registry that is
            only appearing, until every member is there.
    """
    good_answers = GoodAnswers(observation)
    return {
        zone_state.zone.id: _make_zone_desired(
            observation, zone_state, good_answers, accept_partial=accept_partial
        )
        for zone_state in observation.zone_states
    }


def _make_zone_desired(
    observation: Observation,
    zone_state: ZoneState,
    good_answers: GoodAnswers,
    *,
    accept_partial: bool,
) -> Desired:
    states, orphans = registry_states(observation, zone_state)
    parts = [
        make_registry_desired(
            observation, zone_state, one, good_answers, accept_partial=accept_partial
        )
        for one in states
    ]
    link_reasons = {id_: reason for part in parts for id_, reason in part.link_reasons.items()}
    # Networks of earlier passes too: their claims have gone from the zone by now.
    networks = observation.evidence.networks.union(*(part.abandoned_networks for part in parts))
    # A link that is being deleted must end before it can be made again; and one that this run
    # may have begun to delete is not gone before it has ended.
    link_networks = sorted(
        link.network for link in zone_state.links if link.is_deleting and link.network
    )
    missing_links = tuple(_link_line(one) for one in link_networks if one in link_reasons)
    abandoned_links = tuple(
        _link_line(one)
        for one in link_networks
        if one not in link_reasons and network_hash(one) in observation.evidence.networks
    )
    return Desired(
        records=tuple(chain.from_iterable(part.records for part in parts)),
        link_reasons=link_reasons,
        # Only here, since endpoints of several registries can share one network's link.
        abandoned_networks=networks - _networks_in_use(observation, zone_state, parts),
        findings=tuple(
            chain(
                endpoint_findings(observation, zone_state),
                orphan_findings(orphans),
                chain.from_iterable(part.findings for part in parts),
            )
        ),
        in_progress=(
            *missing_links,
            *abandoned_links,
            *chain.from_iterable(part.in_progress for part in parts),
        ),
        missing_members=(
            *missing_links,
            *chain.from_iterable(part.missing_members for part in parts),
        ),
        sides_over={key: sides for part in parts for key, sides in part.sides_over.items()},
    )


def make_registry_desired(
    observation: Observation,
    zone_state: ZoneState,
    registry_state: RegistryState,
    good_answers: GoodAnswers,
    *,
    accept_partial: bool,
) -> Desired:
    """What one registry's names in a zone should be; what is said of links is for it alone."""
    zone = zone_state.zone
    states = {
        name.name: tuple(judge_claims(observation, zone_state, registry_state, name, good_answers))
        for name in registry_state.names
    }
    selection = _select(observation, zone, registry_state, states)
    missing_lines = tuple(_missing_lines(registry_state, selection))
    in_progress = (*_progress_lines(registry_state), *missing_lines)
    # A first appearance waits for every member: clients that find a login server expect its data
    # (no-half-registry). A registry that stands already is made right with what there is.
    is_partial = not accept_partial and bool(in_progress)
    is_withheld = is_partial and _is_new(registry_state, states)
    is_unsettled = is_partial or _is_unsettled(registry_state)
    records = _records(registry_state, states, selection, is_unsettled=is_unsettled)
    if is_withheld:
        records = {}
    return Desired(
        records=tuple(records.values()),
        link_reasons={} if is_withheld else _link_reasons(observation, zone, registry_state),
        abandoned_networks=_abandoned_networks(states, records),
        findings=tuple(
            chain(
                registry_findings(registry_state, selection, missing_lines),
                _move_findings(zone_state, registry_state, states),
                _one_sided_findings(states, records),
            )
        ),
        in_progress=(*in_progress, *_leftover_lines(registry_state), *_claim_lines(states)),
        missing_members=missing_lines,
        sides_over={
            (zone.id, name, claim): state.sides_over
            for name, pairs in states.items()
            for claim, state in pairs
            if isinstance(state, Undetermined)
            and (state.sides_over or state.retry is Retry.BEING_REMOVED)
        },
    )


def _select(
    observation: Observation, zone: Zone, registry_state: RegistryState, states: ClaimStates
) -> frozenset[ResourceId]:
    """The endpoints to publish, by the zone's selection."""
    others = {
        claim.endpoint
        for pairs in states.values()
        for claim, state in pairs
        if isinstance(state, Undetermined) and not _is_unwatched(observation, claim.endpoint)
    }
    # In the order of the names, of which the login server's is the first.
    published_endpoints = [
        claim.endpoint
        for name in registry_state.names
        for claim, state in states[name.name]
        if claim.address in name.addresses and not isinstance(state, Removed)
    ]
    ready = registry_state.ready_endpoints.keys()
    return select_endpoints(zone.selection, ready, others, published_endpoints)


def _is_unwatched(observation: Observation, endpoint: ResourceId) -> bool:
    """An endpoint outside the watched subscriptions blocks its own addresses only."""
    match reading_of(observation, endpoint).endpoint:
        case Unknown(reason):
            return reason is UnknownReason.UNWATCHED
        case _:
            return False


def _is_new(registry_state: RegistryState, states: ClaimStates) -> bool:
    """Whether no login record stands yet, or only that of an endpoint that is removed."""
    for name in registry_state.names:
        if name.is_login and name.addresses:
            pairs = states[name.name]
            # Without any claim it is a record of others, or damaged: it stands all the same.
            if not pairs or not all(isinstance(state, Removed) for _, state in pairs):
                return False
    return True


def _is_unsettled(registry_state: RegistryState) -> bool:
    """Whether an endpoint may yet take over that is neither ready nor removed now."""
    return any(
        isinstance(state, Undetermined) and state.retry in (Retry.BECOMING_READY, Retry.UNREAD)
        for state in registry_state.home_states.values()
    )


def _records(
    registry_state: RegistryState,
    states: ClaimStates,
    selection: frozenset[ResourceId],
    *,
    is_unsettled: bool,
) -> dict[str, DesiredRecord]:
    records = (
        _record(registry_state, name, states[name.name], selection) for name in registry_state.names
    )
    return {
        record.name: record
        for record in records
        # A name keeps its last address while another endpoint may yet take over in one write
        # (docs/decisions/0003-a-name-keeps-its-last-address.md).
        if record is not None and (record.addresses or not is_unsettled)
    }


def _record(
    registry_state: RegistryState,
    name: Name,
    states: tuple[tuple[Claim, ClaimState], ...],
    selection: frozenset[ResourceId],
) -> DesiredRecord | None:
    """What one name should be, or None if nobody answers for it.

    Its claims are those of every endpoint that gives the name or may give it
    again, published or standing by: so its deletion finds the way back here.
    """
    member_addresses = registry_state.member_addresses.get(name.name, {})
    if not member_addresses and name.ownership is None:
        return None
    selected_claims = {claim for claim in member_addresses if claim.endpoint in selection}
    results = [
        _claim_result(claim, state, selected_claims)
        for claim, state in states
        if claim not in selected_claims
    ]
    remaining = {result.claim for result in results if result.is_published}
    claims_before = remaining | {
        claim for claim, state in states if isinstance(state, MemberAddress)
    }
    # Where there is no room for all: what is published first, then what answers now.
    claims = sorted(
        member_addresses.keys() | claims_before,
        key=lambda claim: (
            claim not in selected_claims,
            claim not in remaining or claim.address not in name.addresses,
            claim,
        ),
    )[:MAX_ADDRESSES]
    addresses = {claim.address for claim in claims if claim in selected_claims}
    # An address that stays must answer now: nothing unproven is published anew (provenance).
    addresses |= {claim.address for claim in claims if claim in remaining} & name.addresses
    others = _other_addresses(name, states)
    # Before everything about the name was read, they may be those of an endpoint that was not.
    if remaining or _has_unread(registry_state):
        addresses |= others
    return DesiredRecord(
        name=name.name,
        registry=registry_state.id,
        addresses=tuple(sorted(addresses)),
        claims=tuple(sorted(claims)),
        reasons=(
            *(_member_reason(member_addresses[claim]) for claim in sorted(selected_claims)),
            *_standby_reasons(sorted(member_addresses.keys() - selected_claims - claims_before)),
            *(result.reason for result in results if result.reason),
            *(f"{address} was typed by hand" for address in sorted(others - addresses)),
        ),
    )


def _other_addresses(name: Name, states: tuple[tuple[Claim, ClaimState], ...]) -> frozenset[str]:
    """Addresses in our own record that nobody claims: somebody typed them by hand."""
    if name.ownership is None:
        return frozenset()
    return name.addresses - {claim.address for claim, _ in states}


def _has_unread(registry_state: RegistryState) -> bool:
    """Whether the registry or an endpoint of it may give something that we do not see."""
    return not isinstance(registry_state.registry, Found) or any(
        isinstance(state, Undetermined) for state in registry_state.endpoint_states.values()
    )


def _claim_result(claim: Claim, state: ClaimState, selected_claims: set[Claim]) -> _ClaimResult:
    # Of the same endpoint for the same name: its own interface says that the address changed.
    new_claims = [one for one in sorted(selected_claims) if one.endpoint == claim.endpoint]
    match state:
        case Removed(reason):
            return _ClaimResult(claim, is_published=False, reason=f"{claim.label} goes: {reason}")
        case MemberAddress() if selected_claims:
            return _ClaimResult(claim, is_published=False, reason=_standby_reason(claim))
        case MemberAddress():
            reason = f"{claim.label} stays: nothing proven replaces it"
            return _ClaimResult(claim, is_published=True, reason=reason)
        case Undetermined() if new_claims:
            reason = f"{claim.label} goes: its interface gives {new_claims[0].address} now"
            return _ClaimResult(claim, is_published=False, reason=reason)
        case Undetermined(reason):
            return _ClaimResult(claim, is_published=True, reason=f"{claim.label} stays: {reason}")


def _standby_reasons(claims: list[Claim]) -> list[str]:
    # A registry can have two hundred endpoints, and a log line has an end.
    if len(claims) > MAX_ADDRESSES:
        return [f"{len(claims)} endpoints stand by"]
    return [_standby_reason(claim) for claim in claims]


def _standby_reason(claim: Claim) -> str:
    return f"{claim.label} stands by"


def _member_reason(member_address: MemberAddress) -> str:
    claim = member_address.claim
    return f"{claim.address} is member {member_address.member} of endpoint {claim.endpoint.name}"


def _link_line(network: ResourceId) -> str:
    return f"the link of network {network.name} is being deleted"


def _missing_lines(
    registry_state: RegistryState, selection: frozenset[ResourceId]
) -> Iterator[str]:
    """What is in service, but has no member on the interface of an endpoint to be published."""
    for id_, state in sorted(registry_state.ready_endpoints.items()):
        if id_ in selection:
            for text in missing_members(state, registry_state.registry):
                yield f"endpoint {id_.name} has no member for {text}"


def _progress_lines(registry_state: RegistryState) -> Iterator[str]:
    """What Azure is still busy with."""
    for id_, state in sorted(registry_state.home_states.items()):
        match state:
            case Ready(endpoint) if endpoint.state != SUCCEEDED:
                yield f"endpoint {id_.name} is {endpoint.state}"
            case Undetermined(reason, Retry.BECOMING_READY):
                yield f"endpoint {id_.name}: {reason}"
            case Undetermined(reason, Retry.BEING_REMOVED) if state.sides_over:
                # Sides that disagree may soon agree, be it that a 404 lied (no-unproven-delete).
                yield f"endpoint {id_.name}: {reason}"
            case _:
                continue
    if isinstance(registry_state.registry, Found):
        for replica in registry_state.registry.value.replicas:
            # A replica that failed gives no member, however long it is waited for.
            if replica.state in ("Creating", "Updating", "Deleting"):
                yield f"replica {replica.region} is {replica.state}"


def _leftover_lines(registry_state: RegistryState) -> Iterator[str]:
    """Members that outlive their replica for a moment; their records go when they have gone."""
    for id_, state in sorted(registry_state.ready_endpoints.items()):
        for region in leftover_members(state, registry_state.registry):
            yield f"endpoint {id_.name} still has a member for region {region}"


def _claim_lines(states: ClaimStates) -> Iterator[str]:
    """Claims that may soon be settled, one way or the other."""
    for name, pairs in states.items():
        for claim, state in pairs:
            if isinstance(state, Undetermined) and state.retry in (
                Retry.BEING_REMOVED,
                Retry.BECOMING_READY,
            ):
                yield f"{name} {claim.label}: {state.reason}"


def _one_sided_findings(
    states: ClaimStates, records: Mapping[str, DesiredRecord]
) -> Iterator[Finding]:
    """What goes on one side's word alone, since it said so twice."""
    for name, pairs in states.items():
        for claim, state in pairs:
            # Only where something goes, else a full sync would say it again for ever.
            if isinstance(state, Removed) and state.side and _is_removed(records.get(name), claim):
                yield Finding(FindingKind.ONE_SIDED, name, f"{claim.label}: {state.reason}")


def _move_findings(
    zone_state: ZoneState, registry_state: RegistryState, states: ClaimStates
) -> Iterator[Finding]:
    """Networks that see this zone and lose names which leave it with another network."""
    if not any(
        isinstance(state, Removed) and claim.endpoint in registry_state.routes
        for pairs in states.values()
        for claim, state in pairs
    ):
        return
    networks = {
        state.endpoint.network
        for state in registry_state.endpoint_states.values()
        if isinstance(state, Ready)
    }
    for network in sorted(zone_state.link_by_network.keys() - networks):
        detail = (
            f"the zone in resource group {zone_state.zone.id.group} held {registry_state.id.name}"
        )
        yield Finding(FindingKind.NAME_MOVED, str(network), detail)


def _link_reasons(
    observation: Observation, zone: Zone, registry_state: RegistryState
) -> dict[ResourceId, str]:
    return {
        state.endpoint.network: f"endpoint {id_.name} is in it"
        for id_, state in sorted(registry_state.ready_endpoints.items())
        if link_need(Found(state.endpoint), zone, observation.kept_zones) is LinkNeed.MAKE
    }


def _abandoned_networks(
    states: ClaimStates, records: Mapping[str, DesiredRecord]
) -> frozenset[str]:
    """Networks, by hash, whose endpoint is proven removed and whose address goes with it."""
    return frozenset(
        claim.network
        for name, pairs in states.items()
        for claim, state in pairs
        if isinstance(state, Removed) and _is_removed(records.get(name), claim)
    )


def _is_removed(record: DesiredRecord | None, claim: Claim) -> bool:
    """Whether the address goes; while only others may come in its place, the set stays.

    Invariant: never-empty.
    """
    if record is None or claim in record.claims:
        return False
    return bool(record.addresses or not record.claims)


def _networks_in_use(
    observation: Observation, zone_state: ZoneState, parts: list[Desired]
) -> frozenset[str]:
    """Networks, by hash, in which something that we know of may still need the link."""
    networks = frozenset(
        claim.network for part in parts for record in part.records for claim in record.claims
    )
    # Also those whose endpoint is not approved yet: a link takes minutes to come back.
    readings = (reading.endpoint for reading in observation.endpoint_readings.values())
    zones = observation.kept_zones
    return networks.union(
        map(network_hash, find_networks(readings, zone_state.zone, zones, LinkNeed.KEEP))
    )
