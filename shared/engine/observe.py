"""Observe: the zones first, then the sources, so that no write can rest on older sources.

That is no-stale-overwrite. An observation reads the records that a target names, in all zones of
a name that are concerned, and only then, once for all of them, everything that decides about
them. If the sources give a name or a zone that was not read, everything is read once more.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from shared.domain.observation import EndpointReading, Evidence, Observation, ZoneState
from shared.domain.own_names import Registries, own_members
from shared.domain.ownership import (
    Owners,
    Ownership,
    decode_ownership,
    link_name,
    network_hash,
)
from shared.domain.reading import Absent, Found, Reading, Unknown, UnknownReason
from shared.domain.resource_id import ResourceId
from shared.domain.resources import SUCCEEDED, Endpoint, Interface, Registry, Status
from shared.domain.routing import LinkNeed, find_networks, link_need, serving_zone
from shared.domain.zone import Link, Links, Zone, is_zone_for, record_name
from shared.engine.azure import Azure
from shared.engine.context import RunContext
from shared.engine.target import Target, ZoneListing
from shared.errors import LastingError, TransientError

# A second reading knows all names, unless more appear meanwhile.
_MAX_READS = 4
# Azure's own limit is 200 for a registry, which support can raise
# (docs/azure.md#container-registry).
_MAX_ENDPOINTS = 1_000
# Above this many networks, listing the zone's links (100 a page) is the cheaper question.
_MAX_LINKS = 3


async def observe(target: Target, evidence: Evidence, context: RunContext) -> Observation:
    """Read the zones and then every source behind what was found there.

    A zone that cannot be read is unknown, and holds back no other.

    Raises:
        TransientError: no zone could be read, or names kept appearing.
    """
    for _ in range(_MAX_READS):
        observation = await _read(target, evidence, context)
        wider_target = _widen(target, observation)
        if wider_target == target:
            # Links last, once it is settled which networks matter.
            return await _add_links(observation, target, context.azure)
        target = wider_target
    raise TransientError(f"new names kept appearing while all was read {_MAX_READS} times")


async def read_endpoint(id_: ResourceId, azure: Azure) -> EndpointReading:
    """An endpoint and, if it is a registry's, its interface."""
    endpoint = await azure.endpoint(id_)
    if not isinstance(endpoint, Found) or not endpoint.value.connections:
        return EndpointReading(id_, endpoint)
    return EndpointReading(id_, endpoint, await read_interface(endpoint.value, azure))


async def read_interface(endpoint: Endpoint, azure: Azure) -> Reading[Interface]:
    """The endpoint's interface; if it ever had several, all their members together."""
    readings = await asyncio.gather(*(azure.interface(id_) for id_ in endpoint.interfaces))
    interfaces = [reading.value for reading in readings if isinstance(reading, Found)]
    if len(interfaces) < len(readings) or not interfaces:
        return next((r for r in readings if not isinstance(r, Found)), Absent())
    state = next((i.state for i in interfaces if i.state != SUCCEEDED), SUCCEEDED)
    members = tuple(member for interface in interfaces for member in interface.members)
    ipv6_fqdns = tuple(fqdn for interface in interfaces for fqdn in interface.ipv6_fqdns)
    return Found(Interface(state, members, ipv6_fqdns))


def list_names(
    endpoint_readings: Iterable[EndpointReading], registries: Registries, suffix: str
) -> frozenset[str]:
    """The names of a public suffix that endpoints give of their registries' own."""
    names = (
        record_name(member.fqdn, suffix)
        for reading in endpoint_readings
        for member in own_members(reading, registries)
    )
    return frozenset(name for name in names if name)


def _widen(target: Target, observation: Observation) -> Target:
    """The target with the names and the zones that the sources have shown to be concerned."""
    zones, kept_zones = set(target.zones), observation.kept_zones
    for reading in observation.endpoint_readings.values():
        match reading.endpoint:
            case Found(endpoint) if Status.APPROVED in endpoint.connections.values():
                zone = serving_zone(kept_zones, endpoint)
                zones |= {zone.id} if zone else set()
            case _:
                continue
    names = list_names(
        observation.endpoint_readings.values(), observation.registries, observation.suffix
    )
    return replace(target, zones=frozenset(zones), names=target.names | names)


async def _read(target: Target, evidence: Evidence, context: RunContext) -> Observation:
    azure, zones = context.azure, [one for one in target.kept_zones if one.id in target.zones]
    # The order of these reads is what no-stale-overwrite rests on: records, then sources.
    states = await asyncio.gather(*(_zone_state(zone, target, azure) for zone in zones))
    unread = [state for state in states if isinstance(state, Unknown)]
    if unread and len(unread) == len(states):
        raise _zone_error(unread)
    readable_states = [state.value for state in states if isinstance(state, Found)]
    ownerships = [
        ownership for state in readable_states for ownership in _decode(state, context.owners)
    ]
    registries = await _registries(target, ownerships, azure)
    endpoints = target.endpoints | _claim_endpoints(ownerships)
    for registry in registries.values():
        if isinstance(registry, Found):
            endpoints |= registry.value.connections.keys()
    if len(endpoints) > _MAX_ENDPOINTS:
        raise TransientError(f"{len(endpoints)} endpoints at once are more than {_MAX_ENDPOINTS}")
    readings = await asyncio.gather(
        *(_endpoint_reading(id_, registries, azure) for id_ in sorted(endpoints))
    )
    return Observation(
        kept_zones=target.kept_zones,
        owners=context.owners,
        zones=dict(zip((zone.id for zone in zones), states, strict=True)),
        registries=registries,
        endpoint_readings={reading.id: reading for reading in readings},
        evidence=evidence,
        day=context.today(),
    )


