"""Visits: what somebody asks to be made right by hand, in the time that there is."""

import asyncio

from shared.domain.model import EndpointScope, RegistryScope
from shared.engine.budget import Budget
from shared.engine.bursts import Ground, Listings
from shared.engine.mandate import Effect, Mandate
from shared.engine.report import Report
from shared.engine.visit import visit
from tests.simulation.azure import ZONE_KEPT, Azure


async def visited(
    azure: Azure, scope: EndpointScope | RegistryScope, seconds: float = 5, **mandate: Effect
) -> Report:
    """A visit to the one zone."""
    ground = Ground(azure, Listings(azure), (ZONE_KEPT,))
    budget = Budget(seconds)
    (report,) = await visit(scope, ground.zones, ground, budget, Mandate(**mandate))  # type: ignore[arg-type]
    return report


async def test_a_registry_is_made_right_with_names_that_only_marks_know() -> None:
    """By hand everything of a registry is put right, also what no event would touch."""
    azure = Azure()
    registry = azure.add_registry("myregistry", "westeurope", "northeurope")
    azure.add_endpoint("pe-a", registry, "10.1.0.4")
    await visited(azure, RegistryScope(registry))
    azure.drop_replica(registry, "northeurope")
    report = await visited(azure, RegistryScope(registry))
    assert "myregistry.northeurope.data" not in azure.zone()
    assert [type(change).__name__ for change in report.done] == ["DeleteRecord"]


async def test_an_endpoint_that_is_gone_is_still_known_by_its_marks() -> None:
    """Whoever names a deleted endpoint by hand gets its addresses removed."""
    azure = Azure()
    endpoint = azure.add_endpoint("pe-a", azure.add_registry("myregistry"), "10.1.0.4")
    await visited(azure, EndpointScope(endpoint))
    azure.delete_endpoint(endpoint)
    await visited(azure, EndpointScope(endpoint))
    assert azure.zone() == {}


async def test_a_dry_visit_writes_nothing() -> None:
    """What would change is planned, and stays a plan."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    azure.add_endpoint("pe-a", registry, "10.1.0.4")
    report = await visited(azure, RegistryScope(registry), effect=Effect.NONE)
    assert azure.writes == []
    assert len(report.planned) == 3


async def test_a_visit_that_time_cuts_off_leaves_a_rest_and_no_error() -> None:
    """Nothing failed: whoever asks again goes on, so it must not look like Azure's failure."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    azure.add_endpoint("pe-a", registry, "10.1.0.4")
    write = azure.write_record

    async def slowly(*what: object) -> None:
        await write(*what)  # type: ignore[arg-type]
        await asyncio.sleep(60)

    azure.write_record = slowly  # type: ignore[method-assign, assignment]
    report = await visited(azure, RegistryScope(registry), seconds=0.05)
    assert (report.errors, report.left) == ((), 1)
