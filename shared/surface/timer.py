"""The timer: everything watched is made right, whatever events were lost."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator

from shared.domain.findings import Severity
from shared.domain.model import WholeScope
from shared.engine.budget import WHOLE_SECONDS, Budget
from shared.engine.report import Report
from shared.errors import AppError, RetryLater
from shared.surface.deployment import Deployment
from shared.surface.log import log, where
from shared.surface.order import Order, Outcome, carry_out
from shared.surface.report import change_lines, finding, summary

# A line each for so many findings and errors of a zone; the rest is counted.
_SHOWN = 50


async def sweep(deployment: Deployment, clock: Callable[[], float] = time.monotonic) -> None:
    """Make all zones right, and log what was done, found and left.

    Args:
        deployment: the app.
        clock: monotonic seconds.

    Raises:
        RetryLater: nothing could be read, so the platform is to show a failure. Anything
            less is told in the log, and the next run tries again.
        AppError: a bug ended the run; the log says where, for its text may be foreign (quiet).
    """
    order = Order(WholeScope(), deployment.effect, deployment.settings.policy)
    try:
        outcome = await carry_out(order, deployment, Budget(WHOLE_SECONDS, clock))
    except Exception as error:  # noqa: BLE001 - whatever a bug raises
        log.critical("bug in a full sync: %s", where(error))
        raise AppError("a bug ended the run; the log says where") from None
    for report in outcome.reports:
        for level, line in _lines(report):
            log.log(level, "%s", line)
    for bug in outcome.bugs:
        log.critical("bug in a full sync: %s", where(bug))
    log.info("%s", _told(outcome))
    if outcome.blind:
        why = "; ".join(dict.fromkeys(e for r in outcome.reports for e in (*r.errors, *r.gaps)))
        raise RetryLater(f"nothing could be read: {why}")


def _lines(report: Report) -> Iterator[tuple[int, str]]:
    """A line for each change, the first errors and the findings that matter; the rest counted."""
    yield from change_lines(report)
    failures = [*report.errors, *(f"not answered: {gap}" for gap in report.gaps)]
    yield from ((logging.ERROR, text) for text in failures[:_SHOWN])
    if len(failures) > _SHOWN:
        yield logging.ERROR, f"{len(failures) - _SHOWN} more failures"
    ordered = sorted(
        (n for n in report.notices if n.finding.value.severity is not Severity.INFO),
        key=lambda notice: notice.finding.value.severity is not Severity.ERROR,
    )
    yield from map(finding, ordered[:_SHOWN])
    rest = set(ordered[_SHOWN:])
    counted = Counter(
        notice.finding.value.code
        for notice in report.notices
        if notice in rest or notice.finding.value.severity is Severity.INFO
    )
    if counted:
        told = ", ".join(f"{count} {code}" for code, count in sorted(counted.items()))
        yield logging.INFO, f"findings not shown, in {report.zone.id.name}: {told}"


def _told(outcome: Outcome) -> str:
    """The run in one line."""
    calls = f"{outcome.calls.reads} reads, {outcome.calls.writes} writes"
    zones = "; ".join(
        f"{report.zone.id.group}/{report.zone.id.name} {summary(report)},"
        f" {report.managed} managed, {report.unmanaged} unmanaged, {report.other_owner} another's"
        for report in outcome.reports
    )
    return f"full sync: {zones} ({calls}, {outcome.seconds:.1f} s)"
