"""What a client in a virtual network gets for a name: Azure's resolver, written a second time.

The first time is `simulator/dns`, and the product has a third opinion; this one reads nothing
but documents. `tests/contract/test_judge.py` holds it against `dig`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from tests.judge.documents import LINK, A, Documents, Json, last_segment, parent_of
from tests.judge.registries import private_alias

AZURE_RESOLVER = "168.63.129.16"


class Outcome(StrEnum):
    """How a question ends."""

    ADDRESSES = "addresses"
    NO_DATA = "no data"
    NO_SUCH_NAME = "no such name"
    PUBLIC = "the public answer"
    UNKNOWN = "unknown: the network asks DNS servers of its own"


@dataclass(frozen=True)
class Answer:
    """What a client gets.

    Attributes:
        outcome: how its question ends.
        addresses: IPv4, if it ends so.
        zone: ID of the private zone that answers or denies, in lower case.
    """

    outcome: Outcome
    addresses: frozenset[str] = frozenset()
    zone: str = ""

    def __str__(self) -> str:
        shown = ", ".join(sorted(self.addresses)) or str(self.outcome)
        return f"{shown} from {last_segment(self.zone)}" if self.zone else shown


@dataclass(frozen=True)
class LinkedZone:
    """A private zone as one network sees it.

    Attributes:
        id: its ID, in lower case.
        name: its DNS name, in lower case.
        redirects: whether what it denies is asked of the public DNS (NxDomainRedirect).
    """

    id: str
    name: str
    redirects: bool


def answer(documents: Documents, network: str, name: str) -> Answer:
    """What a client in the network of that ID gets for a name in any case."""
    if has_own_servers(documents.get(network)):
        return Answer(Outcome.UNKNOWN)
    name = name.lower()
    for asked in filter(None, (name, private_alias(documents, name))):
        zone = zone_for(documents, network, asked)
        if zone is None:
            continue
        found = _look_up(documents, zone, asked)
        if not (found.outcome is Outcome.NO_SUCH_NAME and zone.redirects):
            return found
    return Answer(Outcome.PUBLIC)


def has_own_servers(network: Json | None) -> bool:
    """Whether a network's clients ask other servers than Azure's, which may say anything."""
    options = (network or {}).get("properties", {}).get("dhcpOptions") or {}
    return not set(options.get("dnsServers") or ()) <= {AZURE_RESOLVER}


def zone_for(documents: Documents, network: str, name: str) -> LinkedZone | None:
    """The zone that answers in the network: of those linked to it, the one with most labels."""
    matching = (zone for zone in linked_zones(documents, network) if _is_within(name, zone.name))
    return max(matching, key=lambda zone: zone.name.count("."), default=None)


def linked_zones(documents: Documents, network: str) -> Iterator[LinkedZone]:
    """The private zones that a network sees; a link that is not complete shows none."""
    for link in documents.of(LINK):
        properties, zone_id = link["properties"], parent_of(link["id"]).lower()
        is_complete = properties["virtualNetworkLinkState"] == "Completed"
        if is_complete and network_of(link) == network.lower() and documents.get(zone_id):
            redirects = properties.get("resolutionPolicy") == "NxDomainRedirect"
            yield LinkedZone(zone_id, last_segment(zone_id), redirects)


def network_of(link: Json) -> str:
    """ID of the network that a link is for, in lower case."""
    return str(link["properties"]["virtualNetwork"]["id"]).lower()


def _is_within(name: str, zone: str) -> bool:
    return f".{name}".endswith(f".{zone}")


def _look_up(documents: Documents, zone: LinkedZone, name: str) -> Answer:
    """What a zone holds for a name in it, by the rules for wildcards of RFC 4592."""
    records = {last_segment(one["id"]): one for one in documents.of(A, f"{zone.id}/a")}
    relative = name.removesuffix(zone.name).rstrip(".") or "@"
    found = records.get(relative)
    if found is None and relative not in _existing(records):
        found = records.get(_wildcard(relative, records))
        if found is None:
            return Answer(Outcome.NO_SUCH_NAME, zone=zone.id)
    addresses = addresses_of(found)
    outcome = Outcome.ADDRESSES if addresses else Outcome.NO_DATA
    return Answer(outcome, addresses, zone.id)


def addresses_of(record: Json | None) -> frozenset[str]:
    """The IPv4 addresses of a record set, or of none."""
    items = record["properties"].get("aRecords") if record else None
    return frozenset(str(item["ipv4Address"]) for item in items or ())


def _existing(records: Mapping[str, Json]) -> set[str]:
    """The names that exist: the apex, those of records, and all between."""
    return {"@", *(above for name in records for above in (name, *_above(name)))}


def _above(name: str) -> Iterator[str]:
    """The names above one, the nearest first, the apex left out."""
    while name := name.partition(".")[2]:
        yield name


def _wildcard(relative: str, records: Mapping[str, Json]) -> str:
    """The wildcard that may answer: the one below the nearest name that exists."""
    existing = _existing(records)
    nearest = next((above for above in _above(relative) if above in existing), "")
    return f"*.{nearest}".rstrip(".")
