"""The difference between zones and the desired, in the order in which it is safe to apply.

1  delete login records      a registry that leaves must not answer with
2  delete other records      half of its names
3  create or update others   a registry that comes must have all of its
4  create or update login    data records before the first client asks
5  create links              a network must not resolve here before the
6  delete links              records stand, and not cease before they go
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shared.domain.changes import Action, Change, DesiredRecord, LinkChange, RecordChange
from shared.domain.desired import Desired
from shared.domain.findings import Finding, FindingKind
from shared.domain.good_answers import GoodAnswers
from shared.domain.link_changes import plan_links
from shared.domain.observation import EndpointReading, Observation, ZoneState
from shared.domain.ownership import (
    MAX_METADATA,
    MAX_VALUE,
    Adopt,
    Ownership,
    OwnershipStatus,
    creator_guid,
    encode_ownership,
    has_creator,
    is_ownership_key,
    is_same_metadata,
    ownership_status,
)
from shared.domain.reading import Found, Unknown
from shared.domain.resource_id import ResourceId
from shared.domain.zone import RecordSet, Zone


@dataclass(frozen=True, slots=True)
class Plan:
    """What to change in one zone, each list in its order, and what a person should know.

    Attributes:
        records: changes of record sets.
        links: changes of links.
        findings: what a person should know.
        in_progress: links that wait, and for what.
        unread: what Azure did not answer about links, though it may when asked again.
    """

    records: tuple[RecordChange, ...] = ()
    links: tuple[LinkChange, ...] = ()
    findings: tuple[Finding, ...] = ()
    in_progress: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

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
        """How many record sets it takes something away from."""
        # Links do not count: they go with their records, each on its own proof
        # (docs/decisions/0007-delete-threshold.md).
        return sum(change.is_removal for change in self.records)

    @property
    def deletes_login(self) -> bool:
        """Whether a registry leaves the zone altogether."""
        return any(change.action is Action.DELETE and change.is_login for change in self.records)


def make_plan(
    observation: Observation,
    desired: Mapping[ResourceId, Desired],
    adopt: Adopt,
    good_answers: GoodAnswers | None = None,
) -> Mapping[ResourceId, Plan]:
    """The changes that make observed zones the desired ones; none if they are already.

    Args:
        observation: what was read.
        desired: what should be, by zone.
        adopt: which unmanaged record sets may be made ours.
        good_answers: what clients may not lose, where several plans rest on one observation.
    """
    records: dict[ResourceId, tuple[RecordChange, ...]] = {}
    findings: dict[ResourceId, tuple[Finding, ...]] = {}
    for state in observation.zone_states:
        if one := desired.get(state.zone.id):
            results = [_record_change(observation, state, each, adopt) for each in one.records]
            changes = (result for result in results if isinstance(result, RecordChange))
            records[state.zone.id] = tuple(sorted(changes, key=_order))
            findings[state.zone.id] = (
                *one.findings,
                *(result for result in results if isinstance(result, Finding)),
            )
    good_answers = good_answers or GoodAnswers(observation)
    return {
        id_: Plan(
            records.get(id_, ()),
            tuple(plan.changes),
            (*findings.get(id_, ()), *plan.findings),
            tuple(plan.in_progress),
        )
        for id_, plan in plan_links(observation, desired, records, good_answers).items()
    }


def _record_change(
    observation: Observation, state: ZoneState, desired: DesiredRecord, adopt: Adopt
) -> RecordChange | Finding | None:
    zone, before = state.zone, state.records.get(desired.name)
    if before is None:
        if not desired.addresses:
            return None
        after = _record_after(desired, zone, None)
        return _misfit(after) or RecordChange(zone, None, after, "; ".join(desired.reasons))
    # Before ownership: a group that wrote over our record leaves our metadata on it.
    if _is_managed_by_group(before, observation, zone.id):
        return _clash_finding(before, desired)
    if not _can_take(before, observation, zone.id, adopt):
        return _unmanaged_finding(before, desired)
    return _managed_change(before, desired, zone)


def _can_take(record: RecordSet, observation: Observation, zone: ResourceId, adopt: Adopt) -> bool:
    """Whether the record set is ours, or this run may make it ours (others-untouched)."""
    match ownership_status(record.metadata, observation.owners):
        case OwnershipStatus.MANAGED:
            return True
        case OwnershipStatus.OTHER_OWNER:
            return _is_leftover(record, observation, zone)
        case OwnershipStatus.UNMANAGED:
            match adopt:
                case Adopt.ALL:
                    return _is_free(record, observation, zone)
                # An empty set with a creator a zone group may be about to fill.
                case Adopt.EMPTY if not record.addresses and not has_creator(record):
                    return True
                case _:
                    return _is_leftover(record, observation, zone)


def _managed_change(
    before: RecordSet, desired: DesiredRecord, zone: Zone
) -> RecordChange | Finding | None:
    reason = "; ".join(desired.reasons)
    if not desired.addresses:
        # Never an empty set: it would answer where a missing one lets the public name through.
        return None if desired.claims else RecordChange(zone, before, None, reason)
    after = _record_after(desired, zone, before)
    if _is_same(before, after):
        return None
    return _misfit(after) or RecordChange(zone, before, after, reason)


def _misfit(record: RecordSet) -> Finding | None:
    """Why Azure would not take the record set's metadata; None if it fits.

    Without all of its claims the record could not be judged later, so nothing is written.
    """
    if len(record.metadata) > MAX_METADATA:
        detail = f"{len(record.metadata)} metadata entries would be needed"
        return Finding(FindingKind.METADATA_FULL, record.name, detail)
    size = max(len(value) for key, value in record.metadata.items() if is_ownership_key(key))
    if size > MAX_VALUE:
        detail = f"an entry of {size} characters would be needed"
        return Finding(FindingKind.CLAIM_TOO_LONG, record.name, detail)
    return None


def _is_managed_by_group(record: RecordSet, observation: Observation, zone: ResourceId) -> bool:
    """Whether a zone group that may still stand keeps this record set, also if it bears ownership.

    Invariant: others-untouched.
    """
    endpoint_reading = observation.creators.get(creator_guid(record) or "")
    return endpoint_reading is not None and not _has_no_group(endpoint_reading, zone)


def _is_leftover(record: RecordSet, observation: Observation, zone: ResourceId) -> bool:
    """Whether a removed zone group left an empty set behind; nobody else will fill it."""
    is_empty = not record.addresses and creator_guid(record) is not None
    return is_empty and _is_free(record, observation, zone)


def _is_free(record: RecordSet, observation: Observation, zone: ResourceId) -> bool:
    """Whether no zone group can be keeping the record set (others-untouched)."""
    if not has_creator(record):
        return True
    guid = creator_guid(record)
    if guid is None:
        # Words that we cannot read may name any endpoint.
        return False
    endpoint_reading = observation.creators.get(guid)
    if endpoint_reading is not None:
        return _has_no_group(endpoint_reading, zone)
    # Whoever is not seen may keep it: an endpoint that does not answer, or one of which
    # only the registry knows.
    readings = (
        *(reading.endpoint for reading in observation.endpoint_readings.values()),
        *observation.registries.values(),
    )
    return not any(isinstance(reading, Unknown) for reading in readings)


def _has_no_group(endpoint_reading: EndpointReading, zone: ResourceId) -> bool:
    """Whether it is known that no zone group of the endpoint keeps records in the zone."""
    group_zones = endpoint_reading.group_zones
    return isinstance(group_zones, Found) and zone not in group_zones.value


def _unmanaged_finding(record: RecordSet, desired: DesiredRecord) -> Finding | None:
    """Unmanaged is untouched (others-untouched): right is left alone, different is a finding."""
    if not desired.addresses or set(record.addresses) == set(desired.addresses):
        return None
    return Finding(FindingKind.UNMANAGED_RECORD, desired.name, _detail(record, desired.addresses))


def _clash_finding(record: RecordSet, desired: DesiredRecord) -> Finding | None:
    """Another endpoint needs the name that a zone group keeps: Azure has the last word.

    Invariant: others-untouched.
    """
    guid = (creator_guid(record) or "")[:8]
    addresses = sorted(claim.address for claim in desired.claims if claim.guid != guid)
    if set(addresses) <= set(record.addresses):
        return None
    return Finding(FindingKind.ZONE_GROUP_CLASH, desired.name, _detail(record, addresses))


def _detail(record: RecordSet, addresses: Iterable[str]) -> str:
    text = ", ".join(record.addresses) or "nothing"
    return f"it holds {text}, the endpoint has {', '.join(addresses)}"


def _record_after(desired: DesiredRecord, zone: Zone, before: RecordSet | None) -> RecordSet:
    metadata = before.metadata if before else {}
    others = {key: value for key, value in metadata.items() if not is_ownership_key(key)}
    ownership = encode_ownership(Ownership(zone.owner, desired.registry, desired.claims))
    return RecordSet(
        name=desired.name,
        etag=before.etag if before else "",
        ttl=zone.ttl,
        addresses=desired.addresses,
        metadata={**others, **ownership},
    )


def _is_same(before: RecordSet, after: RecordSet) -> bool:
    """Whether a write would change nothing but order (idempotent)."""
    return (
        before.ttl == after.ttl
        and sorted(before.addresses) == sorted(after.addresses)
        and is_same_metadata(before.metadata, after.metadata)
    )


def _order(change: RecordChange) -> tuple[int, str]:
    """Its place in the order at the head of this file."""
    if change.action is Action.DELETE:
        return (0 if change.is_login else 1), change.name
    return (3 if change.is_login else 2), change.name
