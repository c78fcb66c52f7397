"""Snapshot: everything watched, by lists, zones first. Lists may be stale and prove nothing.

What looks wrong here is read again by the loop, directly, before anything is written or
taken away (no-unproven-delete): a source that a list leaves out is taken for absent here,
and found again there (docs/decisions/0006-lists-show-drift.md).
"""

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass, replace

from shared.domain.ownership import Owners, creator_guid, registry_of
from shared.domain.reading import Absent, Found, Reading, Unknown, UnknownReason
from shared.domain.resource_id import ResourceId
from shared.domain.resources import Endpoint, Interface, Network, Registry, Status
from shared.domain.zone import Link, Links, Zone, may_hide_names, record_name
from shared.engine.azure import Azure, Counts, Listed, Pacing
from shared.engine.context import RunContext
from shared.engine.deadline import Deadline
from shared.engine.observe import read_interface
from shared.engine.target import ZoneListing
from shared.errors import TransientError

# Shares of the run's time by which the zones, and all else, must be listed: what is not
# answered by then is unread, and everything else is made right. A full zone whose pages wait
# for their turn takes five minutes of a timer's nine and a half (shared/arm/rate_limit.py).
_ZONES_PART = 0.6
_READINGS_PART = 0.8


@dataclass(frozen=True, slots=True)
class ZoneSnapshot:
    """A zone as it was listed.

    Attributes:
        zone: which.
        owners: whose ownership counts as ours.
        listing: its records and links.
        counts: how full it is, by its own word; None if it would not say.
    """

    zone: Zone
    owners: Owners
    listing: ZoneListing
    counts: Counts | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything watched, by lists, and what could not be listed.

    Attributes:
        zones: each zone's snapshot, or why it could not be listed.
        endpoints: the endpoints of registries.
        interfaces: by endpoint.
        groups: the zones in which zone groups of an endpoint keep records, where a record says so.
        registries: with their replicas, where an endpoint or ownership names them.
        networks: by ID.
        private_zones: zones that the app does not keep and that may hide names, with their links.
        unlisted_zones: subscriptions whose private zones could not be listed, and why.
        unread: subscriptions that could not be listed, and why.
        subscriptions: the subscriptions that were to be listed, and may be.
        unassigned_ids: those that nobody named, and in which the app may list nothing.
        list_failure: why the list of subscriptions is an old one; empty if it is not.
    """

    zones: Mapping[ResourceId, ZoneSnapshot | TransientError]
    endpoints: Mapping[ResourceId, Reading[Endpoint]]
    interfaces: Mapping[ResourceId, Reading[Interface]]
    groups: Mapping[ResourceId, Reading[frozenset[ResourceId]]]
    registries: Mapping[ResourceId, Reading[Registry]]
    networks: Mapping[ResourceId, Reading[Network]]
    private_zones: Mapping[ResourceId, Reading[tuple[Link, ...]]]
    unlisted_zones: Mapping[str, Unknown]
    unread: Mapping[str, Unknown]
    subscriptions: frozenset[str]
    unassigned_ids: frozenset[str] = frozenset()
    list_failure: str = ""

    def public_names(self, suffix: str) -> frozenset[str]:
        """The names of registries with connections, relative to a public suffix."""
        # Of any other the public DNS leads to no privatelink name.
        registries = (
            reading.value
            for reading in self.registries.values()
            if isinstance(reading, Found) and reading.value.connections
        )
        return frozenset(
            name
            for registry in registries
            if (label := record_name(registry.login_server, suffix))
            for name in (label, *(f"{label}.{region}.data" for region in registry.regions))
        )


async def take_snapshot(context: RunContext, deadline: Deadline) -> Snapshot:
    """List the zones, and then everything that decides about their records.

    Args:
        context: Azure, the zones and what is watched.
        deadline: the run's time, of which the snapshot takes a part only.

    Raises:
        TransientError: which subscriptions are watched could not be read.
    """
    azure, zones = context.azure, context.zones
    start, seconds = asyncio.get_running_loop().time(), deadline.remaining
    end = start + seconds * _ZONES_PART
    # Zones first, so that no write rests on a source older than its record (no-stale-overwrite).
    snapshots = await asyncio.gather(*(_zone_snapshot(zone, context, end) for zone in zones))
    end = start + seconds * _READINGS_PART
    watch = await azure.subscriptions()
    subscriptions = sorted(watch.ids)
    endpoint_lists = await _gather((azure.list_endpoints(s) for s in subscriptions), end)
    registry_lists = await _gather((azure.list_registries(s) for s in subscriptions), end)
    network_lists = await _gather((azure.list_networks(s) for s in subscriptions), end)
    zone_lists = await _gather((azure.list_private_zones(s) for s in subscriptions), end)
    # Networks are left out: without their lists all can be judged but DNS servers and peering.
    silent = {
        subscription: reading
        for lists in (endpoint_lists, registry_lists)
        for subscription, reading in zip(subscriptions, lists, strict=True)
        if isinstance(reading, Unknown)
    }
    unassigned_ids = frozenset(
        subscription
        for subscription, *lists in zip(subscriptions, endpoint_lists, registry_lists, strict=True)
        # Where nothing at all can be read, roles are missing: that must not look like success.
        if not watch.are_given and silent.keys() < watch.ids and all(map(_is_forbidden, lists))
    )
    listings = [zone for zone in snapshots if isinstance(zone, ZoneSnapshot)]
    endpoints = {
        id_: reading
        for id_, reading in _merge(endpoint_lists).items()
        if not isinstance(reading, Found) or reading.value.connections
    }
    return Snapshot(
        zones={zone.id: result for zone, result in zip(zones, snapshots, strict=True)},
        endpoints=endpoints,
        interfaces=await _interfaces(endpoints, azure, end),
        groups=await _groups(endpoints, listings, azure, end),
        registries=await _registries(_merge(registry_lists), endpoints, listings, azure, end),
        networks=_merge(network_lists),
        private_zones=await _private_zones(zone_lists, zones, azure, end),
        unlisted_zones={
            id_: reading
            for id_, reading in zip(subscriptions, zone_lists, strict=True)
            if isinstance(reading, Unknown) and id_ not in unassigned_ids
        },
        unread={id_: unknown for id_, unknown in silent.items() if id_ not in unassigned_ids},
        subscriptions=watch.ids - unassigned_ids,
        unassigned_ids=unassigned_ids,
        list_failure=watch.failure,
    )


def _is_forbidden(reading: Reading[object]) -> bool:
    return isinstance(reading, Unknown) and reading.reason is UnknownReason.FORBIDDEN


async def _zone_snapshot(
    zone: Zone, context: RunContext, end: float
) -> ZoneSnapshot | TransientError:
    azure = context.azure
    try:
        async with asyncio.timeout_at(end):
            records = await azure.records(zone, Pacing.WAIT)
            links, link_error = await _list_links(zone, azure)
    except TransientError as error:
        return error
    except TimeoutError:
        return TransientError("the zone was not listed within its time")
    listing = ZoneListing({record.name: record for record in records}, links, link_error)
    try:
        async with asyncio.timeout_at(end):
            return ZoneSnapshot(zone, context.owners, listing, await azure.counts(zone))
    except (TransientError, TimeoutError):
        # Nice to know, and no reason to leave the zone as it is.
        return ZoneSnapshot(zone, context.owners, listing, None)


async def _list_links(zone: Zone, azure: Azure) -> tuple[tuple[Link, ...], TransientError | None]:
    """The links, or why they could not be listed, which never stops the records."""
    if zone.links is Links.LEAVE:
        return (), None
    try:
        return tuple(await azure.links(zone, Pacing.WAIT)), None
    except TransientError as error:
        return (), error


async def _interfaces(
    endpoints: Mapping[ResourceId, Reading[Endpoint]], azure: Azure, end: float
) -> dict[ResourceId, Reading[Interface]]:
    """Those of endpoints that may be published: no other decides about a record."""
    values = {
        id_: reading.value
        for id_, reading in endpoints.items()
        if isinstance(reading, Found) and Status.APPROVED in reading.value.connections.values()
    }
    calls = (read_interface(endpoint, azure) for endpoint in values.values())
    return dict(zip(values, await _gather(calls, end), strict=True))


async def _private_zones(
    lists: Iterable[Reading[tuple[ResourceId, ...]]],
    zones: tuple[Zone, ...],
    azure: Azure,
    end: float,
) -> dict[ResourceId, Reading[tuple[Link, ...]]]:
    """Those that names of kept zones, or what these stand for, lie in."""
    ids = sorted(
        id_
        for reading in lists
        if isinstance(reading, Found)
        for id_ in reading.value
        if may_hide_names(id_, zones)
    )
    return dict(zip(ids, await _gather(map(azure.list_zone_links, ids), end), strict=True))


async def _groups(
    endpoints: Mapping[ResourceId, Reading[Endpoint]],
    zones: list[ZoneSnapshot],
    azure: Azure,
    end: float,
) -> dict[ResourceId, Reading[frozenset[ResourceId]]]:
    """Read for the endpoints whose records a zone group wrote; of others there is no sign."""
    guids = {
        creator_guid(record) for snapshot in zones for record in snapshot.listing.records.values()
    }
    ids = [
        id_
        for id_, reading in endpoints.items()
        if isinstance(reading, Found) and reading.value.guid in guids
    ]
    return dict(zip(ids, await _gather(map(azure.group_zones, ids), end), strict=True))


async def _registries(
    readings: Mapping[ResourceId, Reading[Registry]],
    endpoints: Mapping[ResourceId, Reading[Endpoint]],
    zones: list[ZoneSnapshot],
    azure: Azure,
    end: float,
) -> dict[ResourceId, Reading[Registry]]:
    """Those that an endpoint or ownership names, each with its replicas."""
    registries = {
        registry
        for reading in endpoints.values()
        if isinstance(reading, Found)
        for registry in reading.value.connections
    }
    for zone in zones:
        records = zone.listing.records.values()
        registries |= {id_ for record in records if (id_ := registry_of(record, zone.owners))}
    ids = sorted(registries & readings.keys())
    calls = (_add_replicas(id_, readings[id_], azure) for id_ in ids)
    return dict(zip(ids, await _gather(calls, end), strict=True))


async def _add_replicas(
    id_: ResourceId, reading: Reading[Registry], azure: Azure
) -> Reading[Registry]:
    if not isinstance(reading, Found):
        # A list may show less of a registry than a read of it.
        return await azure.registry(id_)
    match await azure.list_replicas(id_):
        case Found(replicas):
            return Found(replace(reading.value, replicas=replicas))
        case Unknown() as unknown:
            return unknown
        case Absent():
            return Absent()


def _merge[T](lists: Iterable[Listed[T]]) -> dict[ResourceId, Reading[T]]:
    values = (items.value for items in lists if isinstance(items, Found))
    return {id_: reading for items in values for id_, reading in items.items()}


async def _gather[T](calls: Iterable[Awaitable[Reading[T]]], end: float) -> list[Reading[T]]:
    """Reads side by side; one that takes too long is unknown, and holds up no other."""
    return list(await asyncio.gather(*(_read_in_time(call, end) for call in calls)))


async def _read_in_time[T](call: Awaitable[Reading[T]], end: float) -> Reading[T]:
    try:
        async with asyncio.timeout_at(end):
            return await call
    except TimeoutError:
        return Unknown(UnknownReason.TRANSIENT, "it was not answered within its time")
