"""Ownership: how a record set says that it is ours, and where each address came from.

It travels in the record set's own metadata, in the same PUT as the data,
so the two can never disagree, and no state is kept outside the zone.
"""

import base64
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
    fold_case,
    parse_address,
    parse_compact,
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
_OWNER_KEY_FOLDED, _ADDRESS_KEY_FOLDED = fold_case(OWNER_KEY), fold_case(ADDRESS_KEY)
_CREATOR_KEY = "creator"

# Azure takes 15 entries with values of up to 256 characters (docs/azure.md, Private DNS). Ten
# claims, owner and registry leave room for three keys of others.
MAX_ADDRESSES = 10
MAX_METADATA = 15
MAX_VALUE = 256

_CLAIM = re.compile(r"(\S+) (\S+) ([0-9a-f]{8}) ([a-z2-7]{26})")
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
    """The 26 characters by which claims and link names know a network.

    They are the first 128 bits of SHA-256 of its ID in lower case, in base32: link names know no
    case. With fewer bits somebody could make two networks that share a link's name.
    """
    # A network's ID beside an endpoint's would not fit into one metadata value.
    digest = hashlib.sha256(fold_case(str(network)).encode()).digest()[:16]
    return base64.b32encode(digest).decode().lower().rstrip("=")


def ownership_status(metadata: Mapping[str, str], owners: Owners) -> OwnershipStatus:
    """Whose the thing with this metadata (or these tags) is, to a run that goes by these owners."""
    match value_of(metadata, OWNER_KEY):
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
        value = f"{claim.address} {claim.endpoint.compact} {claim.guid} {claim.network}"
        metadata[f"{ADDRESS_KEY}{number:02}"] = value
    return metadata


def claim_metadata(
    owner: str, registry_id: ResourceId, endpoint: Endpoint
) -> Callable[[str], dict[str, str]]:
    """For an address, the whole ownership of a record set that one endpoint alone stands behind.

    The same as `encode_ownership`, for thousands of records at once (`engine/fast_path.py`).
    """
    start = {OWNER_KEY: owner, REGISTRY_KEY: registry_id.short}
    end = f"{endpoint.id.compact} {endpoint.guid[:8]} {network_hash(endpoint.network)}"
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
    owner = value_of(record.metadata, OWNER_KEY) or ""
    return Ownership(owner, _registry(value_of(record.metadata, REGISTRY_KEY) or ""), claims)


def registry_of(record: RecordSet, owners: Owners) -> ResourceId | None:
    """The registry that our ownership of a record set names, without reading its claims."""
    if ownership_status(record.metadata, owners) is not OwnershipStatus.MANAGED:
        return None
    return _registry(value_of(record.metadata, REGISTRY_KEY) or "")


def value_of(metadata: Mapping[str, str], key: str) -> str | None:
    """What stands under a key, whatever case the key has come back in."""
    # Nearly always it stands as we write it.
    if key in metadata:
        return metadata[key]
    return next((value for one, value in metadata.items() if _is_same_key(one, key)), None)


def is_same_metadata(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether two sets of metadata say the same, whatever case the keys have come back in.

    Held against each other by case, a record would be written again at every sync if Azure keeps
    keys in a case of its own (idempotent).
    """
    return one == other or _fold_keys(one) == _fold_keys(other)


def creator_guid(record: RecordSet) -> str | None:
    """The `resourceGuid` of the endpoint whose zone group wrote the record set, if one did.

    Azure notes it in the metadata: "created by private endpoint <name> with
    resource guid <guid>" (docs/azure.md#private-dns).
    """
    # The words are known from exports only, so they are searched for and not compared; in what is
    # longer than Azure's own values the search would take for ever (bounded).
    text = value_of(record.metadata, _CREATOR_KEY) or ""
    match = _CREATOR.search(fold_case(text[:MAX_VALUE]))
    return match[1] if match else None


def has_creator(record: RecordSet) -> bool:
    """Whether a zone group wrote the record set, be its endpoint known or not."""
    return value_of(record.metadata, _CREATOR_KEY) is not None


def is_ownership_key(key: str) -> bool:
    """Whether a metadata key is ownership; every other key survives our writes.

    Invariant: others-untouched.
    """
    # Whether Azure keeps the case of keys is not known (docs/azure.md, Unverified).
    return fold_case(key).startswith(_OWNER_KEY_FOLDED)


def encode_refusal(zone: ResourceId, day: str) -> dict[str, str]:
    """Tags that note which zone's link Azure refused, and on which day, as 2026-11-23 (UTC)."""
    return {REFUSAL_KEY: f"{day} {zone.subscription}/{zone.group}"}


def link_name(network: str) -> str:
    """The name of our link for a network, by its hash."""
    return f"{LINK_PREFIX}{network}"


def _is_same_key(one: str, other: str) -> bool:
    return len(one) == len(other) and fold_case(one) == fold_case(other)


def _fold_keys(metadata: Mapping[str, str]) -> Mapping[str, str]:
    return {fold_case(key): value for key, value in metadata.items()}


@lru_cache(maxsize=16_384)
def _registry(value: str) -> ResourceId | None:
    try:
        return parse_short(value, REGISTRY)
    except InvalidNameError:
        return None


def _claims(metadata: Mapping[str, str]) -> Iterator[Claim]:
    """The claims that are whole: a damaged guid must not look like another endpoint's."""
    for key, value in metadata.items():
        is_claim = fold_case(key).startswith(_ADDRESS_KEY_FOLDED)
        match = _CLAIM.fullmatch(value) if is_claim else None
        if match is None:
            continue
        address, endpoint, guid, network = match.groups()
        # Whoever may write to the zone may write here, so it is parsed as strictly as an event.
        try:
            yield Claim(parse_compact(endpoint, ENDPOINT), parse_address(address), guid, network)
        except InvalidNameError:
            continue
