"""One event, from its body to its outcome: acknowledged, or raised so that it comes again."""

import asyncio
import datetime as dt
import time
from collections.abc import Callable, Coroutine
from functools import partial

from shared.domain.findings import Finding
from shared.domain.zone import Zone
from shared.engine.azure import Azure
from shared.engine.context import RunContext
from shared.engine.deadline import EVENT_SECONDS, Deadline
from shared.engine.options import Mandate
from shared.engine.ownership_index import OwnershipIndex
from shared.engine.reconcile import reconcile
from shared.engine.result import ZoneResult
from shared.engine.target import ScopeReading, Target, find_target, resolve
from shared.engine.workqueue import Batch, WorkQueue
from shared.entrypoints.app import now as utc_now
from shared.entrypoints.event_grid import ChangeEvent, IgnoredEventError, parse
from shared.entrypoints.log import log, target
from shared.errors import TransientError
from shared.render.log_lines import finding_line, lines, summary

_EVENTS_OWN = Mandate()

# A replica's member can be minutes late; after that the timer is the better watchman.
_YOUNG = dt.timedelta(minutes=10)
# Clocks differ a little; an event from further ahead is not to be believed for ever.
_AHEAD = dt.timedelta(minutes=-5)


class EventRunner:
    """Runs the loop for Event Grid events.

    Args:
        zones: the zones that the app keeps.
        azure: Azure.
        seconds: the budget of one event.
        now: the time in UTC.
        mandate: how far a run may go.
        clock: monotonic seconds, by which budgets are counted.

    Attributes:
        ignored: how many events were acknowledged without a run, since the start.
    """

    def __init__(  # noqa: PLR0913 - what tests replace has a default, and is named
        self,
        zones: tuple[Zone, ...],
        azure: Azure,
        seconds: float = EVENT_SECONDS,
        *,
        now: Callable[[], dt.datetime] = utc_now,
        mandate: Mandate = _EVENTS_OWN,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._zones = zones
        self._mandate = mandate
        self._ground = RunContext(azure, OwnershipIndex(azure), zones)
        self._desks = WorkQueue[Target]()
        self._seconds = seconds
        self._now = now
        self._clock = clock
        self.ignored = 0

    async def handle(self, body: str) -> None:
        """Make right what one event hints at.

        Args:
            body: the event as delivered, in either schema.

        Raises:
            RetryLater: Azure could not be read or written, or a replica's member is late
                and the event young: Event Grid is to send it again.
        """
        deadline = Deadline(self._seconds, self._clock)
        try:
            change_event = parse(body)
        except IgnoredEventError as error:
            self.ignored += 1
            log.info("event ignored: %s (%d ignored since the start)", error, self.ignored)
            return
        results: list[ZoneResult] = []
        errors: list[str] = []
        try:
            async with asyncio.timeout(deadline.remaining):
                await self._attempt(
                    self._all_zones(change_event, deadline, results, errors), change_event, errors
                )
        except TimeoutError:
            errors.append(f"the run did not end within {self._seconds:g} s")
        self._log(change_event, results, deadline)
        self._raise_if_worth_it(change_event, results, errors)

    async def _all_zones(
        self,
        change_event: ChangeEvent,
        deadline: Deadline,
        results: list[ZoneResult],
        errors: list[str],
    ) -> None:
        """Learn what the event is about, once, and run over every zone that it concerns."""
        scope_reading = await resolve(change_event.scope, self._ground.azure)
        if isinstance(scope_reading, Finding):
            log.log(*finding_line(scope_reading))
        elif scope_reading is not None:
            # Each on its own: one zone's trouble must not stop another.
            runs = (self._one_zone(scope_reading, zone, deadline, results) for zone in self._zones)
            await asyncio.gather(*(self._attempt(run, change_event, errors) for run in runs))

    async def _one_zone(
        self, scope_reading: ScopeReading, zone: Zone, deadline: Deadline, results: list[ZoneResult]
    ) -> None:
        target = await find_target(scope_reading, zone, self._ground.ownership_index)
        if target is None:
            return
        key = (zone.id, min(target.registries))
        results.append(await self._desks.serve(key, target, deadline, partial(self._run, zone)))

    async def _run(self, zone: Zone, batch: Batch[Target]) -> ZoneResult:
        """One run, for every event that came in time for one of its looks."""
        result, deadline = ZoneResult(zone), Deadline(self._seconds, self._clock)
        deadline.newcomer = batch.newcomer
        try:
            async with asyncio.timeout(deadline.remaining):
                await reconcile(batch, result, self._ground, deadline, self._mandate)
        except TimeoutError:
            raise TransientError(f"the run did not end within {self._seconds:g} s") from None
        finally:
            for level, line in lines(result):
                log.log(level, "%s", line)
        return result

    @staticmethod
    async def _attempt(
        run: Coroutine[None, None, None], change_event: ChangeEvent, errors: list[str]
    ) -> None:
        try:
            await run
        except TransientError as error:
            errors.append(str(error))
        except Exception as error:  # noqa: BLE001 - whatever a bug raises
            # Sent again, the event would meet the same bug, and in the end delay all others.
            log.critical("bug while handling %s: %s", change_event.operation, target(error))

    def _log(
        self, change_event: ChangeEvent, results: list[ZoneResult], deadline: Deadline
    ) -> None:
        age = (
            f", {self._age(change_event).total_seconds():.1f} s after the event"
            if change_event.raised
            else ""
        )
        if not results:
            took = f"{deadline.elapsed:.1f} s{age}"
            log.info("%s: nothing to do with any zone (%s)", change_event.operation, took)
        for result in results:
            times = f"{result.observations} observation{'s' * (result.observations != 1)}"
            took = f"{times}, {deadline.elapsed:.1f} s{age}"
            log.info("%s: %s (%s)", change_event.operation, summary(result), took)

    def _raise_if_worth_it(
        self, change_event: ChangeEvent, results: list[ZoneResult], errors: list[str]
    ) -> None:
        failed = [*errors, *(gap for result in results for gap in result.unread)]
        if failed:
            raise TransientError(f"Azure could not be read or written: {'; '.join(failed)}")
        missing = [what for result in results for what in result.missing]
        if missing and change_event.raised and _AHEAD < self._age(change_event) < _YOUNG:
            raise TransientError("; ".join(missing))

    def _age(self, change_event: ChangeEvent) -> dt.timedelta:
        return self._now() - (change_event.raised or self._now())
