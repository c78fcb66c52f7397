"""How many requests a run sent to Azure, counted wherever they are sent from within it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(slots=True)
class RequestCounter:
    """Requests sent, every try for itself.

    Attributes:
        reads: those that change nothing.
        writes: all others.
    """

    reads: int = 0
    writes: int = 0


_counter: ContextVar[RequestCounter | None] = ContextVar("calls", default=None)


@contextmanager
def count_requests() -> Iterator[RequestCounter]:
    """Count what is sent within, and in tasks that are begun within."""
    calls = RequestCounter()
    token = _counter.set(calls)
    try:
        yield calls
    finally:
        _counter.reset(token)


def count(method: str) -> None:
    """Note a request that is being sent, if anybody counts."""
    calls = _counter.get()
    if calls is None:
        return
    if method in _SAFE:
        calls.reads += 1
    else:
        calls.writes += 1
