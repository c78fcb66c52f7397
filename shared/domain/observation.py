"""What a pass has read, and what it hands on to the next: observation and evidence."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from shared.domain.client_view import PrivateZone
from shared.domain.ownership import Claim, Owners, Ownership, decode_ownership
from shared.domain.reading import Absent, Found, Reading
from shared.domain.resource_id import ResourceId
from shared.domain.resources import Endpoint, Interface, Registry
from shared.domain.zone import Link, RecordSet, Zone
from shared.errors import TransientError


@dataclass(frozen=True, slots=True)
class EndpointReading:
    """Everything that was read of one endpoint, all of it after the zones.

    Attributes:
        id: the endpoint's ID.
        endpoint: the endpoint itself.
        interface: its interface; `Absent` when the endpoint names none.
        group_zones: the zones in which its zone groups keep records.
    """

    id: ResourceId
    endpoint: Reading[Endpoint]
    interface: Reading[Interface] = field(default_factory=Absent)
    group_zones: Reading[frozenset[ResourceId]] = field(default_factory=Absent)


class Side(StrEnum):
    """Who can say that a connection is over."""

    ENDPOINT = "the endpoint"
    REGISTRY = "the registry"
    INTERFACE = "the interface"


# By zone, name and claim: which sides alone say that it is over; none for one about to be.
type SidesOver = Mapping[tuple[ResourceId, str, Claim], frozenset[Side]]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What earlier passes of a run saw, and the next one cannot read any more.

    Attributes:
        networks: hashes of networks that lost an endpoint, or may have: their links may go.
        sides_over: which claims one side alone said to be over, half a minute ago.
    """

    # Once a claim has gone from the zone, nothing there names its network.
    networks: frozenset[str] = frozenset()
    sides_over: SidesOver = field(default_factory=dict)

    def sides(self, endpoint: ResourceId) -> frozenset[Side]:
        """Which sides said of any claim of an endpoint that it is over."""
        return frozenset().union(
            *(
                sides
                for (_, _, claim), sides in self.sides_over.items()
                if claim.endpoint == endpoint
            )
        )


# Without slots, for the sake of its cached properties.
@dataclass(frozen=True)
class ZoneState:
    """What one pass has read of a zone.

    Attributes:
        zone: which.
        records: each name that was read; None where there is no record set.
        links: links that were read; all of the zone, if any desired one was missing.
        link_error: why the links could not be read, which holds back links alone; else None.
    """

    zone: Zone
    records: Mapping[str, RecordSet | None]
    links: tuple[Link, ...] = ()
    link_error: TransientError | None = None

    @cached_property
    def link_by_network(self) -> Mapping[ResourceId, Link]:
        """The networks that are linked to the zone, each with its link, whosever it is."""
        return {link.network: link for link in self.links if link.network}

    @cached_property
    def link_by_name(self) -> Mapping[str, Link]:
        """The same links by their names."""
        return {link.name: link for link in self.links}

    @property
    def private_zone(self) -> PrivateZone:
        """The zone as clients see it."""
        return PrivateZone(self.zone.id.name, self.records, self.link_by_network)


@dataclass(frozen=True)
class Observation:
    """What one pass has read: zones of one name, and the sources behind some of their names.

    Attributes:
        kept_zones: every zone of the name that the app keeps.
        owners: whose ownership counts as ours.
        zones: those that were read; one that cannot be read holds back itself alone.
        registries: every registry that the names or endpoints point to.
        endpoint_readings: every endpoint that the registries, the claims or the scope point to.
        evidence: what earlier passes of the run saw.
        day: as 2026-11-23 (UTC), since a move that Azure refused is tried once a day.
    """

    kept_zones: tuple[Zone, ...]
    owners: Owners
    zones: Mapping[ResourceId, Reading[ZoneState]]
    registries: Mapping[ResourceId, Reading[Registry]]
    endpoint_readings: Mapping[ResourceId, EndpointReading]
    evidence: Evidence = field(default_factory=Evidence)
    day: str = ""

    @cached_property
    def zone_states(self) -> tuple[ZoneState, ...]:
        """The zones that could be read."""
        return tuple(reading.value for reading in self.zones.values() if isinstance(reading, Found))

    @cached_property
    def ownerships(self) -> Mapping[ResourceId, Mapping[str, Ownership]]:
        """Our ownership of the records that were read, by zone and name."""
        return {
            state.zone.id: {
                name: ownership
                for name, record in state.records.items()
                if record and (ownership := decode_ownership(record, self.owners))
            }
            for state in self.zone_states
        }

    @cached_property
    def claim_networks(self) -> Mapping[ResourceId, frozenset[str]]:
        """The networks, by hash, that claims in each zone name."""
        return {
            id_: frozenset(claim.network for one in by_name.values() for claim in one.claims)
            for id_, by_name in self.ownerships.items()
        }

    @property
    def suffix(self) -> str:
        """The public suffix of the names that the zones hold."""
        return self.kept_zones[0].suffix

    @cached_property
    def readings_by_registry(self) -> Mapping[ResourceId, Mapping[ResourceId, EndpointReading]]:
        """The endpoints that each registry has to do with, by its own word or by theirs."""
        # Either word is enough to be judged: one that a side has dropped must still be seen to go.
        readings = defaultdict[ResourceId, dict[ResourceId, EndpointReading]](dict)
        for endpoint_reading in self.endpoint_readings.values():
            if isinstance(endpoint_reading.endpoint, Found):
                for registry_id in endpoint_reading.endpoint.value.connections:
                    readings[registry_id][endpoint_reading.id] = endpoint_reading
        for registry_id, registry in self.registries.items():
            if isinstance(registry, Found):
                for endpoint in registry.value.connections:
                    if endpoint in self.endpoint_readings:
                        readings[registry_id][endpoint] = self.endpoint_readings[endpoint]
        return readings

    @cached_property
    def creators(self) -> Mapping[str, EndpointReading]:
        """The endpoints that were found, by the `resourceGuid` that zone groups note."""
        return {
            reading.endpoint.value.guid: reading
            for reading in self.endpoint_readings.values()
            if isinstance(reading.endpoint, Found)
        }

    @property
    def readings(self) -> Iterator[tuple[ResourceId, Reading[object]]]:
        """Everything that was read of the sources, each with whose it is."""
        yield from self.registries.items()
        for reading in self.endpoint_readings.values():
            for part in (reading.endpoint, reading.interface, reading.group_zones):
                yield reading.id, part
