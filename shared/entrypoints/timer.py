"""The timer: everything watched is made right, whatever events were lost."""

import logging
from collections.abc import Iterator

from shared.domain.findings import Severity
from shared.domain.scope import FullScope
from shared.engine.deadline import FULL_SYNC_SECONDS, Deadline
from shared.engine.result import ZoneResult
from shared.engine.run_request import RunRequest, RunResult
from shared.entrypoints.app import App
from shared.entrypoints.log import error_lines, log
from shared.entrypoints.run import run
from shared.errors import AppError, TransientError
from shared.render.clean import clean
from shared.render.log_lines import change_lines, few, finding_lines, summary

# A line each for so many errors of a zone; the rest is counted.
_MAX_LINES = 50


async def full_sync(app: App) -> None:
    """Make all zones right, and log what was done, found and remains.

    Args:
        app: the app.

    Raises:
        TransientError: nothing could be read, so the platform is to show a failure. Anything
            less stands in the log, and the next run tries again.
        AppError: a bug ended the run; the log says where, for its text may hold what others
            wrote (quiet).
    """
    request = RunRequest(FullScope(), app.options)
    try:
        run_result = await run(request, app, Deadline(FULL_SYNC_SECONDS))
    except Exception as error:  # noqa: BLE001 - whatever a bug raises
        log.critical("bug in a full sync: %s", error_lines(error))
        # `from None`: the platform logs what it is raised, with its causes and their text.
        raise AppError("a bug ended the run; the log says where") from None
    for result in run_result.results:
        for level, line in _lines(result):
            log.log(level, "%s", line)
    for bug in run_result.bugs:
        log.critical("bug in a full sync: %s", error_lines(bug))
    log.info("%s", _run_summary(run_result))
    if run_result.is_unread:
        why = few(
            text for result in run_result.results for text in (*result.errors, *result.unread)
        )
        raise TransientError(clean(f"nothing could be read: {why}"))


def _lines(result: ZoneResult) -> Iterator[tuple[int, str]]:
    """A line for each change, the first errors and the findings that matter; the rest counted."""
    yield from change_lines(result)
    failures = [*result.errors, *(f"not answered: {one}" for one in result.unread)]
    yield from ((logging.ERROR, text) for text in failures[:_MAX_LINES])
    if len(failures) > _MAX_LINES:
        yield logging.ERROR, f"{len(failures) - _MAX_LINES} more failures"
    # Informative ones come with every run, and would bury the rest.
    findings = (one for one in result.findings if one.kind.severity is not Severity.INFO)
    yield from finding_lines(result, findings)


def _run_summary(run_result: RunResult) -> str:
    """The run in one line."""
    calls = f"{run_result.requests.reads} reads, {run_result.requests.writes} writes"
    zones = "; ".join(
        f"{result.zone.id.group}/{result.zone.id.name} {summary(result)},"
        f" {result.managed} managed, {result.unmanaged} unmanaged, {result.other_owner} another's"
        for result in run_result.results
    )
    return f"full sync: {zones} ({calls}, {run_result.seconds:.1f} s)"
