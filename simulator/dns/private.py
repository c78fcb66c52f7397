"""Private zones: which one serves a name in a network, and what is in it."""

from dataclasses import dataclass

from simulator.dns.records import Addresses, Empty, Found, Missing, Record, is_within
from simulator.world import Resource, World

_LINK = "Microsoft.Network/privateDnsZones/virtualNetworkLinks"
_RECORD_SET = "Microsoft.Network/privateDnsZones/A"
_NEGATIVE_TTL = 10


@dataclass(frozen=True, slots=True)
class LinkedZone:
    """A zone as one network sees it.

    Attributes:
        zone: the zone.
        name: its name in lower case.
        redirects: whether a missing name is asked of the public DNS instead (NxDomainRedirect).
    """

    zone: Resource
    name: str
    redirects: bool

    def soa(self) -> Record:
        """The SOA record that comes with this zone's denials."""
        fields = "azureprivatedns.net. azureprivatedns-host.microsoft.com. 1 3600 300 2419200 10"
        return Record(self.name, "SOA", _NEGATIVE_TTL, fields)


def zone_for(world: World, network_id: str, name: str) -> LinkedZone | None:
    """The zone with the longest matching name among those linked to the network, if any."""
    candidates = [
        zone
        for link in world.of_type(_LINK)
        if _is_ready(link, network_id) and (zone := _zone_of(world, link)) is not None
    ]
    matching = [zone for zone in candidates if is_within(name, zone.name)]
    return max(matching, key=lambda zone: len(zone.name), default=None)


def look_up(world: World, linked: LinkedZone, name: str) -> Found:
    """What the zone holds for a name within it."""
    relative = name.removesuffix(linked.name).removesuffix(".")
    if not isinstance(found := _addresses(world, linked, relative), Missing):
        return found
    existing = _names(world, linked)
    if _exists(relative, existing):
        return Empty()
    wildcard = f"*.{_closest(relative, existing)}".removesuffix(".")
    return _addresses(world, linked, wildcard)


def _is_ready(link: Resource, network_id: str) -> bool:
    properties = link.properties
    linked: str = properties["virtualNetwork"]["id"]
    return (
        linked.lower() == network_id.lower()
        and properties.get("virtualNetworkLinkState") == "Completed"
    )


def _zone_of(world: World, link: Resource) -> LinkedZone | None:
    zone = world.get(link.id.rsplit("/", 2)[0])
    if zone is None:
        return None
    redirects = link.properties.get("resolutionPolicy") == "NxDomainRedirect"
    return LinkedZone(zone, str(zone.body["name"]).lower(), redirects)


def _names(world: World, linked: LinkedZone) -> frozenset[str]:
    """The relative names of all record sets, "" for the apex."""
    found = (_relative(one) for one in world.of_type(_RECORD_SET, linked.zone.id))
    return frozenset("" if name == "@" else name for name in found)


def _relative(record_set: Resource) -> str:
    return record_set.id.rsplit("/", 1)[1].lower()


def _addresses(world: World, linked: LinkedZone, relative: str) -> Found:
    found = world.get(f"{linked.zone.id}/A/{relative or '@'}")
    if found is None:
        return Missing()
    records = found.properties.get("aRecords") or ()
    addresses = tuple(str(record["ipv4Address"]) for record in records)
    return Addresses(addresses, int(found.properties.get("ttl") or 0))


def _exists(relative: str, existing: frozenset[str]) -> bool:
    """Whether a name without a record set exists all the same: the apex, or names below it."""
    return not relative or any(name.endswith(f".{relative}") for name in existing)


def _closest(relative: str, existing: frozenset[str]) -> str:
    """The longest ancestor that exists: only its wildcard may answer (RFC 4592)."""
    ancestor = relative.partition(".")[2]
    while ancestor and ancestor not in existing and not _exists(ancestor, existing):
        ancestor = ancestor.partition(".")[2]
    return ancestor
