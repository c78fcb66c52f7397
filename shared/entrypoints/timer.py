"""The timer: everything watched is made right, whatever events were lost."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator

from shared.domain.findings import Severity
from shared.domain.scope import WholeScope
from shared.engine.deadline import WHOLE_SECONDS, Deadline
from shared.engine.result import RunRequest, RunResult, ZoneResult
from shared.entrypoints.app import Deployment
from shared.entrypoints.log import log, target
from shared.entrypoints.run_request import carry_out
from shared.errors import AppError, TransientError
from shared.render.log_lines import change_lines, finding_line, summary

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
    run_request = RunRequest(WholeScope(), deployment.effect, deployment.settings.policy)
    try:
        run_result = await carry_out(run_request, deployment, Deadline(WHOLE_SECONDS, clock))
    except Exception as error:  # noqa: BLE001 - whatever a bug raises
        log.critical("bug in a full sync: %s", target(error))
        raise AppError("a bug ended the run; the log says where") from None
    for result in run_result.results:
        for level, line in _lines(result):
            log.log(level, "%s", line)
    for bug in run_result.bugs:
        log.critical("bug in a full sync: %s", target(bug))
    log.info("%s", _told(run_result))
    if run_result.blind:
        why = "; ".join(
            dict.fromkeys(e for r in run_result.results for e in (*r.errors, *r.unread))
        )
        raise TransientError(f"nothing could be read: {why}")


def _lines(result: ZoneResult) -> Iterator[tuple[int, str]]:
    """A line for each change, the first errors and the findings that matter; the rest counted."""
    yield from change_lines(result)
    failures = [*result.errors, *(f"not answered: {gap}" for gap in result.unread)]
    yield from ((logging.ERROR, text) for text in failures[:_SHOWN])
    if len(failures) > _SHOWN:
        yield logging.ERROR, f"{len(failures) - _SHOWN} more failures"
    ordered = sorted(
        (n for n in result.findings if n.kind.severity is not Severity.INFO),
        key=lambda finding: finding.kind.severity is not Severity.ERROR,
    )
    yield from map(finding_line, ordered[:_SHOWN])
    rest = set(ordered[_SHOWN:])
    counted = Counter(
        finding.kind.code
        for finding in result.findings
        if finding in rest or finding.kind.severity is Severity.INFO
    )
    if counted:
        told = ", ".join(f"{count} {code}" for code, count in sorted(counted.items()))
        yield logging.INFO, f"findings not shown, in {result.zone.id.name}: {told}"


def _told(run_result: RunResult) -> str:
    """The run in one line."""
    calls = f"{run_result.calls.reads} reads, {run_result.calls.writes} writes"
    zones = "; ".join(
        f"{result.zone.id.group}/{result.zone.id.name} {summary(result)},"
        f" {result.managed} managed, {result.unmanaged} unmanaged, {result.other_owner} another's"
        for result in run_result.results
    )
    return f"full sync: {zones} ({calls}, {run_result.seconds:.1f} s)"
