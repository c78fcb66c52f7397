"""A registry's family: its endpoints, judged, and every name that stands behind it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from shared.domain import marks
from shared.domain.model import (
    Doubt,
    Entry,
    Found,
    Mark,
    Observation,
    Reading,
    RecordSet,
    Registry,
    Source,
    Unknown,
)
from shared.domain.names import ResourceId, network_hash, record_name
from shared.domain.standing import Live, Standing, standing

_UNREAD = Unknown(Doubt.TRANSIENT, "was not read")


@dataclass(frozen=True, slots=True)
class Publication:
    """A name and address that a live endpoint's interface gives, and the member that gives it."""

    name: str
    entry: Entry
    member: str


@dataclass(frozen=True, slots=True)
class Name:
    """One name as it stands in the zone.

    Attributes:
        name: relative to the zone.
        record: the record set, ours or not; None where there is none.
        mark: our mark on it, or None if it is not ours.
    """

    name: str
    record: RecordSet | None
    mark: Mark | None

    @property
    def login(self) -> bool:
        """Whether it is a login server's: data and regional names have further labels."""
        return "." not in self.name

    @property
    def published(self) -> frozenset[str]:
        """The addresses that it resolves to now."""
        return frozenset(self.record.addresses if self.record else ())


@dataclass(frozen=True)
class Family:
    """A registry with all that was read about it, after the zone.

    Attributes:
        id: the registry.
        registry: what was read of it.
        standings: how each endpoint that has to do with it stands with it.
        publications: what its live endpoints' interfaces give, for this zone.
        names: the names that it answers for, login first.
    """

    id: ResourceId
    registry: Reading[Registry]
    standings: Mapping[ResourceId, Standing]
    publications: tuple[Publication, ...]
    names: tuple[Name, ...]

    @cached_property
    def giving(self) -> Mapping[str, Mapping[Entry, Publication]]:
        """What its live endpoints give, by name."""
        giving = defaultdict[str, dict[Entry, Publication]](dict)
        for publication in self.publications:
            giving[publication.name][publication.entry] = publication
        return giving

    @cached_property
    def live(self) -> Mapping[ResourceId, Live]:
        """The endpoints that publish here."""
        giving = {publication.entry.endpoint for publication in self.publications}
        return {
            id_: stand
            for id_, stand in self.standings.items()
            if isinstance(stand, Live) and id_ in giving
        }


def families(observation: Observation) -> tuple[tuple[Family, ...], tuple[Name, ...]]:
    """Each registry that the observation tells of with the names that are its own, and orphans.

    A name belongs to the registry whose live endpoint gives it, else to the one
    that its mark notes, else to the one whose login server it begins with: a
    registry made again elsewhere keeps its names, and a damaged mark loses none.
    Orphans are names of ours of which no registry can be told any more.
    """
    concerned = _concerned(observation)
    judged = {
        id_: {
            endpoint: standing(source, id_, registry)
            for endpoint, source in sorted(concerned.get(id_, {}).items())
        }
        for id_, registry in sorted(observation.registries.items())
    }
    given = {id_: tuple(_publications(observation, judged[id_])) for id_ in judged}
    names, orphans = _owned(observation, given)
    found = (
        Family(id_, observation.registries[id_], judged[id_], given[id_], tuple(names.get(id_, ())))
        for id_ in judged
    )
    return tuple(found), orphans


def _concerned(observation: Observation) -> Mapping[ResourceId, dict[ResourceId, Source]]:
    """The endpoints that each registry has to do with, by its own word or by theirs."""
    concerned = defaultdict[ResourceId, dict[ResourceId, Source]](dict)
    for source in observation.sources.values():
        if isinstance(source.endpoint, Found):
            for registry in source.endpoint.value.connections:
                concerned[registry][source.id] = source
    for id_, reading in observation.registries.items():
        if isinstance(reading, Found):
            for endpoint in reading.value.connections:
                if endpoint in observation.sources:
                    concerned[id_][endpoint] = observation.sources[endpoint]
    return concerned


def _owned(
    observation: Observation, given: Mapping[ResourceId, tuple[Publication, ...]]
) -> tuple[Mapping[ResourceId, list[Name]], tuple[Name, ...]]:
    """The names that are each registry's own, login first, and those of ours that are nobody's."""
    givers: dict[str, ResourceId] = {}
    for id_, publications in given.items():
        for publication in publications:
            givers.setdefault(publication.name, id_)
    labels = {
        registry.value.login_server.partition(".")[0]: id_
        for id_, registry in sorted(observation.registries.items())
        if isinstance(registry, Found) and observation.zone.holds(registry.value.login_server)
    }
    owned, orphans = defaultdict[ResourceId, list[Name]](list), list[Name]()
    for name in sorted(
        (_name(observation, name) for name in observation.records),
        key=lambda name: (not name.login, name.name),
    ):
        owner = givers.get(name.name)
        if owner is None and name.mark is not None:
            owner = name.mark.registry or labels.get(name.name.partition(".")[0])
            if owner is None:
                orphans.append(name)
        if owner is not None:
            owned[owner].append(name)
    return owned, tuple(orphans)


def source_of(observation: Observation, endpoint: ResourceId) -> Source:
    """What was read of an endpoint; an endpoint that was not read is unknown."""
    return observation.sources.get(endpoint) or Source(endpoint, _UNREAD)


def _name(observation: Observation, name: str) -> Name:
    record = observation.records[name]
    mark = None if record is None else marks.decode(record, observation.zone)
    return Name(name, record, mark)


def _publications(
    observation: Observation, standings: Mapping[ResourceId, Standing]
) -> Iterator[Publication]:
    zone = observation.zone
    for id_, stand in sorted(standings.items()):
        if not isinstance(stand, Live):
            continue
        for member in stand.members:
            name = record_name(member.fqdn, zone.suffix)
            if name is not None:
                endpoint = stand.endpoint
                entry = Entry(
                    id_, member.address, endpoint.guid[:8], network_hash(endpoint.network)
                )
                yield Publication(name, entry, member.name)
