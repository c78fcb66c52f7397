"""pace: the lists of zones share what Private DNS grants, and leave something for events."""

import pytest

from shared.arm.rate_limit import RateLimiter
from shared.engine.azure import Pacing


class Time:
    """Seconds that pass only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []

    def clock(self) -> float:
        """Monotonic seconds."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let the clock go on."""
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def time() -> Time:
    """A clock at a thousand seconds."""
    return Time()


async def test_one_large_zone_waits_for_nothing(time: Time) -> None:
    """The 250 pages of a full zone go through at once."""
    rate_limiter = RateLimiter(time.clock, time.sleep)
    for _ in range(250):
        await rate_limiter.turn()
    assert time.slept == []


async def test_two_large_zones_take_five_minutes(time: Time) -> None:
    """Of 500 pages in one subscription no five minutes see more than 400."""
    rate_limiter, pages = RateLimiter(time.clock, time.sleep), list[float]()
    for _ in range(500):
        await rate_limiter.turn()
        pages.append(time.now)
    assert time.now == 1_300.0
    assert all(sum(t - 300 < other <= t for other in pages) <= 400 for t in pages)


async def test_single_reads_never_wait_and_are_counted(time: Time) -> None:
    """Events read at once whatever lists do, and lists make room for them."""
    rate_limiter = RateLimiter(time.clock, time.sleep)
    for _ in range(400):
        rate_limiter.note()
    assert time.slept == []
    await rate_limiter.turn()
    assert time.slept == [300.0]


async def test_the_lists_of_events_never_wait(time: Time) -> None:
    """A deletion in a full zone is answered at once, however much was listed before."""
    rate_limiter = RateLimiter(time.clock, time.sleep)
    for _ in range(900):
        await rate_limiter.before(Pacing.NOW)()
    assert time.slept == []
    await rate_limiter.before(Pacing.WAIT)()
    assert time.slept == [300.0]


async def test_the_window_moves_on(time: Time) -> None:
    """Reads of more than five minutes ago count no more."""
    rate_limiter = RateLimiter(time.clock, time.sleep)
    for _ in range(400):
        await rate_limiter.turn()
    time.now += 301
    await rate_limiter.turn()
    assert time.slept == []
