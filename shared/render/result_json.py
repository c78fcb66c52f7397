"""A run's reports as JSON: what the HTTP functions answer, and the command line on request."""

from collections.abc import Iterable, Mapping
from typing import Any

from shared.domain.changes import Action, Change, RecordChange
from shared.domain.findings import Finding
from shared.domain.ownership import is_ownership_key
from shared.domain.scope import WholeScope
from shared.domain.zone import RecordSet
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
    return {
        "zone": str(result.zone.id),
        "changes": [change_json(change, state) for change, state in result.changes],
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


def change_json(change: Change, state: str) -> Json:
    """One change: what it makes of what, and why."""
    return {
        "kind": "record" if isinstance(change, RecordChange) else "link",
        "name": change.name,
        "action": str(change.action),
        "state": state,
        **_sides(change),
        "reason": change.reason,
    }


def _sides(change: Change) -> Json:
    """What stands there before a change, and after it."""
    if isinstance(change, RecordChange):
        return {"before": record_set(change.before), "after": record_set(change.after)}
    link = {"network": str(change.network) if change.network else None}
    is_new = change.action is Action.CREATE
    return {"before": None if is_new else link, "after": link if is_new else None}


def record_set(one: RecordSet | None) -> Json | None:
    """A record set; of its metadata our ownership alone."""
    if one is None:
        return None
    ownership = {key: value for key, value in sorted(one.metadata.items()) if is_ownership_key(key)}
    return {"addresses": list(one.addresses), "ttl": one.ttl, "ownership": ownership}
