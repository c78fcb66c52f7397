"""Whether a name is right in a zone, and why, in words that a person can act on. Pure."""

from collections.abc import Iterable, Iterator
from enum import StrEnum

from shared.domain.changes import Action, RecordChange
from shared.domain.checks import find_unread
from shared.domain.endpoint_state import Ready, Removed, Undetermined
from shared.domain.findings import FindingKind
from shared.domain.ownership import OwnershipStatus, creator_guid, ownership_status
from shared.domain.reading import Found, Unknown
from shared.domain.registry_state import RegistryState
from shared.domain.resource_id import ResourceId
from shared.domain.zone import RecordSet
from shared.engine.explain import Analysis, Explanation, ZoneExplanation

# Findings about a record by which its name is wrong, though no change is planned.
_RECORD_FINDINGS = (
    FindingKind.UNMANAGED_RECORD,
    FindingKind.ZONE_GROUP_DRIFT,
    FindingKind.ZONE_GROUP_CLASH,
    FindingKind.METADATA_FULL,
    FindingKind.ORPHANED,
)


class Verdict(StrEnum):
    """What a name is, worst first."""

    WRONG = "wrong"
    UNKNOWN = "unknown"
    RIGHT = "right"
    UNMANAGED = "unmanaged"


def judge(zone_explanation: ZoneExplanation, explanation: Explanation) -> tuple[Verdict, str]:
    """What the name is in one zone, and why."""
    if zone_explanation.error:
        return Verdict.UNKNOWN, f"The zone could not be read: {zone_explanation.error}."
    if zone_explanation.analysis is None:
        return _without_registry(zone_explanation, explanation)
    return _with_registry(zone_explanation, zone_explanation.analysis)


def managed_by(zone_explanation: ZoneExplanation) -> str | None:
    """Who keeps the record set: a zone group, this deployment, another owner or nobody."""
    record = zone_explanation.record
    if record is None:
        return None
    if creator_guid(record) is not None and not _is_managed(record, zone_explanation):
        return "zone-group"
    match ownership_status(record.metadata, zone_explanation.owners):
        case OwnershipStatus.MANAGED:
            return "this-deployment"
        case OwnershipStatus.OTHER_OWNER:
            return "other-owner"
        case OwnershipStatus.UNMANAGED:
            return "nobody"


def state_words(endpoint: ResourceId, registry_state: RegistryState) -> tuple[str, str | None]:
    """An endpoint's state in one word, and why if it is not ready for this zone."""
    match registry_state.endpoint_states[endpoint]:
        case Ready() if endpoint in registry_state.routes:
            zone = registry_state.routes[endpoint]
            return "routed", f"{zone.id if zone else 'no zone'} serves the endpoint's network"
        case Ready():
            return "ready", None
        case Undetermined(reason):
            return "undetermined", reason
        case Removed(reason):
            return "removed", reason


def _without_registry(
    zone_explanation: ZoneExplanation, explanation: Explanation
) -> tuple[Verdict, str]:
    why = "No registry in the watched subscriptions has a login server that the name belongs to"
    if explanation.unread:
        unread = ", ".join(sorted(explanation.unread))
        return Verdict.UNKNOWN, f"{why}, as far as could be read: {unread} did not answer."
    if zone_explanation.record is None:
        return Verdict.UNMANAGED, f"{why}, and the zone holds no record of that name."
    if _is_managed(zone_explanation.record, zone_explanation):
        return Verdict.WRONG, f"{why}, and our ownership on the record is damaged, so it stays."
    return Verdict.UNMANAGED, f"{why}; the record is not ours and is left alone."


def _with_registry(zone_explanation: ZoneExplanation, analysis: Analysis) -> tuple[Verdict, str]:
    # A mistake first: the plan rests on what was read, whatever else did not answer.
    text = _find_error(zone_explanation, analysis)
    if text:
        return Verdict.WRONG, text
    unread = next(iter(find_unread(analysis.observation.readings)), None)
    if unread:
        return Verdict.UNKNOWN, f"Not everything behind the name could be read: {unread}."
    desired = next(
        (one for one in analysis.desired.records if one.name == zone_explanation.name), None
    )
    if desired and desired.addresses:
        return Verdict.RIGHT, _why_right(zone_explanation, desired.reasons)
    if zone_explanation.record and managed_by(zone_explanation) == "zone-group":
        return Verdict.RIGHT, "A zone group keeps the record, so the app leaves it to Azure."
    return Verdict.UNMANAGED, " ".join(_reasons(zone_explanation, analysis.registry_states))


def _find_error(zone_explanation: ZoneExplanation, analysis: Analysis) -> str:
    """What is to be changed, or what a person should change; empty if nothing is."""
    for one in analysis.plan.records:
        if one.name == zone_explanation.name:
            return f"{_planned_text(one)}: {one.reason}."
    for finding in analysis.plan.findings:
        if finding.resource == zone_explanation.name and finding.kind in _RECORD_FINDINGS:
            return f"{finding.kind.meaning} Here {finding.detail}."
    # A right record is of no use to a network that does not see the zone.
    networks = [
        one.network.name
        for one in analysis.plan.links
        if one.network and one.action is Action.CREATE
    ]
    if networks and zone_explanation.record:
        return f"The record is right, but networks are not linked yet: {', '.join(networks)}."
    return ""


def _planned_text(change: RecordChange) -> str:
    before, after = change.before, change.after
    if after is None:
        return "The record will be deleted"
    if before is None:
        return f"The record is missing, and will be created with {', '.join(after.addresses)}"
    if set(before.addresses) == set(after.addresses):
        return "The addresses are right, but the TTL or our ownership will be repaired"
    return f"The record will hold {', '.join(after.addresses)}"


def _why_right(zone_explanation: ZoneExplanation, reasons: Iterable[str]) -> str:
    is_ours = managed_by(zone_explanation) == "this-deployment"
    note = "" if is_ours else " It is not ours, and stays as it is."
    return f"The record holds what it should: {'; '.join(reasons)}.{note}"


def _reasons(
    zone_explanation: ZoneExplanation, registry_states: Iterable[RegistryState]
) -> Iterator[str]:
    """Why no address is published for the name."""
    for registry_state in registry_states:
        name = registry_state.id.name
        if isinstance(registry_state.registry, Unknown):
            yield f"Registry {name} cannot be read: {registry_state.registry.reason}."
        elif not isinstance(registry_state.registry, Found):
            yield f"Registry {name} does not exist any more."
        elif not registry_state.endpoint_states:
            yield f"Registry {name} has no private endpoint, so its names are public."
        for id_ in sorted(registry_state.endpoint_states):
            _, reason = state_words(id_, registry_state)
            yield (
                f"Endpoint {id_.name}: {reason}."
                if reason
                else f"Endpoint {id_.name} is ready, but its interface has no member of that name."
            )
    if zone_explanation.record is not None:
        yield "The record that stands there is kept as it is."


def _is_managed(record: RecordSet, zone_explanation: ZoneExplanation) -> bool:
    return ownership_status(record.metadata, zone_explanation.owners) is OwnershipStatus.MANAGED
