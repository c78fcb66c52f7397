"""The state of a registry: its endpoints, judged, and the names that are its own."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from shared.domain.endpoint_state import EndpointState, Ready, judge_endpoint
from shared.domain.observation import EndpointReading, Observation, ZoneState
from shared.domain.own_names import is_named_after, is_own_name
from shared.domain.ownership import Claim, Ownership, network_hash
from shared.domain.reading import Found, Reading, Unknown, UnknownReason
from shared.domain.resource_id import ResourceId
from shared.domain.resources import Registry
from shared.domain.routing import holds_names, serving_zone
from shared.domain.zone import RecordSet, Zone, record_name

# A claim can name an endpoint that a pass did not read: silence is not absence.
_UNREAD = Unknown(UnknownReason.TRANSIENT, "was not read")


@dataclass(frozen=True, slots=True)
class MemberAddress:
    """A name and address that a ready endpoint's interface gives, and the member that gives it."""

    name: str
    claim: Claim
    member: str


@dataclass(frozen=True, slots=True)
class Name:
    """One name as it stands in the zone.

    Attributes:
        name: relative to the zone.
        record: the record set, ours or not; None where there is none.
        ownership: of the record set; None if it is not ours.
    """

    name: str
    record: RecordSet | None
    ownership: Ownership | None

    @property
    def is_login(self) -> bool:
        """Whether it is a login server's: data and regional names have further labels."""
        return "." not in self.name

    @property
    def addresses(self) -> frozenset[str]:
        """The addresses that it resolves to now."""
        return frozenset(self.record.addresses if self.record else ())


# Without slots, for the sake of its cached properties.
@dataclass(frozen=True)
class RegistryState:
    """A registry with all that was read about it, as far as it concerns one zone.

    Attributes:
        id: the registry.
        registry: what was read of it.
        endpoint_states: the state of each endpoint that has to do with it.
        routes: the endpoints whose names the zone is not to hold, with the zone that serves
            their networks; None if none does.
        addresses: what the other ready endpoints' interfaces give, for this zone.
        names: the names that it answers for, login first.
    """

    id: ResourceId
    registry: Reading[Registry]
    endpoint_states: Mapping[ResourceId, EndpointState]
    routes: Mapping[ResourceId, Zone | None]
    addresses: tuple[MemberAddress, ...]
    names: tuple[Name, ...]

    @cached_property
    def home_states(self) -> Mapping[ResourceId, EndpointState]:
        """The states of those endpoints whose names the zone holds, or may hold."""
        if not self.routes:
            return self.endpoint_states
        return {id_: one for id_, one in self.endpoint_states.items() if id_ not in self.routes}

    @cached_property
    def member_addresses(self) -> Mapping[str, Mapping[Claim, MemberAddress]]:
        """What its ready endpoints give, by name and claim."""
        by_name = defaultdict[str, dict[Claim, MemberAddress]](dict)
        for member_address in self.addresses:
            by_name[member_address.name][member_address.claim] = member_address
        return by_name

    @cached_property
    def ready_endpoints(self) -> Mapping[ResourceId, Ready]:
        """The ready endpoints that give a name of this zone."""
        endpoints = {member_address.claim.endpoint for member_address in self.addresses}
        return {
            id_: state
            for id_, state in self.endpoint_states.items()
            if isinstance(state, Ready) and id_ in endpoints
        }


def registry_states(
    observation: Observation, zone_state: ZoneState
) -> tuple[tuple[RegistryState, ...], tuple[Name, ...]]:
    """Each registry that the observation tells of with its own names in a zone, and orphans.

    A name belongs to the registry whose ready endpoint gives it, else to the one
    that its ownership names if that may have it (own-names-only), else to the one whose login
    server it begins with: a registry made again elsewhere keeps its names, and damaged ownership
    loses none. Orphans are names of ours of which no registry can be told any more.
    """
    readings, zone = observation.readings_by_registry, zone_state.zone
    routes = _routes(observation, zone_state)
    states = {
        id_: {
            endpoint: judge_endpoint(
                reading, id_, registry, observation.evidence.sides(endpoint), zone.id
            )
            for endpoint, reading in sorted(readings.get(id_, {}).items())
        }
        for id_, registry in sorted(observation.registries.items())
    }
    addresses = {
        id_: tuple(
            member_addresses(
                (one for endpoint, one in states[id_].items() if endpoint not in routes),
                zone.suffix,
            )
        )
        for id_ in states
    }
    names, orphans = _names_by_registry(observation, zone_state, addresses)
    return (
        tuple(
            RegistryState(
                id_,
                observation.registries[id_],
                states[id_],
                {endpoint: routes[endpoint] for endpoint in states[id_] if endpoint in routes},
                addresses[id_],
                tuple(names.get(id_, ())),
            )
            for id_ in states
        ),
        orphans,
    )


