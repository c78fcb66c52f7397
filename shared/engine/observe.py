"""Observe: the zone first, then the sources, so that no write can rest on older sources.

That is no-stale-overwrite. A look reads the records that a lead names, and only then
everything that decides about them. A name that the sources give but that was not among
the records read costs one more look.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from shared.domain.observation import Elsewhere, EndpointReading, Observation, Rival
from shared.domain.ownership import (
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
from shared.domain.zone import Link, Links, RecordSet, Zone, is_serving, record_name, zone_for
from shared.engine.azure import Azure
from shared.engine.context import RunContext
from shared.engine.target import Target, ZoneListing
from shared.errors import TransientError

_MAX_LOOKS = 4
# Azure's own limit is 200 for a registry, which support can raise
# (docs/azure.md#container-registry).
_MAX_ENDPOINTS = 1_000
# Above this many networks, listing the zone's links (100 a page) is the cheaper question.
_MAX_SINGLE_LINKS = 3


async def observe(target: Target, zone: Zone, context: RunContext) -> Observation:
    """Look at the zone and then at every source behind what was found there.

    Raises:
        RetryLater: the zone could not be read, or names kept appearing.
    """
    names = target.names
    for _ in range(_MAX_LOOKS):
        observation = await _look(replace(target, names=names), zone, context)
        given = given_names(observation.endpoint_readings.values(), zone)
        if given <= names:
            links = await _links(observation, target.known, context.azure)
            rivals = await _rivals(observation, links, context)
            return replace(observation, links=links, rivals=rivals)
        names |= given
    raise TransientError(f"new names kept appearing during {_MAX_LOOKS} looks")


async def _look(target: Target, zone: Zone, context: RunContext) -> Observation:
    azure = context.azure
    records = await _records(target, zone, azure)
    ownerships = dict(_marked(records, zone))
    registries = await _registries(target, ownerships.values(), azure)
    endpoints = target.endpoints | {
        e.endpoint for ownership in ownerships.values() for e in ownership.claims
    }
    for registry in registries.values():
        if isinstance(registry, Found):
            endpoints |= registry.value.connections.keys()
    if len(endpoints) > _MAX_ENDPOINTS:
        raise TransientError(f"{len(endpoints)} endpoints at once are more than {_MAX_ENDPOINTS}")
    endpoint_readings = await asyncio.gather(
        *(_source(id_, registries, zone, context) for id_ in sorted(endpoints))
    )
    routed = await asyncio.gather(
        *(
            _routed(endpoint_reading, ownerships, zone, context)
            for endpoint_reading in endpoint_readings
        )
    )
    by_id = {endpoint_reading.id: endpoint_reading for endpoint_reading in routed}
    return Observation(
        zone, records, registries, by_id, leaving=target.leaving, doubted=target.doubted
    )


async def _records(target: Target, zone: Zone, azure: Azure) -> dict[str, RecordSet | None]:
    ordered = sorted(target.names)
    if target.known is not None:
        return {name: target.known.records.get(name) for name in ordered}
    read = await asyncio.gather(*(azure.record(zone, name) for name in ordered))
    return dict(zip(ordered, read, strict=True))


def _marked(records: Mapping[str, RecordSet | None], zone: Zone) -> Iterator[tuple[str, Ownership]]:
    for name, record in records.items():
        ownership = record and decode_ownership(record, zone)
        if ownership:
            yield name, ownership


async def _registries(
    target: Target, ownerships: Iterable[Ownership], azure: Azure
) -> dict[ResourceId, Reading[Registry]]:
    ids = sorted(
        target.registries | {ownership.registry for ownership in ownerships if ownership.registry}
    )
    read = await asyncio.gather(*(azure.registry(id_) for id_ in ids))
    return dict(zip(ids, read, strict=True))


async def _source(
    id_: ResourceId,
    registries: dict[ResourceId, Reading[Registry]],
    zone: Zone,
    context: RunContext,
) -> EndpointReading:
    """Everything about one endpoint; its interface only if a registry of ours is behind it."""
    endpoint_reading = await read_endpoint(id_, context.azure)
    match endpoint_reading.endpoint:
        case Found(endpoint) if not is_serving(zone, endpoint.network, endpoint.region):
            other = zone_for(context.zones, zone.suffix, endpoint.network, endpoint.region)
            return replace(endpoint_reading, elsewhere=Elsewhere(other.id if other else None))
        case Found(endpoint) if registries.keys() & endpoint.connections.keys():
            group = await context.azure.has_zone_group(id_, zone.id.name)
            return replace(endpoint_reading, zone_group=group)
        case _:
            return endpoint_reading


async def _routed(
    endpoint_reading: EndpointReading,
    ownerships: Mapping[str, Ownership],
    zone: Zone,
    context: RunContext,
) -> EndpointReading:
    """The source with what the zone that serves it holds of the names that are still here."""
    if endpoint_reading.elsewhere is None:
        return endpoint_reading
    other = next(
        (other for other in context.zones if other.id == endpoint_reading.elsewhere.zone), None
    )
    names = [
        name
        for name, ownership in sorted(ownerships.items())
        if any(claim.endpoint == endpoint_reading.id for claim in ownership.claims)
    ]
    if other is None or not names or other.id == zone.id:
        return endpoint_reading
    read = await asyncio.gather(*(context.azure.record(other, name) for name in names))
    there = [record for record in read if record]
    holds = frozenset((record.name, address) for record in there for address in record.addresses)
    keeps = kept_for_one(there, other)
    return replace(
        endpoint_reading, elsewhere=replace(endpoint_reading.elsewhere, holds=holds, keeps=keeps)
    )


async def read_endpoint(id_: ResourceId, azure: Azure) -> EndpointReading:
    """An endpoint and, if it is a registry's, its interface."""
    endpoint = await azure.endpoint(id_)
    if not isinstance(endpoint, Found) or not endpoint.value.connections:
        return EndpointReading(id_, endpoint)
    return EndpointReading(id_, endpoint, await read_interface(endpoint.value, azure))


