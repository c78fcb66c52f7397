"""Observe: the zone first, then the sources, so that no write can rest on older sources (S2).

A `Lead` says where to look, and is learnt cheaply. A look then reads those
records, and only then everything that decides about them. A name that the
sources give but that was not among the records read costs one more look.
"""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import assert_never

from shared.domain import marks
from shared.domain.model import (
    Absent,
    Doubt,
    Endpoint,
    EndpointScope,
    FormerEndpointScope,
    Found,
    Interface,
    Link,
    Links,
    Mark,
    Observation,
    Reading,
    RecordSet,
    Registry,
    RegistryScope,
    Scope,
    Source,
    Status,
    Unknown,
    Zone,
)
from shared.domain.names import ResourceId, network_hash, record_name
from shared.engine.estate import Estate
from shared.errors import RetryLater

_MAX_LOOKS = 4
# Above this many networks, listing the zone's links (100 a page) is the cheaper question.
_MAX_SINGLE_LINKS = 3


@dataclass(frozen=True, slots=True)
class Lead:
    """Where to look: hints only, so none of it is believed.

    Attributes:
        registries: registries that may have changed.
        endpoints: endpoints that may have changed.
        names: records that may have to change.
    """

    registries: frozenset[ResourceId]
    endpoints: frozenset[ResourceId] = frozenset()
    names: frozenset[str] = frozenset()


async def lead(scope: Scope, zone: Zone, estate: Estate) -> Lead | None:
    """Where a scope leads, or None if it has nothing to do with this zone.

    Raises:
        RetryLater: Azure did not answer, so nothing can be told.
    """
    match scope:
        case EndpointScope(endpoint):
            return await _endpoint_lead(endpoint, zone, estate)
        case FormerEndpointScope(endpoint):
            return await _former_endpoint_lead(endpoint, zone, estate)
        case RegistryScope(registry, region):
            return await _registry_lead(registry, region, zone, estate)
        case _:
            assert_never(scope)


async def _endpoint_lead(endpoint: ResourceId, zone: Zone, estate: Estate) -> Lead | None:
    """One read tells whether the endpoint is a registry's; most are not."""
    match await estate.endpoint(endpoint):
        case Found(found) if found.connections:
            registry_id = min(found.connections)
            there = await _registry_lead(registry_id, None, zone, estate)
            return replace(
                there or Lead(frozenset((registry_id,))), endpoints=frozenset((endpoint,))
            )
        case Unknown(Doubt.TRANSIENT, detail):
            raise RetryLater(f"endpoint {endpoint.short} could not be read: {detail}")
        case Found() | Absent() | Unknown():
            return None


async def _former_endpoint_lead(endpoint: ResourceId, zone: Zone, estate: Estate) -> Lead | None:
    """Only the marks still know what a deleted endpoint was for."""
    marked = await _marked(zone, estate)
    registries = {
        mark.registry
        for _, mark in marked
        if mark.registry and any(entry.endpoint == endpoint for entry in mark.entries)
    }
    if not registries:
        return None
    names = frozenset(name for name, mark in marked if mark.registry in registries)
    return Lead(frozenset(registries), frozenset((endpoint,)), names)


async def _registry_lead(
    registry: ResourceId, region: str | None, zone: Zone, estate: Estate
) -> Lead | None:
    match await estate.registry(registry):
        case Found(found):
            return Lead(frozenset((registry,)), names=_expected_names(found, region, zone))
        case Absent():
            marked = await _marked(zone, estate)
            names = frozenset(name for name, mark in marked if mark.registry == registry)
            return Lead(frozenset((registry,)), names=names) if names else None
        case Unknown(Doubt.TRANSIENT, detail):
            raise RetryLater(f"registry {registry.short} could not be read: {detail}")
        case Unknown():
            return Lead(frozenset((registry,)))


def _expected_names(registry: Registry, region: str | None, zone: Zone) -> frozenset[str]:
    """The names that the registry has by its documents, and those of the region hinted at."""
    label, _, suffix = registry.login_server.partition(".")
    if suffix != zone.suffix:
        return frozenset()
    regions = {registry.region, *(replica.region for replica in registry.replicas)}
    hinted = {f"{label}.{region}.data", f"{label}.{region}.geo"} if region else set()
    return frozenset({label, *(f"{label}.{known}.data" for known in regions), *hinted})


async def _marked(zone: Zone, estate: Estate) -> list[tuple[str, Mark]]:
    """The names of all record sets of ours, with their marks."""
    decoded = (
        (record.name, marks.decode(record, zone.owner)) for record in await estate.records(zone)
    )
    return [(name, mark) for name, mark in decoded if mark]