def member_addresses(states: Iterable[EndpointState], suffix: str) -> Iterator[MemberAddress]:
    """What ready endpoints give for names of that public suffix."""
    for state in states:
        if not isinstance(state, Ready):
            continue
        endpoint = state.endpoint
        for member in state.members:
            # What lies under another suffix is no name of this zone.
            name = record_name(member.fqdn, suffix)
            if name is not None:
                network = network_hash(endpoint.network)
                claim = Claim(endpoint.id, member.address, endpoint.guid[:8], network)
                yield MemberAddress(name, claim, member.name)


def reading_of(observation: Observation, endpoint: ResourceId) -> EndpointReading:
    """What was read of an endpoint; an endpoint that was not read is unknown."""
    return observation.endpoint_readings.get(endpoint) or EndpointReading(endpoint, _UNREAD)


def _routes(observation: Observation, zone_state: ZoneState) -> Mapping[ResourceId, Zone | None]:
    """The endpoints whose names belong elsewhere, each with the zone that serves its network."""
    return {
        reading.id: serving_zone(observation.kept_zones, reading.endpoint.value)
        for reading in observation.endpoint_readings.values()
        if isinstance(reading.endpoint, Found)
        and not holds_names(zone_state, reading.endpoint.value, observation)
    }


def _names_by_registry(
    observation: Observation,
    zone_state: ZoneState,
    addresses: Mapping[ResourceId, tuple[MemberAddress, ...]],
) -> tuple[Mapping[ResourceId, list[Name]], tuple[Name, ...]]:
    """The names that are each registry's own, login first, and those of ours that are nobody's."""
    registry_ids: dict[str, ResourceId] = {}
    # Of two registries that give a name the one has it that was read, since its login server
    # says so; of two such the one with the lower ID, in every run the same.
    for id_ in sorted(
        addresses, key=lambda id_: (not isinstance(observation.registries[id_], Found), id_)
    ):
        for member_address in addresses[id_]:
            registry_ids.setdefault(member_address.name, id_)
    # The login server, not the registry's own name: a domain name label makes them differ.
    labels = {
        registry.value.login_server.partition(".")[0]: id_
        for id_, registry in sorted(observation.registries.items())
        if isinstance(registry, Found) and zone_state.zone.can_hold(registry.value.login_server)
    }
    names, orphans = defaultdict[ResourceId, list[Name]](list), list[Name]()
    ownerships = observation.ownerships[zone_state.zone.id]
    for name in sorted(
        (Name(name, record, ownerships.get(name)) for name, record in zone_state.records.items()),
        key=lambda name: (not name.is_login, name.name),
    ):
        registry_id = registry_ids.get(name.name)
        # Records of others are nobody's concern unless an endpoint gives their name.
        if registry_id is None and name.ownership is not None:
            registry_id = registry_of_claims(observation, name) or labels.get(
                name.name.partition(".")[0]
            )
            if registry_id is None:
                orphans.append(name)
        if registry_id is not None:
            names[registry_id].append(name)
    return names, tuple(orphans)


def registry_of_claims(observation: Observation, name: Name) -> ResourceId | None:
    """The registry that a name's ownership notes, if the name may be that registry's own.

    Else whoever writes into the zone could have claims judged by a registry of theirs
    (own-names-only).
    """
    registry_id = name.ownership.registry if name.ownership else None
    if registry_id is None:
        return None
    fqdn = f"{name.name}.{observation.suffix}"
    reading = observation.registries.get(registry_id)
    # Made again under its name, it may have had another label before.
    is_own = is_named_after(fqdn, registry_id) or (
        reading and is_own_name(fqdn, registry_id, reading)
    )
    return registry_id if is_own else None
