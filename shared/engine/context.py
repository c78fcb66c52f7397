"""The run context: what all runs share."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from shared.domain.ownership import Owners
from shared.domain.policy import DeleteThreshold
from shared.domain.resource_id import ResourceId
from shared.domain.zone import Zone
from shared.engine.azure import Azure
from shared.engine.options import ZoneLimit
from shared.engine.ownership_index import OwnershipIndex


def _today() -> str:
    return dt.datetime.now(dt.UTC).date().isoformat()


@dataclass(frozen=True, slots=True)
class RunContext:
    """What all runs share.

    Attributes:
        azure: Azure.
        ownership_index: what the zones' records say of themselves, which runs share.
        zones: every zone that the app keeps.
        owners: whose ownership counts as ours.
        delete_threshold: how much a full sync may take away.
        limits: what runs over a zone may still do together; without one, whatever is right.
        today: gives the day, as 2026-11-23 (UTC).
    """

    azure: Azure
    ownership_index: OwnershipIndex
    zones: tuple[Zone, ...]
    owners: Owners
    delete_threshold: DeleteThreshold = field(default_factory=DeleteThreshold)
    limits: Mapping[ResourceId, ZoneLimit] = field(default_factory=dict)
    today: Callable[[], str] = _today

    def limit_of(self, zone: ResourceId) -> ZoneLimit:
        """What runs over a zone may still do together."""
        return self.limits.get(zone) or ZoneLimit()


def make_context(
    azure: Azure,
    zones: tuple[Zone, ...],
    adopt_from: str = "",
    delete_threshold: DeleteThreshold | None = None,
) -> RunContext:
    """The context of runs over zones of one owner, with an ownership index of its own.

    Args:
        azure: Azure.
        zones: every zone that the app keeps.
        adopt_from: a former owner whose ownership counts as ours; empty for none.
        delete_threshold: how much a full sync may take away.
    """
    # The former owner counts as ours from the first read on, or its records would be others'.
    owners = frozenset((*(zone.owner for zone in zones), adopt_from)) - {""}
    index = OwnershipIndex(azure, owners)
    return RunContext(azure, index, zones, owners, delete_threshold or DeleteThreshold())
