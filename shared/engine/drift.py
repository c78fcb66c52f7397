"""Drift: which registries look wrong in a snapshot, how wrong, how many deletes it is. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from shared.domain.changes import Action, RecordChange
from shared.domain.checks import endpoint_findings, orphan_findings
from shared.domain.desired import make_registry_desired
from shared.domain.findings import Finding, FindingKind
from shared.domain.good_answers import GoodAnswers
from shared.domain.observation import EndpointReading, Observation, ZoneState
from shared.domain.ownership import (
    Adopt,
    Ownership,
    OwnershipStatus,
    link_name,
    network_hash,
    ownership_status,
)
from shared.domain.plan import Plan, make_plan
from shared.domain.policy import DeleteThreshold
from shared.domain.reading import Absent, Found, Reading, Unknown, UnknownReason
from shared.domain.registry_state import RegistryState, registry_states
from shared.domain.resource_id import ResourceId
from shared.domain.routing import LinkNeed, find_networks, is_managed_link
from shared.domain.zone import Links, Peered, RecordSet, Zone, is_zone_for
from shared.engine.context import RunContext
from shared.engine.estate_checks import (
    check_dns_servers,
    check_hidden_names,
    check_limits,
    check_links,
    check_public_access,
    check_unlisted_zones,
    check_unread,
    check_wildcards,
)
from shared.engine.fast_path import FastPath, find_in_step
from shared.engine.observe import list_names
from shared.engine.snapshot import Snapshot, ZoneSnapshot
from shared.engine.target import Target, ZoneListing
from shared.errors import TransientError


@dataclass(frozen=True, slots=True)
class DriftedRegistry:
    """A registry whose names look wrong in zones of one name.

    Attributes:
        registry: whose names they are; there is one item for it in all these zones.
        target: where to look.
        plans: what the lists suggest, by zone; the loop decides.
        severity: 0 if a record does not answer as it should, 1 if a network lacks its link,
            which Azure may refuse for ever, 2 if only ownership or a TTL is to be put right, 3 if
            something is only to be taken away.
        subscriptions: those of the registry and its endpoints.
    """

    registry: ResourceId
    target: Target
    plans: Mapping[ResourceId, Plan]
    severity: int
    subscriptions: frozenset[str]

    @property
    def size(self) -> int:
        """How many changes the lists suggest, in all zones."""
        return sum(plan.size for plan in self.plans.values())


@dataclass(slots=True)
class ZoneDrift:
    """What a snapshot says about one zone.

    Attributes:
        findings: findings about everything but the registries that look wrong.
        unused_links: networks whose link of ours no endpoint in sight needs, by their hashes.
        managed: how many records and links bear this owner.
        unmanaged: how many record sets bear no owner.
        other_owner: how many record sets bear another.
        deletes: how many deletes the lists suggest, before any proof.
        ownerships: ours on the records that did not pass the fast path.
        in_progress: what is on its way at the registries that do not look wrong.
        networks: those that need a link to the zone.
    """

    findings: list[Finding] = field(default_factory=list)
    unused_links: Mapping[str, ResourceId] = field(default_factory=dict)
    managed: int = 0
    unmanaged: int = 0
    other_owner: int = 0
    deletes: int = 0
    ownerships: Mapping[str, Ownership] = field(default_factory=dict)
    in_progress: list[str] = field(default_factory=list)
    networks: set[ResourceId] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Drift:
    """What a snapshot says about zones of one name.

    Attributes:
        drifted_registries: registries that look wrong.
        zones: all else, for each zone that could be listed.
    """

    drifted_registries: tuple[DriftedRegistry, ...]
    zones: Mapping[ResourceId, ZoneDrift]


def find_drift(
    snapshot: Snapshot, kept_zones: tuple[Zone, ...], context: RunContext, adopt: Adopt
) -> Drift:
    """What the snapshot says about zones of one name.

    Args:
        snapshot: everything watched.
        kept_zones: every zone of the name that the app keeps.
        context: says whose ownership counts as ours.
        adopt: which unmanaged record sets the run may make ours.
    """
    zones = [one for zone in kept_zones if isinstance(one := snapshot.zones[zone.id], ZoneSnapshot)]
    fast_path = find_in_step(snapshot, kept_zones, zones, context.owners)
    observation = observe_snapshot(snapshot, kept_zones, context, fast_path)
    drifts = {
        zone.zone.id: ZoneDrift(
            ownerships=fast_path.zones[zone.zone.id].ownerships,
            networks=set(fast_path.zones[zone.zone.id].networks),
        )
        for zone in zones
    }
    drifted_registries = tuple(_judge_registries(observation, snapshot, drifts, adopt))
    for zone in zones:
        _judge_zone(zone, observation, snapshot, fast_path, drifts[zone.zone.id])
    return Drift(drifted_registries, drifts)


def _judge_registries(
    observation: Observation,
    snapshot: Snapshot,
    drifts: Mapping[ResourceId, ZoneDrift],
    adopt: Adopt,
) -> Iterator[DriftedRegistry]:
    """Each registry that the fast path left, in all zones together; gives those that look wrong."""
    good_answers = GoodAnswers(observation)
    listings = {
        id_: zone.listing for id_, zone in snapshot.zones.items() if isinstance(zone, ZoneSnapshot)
    }
    by_registry = defaultdict[ResourceId, list[tuple[ZoneState, RegistryState]]](list)
    for zone_state in observation.zone_states:
        states, orphans = registry_states(observation, zone_state)
        drifts[zone_state.zone.id].findings += (
            *endpoint_findings(observation, zone_state),
            *orphan_findings(orphans),
        )
        for one in states:
            # Of most registries a zone holds nothing, nor is to.
            if one.names or one.home_states or not one.endpoint_states:
                by_registry[one.id].append((zone_state, one))
    for pairs in by_registry.values():
        desired = {
            # Whether a link may go is asked of the whole zone, later.
            zone_state.zone.id: replace(
                make_registry_desired(
                    observation, zone_state, one, good_answers, accept_partial=True
                ),
                abandoned_networks=frozenset(),
            )
            for zone_state, one in pairs
        }
        plans = make_plan(observation, desired, adopt, good_answers)
        is_wrong = any(plan.size for plan in plans.values()) or any(
            one.sides_over for one in desired.values()
        )
        for zone_state, one in pairs:
            drifts[zone_state.zone.id].deletes += _count_moves(zone_state, one)
        for id_, plan in plans.items():
            drift, zone_desired = drifts[id_], desired[id_]
            drift.networks |= zone_desired.link_reasons.keys()
            # Deletes are counted before any proof: a run that is fooled may prove them as well
            # (docs/decisions/0007-delete-threshold.md).
            drift.deletes += plan.deletes + len(zone_desired.sides_over)
            if not is_wrong:
                drift.findings += plan.findings
                drift.in_progress += (*zone_desired.in_progress, *plan.in_progress)
        if is_wrong:
            yield _drifted_registry(pairs, plans, observation, listings)


def _count_moves(zone_state: ZoneState, registry_state: RegistryState) -> int:
    """How many records go, or lose an address, once networks have moved to other zones."""
    zone = zone_state.zone
    endpoints = {
        id_
        for id_, state in registry_state.ready_endpoints.items()
        if not is_zone_for(zone, state.endpoint.network, state.endpoint.region)
    }
    return sum(
        any(claim.endpoint in endpoints for claim in registry_state.member_addresses[name.name])
        for name in registry_state.names
        if endpoints and name.ownership and name.name in registry_state.member_addresses
    )


def _judge_zone(
    zone: ZoneSnapshot,
    observation: Observation,
    snapshot: Snapshot,
    fast_path: FastPath,
    drift: ZoneDrift,
) -> None:
    """All that is said of a zone as a whole: its links, its size, and what else is amiss."""
    rest = fast_path.zones[zone.zone.id]
    drift.unused_links = _find_unused_links(observation, drift.networks, zone)
    # A link counts only where no record is left whose deletes are counted already, and one
    # that will be kept does not, or the threshold would hold for ever.
    drift.deletes += sum(
        not _is_kept_for_peers(drift.unused_links[hash_], snapshot, zone.zone)
        for hash_ in drift.unused_links.keys() - claim_networks(rest.ownerships.values())
    )
    records = len(rest.ownerships) + rest.count
    drift.other_owner = sum(
        ownership_status(record.metadata, observation.owners) is OwnershipStatus.OTHER_OWNER
        for record in rest.records.values()
    )
    links = sum(is_managed_link(link, observation.owners) for link in zone.listing.links)
    drift.managed = records + links
    drift.unmanaged = len(zone.listing.records) - records - drift.other_owner
    drift.findings += (
        *check_limits(zone),
        *check_links(drift.networks, zone, observation.owners),
        *check_dns_servers(drift.networks, snapshot),
        *check_public_access(snapshot, zone),
        *check_wildcards(zone),
        *check_hidden_names(zone, drift.networks, snapshot),
        *check_unlisted_zones(snapshot),
        *check_unread(snapshot),
    )


def observe_snapshot(
    snapshot: Snapshot,
    kept_zones: tuple[Zone, ...],
    context: RunContext,
    fast_path: FastPath,
) -> Observation:
    """What the fast path left, as one observation of zones of one name."""
    ownerships = [one for rest in fast_path.zones.values() for one in rest.ownerships.values()]
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
    readings = {id_: _endpoint_reading(id_, snapshot) for id_ in endpoint_ids}
    names = list_names(readings.values(), registries, kept_zones[0].suffix)
    return Observation(
        kept_zones=kept_zones,
        owners=context.owners,
        zones={
            zone.id: _zone_state(snapshot.zones[zone.id], names, fast_path) for zone in kept_zones
        },
        registries=registries,
        endpoint_readings=readings,
        day=context.today(),
    )


def _zone_state(
    zone: ZoneSnapshot | TransientError, names: frozenset[str], fast_path: FastPath
) -> Reading[ZoneState]:
    if not isinstance(zone, ZoneSnapshot):
        return Unknown(UnknownReason.TRANSIENT, str(zone))
    records: dict[str, RecordSet | None] = dict(fast_path.zones[zone.zone.id].records)
    for name in names:
        records.setdefault(name, zone.listing.records.get(name))
    listing = zone.listing
    return Found(ZoneState(zone.zone, records, listing.links, listing.link_error))


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


def _endpoint_reading(id_: ResourceId, snapshot: Snapshot) -> EndpointReading:
    return EndpointReading(
        id_,
        snapshot.endpoints.get(id_) or _absent_or_unknown(id_, snapshot),
        snapshot.interfaces.get(id_, Absent()),
        snapshot.groups.get(id_, Found(frozenset())),
    )


def _absent_or_unknown(id_: ResourceId, snapshot: Snapshot) -> Absent | Unknown:
    """What it means that no list holds a resource: gone, it seems, if its subscription answered."""
    if id_.subscription not in snapshot.subscriptions:
        return Unknown(UnknownReason.UNWATCHED)
    unknown = snapshot.unread.get(id_.subscription)
    return Absent() if unknown is None else Unknown(UnknownReason.TRANSIENT, unknown.detail)


def _drifted_registry(
    pairs: list[tuple[ZoneState, RegistryState]],
    plans: Mapping[ResourceId, Plan],
    observation: Observation,
    listings: Mapping[ResourceId, ZoneListing],
) -> DriftedRegistry:
    id_ = pairs[0][1].id
    names = [name for _, state in pairs for name in state.names]
    ownerships = [name.ownership for name in names if name.ownership]
    claims = (claim for ownership in ownerships for claim in ownership.claims)
    # A name can bear the ownership of another registry, made again in another resource group.
    registries = {ownership.registry for ownership in ownerships if ownership.registry}
    endpoints = {claim.endpoint for claim in claims}.union(
        *(state.endpoint_states for _, state in pairs)
    )
    networks = {
        reading.endpoint.value.network
        for endpoint in endpoints
        if (reading := observation.endpoint_readings.get(endpoint))
        and isinstance(reading.endpoint, Found)
    }
    # The zones with its names, and those to which its networks are linked.
    zones = frozenset(
        zone_state.zone.id
        for zone_state, state in pairs
        if state.names or state.addresses or networks & zone_state.link_by_network.keys()
    )
    target = Target(
        kept_zones=observation.kept_zones,
        zones=zones,
        registries=frozenset(registries | {id_}),
        endpoints=frozenset(endpoints),
        names=frozenset(name.name for name in names),
        has_all_names=True,
        listings=listings,
    )
    ids = target.registries | target.endpoints
    subscriptions = frozenset(id_.subscription for id_ in ids)
    return DriftedRegistry(id_, target, plans, _severity(plans.values()), subscriptions)


def _severity(plans: Collection[Plan]) -> int:
    """How much it matters to clients that the plans are not applied yet; 0 is worst."""
    upserts = [change for plan in plans for change in plan.records if not change.is_removal]
    if any(_has_new_addresses(change) for change in upserts):
        return 0
    if any(change.action is Action.CREATE for plan in plans for change in plan.links):
        return 1
    return 2 if upserts else 3


def _has_new_addresses(change: RecordChange) -> bool:
    before, after = change.before, change.after
    return not before or not after or set(before.addresses) != set(after.addresses)


def _find_unused_links(
    observation: Observation, networks: set[ResourceId], zone: ZoneSnapshot
) -> dict[str, ResourceId]:
    """Networks, by hash, with a link of ours that nothing in sight needs, nor these networks."""
    if zone.zone.links is Links.LEAVE:
        return {}
    # An endpoint that is in use at all needs its link, whatever becomes of its names: a link
    # too many does no harm.
    readings = [reading.endpoint for reading in observation.endpoint_readings.values()]
    networks = networks | find_networks(readings, zone.zone, observation.kept_zones, LinkNeed.KEEP)
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
            return zone.peered is Peered.KEEP and zone.joins(network)
        case _:
            return False
