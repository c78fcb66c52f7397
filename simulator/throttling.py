"""How much one caller may ask of one subscription, and the headers that tell how much is left.

Resource Manager counts with token buckets, for each caller and subscription,
and in a second one of fifteen times the size over all of its callers; the
providers count in windows of five minutes (docs/azure.md#private-dns, recorded
headers and published limits).
"""

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields

from simulator.arm.errors import ArmError
from simulator.arm.wire import Request
from simulator.clock import Clock
from simulator.world import Json

_PREFIX = "x-ms-ratelimit-remaining-subscription"
_READS = frozenset({"GET", "HEAD"})
_GLOBAL = 15
_WINDOW = 300.0
_MOST = 1e9


@dataclass(slots=True)
class Limits:
    """What is granted, and whether who asks for more is refused.

    Attributes:
        enforced: else the headers count down, and nobody is refused.
        reads: size of the bucket of reads.
        reads_per_second: how fast it fills, in simulated seconds.
        writes: size of the bucket of writes, deletes and actions.
        writes_per_second: likewise.
        private_dns_reads: reads of Private DNS in five simulated minutes, all callers together.
        private_dns_writes: writes and deletes of it in five minutes.
        network_reads: reads of the other network resources in five minutes.
        network_writes: writes and deletes of them in five minutes.
    """

    enforced: bool = False
    reads: float = 250.0
    reads_per_second: float = 25.0
    writes: float = 200.0
    writes_per_second: float = 10.0
    private_dns_reads: float = 500.0
    private_dns_writes: float = 500.0
    network_reads: float = 10_000.0
    network_writes: float = 1000.0

    def change(self, wanted: Json) -> None:
        """Set the named limits; the others stay. ValueError names a bad one."""
        names = {f.name for f in fields(self)}
        for name, value in wanted.items():
            if name not in names:
                raise ValueError(f"no limit is called {name!r}; there are {sorted(names)}")
            if name == "enforced":
                fits = isinstance(value, bool)
            else:
                number = isinstance(value, int | float) and not isinstance(value, bool)
                fits = number and 0 < value <= _MOST
            if not fits:
                allowed = "true or false" if name == "enforced" else "above 0, 1e9 at most"
                raise ValueError(f"limit {name!r} must be {allowed}, not {value!r}")
        for name, value in wanted.items():
            setattr(self, name, value if name == "enforced" else float(value))

    def as_json(self) -> Json:
        """All limits by name."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Grant:
    """What one request counts against.

    Attributes:
        key: whose meter.
        header: the header that tells what is left of it, or empty.
        size: requests at once, or in five minutes.
        per_second: how fast they come back; 0 if all together, after five minutes.
    """

    key: tuple[str, ...]
    header: str
    size: float
    per_second: float = 0.0


@dataclass(slots=True)
class _Meter:
    """What was taken of a grant, and since when or as of when."""

    taken: float = 0.0
    at: float = 0.0

    def settle(self, grant: _Grant, now: float) -> None:
        """Give back what time has brought."""
        if grant.per_second:
            self.taken = max(0.0, self.taken - (now - self.at) * grant.per_second)
            self.at = now
        elif now - self.at >= _WINDOW:
            self.taken, self.at = 0.0, now

    def wait(self, grant: _Grant, now: float) -> float:
        """Seconds until one more request is granted."""
        over = self.taken + 1 - grant.size
        if over <= 0:
            return 0.0
        return over / grant.per_second if grant.per_second else _WINDOW - (now - self.at)


class Throttle:
    """Counts every request, and refuses those that are too many if limits are enforced.

    Args:
        clock: the world's clock: what was taken comes back in simulated time.

    Attributes:
        limits: what is granted.
    """

    def __init__(self, clock: Clock) -> None:
        self.limits = Limits()
        self._clock = clock
        self._meters: dict[tuple[str, ...], _Meter] = defaultdict(_Meter)

    def admit(self, request: Request) -> dict[str, str]:
        """Count a request; the headers that tell its caller what is left.

        Raises:
            ArmError: 429 with `Retry-After`, if limits are enforced and it is too many.
        """
        now = self._clock.elapsed()
        metered = [(self._meters[grant.key], grant) for grant in self._grants(request)]
        for meter, grant in metered:
            meter.settle(grant, now)
        wait = max(meter.wait(grant, now) for meter, grant in metered)
        if wait > 0 and self.limits.enforced:
            raise _refusal(wait, _left(metered))
        for meter, _ in metered:
            meter.taken += 1
        return _left(metered)

    def _grants(self, request: Request) -> Iterator[_Grant]:
        subscription, caller = request.target.subscription.lower(), request.principal
        kind, limits = "reads" if request.method in _READS else "writes", self.limits
        size, speed = (
            (limits.reads, limits.reads_per_second)
            if kind == "reads"
            else (limits.writes, limits.writes_per_second)
        )
        yield _Grant((subscription, kind, caller), f"{_PREFIX}-{kind}", size, speed)
        everyone = f"{_PREFIX}-global-{kind}", size * _GLOBAL, speed * _GLOBAL
        yield _Grant((subscription, kind), *everyone)
        provider = request.target.type.lower()
        if provider.startswith("microsoft.network/privatedns"):
            most = limits.private_dns_reads if kind == "reads" else limits.private_dns_writes
            key = (subscription, kind, "", "private dns")
            yield _Grant(key, f"{_PREFIX}-resource-requests", most)
        elif provider.startswith("microsoft.network/"):
            most = limits.network_reads if kind == "reads" else limits.network_writes
            yield _Grant((subscription, kind, "", "network"), "", most)


def _left(metered: list[tuple[_Meter, _Grant]]) -> dict[str, str]:
    return {
        grant.header: str(max(0, math.floor(grant.size - meter.taken)))
        for meter, grant in metered
        if grant.header
    }


def _refusal(wait: float, left: dict[str, str]) -> ArmError:
    seconds = str(math.ceil(wait))
    message = f"The request is being throttled. Please retry after {seconds} seconds."
    headers = {**left, "Retry-After": seconds}
    return ArmError(429, "TooManyRequests", message, headers=headers)
