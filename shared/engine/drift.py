"""Suspicion: which registries look wrong by a survey, how wrong, how many deletes it is. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import chain

from shared.domain.changes import (
    Action,
    Patience,
    RecordChange,
)
from shared.domain.checks import endpoint_findings, find_unread, orphan_findings
from shared.domain.desired import compute_registry_desired
from shared.domain.findings import Finding, FindingKind
from shared.domain.observation import Elsewhere, EndpointReading, Observation
from shared.domain.ownership import (
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
from shared.domain.zone import Links, Peered, RecordSet, Zone, is_serving, zone_for
from shared.engine.context import RunContext
from shared.engine.estate_checks import (
    check_dns_servers,
    check_limits,
    check_public_access,
    check_unread,
)
from shared.engine.fast_path import FastPath, find_in_step
from shared.engine.observe import given_names
from shared.engine.snapshot import Snapshot, ZoneSnapshot
from shared.engine.target import Target


def observe_snapshot(
    snapshot: Snapshot, zone: ZoneSnapshot, context: RunContext, seen: FastPath
) -> Observation:
    """What a glance left, as one look at the zone."""
    registry_ids = {ownership.registry for ownership in seen.marks.values() if ownership.registry}
    endpoint_ids = {
        claim.endpoint for ownership in seen.marks.values() for claim in ownership.claims
    }
    for id_, reading in snapshot.endpoints.items():
        if not isinstance(reading, Found):
            endpoint_ids.add(id_)
            continue
        remaining = [other for other in reading.value.connections if other not in seen.passed]
        if remaining:
            endpoint_ids.add(id_)
            registry_ids.update(remaining)
    registries = {
        id_: snapshot.registries.get(id_) or _unlisted(id_, snapshot) for id_ in registry_ids
    }
    for registry in registries.values():
        if isinstance(registry, Found):
            endpoint_ids |= registry.value.connections.keys()
    endpoint_readings = {id_: _source(id_, snapshot, zone.zone, context) for id_ in endpoint_ids}
    records: dict[str, RecordSet | None] = dict(seen.rest)
    for name in given_names(endpoint_readings.values(), zone.zone):
        records.setdefault(name, zone.known.records.get(name))
    return Observation(zone.zone, records, registries, endpoint_readings, zone.known.links)


def _source(
    id_: ResourceId, snapshot: Snapshot, zone: Zone, context: RunContext
) -> EndpointReading:
    endpoint = snapshot.endpoints.get(id_) or _unlisted(id_, snapshot)
    interface = snapshot.interfaces.get(id_, Absent())
    group = snapshot.groups.get(id_, Found(value=False))
    if not isinstance(endpoint, Found) or is_serving(
        zone, endpoint.value.network, endpoint.value.region
    ):
        return EndpointReading(id_, endpoint, interface, group)
    network, region = endpoint.value.network, endpoint.value.region
    other = zone_for(context.zones, zone.suffix, network, region)
    there = snapshot.zones.get(other.id) if other else None
    target = Elsewhere(other.id if other else None)
    if isinstance(there, ZoneSnapshot):
        target = replace(target, holds=there.holds, keeps=there.keeps)
    return EndpointReading(id_, endpoint, interface, group, target)


def _unlisted(id_: ResourceId, snapshot: Snapshot) -> Absent | Unknown:
    """What it means that no list holds a resource: gone, it seems, if its subscription answered."""
    if id_.subscription not in snapshot.watched:
        return Unknown(UnknownReason.UNWATCHED)
    silent = snapshot.silent.get(id_.subscription)
    return Absent() if silent is None else Unknown(UnknownReason.TRANSIENT, silent.detail)


@dataclass(frozen=True, slots=True)
class DriftedRegistry:
    """A registry whose names look wrong in a zone.

    Attributes:
        registry: whose names they are; there is one suspect for it in a zone.
        target: where to look.
        plan: what the lists suggest; the loop decides.
        severity: 0 if a record does not answer as it should, 1 if a network lacks its link,
            which Azure may refuse for ever, 2 if only a mark or a TTL is to be put right, 3 if
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
    """What a survey says about one zone.

    Attributes:
        drifted_registries: registries that look wrong.
        findings: findings about everything else.
        unused_links: networks whose link of ours no endpoint in sight needs, by their hashes.
        managed: how many records and links bear this owner.
        unmanaged: how many record sets bear no owner.
        other_owner: how many record sets bear another.
        deletes: how many deletes the lists suggest, before any proof.
        marks: our marks on the records that did not pass at a glance.
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
    marks: Mapping[str, Ownership]
    in_progress: tuple[str, ...]
    unread: tuple[str, ...]


def find_drift(snapshot: Snapshot, zone: ZoneSnapshot, context: RunContext) -> ZoneDrift:
    """What the survey says about the zone.

    Args:
        snapshot: the survey.
        zone: the zone's own part of it.
        context: names the other zones.
    """
    seen = find_in_step(snapshot, zone)
    observation = observe_snapshot(snapshot, zone, context, seen)
    found, orphans = registry_states(observation)
    drifted_registries: list[DriftedRegistry] = []
    findings: list[Finding] = [*endpoint_findings(observation), *orphan_findings(orphans)]
    in_progress: list[str] = []
    unread: list[str] = []
    wanted = set(seen.networks)
    doubts = 0
    for registry_state in found:
        # Whether a link may go is asked of the whole zone, below.
        desired = replace(
            compute_registry_desired(observation, registry_state, Patience.LAST),
            leaving=frozenset(),
        )
        plan = make_plan(observation, desired)
        wanted |= desired.networks.keys()
        if plan.size or desired.doubts:
            drifted_registries.append(_suspect(registry_state, plan, zone))
            doubts += len(desired.doubts)
        else:
            findings.extend(plan.findings)
            in_progress.extend(desired.in_progress)
            unread.extend(_find_unread(observation, registry_state, snapshot))
    unused_links = _idle(observation, wanted, zone)
    stale = unused_links.keys() - noted(seen.marks.values())
    records = len(seen.marks) + sum(map(len, seen.passed.values()))
    others = sum(
        ownership_status(record.metadata, observation.zone) is OwnershipStatus.OTHER_OWNER
        for record in seen.rest.values()
    )
    links = sum(is_managed_link(link, observation.zone) for link in zone.known.links)
    # A link that will be kept is no candidate, or the threshold would hold for ever.
    is_deleting = sum(
        not _kept_for_peers(unused_links[hash_], snapshot, zone.zone) for hash_ in stale
    )
    deletes = sum(drifted.plan.deletes for drifted in drifted_registries) + doubts + is_deleting
    return ZoneDrift(
        drifted_registries=tuple(drifted_registries),
        findings=(
            *findings,
            *check_limits(zone),
            *check_dns_servers(wanted, snapshot),
            *check_public_access(snapshot, zone),
            *check_unread(snapshot),
        ),
        unused_links=unused_links,
        managed=records + links,
        unmanaged=len(zone.known.records) - records - others,
        other_owner=others,
        deletes=deletes,
        marks=seen.marks,
        in_progress=tuple(in_progress),
        unread=tuple(unread),
    )


def threshold_finding(
    drift: ZoneDrift, threshold: DeleteThreshold, zone: ResourceId
) -> Finding | None:
    """The finding if more deletes are suggested than the threshold allows (delete-threshold)."""
    allowed = threshold.allowed(drift.managed)
    if drift.deletes <= allowed:
        return None
    detail = (
        f"{drift.deletes} deletes planned of {drift.managed} records and links, {allowed} allowed"
    )
    return Finding(FindingKind.DELETE_THRESHOLD, str(zone), detail)


def _find_unread(
    observation: Observation, registry_state: RegistryState, snapshot: Snapshot
) -> tuple[str, ...]:
    """What Azure did not answer of one registry, in subscriptions that could be listed."""
    ids = {registry_state.id, *registry_state.endpoint_states}
    return find_unread(
        (id_, reading)
        for id_, reading in observation.readings
        if id_ in ids and id_.subscription not in snapshot.silent
    )


def _suspect(registry_state: RegistryState, plan: Plan, zone: ZoneSnapshot) -> DriftedRegistry:
    ownerships = (
        name.ownership.registry
        for name in registry_state.names
        if name.ownership and name.ownership.registry
    )
    registries = frozenset((registry_state.id, *ownerships))
    endpoints = frozenset(
        chain(
            registry_state.endpoint_states,
            (
                e.endpoint
                for name in registry_state.names
                if name.ownership
                for e in name.ownership.claims
            ),
        )
    )
    target = Target(
        registries=registries,
        endpoints=endpoints,
        names=frozenset(name.name for name in registry_state.names),
        whole=True,
        known=zone.known,
    )
    ids = (*registries, *endpoints)
    subscriptions = frozenset(id_.subscription for id_ in ids)
    return DriftedRegistry(registry_state.id, target, plan, _harm(plan), subscriptions)


def _harm(plan: Plan) -> int:
    """How much it matters to clients that the plan is not applied yet; 0 is worst."""
    kept = [change for change in plan.records if not change.is_removal]
    if any(_changes_addresses(change) for change in kept):
        return 0
    if any(change.action is Action.CREATE for change in plan.links):
        return 1
    return 2 if kept else 3


def _changes_addresses(change: RecordChange) -> bool:
    before, after = change.before, change.after
    return not before or not after or set(before.addresses) != set(after.addresses)


def noted(marks: Iterable[Ownership]) -> frozenset[str]:
    """The networks, by hash, that marks name; while one does, a link is not stale.

    Invariant: no-half-registry.
    """
    return frozenset(claim.network for ownership in marks for claim in ownership.claims)


def _idle(
    observation: Observation, wanted: set[ResourceId], zone: ZoneSnapshot
) -> dict[str, ResourceId]:
    if observation.zone.links is Links.LEAVE:
        return {}
    there = {
        endpoint_reading.endpoint.value.network
        for endpoint_reading in observation.endpoint_readings.values()
        if isinstance(endpoint_reading.endpoint, Found)
        and endpoint_reading.endpoint.value.in_use
        and endpoint_reading.elsewhere is None
    }
    needed = {network_hash(network) for network in wanted | there}
    ours = {
        network_hash(link.network): link
        for link in zone.known.links
        if link.network and is_managed_link(link, observation.zone)
    }
    return {
        hash_: link.network
        for hash_, link in ours.items()
        if link.network and hash_ not in needed and link.name == link_name(hash_)
    }


def _kept_for_peers(network: ResourceId, snapshot: Snapshot, zone: Zone) -> bool:
    match snapshot.networks.get(network):
        case Found(found):
            return found.peered and zone.peered is Peered.KEEP
        case _:
            return False
