"""Drift: which registries look wrong in a snapshot, how wrong, how many deletes it is. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from shared.domain.changes import Action, RecordChange
from shared.domain.checks import endpoint_findings, find_unread, orphan_findings
from shared.domain.desired import make_registry_desired
from shared.domain.findings import Finding, FindingKind
from shared.domain.observation import Elsewhere, EndpointReading, Observation
from shared.domain.ownership import (
    Adopt,
    Ownership,
    OwnershipStatus,
    link_name,
    network_hash,
    ownership_status,
)
from shared.domain.plan import Plan, is_managed_link, make_plan
from shared.domain.policy import DeleteThreshold
from shared.domain.reading import Absent, Found, Unknown, UnknownReason
from shared.domain.registry_state import RegistryState, registry_states
from shared.domain.resource_id import ResourceId
from shared.domain.zone import Links, Peered, RecordSet, Zone, is_zone_for, zone_for
from shared.engine.context import RunContext
from shared.engine.estate_checks import (
    check_dns_servers,
    check_limits,
    check_public_access,
    check_unread,
)
from shared.engine.fast_path import FastPath, find_in_step
from shared.engine.observe import list_names
from shared.engine.snapshot import Snapshot, ZoneSnapshot
from shared.engine.target import Target


@dataclass(frozen=True, slots=True)
class DriftedRegistry:
    """A registry whose names look wrong in a zone.

    Attributes:
        registry: whose names they are; there is one item for it in a zone.
        target: where to look.
        plan: what the lists suggest; the loop decides.
        severity: 0 if a record does not answer as it should, 1 if a network lacks its link,
            which Azure may refuse for ever, 2 if only ownership or a TTL is to be put right, 3 if
            something is only to be taken away.
        subscriptions: those of the registry and its endpoints.
    """

    registry: ResourceId
    target: Target
    plan: Plan
    severity: int
    subscriptions: frozenset[str]


@dataclass(frozen=True, slots=True)
class ZoneDrift:
    """What a snapshot says about one zone.

    Attributes:
        drifted_registries: registries that look wrong.
        findings: findings about everything else.
        unused_links: networks whose link of ours no endpoint in sight needs, by their hashes.
        managed: how many records and links bear this owner.
        unmanaged: how many record sets bear no owner.
        other_owner: how many record sets bear another.
        deletes: how many deletes the lists suggest, before any proof.
        ownerships: ours on the records that did not pass the fast path.
        in_progress: what is on its way at the registries that do not look wrong.
        unread: what Azure did not answer about them.
    """

    drifted_registries: tuple[DriftedRegistry, ...]
    findings: tuple[Finding, ...]
    unused_links: Mapping[str, ResourceId]
    managed: int
    unmanaged: int
    other_owner: int
    deletes: int
    ownerships: Mapping[str, Ownership]
    in_progress: tuple[str, ...]
    unread: tuple[str, ...]


def find_drift(
    snapshot: Snapshot, zone: ZoneSnapshot, context: RunContext, adopt: Adopt
) -> ZoneDrift:
    """What the snapshot says about the zone.

    Args:
        snapshot: everything watched.
        zone: the zone's own part of it.
        context: names the other zones.
        adopt: which unmanaged record sets the run may make ours.
    """
    fast_path = find_in_step(snapshot, zone)
    observation = observe_snapshot(snapshot, zone, context, fast_path)
    states, orphans = registry_states(observation)
    drifted_registries: list[DriftedRegistry] = []
    findings: list[Finding] = [*endpoint_findings(observation), *orphan_findings(orphans)]
    in_progress: list[str] = []
    unread: list[str] = []
    networks = set(fast_path.networks)
    # Deletes are counted before any proof: a run that is fooled may prove them as well
    # (docs/decisions/0007-delete-threshold.md).
    deletes = 0
    for registry_state in states:
        # Whether a link may go is asked of the whole zone, below.
        desired = replace(
            make_registry_desired(observation, registry_state, accept_partial=True),
            abandoned_networks=frozenset(),
        )
        plan = make_plan(observation, desired, adopt)
        networks |= desired.link_reasons.keys()
        if plan.size or desired.sides_over:
            drifted_registries.append(_drifted_registry(registry_state, plan, zone))
            deletes += plan.deletes + len(desired.sides_over)
        else:
            findings.extend(plan.findings)
            in_progress.extend(desired.in_progress)
            unread.extend(_find_unread(observation, registry_state, snapshot))
    unused_links = _find_unused_links(observation, networks, zone)
    # A link counts only where no record is left whose deletes are counted already, and one
    # that will be kept does not, or the threshold would hold for ever.
    deletes += sum(
        not _is_kept_for_peers(unused_links[hash_], snapshot, zone.zone)
        for hash_ in unused_links.keys() - claim_networks(fast_path.ownerships.values())
    )
    records = len(fast_path.ownerships) + sum(map(len, fast_path.registries.values()))
    other_owner = sum(
        ownership_status(record.metadata, observation.owners) is OwnershipStatus.OTHER_OWNER
        for record in fast_path.records.values()
    )
    links = sum(is_managed_link(link, observation.owners) for link in zone.listing.links)
    return ZoneDrift(
        drifted_registries=tuple(drifted_registries),
        findings=(
            *findings,
            *check_limits(zone),
            *check_dns_servers(networks, snapshot),
            *check_public_access(snapshot, zone),
            *check_unread(snapshot),
        ),
        unused_links=unused_links,
        managed=records + links,
        unmanaged=len(zone.listing.records) - records - other_owner,
        other_owner=other_owner,
        deletes=deletes,
        ownerships=fast_path.ownerships,
        in_progress=tuple(in_progress),
        unread=tuple(unread),
    )


def observe_snapshot(
    snapshot: Snapshot, zone: ZoneSnapshot, context: RunContext, fast_path: FastPath
) -> Observation:
    """What the fast path left, as one observation of the zone."""
    ownerships = fast_path.ownerships.values()
    registry_ids = {ownership.registry for ownership in ownerships if ownership.registry}
    endpoint_ids = {claim.endpoint for ownership in ownerships for claim in ownership.claims}
    for id_, reading in snapshot.endpoints.items():
        if not isinstance(reading, Found):
            endpoint_ids.add(id_)
            continue
        # One by one: a difference of two key views walks through all registries in step.
        rest = {id_ for id_ in reading.value.connections if id_ not in fast_path.registries}
        if rest:
            endpoint_ids.add(id_)
            registry_ids |= rest
    registries = {
        id_: snapshot.registries.get(id_) or _absent_or_unknown(id_, snapshot)
        for id_ in registry_ids
    }
    for registry in registries.values():
        if isinstance(registry, Found):
            endpoint_ids |= registry.value.connections.keys()
    readings = {id_: _endpoint_reading(id_, snapshot, zone.zone, context) for id_ in endpoint_ids}
    records: dict[str, RecordSet | None] = dict(fast_path.records)
    for name in list_names(readings.values(), registries, zone.zone):
        records.setdefault(name, zone.listing.records.get(name))
    return Observation(zone.zone, context.owners, records, registries, readings, zone.listing.links)


def threshold_finding(
    drift: ZoneDrift, threshold: DeleteThreshold, zone: ResourceId
) -> Finding | None:
    """The finding if more deletes are suggested than the threshold allows (delete-threshold)."""
    limit = threshold.allowed(drift.managed)
    if drift.deletes <= limit:
        return None
    detail = (
        f"{drift.deletes} deletes planned of {drift.managed} records and links, {limit} allowed"
    )
    return Finding(FindingKind.DELETE_THRESHOLD, str(zone), detail)


def claim_networks(ownerships: Iterable[Ownership]) -> frozenset[str]:
    """The networks, by hash, that claims name; while one does, a link is in use.

    Invariant: no-half-registry.
    """
    return frozenset(claim.network for ownership in ownerships for claim in ownership.claims)


def _endpoint_reading(
    id_: ResourceId, snapshot: Snapshot, zone: Zone, context: RunContext
) -> EndpointReading:
    endpoint = snapshot.endpoints.get(id_) or _absent_or_unknown(id_, snapshot)
    interface = snapshot.interfaces.get(id_, Absent())
    group = snapshot.groups.get(id_, Found(value=False))
    if not isinstance(endpoint, Found) or is_zone_for(
        zone, endpoint.value.network, endpoint.value.region
    ):
        return EndpointReading(id_, endpoint, interface, group)
    network, region = endpoint.value.network, endpoint.value.region
    other = zone_for(context.zones, zone.suffix, network, region)
    other_snapshot = snapshot.zones.get(other.id) if other else None
    route = Elsewhere(other.id if other else None)
    if isinstance(other_snapshot, ZoneSnapshot):
        route = replace(route, holds=other_snapshot.holds, keeps=other_snapshot.keeps)
    return EndpointReading(id_, endpoint, interface, group, route)


def _absent_or_unknown(id_: ResourceId, snapshot: Snapshot) -> Absent | Unknown:
    """What it means that no list holds a resource: gone, it seems, if its subscription answered."""
    if id_.subscription not in snapshot.subscriptions:
        return Unknown(UnknownReason.UNWATCHED)
    unknown = snapshot.unread.get(id_.subscription)
    return Absent() if unknown is None else Unknown(UnknownReason.TRANSIENT, unknown.detail)


def _find_unread(
    observation: Observation, registry_state: RegistryState, snapshot: Snapshot
) -> tuple[str, ...]:
    """What Azure did not answer of one registry, in subscriptions that could be listed."""
    ids = {registry_state.id, *registry_state.endpoint_states}
    # A silent subscription is unread once, by itself, and not for each resource in it.
    return find_unread(
        (id_, reading)
        for id_, reading in observation.readings
        if id_ in ids and id_.subscription not in snapshot.unread
    )


def _drifted_registry(
    registry_state: RegistryState, plan: Plan, zone: ZoneSnapshot
) -> DriftedRegistry:
    ownerships = [name.ownership for name in registry_state.names if name.ownership]
    claims = (claim for ownership in ownerships for claim in ownership.claims)
    # A name can bear the ownership of another registry, made again in another resource group.
    registries = {ownership.registry for ownership in ownerships if ownership.registry}
    target = Target(
        zone=zone.zone,
        registries=frozenset(registries | {registry_state.id}),
        endpoints=frozenset(
            (*registry_state.endpoint_states, *(claim.endpoint for claim in claims))
        ),
        names=frozenset(name.name for name in registry_state.names),
        has_all_names=True,
        listing=zone.listing,
    )
    ids = target.registries | target.endpoints
    subscriptions = frozenset(id_.subscription for id_ in ids)
    return DriftedRegistry(registry_state.id, target, plan, _severity(plan), subscriptions)


def _severity(plan: Plan) -> int:
    """How much it matters to clients that the plan is not applied yet; 0 is worst."""
    upserts = [change for change in plan.records if not change.is_removal]
    if any(_has_new_addresses(change) for change in upserts):
        return 0
    if any(change.action is Action.CREATE for change in plan.links):
        return 1
    return 2 if upserts else 3


def _has_new_addresses(change: RecordChange) -> bool:
    before, after = change.before, change.after
    return not before or not after or set(before.addresses) != set(after.addresses)


def _find_unused_links(
    observation: Observation, networks: set[ResourceId], zone: ZoneSnapshot
) -> dict[str, ResourceId]:
    """Networks, by hash, with a link of ours that nothing in sight needs, nor these networks."""
    if observation.zone.links is Links.LEAVE:
        return {}
    # An endpoint that is in use at all needs its link, whatever becomes of its names: a link
    # too many does no harm.
    networks = networks | {
        reading.endpoint.value.network
        for reading in observation.endpoint_readings.values()
        if isinstance(reading.endpoint, Found)
        and reading.endpoint.value.is_in_use
        and reading.elsewhere is None
    }
    hashes = {network_hash(network) for network in networks}
    links = {
        network_hash(link.network): link
        for link in zone.listing.links
        if link.network and is_managed_link(link, observation.owners)
    }
    return {
        hash_: link.network
        for hash_, link in links.items()
        if link.network and hash_ not in hashes and link.name == link_name(hash_)
    }


def _is_kept_for_peers(id_: ResourceId, snapshot: Snapshot, zone: Zone) -> bool:
    match snapshot.networks.get(id_):
        case Found(network):
            return network.is_peered and zone.peered is Peered.KEEP
        case _:
            return False
