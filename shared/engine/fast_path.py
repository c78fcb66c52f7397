"""Fast path: which registries are plainly in step, so that nobody needs to look closer. Pure.

In a zone of 25,000 records nearly all are as they should be, and to judge each of them
in full would cost most of a full sync. A registry passes if it has one endpoint, ready on
both sides, and each record is what the app would write, to the last byte; what does not
pass, for whatever reason, is judged in full (`drift`). So this file may be strict, and must
not be lenient: that a registry which passes has an empty plan is a property that the tests
hold against the full judgement (docs/decisions/0008-the-fast-path.md).
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from shared.domain.endpoint_state import DATA_MEMBER, LOGIN_MEMBER
from shared.domain.own_names import is_own_name
from shared.domain.ownership import Ownership, claim_metadata, decode_ownership
from shared.domain.reading import Found
from shared.domain.resource_id import ResourceId
from shared.domain.resources import SUCCEEDED, Endpoint, Member, Registry, Status
from shared.domain.zone import Links, RecordSet, Zone, is_zone_for, record_name
from shared.engine.snapshot import Snapshot, ZoneSnapshot


@dataclass(frozen=True, slots=True)
class FastPath:
    """What is plainly in step in a zone, and what is left to be judged in full.

    Attributes:
        registries: registries that are in step, each with its names.
        networks: those of their endpoints.
        records: the records that are left, by name.
        ownerships: ours on them.
    """

    registries: Mapping[ResourceId, frozenset[str]]
    networks: frozenset[ResourceId]
    records: Mapping[str, RecordSet]
    ownerships: Mapping[str, Ownership]


def find_in_step(snapshot: Snapshot, zone: ZoneSnapshot) -> FastPath:
    """The registries of a snapshot that are plainly in step in one zone, and what is left."""
    endpoints = _endpoints_by_registry(snapshot)
    linked_networks = {link.network for link in zone.listing.links}
    registries: dict[ResourceId, frozenset[str]] = {}
    for id_, reading in snapshot.registries.items():
        if not isinstance(reading, Found) or len(endpoints[id_]) != 1:
            continue
        (endpoint,) = endpoints[id_]
        if zone.zone.links is Links.LEAVE or endpoint.network in linked_networks:
            names = _names_in_step(reading.value, endpoint, snapshot, zone)
            registries |= {id_: names} if names else {}
    rest, ownerships = _rest(zone, registries)
    # Something that is left names these as well, so they are judged in full after all.
    rejects = _find_registries(ownerships, snapshot, zone.zone) & registries.keys()
    if rejects:
        for id_ in rejects:
            del registries[id_]
        rest, ownerships = _rest(zone, registries)
    networks = frozenset(endpoints[id_][0].network for id_ in registries)
    return FastPath(registries, networks, rest, ownerships)


def _endpoints_by_registry(snapshot: Snapshot) -> Mapping[ResourceId, list[Endpoint]]:
    endpoints = defaultdict[ResourceId, list[Endpoint]](list)
    for reading in snapshot.endpoints.values():
        if isinstance(reading, Found):
            for registry in reading.value.connections:
                endpoints[registry].append(reading.value)
    return endpoints


def _rest(
    zone: ZoneSnapshot, registries: Mapping[ResourceId, frozenset[str]]
) -> tuple[dict[str, RecordSet], dict[str, Ownership]]:
    """The records that no registry in step has, and our ownership of them."""
    names = frozenset().union(*registries.values())
    rest = {name: record for name, record in zone.listing.records.items() if name not in names}
    pairs = ((name, decode_ownership(record, zone.owners)) for name, record in rest.items())
    return rest, {name: ownership for name, ownership in pairs if ownership}


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
    members = _members(registry, endpoint, snapshot, zone.zone)
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


def _members(
    registry: Registry, endpoint: Endpoint, snapshot: Snapshot, zone: Zone
) -> tuple[Member, ...]:
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
        or not is_zone_for(zone, endpoint.network, endpoint.region)
    ):
        return ()
    members = interface.value.members
    # Names of others are a finding (own-names-only).
    if not all(is_own_name(one.fqdn, registry.id, Found(registry)) for one in members):
        return ()
    names = {LOGIN_MEMBER, *(f"{DATA_MEMBER}{region}" for region in registry.regions)}
    return members if {member.name for member in members} == names else ()
