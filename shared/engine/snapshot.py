"""Survey: the whole estate by lists, zones first. Lists may be stale, so they only raise suspicion.

What looks wrong here is looked at again by the loop, with direct reads, before
anything is written or taken away (no-unproven-delete): a source that a list leaves out is taken
for absent here, and found again there.
"""

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from shared.domain.ownership import creator_guid, kept_for_one, noted_registry
from shared.domain.reading import Absent, Found, Reading, Unknown, UnknownReason
from shared.domain.resource_id import ResourceId
from shared.domain.resources import Endpoint, Interface, Network, Registry, Status
from shared.domain.zone import Links, Zone
from shared.engine.azure import Azure, Counts, Listed, Pacing
from shared.engine.context import RunContext
from shared.engine.deadline import Deadline
from shared.engine.observe import read_interface
from shared.engine.target import ZoneListing
from shared.errors import TransientError


@dataclass(frozen=True)
class ZoneSnapshot:
    """A zone as it was listed.

    Attributes:
        zone: which.
        known: its records and links.
        counts: how full it is, by its own word; None if it would not say.
    """

    zone: Zone
    known: ZoneListing
    counts: Counts | None

    @cached_property
    def holds(self) -> frozenset[tuple[str, str]]:
        """Every name in it with each of its addresses."""
        records = self.known.records.values()
        return frozenset(
            (record.name, address) for record in records for address in record.addresses
        )

    @cached_property
    def keeps(self) -> frozenset[str]:
        """Every name of ours in it that is kept for one endpoint of several."""
        return kept_for_one(self.known.records.values(), self.zone)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything watched, by lists, and what could not be listed.

    Attributes:
        zones: each zone's survey, or why it could not be listed.
        endpoints: the endpoints of registries.
        interfaces: by endpoint.
        groups: whether a zone group keeps an endpoint's records, where a record says so.
        registries: with their replicas, where an endpoint or a mark needs them.
        networks: by ID.
        silent: subscriptions that could not be listed, and why.
        watched: the subscriptions that were to be listed.
    """

    zones: Mapping[ResourceId, ZoneSnapshot | TransientError]
    endpoints: Mapping[ResourceId, Reading[Endpoint]]
    interfaces: Mapping[ResourceId, Reading[Interface]]
    groups: Mapping[ResourceId, Reading[bool]]
    registries: Mapping[ResourceId, Reading[Registry]]
    networks: Mapping[ResourceId, Reading[Network]]
    silent: Mapping[str, Unknown]
    watched: frozenset[str]


# Shares of the run's time by which the zones, and all else, must be listed: what is not
# answered by then is a gap, and everything else is made right. A full zone whose pages wait
# for their turn takes five minutes of a timer's nine and a half (shared/arm/rate_limit.py).
_ZONES_BY = 0.6
_SOURCES_BY = 0.8


async def take_snapshot(
    context: RunContext, zones: tuple[Zone, ...], watched: frozenset[str], deadline: Deadline
) -> Snapshot:
    """List the zones, and then everything that decides about their records.

    Args:
        context: Azure.
        zones: the zones, kept as this run keeps them.
        watched: the subscriptions to list.
        deadline: the run's time, of which the survey takes a part only.
    """
    azure = context.azure
    began, seconds = asyncio.get_running_loop().time(), deadline.remaining
    by = began + seconds * _ZONES_BY
    snapshots = await asyncio.gather(*(_zone(zone, azure, by) for zone in zones))
    by = began + seconds * _SOURCES_BY
    listed = {zone.id: found for zone, found in zip(zones, snapshots, strict=True)}
    subscriptions = sorted(watched)
    endpoint_lists = await _gather((azure.list_endpoints(s) for s in subscriptions), by)
    registry_lists = await _gather((azure.list_registries(s) for s in subscriptions), by)
    network_lists = await _gather((azure.list_networks(s) for s in subscriptions), by)
    silent = {
        subscription: reading
        for lists in (endpoint_lists, registry_lists)
        for subscription, reading in zip(subscriptions, lists, strict=True)
        if isinstance(reading, Unknown)
    }
    found = [zone for zone in listed.values() if isinstance(zone, ZoneSnapshot)]
    endpoints = {
        id_: reading
        for id_, reading in _merged(endpoint_lists).items()
        if not isinstance(reading, Found) or reading.value.connections
    }
    return Snapshot(
        zones=listed,
        endpoints=endpoints,
        interfaces=await _interfaces(endpoints, azure, by),
        groups=await _groups(endpoints, found, azure, by),
        registries=await _registries(_merged(registry_lists), endpoints, found, azure, by),
        networks=_merged(network_lists),
        silent=silent,
        watched=watched,
    )


async def _zone(zone: Zone, azure: Azure, by: float) -> ZoneSnapshot | TransientError:
    try:
        async with asyncio.timeout_at(by):
            records = await azure.records(zone, Pacing.WAIT)
            links = await azure.links(zone, Pacing.WAIT) if zone.links is Links.MANAGE else []
    except TransientError as error:
        return error
    except TimeoutError:
        return TransientError("the zone was not listed within its time")
    known = ZoneListing({record.name: record for record in records}, tuple(links))
    try:
        async with asyncio.timeout_at(by):
            return ZoneSnapshot(zone, known, await azure.counts(zone))
    except (TransientError, TimeoutError):
        # Nice to know, and no reason to leave the zone as it is.
        return ZoneSnapshot(zone, known, None)


async def _interfaces(
    endpoints: Mapping[ResourceId, Reading[Endpoint]], azure: Azure, by: float
) -> dict[ResourceId, Reading[Interface]]:
    """Those of endpoints that may be published: no other decides about a record."""
    asked = {
        id_: reading.value
        for id_, reading in endpoints.items()
        if isinstance(reading, Found) and Status.APPROVED in reading.value.connections.values()
    }
    read = await _gather((read_interface(endpoint, azure) for endpoint in asked.values()), by)
    return dict(zip(asked, read, strict=True))


async def _groups(
    endpoints: Mapping[ResourceId, Reading[Endpoint]],
    zones: list[ZoneSnapshot],
    azure: Azure,
    by: float,
) -> dict[ResourceId, Reading[bool]]:
    """Read for the endpoints whose records a zone group wrote; of others none is suspected."""
    noted = {
        creator_guid(record): snapshot.zone.id.name
        for snapshot in zones
        for record in snapshot.known.records.values()
    }
    asked = {
        id_: noted[reading.value.guid]
        for id_, reading in endpoints.items()
        if isinstance(reading, Found) and reading.value.guid in noted
    }
    read = await _gather((azure.has_zone_group(id_, name) for id_, name in asked.items()), by)
    return dict(zip(asked, read, strict=True))


async def _registries(
    listed: Mapping[ResourceId, Reading[Registry]],
    endpoints: Mapping[ResourceId, Reading[Endpoint]],
    zones: list[ZoneSnapshot],
    azure: Azure,
    by: float,
) -> dict[ResourceId, Reading[Registry]]:
    """Those that an endpoint or a mark names, each with its replicas."""
    asked = {
        registry
        for reading in endpoints.values()
        if isinstance(reading, Found)
        for registry in reading.value.connections
    }
    for zone in zones:
        records = zone.known.records.values()
        asked |= {id_ for record in records if (id_ := noted_registry(record, zone.zone))}
    ids = sorted(asked & listed.keys())
    read = await _gather((_registry(id_, listed[id_], azure) for id_ in ids), by)
    return dict(zip(ids, read, strict=True))


async def _registry(id_: ResourceId, listed: Reading[Registry], azure: Azure) -> Reading[Registry]:
    if not isinstance(listed, Found):
        # A list may show less of a registry than a read of it.
        return await azure.registry(id_)
    match await azure.list_replicas(id_):
        case Found(replicas):
            return Found(replace(listed.value, replicas=replicas))
        case Unknown() as unknown:
            return unknown
        case Absent():
            return Absent()


def _merged[T](lists: Iterable[Listed[T]]) -> dict[ResourceId, Reading[T]]:
    found = (reading.value for reading in lists if isinstance(reading, Found))
    return {id_: reading for items in found for id_, reading in items.items()}


async def _gather[T](reads: Iterable[Awaitable[Reading[T]]], by: float) -> list[Reading[T]]:
    """Reads side by side; one that takes too long is unknown, and holds up no other."""
    return list(await asyncio.gather(*(_timely(read, by) for read in reads)))


async def _timely[T](read: Awaitable[Reading[T]], by: float) -> Reading[T]:
    try:
        async with asyncio.timeout_at(by):
            return await read
    except TimeoutError:
        return Unknown(UnknownReason.TRANSIENT, "it was not answered within its time")
