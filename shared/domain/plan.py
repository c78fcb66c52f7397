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

from shared.domain.changes import Action, Change, DesiredRecord, LinkChange, RecordChange
from shared.domain.desired import Desired
from shared.domain.findings import Finding, FindingKind
from shared.domain.observation import Observation
from shared.domain.ownership import (
    MAX_METADATA,
    Ownership,
    OwnershipStatus,
    creator_guid,
    encode_ownership,
    has_creator,
    is_ownership_key,
    link_name,
    network_hash,
    ownership_status,
)
from shared.domain.reading import Found, Unknown
from shared.domain.zone import Foreign, Link, RecordSet, Zone


@dataclass(frozen=True, slots=True)
class Plan:
    """What to change, each list in its order, and what a person should know."""

    records: tuple[RecordChange, ...] = ()
    links: tuple[LinkChange, ...] = ()
    findings: tuple[Finding, ...] = ()

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
        return sum(change.is_removal for change in self.records)

    @property
    def deletes_login(self) -> bool:
        """Whether a registry leaves the zone altogether."""
        return any(c.action is Action.DELETE and c.is_login for c in self.records)


def make_plan(observation: Observation, desired: Desired) -> Plan:
    """The changes that make the observed zone the desired one; none if it is already."""
    changes: list[RecordChange] = []
    findings: list[Finding] = list(desired.findings)
    for record in desired.records:
        match _record_change(observation, record):
            case Finding() as finding:
                findings.append(finding)
            case None:
                pass
            case change:
                changes.append(change)
    return Plan(
        tuple(sorted(changes, key=_rank)),
        tuple(_link_changes(observation, desired)),
        tuple(findings),
    )


def _record_change(
    observation: Observation, desired: DesiredRecord
) -> RecordChange | Finding | None:
    zone, now = observation.zone, observation.records.get(desired.name)
    if now is None:
        if not desired.addresses:
            return None
        return RecordChange(zone, None, _after(desired, zone, None), "; ".join(desired.reasons))
    if _is_azures(now, observation):
        return _overwritten(now, desired)
    if not _may_take(now, observation):
        return _differs(now, desired, FindingKind.UNMANAGED_RECORD)
    return _own_change(now, desired, zone)


def _may_take(now: RecordSet, observation: Observation) -> bool:
    """Whether the record set is ours, or this run may make it ours (others-untouched)."""
    match ownership_status(now.metadata, observation.zone):
        case OwnershipStatus.MANAGED:
            return True
        case OwnershipStatus.OTHER_OWNER:
            return _is_left_over(now, observation)
        case OwnershipStatus.UNMANAGED:
            match observation.zone.foreign:
                case Foreign.ADOPT:
                    return _is_let_go(now, observation)
                case Foreign.FILL if not now.addresses and not has_creator(now):
                    return True
                case _:
                    return _is_left_over(now, observation)


def _own_change(
    now: RecordSet, desired: DesiredRecord, zone: Zone
) -> RecordChange | Finding | None:
    reason = "; ".join(desired.reasons)
    if not desired.addresses:
        # Never an empty set: it would answer where a missing one lets the public name through.
        return None if desired.claims else RecordChange(zone, now, None, reason)
    after = _after(desired, zone, now)
    if len(after.metadata) > MAX_METADATA:
        detail = f"{len(after.metadata)} metadata entries would be needed"
        return Finding(FindingKind.METADATA_FULL, desired.name, detail)
    return None if _same(now, after) else RecordChange(zone, now, after, reason)


def _is_azures(now: RecordSet, observation: Observation) -> bool:
    """Whether a zone group that still stands keeps this record set, marked by us or not.

    Invariant: others-untouched.
    """
    endpoint_reading = observation.creators.get(creator_guid(now) or "")
    return endpoint_reading is not None and endpoint_reading.zone_group != Found(value=False)


def _is_left_over(now: RecordSet, observation: Observation) -> bool:
    """Whether a zone group that is gone left an empty set behind; nobody else will fill it."""
    return not now.addresses and creator_guid(now) is not None and _is_let_go(now, observation)


def _is_let_go(now: RecordSet, observation: Observation) -> bool:
    """Whether no zone group can be keeping the record set (others-untouched)."""
    if not has_creator(now):
        return True
    guid = creator_guid(now)
    if guid is None:
        return False
    endpoint_reading = observation.creators.get(guid)
    if endpoint_reading is not None:
        return endpoint_reading.zone_group == Found(value=False)
    # Whoever is not seen may keep it: an endpoint that does not answer, or one of which
    # only the registry knows.
    asked = (
        *(endpoint_reading.endpoint for endpoint_reading in observation.endpoint_readings.values()),
        *observation.registries.values(),
    )
    return not any(isinstance(reading, Unknown) for reading in asked)


def _differs(now: RecordSet, desired: DesiredRecord, finding: FindingKind) -> Finding | None:
    """Foreign is untouched (others-untouched): right is left alone, different is a finding."""
    if not desired.addresses or set(now.addresses) == set(desired.addresses):
        return None
    has, needs = ", ".join(now.addresses) or "nothing", ", ".join(desired.addresses)
    return Finding(finding, desired.name, f"it holds {has}, the endpoint has {needs}")


def _overwritten(now: RecordSet, desired: DesiredRecord) -> Finding | None:
    """Another endpoint needs the name that a zone group keeps: Azure has the last word.

    Invariant: others-untouched.
    """
    guid = (creator_guid(now) or "")[:8]
    needs = sorted(claim.address for claim in desired.claims if claim.guid != guid)
    if set(needs) <= set(now.addresses):
        return None
    has = ", ".join(now.addresses) or "nothing"
    return Finding(
        FindingKind.ZONE_GROUP_CLASH,
        desired.name,
        f"it holds {has}, the endpoint has {', '.join(needs)}",
    )


def _after(desired: DesiredRecord, zone: Zone, now: RecordSet | None) -> RecordSet:
    others = {k: v for k, v in (now.metadata if now else {}).items() if not is_ownership_key(k)}
    ownership = encode_ownership(Ownership(zone.owner, desired.registry, desired.claims))
    return RecordSet(
        name=desired.name,
        etag=now.etag if now else "",
        ttl=zone.ttl,
        addresses=desired.addresses,
        metadata={**others, **ownership},
    )


def _same(now: RecordSet, after: RecordSet) -> bool:
    """Whether a write would change nothing but order (idempotent)."""
    return (
        now.ttl == after.ttl
        and sorted(now.addresses) == sorted(after.addresses)
        and dict(now.metadata) == dict(after.metadata)
    )


def _link_changes(observation: Observation, desired: Desired) -> Iterator[LinkChange]:
    zone = observation.zone
    for network, reason in sorted(desired.networks.items()):
        if network not in observation.linked:
            name, rival = link_name(network_hash(network)), observation.rivals.get(network)
            yield LinkChange(zone, name, network, None, reason, rival)
    for hash_ in sorted(desired.leaving):
        link = observation.links_by_name.get(link_name(hash_))
        if link is not None and not link.is_deleting and is_managed_link(link, zone):
            yield LinkChange(zone, link.name, link.network, link, "its last endpoint is gone")


def is_managed_link(link: Link, zone: Zone) -> bool:
    """Whether a link bears our ownership."""
    return ownership_status(link.tags, zone) is OwnershipStatus.MANAGED


def _rank(change: RecordChange) -> tuple[int, str]:
    """Its place in the order at the head of this file."""
    if change.action is Action.DELETE:
        return (0 if change.is_login else 1), change.name
    return (3 if change.is_login else 2), change.name
