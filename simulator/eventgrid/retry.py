"""Event Grid's retry policy: when it tries again, when it never does, when it holds back.

Source: docs/azure.md#event-grid (Azure Function destinations count
as Azure resources), and section 9, delayed delivery.
"""

import asyncio
import random
from collections.abc import Mapping
from http import HTTPStatus

from simulator.clock import Clock
from simulator.eventgrid.settings import Settings

DEAD_LETTER_DELAY = 300.0

_SCHEDULE = (10.0, 30.0, 60.0, 300.0, 600.0, 1800.0, 3600.0, 10_800.0, 21_600.0, 43_200.0)
_MINIMUM: Mapping[int, float] = {401: 300.0, 404: 300.0, 408: 120.0, 503: 30.0}
_FINAL = frozenset({400, 403, 413})
_FAILURES_BEFORE_DELAY = 10
_SHORTEST_DELAY = 10.0
_LONGEST_DELAY = 3 * 3600.0
# "Probation": a destination that is not there is left alone for longer from the start.
_PROBATION: Mapping[int, float] = {404: 300.0}


def accepted(status: int | None) -> bool:
    """Whether an HTTP status counts as delivered: 200 to 204, no other."""
    return status is not None and HTTPStatus.OK <= status <= HTTPStatus.NO_CONTENT


def outcome_of(status: int | None) -> str:
    """The name that a dead-letter gives to an answer, or to its absence (None)."""
    if status is None:
        return "TimedOut"
    try:
        return HTTPStatus(status).phrase.title().replace(" ", "").replace("-", "")
    except ValueError:
        return "GenericError"


def gives_up(status: int | None, attempts: int, settings: Settings) -> str | None:
    """Why an event is not tried again after so many attempts, or None if it is."""
    if status in _FINAL:
        return f"UndeliverableDueToHttp{outcome_of(status)}"
    return "MaxDeliveryAttemptsExceeded" if attempts >= settings.maxDeliveryAttempts else None


class Chance:
    """The randomness in Azure's schedule: the same seed gives the same row of waits.

    Args:
        settings: how much of it, and the seed.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._seed = settings.seed
        self._random = random.Random(self._seed)  # noqa: S311 - nothing secret

    def begin(self) -> None:
        """Begin the row of the seed anew."""
        self._seed = self._settings.seed
        self._random.seed(self._seed)

    def step_after(self, step: int) -> int:
        """The next step of the schedule, or one beyond it if that is skipped."""
        skipped = self._settings.skips > 0 and self._random.random() < self._settings.skips
        return step + 1 + skipped

    def wait(self, step: int, status: int | None) -> float:
        """Simulated seconds to wait at the first, second, … step, after an answer."""
        scheduled = _SCHEDULE[min(step, len(_SCHEDULE)) - 1]
        if self._settings.jitter > 0:
            jitter = self._settings.jitter
            scheduled *= self._random.uniform(1 - jitter, 1 + jitter)
        return max(scheduled, _MINIMUM.get(status or 0, 0.0))


class Endpoint:
    """Delayed delivery: the state of health of one event subscription's endpoint.

    After ten failures in a row everything to the endpoint waits, new events
    too. Azure gives no table of how long ("in some cases up to several
    hours"): here 10 s, doubled by each further failure, up to 3 h; five minutes
    at least for one that is not found.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures = 0
        self._open = asyncio.Event()
        self._open.set()
        self._reopening: asyncio.Task[None] | None = None

    async def ready(self) -> None:
        """Wait until deliveries to this endpoint may go out."""
        await self._open.wait()

    def succeeded(self) -> None:
        """Hear that a delivery was accepted."""
        self._failures = 0

    def failed(self, status: int | None) -> None:
        """Hear that a delivery failed; hold the endpoint back if it keeps failing."""
        self._failures += 1
        if self._failures >= _FAILURES_BEFORE_DELAY and self._open.is_set():
            self._open.clear()
            doublings = min(self._failures - _FAILURES_BEFORE_DELAY, 16)
            delay = max(_SHORTEST_DELAY * 2**doublings, _PROBATION.get(status or 0, 0.0))
            self._reopening = asyncio.create_task(self._reopen_after(min(delay, _LONGEST_DELAY)))

    async def stop(self) -> None:
        """Let go of the timer, if one runs."""
        if self._reopening is not None:
            self._reopening.cancel()
            await asyncio.gather(self._reopening, return_exceptions=True)

    async def _reopen_after(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
        self._open.set()
