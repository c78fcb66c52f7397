"""Target: from a scope to where to look, by few reads. It is a hint; nothing of it is believed."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from shared.domain.findings import Finding, FindingKind
from shared.domain.reading import Absent, Found, Reading, Unknown, UnknownReason
from shared.domain.resource_id import ResourceId
from shared.domain.resources import Endpoint, Registry, Status
from shared.domain.scope import EndpointScope, FormerEndpointScope, FullScope, RegistryScope, Scope
from shared.domain.zone import Link, RecordSet, Zone
from shared.engine.azure import Azure
from shared.engine.ownership_index import OwnershipIndex
from shared.errors import TransientError


@dataclass(frozen=True, slots=True)
class ZoneListing:
    """A whole zone as it was listed a moment ago: what need not be read again before the sources.

    Attributes:
        records: every A record set by name; a name that is not there has none.
        links: every link.
    """

    records: Mapping[str, RecordSet]
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """Where in a zone to look: hints only, so none of it is believed.

    Attributes:
        zone: which.
        registries: registries that may have changed.
        endpoints: endpoints that may have changed.
        names: records that may have to change.
        has_all_names: whether the names are all that the zone's ownership knows of the registries.
        listing: the zone, if it was just listed; for one observation only.
    """

    zone: Zone
    registries: frozenset[ResourceId]
    endpoints: frozenset[ResourceId] = frozenset()
    names: frozenset[str] = frozenset()
    has_all_names: bool = False
    listing: ZoneListing | None = None

    def union(self, other: "Target") -> "Target":
        """What both point to, in the same zone."""
        return Target(
            self.zone,
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
    """

    scope: Scope
    registries: Mapping[ResourceId, Reading[Registry]] = field(default_factory=dict)


async def resolve(scope: Scope, azure: Azure) -> ScopeReading | Finding | None:
    """What the scope is about.

    Returns:
        hints; None if it is about nothing of a registry's, which costs one read
        at most; a finding if the app may not read what it would need to tell.

    Raises:
        TransientError: Azure did not answer, so nothing can be told.
    """
    match scope:
        case EndpointScope(endpoint):
            return await _resolve_endpoint(scope, await azure.endpoint(endpoint), azure)
        case FormerEndpointScope():
            return ScopeReading(scope)
        case RegistryScope(registry):
            reading = await azure.registry(registry)
            if isinstance(reading, Unknown):
                return _unknown_finding(registry, reading)
            return ScopeReading(scope, {registry: reading})
        case FullScope():
            raise ValueError("a whole scope has no target: a full sync makes it right")
        case _:
            assert_never(scope)


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
            return ScopeReading(scope, registries)
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
    scope_reading: ScopeReading, zone: Zone, ownership_index: OwnershipIndex
) -> Target | None:
    """Where the hints point in one zone, or None if they have nothing to do with it.

    Raises:
        TransientError: the zone could not be read.
    """
    match scope_reading.scope:
        case FormerEndpointScope(endpoint):
            return await _former_endpoint_target(endpoint, zone, ownership_index)
        case EndpointScope(endpoint):
            target = Target(zone, frozenset(scope_reading.registries), frozenset((endpoint,)))
            region = None
        case RegistryScope(registry, region):
            target = Target(zone, frozenset((registry,)))
        case FullScope():
            return None
        case _:
            assert_never(scope_reading.scope)
    for reading in scope_reading.registries.values():
        match reading:
            case Found(value):
                names = _registry_names(value, region, zone)
                target = replace(target, names=target.names | names)
            case Absent():
                # No document is left to say which names it had.
                target = await complete_names(target, ownership_index)
            case Unknown():
                continue
    # Of a registry that could not be read no name is known; the run reads it again.
    is_unknown = any(isinstance(reading, Unknown) for reading in scope_reading.registries.values())
    return target if target.names or is_unknown else None


async def complete_names(target: Target, ownership_index: OwnershipIndex) -> Target:
    """The target with every name that ownership knows of its registries: one listing."""
    ownerships = await ownership_index.fresh(target.zone)
    names = {name for name, ownership in ownerships if ownership.registry in target.registries}
    return replace(target, names=target.names | names, has_all_names=True)


async def _former_endpoint_target(
    endpoint: ResourceId, zone: Zone, ownership_index: OwnershipIndex
) -> Target | None:
    """Only ownership still knows what a deleted endpoint was for."""
    # Most deletions concern no registry at all, and a listing of a full zone is dear
    # (docs/decisions/0010-a-large-listing-serves-a-minute.md).
    ownerships = await ownership_index.cached(zone)
    registries = {
        ownership.registry
        for _, ownership in ownerships
        if ownership.registry and any(claim.endpoint == endpoint for claim in ownership.claims)
    }
    if not registries:
        return None
    names = frozenset(name for name, ownership in ownerships if ownership.registry in registries)
    return Target(zone, frozenset(registries), frozenset((endpoint,)), names, has_all_names=True)


def _registry_names(registry: Registry, region: str | None, zone: Zone) -> frozenset[str]:
    """The names that the registry has by its documents, and those of the region hinted at."""
    if not zone.can_hold(registry.login_server):
        return frozenset()
    label = registry.login_server.partition(".")[0]
    regions = {registry.region, *(replica.region for replica in registry.replicas)}
    # A replica that was just deleted is in no document, so the event alone tells its region.
    region_names = {f"{label}.{region}.data", f"{label}.{region}.geo"} if region else set()
    return frozenset({label, *(f"{label}.{one}.data" for one in regions), *region_names})
