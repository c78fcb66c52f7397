"""Overview: a survey as one look at a whole zone. Pure, and good for suspicion only."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from shared.domain import marks
from shared.domain.model import (
    Absent,
    Doubt,
    Elsewhere,
    Endpoint,
    Found,
    Interface,
    Mark,
    Network,
    Observation,
    Reading,
    RecordSet,
    Registry,
    Source,
    Unknown,
    Zone,
)
from shared.domain.names import ResourceId
from shared.domain.routing import serves, zone_for
from shared.engine.bursts import Ground
from shared.engine.estate import Counts
from shared.engine.lead import Known
from shared.engine.observe import given_names
from shared.errors import RetryLater


@dataclass(frozen=True)
class ZoneSurvey:
    """A zone as it was listed.

    Attributes:
        zone: which.
        known: its records and links.
        counts: how full it is, by its own word; None if it would not say.
    """

    zone: Zone
    known: Known
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
        return marks.kept_for_one(self.known.records.values(), self.zone)


@dataclass(frozen=True, slots=True)
class Survey:
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

    zones: Mapping[ResourceId, ZoneSurvey | RetryLater]
    endpoints: Mapping[ResourceId, Reading[Endpoint]]
    interfaces: Mapping[ResourceId, Reading[Interface]]
    groups: Mapping[ResourceId, Reading[bool]]
    registries: Mapping[ResourceId, Reading[Registry]]
    networks: Mapping[ResourceId, Reading[Network]]
    silent: Mapping[str, Unknown]
    watched: frozenset[str]


@dataclass(frozen=True, slots=True)
class Glance:
    """What is plainly in step in a zone, and what is left to be judged in full.

    Attributes:
        passed: registries that are in step, each with its names.
        networks: those of their endpoints.
        rest: the records that are left, by name.
        marks: our marks on them.
    """

    passed: Mapping[ResourceId, frozenset[str]]
    networks: frozenset[ResourceId]
    rest: Mapping[str, RecordSet]
    marks: Mapping[str, Mark]


def observation(survey: Survey, zone: ZoneSurvey, ground: Ground, seen: Glance) -> Observation:
    """What a glance left, as one look at the zone."""
    registry_ids = {mark.registry for mark in seen.marks.values() if mark.registry}
    endpoint_ids = {entry.endpoint for mark in seen.marks.values() for entry in mark.entries}
    for id_, reading in survey.endpoints.items():
        if not isinstance(reading, Found):
            endpoint_ids.add(id_)
            continue
        left = [other for other in reading.value.connections if other not in seen.passed]
        if left:
            endpoint_ids.add(id_)
            registry_ids.update(left)
    registries = {id_: survey.registries.get(id_) or _unlisted(id_, survey) for id_ in registry_ids}
    for registry in registries.values():
        if isinstance(registry, Found):
            endpoint_ids |= registry.value.connections.keys()
    sources = {id_: _source(id_, survey, zone.zone, ground) for id_ in endpoint_ids}
    records: dict[str, RecordSet | None] = dict(seen.rest)
    for name in given_names(sources.values(), zone.zone):
        records.setdefault(name, zone.known.records.get(name))
    return Observation(zone.zone, records, registries, sources, zone.known.links)


def _source(id_: ResourceId, survey: Survey, zone: Zone, ground: Ground) -> Source:
    endpoint = survey.endpoints.get(id_) or _unlisted(id_, survey)
    interface = survey.interfaces.get(id_, Absent())
    group = survey.groups.get(id_, Found(value=False))
    if not isinstance(endpoint, Found) or serves(
        zone, endpoint.value.network, endpoint.value.region
    ):
        return Source(id_, endpoint, interface, group)
    network, region = endpoint.value.network, endpoint.value.region
    other = zone_for(ground.zones, zone.suffix, network, region)
    there = survey.zones.get(other.id) if other else None
    where = Elsewhere(other.id if other else None)
    if isinstance(there, ZoneSurvey):
        where = replace(where, holds=there.holds, keeps=there.keeps)
    return Source(id_, endpoint, interface, group, where)


def _unlisted(id_: ResourceId, survey: Survey) -> Absent | Unknown:
    """What it means that no list holds a resource: gone, it seems, if its subscription answered."""
    if id_.subscription not in survey.watched:
        return Unknown(Doubt.UNWATCHED)
    silent = survey.silent.get(id_.subscription)
    return Absent() if silent is None else Unknown(Doubt.TRANSIENT, silent.detail)
