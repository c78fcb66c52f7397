"""Sweeps over the in-memory Azure, on a clock of their own."""

from collections.abc import Mapping
from typing import Any

from shared.domain.model import Zone
from shared.engine.backlog import Backlog
from shared.engine.budget import WHOLE_SECONDS, Budget
from shared.engine.bursts import Ground, Listings
from shared.engine.report import Report
from shared.engine.sweep import Errand, Sweep
from tests.simulation.azure import SUBSCRIPTION, ZONE_KEPT, Azure
from tests.simulation.run import FakeTime


async def sweep(
    azure: Azure, *zones: Zone, seconds: float = WHOLE_SECONDS, **errand: Any
) -> list[Report]:
    """One sweep over everything; the zone that is kept by default, unless others are named."""
    zones = zones or (ZONE_KEPT,)
    time = FakeTime()
    options: Mapping[str, Any] = {"watched": frozenset((SUBSCRIPTION,)), **errand}
    ground = Ground(azure, Listings(azure), zones)
    budget = Budget(seconds, time.clock, time.sleep)
    return await Sweep(Errand(zones, **options), ground, budget, Backlog()).run()
