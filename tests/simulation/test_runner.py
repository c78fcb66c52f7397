"""Visits: what somebody asks to be made right by hand, in the time that there is."""

import asyncio

from shared.domain.ownership import Adopt
from shared.domain.scope import EndpointScope, RegistryScope
from shared.engine.context import make_context
from shared.engine.deadline import Deadline
from shared.engine.options import RunOptions
from shared.engine.result import ChangeState, ZoneResult
from shared.engine.runner import run_scope
from tests.simulation.azure import ZONE_KEPT, Azure
from tests.simulation.full_syncs import actions


async def visited(
    azure: Azure,
    scope: EndpointScope | RegistryScope,
    *,
    dry_run: bool = False,
) -> ZoneResult:
    """A run by hand over the one zone."""
    context = make_context(azure, (ZONE_KEPT,))
    options = RunOptions(dry_run=dry_run, adopt=Adopt.EMPTY)
    (result,) = await run_scope(scope, context, options, Deadline(30))
    return result


async def test_a_registry_is_made_right_with_names_that_only_marks_know() -> None:
    """By hand everything of a registry is put right, also what no event would touch."""
    azure = Azure()
    registry = azure.add_registry("myregistry", "westeurope", "northeurope")
    azure.add_endpoint("pe-a", registry, "10.1.0.4")
    await visited(azure, RegistryScope(registry))
    azure.drop_replica(registry, "northeurope")
    result = await visited(azure, RegistryScope(registry))
    assert "myregistry.northeurope.data" not in azure.zone()
    assert actions(result.in_state(ChangeState.DONE)) == ["delete record"]


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
    result = await visited(azure, RegistryScope(registry), dry_run=True)
    assert azure.writes == []
    assert len(result.in_state(ChangeState.PLANNED)) == 3


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
    result = await visited(azure, RegistryScope(registry))
    assert (result.errors, result.remaining) == ((), 1)
