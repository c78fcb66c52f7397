"""Ownership: how a record set says that it is ours, and where each address came from.

It travels in the record set's own metadata, in the same PUT as the data,
so the two can never disagree, and no state is kept outside the zone.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from itertools import count

from shared.domain.resource_id import (
    ENDPOINT,
    REGISTRY,
    InvalidNameError,
    ResourceId,
    parse_address,
    parse_short,
)
from shared.domain.resources import Endpoint
from shared.domain.zone import RecordSet

# All our metadata keys begin alike, so that ours and others' are told apart by the key alone.
OWNER_KEY = "acrPrivateDns"
REGISTRY_KEY = "acrPrivateDnsRegistry"
ADDRESS_KEY = "acrPrivateDnsAddress"
# On a link that came back, since Azure refused its network the link to another zone.
REFUSAL_KEY = "acrPrivateDnsRefusal"
LINK_PREFIX = "acr-private-dns-"

# Azure takes 15 entries with values of up to 256 characters (docs/azure.md, Private DNS). Ten
# claims, owner and registry leave room for three keys of others.
MAX_ADDRESSES = 10
MAX_METADATA = 15
MAX_VALUE = 256

_CLAIM = re.compile(r"(\S+) (\S+) ([0-9a-f]{8}) ([0-9a-f]{12})")
_CREATOR = re.compile(r"created by private endpoint .* with resource guid ([0-9a-f-]{36})")

# The owners whose ownership counts as ours in a run: this deployment, and whom it adopts from.
type Owners = frozenset[str]


@dataclass(frozen=True, slots=True, order=True)
class Claim:
    """An endpoint's claim to an address: where the address came from (provenance).

    Attributes:
        endpoint: the endpoint on whose interface it stands.
        address: IPv4.
        guid: first 8 characters of the endpoint's `resourceGuid`.
        network: `network_hash` of the endpoint's network.
    """

    endpoint: ResourceId
    address: str
    guid: str
    # Of an endpoint that is gone, only the claim still tells whose link may go with it.
    network: str

    @property
    def label(self) -> str:
        """Address and endpoint, as reasons and findings call it."""
        return f"{self.address} of endpoint {self.endpoint.name}"


@dataclass(frozen=True, slots=True)
class Ownership:
    """Our ownership metadata on one record set."""

    owner: str
    registry: ResourceId | None
    claims: tuple[Claim, ...]


class Adopt(Enum):
    """Which unmanaged record sets a run may make ours, at names that it is about.

    Attributes:
        NONE: none.
        EMPTY: the empty ones: Microsoft's own steps create the empty set first.
        ALL: all of them.
    """

    NONE = auto()
    EMPTY = auto()
    ALL = auto()


class OwnershipStatus(Enum):
    """Whose a record set or link is."""

    MANAGED = auto()
    OTHER_OWNER = auto()
    UNMANAGED = auto()


@lru_cache(maxsize=4096)
def network_hash(network: ResourceId) -> str:
    """The 12 hex digits by which claims and link names know a network."""
    # A network's ID beside an endpoint's would not fit into one metadata value.
    return hashlib.sha256(str(network).lower().encode()).hexdigest()[:12]


def ownership_status(metadata: Mapping[str, str], owners: Owners) -> OwnershipStatus:
    """Whose the thing with this metadata (or these tags) is, to a run that goes by these owners."""
    match metadata.get(OWNER_KEY):
        case None:
            return OwnershipStatus.UNMANAGED
        case value:
            return OwnershipStatus.MANAGED if value in owners else OwnershipStatus.OTHER_OWNER


def encode_ownership(ownership: Ownership) -> dict[str, str]:
    """The ownership as metadata, claims in their sorted order."""
    metadata = {OWNER_KEY: ownership.owner}
    if ownership.registry is not None:
        metadata[REGISTRY_KEY] = ownership.registry.short
    # Sorted, so that the same claims are always the same bytes (idempotent).
    for number, claim in zip(count(1), sorted(ownership.claims)):
        value = f"{claim.address} {claim.endpoint.short} {claim.guid} {claim.network}"
        metadata[f"{ADDRESS_KEY}{number:02}"] = value
    return metadata


def claim_metadata(
    owner: str, registry_id: ResourceId, endpoint: Endpoint
) -> Callable[[str], dict[str, str]]:
    """For an address, the whole ownership of a record set that one endpoint alone stands behind.

    The same as `encode_ownership`, for thousands of records at once (`engine/fast_path.py`).
    """
    start = {OWNER_KEY: owner, REGISTRY_KEY: registry_id.short}
    end = f"{endpoint.id.short} {endpoint.guid[:8]} {network_hash(endpoint.network)}"
    return lambda address: {**start, f"{ADDRESS_KEY}01": f"{address} {end}"}


def decode_ownership(record: RecordSet, owners: Owners) -> Ownership | None:
    """The ownership of a record set of ours, or None if the record set is not ours.

    What is damaged in it is left out: the record set stays ours, and the
    next plan differs from it, so it is repaired.
    """
    if ownership_status(record.metadata, owners) is not OwnershipStatus.MANAGED:
        return None
    # A set, since an edited record set can bear the same claim twice.
    claims = tuple(sorted(set(_claims(record.metadata))))
    return Ownership(
        record.metadata[OWNER_KEY], _registry(record.metadata.get(REGISTRY_KEY, "")), claims
    )


def registry_of(record: RecordSet, owners: Owners) -> ResourceId | None:
    """The registry that our ownership of a record set names, without reading its claims."""
    if ownership_status(record.metadata, owners) is not OwnershipStatus.MANAGED:
        return None
    return _registry(record.metadata.get(REGISTRY_KEY, ""))


def creator_guid(record: RecordSet) -> str | None:
    """The `resourceGuid` of the endpoint whose zone group wrote the record set, if one did.

    Azure notes it in the metadata: "created by private endpoint <name> with
    resource guid <guid>" (docs/azure.md#private-dns).
    """
    # The words are known from exports only, so they are searched for and not compared.
    match = _CREATOR.search(record.metadata.get("creator", "").lower())
    return match[1] if match else None


def has_creator(record: RecordSet) -> bool:
    """Whether a zone group wrote the record set, be its endpoint known or not."""
    return "creator" in record.metadata


def is_ownership_key(key: str) -> bool:
    """Whether a metadata key is ownership; every other key survives our writes.

    Invariant: others-untouched.
    """
    # Whether Azure keeps the case of keys is not known (docs/azure.md, Unverified).
    return key.lower().startswith(OWNER_KEY.lower())


def encode_refusal(zone: ResourceId, day: str) -> dict[str, str]:
    """Tags that note which zone's link Azure refused, and on which day, as 2026-11-23 (UTC)."""
    return {REFUSAL_KEY: f"{day} {zone.subscription}/{zone.group}"}


def link_name(network: str) -> str:
    """The name of our link for a network, by its hash."""
    return f"{LINK_PREFIX}{network}"


@lru_cache(maxsize=16_384)
def _registry(value: str) -> ResourceId | None:
    try:
        return parse_short(value, REGISTRY)
    except InvalidNameError:
        return None


def _claims(metadata: Mapping[str, str]) -> Iterator[Claim]:
    """The claims that are whole: a damaged guid must not look like another endpoint's."""
    for key, value in metadata.items():
        match = _CLAIM.fullmatch(value) if key.startswith(ADDRESS_KEY) else None
        if match is None:
            continue
        address, endpoint, guid, network = match.groups()
        # Whoever may write to the zone may write here, so it is parsed as strictly as an event.
        try:
            yield Claim(parse_short(endpoint, ENDPOINT), parse_address(address), guid, network)
        except InvalidNameError:
            continue
