"""One event, from its body to its outcome: acknowledged, or raised so that it comes again."""

import asyncio
import datetime as dt
import time
from collections.abc import Callable, Coroutine
from functools import partial

from shared.domain.findings import Notice
from shared.domain.model import Zone
from shared.engine.budget import EVENT_SECONDS, Budget
from shared.engine.bursts import Desks, Ground, Listings, Queue
from shared.engine.estate import Estate
from shared.engine.lead import Hints, Lead, lead, learn
from shared.engine.mandate import Mandate
from shared.engine.reconcile import reconcile
from shared.engine.report import Report
from shared.errors import RetryLater
from shared.surface.deployment import now as utc_now
from shared.surface.events import Hint, IgnoredEventError, parse
from shared.surface.log import log, where
from shared.surface.report import finding, lines, summary

_EVENTS_OWN = Mandate()

# A replica's member can be minutes late; after that the timer is the better watchman.
_YOUNG = dt.timedelta(minutes=10)
# Clocks differ a little; an event from further ahead is not to be believed for ever.
_AHEAD = dt.timedelta(minutes=-5)


class EventRunner:
    """Runs the loop for Event Grid events.

    Args:
        zones: the zones that the app keeps.
        estate: Azure.
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
        estate: Estate,
        seconds: float = EVENT_SECONDS,
        *,
        now: Callable[[], dt.datetime] = utc_now,
        mandate: Mandate = _EVENTS_OWN,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._zones = zones
        self._mandate = mandate
        self._ground = Ground(estate, Listings(estate), zones)
        self._desks = Desks[Lead]()
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
        budget = Budget(self._seconds, self._clock)
        try:
            hint = parse(body)
        except IgnoredEventError as error:
            self.ignored += 1
            log.info("event ignored: %s (%d ignored since the start)", error, self.ignored)
            return
        reports: list[Report] = []
        errors: list[str] = []
        try:
            async with asyncio.timeout(budget.left):
                await self._attempt(self._all_zones(hint, budget, reports, errors), hint, errors)
        except TimeoutError:
            errors.append(f"the run did not end within {self._seconds:g} s")
        self._log(hint, reports, budget)
        self._raise_if_worth_it(hint, reports, errors)

    async def _all_zones(
        self, hint: Hint, budget: Budget, reports: list[Report], errors: list[str]
    ) -> None:
        """Learn what the event is about, once, and run over every zone that it concerns."""
        hints = await learn(hint.scope, self._ground.estate)
        if isinstance(hints, Notice):
            log.log(*finding(hints))
        elif hints is not None:
            # Each on its own: one zone's trouble must not stop another.
            runs = (self._one_zone(hints, zone, budget, reports) for zone in self._zones)
            await asyncio.gather(*(self._attempt(run, hint, errors) for run in runs))

    async def _one_zone(
        self, hints: Hints, zone: Zone, budget: Budget, reports: list[Report]
    ) -> None:
        where = await lead(hints, zone, self._ground.listings)
        if where is None:
            return
        key = (zone.id, min(where.registries))
        reports.append(await self._desks.serve(key, where, budget, partial(self._run, zone)))

    async def _run(self, zone: Zone, queue: Queue[Lead]) -> Report:
        """One run, for every event that came in time for one of its looks."""
        report, budget = Report(zone), Budget(self._seconds, self._clock)
        budget.wanted = queue.joined
        try:
            async with asyncio.timeout(budget.left):
                await reconcile(queue, report, self._ground, budget, self._mandate)
        except TimeoutError:
            raise RetryLater(f"the run did not end within {self._seconds:g} s") from None
        finally:
            for level, line in lines(report):
                log.log(level, "%s", line)
        return report

    @staticmethod
    async def _attempt(run: Coroutine[None, None, None], hint: Hint, errors: list[str]) -> None:
        try:
            await run
        except RetryLater as error:
            errors.append(str(error))
        except Exception as error:  # noqa: BLE001 - whatever a bug raises
            # Sent again, the event would meet the same bug, and in the end delay all others.
            log.critical("bug while handling %s: %s", hint.operation, where(error))

    def _log(self, hint: Hint, reports: list[Report], budget: Budget) -> None:
        age = f", {self._age(hint).total_seconds():.1f} s after the event" if hint.raised else ""
        if not reports:
            took = f"{budget.spent:.1f} s{age}"
            log.info("%s: nothing to do with any zone (%s)", hint.operation, took)
        for report in reports:
            looks = f"{report.looks} look{'s' * (report.looks != 1)}, {budget.spent:.1f} s{age}"
            log.info("%s: %s (%s)", hint.operation, summary(report), looks)

    def _raise_if_worth_it(self, hint: Hint, reports: list[Report], errors: list[str]) -> None:
        failed = [*errors, *(gap for report in reports for gap in report.gaps)]
        if failed:
            raise RetryLater(f"Azure could not be read or written: {'; '.join(failed)}")
        missing = [what for report in reports for what in report.missing]
        if missing and hint.raised and _AHEAD < self._age(hint) < _YOUNG:
            raise RetryLater("; ".join(missing))

    def _age(self, hint: Hint) -> dt.timedelta:
        return self._now() - (hint.raised or self._now())
