"""A run's results as JSON: what the HTTP functions answer, and the command line on request."""

from collections.abc import Iterable, Mapping
from typing import Any

from shared.domain.changes import Action, Change, RecordChange
from shared.domain.findings import Finding
from shared.domain.ownership import is_ownership_key
from shared.domain.scope import FullScope
from shared.domain.zone import RecordSet
from shared.engine.result import ZoneResult
from shared.engine.run_request import RunResult

type Json = Mapping[str, Any]


def run_result_json(run: RunResult) -> Json:
    """How a request was carried out.

    `inStep` is true if nothing is left to be done, withheld, refused or unanswered.
    """
    is_full_sync = isinstance(run.request.scope, FullScope)
    return {
        "inStep": not (run.has_failed or run.has_drifted),
        "zones": [_zone(result, is_full_sync=is_full_sync) for result in run.results],
        "remaining": run.remaining,
        "requests": {"reads": run.requests.reads, "writes": run.requests.writes},
        "seconds": round(run.seconds, 3),
    }


def findings_json(findings: Iterable[Finding]) -> Iterable[Json]:
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


def record_set_json(record: RecordSet | None) -> Json | None:
    """A record set; of its metadata our ownership alone."""
    if record is None:
        return None
    # Other keys may hold what others wrote, which goes into no answer of ours (quiet).
    ownership = {
        key: value for key, value in sorted(record.metadata.items()) if is_ownership_key(key)
    }
    return {"addresses": list(record.addresses), "ttl": record.ttl, "ownership": ownership}


def _zone(result: ZoneResult, *, is_full_sync: bool) -> Json:
    """What happened in one zone; only a run over whole zones has counted what is in it."""
    return {
        "zone": str(result.zone.id),
        "changes": [change_json(change, state) for change, state in result.changes],
        "findings": list(findings_json(result.findings)),
        "inProgress": list(result.in_progress),
        "unread": list(result.unread),
        "errors": list(result.errors),
        "remaining": result.remaining,
        "managed": result.managed if is_full_sync else None,
        "unmanaged": result.unmanaged if is_full_sync else None,
        "otherOwner": result.other_owner if is_full_sync else None,
    }


def _sides(change: Change) -> Json:
    """What stands there before a change, and after it."""
    if isinstance(change, RecordChange):
        return {"before": record_set_json(change.before), "after": record_set_json(change.after)}
    link = {"network": str(change.network) if change.network else None}
    return {
        "before": None if change.action is Action.CREATE else link,
        "after": None if change.action is Action.DELETE else link,
    }
