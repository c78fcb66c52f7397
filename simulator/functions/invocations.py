"""What the host ran, and how each run ended."""

import datetime as dt
import uuid
from collections import deque
from dataclasses import asdict, dataclass, field

from simulator.world import Json

_KEPT = 20_000


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an invocation ended.

    Attributes:
        error: the message of what the function raised, None if it succeeded.
        value: what it returned, under its kind, as {"string": "…"}; None for nothing.
    """

    error: str | None
    value: Json | None = None


@dataclass(slots=True)
class Invocation:
    """One run of a function.

    Attributes:
        index: counts up from 0, for "everything since".
        id: what the app's log calls it.
        function: the function's name.
        started: ISO 8601, UTC.
        ended: likewise; None while it runs.
        error: the message of what the function raised.
    """

    index: int
    function: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    started: str = field(default_factory=_now)
    ended: str | None = None
    error: str | None = None

    def end(self, outcome: Outcome) -> None:
        """Note how it ended."""
        self.ended, self.error = _now(), outcome.error

    def as_json(self) -> Json:
        """The invocation as the control surface shows it."""
        return asdict(self)


class InvocationLog:
    """The last twenty thousand invocations, oldest first."""

    def __init__(self) -> None:
        self._kept: deque[Invocation] = deque(maxlen=_KEPT)
        self._next = 0

    def begin(self, function: str) -> Invocation:
        """Note that a function starts to run."""
        invocation = Invocation(self._next, function)
        self._next += 1
        self._kept.append(invocation)
        return invocation

    def since(self, index: int = 0) -> list[Invocation]:
        """The kept invocations from an index on."""
        return [one for one in self._kept if one.index >= index]
