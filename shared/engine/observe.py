"""Observe: the zone first, then the sources, so that no write can rest on older sources.

That is no-stale-overwrite. A look reads the records that a lead names, and only then
everything that decides about them. A name that the sources give but that was not among
the records read costs one more look.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from shared.domain import marks
from shared.domain.marks import Ownership
from shared.domain.model import (
    SUCCEEDED,
    Absent,
    Elsewhere,
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
    Rival,
    Source,
    Status,
    Zone,
)
from shared.domain.names import ResourceId, network_hash, record_name
from shared.domain.routing import serves, zone_for
from shared.engine.bursts import Ground
from shared.engine.estate import Estate
from shared.engine.lead import Known, Lead
from shared.errors import RetryLater

_MAX_LOOKS = 4
# Azure's own limit is 200 for a registry, which support can raise
# (docs/azure.md#container-registry).
_MAX_ENDPOINTS = 1_000
# Above this many networks, listing the zone's links (100 a page) is the cheaper question.
_MAX_SINGLE_LINKS = 3


async def observe(where: Lead, zone: Zone, ground: Ground) -> Observation:
    """Look at the zone and then at every source behind what was found there.

    Raises:
        RetryLater: the zone could not be read, or names kept appearing.
    """
    names = where.names
    for _ in range(_MAX_LOOKS):
        look = await _look(replace(where, names=names), zone, ground)
        given = given_names(look.sources.values(), zone)
        if given <= names:
            links = await _links(look, where.known, ground.estate)
            rivals = await _rivals(look, links, ground)
            return replace(look, links=links, rivals=rivals)
        names |= given
    raise RetryLater(f"new names kept appearing during {_MAX_LOOKS} looks")


async def _look(where: Lead, zone: Zone, ground: Ground) -> Observation:
    estate = ground.estate
    records = await _records(where, zone, estate)
    marked = dict(_marked(records, zone))
    registries = await _registries(where, marked.values(), estate)
    endpoints = where.endpoints | {e.endpoint for mark in marked.values() for e in mark.entries}
    for registry in registries.values():
        if isinstance(registry, Found):
            endpoints |= registry.value.connections.keys()
    if len(endpoints) > _MAX_ENDPOINTS:
        raise RetryLater(f"{len(endpoints)} endpoints at once are more than {_MAX_ENDPOINTS}")
    sources = await asyncio.gather(
        *(_source(id_, registries, zone, ground) for id_ in sorted(endpoints))
    )
    routed = await asyncio.gather(*(_routed(source, marked, zone, ground) for source in sources))
    by_id = {source.id: source for source in routed}
    return Observation(
        zone, records, registries, by_id, leaving=where.leaving, doubted=where.doubted
    )


async def _records(where: Lead, zone: Zone, estate: Estate) -> dict[str, RecordSet | None]:
    ordered = sorted(where.names)
    if where.known is not None:
        return {name: where.known.records.get(name) for name in ordered}
    read = await asyncio.gather(*(estate.record(zone, name) for name in ordered))
    return dict(zip(ordered, read, strict=True))


def _marked(records: Mapping[str, RecordSet | None], zone: Zone) -> Iterator[tuple[str, Mark]]:
    for name, record in records.items():
        mark = record and marks.decode(record, zone)
        if mark:
            yield name, mark


async def _registries(
    where: Lead, marked: Iterable[Mark], estate: Estate
) -> dict[ResourceId, Reading[Registry]]:
    ids = sorted(where.registries | {mark.registry for mark in marked if mark.registry})
    read = await asyncio.gather(*(estate.registry(id_) for id_ in ids))
    return dict(zip(ids, read, strict=True))


async def _source(
    id_: ResourceId,
    registries: dict[ResourceId, Reading[Registry]],
    zone: Zone,
    ground: Ground,
) -> Source:
    """Everything about one endpoint; its interface only if a registry of ours is behind it."""
    source = await read_source(id_, ground.estate)
    match source.endpoint:
        case Found(endpoint) if not serves(zone, endpoint.network, endpoint.region):
            other = zone_for(ground.zones, zone.suffix, endpoint.network, endpoint.region)
            return replace(source, elsewhere=Elsewhere(other.id if other else None))
        case Found(endpoint) if registries.keys() & endpoint.connections.keys():
            group = await ground.estate.has_zone_group(id_, zone.id.name)
            return replace(source, zone_group=group)
        case _:
            return source


async def _routed(source: Source, marked: Mapping[str, Mark], zone: Zone, ground: Ground) -> Source:
    """The source with what the zone that serves it holds of the names that are still here."""
    if source.elsewhere is None:
        return source
    other = next((other for other in ground.zones if other.id == source.elsewhere.zone), None)
    names = [
        name
        for name, mark in sorted(marked.items())
        if any(entry.endpoint == source.id for entry in mark.entries)
    ]
    if other is None or not names or other.id == zone.id:
        return source
    read = await asyncio.gather(*(ground.estate.record(other, name) for name in names))
    there = [record for record in read if record]
    holds = frozenset((record.name, address) for record in there for address in record.addresses)
    keeps = marks.kept_for_one(there, other)
    return replace(source, elsewhere=replace(source.elsewhere, holds=holds, keeps=keeps))


async def read_source(id_: ResourceId, estate: Estate) -> Source:
    """An endpoint and, if it is a registry's, its interface."""
    endpoint = await estate.endpoint(id_)
    if not isinstance(endpoint, Found) or not endpoint.value.connections:
        return Source(id_, endpoint)
    return Source(id_, endpoint, await read_interface(endpoint.value, estate))


