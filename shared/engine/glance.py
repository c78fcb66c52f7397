"""Glance: which registries are plainly in step, so that nobody needs to look closer. Pure.

In a zone of 25,000 records nearly all are as they should be, and to judge each of them
in full would cost most of a sweep. A registry passes at a glance if it has one endpoint,
live on both sides, and each record is what the app would write, to the last byte; what
does not pass, for whatever reason, is judged in full (`suspicion`). So this file may be
strict, and must not be lenient: that a registry which passes has an empty plan is a
property that the tests hold against the full judgement.
"""

from collections import defaultdict
from collections.abc import Mapping

from shared.domain import marks
from shared.domain.model import (
    SUCCEEDED,
    Endpoint,
    Entry,
    Found,
    Links,
    Mark,
    RecordSet,
    Registry,
    Status,
    Zone,
)
from shared.domain.names import ResourceId, network_hash, record_name
from shared.domain.routing import serves
from shared.domain.standing import Live, lacking, lingering
from shared.engine.overview import Glance, Survey, ZoneSurvey


def glance(survey: Survey, zone: ZoneSurvey) -> Glance:
    """The registries of a survey that are plainly in step in one zone, and what is left."""
    endpoints = _by_registry(survey)
    linked = {link.network for link in zone.known.links}
    passed: dict[ResourceId, frozenset[str]] = {}
    for id_, reading in survey.registries.items():
        if not isinstance(reading, Found) or len(endpoints[id_]) != 1:
            continue
        (endpoint,) = endpoints[id_]
        if zone.zone.links is Links.LEAVE or endpoint.network in linked:
            names = _names_in_step(reading.value, endpoint, survey, zone)
            passed |= {id_: names} if names else {}
    rest, marked = _rest(zone, passed)
    for id_ in _named(marked, survey) & passed.keys():
        # Something that is left names it as well, so it is judged in full after all.
        del passed[id_]
    rest, marked = _rest(zone, passed)
    networks = frozenset(endpoints[id_][0].network for id_ in passed)
    return Glance(passed, networks, rest, marked)


def _by_registry(survey: Survey) -> Mapping[ResourceId, list[Endpoint]]:
    endpoints = defaultdict[ResourceId, list[Endpoint]](list)
    for reading in survey.endpoints.values():
        if isinstance(reading, Found):
            for registry in reading.value.connections:
                endpoints[registry].append(reading.value)
    return endpoints


def _rest(
    zone: ZoneSurvey, passed: Mapping[ResourceId, frozenset[str]]
) -> tuple[dict[str, RecordSet], dict[str, Mark]]:
    """The records that did not pass, and our marks on them."""
    names = frozenset().union(*passed.values())
    rest = {name: record for name, record in zone.known.records.items() if name not in names}
    decoded = ((name, marks.decode(record, zone.zone)) for name, record in rest.items())
    return rest, {name: mark for name, mark in decoded if mark}


def _named(marked: Mapping[str, Mark], survey: Survey) -> frozenset[ResourceId]:
    """The registries that marks name, or whose endpoints they name."""
    registries = {mark.registry for mark in marked.values() if mark.registry}
    for mark in marked.values():
        for entry in mark.entries:
            reading = survey.endpoints.get(entry.endpoint)
            if isinstance(reading, Found):
                registries |= reading.value.connections.keys()
    return frozenset(registries)


def _names_in_step(
    registry: Registry, endpoint: Endpoint, survey: Survey, zone: ZoneSurvey
) -> frozenset[str]:
    """The registry's names in the zone if every one of them is right; else none."""
    live = _live(registry, endpoint, survey, zone.zone)
    if live is None or lacking(live, Found(registry)) or lingering(live, Found(registry)):
        return frozenset()
    names = {record_name(member.fqdn, zone.zone.suffix): member for member in live.members}
    if len(names) < len(live.members):
        return frozenset()
    network = network_hash(endpoint.network)
    for name, member in names.items():
        record = zone.known.records.get(name or "")
        if record is None or record.ttl != zone.zone.ttl or record.addresses != (member.address,):
            return frozenset()
        entry = Entry(endpoint.id, member.address, endpoint.guid[:8], network)
        if record.metadata != marks.encode(Mark(zone.zone.owner, registry.id, (entry,))):
            return frozenset()
    return frozenset(name for name in names if name)


def _live(registry: Registry, endpoint: Endpoint, survey: Survey, zone: Zone) -> Live | None:
    """The endpoint with its interface, if nothing at all is unusual about either side."""
    interface = survey.interfaces.get(endpoint.id)
    plain = (
        registry.connections == {endpoint.id: Status.APPROVED}
        and endpoint.connections == {registry.id: Status.APPROVED}
        and endpoint.state == SUCCEEDED
        and all(replica.state == SUCCEEDED for replica in registry.replicas)
        and endpoint.id not in survey.groups
        and serves(zone, endpoint.network, endpoint.region)
    )
    match interface:
        case Found(found) if plain and found.state == SUCCEEDED and not found.beyond:
            return Live(endpoint, found)
        case _:
            return None
