"""Target: from a scope to where to look, by few reads. It is a hint; nothing of it is believed."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from shared.domain.findings import Finding, FindingKind
from shared.domain.reading import Absent, Found, Reading, Unknown, UnknownReason
from shared.domain.resource_id import ResourceId
from shared.domain.resources import Endpoint, Registry, Status
from shared.domain.routing import serving_zone
from shared.domain.scope import EndpointScope, FormerEndpointScope, FullScope, RegistryScope, Scope
from shared.domain.zone import Link, RecordSet, Zone
from shared.engine.azure import Azure
from shared.engine.ownership_index import OwnershipIndex, Ownerships
from shared.errors import TransientError


@dataclass(frozen=True, slots=True)
class ZoneListing:
    """A whole zone as it was listed a moment ago: what need not be read again before the sources.

    Attributes:
        records: every A record set by name; a name that is not there has none.
        links: every link.
        link_error: why the links could not be listed; else None.
    """

    records: Mapping[str, RecordSet]
    links: tuple[Link, ...]
    link_error: TransientError | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Where to look in zones of one name: hints only, so none of it is believed.

    Attributes:
        kept_zones: every zone of the name that the app keeps.
        zones: those that may have to change; a run is made if there are any.
        registries: registries that may have changed.
        endpoints: endpoints that may have changed.
        names: records that may have to change.
        has_all_names: whether the names are all that the zones' ownership knows of the registries.
        listings: zones that were just listed; for one observation only.
    """

    kept_zones: tuple[Zone, ...]
    zones: frozenset[ResourceId]
    registries: frozenset[ResourceId]
    endpoints: frozenset[ResourceId] = frozenset()
    names: frozenset[str] = frozenset()
    has_all_names: bool = False
    listings: Mapping[ResourceId, ZoneListing] = field(default_factory=dict)

    def union(self, other: "Target") -> "Target":
        """What both point to, in zones of the same name."""
        return Target(
            self.kept_zones,
            self.zones | other.zones,
            self.registries | other.registries,
            self.endpoints | other.endpoints,
            self.names | other.names,
            self.has_all_names and other.has_all_names,
        )


@dataclass(frozen=True, slots=True)
class ScopeReading:
    """What few reads of Azure say about a scope, for all zones at once.

    Attributes:
        scope: what a trigger asks to be made right.
        registries: the registries behind it, as they were read.
        endpoints: their endpoints, where zones of one name share them out.
    """

    scope: Scope
    registries: Mapping[ResourceId, Reading[Registry]] = field(default_factory=dict)
    endpoints: tuple[Reading[Endpoint], ...] = ()


async def resolve(
    scope: Scope, azure: Azure, *, has_several_zones: bool = False
) -> ScopeReading | Finding | None:
    """What the scope is about.

    Args:
        scope: what a trigger asks to be made right.
        azure: Azure.
        has_several_zones: whether zones of one name serve different networks, so that only the
            registry's endpoints tell which zones are concerned.

    Returns:
        hints; None if it is about nothing of a registry's, which costs one read
        at most; a finding if the app may not read what it would need to tell.

    Raises:
        TransientError: Azure did not answer, so nothing can be told.
    """
    match scope:
        case EndpointScope(endpoint):
            reading = await azure.endpoint(endpoint)
            result = await _resolve_endpoint(scope, reading, azure)
        case FormerEndpointScope():
            return ScopeReading(scope)
        case RegistryScope(id_):
            registry = await azure.registry(id_)
            if isinstance(registry, Unknown):
                return _unknown_finding(id_, registry)
            result = ScopeReading(scope, {id_: registry})
        case FullScope():
            raise ValueError("a whole scope has no target: a full sync makes it right")
        case _:
            assert_never(scope)
    if has_several_zones and isinstance(result, ScopeReading):
        return replace(result, endpoints=await _read_endpoints(result, azure))
    return result


async def _resolve_endpoint(
    scope: EndpointScope, reading: Reading[Endpoint], azure: Azure
) -> ScopeReading | Finding | None:
    match reading:
        case Found(endpoint) if endpoint.connections:
            # A registry that cannot be read does not stop publishing.
            ids = sorted(endpoint.connections)
            readings = await asyncio.gather(*(azure.registry(id_) for id_ in ids))
            registries = dict(zip(ids, readings, strict=True))
            # Anybody may ask a registry for a connection, and reads of all its endpoints are many.
            if all(_is_waiting(endpoint, id_, one) for id_, one in registries.items()):
                return None
            return ScopeReading(scope, registries, (reading,))
        case Unknown():
            return _unknown_finding(scope.endpoint, reading)
        case _:
            return None


def _is_waiting(endpoint: Endpoint, id_: ResourceId, registry: Reading[Registry]) -> bool:
    """Whether neither side has approved or ended a connection: then nothing comes or goes."""
    statuses = (Status.PENDING, Status.OTHER)
    return (
        endpoint.connections[id_] in statuses
        and isinstance(registry, Found)
        and registry.value.connections.get(endpoint.id) is not Status.APPROVED
    )


async def _read_endpoints(
    scope_reading: ScopeReading, azure: Azure
) -> tuple[Reading[Endpoint], ...]:
    """The scope's endpoint and all that its registries know of, each read once."""
    ids = {
        id_
        for registry in scope_reading.registries.values()
        if isinstance(registry, Found)
        for id_ in registry.value.connections
    }
    ids -= {one.value.id for one in scope_reading.endpoints if isinstance(one, Found)}
    readings = await asyncio.gather(*(azure.endpoint(id_) for id_ in sorted(ids)))
    return (*scope_reading.endpoints, *readings)


