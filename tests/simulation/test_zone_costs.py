"""What an event asks of Azure where zones of one name share the networks out."""

from dataclasses import replace

import pytest

from shared.domain.resource_id import NETWORK, ZONE
from shared.domain.scope import EndpointScope, RegistryScope, Scope
from shared.domain.zone import Selector, Zone, with_other_selectors
from shared.engine.context import make_context
from shared.engine.deadline import EVENT_SECONDS, Deadline
from shared.engine.options import RunOptions
from shared.engine.runner import SharedRuns
from tests.simulation.azure import ZONE_KEPT, Azure, an_id
from tests.simulation.full_syncs import full_sync
from tests.simulation.run import FakeTime

# Requests of a call of the port: a registry is read with its list of replications.
REQUESTS = {"registry": 2}


def zones(count: int) -> tuple[Zone, ...]:
    """So many zones of one name: one for all networks that no other serves."""
    others = (
        replace(
            ZONE_KEPT,
            id=an_id(ZONE, "privatelink.azurecr.io", f"zone-{number}"),
            selector=Selector(networks=frozenset((an_id(NETWORK, f"net-{number}"),))),
        )
        for number in range(1, count)
    )
    return with_other_selectors((ZONE_KEPT, *others))


async def requests(azure: Azure, scope: Scope, count: int) -> int:
    """How many requests an event makes with so many zones."""
    azure.calls.clear()
    time = FakeTime()

    def make_deadline() -> Deadline:
        return Deadline(EVENT_SECONDS, time.clock, time.sleep)

    context = make_context(azure, zones(count))
    runs = SharedRuns(context, RunOptions(), make_deadline, lambda _result: None)
    results = await runs.run(scope, make_deadline())
    assert not any(result.errors or result.bugs for result in results)
    assert any(result.passes for result in results)
    return sum(REQUESTS.get(method, 1) for method, _ in azure.calls)


async def story(count: int) -> dict[str, int]:
    """Each kind of event about one registry, and its requests."""
    azure = Azure()
    registry = azure.add_registry("myregistry", "westeurope", "northeurope")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4", "net-a")
    asked = {"first": await requests(azure, EndpointScope(endpoint), count)}
    asked["already right"] = await requests(azure, EndpointScope(endpoint), count)
    asked["registry written"] = await requests(azure, RegistryScope(registry), count)
    azure.drop_replica(registry, "northeurope")
    asked["replica gone"] = await requests(azure, RegistryScope(registry, "northeurope"), count)
    second = azure.add_endpoint("pe-b", registry, "10.2.0.4", "net-b")
    asked["second endpoint"] = await requests(azure, EndpointScope(second), count)
    return asked


@pytest.mark.parametrize("count", [3, 20])
async def test_an_event_costs_no_more_for_zones_that_it_does_not_concern(count: int) -> None:
    """Zones that serve none of the registry's networks are not read (bounded)."""
    alone, many = await story(1), await story(count)
    assert {what for what in alone if many[what] > 1.5 * alone[what]} == set()


async def test_sources_are_read_once_however_many_zones_hold_the_registry() -> None:
    """With an endpoint in each of three zones each source is read once more, not three times."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    ids = [
        azure.add_endpoint(f"pe-{number}", registry, f"10.{number + 1}.0.4", f"net-{number}")
        for number in range(3)
    ]
    await full_sync(azure, *zones(3))
    await requests(azure, EndpointScope(ids[0]), 3)
    sources = ("endpoint", "interface", "registry", "group_zones")
    asked = [what for method, what in azure.calls if method in sources]
    # Once to learn which zones are concerned, and once after the records.
    assert max(asked.count(id_) for id_ in (registry, *ids)) <= 3
    assert [method for method, _ in azure.calls].count("interface") == 3


async def test_a_full_sync_lists_sources_once_for_all_zones() -> None:
    """What is right in twenty zones costs a full sync the lists of each zone, and nothing else."""
    azure = Azure()
    for number in range(5):
        registry = azure.add_registry(f"registry{number}")
        azure.add_endpoint(f"pe-{number}", registry, f"10.{number + 1}.0.4", f"net-{number}")
    counts = {}
    for count in (1, 20):
        for _ in range(2):
            await full_sync(azure, *zones(count), override_threshold=True)
        azure.calls.clear()
        await full_sync(azure, *zones(count))
        counts[count] = len(azure.calls)
    of_a_zone = 3  # records, links, and how full it is
    assert counts[20] - counts[1] == 19 * of_a_zone