async def read_interface(endpoint: Endpoint, estate: Estate) -> Reading[Interface]:
    """The endpoint's interface; if it ever had several, all their members together."""
    readings = await asyncio.gather(*(estate.interface(id_) for id_ in endpoint.interfaces))
    found = [reading.value for reading in readings if isinstance(reading, Found)]
    if len(found) < len(readings) or not found:
        return next((r for r in readings if not isinstance(r, Found)), Absent())
    state = next((i.state for i in found if i.state != SUCCEEDED), SUCCEEDED)
    members = tuple(member for interface in found for member in interface.members)
    beyond = tuple(fqdn for interface in found for fqdn in interface.beyond)
    return Found(Interface(state, members, beyond))


def given_names(sources: Iterable[Source], zone: Zone) -> frozenset[str]:
    """The names that the interfaces of endpoints which the zone serves give for it."""
    names = (
        record_name(member.fqdn, zone.suffix)
        for source in sources
        if isinstance(source.interface, Found) and source.elsewhere is None
        for member in source.interface.value.members
    )
    return frozenset(name for name in names if name)


async def _links(look: Observation, known: Known | None, estate: Estate) -> tuple[Link, ...]:
    """The links that matter; all of the zone's, if one is missing or they are many.

    A network can be linked by somebody else under any name, which only the
    whole list can tell.
    """
    zone = look.zone
    if zone.links is Links.LEAVE:
        return ()
    wanted = _wanted(look)
    if known is not None:
        return await _completed(known.links, wanted, zone, estate)
    marked = _marked(look.records, zone)
    hashes = {e.network for _, mark in marked for e in mark.entries} | look.leaving
    hashes |= set(map(network_hash, wanted))
    if len(hashes) > _MAX_SINGLE_LINKS:
        return tuple(await estate.links(zone))
    names = sorted(map(marks.link_name, hashes))
    read = await asyncio.gather(*(estate.link(zone, name) for name in names))
    links = tuple(link for link in read if link)
    linked = {link.network for link in links}
    if wanted <= linked and _moving(look) <= linked:
        return links
    return tuple(await estate.links(zone))


async def _completed(
    links: tuple[Link, ...], wanted: set[ResourceId], zone: Zone, estate: Estate
) -> tuple[Link, ...]:
    """The zone's links as they were listed, and what other runs have linked since."""
    missing = sorted(wanted - {link.network for link in links})
    names = (marks.link_name(network_hash(network)) for network in missing)
    read = await asyncio.gather(*(estate.link(zone, name) for name in names))
    return (*links, *(link for link in read if link))


def _moving(look: Observation) -> set[ResourceId]:
    """The networks that another zone serves, while names of theirs are still here."""
    named = {e.endpoint for _, mark in _marked(look.records, look.zone) for e in mark.entries}
    return {
        source.endpoint.value.network
        for source in look.sources.values()
        if isinstance(source.endpoint, Found)
        and source.elsewhere is not None
        and source.id in named
    }


def _wanted(look: Observation) -> set[ResourceId]:
    """The networks that an endpoint which this zone serves may need a link for."""
    return {
        source.endpoint.value.network
        for source in look.sources.values()
        if isinstance(source.endpoint, Found)
        and source.elsewhere is None
        and Status.APPROVED in source.endpoint.value.connections.values()
    }


async def _rivals(
    look: Observation, links: tuple[Link, ...], ground: Ground
) -> dict[ResourceId, Rival]:
    """Our links in other zones of this name that hold a network which this zone serves now."""
    zone = look.zone
    others = [
        other
        for other in ground.zones
        if other.suffix == zone.suffix and other.id != zone.id and other.links is Links.MANAGE
    ]
    if zone.links is Links.LEAVE or not others:
        return {}
    missing = sorted(_wanted(look) - {link.network for link in links})
    asked = [
        (other, marks.link_name(network_hash(network))) for network in missing for other in others
    ]
    read = await asyncio.gather(*(ground.estate.link(other, name) for other, name in asked))
    return {
        link.network: Rival(other, link)
        for (other, _), link in zip(asked, read, strict=True)
        if link and link.network and marks.ownership(link.tags, other) is Ownership.OURS
    }
