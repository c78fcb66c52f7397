"""The words of the design as frozen values: scopes, readings, sources, the zone, observations."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from shared.domain.ownership import Claim, Owners, network_hash
from shared.domain.reading import Absent, Found, Reading
from shared.domain.resource_id import ResourceId
from shared.domain.resources import Endpoint, Interface, Registry
from shared.domain.zone import Link, RecordSet, Zone


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


# By name and claim: which sides alone say that it is over; none of one that is about to be.
type SidesOver = Mapping[tuple[str, Claim], frozenset[Side]]


@dataclass(frozen=True, slots=True)
class Rival:
    """A link of ours that holds a network to another zone of the same name."""

    zone: Zone
    link: Link


@dataclass(frozen=True, slots=True)
class Evidence:
    """What earlier passes of a run saw, and the zone may not tell any more.

    Attributes:
        networks: hashes of networks that lost an endpoint, or may have: their links may go.
        sides_over: which claims one side alone said to be over, half a minute ago.
    """

    networks: frozenset[str] = frozenset()
    sides_over: SidesOver = field(default_factory=dict)

    def sides(self, endpoint: ResourceId) -> frozenset[Side]:
        """Which sides said of any claim of an endpoint that it is over."""
        said = (
            sides for (_, claim), sides in self.sides_over.items() if claim.endpoint == endpoint
        )
        return frozenset().union(*said)


@dataclass(frozen=True)
class Observation:
    """One look at a zone and the sources behind some of its names.

    Attributes:
        zone: the zone looked at.
        owners: whose ownership counts as ours.
        records: each name that was read; None where there is no record set.
        registries: every registry that the names or endpoints point to.
        endpoint_readings: every endpoint that the registries, the marks or the scope point to.
        links: links seen; holds every link of the zone if any wanted one was missing.
        evidence: what earlier passes of the run saw.
        rivals: by network, links of ours that hold it to another zone of the same name.
    """

    zone: Zone
    owners: Owners
    records: Mapping[str, RecordSet | None]
    registries: Mapping[ResourceId, Reading[Registry]]
    endpoint_readings: Mapping[ResourceId, EndpointReading]
    links: tuple[Link, ...] = ()
    evidence: Evidence = field(default_factory=Evidence)
    rivals: Mapping[ResourceId, Rival] = field(default_factory=dict)

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
        """The same networks as marks know them."""
        return {network_hash(network): link for network, link in self.link_by_network.items()}

    @cached_property
    def creators(self) -> Mapping[str, EndpointReading]:
        """The endpoints that are there, by the `resourceGuid` that zone groups note."""
        return {
            endpoint_reading.endpoint.value.guid: endpoint_reading
            for endpoint_reading in self.endpoint_readings.values()
            if isinstance(endpoint_reading.endpoint, Found)
        }

    @property
    def readings(self) -> Iterator[tuple[ResourceId, Reading[object]]]:
        """Everything that was read of the sources, each with whose it is."""
        yield from self.registries.items()
        for one in self.endpoint_readings.values():
            yield from ((one.id, part) for part in (one.endpoint, one.interface, one.zone_group))
