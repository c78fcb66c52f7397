"""Backlog: who has waited longest, when one sweep cannot do all.

A hint about order and nothing else, kept in memory: nothing is lost with it but
fairness, for one run.
"""

from collections.abc import Iterable
from typing import Protocol

from shared.domain.resource_id import ResourceId


class Waiting(Protocol):
    """Something to be tended, as far as its order goes."""

    @property
    def registry(self) -> ResourceId:
        """Whose names they are."""

    @property
    def severity(self) -> int:
        """How much it matters; 0 is worst."""


class Backlog:
    """Since which sweep each suspect has waited, and which ones failed when last tried."""

    def __init__(self) -> None:
        self._sweeps = 0
        self._since: dict[tuple[ResourceId, ResourceId], int] = {}
        self._failed: set[tuple[ResourceId, ResourceId]] = set()

    def ordered[W: Waiting](self, zone: ResourceId, drifted_registries: Iterable[W]) -> list[W]:
        """The suspects of a zone: worst harm first, then oldest; those that failed come last.

        A suspect that always fails must not keep the others from their turn.
        """
        drifted_registries = list(drifted_registries)
        self._sweeps += 1
        keys = {(zone, drifted.registry) for drifted in drifted_registries}
        others = {key: since for key, since in self._since.items() if key[0] != zone}
        self._since = others | {key: self._since.get(key, self._sweeps) for key in keys}
        self._failed = {key for key in self._failed if key[0] != zone or key in keys}
        return sorted(drifted_registries, key=lambda drifted: self._rank(zone, drifted))

    def tended(self, zone: ResourceId, registry: ResourceId, *, failed: bool) -> None:
        """Note how a suspect's run ended."""
        key = (zone, registry)
        (self._failed.add if failed else self._failed.discard)(key)

    def _rank(self, zone: ResourceId, drifted: Waiting) -> tuple[bool, int, int, ResourceId]:
        key = (zone, drifted.registry)
        return key in self._failed, drifted.severity, self._since[key], drifted.registry
