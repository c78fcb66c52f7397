"""How many requests a run sent to Azure, counted wherever they are sent from within it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

_READ_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(slots=True)
class RequestCounter:
    """Requests sent, every try for itself.

    Attributes:
        reads: those that change nothing.
        writes: all others.
    """

    reads: int = 0
    writes: int = 0


# A context variable follows the tasks that a run begins, so nothing has to hand it on.
_counter: ContextVar[RequestCounter | None] = ContextVar("requests", default=None)


@contextmanager
def count_requests() -> Iterator[RequestCounter]:
    """Count what is sent within, and in tasks that are begun within."""
    counter = RequestCounter()
    token = _counter.set(counter)
    try:
        yield counter
    finally:
        _counter.reset(token)


def count(method: str) -> None:
    """Note a request that is being sent, if anybody counts."""
    counter = _counter.get()
    if counter is None:
        return
    if method in _READ_METHODS:
        counter.reads += 1
    else:
        counter.writes += 1
