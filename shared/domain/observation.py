"""What a pass has read, and what it hands on to the next: observation and evidence."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from shared.domain.ownership import Claim, Owners, network_hash
from shared.domain.reading import Absent, Found, Reading
from shared.domain.resource_id import ResourceId
from shared.domain.resources import Endpoint, Interface, Registry
from shared.domain.zone import Link, RecordSet, Zone
from shared.errors import TransientError


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where the names of an endpoint belong that this zone does not serve.

    Attributes:
        zone: the zone that serves its network; None if no zone does.
        holds: names and addresses read there, after this zone's records.
        keeps: names that are kept there for one endpoint of several, be it this one or not.
    """

    zone: ResourceId | None
    holds: frozenset[tuple[str, str]] = frozenset()
    # There another endpoint may be the published one: then this one's address never comes.
    keeps: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class EndpointReading:
    """Everything that was read of one endpoint, all of it after the zone.

    Attributes:
        id: the endpoint's ID.
        endpoint: the endpoint itself.
        interface: its interface; `Absent` when the endpoint names none.
        zone_group: whether a zone group of the endpoint points at a zone of this name.
        elsewhere: set if another zone of this name serves the endpoint's network.
    """

    id: ResourceId
    endpoint: Reading[Endpoint]
    interface: Reading[Interface] = field(default_factory=Absent)
    zone_group: Reading[bool] = field(default_factory=Absent)
    elsewhere: Elsewhere | None = None


class Side(StrEnum):
    """Who can say that a connection is over."""

    ENDPOINT = "the endpoint"
    REGISTRY = "the registry"
    INTERFACE = "the interface"


# By name and claim: which sides alone say that it is over; no side for one that is about to be.
type SidesOver = Mapping[tuple[str, Claim], frozenset[Side]]


@dataclass(frozen=True, slots=True)
class Rival:
    """A link of ours that holds a network to another zone of the same name."""

    zone: Zone
    link: Link


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
            *(sides for (_, claim), sides in self.sides_over.items() if claim.endpoint == endpoint)
        )


# Without slots, for the sake of its cached properties.
@dataclass(frozen=True)
class Observation:
    """What one pass has read of a zone and of the sources behind some of its names.

    Attributes:
        zone: the zone that was read.
        owners: whose ownership counts as ours.
        records: each name that was read; None where there is no record set.
        registries: every registry that the names or endpoints point to.
        endpoint_readings: every endpoint that the registries, the claims or the scope point to.
        links: links that were read; all of the zone, if any desired one was missing.
        evidence: what earlier passes of the run saw.
        rivals: by network, links of ours that hold it to another zone of the same name.
        link_error: why the links could not be read, which holds back links alone; else None.
    """

    zone: Zone
    owners: Owners
    records: Mapping[str, RecordSet | None]
    registries: Mapping[ResourceId, Reading[Registry]]
    endpoint_readings: Mapping[ResourceId, EndpointReading]
    links: tuple[Link, ...] = ()
    evidence: Evidence = field(default_factory=Evidence)
    rivals: Mapping[ResourceId, Rival] = field(default_factory=dict)
    link_error: TransientError | None = None

    @cached_property
    def link_by_network(self) -> Mapping[ResourceId, Link]:
        """The networks that are linked to the zone, each with its link, whosever it is."""
        return {link.network: link for link in self.links if link.network}

    @cached_property
    def link_by_name(self) -> Mapping[str, Link]:
        """The same links by their names."""
        return {link.name: link for link in self.links}

    @cached_property
    def link_by_hash(self) -> Mapping[str, Link]:
        """The same links, by their networks as claims know them."""
        return {network_hash(network): link for network, link in self.link_by_network.items()}

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
            for part in (reading.endpoint, reading.interface, reading.zone_group):
                yield reading.id, part
