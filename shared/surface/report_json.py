"""A run's reports as JSON: what the HTTP functions answer, and the command line on request."""

from collections.abc import Iterable, Mapping
from typing import Any, assert_never

from shared.domain import marks
from shared.domain.changes import (
    Change,
    CreateLink,
    CreateRecord,
    DeleteLink,
    DeleteRecord,
    UpdateRecord,
)
from shared.domain.findings import Notice
from shared.domain.model import Link, RecordSet, WholeScope
from shared.domain.names import ResourceId
from shared.engine.report import Report
from shared.surface.order import Outcome

type Json = Mapping[str, Any]


def outcome(done: Outcome) -> Json:
    """How an order was carried out.

    `inStep` is true if nothing is left to be done, withheld or unanswered.
    """
    whole = isinstance(done.order.scope, WholeScope)
    return {
        "inStep": not (done.failed or done.drifted),
        "zones": [_zone(report, whole=whole) for report in done.reports],
        "remaining": done.left,
        "requests": {"reads": done.calls.reads, "writes": done.calls.writes},
        "seconds": round(done.seconds, 3),
    }


def _zone(report: Report, *, whole: bool) -> Json:
    """What happened in one zone; only a run over whole zones has counted what is in it."""
    states = (
        ("done", report.done),
        ("pending", report.pending),
        ("planned", report.planned),
        ("withheld", report.withheld),
    )
    return {
        "zone": str(report.zone.id),
        "changes": [change(one, state) for state, changes in states for one in changes],
        "findings": list(findings(report.notices)),
        "inProgress": list(report.waiting),
        "unread": list(report.gaps),
        "errors": list(report.errors),
        "remaining": report.left,
        "managed": report.managed if whole else None,
        "unmanaged": report.unmanaged if whole else None,
        "otherOwner": report.other_owner if whole else None,
    }


def findings(notices: Iterable[Notice]) -> Iterable[Json]:
    """Findings, each with what it means and what to do."""
    for notice in notices:
        kind = notice.finding.value
        yield {
            "code": kind.code,
            "severity": str(kind.severity),
            "resource": notice.resource,
            "detail": notice.detail,
            "meaning": kind.meaning,
            "remedy": kind.remedy,
        }


def change(one: Change, state: str) -> Json:
    """One change: what it makes of what, and why."""
    match one:
        case CreateRecord(after, reason):
            return _record(state, "create", None, after, reason)
        case UpdateRecord(before, after, reason):
            return _record(state, "update", before, after, reason)
        case DeleteRecord(before, reason):
            return _record(state, "delete", before, None, reason)
        case CreateLink(name, network, reason):
            return _link(state, "create", name, None, network, reason)
        case DeleteLink(link, reason):
            return _link(state, "delete", link.name, link, None, reason)
        case _:
            assert_never(one)


def _record(
    state: str, action: str, before: RecordSet | None, after: RecordSet | None, reason: str
) -> Json:
    one = after or before
    return {
        "kind": "record",
        "name": one.name if one else "",
        "action": action,
        "state": state,
        "before": record_set(before),
        "after": record_set(after),
        "reason": reason,
    }


def record_set(one: RecordSet | None) -> Json | None:
    """A record set; of its metadata our ownership alone."""
    if one is None:
        return None
    ownership = {key: value for key, value in sorted(one.metadata.items()) if marks.is_ours(key)}
    return {"addresses": list(one.addresses), "ttl": one.ttl, "ownership": ownership}


def _link(  # noqa: PLR0913, PLR0917 - a link change has these parts
    state: str,
    action: str,
    name: str,
    before: Link | None,
    after: ResourceId | None,
    reason: str,
) -> Json:
    was = before.network if before else None
    return {
        "kind": "link",
        "name": name,
        "action": action,
        "state": state,
        "before": None if before is None else {"network": str(was) if was else None},
        "after": None if after is None else {"network": str(after)},
        "reason": reason,
    }