async def read_interface(endpoint: Endpoint, azure: Azure) -> Reading[Interface]:
    """The endpoint's interface; if it ever had several, all their members together."""
    readings = await asyncio.gather(*(azure.interface(id_) for id_ in endpoint.interfaces))
    found = [reading.value for reading in readings if isinstance(reading, Found)]
    if len(found) < len(readings) or not found:
        return next((r for r in readings if not isinstance(r, Found)), Absent())
    state = next((i.state for i in found if i.state != SUCCEEDED), SUCCEEDED)
    members = tuple(member for interface in found for member in interface.members)
    ipv6_fqdns = tuple(fqdn for interface in found for fqdn in interface.ipv6_fqdns)
    return Found(Interface(state, members, ipv6_fqdns))


def given_names(endpoint_readings: Iterable[EndpointReading], zone: Zone) -> frozenset[str]:
    """The names that the interfaces of endpoints which the zone serves give for it."""
    names = (
        record_name(member.fqdn, zone.suffix)
        for endpoint_reading in endpoint_readings
        if isinstance(endpoint_reading.interface, Found) and endpoint_reading.elsewhere is None
        for member in endpoint_reading.interface.value.members
    )
    return frozenset(name for name in names if name)


async def _links(
    observation: Observation, known: ZoneListing | None, azure: Azure
) -> tuple[Link, ...]:
    """The links that matter; all of the zone's, if one is missing or they are many.

    A network can be linked by somebody else under any name, which only the
    whole list can tell.
    """
    zone = observation.zone
    if zone.links is Links.LEAVE:
        return ()
    wanted = _wanted(observation)
    if known is not None:
        return await _completed(known.links, wanted, zone, azure)
    ownerships = _marked(observation.records, zone)
    hashes = {
        e.network for _, ownership in ownerships for e in ownership.claims
    } | observation.leaving
    hashes |= set(map(network_hash, wanted))
    if len(hashes) > _MAX_SINGLE_LINKS:
        return tuple(await azure.links(zone))
    names = sorted(map(link_name, hashes))
    read = await asyncio.gather(*(azure.link(zone, name) for name in names))
    links = tuple(link for link in read if link)
    linked = {link.network for link in links}
    if wanted <= linked and _moving(observation) <= linked:
        return links
    return tuple(await azure.links(zone))


async def _completed(
    links: tuple[Link, ...], wanted: set[ResourceId], zone: Zone, azure: Azure
) -> tuple[Link, ...]:
    """The zone's links as they were listed, and what other runs have linked since."""
    missing = sorted(wanted - {link.network for link in links})
    names = (link_name(network_hash(network)) for network in missing)
    read = await asyncio.gather(*(azure.link(zone, name) for name in names))
    return (*links, *(link for link in read if link))


def _moving(observation: Observation) -> set[ResourceId]:
    """The networks that another zone serves, while names of theirs are still here."""
    named = {
        e.endpoint
        for _, ownership in _marked(observation.records, observation.zone)
        for e in ownership.claims
    }
    return {
        endpoint_reading.endpoint.value.network
        for endpoint_reading in observation.endpoint_readings.values()
        if isinstance(endpoint_reading.endpoint, Found)
        and endpoint_reading.elsewhere is not None
        and endpoint_reading.id in named
    }


def _wanted(observation: Observation) -> set[ResourceId]:
    """The networks that an endpoint which this zone serves may need a link for."""
    return {
        endpoint_reading.endpoint.value.network
        for endpoint_reading in observation.endpoint_readings.values()
        if isinstance(endpoint_reading.endpoint, Found)
        and endpoint_reading.elsewhere is None
        and Status.APPROVED in endpoint_reading.endpoint.value.connections.values()
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
    missing = sorted(_wanted(observation) - {link.network for link in links})
    asked = [(other, link_name(network_hash(network))) for network in missing for other in others]
    read = await asyncio.gather(*(context.azure.link(other, name) for other, name in asked))
    return {
        link.network: Rival(other, link)
        for (other, _), link in zip(asked, read, strict=True)
        if link and link.network and ownership_status(link.tags, other) is OwnershipStatus.MANAGED
    }
