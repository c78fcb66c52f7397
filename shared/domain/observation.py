"""The words of the design as frozen values: scopes, readings, sources, the zone, observations."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from shared.domain.ownership import Claim, network_hash
from shared.domain.reading import Absent, Found, Reading
from shared.domain.resource_id import ResourceId
from shared.domain.resources import Endpoint, Interface, Registry
from shared.domain.zone import Link, RecordSet, Zone

# ── Scope: what a trigger asks to be made right ─────────────────────────────


# ── Readings: nothing is believed but what Azure said, and silence is not absence ───


# ── Sources: where the truth is ─────────────────────────────────────────────


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


# ── The zone ────────────────────────────────────────────────────────────────


class Half(StrEnum):
    """Who alone says that an address is over: half a proof (no-unproven-delete)."""

    ENDPOINT = "the endpoint"
    REGISTRY = "the registry"
    INTERFACE = "the interface"


# A name, an entry of its mark, and who says that it is over; nobody yet of one that may go soon.
type DoubtedClaim = tuple[str, Claim, Half | None]


# ── Observation: what was read, zone first ──────────────────────────────────


@dataclass(frozen=True, slots=True)
class Rival:
    """A link of ours that holds a network to another zone of the same name."""

    zone: Zone
    link: Link


@dataclass(frozen=True)
class Observation:
    """One look at a zone and the sources behind some of its names.

    Attributes:
        zone: the zone looked at.
        records: each name that was read; None where there is no record set.
        registries: every registry that the names or endpoints point to.
        endpoint_readings: every endpoint that the registries, the marks or the scope point to.
        links: links seen; holds every link of the zone if any wanted one was missing.
        leaving: hashes of networks that lost an endpoint, or may have, earlier in this run.
        doubted: names and entries of which one side alone said, half a minute ago, that
            they are over, and which.
        rivals: by network, links of ours that hold it to another zone of the same name.
    """

    zone: Zone
    records: Mapping[str, RecordSet | None]
    registries: Mapping[ResourceId, Reading[Registry]]
    endpoint_readings: Mapping[ResourceId, EndpointReading]
    links: tuple[Link, ...] = ()
    leaving: frozenset[str] = frozenset()
    doubted: frozenset[DoubtedClaim] = frozenset()
    rivals: Mapping[ResourceId, Rival] = field(default_factory=dict)

    @cached_property
    def linked(self) -> Mapping[ResourceId, Link]:
        """The networks that are linked to the zone, each with its link, whosever it is."""
        return {link.network: link for link in self.links if link.network}

    @cached_property
    def links_by_name(self) -> Mapping[str, Link]:
        """The same links by their names."""
        return {link.name: link for link in self.links}

    @cached_property
    def linked_hashes(self) -> Mapping[str, Link]:
        """The same networks as marks know them."""
        return {network_hash(network): link for network, link in self.linked.items()}

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
