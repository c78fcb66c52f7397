"""Observe: the zone first, then the sources, so that no write can rest on older sources (S2).

A look reads the records that a lead names, and only then everything that
decides about them. A name that the sources give but that was not among the
records read costs one more look.
"""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import replace

from shared.domain import marks
from shared.domain.model import (
    SUCCEEDED,
    Absent,
    Endpoint,
    Found,
    Interface,
    Link,
    Links,
    Mark,
    Observation,
    Reading,
    RecordSet,
    Registry,
    Source,
    Status,
    Zone,
)
from shared.domain.names import ResourceId, network_hash, record_name
from shared.engine.estate import Estate
from shared.engine.lead import Lead
from shared.errors import RetryLater

_MAX_LOOKS = 4
# Azure's own limit is 200 for a registry, which support can raise (azure-facts, 2).
_MAX_ENDPOINTS = 1_000
# Above this many networks, listing the zone's links (100 a page) is the cheaper question.
_MAX_SINGLE_LINKS = 3


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
    if len(endpoints) > _MAX_ENDPOINTS:
        raise RetryLater(f"{len(endpoints)} endpoints at once are more than {_MAX_ENDPOINTS}")
    sources = await asyncio.gather(
        *(_source(id_, registries, zone, estate) for id_ in sorted(endpoints))
    )
    by_id = {source.id: source for source in sources}
    return Observation(zone, records, registries, by_id, leaving=where.leaving)


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
    source = await read_source(id_, estate)
    match source.endpoint:
        case Found(endpoint) if registries.keys() & endpoint.connections.keys():
            group = await estate.has_zone_group(id_, zone.id.name)
            return replace(source, zone_group=group)
        case _:
            return source


async def read_source(id_: ResourceId, estate: Estate) -> Source:
    """An endpoint and, if it is a registry's, its interface."""
    endpoint = await estate.endpoint(id_)
    if not isinstance(endpoint, Found) or not endpoint.value.connections:
        return Source(id_, endpoint)
    return Source(id_, endpoint, await _interface(endpoint.value, estate))


async def _interface(endpoint: Endpoint, estate: Estate) -> Reading[Interface]:
    """The endpoint's interface; if it ever had several, all their members together."""
    readings = await asyncio.gather(*(estate.interface(id_) for id_ in endpoint.interfaces))
    found = [reading.value for reading in readings if isinstance(reading, Found)]
    if len(found) < len(readings) or not found:
        return next((r for r in readings if not isinstance(r, Found)), Absent())
    state = next((i.state for i in found if i.state != SUCCEEDED), SUCCEEDED)
    return Found(Interface(state, tuple(member for i in found for member in i.members)))


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
    hashes = {e.network for mark in marked for e in mark.entries} | look.leaving
    hashes |= set(map(network_hash, wanted))
    if len(hashes) > _MAX_SINGLE_LINKS:
        return tuple(await estate.links(zone))
    names = sorted(map(marks.link_name, hashes))
    read = await asyncio.gather(*(estate.link(zone, name) for name in names))
    links = tuple(link for link in read if link)
    if wanted <= {link.network for link in links}:
        return links
    return tuple(await estate.links(zone))
