"""Which zone serves which names: by a network's ID, subscription or region, else the rest.

Zones of one name for different parts of the estate are Microsoft's own advice for
high availability (docs/azure.md#private-dns). The most specific selector wins, and one network
never routes to two zones.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from shared.domain.resource_id import InvalidNameError, ResourceId, parse_fqdn
from shared.domain.resources import SUCCEEDED

PRIVATE_LINK = "privatelink."


class Links(StrEnum):
    """Whether the app links networks to a zone."""

    MANAGE = "manage"
    LEAVE = "leave"  # people link networks, or a policy does


class Selection(StrEnum):
    """Which of several endpoints behind one name is published."""

    FIRST = "first"
    MERGE = "merge"


class Peered(StrEnum):
    """What becomes of an unused link of ours whose network is peered."""

    KEEP = "keep"
    UNLINK = "unlink"


@dataclass(frozen=True, slots=True)
class Selector:
    """The networks that a zone serves: by their ID, their subscription or their region."""

    networks: frozenset[ResourceId] = frozenset()
    subscriptions: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        """Whether it selects anything."""
        return bool(self.networks or self.subscriptions or self.regions)


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone that the app keeps, and how.

    Attributes:
        id: the private DNS zone.
        suffix: public suffix of the names it serves, as "azurecr.io".
        owner: this deployment's owner ID, which stands in all its ownership.
        ttl: seconds, of every record that the app writes.
        selection: which of several endpoints behind one name is published.
        links: whether networks are linked.
        peered: whether an unused link stays for the sake of peered networks.
        selector: the networks it serves; an empty selector takes what no other zone does.
        other_selectors: what zones of the same name serve.
    """

    id: ResourceId
    suffix: str
    owner: str
    ttl: int = 10  # as zone groups write it
    selection: Selection = Selection.FIRST
    links: Links = Links.MANAGE
    peered: Peered = Peered.KEEP
    selector: Selector = Selector()
    other_selectors: Selector = Selector()

    def can_hold(self, fqdn: str) -> bool:
        """Whether a login server's name belongs into this zone."""
        # One label alone: a longer name is a data or regional one, and no login server's.
        return fqdn.partition(".")[2] == self.suffix


@dataclass(frozen=True, slots=True)
class RecordSet:
    """An A record set as Azure holds it.

    Attributes:
        name: relative to the zone, in lower case.
        etag: as Azure gave it, to be sent back bare.
        ttl: seconds.
        addresses: IPv4, in Azure's order; may be empty.
        metadata: all of it, ours and others'.
    """

    name: str
    # A condition of every update and delete (no-stale-overwrite).
    etag: str
    ttl: int
    addresses: tuple[str, ...]
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Link:
    """A virtual network link as Azure holds it; while it is being deleted it still answers.

    Attributes:
        name: of the link.
        etag: as Azure gave it.
        network: the network that it links; None where that cannot be read.
        tags: all of them, ours and others'.
        state: provisioning state.
        has_fallback: whether a name that the zone does not hold resolves publicly; None where
            the API version does not say.
        has_registration: whether the network's machines register themselves in the zone.
    """

    name: str
    etag: str
    network: ResourceId | None
    tags: Mapping[str, str]
    state: str = SUCCEEDED
    has_fallback: bool | None = True
    has_registration: bool = False

    @property
    def is_as_made(self) -> bool:
        """Whether it does what the app's links do; what is not known counts as right."""
        return self.has_fallback is not False and not self.has_registration

    @property
    def is_deleting(self) -> bool:
        """Whether it is being deleted: whoever needs it must wait, and then make it again."""
        return self.state == "Deleting"

    @property
    def is_broken(self) -> bool:
        """Whether it was never made: Azure lists it, and no client sees anything through it."""
        return self.state in ("Failed", "Canceled")

    @property
    def is_working(self) -> bool:
        """Whether clients of its network see the zone, and will go on to."""
        return not self.is_deleting and not self.is_broken


def public_suffix(zone_name: str) -> str:
    """The suffix of the public names that a `privatelink.` zone serves.

    Raises:
        InvalidNameError: the zone's name begins otherwise.
    """
    if not zone_name.startswith(PRIVATE_LINK):
        raise InvalidNameError(f"a zone for private endpoints is called {PRIVATE_LINK}<suffix>")
    return parse_fqdn(zone_name.removeprefix(PRIVATE_LINK))


def record_name(fqdn: str, suffix: str) -> str | None:
    """The record's name for a public FQDN, or None if the zone of that suffix cannot hold it.

    The whole suffix is taken off: a split at the first dot would turn
    `r.northeurope.data.azurecr.io` into a zone nobody has (docs/azure.md#private-dns).
    """
    name = fqdn.removesuffix(f".{suffix}")
    return None if name == fqdn else name


def is_zone_for(zone: Zone, network: ResourceId, region: str) -> bool:
    """Whether the zone serves a network, which is in that region."""
    # The most specific selector decides, be it this zone's or another's.
    for own, other in (
        (network in zone.selector.networks, network in zone.other_selectors.networks),
        (
            network.subscription in zone.selector.subscriptions,
            network.subscription in zone.other_selectors.subscriptions,
        ),
        (region in zone.selector.regions, region in zone.other_selectors.regions),
    ):
        if own or other:
            return own
    # What no selector names belongs to the zone that has none.
    return not zone.selector


def group_by_name(zones: Iterable[Zone]) -> tuple[tuple[Zone, ...], ...]:
    """The zones, those of one name together: each group is read and judged as one."""
    groups: dict[str, list[Zone]] = {}
    for zone in zones:
        groups.setdefault(zone.suffix, []).append(zone)
    return tuple(map(tuple, groups.values()))


def with_other_selectors(zones: Iterable[Zone]) -> tuple[Zone, ...]:
    """The zones, each knowing what the others of its name serve."""
    zones = tuple(zones)
    return tuple(replace(zone, other_selectors=_union(_others(zone, zones))) for zone in zones)


def find_ties(zones: Iterable[Zone]) -> list[tuple[Zone, Zone]]:
    """The pairs of zones that would hold the same names for the same networks; none may."""
    zones = tuple(zones)
    return [
        (one, other)
        for index, one in enumerate(zones)
        for other in zones[index + 1 :]
        if one.suffix == other.suffix and _is_tie(one.selector, other.selector)
    ]


def _is_tie(one: Selector, other: Selector) -> bool:
    """Whether two selectors of the same kind name the same thing, or neither names any."""
    # Different kinds may overlap: there the more specific one wins.
    if not one or not other:
        return not one and not other
    return bool(
        one.networks & other.networks
        or one.subscriptions & other.subscriptions
        or one.regions & other.regions
    )


def _others(zone: Zone, zones: tuple[Zone, ...]) -> Iterator[Selector]:
    for other in zones:
        if other.suffix == zone.suffix and other.id != zone.id:
            yield other.selector


def _union(selectors: Iterable[Selector]) -> Selector:
    selectors = tuple(selectors)
    return Selector(
        frozenset().union(*(one.networks for one in selectors)),
        frozenset().union(*(one.subscriptions for one in selectors)),
        frozenset().union(*(one.regions for one in selectors)),
    )
