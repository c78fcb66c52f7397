"""Visits: what somebody asks to be made right by hand, in the time that there is."""

import asyncio

from shared.domain.scope import EndpointScope, RegistryScope
from shared.engine.context import RunContext
from shared.engine.deadline import Deadline
from shared.engine.options import Effect, Mandate
from shared.engine.ownership_index import OwnershipIndex
from shared.engine.result import ChangeState, ZoneResult
from shared.engine.runner import visit
from tests.simulation.azure import ZONE_KEPT, Azure
from tests.simulation.full_syncs import actions


async def visited(
    azure: Azure, scope: EndpointScope | RegistryScope, seconds: float = 5, **mandate: Effect
) -> ZoneResult:
    """A visit to the one zone."""
    context = RunContext(azure, OwnershipIndex(azure), (ZONE_KEPT,))
    deadline = Deadline(seconds)
    (result,) = await visit(scope, context.zones, context, deadline, Mandate(**mandate))  # type: ignore[arg-type]
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
    result = await visited(azure, RegistryScope(registry), effect=Effect.NONE)
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
    result = await visited(azure, RegistryScope(registry), seconds=0.05)
    assert (result.errors, result.remaining) == ((), 1)