def _unknown_finding(id_: ResourceId, unknown: Unknown) -> Finding | None:
    match unknown.reason:
        case UnknownReason.TRANSIENT:
            raise TransientError(f"{id_.short} could not be read: {unknown.detail}")
        case UnknownReason.UNWATCHED:
            return None
        case UnknownReason.FORBIDDEN | UnknownReason.UNREADABLE:
            detail = f"{unknown.reason} ({unknown.detail})"
            return Finding(FindingKind.UNREADABLE, str(id_), detail, unknown.can_pass)


async def find_target(
    scope_reading: ScopeReading, zones: tuple[Zone, ...], ownership_index: OwnershipIndex
) -> Target | None:
    """Where the hints point in zones of one name, or None if they have nothing to do with them.

    Raises:
        TransientError: a zone that only its ownership can tell of could not be read.
    """
    registries = frozenset(scope_reading.registries)
    match scope_reading.scope:
        case FormerEndpointScope(endpoint):
            return await _former_endpoint_target(endpoint, zones, ownership_index)
        case EndpointScope(endpoint):
            endpoints, region = frozenset((endpoint,)), None
        case RegistryScope(_, region):
            endpoints = frozenset[ResourceId]()
        case FullScope():
            return None
        case _:
            assert_never(scope_reading.scope)
    zone_ids = frozenset(_concerned_zones(scope_reading, zones, ownership_index))
    target = Target(zones, zone_ids, registries, endpoints)
    for reading in scope_reading.registries.values():
        match reading:
            case Found(value):
                names = _registry_names(value, region, zones[0])
                target = replace(target, names=target.names | names)
            case Absent():
                # No document is left to say which names it had.
                target = await complete_names(target, zones, ownership_index)
            case Unknown():
                continue
    # Of a registry that could not be read no name is known; the run reads it again.
    is_unknown = any(isinstance(reading, Unknown) for reading in scope_reading.registries.values())
    return target if target.names or is_unknown else None


def _concerned_zones(
    scope_reading: ScopeReading, zones: tuple[Zone, ...], ownership_index: OwnershipIndex
) -> Iterator[ResourceId]:
    """The zones that serve a network of the endpoints, or that a fresh listing names.

    What stands in others is left to the full sync, whose lists show all of them.
    """
    if len(zones) == 1:
        yield zones[0].id
        return
    for reading in scope_reading.endpoints:
        if isinstance(reading, Found) and (zone := serving_zone(zones, reading.value)):
            yield zone.id
    for zone in zones:
        if ownership_index.has_named(zone, scope_reading.registries.keys()):
            yield zone.id


async def complete_names(
    target: Target, zones: Iterable[Zone], ownership_index: OwnershipIndex
) -> Target:
    """The target with every name that ownership in zones knows of its registries: a listing each.

    Raises:
        TransientError: no zone could be listed.
    """
    listings = await _list(zones, ownership_index.fresh)
    pairs = {
        (id_, name)
        for id_, ownerships in listings.items()
        for name, ownership in ownerships or ()
        if ownership.registry in target.registries
    }
    return replace(
        target,
        zones=target.zones | {id_ for id_, _ in pairs} | _find_unlisted(listings),
        names=target.names | {name for _, name in pairs},
        has_all_names=True,
    )


async def _former_endpoint_target(
    endpoint: ResourceId, zones: tuple[Zone, ...], ownership_index: OwnershipIndex
) -> Target | None:
    """Only ownership still knows what a deleted endpoint was for."""
    # Most deletions concern no registry at all, and a listing of a full zone is dear
    # (docs/decisions/0010-a-large-listing-serves-a-minute.md).
    listings = await _list(zones, ownership_index.cached)
    registries = {
        ownership.registry
        for ownerships in listings.values()
        for _, ownership in ownerships or ()
        if ownership.registry and any(claim.endpoint == endpoint for claim in ownership.claims)
    }
    pairs = {
        (id_, name)
        for id_, ownerships in listings.items()
        for name, ownership in ownerships or ()
        if ownership.registry in registries
    }
    zone_ids = _find_unlisted(listings).union(id_ for id_, _ in pairs)
    if not zone_ids:
        return None
    return Target(
        zones,
        zone_ids,
        frozenset(registries),
        frozenset((endpoint,)),
        frozenset(name for _, name in pairs),
        has_all_names=True,
    )


async def _list(
    zones: Iterable[Zone], ask: Callable[[Zone], Awaitable[Ownerships]]
) -> Mapping[ResourceId, Ownerships | None]:
    """What each zone's ownership says; None where a zone cannot be listed, while another can."""
    zones = tuple(zones)
    results = await asyncio.gather(*map(ask, zones), return_exceptions=True)
    errors = [one for one in results if isinstance(one, BaseException)]
    for error in errors:
        if len(errors) == len(zones) or not isinstance(error, TransientError):
            raise error
    return {
        zone.id: None if isinstance(result, BaseException) else result
        for zone, result in zip(zones, results, strict=True)
    }


def _find_unlisted(
    listings: Mapping[ResourceId, Ownerships | None],
) -> frozenset[ResourceId]:
    """The zones that could not be listed: the pass reads them, or tells that it cannot."""
    return frozenset(id_ for id_, ownerships in listings.items() if ownerships is None)


def _registry_names(registry: Registry, region: str | None, zone: Zone) -> frozenset[str]:
    """The names that the registry has by its documents, and those of the region hinted at."""
    if not zone.can_hold(registry.login_server):
        return frozenset()
    label = registry.login_server.partition(".")[0]
    regions = {registry.region, *(replica.region for replica in registry.replicas)}
    # A replica that was just deleted is in no document, so the event alone tells its region.
    region_names = {f"{label}.{region}.data", f"{label}.{region}.geo"} if region else set()
    return frozenset({label, *(f"{label}.{one}.data" for one in regions), *region_names})
