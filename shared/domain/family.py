"""A registry's family: its endpoints, judged, and every name that stands behind it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from shared.domain import marks
from shared.domain.model import (
    Absent,
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


@dataclass(frozen=True, slots=True)
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

    @property
    def live(self) -> dict[ResourceId, Live]:
        """The endpoints that publish here."""
        giving = {publication.entry.endpoint for publication in self.publications}
        return {
            id_: stand
            for id_, stand in self.standings.items()
            if isinstance(stand, Live) and id_ in giving
        }


def families(observation: Observation) -> Iterator[Family]:
    """Each registry that the observation tells of, with the names that are its own.

    A name belongs to the registry whose live endpoint gives it, else to the one
    that its mark notes: a registry made again elsewhere keeps its names.
    """
    judged = {
        id_: _standings(observation, id_, registry)
        for id_, registry in sorted(observation.registries.items())
    }
    given = {id_: tuple(_publications(observation, judged[id_])) for id_ in judged}
    owner_of: dict[str, ResourceId] = {}
    for id_, publications in given.items():
        for publication in publications:
            owner_of.setdefault(publication.name, id_)
    names = {name: _name(observation, name) for name in observation.records}
    for name in names.values():
        if name.mark is not None and name.mark.registry is not None:
            owner_of.setdefault(name.name, name.mark.registry)
    for id_, registry in sorted(observation.registries.items()):
        own = sorted(
            (name for name in names.values() if owner_of.get(name.name) == id_),
            key=lambda name: (not name.login, name.name),
        )
        yield Family(id_, registry, judged[id_], given[id_], tuple(own))


def source_of(observation: Observation, endpoint: ResourceId) -> Source:
    """What was read of an endpoint; an endpoint that was not read is unknown."""
    return observation.sources.get(endpoint) or Source(endpoint, _UNREAD)


def _name(observation: Observation, name: str) -> Name:
    record = observation.records[name]
    mark = None if record is None else marks.decode(record, observation.zone.owner)
    return Name(name, record, mark)


def _standings(
    observation: Observation, registry_id: ResourceId, registry: Reading[Registry]
) -> dict[ResourceId, Standing]:
    return {
        source.id: standing(source, registry_id, registry)
        for source in observation.sources.values()
        if _concerns(source, registry_id, registry)
    }


def _concerns(source: Source, registry_id: ResourceId, registry: Reading[Registry]) -> bool:
    names_it = isinstance(registry, Found) and source.id in registry.value.connections
    match source.endpoint:
        case Found(endpoint):
            return names_it or registry_id in endpoint.connections
        case Absent() | Unknown():
            return names_it


def _publications(
    observation: Observation, standings: Mapping[ResourceId, Standing]
) -> Iterable[Publication]:
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
