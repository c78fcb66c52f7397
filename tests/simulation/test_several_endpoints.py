"""Several endpoints behind one name: who is published, who stands by, who takes over."""

from dataclasses import replace

from shared.domain.findings import FindingKind
from shared.domain.reading import Unknown, UnknownReason
from shared.domain.resource_id import NETWORK
from shared.domain.scope import EndpointScope, FormerEndpointScope
from shared.domain.zone import Selection
from tests.simulation.azure import ZONE_KEPT, Azure, an_id
from tests.simulation.run import run
from tests.simulation.situations import Case, kinds


async def test_removing_one_endpoint_never_takes_what_another_needs() -> None:
    """The second endpoint takes over in one write a name, and no name is ever empty.

    Invariant: never-empty.
    """
    azure = Azure()
    registry = azure.add_registry("myregistry")
    first = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    await run(azure, EndpointScope(first))
    second = azure.add_endpoint("pe-b", registry, "10.2.0.4", "net-b")
    result = await run(azure, EndpointScope(second))
    assert azure.zone()["myregistry"] == ["10.1.0.4"]
    assert FindingKind.SEVERAL_ENDPOINTS in kinds(result)
    azure.delete_endpoint(first)
    azure.writes.clear()
    await run(azure, FormerEndpointScope(first))
    assert azure.zone() == {
        "myregistry": ["10.2.0.4"],
        "myregistry.westeurope.data": ["10.2.0.5"],
    }
    assert [write for write in azure.writes if write[0] == "delete"] == []
    assert all(addresses for method, _, addresses in azure.writes if method == "write")


async def test_merge_publishes_all_live_endpoints() -> None:
    """Under `merge` each live endpoint's address stands, and leaves alone."""
    azure = Azure()
    zone = replace(ZONE_KEPT, selection=Selection.MERGE)
    registry = azure.add_registry("myregistry")
    first = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    second = azure.add_endpoint("pe-b", registry, "10.2.0.4", "net-b")
    await run(azure, EndpointScope(first), zone)
    assert azure.zone()["myregistry"] == ["10.1.0.4", "10.2.0.4"]
    azure.delete_endpoint(second)
    await run(azure, FormerEndpointScope(second), zone)
    assert azure.zone()["myregistry"] == ["10.1.0.4"]


async def test_a_moved_address_is_replaced_in_one_write() -> None:
    """When the interface gives another address, the record follows without an empty moment."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    await run(azure, EndpointScope(endpoint))
    azure.drop_member(endpoint, "registry")
    azure.add_member(endpoint, registry, "registry", "10.1.0.40")
    azure.writes.clear()
    await run(azure, EndpointScope(endpoint))
    assert azure.writes == [("write", "myregistry", ("10.1.0.40",))]


async def test_an_endpoint_that_stood_by_takes_its_link_along() -> None:
    """An endpoint that was never published is in the marks all the same, so its link goes."""
    case = Case()
    await case.publish()
    other = case.azure.add_endpoint("pe-b", case.registry, "10.2.0.4", "net-b")
    await run(case.azure, EndpointScope(other))
    assert len(case.azure.zone_links) == 2
    assert case.azure.zone()["myregistry"] == ["10.1.0.4"]
    case.azure.delete_endpoint(other)
    await run(case.azure, FormerEndpointScope(other))
    networks = [link.network for link in case.azure.zone_links.values()]
    assert networks == [an_id(NETWORK, "net-a")]


async def test_an_unwatched_endpoint_blocks_its_own_addresses_only() -> None:
    """An endpoint outside the watch keeps its address, and keeps nobody else's away."""
    case = Case()
    await case.publish()
    other = case.azure.add_endpoint("pe-b", case.registry, "10.2.0.4", "net-b")
    case.azure.unknown[case.endpoint] = Unknown(UnknownReason.UNWATCHED)
    await run(case.azure, EndpointScope(other))
    assert case.azure.zone()["myregistry"] == ["10.1.0.4", "10.2.0.4"]


async def test_a_name_keeps_its_last_address_while_the_next_endpoint_does_not_answer() -> None:
    """Taking over is one write; deleting first would leave a gap that resolvers remember.

    Invariant: never-empty.
    """
    case = Case()
    await case.publish()
    other = case.azure.add_endpoint("pe-b", case.registry, "10.2.0.4", "net-b")
    case.azure.delete_endpoint(case.endpoint)
    case.azure.unknown[other] = Unknown(UnknownReason.TRANSIENT, "503")
    result = await run(case.azure, FormerEndpointScope(case.endpoint))
    assert case.deletes == []
    assert result.unread == ("pe-b: 503",)
    del case.azure.unknown[other]
    await run(case.azure, FormerEndpointScope(case.endpoint))
    assert case.azure.zone()["myregistry"] == ["10.2.0.4"]
    assert case.deletes == []


async def test_a_record_that_waits_for_another_endpoint_keeps_its_network() -> None:
    """The published endpoint is gone, its successor may not be read: record stays, so link.

    Invariant: no-half-registry.
    """
    case = Case()
    await case.publish()
    second = case.azure.add_endpoint("pe-b", case.registry, "10.2.0.4", "net-b")
    await run(case.azure, EndpointScope(second))
    case.azure.delete_endpoint(case.endpoint)
    case.azure.unknown[second] = Unknown(UnknownReason.FORBIDDEN, "403")
    await run(case.azure, FormerEndpointScope(case.endpoint))
    assert case.azure.zone()["myregistry"] == ["10.1.0.4"]
    assert an_id(NETWORK, "net-a") in {link.network for link in case.azure.zone_links.values()}
