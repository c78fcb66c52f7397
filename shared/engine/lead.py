"""Lead: from a scope to where to look, learnt cheaply. It is a hint; nothing of it is believed."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from shared.domain.findings import Finding, Notice
from shared.domain.model import (
    Absent,
    Doubt,
    DoubtedEntry,
    Endpoint,
    EndpointScope,
    FormerEndpointScope,
    Found,
    Link,
    Reading,
    RecordSet,
    Registry,
    RegistryScope,
    Scope,
    Unknown,
    WholeScope,
    Zone,
)
from shared.domain.names import ResourceId
from shared.engine.bursts import Listings
from shared.engine.estate import Estate
from shared.errors import RetryLater


@dataclass(frozen=True, slots=True)
class Known:
    """A whole zone as it was listed a moment ago: what need not be read again before the sources.

    Attributes:
        records: every A record set by name; a name that is not there has none.
        links: every link.
    """

    records: Mapping[str, RecordSet]
    links: tuple[Link, ...]


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
        doubted: names and entries of which one side alone said earlier that they are over.
        known: the zone, if it was just listed; for one look only.
    """

    registries: frozenset[ResourceId]
    endpoints: frozenset[ResourceId] = frozenset()
    names: frozenset[str] = frozenset()
    leaving: frozenset[str] = frozenset()
    whole: bool = False
    doubted: frozenset[DoubtedEntry] = frozenset()
    known: Known | None = None

    def union(self, other: "Lead") -> "Lead":
        """Where both lead."""
        return Lead(
            self.registries | other.registries,
            self.endpoints | other.endpoints,
            self.names | other.names,
            self.leaving | other.leaving,
            self.whole and other.whole,
            self.doubted | other.doubted,
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
        case WholeScope():
            raise ValueError("a whole scope is swept, and leads nowhere in particular")
        case _:
            assert_never(scope)


async def _learn_endpoint(
    scope: EndpointScope, reading: Reading[Endpoint], estate: Estate
) -> Hints | Notice | None:
    match reading:
        case Found(endpoint) if endpoint.connections:
            # A registry that cannot be read does not stop publishing.
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
        case WholeScope():
            return None
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
    marked = await listings.glimpsed(zone)
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
    if not zone.holds(registry.login_server):
        return frozenset()
    label = registry.login_server.partition(".")[0]
    regions = {registry.region, *(replica.region for replica in registry.replicas)}
    hinted = {f"{label}.{region}.data", f"{label}.{region}.geo"} if region else set()
    return frozenset({label, *(f"{label}.{known}.data" for known in regions), *hinted})
