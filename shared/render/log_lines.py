"""A run's report as lines for the log: what changed and why, what a person should know."""

import logging
from collections.abc import Iterator
from typing import assert_never

from shared.domain.changes import (
    Change,
    CreateLink,
    CreateRecord,
    DeleteLink,
    DeleteRecord,
    UpdateRecord,
)
from shared.domain.findings import Finding, Severity
from shared.domain.zone import RecordSet, Zone
from shared.engine.result import ZoneResult

_LEVELS = {
    Severity.INFO: logging.INFO,
    Severity.WARNING: logging.WARNING,
    Severity.ERROR: logging.ERROR,
}
_PAST = {
    "create": "created",
    "update": "updated",
    "delete": "deleted",
    "link": "linked",
    "unlink": "unlinked",
}


def lines(result: ZoneResult) -> Iterator[tuple[int, str]]:
    """One log level and line for each change, done or not, pending link and finding of the run."""
    yield from change_lines(result)
    for finding in result.findings:
        yield finding_line(finding)


def change_lines(result: ZoneResult) -> Iterator[tuple[int, str]]:
    """One log level and line for each change, done or not, and pending link."""
    for change in result.done:
        yield logging.INFO, sentence(change, result.zone)
    for link in result.pending:
        yield logging.INFO, f"still running: {sentence(link, result.zone)}"
    for change in result.planned:
        yield logging.INFO, f"dry run, {intention(change, result.zone)}"
    for change in result.withheld:
        yield logging.INFO, f"withheld, {intention(change, result.zone)}"


def summary(result: ZoneResult) -> str:
    """The run in one phrase."""
    counts = (
        (len(result.done), "changed"),
        (len(result.planned), "to change"),
        (len(result.withheld), "withheld"),
        (len(result.pending), "still running"),
        (result.remaining, "left"),
        (len(result.findings), "found"),
        (len(result.in_progress), "on its way"),
        (len(result.unread), "not answered"),
        (len(result.errors), "failed"),
    )
    return ", ".join(f"{count} {what}" for count, what in counts if count) or "already right"


def sentence(change: Change, zone: Zone) -> str:
    """One change that was made: what it did to what, and why."""
    verb, rest = _words(change, zone)
    return f"{_PAST[verb]} {rest}"


def intention(change: Change, zone: Zone) -> str:
    """One change that was not made: what it would have done to what, and why."""
    verb, rest = _words(change, zone)
    return f"would {verb} {rest}"


def _words(change: Change, zone: Zone) -> tuple[str, str]:
    """The verb, and the rest of the sentence."""
    match change:
        case CreateRecord(after, reason):
            verb, what = "create", f"A {after.name} -> {addresses(after)}"
        case UpdateRecord(before, after, reason) if before.addresses == after.addresses:
            verb, what = "update", f"A {after.name}, still {addresses(after)},"
        case UpdateRecord(before, after, reason):
            was = f"was {addresses(before)}"
            verb, what = "update", f"A {after.name} -> {addresses(after)}, {was}"
        case DeleteRecord(before, reason):
            verb, what = "delete", f"A {before.name}, was {addresses(before)}"
        case CreateLink(_, network, reason, rival):
            away = f", away from the zone in resource group {rival.zone.id.group}," if rival else ""
            verb, what = "link", f"network {network.name}{away}"
        case DeleteLink(link, reason):
            verb, what = "unlink", f"network {link.network.name if link.network else link.name}"
        case _:
            assert_never(change)
    return verb, f"{what} in {zone.id.name}: {reason}"


def addresses(record: RecordSet) -> str:
    """A record set's addresses in words."""
    return ", ".join(record.addresses) or "nothing"


def finding_line(finding: Finding) -> tuple[int, str]:
    """One log level and line for a finding."""
    kind = finding.kind
    line = f"finding {kind.code} at {finding.resource}: {finding.detail}. {kind.remedy}"
    return _LEVELS[kind.severity], line
