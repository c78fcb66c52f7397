"""Lead: from a scope to where to look, learnt cheaply. It is a hint; nothing of it is believed."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from shared.domain.findings import Finding, FindingKind
from shared.domain.observation import DoubtedClaim
from shared.domain.reading import Absent, Found, Reading, Unknown, UnknownReason
from shared.domain.resource_id import ResourceId
from shared.domain.resources import Endpoint, Registry
from shared.domain.scope import EndpointScope, FormerEndpointScope, RegistryScope, Scope, WholeScope
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
    doubted: frozenset[DoubtedClaim] = frozenset()
    known: ZoneListing | None = None

    def union(self, other: "Target") -> "Target":
        """Where both lead."""
        return Target(
            self.registries | other.registries,
            self.endpoints | other.endpoints,
            self.names | other.names,
            self.leaving | other.leaving,
            self.whole and other.whole,
            self.doubted | other.doubted,
        )


@dataclass(frozen=True, slots=True)
class ScopeReading:
    """What one cheap look at Azure says about a scope, for all zones at once.

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
        RetryLater: Azure did not answer, so nothing can be told.
    """
    match scope:
        case EndpointScope(endpoint):
            return await _resolve_endpoint(scope, await azure.endpoint(endpoint), azure)
        case FormerEndpointScope():
            return ScopeReading(scope)
        case RegistryScope(registry):
            reading = await azure.registry(registry)
            if isinstance(reading, Unknown):
                return _doubtful(registry, reading)
            return ScopeReading(scope, {registry: reading})
        case WholeScope():
            raise ValueError("a whole scope is swept, and leads nowhere in particular")
        case _:
            assert_never(scope)


async def _resolve_endpoint(
    scope: EndpointScope, reading: Reading[Endpoint], azure: Azure
) -> ScopeReading | Finding | None:
    match reading:
        case Found(endpoint) if endpoint.connections:
            # A registry that cannot be read does not stop publishing.
            ids = sorted(endpoint.connections)
            read = await asyncio.gather(*(azure.registry(id_) for id_ in ids))
            return ScopeReading(scope, dict(zip(ids, read, strict=True)))
        case Unknown():
            return _doubtful(scope.endpoint, reading)
        case _:
            return None


def _doubtful(id_: ResourceId, unknown: Unknown) -> Finding | None:
    match unknown.reason:
        case UnknownReason.TRANSIENT:
            raise TransientError(f"{id_.short} could not be read: {unknown.detail}")
        case UnknownReason.UNWATCHED:
            return None
        case UnknownReason.FORBIDDEN | UnknownReason.UNREADABLE:
            detail = f"{unknown.reason} ({unknown.detail})"
            return Finding(FindingKind.UNREADABLE, str(id_), detail)


async def find_target(
    scope_reading: ScopeReading, zone: Zone, ownership_index: OwnershipIndex
) -> Target | None:
    """Where the hints lead in one zone, or None if they have nothing to do with it.

    Raises:
        RetryLater: the zone could not be read.
    """
    match scope_reading.scope:
        case FormerEndpointScope(endpoint):
            return await _former_endpoint_lead(endpoint, zone, ownership_index)
        case EndpointScope(endpoint):
            target = Target(frozenset(scope_reading.registries), frozenset((endpoint,)))
            region = None
        case RegistryScope(registry, region):
            target = Target(frozenset((registry,)))
        case WholeScope():
            return None
        case _:
            assert_never(scope_reading.scope)
    for reading in scope_reading.registries.values():
        match reading:
            case Found(found):
                names = _expected_names(found, region, zone)
                target = replace(target, names=target.names | names)
            case Absent():
                target = await whole(target, zone, ownership_index)
            case Unknown():
                continue
    unknown = any(isinstance(reading, Unknown) for reading in scope_reading.registries.values())
    return target if target.names or unknown else None


async def whole(target: Target, zone: Zone, ownership_index: OwnershipIndex) -> Target:
    """The lead with every name that the marks note for its registries: one listing."""
    ownerships = await ownership_index.fresh(zone)
    names = {name for name, ownership in ownerships if ownership.registry in target.registries}
    return replace(target, names=target.names | names, whole=True)


async def _former_endpoint_lead(
    endpoint: ResourceId, zone: Zone, ownership_index: OwnershipIndex
) -> Target | None:
    """Only the marks still know what a deleted endpoint was for."""
    ownerships = await ownership_index.cached(zone)
    registries = {
        ownership.registry
        for _, ownership in ownerships
        if ownership.registry and any(claim.endpoint == endpoint for claim in ownership.claims)
    }
    if not registries:
        return None
    names = frozenset(name for name, ownership in ownerships if ownership.registry in registries)
    return Target(frozenset(registries), frozenset((endpoint,)), names, whole=True)


def _expected_names(registry: Registry, region: str | None, zone: Zone) -> frozenset[str]:
    """The names that the registry has by its documents, and those of the region hinted at."""
    if not zone.can_hold(registry.login_server):
        return frozenset()
    label = registry.login_server.partition(".")[0]
    regions = {registry.region, *(replica.region for replica in registry.replicas)}
    hinted = {f"{label}.{region}.data", f"{label}.{region}.geo"} if region else set()
    return frozenset({label, *(f"{label}.{known}.data" for known in regions), *hinted})
