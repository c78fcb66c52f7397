"""Event Grid's retry policy: when it tries again, when it never does, when it holds back.

Source: azure-facts.md section 1, "Delivery" (Azure Function destinations count
as Azure resources), and section 9, delayed delivery.
"""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus

from simulator.clock import Clock

MOST_ATTEMPTS = 30
TIME_TO_LIVE = 24 * 3600.0
DEAD_LETTER_DELAY = 300.0

_SCHEDULE = (10.0, 30.0, 60.0, 300.0, 600.0, 1800.0, 3600.0, 10_800.0, 21_600.0, 43_200.0)
_MINIMUM: Mapping[int, float] = {401: 300.0, 404: 300.0, 408: 120.0, 503: 30.0}
_FINAL = frozenset({400, 403, 413})
_FAILURES_BEFORE_DELAY = 10
_SHORTEST_DELAY = 10.0
_LONGEST_DELAY = 3 * 3600.0


def accepted(status: int) -> bool:
    """Whether an HTTP status counts as delivered: 200 to 204, no other."""
    return HTTPStatus.OK <= status <= HTTPStatus.NO_CONTENT


def outcome_of(status: int | None) -> str:
    """The name that a dead-letter gives to an answer, or to its absence (None)."""
    if status is None:
        return "TimedOut"
    try:
        return HTTPStatus(status).phrase.title().replace(" ", "").replace("-", "")
    except ValueError:
        return "GenericError"


def gives_up(status: int | None, attempts: int) -> str | None:
    """Why an event is not tried again after so many attempts, or None if it is."""
    if status in _FINAL:
        return f"UndeliverableDueToHttp{outcome_of(status)}"
    return "MaxDeliveryAttemptsExceeded" if attempts >= MOST_ATTEMPTS else None


def wait_before(retry: int, status: int | None) -> float:
    """Simulated seconds to wait before the first, second, … retry after an answer."""
    scheduled = _SCHEDULE[min(retry, len(_SCHEDULE)) - 1]
    return max(scheduled, _MINIMUM.get(status or 0, 0.0))


class Endpoint:
    """Delayed delivery: the state of health of one event subscription's endpoint.

    After ten failures in a row everything to the endpoint waits, new events
    too. Azure gives no table of how long ("in some cases up to several
    hours"): here 10 s, doubled by each further failure, up to 3 h.
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

    def failed(self) -> None:
        """Hear that a delivery failed; hold the endpoint back if it keeps failing."""
        self._failures += 1
        if self._failures >= _FAILURES_BEFORE_DELAY and self._open.is_set():
            self._open.clear()
            doublings = min(self._failures - _FAILURES_BEFORE_DELAY, 16)
            delay = min(_SHORTEST_DELAY * 2**doublings, _LONGEST_DELAY)
            self._reopening = asyncio.create_task(self._reopen_after(delay))

    async def stop(self) -> None:
        """Let go of the timer, if one runs."""
        if self._reopening is not None:
            self._reopening.cancel()
            await asyncio.gather(self._reopening, return_exceptions=True)

    async def _reopen_after(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
        self._open.set()
