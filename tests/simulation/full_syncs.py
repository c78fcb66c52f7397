"""Sweeps over the in-memory Azure, on a clock of their own."""

from collections.abc import Iterable, Mapping
from typing import Any

from shared.domain.changes import Change, LinkChange, RecordChange
from shared.domain.zone import Zone
from shared.engine.backlog import Backlog
from shared.engine.context import RunContext
from shared.engine.deadline import WHOLE_SECONDS, Deadline
from shared.engine.full_sync import Errand, FullSync
from shared.engine.ownership_index import OwnershipIndex
from shared.engine.result import ZoneResult
from tests.simulation.azure import SUBSCRIPTION, ZONE_KEPT, Azure
from tests.simulation.run import FakeTime


async def sweep(
    azure: Azure,
    *zones: Zone,
    seconds: float = WHOLE_SECONDS,
    time: FakeTime | None = None,
    **errand: Any,
) -> list[ZoneResult]:
    """One sweep over everything; the zone that is kept by default, unless others are named."""
    zones = zones or (ZONE_KEPT,)
    time = time or FakeTime()
    options: Mapping[str, Any] = {"watched": frozenset((SUBSCRIPTION,)), **errand}
    context = RunContext(azure, OwnershipIndex(azure), zones)
    deadline = Deadline(seconds, time.clock, time.sleep)
    return await FullSync(Errand(zones, **options), context, deadline, Backlog()).run()


def actions(changes: Iterable[Change]) -> list[str]:
    """What each change does to what, as "delete record"."""
    kinds = {RecordChange: "record", LinkChange: "link"}
    return [f"{change.action} {kinds[type(change)]}" for change in changes]