async def observe(where: Lead, zone: Zone, estate: Estate) -> Observation:
    """Look at the zone and then at every source behind what was found there.

    Raises:
        RetryLater: the zone could not be read, or names kept appearing.
    """
    names = where.names
    for _ in range(_MAX_LOOKS):
        look = await _look(replace(where, names=names), zone, estate)
        given = _given_names(look)
        if given <= names:
            return replace(look, links=await _links(look, estate))
        names |= given
    raise RetryLater(f"new names kept appearing during {_MAX_LOOKS} looks")


async def _look(where: Lead, zone: Zone, estate: Estate) -> Observation:
    ordered = sorted(where.names)
    read = await asyncio.gather(*(estate.record(zone, name) for name in ordered))
    records: dict[str, RecordSet | None] = dict(zip(ordered, read, strict=True))
    marked = tuple(_decoded(records.values(), zone))
    registries = await _registries(where, marked, estate)
    endpoints = where.endpoints | {e.endpoint for mark in marked for e in mark.entries}
    for registry in registries.values():
        if isinstance(registry, Found):
            endpoints |= registry.value.connections.keys()
    sources = await asyncio.gather(
        *(_source(id_, registries, zone, estate) for id_ in sorted(endpoints))
    )
    return Observation(zone, records, registries, {source.id: source for source in sources})


def _decoded(records: Iterable[RecordSet | None], zone: Zone) -> Iterator[Mark]:
    for record in records:
        mark = record and marks.decode(record, zone.owner)
        if mark:
            yield mark


async def _registries(
    where: Lead, marked: tuple[Mark, ...], estate: Estate
) -> dict[ResourceId, Reading[Registry]]:
    ids = sorted(where.registries | {mark.registry for mark in marked if mark.registry})
    read = await asyncio.gather(*(estate.registry(id_) for id_ in ids))
    return dict(zip(ids, read, strict=True))


async def _source(
    id_: ResourceId,
    registries: dict[ResourceId, Reading[Registry]],
    zone: Zone,
    estate: Estate,
) -> Source:
    """Everything about one endpoint; its interface only if a registry of ours is behind it."""
    endpoint = await estate.endpoint(id_)
    if not isinstance(endpoint, Found) or not registries.keys() & endpoint.value.connections.keys():
        return Source(id_, endpoint)
    interface = await _interface(endpoint.value, estate)
    if Status.APPROVED not in endpoint.value.connections.values():
        return Source(id_, endpoint, interface)
    return Source(id_, endpoint, interface, await estate.has_zone_group(id_, zone.id.name))


async def _interface(endpoint: Endpoint, estate: Estate) -> Reading[Interface]:
    """The endpoint's interface; if it ever had several, all their members together."""
    readings = await asyncio.gather(*(estate.interface(id_) for id_ in endpoint.interfaces))
    found = [reading.value for reading in readings if isinstance(reading, Found)]
    others = [reading for reading in readings if not isinstance(reading, Found)]
    if others or not found:
        return others[0] if others else Absent()
    members = tuple(member for interface in found for member in interface.members)
    return Found(Interface(min(interface.state for interface in found), members))


def _given_names(look: Observation) -> frozenset[str]:
    names = (
        record_name(member.fqdn, look.zone.suffix)
        for source in look.sources.values()
        if isinstance(source.interface, Found)
        for member in source.interface.value.members
    )
    return frozenset(name for name in names if name)


async def _links(look: Observation, estate: Estate) -> tuple[Link, ...]:
    """The links that matter; all of the zone's, if one is missing or they are many.

    A network can be linked by somebody else under any name, which only the
    whole list can tell.
    """
    zone = look.zone
    if zone.links is Links.LEAVE:
        return ()
    wanted = {
        source.endpoint.value.network
        for source in look.sources.values()
        if isinstance(source.endpoint, Found)
        and Status.APPROVED in source.endpoint.value.connections.values()
    }
    marked = _decoded(look.records.values(), zone)
    hashes = {e.network for mark in marked for e in mark.entries} | set(map(network_hash, wanted))
    if len(hashes) > _MAX_SINGLE_LINKS:
        return tuple(await estate.links(zone))
    names = sorted(map(marks.link_name, hashes))
    read = await asyncio.gather(*(estate.link(zone, name) for name in names))
    links = tuple(link for link in read if link)
    if wanted <= {link.network for link in links}:
        return links
    return tuple(await estate.links(zone))
