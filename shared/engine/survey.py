"""Survey: the whole estate by lists, zones first. Lists may be stale, so they only raise suspicion.

What looks wrong here is looked at again by the loop, with direct reads, before
anything is written or taken away (no-unproven-delete): a source that a list leaves out is taken
for absent here, and found again there.
"""

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import replace

from shared.domain import marks
from shared.domain.model import (
    Absent,
    Doubt,
    Endpoint,
    Found,
    Interface,
    Links,
    Reading,
    Registry,
    Status,
    Unknown,
    Zone,
)
from shared.domain.names import ResourceId
from shared.engine.budget import Budget
from shared.engine.bursts import Ground
from shared.engine.estate import Estate, Listed, Turn
from shared.engine.lead import Known
from shared.engine.observe import read_interface
from shared.engine.overview import Survey, ZoneSurvey
from shared.errors import RetryLater

# Shares of the run's time by which the zones, and all else, must be listed: what is not
# answered by then is a gap, and everything else is made right. A full zone whose pages wait
# for their turn takes five minutes of a timer's nine and a half (shared/arm/pace.py).
_ZONES_BY = 0.6
_SOURCES_BY = 0.8


async def survey(
    ground: Ground, zones: tuple[Zone, ...], watched: frozenset[str], budget: Budget
) -> Survey:
    """List the zones, and then everything that decides about their records.

    Args:
        ground: Azure.
        zones: the zones, kept as this run keeps them.
        watched: the subscriptions to list.
        budget: the run's time, of which the survey takes a part only.
    """
    estate = ground.estate
    began, seconds = asyncio.get_running_loop().time(), budget.left
    by = began + seconds * _ZONES_BY
    surveyed = await asyncio.gather(*(_zone(zone, estate, by) for zone in zones))
    by = began + seconds * _SOURCES_BY
    listed = {zone.id: found for zone, found in zip(zones, surveyed, strict=True)}
    subscriptions = sorted(watched)
    endpoint_lists = await _gather((estate.list_endpoints(s) for s in subscriptions), by)
    registry_lists = await _gather((estate.list_registries(s) for s in subscriptions), by)
    network_lists = await _gather((estate.list_networks(s) for s in subscriptions), by)
    silent = {
        subscription: reading
        for lists in (endpoint_lists, registry_lists)
        for subscription, reading in zip(subscriptions, lists, strict=True)
        if isinstance(reading, Unknown)
    }
    found = [zone for zone in listed.values() if isinstance(zone, ZoneSurvey)]
    endpoints = {
        id_: reading
        for id_, reading in _merged(endpoint_lists).items()
        if not isinstance(reading, Found) or reading.value.connections
    }
    return Survey(
        zones=listed,
        endpoints=endpoints,
        interfaces=await _interfaces(endpoints, estate, by),
        groups=await _groups(endpoints, found, estate, by),
        registries=await _registries(_merged(registry_lists), endpoints, found, estate, by),
        networks=_merged(network_lists),
        silent=silent,
        watched=watched,
    )


async def _zone(zone: Zone, estate: Estate, by: float) -> ZoneSurvey | RetryLater:
    try:
        async with asyncio.timeout_at(by):
            records = await estate.records(zone, Turn.WAIT)
            links = await estate.links(zone, Turn.WAIT) if zone.links is Links.MANAGE else []
    except RetryLater as error:
        return error
    except TimeoutError:
        return RetryLater("the zone was not listed within its time")
    known = Known({record.name: record for record in records}, tuple(links))
    try:
        async with asyncio.timeout_at(by):
            return ZoneSurvey(zone, known, await estate.counts(zone))
    except (RetryLater, TimeoutError):
        # Nice to know, and no reason to leave the zone as it is.
        return ZoneSurvey(zone, known, None)


async def _interfaces(
    endpoints: Mapping[ResourceId, Reading[Endpoint]], estate: Estate, by: float
) -> dict[ResourceId, Reading[Interface]]:
    """Those of endpoints that may be published: no other decides about a record."""
    asked = {
        id_: reading.value
        for id_, reading in endpoints.items()
        if isinstance(reading, Found) and Status.APPROVED in reading.value.connections.values()
    }
    read = await _gather((read_interface(endpoint, estate) for endpoint in asked.values()), by)
    return dict(zip(asked, read, strict=True))


async def _groups(
    endpoints: Mapping[ResourceId, Reading[Endpoint]],
    zones: list[ZoneSurvey],
    estate: Estate,
    by: float,
) -> dict[ResourceId, Reading[bool]]:
    """Read for the endpoints whose records a zone group wrote; of others none is suspected."""
    noted = {
        marks.creator(record): survey.zone.id.name
        for survey in zones
        for record in survey.known.records.values()
    }
    asked = {
        id_: noted[reading.value.guid]
        for id_, reading in endpoints.items()
        if isinstance(reading, Found) and reading.value.guid in noted
    }
    read = await _gather((estate.has_zone_group(id_, name) for id_, name in asked.items()), by)
    return dict(zip(asked, read, strict=True))


async def _registries(
    listed: Mapping[ResourceId, Reading[Registry]],
    endpoints: Mapping[ResourceId, Reading[Endpoint]],
    zones: list[ZoneSurvey],
    estate: Estate,
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
        asked |= {id_ for record in records if (id_ := marks.registry(record, zone.zone))}
    ids = sorted(asked & listed.keys())
    read = await _gather((_registry(id_, listed[id_], estate) for id_ in ids), by)
    return dict(zip(ids, read, strict=True))


async def _registry(
    id_: ResourceId, listed: Reading[Registry], estate: Estate
) -> Reading[Registry]:
    if not isinstance(listed, Found):
        # A list may show less of a registry than a read of it.
        return await estate.registry(id_)
    match await estate.list_replicas(id_):
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
        return Unknown(Doubt.TRANSIENT, "it was not answered within its time")
