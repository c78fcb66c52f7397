"""What a client in a virtual network gets for a name: Azure's resolver, written a second time.

The first time is `simulator/dns`, and the product has a third opinion; this one reads nothing
but documents. `tests/contract/test_judge.py` holds it against `dig`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from tests.judge.documents import LINK, A, Documents, Json, last_segment, parent_of
from tests.judge.registries import private_aliases

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


class Resolver:
    """Azure's resolver in every network of an estate.

    Args:
        documents: the estate at one moment.
    """

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._zones: dict[str, list[LinkedZone]] = {}
        self._records: dict[str, dict[str, Json]] = {}

    @cached_property
    def _aliases(self) -> dict[str, str]:
        return private_aliases(self._documents)

    def asked(self, name: str) -> tuple[str, ...]:
        """The names, in lower case, that a question for one may ask a private zone about.

        The chain of the public DNS goes on from there, to names that no zone here is about.
        """
        name = name.lower()
        return (name, self._aliases[name]) if name in self._aliases else (name,)

    def answer(self, network: str, name: str) -> Answer:
        """What a client in the network of that ID gets for a name in any case."""
        if has_own_servers(self._documents.get(network)):
            return Answer(Outcome.UNKNOWN)
        for asked in self.asked(name):
            zone = self._zone_for(network, asked)
            if zone is None:
                continue
            found = _look_up(self._records_of(zone), zone, asked)
            if not (found.outcome is Outcome.NO_SUCH_NAME and zone.redirects):
                return found
        return Answer(Outcome.PUBLIC)

    def _zone_for(self, network: str, name: str) -> LinkedZone | None:
        """The zone that answers: of those linked to the network, the one with most labels."""
        if network not in self._zones:
            self._zones[network] = list(linked_zones(self._documents, network))
        matching = (zone for zone in self._zones[network] if is_within(name, zone.name))
        return max(matching, key=lambda zone: zone.name.count("."), default=None)

    def _records_of(self, zone: LinkedZone) -> dict[str, Json]:
        if zone.id not in self._records:
            found = self._documents.of(A, f"{zone.id}/a")
            self._records[zone.id] = {last_segment(one["id"]): one for one in found}
        return self._records[zone.id]


def answer(documents: Documents, network: str, name: str) -> Answer:
    """What a client in the network of that ID gets for a name in any case."""
    return Resolver(documents).answer(network, name)


def has_own_servers(network: Json | None) -> bool:
    """Whether a network's clients ask other servers than Azure's, which may say anything."""
    options = (network or {}).get("properties", {}).get("dhcpOptions") or {}
    return not set(options.get("dnsServers") or ()) <= {AZURE_RESOLVER}


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


def is_within(name: str, zone: str) -> bool:
    """Whether a name is a zone's own or below it."""
    return f".{name}".endswith(f".{zone}")


def _look_up(records: Mapping[str, Json], zone: LinkedZone, name: str) -> Answer:
    """What a zone holds for a name in it, by the rules for wildcards of RFC 4592."""
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
