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
from shared.domain.findings import Notice, Severity
from shared.domain.model import RecordSet, Zone
from shared.engine.report import Report

_LEVELS = {
    Severity.INFO: logging.INFO,
    Severity.WARNING: logging.WARNING,
    Severity.ERROR: logging.ERROR,
}


def lines(report: Report) -> Iterator[tuple[int, str]]:
    """One log level and line for each change, pending link and finding of the run."""
    for change in report.done:
        yield logging.INFO, sentence(change, report.zone)
    for link in report.pending:
        yield logging.INFO, f"still running: {sentence(link, report.zone)}"
    for notice in report.notices:
        yield finding(notice)


def summary(report: Report) -> str:
    """The run in one phrase."""
    counts = (
        (len(report.done), "changed"),
        (len(report.pending), "still running"),
        (len(report.notices), "found"),
        (len(report.waiting), "on its way"),
        (len(report.gaps), "not answered"),
    )
    return ", ".join(f"{count} {what}" for count, what in counts if count) or "already right"


def sentence(change: Change, zone: Zone) -> str:
    """One change: what it did to what, and why."""
    match change:
        case CreateRecord(after, reason):
            did = f"created A {after.name} -> {_addresses(after)}"
        case UpdateRecord(before, after, reason) if before.addresses == after.addresses:
            did = f"updated A {after.name}, still {_addresses(after)},"
        case UpdateRecord(before, after, reason):
            did = f"updated A {after.name} -> {_addresses(after)}, was {_addresses(before)}"
        case DeleteRecord(before, reason):
            did = f"deleted A {before.name}, was {_addresses(before)}"
        case CreateLink(_, network, reason, rival):
            away = f", away from the zone in resource group {rival.zone.id.group}," if rival else ""
            did = f"linked network {network.name}{away}"
        case DeleteLink(link, reason):
            did = f"unlinked network {link.network.name if link.network else link.name}"
        case _:
            assert_never(change)
    return f"{did} in {zone.id.name}: {reason}"


def _addresses(record: RecordSet) -> str:
    return ", ".join(record.addresses) or "nothing"


def finding(notice: Notice) -> tuple[int, str]:
    """One log level and line for a finding."""
    kind = notice.finding.value
    line = f"finding {kind.code} at {notice.resource}: {notice.detail}. {kind.remedy}"
    return _LEVELS[kind.severity], line
