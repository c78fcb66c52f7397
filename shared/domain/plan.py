"""The difference between the zone and the desired, in the order in which it is safe to apply.

1  delete login records      a registry that leaves must not answer with
2  delete other records      half of its names
3  create or update others   a registry that comes must have all of its
4  create or update login    data records before the first client asks
5  create links              a network must not resolve here before the
6  delete links              records stand, and not cease before they go
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from shared.domain import marks
from shared.domain.changes import (
    Change,
    CreateLink,
    CreateRecord,
    DeleteLink,
    DeleteRecord,
    DesiredRecord,
    LinkChange,
    RecordChange,
    UpdateRecord,
    takes_away,
)
from shared.domain.desired import Desired
from shared.domain.findings import Finding, Notice
from shared.domain.marks import MAX_METADATA, Ownership, ownership
from shared.domain.model import (
    Foreign,
    Found,
    Link,
    Mark,
    Observation,
    RecordSet,
    Unknown,
    Zone,
)
from shared.domain.names import network_hash


@dataclass(frozen=True, slots=True)
class Plan:
    """What to change, each list in its order, and what a person should know."""

    records: tuple[RecordChange, ...] = ()
    links: tuple[LinkChange, ...] = ()
    notices: tuple[Notice, ...] = ()

    @property
    def changes(self) -> tuple[Change, ...]:
        """All changes, in their order."""
        return (*self.records, *self.links)

    @property
    def size(self) -> int:
        """How many changes there are."""
        return len(self.records) + len(self.links)

    @property
    def deletes(self) -> int:
        """How many record sets it takes something away from; their links follow by own proof."""
        return sum(map(takes_away, self.records))

    @property
    def deletes_login(self) -> bool:
        """Whether a registry leaves the zone altogether."""
        return any(isinstance(c, DeleteRecord) and "." not in c.before.name for c in self.records)


def plan(observation: Observation, want: Desired) -> Plan:
    """The changes that make the observed zone the desired one; none if it is already."""
    changes: list[RecordChange] = []
    notices: list[Notice] = list(want.notices)
    for record in want.records:
        match _record_change(observation, record):
            case Notice() as notice:
                notices.append(notice)
            case None:
                pass
            case change:
                changes.append(change)
    return Plan(
        tuple(sorted(changes, key=_rank)), tuple(_link_changes(observation, want)), tuple(notices)
    )


def _record_change(observation: Observation, want: DesiredRecord) -> RecordChange | Notice | None:
    zone, now = observation.zone, observation.records.get(want.name)
    if now is None:
        if not want.addresses:
            return None
        return CreateRecord(_after(want, zone, None), "; ".join(want.reasons))
    if _is_azures(now, observation):
        return _overwritten(now, want)
    if not _may_take(now, observation):
        return _differs(now, want, Finding.UNMANAGED_RECORD)
    return _own_change(now, want, zone)


def _may_take(now: RecordSet, observation: Observation) -> bool:
    """Whether the record set is ours, or this run may make it ours (others-untouched)."""
    match ownership(now.metadata, observation.zone):
        case Ownership.OURS:
            return True
        case Ownership.ANOTHER_OWNER:
            return _is_left_over(now, observation)
        case Ownership.UNMARKED:
            match observation.zone.foreign:
                case Foreign.ADOPT:
                    return _is_let_go(now, observation)
                case Foreign.FILL if not now.addresses and not marks.has_creator(now):
                    return True
                case _:
                    return _is_left_over(now, observation)


def _own_change(now: RecordSet, want: DesiredRecord, zone: Zone) -> RecordChange | Notice | None:
    reason = "; ".join(want.reasons)
    if not want.addresses:
        # Never an empty set: it would answer where a missing one lets the public name through.
        return None if want.entries else DeleteRecord(now, reason)
    after = _after(want, zone, now)
    if len(after.metadata) > MAX_METADATA:
        detail = f"{len(after.metadata)} metadata entries would be needed"
        return Notice(Finding.METADATA_FULL, want.name, detail)
    return None if _same(now, after) else UpdateRecord(now, after, reason)


def _is_azures(now: RecordSet, observation: Observation) -> bool:
    """Whether a zone group that still stands keeps this record set, marked by us or not.

    Invariant: others-untouched.
    """
    source = observation.creators.get(marks.creator(now) or "")
    return source is not None and source.zone_group != Found(value=False)


def _is_left_over(now: RecordSet, observation: Observation) -> bool:
    """Whether a zone group that is gone left an empty set behind; nobody else will fill it."""
    return not now.addresses and marks.creator(now) is not None and _is_let_go(now, observation)


def _is_let_go(now: RecordSet, observation: Observation) -> bool:
    """Whether no zone group can be keeping the record set (others-untouched)."""
    if not marks.has_creator(now):
        return True
    guid = marks.creator(now)
    if guid is None:
        return False
    source = observation.creators.get(guid)
    if source is not None:
        return source.zone_group == Found(value=False)
    # Whoever is not seen may keep it: an endpoint that does not answer, or one of which
    # only the registry knows.
    asked = (
        *(source.endpoint for source in observation.sources.values()),
        *observation.registries.values(),
    )
    return not any(isinstance(reading, Unknown) for reading in asked)


def _differs(now: RecordSet, want: DesiredRecord, finding: Finding) -> Notice | None:
    """Foreign is untouched (others-untouched): right is left alone, different is a finding."""
    if not want.addresses or set(now.addresses) == set(want.addresses):
        return None
    has, needs = ", ".join(now.addresses) or "nothing", ", ".join(want.addresses)
    return Notice(finding, want.name, f"it holds {has}, the endpoint has {needs}")


def _overwritten(now: RecordSet, want: DesiredRecord) -> Notice | None:
    """Another endpoint needs the name that a zone group keeps: Azure has the last word.

    Invariant: others-untouched.
    """
    guid = (marks.creator(now) or "")[:8]
    needs = sorted(entry.address for entry in want.entries if entry.guid != guid)
    if set(needs) <= set(now.addresses):
        return None
    has = ", ".join(now.addresses) or "nothing"
    return Notice(
        Finding.ZONE_GROUP_CLASH,
        want.name,
        f"it holds {has}, the endpoint has {', '.join(needs)}",
    )


def _after(want: DesiredRecord, zone: Zone, now: RecordSet | None) -> RecordSet:
    others = {k: v for k, v in (now.metadata if now else {}).items() if not marks.is_ours(k)}
    mark = marks.encode(Mark(zone.owner, want.registry, want.entries))
    return RecordSet(
        name=want.name,
        etag=now.etag if now else "",
        ttl=zone.ttl,
        addresses=want.addresses,
        metadata={**others, **mark},
    )


def _same(now: RecordSet, after: RecordSet) -> bool:
    """Whether a write would change nothing but order (idempotent)."""
    return (
        now.ttl == after.ttl
        and sorted(now.addresses) == sorted(after.addresses)
        and dict(now.metadata) == dict(after.metadata)
    )


def _link_changes(observation: Observation, want: Desired) -> Iterator[LinkChange]:
    for network, reason in sorted(want.networks.items()):
        if network not in observation.linked:
            name, rival = marks.link_name(network_hash(network)), observation.rivals.get(network)
            yield CreateLink(name, network, reason, rival)
    for hash_ in sorted(want.leaving):
        link = observation.links_by_name.get(marks.link_name(hash_))
        if link is not None and not link.going and is_ours(link, observation.zone):
            yield DeleteLink(link, "its last endpoint is gone")


def is_ours(link: Link, zone: Zone) -> bool:
    """Whether a link carries our mark."""
    return ownership(link.tags, zone) is Ownership.OURS


def _rank(change: RecordChange) -> tuple[int, str]:
    match change:
        case DeleteRecord(before):
            return (1 if "." in before.name else 0), before.name
        case CreateRecord(after) | UpdateRecord(_, after):
            return (2 if "." in after.name else 3), after.name
        case _:
            assert_never(change)