async def _zone_state(zone: Zone, target: Target, azure: Azure) -> Found[ZoneState] | Unknown:
    """The zone's records of the target's names, without links."""
    names, listing = sorted(target.names), target.listings.get(zone.id)
    if listing is not None:
        # The listing is older than the sources as well, and where it is too old, a write
        # fails by its ETag (docs/decisions/0006-lists-show-drift.md).
        return Found(ZoneState(zone, {name: listing.records.get(name) for name in names}))
    try:
        records = await asyncio.gather(*(azure.record(zone, name) for name in names))
    except LastingError as error:
        return Unknown(UnknownReason.FORBIDDEN, str(error), error.can_pass)
    except TransientError as error:
        return Unknown(UnknownReason.TRANSIENT, str(error))
    return Found(ZoneState(zone, dict(zip(names, records, strict=True))))


def _zone_error(unread: list[Unknown]) -> TransientError:
    """Why no zone could be read: what passes comes first, since trying again then helps."""
    first = next((one for one in unread if one.reason is UnknownReason.TRANSIENT), unread[0])
    if first.reason is UnknownReason.TRANSIENT:
        return TransientError(first.detail)
    return LastingError(first.detail, can_pass=first.can_pass)


def _decode(state: ZoneState, owners: Owners) -> Iterator[Ownership]:
    for record in state.records.values():
        ownership = record and decode_ownership(record, owners)
        if ownership:
            yield ownership


def _claim_endpoints(ownerships: Iterable[Ownership]) -> frozenset[ResourceId]:
    return frozenset(claim.endpoint for ownership in ownerships for claim in ownership.claims)


async def _registries(
    target: Target, ownerships: Iterable[Ownership], azure: Azure
) -> dict[ResourceId, Reading[Registry]]:
    ids = sorted(
        target.registries | {ownership.registry for ownership in ownerships if ownership.registry}
    )
    readings = await asyncio.gather(*(azure.registry(id_) for id_ in ids))
    return dict(zip(ids, readings, strict=True))


async def _endpoint_reading(
    id_: ResourceId, registries: Mapping[ResourceId, Reading[Registry]], azure: Azure
) -> EndpointReading:
    """Everything about one endpoint; its zone groups only if a registry of ours is behind it."""
    reading = await read_endpoint(id_, azure)
    match reading.endpoint:
        case Found(endpoint) if registries.keys() & endpoint.connections.keys():
            return replace(reading, group_zones=await azure.group_zones(id_))
        case _:
            return reading


async def _add_links(observation: Observation, target: Target, azure: Azure) -> Observation:
    """The observation with the links that matter, zone by zone."""
    states = await asyncio.gather(
        *(
            _add_zone_links(state, observation, target.listings.get(state.zone.id), azure)
            for state in observation.zone_states
        )
    )
    zones = {state.zone.id: Found(state) for state in states}
    return replace(observation, zones={**observation.zones, **zones})


async def _add_zone_links(
    state: ZoneState, observation: Observation, listing: ZoneListing | None, azure: Azure
) -> ZoneState:
    try:
        return replace(state, links=await _links(state, observation, listing, azure))
    except TransientError as error:
        # Links that cannot be read never stop the records.
        return replace(state, link_error=error)


async def _links(
    state: ZoneState, observation: Observation, listing: ZoneListing | None, azure: Azure
) -> tuple[Link, ...]:
    """The links that matter; all of the zone's, if one is missing or they are many.

    A network can be linked by somebody else under any name, which only the
    whole list can tell.
    """
    zone = state.zone
    if zone.links is Links.LEAVE:
        return ()
    endpoints = [reading.endpoint for reading in observation.endpoint_readings.values()]
    networks = find_networks(endpoints, zone, observation.kept_zones, LinkNeed.MAKE)
    if listing is not None and listing.link_error is None:
        return await _add_new_links(listing.links, networks, zone, azure)
    claims = {claim for one in _decode(state, observation.owners) for claim in one.claims}
    hashes = {claim.network for claim in claims} | observation.evidence.networks
    hashes |= set(map(network_hash, networks))
    if len(hashes) > _MAX_LINKS:
        return tuple(await azure.links(zone))
    names = sorted(map(link_name, hashes))
    answers = await asyncio.gather(*(azure.link(zone, name) for name in names))
    links = tuple(link for link in answers if link)
    linked_networks = {link.network for link in links}
    # Those of another zone as well, while claims of theirs are still here.
    claim_endpoints = {claim.endpoint for claim in claims}
    others = {
        one.value.network
        for one in endpoints
        if isinstance(one, Found)
        and one.value.id in claim_endpoints
        and link_need(one, zone, observation.kept_zones) < LinkNeed.MAKE
        and not is_zone_for(zone, one.value.network, one.value.region)
    }
    if networks | others <= linked_networks:
        return links
    return tuple(await azure.links(zone))


async def _add_new_links(
    links: tuple[Link, ...], networks: frozenset[ResourceId], zone: Zone, azure: Azure
) -> tuple[Link, ...]:
    """The zone's links as they were listed, and what other runs have linked since."""
    rest = sorted(networks - {link.network for link in links})
    names = (link_name(network_hash(network)) for network in rest)
    answers = await asyncio.gather(*(azure.link(zone, name) for name in names))
    return (*links, *(link for link in answers if link))
