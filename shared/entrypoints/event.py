"""One event, from its body to its result: acknowledged, or raised so that it comes again."""

import datetime as dt
from collections.abc import Callable

from shared.engine.context import RunContext
from shared.engine.deadline import EVENT_SECONDS, Deadline
from shared.engine.options import RunOptions
from shared.engine.result import ZoneResult
from shared.engine.runner import SharedRuns
from shared.entrypoints.app import utc_now
from shared.entrypoints.event_grid import ChangeEvent, IgnoredEventError, parse
from shared.entrypoints.log import error_lines, log
from shared.errors import TransientError
from shared.render.clean import clean
from shared.render.log_lines import few, finding_line, lines, summary

_DEFAULT_OPTIONS = RunOptions()

# A replica's member, or a right, can be minutes late; after that the timer is the better watchman.
_MAX_AGE = dt.timedelta(minutes=10)
# Clocks differ a little; an event from further ahead is not to be believed for ever.
_MIN_AGE = dt.timedelta(minutes=-5)


class EventHandler:
    """Runs the loop for Event Grid events.

    Args:
        context: Azure, and the zones that the app keeps.
        options: how far a run may go.
        seconds: how long one event may take.
        now: the time in UTC.

    Attributes:
        ignored_count: how many events were acknowledged without a run, since the start.
    """

    def __init__(
        self,
        context: RunContext,
        options: RunOptions = _DEFAULT_OPTIONS,
        seconds: float = EVENT_SECONDS,
        *,
        now: Callable[[], dt.datetime] = utc_now,
    ) -> None:
        self._seconds = seconds
        self._now = now
        # Events of one registry share a run (docs/decisions/0005-bursts-join-at-passes.md).
        self._runs = SharedRuns(context, options, self._make_deadline, _log_run)
        self.ignored_count = 0

    async def handle(self, body: str) -> None:
        """Make right what one event is about.

        Args:
            body: the event as delivered, in either schema.

        Raises:
            TransientError: Azure could not be read or written, or a replica's member is late
                and the event young: Event Grid is to send it again.
        """
        deadline = self._make_deadline()
        try:
            event = parse(body)
        except IgnoredEventError as error:
            self.ignored_count += 1
            log.info("event ignored: %s (%d ignored since the start)", error, self.ignored_count)
            return
        try:
            results = await self._runs.run(event.scope, deadline)
        except Exception as error:  # noqa: BLE001 - whatever a bug raises
            self._log_bug(event, error)
            return
        for bug in dict.fromkeys(bug for result in results for bug in result.bugs):
            self._log_bug(event, bug)
        failure = self._find_failure(results)
        self._log(event, results, failure, deadline)
        self._raise_failure(event, results, failure)

    def _make_deadline(self) -> Deadline:
        return Deadline(self._seconds)

    @staticmethod
    def _log_bug(event: ChangeEvent, error: Exception) -> None:
        # Sent again, the event would meet the same bug, and after about ten failures in a row
        # Event Grid delays all others (docs/azure.md#event-grid).
        log.critical("bug while handling %s: %s", event.operation, error_lines(error))

    def _find_failure(self, results: list[ZoneResult]) -> str:
        """What of the event was not done, and is to be tried again; empty if all was done."""
        reasons = [why for result in results for why in (*result.errors, *result.unread)]
        failures = []
        if reasons:
            failures.append(f"Azure could not be read or written: {few(reasons)}")
        if any(result.remaining for result in results):
            failures.append(f"the run did not end within {self._seconds:g} s")
        return "; ".join(failures)

    def _log(
        self, event: ChangeEvent, results: list[ZoneResult], failure: str, deadline: Deadline
    ) -> None:
        age = f", {self._age(event).total_seconds():.1f} s after the event" if event.time else ""
        seconds = f"{deadline.elapsed:.1f} s{age}"
        runs = [result for result in results if result.passes]
        for result in runs:
            passes = f"{result.passes} pass{'es' * (result.passes != 1)}"
            log.info("%s: %s (%s, %s)", event.operation, summary(result), passes, seconds)
        # A run tells its findings; what could not even be read, for a reason that lasts, is told
        # here.
        findings = dict.fromkeys(
            one for result in results if not result.passes for one in result.findings
        )
        for finding in findings:
            log.log(*finding_line(finding))
        if failure:
            log.warning("%s: %s (%s)", event.operation, failure, seconds)
        elif not (runs or findings or any(result.bugs for result in results)):
            log.info("%s: nothing to do in any zone (%s)", event.operation, seconds)

    def _raise_failure(self, event: ChangeEvent, results: list[ZoneResult], failure: str) -> None:
        # Raised, the event comes again; else it is acknowledged for good (confirmed).
        if failure:
            raise TransientError(clean(failure))
        # What may come within minutes: a replica's member, or a right that was just given.
        reasons = [what for result in results for what in result.missing_members]
        reasons += [one.detail for result in results for one in result.findings if one.can_pass]
        if reasons and event.time and _MIN_AGE < self._age(event) < _MAX_AGE:
            raise TransientError(clean(few(reasons)))

    def _age(self, event: ChangeEvent) -> dt.timedelta:
        return self._now() - (event.time or self._now())


def _log_run(result: ZoneResult) -> None:
    """Log what one run did and found, once for all events that share it."""
    for level, line in lines(result):
        log.log(level, "%s", line)
