"""Observe: the zone first, then the sources, so that no write can rest on older sources.

That is no-stale-overwrite. An observation reads the records that a target names, and only
then everything that decides about them. If the sources give a name that was not among the
records read, everything is read once more.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from shared.domain.observation import Elsewhere, EndpointReading, Evidence, Observation, Rival
from shared.domain.own_names import Registries, own_members
from shared.domain.ownership import (
    Owners,
    Ownership,
    OwnershipStatus,
    decode_ownership,
    kept_for_one,
    link_name,
    network_hash,
    ownership_status,
)
from shared.domain.reading import Absent, Found, Reading
from shared.domain.resource_id import ResourceId
from shared.domain.resources import SUCCEEDED, Endpoint, Interface, Registry, Status
from shared.domain.zone import Link, Links, RecordSet, Zone, is_zone_for, record_name, zone_for
from shared.engine.azure import Azure
from shared.engine.context import RunContext
from shared.engine.target import Target, ZoneListing
from shared.errors import TransientError

# A second reading knows all names, unless more appear meanwhile.
_MAX_READS = 4
# Azure's own limit is 200 for a registry, which support can raise
# (docs/azure.md#container-registry).
_MAX_ENDPOINTS = 1_000
# Above this many networks, listing the zone's links (100 a page) is the cheaper question.
_MAX_LINKS = 3


async def observe(target: Target, evidence: Evidence, context: RunContext) -> Observation:
    """Read the zone and then every source behind what was found there.

    Raises:
        TransientError: the zone could not be read, or names kept appearing.
    """
    names = target.names
    for _ in range(_MAX_READS):
        observation = await _read(replace(target, names=names), evidence, context)
        member_names = list_names(
            observation.endpoint_readings.values(), observation.registries, target.zone
        )
        if member_names <= names:
            # Links last, once it is settled which networks matter.
            return await _add_links(observation, target.listing, context)
        names |= member_names
    raise TransientError(f"new names kept appearing while all was read {_MAX_READS} times")


async def read_endpoint(id_: ResourceId, azure: Azure) -> EndpointReading:
    """An endpoint and, if it is a registry's, its interface."""
    endpoint = await azure.endpoint(id_)
    if not isinstance(endpoint, Found) or not endpoint.value.connections:
        return EndpointReading(id_, endpoint)
    return EndpointReading(id_, endpoint, await read_interface(endpoint.value, azure))


async def read_interface(endpoint: Endpoint, azure: Azure) -> Reading[Interface]:
    """The endpoint's interface; if it ever had several, all their members together."""
    readings = await asyncio.gather(*(azure.interface(id_) for id_ in endpoint.interfaces))
    interfaces = [reading.value for reading in readings if isinstance(reading, Found)]
    if len(interfaces) < len(readings) or not interfaces:
        return next((r for r in readings if not isinstance(r, Found)), Absent())
    state = next((i.state for i in interfaces if i.state != SUCCEEDED), SUCCEEDED)
    members = tuple(member for interface in interfaces for member in interface.members)
    ipv6_fqdns = tuple(fqdn for interface in interfaces for fqdn in interface.ipv6_fqdns)
    return Found(Interface(state, members, ipv6_fqdns))


def list_names(
    endpoint_readings: Iterable[EndpointReading], registries: Registries, zone: Zone
) -> frozenset[str]:
    """The names for the zone that endpoints which it serves give of their registries' own."""
    names = (
        record_name(member.fqdn, zone.suffix)
        for reading in endpoint_readings
        if reading.elsewhere is None
        for member in own_members(reading, registries)
    )
    return frozenset(name for name in names if name)


async def _read(target: Target, evidence: Evidence, context: RunContext) -> Observation:
    azure, zone = context.azure, target.zone
    # The order of these reads is what no-stale-overwrite rests on: records, then sources.
    records = await _records(target, azure)
    ownerships = dict(_decode(records, context.owners))
    registries = await _registries(target, ownerships.values(), azure)
    endpoints = target.endpoints | _claim_endpoints(ownerships.values())
    for registry in registries.values():
        if isinstance(registry, Found):
            endpoints |= registry.value.connections.keys()
    if len(endpoints) > _MAX_ENDPOINTS:
        raise TransientError(f"{len(endpoints)} endpoints at once are more than {_MAX_ENDPOINTS}")
    readings = await asyncio.gather(
        *(_endpoint_reading(id_, registries, zone, context) for id_ in sorted(endpoints))
    )
    readings = await asyncio.gather(
        *(_add_other_zone(reading, ownerships, zone, context) for reading in readings)
    )
    by_id = {reading.id: reading for reading in readings}
    return Observation(zone, context.owners, records, registries, by_id, evidence=evidence)


async def _records(target: Target, azure: Azure) -> dict[str, RecordSet | None]:
    names = sorted(target.names)
    if target.listing is not None:
        # The listing is older than the sources as well, and where it is too old, a write
        # fails by its ETag (docs/decisions/0006-lists-show-drift.md).
        return {name: target.listing.records.get(name) for name in names}
    records = await asyncio.gather(*(azure.record(target.zone, name) for name in names))
    return dict(zip(names, records, strict=True))


def _decode(
    records: Mapping[str, RecordSet | None], owners: Owners
) -> Iterator[tuple[str, Ownership]]:
    for name, record in records.items():
        ownership = record and decode_ownership(record, owners)
        if ownership:
            yield name, ownership


def _claim_endpoints(ownerships: Iterable[Ownership]) -> frozenset[ResourceId]:
    return frozenset(claim.endpoint for ownership in ownerships for claim in ownership.claims)


