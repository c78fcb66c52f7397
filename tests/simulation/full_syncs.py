"""Full syncs over the in-memory Azure, on a clock of their own."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from shared.domain.changes import Change, LinkChange, RecordChange
from shared.domain.scope import FullScope
from shared.domain.zone import Zone
from shared.engine.backlog import Backlog
from shared.engine.context import make_context
from shared.engine.deadline import FULL_SYNC_SECONDS, Deadline
from shared.engine.full_sync import FullSync
from shared.engine.options import RunOptions
from shared.engine.result import ZoneResult
from tests.simulation.azure import ZONE_KEPT, Azure
from tests.simulation.run import FakeTime


async def full_sync(  # noqa: PLR0913 - as a full sync
    azure: Azure,
    *zones: Zone,
    seconds: float = FULL_SYNC_SECONDS,
    time: FakeTime | None = None,
    scope: FullScope | None = None,
    backlog: Backlog | None = None,
    day: str = "2026-11-23",
    **options: Any,
) -> list[ZoneResult]:
    """One full sync over everything; the zone that is kept by default, unless others are named."""
    time = time or FakeTime()
    run_options = RunOptions(**options)
    context = make_context(azure, zones or (ZONE_KEPT,), run_options.adopt_from)
    context = replace(context, today=lambda: day)
    deadline = Deadline(seconds, time.clock, time.sleep)
    runner = FullSync(scope or FullScope(), run_options, context, deadline, backlog or Backlog())
    return await runner.run()


def actions(changes: Iterable[Change]) -> list[str]:
    """What each change does to what, as "delete record"."""
    kinds = {RecordChange: "record", LinkChange: "link"}
    return [f"{change.action} {kinds[type(change)]}" for change in changes]
