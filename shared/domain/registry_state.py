"""A registry's family: its endpoints, judged, and every name that stands behind it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from shared.domain.endpoint_state import EndpointState, Ready, judge_endpoint
from shared.domain.observation import EndpointReading, Observation
from shared.domain.ownership import Claim, Ownership, decode_ownership, network_hash
from shared.domain.reading import Found, Reading, Unknown, UnknownReason
from shared.domain.resource_id import ResourceId
from shared.domain.resources import Registry
from shared.domain.zone import RecordSet, record_name

_UNREAD = Unknown(UnknownReason.TRANSIENT, "was not read")


@dataclass(frozen=True, slots=True)
class MemberAddress:
    """A name and address that a live endpoint's interface gives, and the member that gives it."""

    name: str
    claim: Claim
    member: str


@dataclass(frozen=True, slots=True)
class Name:
    """One name as it stands in the zone.

    Attributes:
        name: relative to the zone.
        record: the record set, ours or not; None where there is none.
        ownership: our mark on it, or None if it is not ours.
    """

    name: str
    record: RecordSet | None
    ownership: Ownership | None

    @property
    def login(self) -> bool:
        """Whether it is a login server's: data and regional names have further labels."""
        return "." not in self.name

    @property
    def published(self) -> frozenset[str]:
        """The addresses that it resolves to now."""
        return frozenset(self.record.addresses if self.record else ())


@dataclass(frozen=True)
class RegistryState:
    """A registry with all that was read about it, after the zone.

    Attributes:
        id: the registry.
        registry: what was read of it.
        endpoint_states: how each endpoint that has to do with it stands with it.
        addresses: what its live endpoints' interfaces give, for this zone.
        names: the names that it answers for, login first.
    """

    id: ResourceId
    registry: Reading[Registry]
    endpoint_states: Mapping[ResourceId, EndpointState]
    addresses: tuple[MemberAddress, ...]
    names: tuple[Name, ...]

    @cached_property
    def member_addresses(self) -> Mapping[str, Mapping[Claim, MemberAddress]]:
        """What its live endpoints give, by name."""
        member_addresses = defaultdict[str, dict[Claim, MemberAddress]](dict)
        for member_address in self.addresses:
            member_addresses[member_address.name][member_address.claim] = member_address
        return member_addresses

    @cached_property
    def live(self) -> Mapping[ResourceId, Ready]:
        """The endpoints that publish here."""
        member_addresses = {member_address.claim.endpoint for member_address in self.addresses}
        return {
            id_: state
            for id_, state in self.endpoint_states.items()
            if isinstance(state, Ready) and id_ in member_addresses
        }


def registry_states(observation: Observation) -> tuple[tuple[RegistryState, ...], tuple[Name, ...]]:
    """Each registry that the observation tells of with the names that are its own, and orphans.

    A name belongs to the registry whose live endpoint gives it, else to the one
    that its mark notes, else to the one whose login server it begins with: a
    registry made again elsewhere keeps its names, and a damaged mark loses none.
    Orphans are names of ours of which no registry can be told any more.
    """
    concerned = _concerned(observation)
    judged = {
        id_: {
            endpoint: judge_endpoint(endpoint_reading, id_, registry)
            for endpoint, endpoint_reading in sorted(concerned.get(id_, {}).items())
        }
        for id_, registry in sorted(observation.registries.items())
    }
    given = {id_: tuple(_member_addresses(observation, judged[id_])) for id_ in judged}
    names, orphans = _owned(observation, given)
    found = (
        RegistryState(
            id_, observation.registries[id_], judged[id_], given[id_], tuple(names.get(id_, ()))
        )
        for id_ in judged
    )
    return tuple(found), orphans


def _concerned(observation: Observation) -> Mapping[ResourceId, dict[ResourceId, EndpointReading]]:
    """The endpoints that each registry has to do with, by its own word or by theirs."""
    concerned = defaultdict[ResourceId, dict[ResourceId, EndpointReading]](dict)
    for endpoint_reading in observation.endpoint_readings.values():
        if isinstance(endpoint_reading.endpoint, Found):
            for registry in endpoint_reading.endpoint.value.connections:
                concerned[registry][endpoint_reading.id] = endpoint_reading
    for id_, reading in observation.registries.items():
        if isinstance(reading, Found):
            for endpoint in reading.value.connections:
                if endpoint in observation.endpoint_readings:
                    concerned[id_][endpoint] = observation.endpoint_readings[endpoint]
    return concerned


def _owned(
    observation: Observation, given: Mapping[ResourceId, tuple[MemberAddress, ...]]
) -> tuple[Mapping[ResourceId, list[Name]], tuple[Name, ...]]:
    """The names that are each registry's own, login first, and those of ours that are nobody's."""
    givers: dict[str, ResourceId] = {}
    for id_, addresses in given.items():
        for member_address in addresses:
            givers.setdefault(member_address.name, id_)
    labels = {
        registry.value.login_server.partition(".")[0]: id_
        for id_, registry in sorted(observation.registries.items())
        if isinstance(registry, Found) and observation.zone.can_hold(registry.value.login_server)
    }
    owned, orphans = defaultdict[ResourceId, list[Name]](list), list[Name]()
    for name in sorted(
        (_name(observation, name) for name in observation.records),
        key=lambda name: (not name.login, name.name),
    ):
        owner = givers.get(name.name)
        if owner is None and name.ownership is not None:
            owner = name.ownership.registry or labels.get(name.name.partition(".")[0])
            if owner is None:
                orphans.append(name)
        if owner is not None:
            owned[owner].append(name)
    return owned, tuple(orphans)


def reading_of(observation: Observation, endpoint: ResourceId) -> EndpointReading:
    """What was read of an endpoint; an endpoint that was not read is unknown."""
    return observation.endpoint_readings.get(endpoint) or EndpointReading(endpoint, _UNREAD)


def _name(observation: Observation, name: str) -> Name:
    record = observation.records[name]
    ownership = None if record is None else decode_ownership(record, observation.zone)
    return Name(name, record, ownership)


def _member_addresses(
    observation: Observation, endpoint_states: Mapping[ResourceId, EndpointState]
) -> Iterator[MemberAddress]:
    zone = observation.zone
    for id_, state in sorted(endpoint_states.items()):
        if not isinstance(state, Ready):
            continue
        for member in state.members:
            name = record_name(member.fqdn, zone.suffix)
            if name is not None:
                endpoint = state.endpoint
                claim = Claim(
                    id_, member.address, endpoint.guid[:8], network_hash(endpoint.network)
                )
                yield MemberAddress(name, claim, member.name)
