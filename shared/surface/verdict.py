"""How a name stands in a zone, and why, in words that a person can act on. Pure."""

from collections.abc import Iterable, Iterator
from enum import StrEnum

from shared.domain import marks
from shared.domain.changes import (
    Change,
    CreateLink,
    CreateRecord,
    DeleteLink,
    DeleteRecord,
    UpdateRecord,
)
from shared.domain.family import Family
from shared.domain.findings import Finding
from shared.domain.model import Doubt, Found, RecordSet, Unknown
from shared.domain.standing import Gone, Held, Live, Routed, Standing
from shared.engine.inquiry import Inquiry, Sight, Study

_AT_RECORDS = (
    Finding.UNMANAGED_RECORD,
    Finding.ZONE_GROUP_DRIFT,
    Finding.ZONE_GROUP_CLASH,
    Finding.METADATA_FULL,
    Finding.ORPHANED,
)


class Verdict(StrEnum):
    """How a name stands, worst first."""

    WRONG = "wrong"
    UNKNOWN = "unknown"
    RIGHT = "right"
    UNMANAGED = "unmanaged"


def judge(sight: Sight, inquiry: Inquiry) -> tuple[Verdict, str]:
    """How the name stands in one zone, and why."""
    if sight.error:
        return Verdict.UNKNOWN, f"The zone could not be read: {sight.error}."
    if sight.study is None:
        return _without_registry(sight, inquiry)
    return _with_registry(sight, sight.study)


def _without_registry(sight: Sight, inquiry: Inquiry) -> tuple[Verdict, str]:
    why = "No registry in the watched subscriptions has a login server that the name belongs to"
    if inquiry.silent:
        unread = ", ".join(sorted(inquiry.silent))
        return Verdict.UNKNOWN, f"{why}, as far as could be read: {unread} did not answer."
    if sight.record is None:
        return Verdict.UNMANAGED, f"{why}, and the zone holds no record of that name."
    if _is_ours(sight.record, sight):
        return Verdict.WRONG, f"{why}, and our mark on the record is damaged, so it stays."
    return Verdict.UNMANAGED, f"{why}; the record is not ours and is left alone."


def _with_registry(sight: Sight, study: Study) -> tuple[Verdict, str]:
    wrong = _amiss(sight, study)
    if wrong:
        return Verdict.WRONG, wrong
    silent = next(_unanswered(study), None)
    if silent:
        return Verdict.UNKNOWN, f"Not everything behind the name could be read: {silent}."
    wanted = next((one for one in study.want.records if one.name == sight.name), None)
    if wanted and wanted.addresses:
        return Verdict.RIGHT, _right(sight, wanted.reasons)
    if sight.record and keeper(sight) == "zone-group":
        return Verdict.RIGHT, "A zone group keeps the record, so the app leaves it to Azure."
    return Verdict.UNMANAGED, " ".join(_reasons(sight, study.families))


def _amiss(sight: Sight, study: Study) -> str:
    """What is to be changed, or what a person should change; empty if nothing is."""
    for one in study.plan.records:
        if record_of(one) == sight.name:
            return f"{_intent(one)}: {one.reason}."
    for notice in study.plan.notices:
        if notice.resource == sight.name and notice.finding in _AT_RECORDS:
            return f"{notice.finding.value.meaning} Here {notice.detail}."
    networks = [one.network.name for one in study.plan.links if isinstance(one, CreateLink)]
    if networks and sight.record:
        return f"The record is right, but networks are not linked yet: {', '.join(networks)}."
    return ""


def _intent(one: Change) -> str:
    match one:
        case CreateRecord(after):
            return f"The record is missing, and will be created with {', '.join(after.addresses)}"
        case UpdateRecord(before, after) if set(before.addresses) == set(after.addresses):
            return "The addresses are right, but the TTL or our mark will be repaired"
        case UpdateRecord(_, after):
            return f"The record will hold {', '.join(after.addresses)}"
        case _:
            return "The record will be deleted"


def _right(sight: Sight, reasons: Iterable[str]) -> str:
    whose = "" if keeper(sight) == "this-deployment" else " It is not ours, and stays as it is."
    return f"The record holds what it should: {'; '.join(reasons)}.{whose}"


def _unanswered(study: Study) -> Iterator[str]:
    """What Azure did not answer, though it may later."""
    for id_, registry in sorted(study.look.registries.items()):
        if isinstance(registry, Unknown) and registry.doubt is Doubt.TRANSIENT:
            yield f"registry {id_.name} ({registry.detail})"
    for source in study.look.sources.values():
        for reading in (source.endpoint, source.interface, source.zone_group):
            if isinstance(reading, Unknown) and reading.doubt is Doubt.TRANSIENT:
                yield f"endpoint {source.id.name} ({reading.detail})"


def _reasons(sight: Sight, families: Iterable[Family]) -> Iterator[str]:
    """Why no address is published for the name."""
    for family in families:
        if isinstance(family.registry, Unknown):
            yield f"Registry {family.id.name} cannot be read: {family.registry.doubt}."
        elif not isinstance(family.registry, Found):
            yield f"Registry {family.id.name} does not exist any more."
        elif not family.standings:
            yield f"Registry {family.id.name} has no private endpoint, so its names are public."
        for id_, stand in sorted(family.standings.items()):
            _, reason = standing_words(stand)
            yield (
                f"Endpoint {id_.name}: {reason}."
                if reason
                else f"Endpoint {id_.name} is live, but its interface has no member of that name."
            )
    if sight.record is not None:
        yield "The record that stands there is kept as it is."


def keeper(sight: Sight) -> str | None:
    """Whose the record set is."""
    record = sight.record
    if record is None:
        return None
    if marks.creator(record) is not None and not _is_ours(record, sight):
        return "zone-group"
    match marks.ownership(record.metadata, sight.zone):
        case marks.Ownership.OURS:
            return "this-deployment"
        case marks.Ownership.ANOTHER_OWNER:
            return "other-owner"
        case marks.Ownership.UNMARKED:
            return "nobody"


def _is_ours(record: RecordSet, sight: Sight) -> bool:
    return marks.ownership(record.metadata, sight.zone) is marks.Ownership.OURS


def standing_words(stand: Standing) -> tuple[str, str | None]:
    """How an endpoint stands in one word, and why if it is not live."""
    match stand:
        case Live():
            return "ready", None
        case Held(reason):
            return "undetermined", reason
        case Gone(reason):
            return "removed", reason
        case Routed(elsewhere=elsewhere) if elsewhere.zone is None:
            return "routed", "no zone serves the endpoint's network"
        case Routed(elsewhere=elsewhere):
            return "routed", f"{elsewhere.zone} serves the endpoint's network"


def record_of(one: Change) -> str:
    """The record that a change is about; none for a link's."""
    match one:
        case CreateRecord(after) | UpdateRecord(_, after):
            return after.name
        case DeleteRecord(before):
            return before.name
        case CreateLink() | DeleteLink():
            return ""
