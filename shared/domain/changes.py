"""What a name should be, and what will change, as frozen values."""

from collections.abc import Hashable
from dataclasses import dataclass
from enum import StrEnum

from shared.domain.ownership import Claim
from shared.domain.resource_id import ResourceId
from shared.domain.zone import Link, RecordSet, Zone


@dataclass(frozen=True, slots=True)
class DesiredRecord:
    """What one name should be: these addresses, with this provenance.

    Attributes:
        name: relative to the zone.
        registry: the registry whose name it is.
        addresses: to be published; empty if the name should not exist.
        claims: for its metadata, also of ready endpoints that stand by.
        reasons: why, one clause for each address that is there, goes or must stay.
    """

    name: str
    registry: ResourceId
    addresses: tuple[str, ...]
    # Claims of endpoints that stand by tell later whose an endpoint was that is deleted
    # (docs/decisions/0004-ownership-names-who-stands-by.md).
    claims: tuple[Claim, ...]
    reasons: tuple[str, ...]


class Action(StrEnum):
    """What a change makes of a record set or a link."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class RecordChange:
    """One record set becomes another, in one write, if it is still the one that was read.

    Attributes:
        zone: where.
        before: as it was read; None if there must be none yet.
        after: as it is to be; None if it is to go.
        reason: why, in words.
    """

    zone: Zone
    before: RecordSet | None
    after: RecordSet | None
    reason: str

    @property
    def action(self) -> Action:
        """What it makes of the record set."""
        if self.after is None:
            return Action.DELETE
        return Action.CREATE if self.before is None else Action.UPDATE

    @property
    def record_sets(self) -> tuple[RecordSet, ...]:
        """The record set before and after, where there is one."""
        return tuple(record for record in (self.before, self.after) if record)

    @property
    def name(self) -> str:
        """The record's name, relative to the zone."""
        return self.record_sets[0].name

    @property
    def effect(self) -> Hashable:
        """What becomes of what: the same for two changes that a person cannot tell apart.

        Neither the reason counts, which is words, nor the ETag, which a write renews that
        leaves all as it was.
        """
        return self.zone.id, self.name, _contents(self.before), _contents(self.after)

    @property
    def is_login(self) -> bool:
        """Whether it is about a login server: data and regional names have further labels."""
        return "." not in self.name

    @property
    def is_removal(self) -> bool:
        """Whether it only takes away: the record set, or an address with no other for it."""
        if self.after is None:
            return True
        # An address that another one takes the place of is an update: the name goes on answering.
        return self.before is not None and set(self.after.addresses) < set(self.before.addresses)


@dataclass(frozen=True, slots=True)
class LinkChange:
    """A network is linked to a zone, or a link of ours goes, or gets its values back.

    Attributes:
        zone: which.
        name: the link's name.
        network: its network; None where a link names none that can be read.
        before: the link as it was read; None if it is to be made.
        reason: why, in words.
        is_move: whether the network changes zones, so that this is one half of two changes.
        is_update: whether the link stays, and is written as ours are made.
        former_zone: the zone that holds the network's names still, and is linked if Azure refuses.
    """

    zone: Zone
    name: str
    network: ResourceId | None
    before: Link | None
    reason: str
    # A network can be linked to one zone of a name only, so neither half is made alone
    # (docs/decisions/0009-a-network-moves-link-first.md).
    is_move: bool = False
    is_update: bool = False
    former_zone: Zone | None = None

    @property
    def action(self) -> Action:
        """What it makes of the link."""
        if self.before is None:
            return Action.CREATE
        return Action.UPDATE if self.is_update else Action.DELETE

    @property
    def effect(self) -> Hashable:
        """What becomes of what, as of a record set."""
        return self.zone.id, self.action, self.name, self.network, self.is_move

    @property
    def is_removal(self) -> bool:
        """Whether the link goes, and none comes in its place."""
        return self.action is Action.DELETE and not self.is_move


type Change = RecordChange | LinkChange


def _contents(record: RecordSet | None) -> Hashable:
    return record and (
        record.ttl,
        frozenset(record.addresses),
        frozenset(record.metadata.items()),
    )
