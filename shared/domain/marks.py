"""Marks: how a record set says that it is ours, and where each address came from.

The mark travels in the record set's own metadata, in the same PUT as the data,
so the two can never disagree. Azure takes 15 metadata entries with
values of up to 256 characters.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum, auto
from functools import lru_cache
from itertools import count

from shared.domain.model import Conflict, Endpoint, Entry, Mark, RecordSet, Zone
from shared.domain.names import (
    ENDPOINT,
    REGISTRY,
    InvalidNameError,
    ResourceId,
    network_hash,
    parse_address,
    parse_short,
)

OWNER_KEY = "acrPrivateDns"
REGISTRY_KEY = "acrPrivateDnsRegistry"
ADDRESS_KEY = "acrPrivateDnsAddress"
LINK_PREFIX = "acr-private-dns-"

_ENTRY = re.compile(r"(\S+) (\S+) ([0-9a-f]{8}) ([0-9a-f]{12})")

_CREATOR = re.compile(r"created by private endpoint .* with resource guid ([0-9a-f-]{36})")

MAX_ADDRESSES = 10
MAX_METADATA = 15
MAX_VALUE = 256


class Ownership(Enum):
    """Whose a record set or link is."""

    OURS = auto()
    ANOTHER_OWNER = auto()
    UNMARKED = auto()


def ownership(metadata: Mapping[str, str], zone: Zone) -> Ownership:
    """Whose the thing with this metadata (or these tags) is, to a run that keeps the zone."""
    match metadata.get(OWNER_KEY):
        case None:
            return Ownership.UNMARKED
        case value:
            return Ownership.OURS if zone.owns(value) else Ownership.ANOTHER_OWNER


def kept_for_one(records: Iterable[RecordSet], zone: Zone) -> frozenset[str]:
    """The names of records of ours that answer, where the zone publishes one endpoint of several.

    Which one that is, the zone's own run has judged; the others stand by.
    """
    return frozenset(
        record.name
        for record in records
        if zone.conflict is Conflict.FIRST
        and record.addresses
        and ownership(record.metadata, zone) is Ownership.OURS
    )


def encode(mark: Mark) -> dict[str, str]:
    """The mark as metadata, entries in their sorted order."""
    metadata = {OWNER_KEY: mark.owner}
    if mark.registry is not None:
        metadata[REGISTRY_KEY] = mark.registry.short
    for number, entry in zip(count(1), sorted(mark.entries)):
        value = f"{entry.address} {entry.endpoint.short} {entry.guid} {entry.network}"
        metadata[f"{ADDRESS_KEY}{number:02}"] = value
    return metadata


def lone(
    owner: str, registry_id: ResourceId, endpoint: Endpoint
) -> Callable[[str], dict[str, str]]:
    """For an address, the whole mark of a record set that one endpoint alone stands behind.

    The same as `encode`, for thousands of records at once (`engine.glance`).
    """
    start = {OWNER_KEY: owner, REGISTRY_KEY: registry_id.short}
    end = f"{endpoint.id.short} {endpoint.guid[:8]} {network_hash(endpoint.network)}"
    return lambda address: {**start, f"{ADDRESS_KEY}01": f"{address} {end}"}


def decode(record: RecordSet, zone: Zone) -> Mark | None:
    """The mark on a record set of ours, or None if the record set is not ours.

    What is damaged in a mark is left out: the record set stays ours, and the
    next plan differs from it, so it is repaired.
    """
    if ownership(record.metadata, zone) is not Ownership.OURS:
        return None
    entries = tuple(sorted(set(_entries(record.metadata))))
    return Mark(
        record.metadata[OWNER_KEY], _registry(record.metadata.get(REGISTRY_KEY, "")), entries
    )


def registry(record: RecordSet, zone: Zone) -> ResourceId | None:
    """The registry that our mark on a record set notes, without reading the rest of it."""
    if ownership(record.metadata, zone) is not Ownership.OURS:
        return None
    return _registry(record.metadata.get(REGISTRY_KEY, ""))


def creator(record: RecordSet) -> str | None:
    """The `resourceGuid` of the endpoint whose zone group wrote the record set, if one did.

    Azure notes it in the metadata: "created by private endpoint <name> with
    resource guid <guid>" (docs/azure.md#private-dns).
    """
    match = _CREATOR.search(record.metadata.get("creator", "").lower())
    return match[1] if match else None


def has_creator(record: RecordSet) -> bool:
    """Whether a zone group wrote the record set, be it one that can be told or not."""
    return "creator" in record.metadata


def is_ours(key: str) -> bool:
    """Whether a metadata key belongs to marks; every other key survives our writes.

    Invariant: others-untouched.
    """
    return key.lower().startswith(OWNER_KEY.lower())


def link_name(network: str) -> str:
    """The name of our link for a network, by its hash."""
    return f"{LINK_PREFIX}{network}"


@lru_cache(maxsize=16_384)
def _registry(value: str) -> ResourceId | None:
    try:
        return parse_short(value, REGISTRY)
    except InvalidNameError:
        return None


def _entries(metadata: Mapping[str, str]) -> Iterator[Entry]:
    """The entries that are whole: a damaged guid must not look like another endpoint's."""
    for key, value in metadata.items():
        match = _ENTRY.fullmatch(value) if key.startswith(ADDRESS_KEY) else None
        if match is None:
            continue
        address, endpoint, guid, network = match.groups()
        try:
            yield Entry(parse_short(endpoint, ENDPOINT), parse_address(address), guid, network)
        except InvalidNameError:
            continue