async def _registries(
    target: Target, ownerships: Iterable[Ownership], azure: Azure
) -> dict[ResourceId, Reading[Registry]]:
    ids = sorted(
        target.registries | {ownership.registry for ownership in ownerships if ownership.registry}
    )
    readings = await asyncio.gather(*(azure.registry(id_) for id_ in ids))
    return dict(zip(ids, readings, strict=True))


async def _endpoint_reading(
    id_: ResourceId,
    registries: dict[ResourceId, Reading[Registry]],
    zone: Zone,
    context: RunContext,
) -> EndpointReading:
    """Everything about one endpoint; its zone groups only if a registry of ours is behind it."""
    reading = await read_endpoint(id_, context.azure)
    match reading.endpoint:
        case Found(endpoint) if not is_zone_for(zone, endpoint.network, endpoint.region):
            other = zone_for(context.zones, zone.suffix, endpoint.network, endpoint.region)
            return replace(reading, elsewhere=Elsewhere(other.id if other else None))
        case Found(endpoint) if registries.keys() & endpoint.connections.keys():
            group = await context.azure.has_zone_group(id_, zone.id.name)
            return replace(reading, zone_group=group)
        case _:
            return reading


async def _add_other_zone(
    reading: EndpointReading, ownerships: Mapping[str, Ownership], zone: Zone, context: RunContext
) -> EndpointReading:
    """The reading with what the zone that serves it holds of the names that are still here."""
    if reading.elsewhere is None:
        return reading
    other = next((other for other in context.zones if other.id == reading.elsewhere.zone), None)
    names = [
        name
        for name, ownership in sorted(ownerships.items())
        if any(claim.endpoint == reading.id for claim in ownership.claims)
    ]
    if other is None or not names or other.id == zone.id:
        return reading
    # Read after this zone's records: what goes from here must be there by then.
    answers = await asyncio.gather(*(context.azure.record(other, name) for name in names))
    records = [record for record in answers if record]
    holds = frozenset((record.name, address) for record in records for address in record.addresses)
    keeps = kept_for_one(records, other, context.owners)
    return replace(reading, elsewhere=replace(reading.elsewhere, holds=holds, keeps=keeps))


async def _add_links(
    observation: Observation, listing: ZoneListing | None, context: RunContext
) -> Observation:
    try:
        links = await _links(observation, listing, context.azure)
        rivals = await _rivals(observation, links, context)
    except TransientError as error:
        # Links that cannot be read never stop the records.
        return replace(observation, link_error=error)
    return replace(observation, links=links, rivals=rivals)


async def _links(
    observation: Observation, listing: ZoneListing | None, azure: Azure
) -> tuple[Link, ...]:
    """The links that matter; all of the zone's, if one is missing or they are many.

    A network can be linked by somebody else under any name, which only the
    whole list can tell.
    """
    zone = observation.zone
    if zone.links is Links.LEAVE:
        return ()
    networks = _networks_to_link(observation)
    if listing is not None:
        return await _add_new_links(listing.links, networks, zone, azure)
    ownerships = [ownership for _, ownership in _decode(observation.records, observation.owners)]
    hashes = {claim.network for ownership in ownerships for claim in ownership.claims}
    hashes |= observation.evidence.networks | set(map(network_hash, networks))
    if len(hashes) > _MAX_LINKS:
        return tuple(await azure.links(zone))
    names = sorted(map(link_name, hashes))
    answers = await asyncio.gather(*(azure.link(zone, name) for name in names))
    links = tuple(link for link in answers if link)
    linked_networks = {link.network for link in links}
    if networks | _networks_of_other_zones(observation) <= linked_networks:
        return links
    return tuple(await azure.links(zone))


async def _add_new_links(
    links: tuple[Link, ...], networks: set[ResourceId], zone: Zone, azure: Azure
) -> tuple[Link, ...]:
    """The zone's links as they were listed, and what other runs have linked since."""
    rest = sorted(networks - {link.network for link in links})
    names = (link_name(network_hash(network)) for network in rest)
    answers = await asyncio.gather(*(azure.link(zone, name) for name in names))
    return (*links, *(link for link in answers if link))


def _networks_of_other_zones(observation: Observation) -> set[ResourceId]:
    """The networks that another zone serves, while names of theirs are still here."""
    ownerships = (ownership for _, ownership in _decode(observation.records, observation.owners))
    endpoints = _claim_endpoints(ownerships)
    return {
        reading.endpoint.value.network
        for reading in observation.endpoint_readings.values()
        if isinstance(reading.endpoint, Found)
        and reading.elsewhere is not None
        and reading.id in endpoints
    }


def _networks_to_link(observation: Observation) -> set[ResourceId]:
    """The networks that an endpoint which this zone serves may need a link for."""
    return {
        reading.endpoint.value.network
        for reading in observation.endpoint_readings.values()
        if isinstance(reading.endpoint, Found)
        and reading.elsewhere is None
        and Status.APPROVED in reading.endpoint.value.connections.values()
    }


async def _rivals(
    observation: Observation, links: tuple[Link, ...], context: RunContext
) -> dict[ResourceId, Rival]:
    """Our links in other zones of this name that hold a network which this zone serves now."""
    zone = observation.zone
    others = [
        other
        for other in context.zones
        if other.suffix == zone.suffix and other.id != zone.id and other.links is Links.MANAGE
    ]
    if zone.links is Links.LEAVE or not others:
        return {}
    networks = sorted(_networks_to_link(observation) - {link.network for link in links})
    pairs = [(other, link_name(network_hash(network))) for network in networks for other in others]
    answers = await asyncio.gather(*(context.azure.link(other, name) for other, name in pairs))
    # A link that somebody else made is not ours to move, whatever its name.
    return {
        link.network: Rival(other, link)
        for (other, _), link in zip(pairs, answers, strict=True)
        if link
        and link.network
        and ownership_status(link.tags, context.owners) is OwnershipStatus.MANAGED
    }
