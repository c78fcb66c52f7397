"""Backlog: which registries have waited longest, when one full sync cannot do all.

A hint about order and nothing else, kept in memory: nothing is lost with it but
fairness, for one run.
"""

from collections.abc import Hashable, Iterable
from typing import Protocol

from shared.domain.resource_id import ResourceId

# So many full syncs in a row do not wait for what the last wait did not settle.
_SKIPS = 4


class Item(Protocol):
    """A drifted registry, as far as its order goes."""

    @property
    def registry(self) -> ResourceId:
        """Whose names they are."""

    @property
    def severity(self) -> int:
        """How much it matters; 0 is worst."""


class Backlog:
    """Since which full sync each registry has waited, and which failed at their last run."""

    def __init__(self) -> None:
        self._runs = 0
        self._first_runs: dict[tuple[str, ResourceId], int] = {}
        self._failures: set[tuple[str, ResourceId]] = set()
        self._waits: dict[tuple[str, ResourceId], tuple[Hashable, int]] = {}

    def order[I: Item](self, suffix: str, items: Iterable[I]) -> list[I]:
        """Drifted registries in zones of one suffix: worst, then oldest; failures come last.

        A registry that always fails must not keep the others from their turn.
        """
        items = list(items)
        self._runs += 1
        keys = {(suffix, item.registry) for item in items}
        # What is in step by now leaves, so that it begins anew if it drifts again.
        others = {key: run for key, run in self._first_runs.items() if key[0] != suffix}
        self._first_runs = others | {key: self._first_runs.get(key, self._runs) for key in keys}
        self._failures = {key for key in self._failures if key[0] != suffix or key in keys}
        return sorted(items, key=lambda item: self._order(suffix, item))

    def record(self, suffix: str, registry: ResourceId, *, has_failed: bool) -> None:
        """Note how a registry's run ended."""
        key = (suffix, registry)
        (self._failures.add if has_failed else self._failures.discard)(key)

    def may_wait(self, suffix: str, registry: ResourceId, questions: Hashable) -> bool:
        """Whether waiting for an answer to these is worth a try: it is new, or was long ago."""
        last, skips = self._waits.get((suffix, registry), (None, 0))
        if questions != last or skips >= _SKIPS:
            return True
        self._waits[suffix, registry] = last, skips + 1
        return False

    def record_wait(self, suffix: str, registry: ResourceId, questions: Hashable) -> None:
        """Note for what a registry was waited: if it is the same next time, it was in vain."""
        self._waits[suffix, registry] = questions, 0

    def _order(self, suffix: str, item: Item) -> tuple[bool, int, int, ResourceId]:
        key = (suffix, item.registry)
        # The ID comes last, so that the order is the same on every worker.
        return key in self._failures, item.severity, self._first_runs[key], item.registry
