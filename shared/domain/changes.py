"""What is wanted, and what will change, as frozen values."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import assert_never

from shared.domain.observation import Rival
from shared.domain.ownership import Claim
from shared.domain.resource_id import ResourceId
from shared.domain.zone import Link, RecordSet


@dataclass(frozen=True, slots=True)
class DesiredRecord:
    """What one name should be: these addresses, with this provenance.

    Attributes:
        name: relative to the zone.
        registry: the registry whose name it is.
        addresses: to be published; empty if the name should not exist.
        claims: to stand in the mark.
        reasons: why, one clause for each address that is there, goes or must stay.
    """

    name: str
    registry: ResourceId
    addresses: tuple[str, ...]
    claims: tuple[Claim, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CreateRecord:
    """Make a record set that must not exist yet."""

    after: RecordSet
    reason: str


@dataclass(frozen=True, slots=True)
class UpdateRecord:
    """Replace a record set, in one PUT, if it is still the one that was read."""

    before: RecordSet
    after: RecordSet
    reason: str


@dataclass(frozen=True, slots=True)
class DeleteRecord:
    """Delete a record set, if it is still the one that was read."""

    before: RecordSet
    reason: str


@dataclass(frozen=True, slots=True)
class CreateLink:
    """Link a network to the zone.

    Attributes:
        name: the link's name.
        network: the network.
        reason: why.
        rival: our link that holds the network to another zone of this name, and goes first:
            a network can be linked to one zone of a name only.
    """

    name: str
    network: ResourceId
    reason: str
    rival: Rival | None = None


@dataclass(frozen=True, slots=True)
class DeleteLink:
    """Delete a link of ours, once it is proven that nobody uses it."""

    before: Link
    reason: str


type RecordChange = CreateRecord | UpdateRecord | DeleteRecord
type LinkChange = CreateLink | DeleteLink
type Change = RecordChange | LinkChange


def is_removal(change: Change) -> bool:
    """Whether a change only takes away: a record set, an address with no other for it, a link."""
    match change:
        case DeleteRecord() | DeleteLink():
            return True
        case UpdateRecord(before, after):
            return set(after.addresses) < set(before.addresses)
        case CreateRecord() | CreateLink():
            return False
        case _:
            assert_never(change)


class Patience(Enum):
    """Whether a plan may still hope for members that are on their way."""

    WAIT = auto()
    LAST = auto()
