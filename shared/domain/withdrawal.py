"""Withdrawal: what goes of a zone when its owner leaves, and what stays there, and why.

Links go before records, so that a network sees the public names from one moment on. Of a
registry the login record goes first, as in any plan (no-half-registry).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from shared.domain.changes import LinkChange, RecordChange
from shared.domain.ownership import (
    Owners,
    OwnershipStatus,
    decode_ownership,
    has_creator,
    is_ownership_key,
    ownership_status,
)
from shared.domain.plan import Plan
from shared.domain.routing import is_managed_link
from shared.domain.zone import Link, RecordSet, Zone

_REASON = "its owner withdraws"


class KeptReason(StrEnum):
    """Why a withdrawal leaves a record set or a link.

    Attributes:
        UNMANAGED: it bears nobody's ownership.
        OTHER_OWNER: it bears another owner's.
        ZONE_GROUP: a zone group wrote the record set, whoever's ownership it bears besides.
        DELETING: the link is being deleted already.
        CHANGED: it is not the one that was read, or its registry has one that is not.
    """

    UNMANAGED = "unmanaged"
    OTHER_OWNER = "other-owner"
    ZONE_GROUP = "zone-group"
    DELETING = "deleting"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class KeptResource:
    """A record set or a link that a withdrawal leaves.

    Attributes:
        kind: "record" or "link", as of changes.
        name: its name in the zone.
        reason: why it stays.
    """

    kind: str
    name: str
    reason: KeptReason


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What goes of one zone, and what stays.

    Attributes:
        zone: which.
        plan: the links and records that go; a record set with others' addresses loses ours.
        kept_resources: what stays as it is.
        managed: how many records and links bear this owner.
        unmanaged: how many record sets bear no owner.
        other_owner: how many record sets bear another.
    """

    zone: Zone
    plan: Plan = field(default_factory=Plan)
    kept_resources: tuple[KeptResource, ...] = ()
    managed: int = 0
    unmanaged: int = 0
    other_owner: int = 0

    @property
    def registries(self) -> tuple[tuple[RecordChange, ...], ...]:
        """The record changes in their order, those of one registry together."""
        groups: dict[str, list[RecordChange]] = {}
        for change in self.plan.records:
            groups.setdefault(_label(change), []).append(change)
        return tuple(map(tuple, groups.values()))


def make_withdrawal(
    zone: Zone, records: Iterable[RecordSet], links: Iterable[Link], owners: Owners
) -> Withdrawal:
    """What goes and what stays, of a zone that was read whole.

    Args:
        zone: which.
        records: all of its A record sets.
        links: all of its links.
        owners: whose ownership is to go.
    """
    records, links = tuple(records), tuple(links)
    changes = [
        _record_change(zone, record, owners)
        for record in records
        if _record_kept_reason(record, owners) is None
    ]
    statuses = [ownership_status(record.metadata, owners) for record in records]
    kept_records = (
        KeptResource("record", record.name, reason)
        for record in records
        if (reason := _record_kept_reason(record, owners)) is not None
    )
    kept_links = (
        KeptResource("link", link.name, reason)
        for link in links
        if (reason := _link_kept_reason(link, owners)) is not None
    )
    return Withdrawal(
        zone,
        Plan(
            tuple(sorted(changes, key=_order)),
            tuple(
                LinkChange(zone, link.name, link.network, link, _REASON)
                for link in sorted(links, key=lambda link: link.name)
                if _link_kept_reason(link, owners) is None
            ),
        ),
        tuple(sorted((*kept_records, *kept_links), key=lambda one: (one.kind, one.name))),
        managed=statuses.count(OwnershipStatus.MANAGED)
        + sum(is_managed_link(link, owners) for link in links),
        unmanaged=statuses.count(OwnershipStatus.UNMANAGED),
        other_owner=statuses.count(OwnershipStatus.OTHER_OWNER),
    )


def _record_kept_reason(record: RecordSet, owners: Owners) -> KeptReason | None:
    # Before ownership: a group that wrote over our record leaves our metadata on it, and no
    # endpoint is asked here whether the group still stands (others-untouched).
    if has_creator(record):
        return KeptReason.ZONE_GROUP
    return _owner_kept_reason(ownership_status(record.metadata, owners))


def _link_kept_reason(link: Link, owners: Owners) -> KeptReason | None:
    reason = _owner_kept_reason(ownership_status(link.tags, owners))
    return KeptReason.DELETING if reason is None and link.is_deleting else reason


def _owner_kept_reason(status: OwnershipStatus) -> KeptReason | None:
    return {
        OwnershipStatus.MANAGED: None,
        OwnershipStatus.OTHER_OWNER: KeptReason.OTHER_OWNER,
        OwnershipStatus.UNMANAGED: KeptReason.UNMANAGED,
    }[status]


def _record_change(zone: Zone, record: RecordSet, owners: Owners) -> RecordChange:
    """Ours goes: the claimed addresses, and our metadata; others' addresses stay."""
    ownership = decode_ownership(record, owners)
    claims = ownership.claims if ownership else ()
    claimed_addresses = {claim.address for claim in claims}
    # Typed by hand, or its claim was damaged: what no claim names may be somebody else's.
    others = tuple(address for address in record.addresses if address not in claimed_addresses)
    if not others:
        return RecordChange(zone, record, None, _REASON)
    metadata = {key: value for key, value in record.metadata.items() if not is_ownership_key(key)}
    after = RecordSet(record.name, record.etag, record.ttl, others, metadata)
    reason = f"{_REASON}; {', '.join(others)} stays, which no claim names"
    return RecordChange(zone, record, after, reason)


def _label(change: RecordChange) -> str:
    """The first label, which all names of a registry share."""
    return change.name.partition(".")[0]


def _order(change: RecordChange) -> tuple[str, str]:
    """Registry by registry; its login record first, with which its other names begin."""
    return _label(change), change.name
