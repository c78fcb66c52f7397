"""A judge beside the in-memory Azure, who sees the estate before and after each write."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from tests.judge.judge import Judge, Orders
from tests.simulation.azure import Azure
from tests.simulation.documents import documents

_judges: WeakKeyDictionary[Azure, Judge] = WeakKeyDictionary()


def order(azure: Azure, **orders: Any) -> None:
    """Tell an estate's judge what operators ordered."""
    _judges[azure].orders = Orders(**orders)


def verdict(azure: Azure) -> list[str]:
    """The good answers that an estate's writes have taken by now and not given back."""
    return _judges[azure].finish(documents(azure))


class Judged:
    """An Azure whose every write is judged from now on.

    Args:
        azure: the estate.
    """

    def __init__(self, azure: Azure) -> None:
        self._azure = azure
        self._judge = Judge()
        azure.around = self._seen
        _judges[azure] = self._judge

    @contextmanager
    def _seen(self) -> Iterator[None]:
        before = documents(self._azure)
        yield
        self._judge.see(before, documents(self._azure))

    def violations(self) -> list[str]:
        """A run has ended: the good answers that its writes took and did not give back."""
        return self._judge.finish(documents(self._azure))
