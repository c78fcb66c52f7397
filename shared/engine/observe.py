"""Observe: the zone first, then the sources, so that no write can rest on older sources (S2).

A `Lead` says where to look, and is learnt cheaply. A look then reads those
records, and only then everything that decides about them. A name that the
sources give but that was not among the records read costs one more look.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from shared.domain import marks
from shared.domain.findings import Finding, Notice
from shared.domain.model import (
    SUCCEEDED,
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
from shared.engine.bursts import Listings
from shared.engine.estate import Estate
from shared.errors import RetryLater

_MAX_LOOKS = 4
# Azure's own limit is 200 for a registry, which support can raise (azure-facts, 2).
_MAX_ENDPOINTS = 1_000
# Above this many networks, listing the zone's links (100 a page) is the cheaper question.
_MAX_SINGLE_LINKS = 3


@dataclass(frozen=True, slots=True)
class Lead:
    """Where to look: hints only, so none of it is believed.

    Attributes:
        registries: registries that may have changed.
        endpoints: endpoints that may have changed.
        names: records that may have to change.
        leaving: hashes of networks that lost an endpoint earlier in this run; once
            their records are gone, nothing else would remember them.
        whole: whether the names hold all that the marks note for the registries.
    """

    registries: frozenset[ResourceId]
    endpoints: frozenset[ResourceId] = frozenset()
    names: frozenset[str] = frozenset()
    leaving: frozenset[str] = frozenset()
    whole: bool = False

    def union(self, other: "Lead") -> "Lead":
        """Where both lead."""
        return Lead(
            self.registries | other.registries,
            self.endpoints | other.endpoints,
            self.names | other.names,
            self.leaving | other.leaving,
            self.whole and other.whole,
        )


@dataclass(frozen=True, slots=True)
class Hints:
    """What one cheap look at Azure says about a scope, for all zones at once.

    Attributes:
        scope: what a trigger asks to be made right.
        registries: the registries behind it, as they were read.
    """

    scope: Scope
    registries: Mapping[ResourceId, Reading[Registry]] = field(default_factory=dict)


async def learn(scope: Scope, estate: Estate) -> Hints | Notice | None:
    """What the scope is about.

    Returns:
        hints; None if it is about nothing of a registry's, which costs one read
        at most; a finding if the app may not read what it would need to tell.

    Raises:
        RetryLater: Azure did not answer, so nothing can be told.
    """
    match scope:
        case EndpointScope(endpoint):
            return await _learn_endpoint(scope, await estate.endpoint(endpoint), estate)
        case FormerEndpointScope():
            return Hints(scope)
        case RegistryScope(registry):
            reading = await estate.registry(registry)
            if isinstance(reading, Unknown):
                return _doubtful(registry, reading)
            return Hints(scope, {registry: reading})
        case _:
            assert_never(scope)


async def _learn_endpoint(
    scope: EndpointScope, reading: Reading[Endpoint], estate: Estate
) -> Hints | Notice | None:
    match reading:
        case Found(endpoint) if endpoint.connections:
            # A registry that cannot be read does not stop publishing (design, 3).
            ids = sorted(endpoint.connections)
            read = await asyncio.gather(*(estate.registry(id_) for id_ in ids))
            return Hints(scope, dict(zip(ids, read, strict=True)))
        case Unknown():
            return _doubtful(scope.endpoint, reading)
        case _:
            return None


def _doubtful(id_: ResourceId, unknown: Unknown) -> Notice | None:
    match unknown.doubt:
        case Doubt.TRANSIENT:
            raise RetryLater(f"{id_.short} could not be read: {unknown.detail}")
        case Doubt.UNWATCHED:
            return None
        case Doubt.FORBIDDEN | Doubt.UNREADABLE:
            detail = f"{unknown.doubt} ({unknown.detail})"
            return Notice(Finding.UNREADABLE, str(id_), detail)


async def lead(hints: Hints, zone: Zone, listings: Listings) -> Lead | None:
    """Where the hints lead in one zone, or None if they have nothing to do with it.

    Raises:
        RetryLater: the zone could not be read.
    """
    match hints.scope:
        case FormerEndpointScope(endpoint):
            return await _former_endpoint_lead(endpoint, zone, listings)
        case EndpointScope(endpoint):
            where = Lead(frozenset(hints.registries), frozenset((endpoint,)))
            region = None
        case RegistryScope(registry, region):
            where = Lead(frozenset((registry,)))
        case _:
            assert_never(hints.scope)
    for reading in hints.registries.values():
        match reading:
            case Found(found):
                names = _expected_names(found, region, zone)
                where = replace(where, names=where.names | names)
            case Absent():
                where = await whole(where, zone, listings)
            case Unknown():
                continue
    unknown = any(isinstance(reading, Unknown) for reading in hints.registries.values())
    return where if where.names or unknown else None


async def whole(where: Lead, zone: Zone, listings: Listings) -> Lead:
    """The lead with every name that the marks note for its registries: one listing."""
    marked = await listings.marked(zone)
    names = {name for name, mark in marked if mark.registry in where.registries}
    return replace(where, names=where.names | names, whole=True)


async def _former_endpoint_lead(
    endpoint: ResourceId, zone: Zone, listings: Listings
) -> Lead | None:
    """Only the marks still know what a deleted endpoint was for."""
    marked = await listings.marked(zone)
    registries = {
        mark.registry
        for _, mark in marked
        if mark.registry and any(entry.endpoint == endpoint for entry in mark.entries)
    }
    if not registries:
        return None
    names = frozenset(name for name, mark in marked if mark.registry in registries)
    return Lead(frozenset(registries), frozenset((endpoint,)), names, whole=True)


def _expected_names(registry: Registry, region: str | None, zone: Zone) -> frozenset[str]:
    """The names that the registry has by its documents, and those of the region hinted at."""
    label, _, suffix = registry.login_server.partition(".")
    if suffix != zone.suffix:
        return frozenset()
    regions = {registry.region, *(replica.region for replica in registry.replicas)}
    hinted = {f"{label}.{region}.data", f"{label}.{region}.geo"} if region else set()
    return frozenset({label, *(f"{label}.{known}.data" for known in regions), *hinted})


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
            if Status.APPROVED not in endpoint.connections.values():
                return source
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
