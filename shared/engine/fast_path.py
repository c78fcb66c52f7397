"""Fast path: which registries are plainly in step, so that nobody needs to look closer. Pure.

In a zone of 25,000 records nearly all are as they should be, and to judge each of them
in full would cost most of a full sync. A registry passes if it has one endpoint, ready on
both sides, and each record is what the app would write, to the last byte; what does not
pass, for whatever reason, is judged in full (`drift`). So this file may be strict, and must
not be lenient: that a registry which passes has an empty plan is a property that the tests
hold against the full judgement (docs/decisions/0008-the-fast-path.md).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.domain.endpoint_state import DATA_MEMBER, LOGIN_MEMBER
from shared.domain.own_names import is_own_name
from shared.domain.ownership import Owners, Ownership, claim_metadata, decode_ownership
from shared.domain.reading import Found
from shared.domain.resource_id import ResourceId
from shared.domain.resources import SUCCEEDED, Endpoint, Member, Registry, Status
from shared.domain.routing import is_managed_link, serving_zone
from shared.domain.zone import Link, Links, RecordSet, Zone, record_name
from shared.engine.snapshot import Snapshot, ZoneSnapshot


@dataclass(frozen=True, slots=True)
class InStep:
    """A registry that is plainly in step: the zone with all of its names, and its network."""

    zone: ResourceId
    names: frozenset[str]
    network: ResourceId


@dataclass(frozen=True, slots=True)
class ZoneRest:
    """What is left of a zone to be judged in full.

    Attributes:
        records: the records that are left, by name.
        ownerships: ours on them.
        networks: those of the endpoints of registries in step.
        count: how many records are in step.
    """

    records: Mapping[str, RecordSet]
    ownerships: Mapping[str, Ownership]
    networks: frozenset[ResourceId]
    count: int


@dataclass(frozen=True, slots=True)
class FastPath:
    """What is plainly in step in zones of one name, and what is left to be judged in full.

    Attributes:
        registries: registries that are in step.
        zones: what is left of each zone.
    """

    registries: Mapping[ResourceId, InStep]
    zones: Mapping[ResourceId, ZoneRest]


def find_in_step(
    snapshot: Snapshot,
    kept_zones: tuple[Zone, ...],
    zones: Sequence[ZoneSnapshot],
    owners: Owners,
) -> FastPath:
    """The registries that are plainly in step in zones of one name, and what is left.

    Args:
        snapshot: everything watched.
        kept_zones: every zone of the name that the app keeps.
        zones: those that could be listed.
        owners: whose ownership counts as ours.
    """
    endpoints = _endpoints_by_registry(snapshot)
    links = {
        zone.zone.id: None
        if zone.zone.links is Links.LEAVE or zone.listing.link_error is not None
        else {link.network for link in zone.listing.links if _is_in_step(link, owners)}
        for zone in zones
    }
    by_id = {zone.zone.id: zone for zone in zones}
    registries: dict[ResourceId, InStep] = {}
    for id_, reading in snapshot.registries.items():
        if not isinstance(reading, Found) or len(endpoints[id_]) != 1:
            continue
        (endpoint,) = endpoints[id_]
        kept_zone = serving_zone(kept_zones, endpoint)
        zone = by_id.get(kept_zone.id) if kept_zone else None
        if zone is None:
            continue
        networks = links[zone.zone.id]
        if networks is None or endpoint.network in networks:
            names = _names_in_step(reading.value, endpoint, snapshot, zone)
            if names:
                registries[id_] = InStep(zone.zone.id, names, endpoint.network)
    rests = _find_rests(zones, registries)
    # Something that is left names these as well, so they are judged in full after all.
    rejects = frozenset[ResourceId]().union(
        *(_find_registries(rest.ownerships, snapshot, kept_zones[0]) for rest in rests.values())
    )
    if rejects & registries.keys():
        registries = {id_: one for id_, one in registries.items() if id_ not in rejects}
        rests = _find_rests(zones, registries)
    return FastPath(registries, rests)


def _is_in_step(link: Link, owners: Owners) -> bool:
    return link.is_working and (link.is_as_made or not is_managed_link(link, owners))


def _endpoints_by_registry(snapshot: Snapshot) -> Mapping[ResourceId, list[Endpoint]]:
    endpoints = defaultdict[ResourceId, list[Endpoint]](list)
    for reading in snapshot.endpoints.values():
        if isinstance(reading, Found):
            for registry in reading.value.connections:
                endpoints[registry].append(reading.value)
    return endpoints


def _find_rests(
    zones: Sequence[ZoneSnapshot], registries: Mapping[ResourceId, InStep]
) -> dict[ResourceId, ZoneRest]:
    """The records of each zone that no registry in step has, and our ownership of them."""
    by_zone = defaultdict[ResourceId, list[InStep]](list)
    for one in registries.values():
        by_zone[one.zone].append(one)
    rests = {}
    for zone in zones:
        in_step = by_zone[zone.zone.id]
        names = frozenset[str]().union(*(one.names for one in in_step))
        rest = {name: record for name, record in zone.listing.records.items() if name not in names}
        pairs = ((name, decode_ownership(record, zone.owners)) for name, record in rest.items())
        ownerships = {name: ownership for name, ownership in pairs if ownership}
        networks = frozenset(one.network for one in in_step)
        rests[zone.zone.id] = ZoneRest(rest, ownerships, networks, len(names))
    return rests


def _find_registries(
    ownerships: Mapping[str, Ownership], snapshot: Snapshot, zone: Zone
) -> frozenset[ResourceId]:
    """The registries that ownership names, or whose endpoints it names, or whose names it is on."""
    registries = {ownership.registry for ownership in ownerships.values() if ownership.registry}
    # Where ownership names no registry, the record's own name is all that tells whose it is.
    labels = {
        name.partition(".")[0] for name, ownership in ownerships.items() if not ownership.registry
    }
    registries |= {
        id_
        for id_, reading in (snapshot.registries.items() if labels else ())
        if isinstance(reading, Found)
        and zone.can_hold(reading.value.login_server)
        and reading.value.login_server.partition(".")[0] in labels
    }
    for ownership in ownerships.values():
        for claim in ownership.claims:
            reading = snapshot.endpoints.get(claim.endpoint)
            if isinstance(reading, Found):
                registries |= reading.value.connections.keys()
    return frozenset(registries)


def _names_in_step(
    registry: Registry, endpoint: Endpoint, snapshot: Snapshot, zone: ZoneSnapshot
) -> frozenset[str]:
    """The registry's names in the zone if every one of them is right; else none."""
    members = _members(registry, endpoint, snapshot)
    # Metadata is compared as written and not decoded: that is what makes this path fast.
    make_metadata = claim_metadata(zone.zone.owner, registry.id, endpoint)
    names: set[str] = set()
    for member in members:
        name = record_name(member.fqdn, zone.zone.suffix)
        record = zone.listing.records.get(name) if name else None
        if (
            record is None
            or record.addresses != (member.address,)
            or record.ttl != zone.zone.ttl
            or record.metadata != make_metadata(member.address)
        ):
            return frozenset()
        names.add(record.name)
    return frozenset(names) if len(names) == len(members) else frozenset()


def _members(registry: Registry, endpoint: Endpoint, snapshot: Snapshot) -> tuple[Member, ...]:
    """The endpoint's members, if nothing at all is unusual about it and its registry; else none."""
    interface = snapshot.interfaces.get(endpoint.id)
    if (
        not isinstance(interface, Found)
        or not registry.state == endpoint.state == interface.value.state == SUCCEEDED
        or interface.value.ipv6_fqdns
        or registry.connections != {endpoint.id: Status.APPROVED}
        or endpoint.connections != {registry.id: Status.APPROVED}
        or any(replica.state != SUCCEEDED for replica in registry.replicas)
        or endpoint.id in snapshot.groups
    ):
        return ()
    members = interface.value.members
    # Names of others are a finding (own-names-only).
    if not all(is_own_name(one.fqdn, registry.id, Found(registry)) for one in members):
        return ()
    names = {LOGIN_MEMBER, *(f"{DATA_MEMBER}{region}" for region in registry.regions)}
    return members if {member.name for member in members} == names else ()
