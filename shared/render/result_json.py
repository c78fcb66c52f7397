"""A run's reports as JSON: what the HTTP functions answer, and the command line on request."""

from collections.abc import Iterable, Mapping
from typing import Any, assert_never

from shared.domain.changes import (
    Change,
    CreateLink,
    CreateRecord,
    DeleteLink,
    DeleteRecord,
    UpdateRecord,
)
from shared.domain.findings import Finding
from shared.domain.ownership import is_ownership_key
from shared.domain.resource_id import ResourceId
from shared.domain.scope import WholeScope
from shared.domain.zone import Link, RecordSet
from shared.engine.result import RunResult, ZoneResult

type Json = Mapping[str, Any]


def run_result_json(done: RunResult) -> Json:
    """How an order was carried out.

    `inStep` is true if nothing is left to be done, withheld or unanswered.
    """
    whole = isinstance(done.run_request.scope, WholeScope)
    return {
        "inStep": not (done.failed or done.drifted),
        "zones": [_zone(result, whole=whole) for result in done.results],
        "remaining": done.remaining,
        "requests": {"reads": done.calls.reads, "writes": done.calls.writes},
        "seconds": round(done.seconds, 3),
    }


def _zone(result: ZoneResult, *, whole: bool) -> Json:
    """What happened in one zone; only a run over whole zones has counted what is in it."""
    states = (
        ("done", result.done),
        ("pending", result.pending),
        ("planned", result.planned),
        ("withheld", result.withheld),
    )
    return {
        "zone": str(result.zone.id),
        "changes": [change(one, state) for state, changes in states for one in changes],
        "findings": list(findings(result.findings)),
        "inProgress": list(result.in_progress),
        "unread": list(result.unread),
        "errors": list(result.errors),
        "remaining": result.remaining,
        "managed": result.managed if whole else None,
        "unmanaged": result.unmanaged if whole else None,
        "otherOwner": result.other_owner if whole else None,
    }


def findings(findings: Iterable[Finding]) -> Iterable[Json]:
    """Findings, each with what it means and what to do."""
    for finding in findings:
        kind = finding.kind
        yield {
            "code": kind.code,
            "severity": str(kind.severity),
            "resource": finding.resource,
            "detail": finding.detail,
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
    ownership = {key: value for key, value in sorted(one.metadata.items()) if is_ownership_key(key)}
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
