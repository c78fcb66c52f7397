"""Publishing: an endpoint appears, a replica comes or goes, and which names stand when."""

from dataclasses import replace

import pytest

from shared.domain.findings import FindingKind
from shared.domain.reading import Unknown, UnknownReason
from shared.domain.resource_id import NETWORK
from shared.domain.resources import Member, Replica, Status
from shared.domain.scope import EndpointScope, FormerEndpointScope, RegistryScope
from tests.simulation.azure import Azure, an_id
from tests.simulation.run import run
from tests.simulation.situations import GEO, LINK_A, NAMES, Case, kinds, made_again_elsewhere


async def test_an_endpoint_appears_and_its_names_stand() -> None:
    """Login and data records and the link appear, data before login, link last.

    Invariant: no-half-registry.
    """
    azure = Azure()
    registry = azure.add_registry("myregistry", "westeurope")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    await run(azure, EndpointScope(endpoint))
    assert azure.zone() == {
        "myregistry": ["10.1.0.4"],
        "myregistry.westeurope.data": ["10.1.0.5"],
    }
    assert [(method, name.split(LINK_A)[0]) for method, name, _ in azure.writes] == [
        ("write", "myregistry.westeurope.data"),
        ("write", "myregistry"),
        ("link", ""),
    ]
    (link,) = azure.zone_links.values()
    assert link.network == an_id(NETWORK, "net-a")


async def test_a_second_event_for_the_same_thing_writes_nothing() -> None:
    """A duplicate event finds everything right and makes no call that writes (idempotent)."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    await run(azure, EndpointScope(endpoint))
    azure.writes.clear()
    await run(azure, EndpointScope(endpoint))
    await run(azure, RegistryScope(registry))
    assert azure.writes == []


async def test_an_endpoint_of_something_else_costs_one_read() -> None:
    """Most endpoints of a subscription are not a registry's; each costs one read, no more."""
    azure = Azure()
    registry = azure.add_registry("other")
    endpoint = azure.add_endpoint("pe-blob", registry, "10.1.0.9")
    azure.endpoints[endpoint] = replace(azure.endpoints[endpoint], connections={})
    result = await run(azure, EndpointScope(endpoint))
    assert [method for method, _ in azure.calls] == ["endpoint"]
    assert result.passes == 0


async def test_a_deleted_endpoint_of_something_else_costs_one_listing() -> None:
    """Only the marks know what a deleted endpoint was for, and one listing has them all."""
    azure = Azure()
    azure.put_record("somebody", "10.9.9.9")
    await run(azure, FormerEndpointScope(an_id("Microsoft.Network/privateEndpoints", "blob")))
    assert [method for method, _ in azure.calls] == ["records"]


async def test_a_replicas_late_member_is_waited_for() -> None:
    """The record of a replica appears in the run that began before its member was there."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    await run(azure, EndpointScope(endpoint))
    azure.add_replica(registry, "northeurope")
    reads = 0

    def appear(method: str, _what: object) -> None:
        nonlocal reads
        reads += method == "interface"
        if reads == 3:
            reads += 1
            azure.add_member(endpoint, registry, "registry_data_northeurope")

    azure.before = appear
    result = await run(azure, RegistryScope(registry, "northeurope"))
    assert azure.zone()["myregistry.northeurope.data"] == ["10.1.0.6"]
    assert result.missing_members == ()


async def test_a_first_appearance_waits_for_every_member() -> None:
    """Nothing of a registry is published before its last member is there: no half registry.

    Invariant: no-half-registry.
    """
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    azure.add_replica(registry, "northeurope")
    reads = 0

    def appear(method: str, _what: object) -> None:
        nonlocal reads
        reads += method == "interface"
        if reads == 3:
            reads += 1
            assert azure.writes == []
            azure.add_member(endpoint, registry, "registry_data_northeurope")

    azure.before = appear
    await run(azure, EndpointScope(endpoint))
    assert [name for method, name, _ in azure.writes if method == "write"] == [
        "myregistry.northeurope.data",
        "myregistry.westeurope.data",
        "myregistry",
    ]


async def test_a_member_that_never_comes_is_a_finding_and_holds_nothing_up() -> None:
    """A first appearance waits its time, then publishes what there is, login included."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    azure.add_replica(registry, "northeurope")
    result = await run(azure, EndpointScope(endpoint))
    assert azure.zone() == {
        "myregistry": ["10.1.0.4"],
        "myregistry.westeurope.data": ["10.1.0.5"],
    }
    assert FindingKind.MEMBER_MISSING in kinds(result)
    assert result.missing_members == ("endpoint pe-a has no member for region northeurope",)
    assert result.passes > 2


async def test_a_replica_that_goes_takes_only_its_own_record() -> None:
    """A deleted replica's record goes, by the region that its event names."""
    azure = Azure()
    registry = azure.add_registry("myregistry", "westeurope", "northeurope")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    await run(azure, EndpointScope(endpoint))
    azure.drop_replica(registry, "northeurope")
    await run(azure, RegistryScope(registry, "northeurope"))
    assert sorted(azure.zone()) == ["myregistry", "myregistry.westeurope.data"]


async def test_a_registry_that_cannot_be_read_does_not_stop_publishing() -> None:
    """Without the right to read the registry, the interface's names are published all the same."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    azure.unknown[registry] = Unknown(UnknownReason.FORBIDDEN, "403")
    result = await run(azure, EndpointScope(endpoint))
    assert sorted(azure.zone()) == ["myregistry", "myregistry.westeurope.data"]
    assert FindingKind.UNREADABLE in kinds(result)


async def test_a_replica_still_creating_is_waited_for_and_then_left() -> None:
    """A replica that is not in service yet is no finding: its own last event will follow."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    old = azure.registries[registry]
    azure.registries[registry] = replace(old, replicas=(Replica("northeurope", "Creating"),))
    result = await run(azure, EndpointScope(endpoint))
    assert "myregistry" in azure.zone()
    assert result.missing_members == ()
    assert result.in_progress == ("replica northeurope is Creating",)


async def test_names_of_an_earlier_look_are_not_forgotten() -> None:
    """A name that only the dead endpoint's interface gave goes with the run that wrote it."""
    case = Case()
    case.add_geo()

    def die() -> None:
        case.azure.delete_endpoint(case.endpoint)

    case.after(3, "write_record", die)
    await run(case.azure, EndpointScope(case.endpoint))
    assert case.azure.zone() == {}


async def test_the_login_member_is_waited_for() -> None:
    """An interface with data members alone is half a registry, and not published yet.

    Invariant: no-half-registry.
    """
    case = Case()
    full = case.azure.interfaces[case.nic]
    case.azure.interfaces[case.nic] = replace(full, members=full.members[1:])
    case.after(3, "interface", lambda: case.azure.interfaces.update({case.nic: full}))
    await run(case.azure, EndpointScope(case.endpoint))
    assert sorted(case.azure.zone()) == NAMES


async def test_a_registry_that_does_not_answer_does_not_stop_publishing() -> None:
    """The names come from the interface; the gap is told, so that the event comes again."""
    case = Case()
    case.azure.unknown[case.registry] = Unknown(UnknownReason.TRANSIENT, "503")
    result = await run(case.azure, EndpointScope(case.endpoint))
    assert sorted(case.azure.zone()) == NAMES
    assert result.unread


@pytest.mark.parametrize("reason", [UnknownReason.FORBIDDEN, UnknownReason.UNREADABLE])
async def test_an_endpoint_that_may_not_be_read_is_not_passed_over_in_silence(
    reason: UnknownReason,
) -> None:
    """A lost right is a finding, and not "nothing to do"."""
    case = Case()
    case.azure.unknown[case.endpoint] = Unknown(reason, "403")
    result = await run(case.azure, EndpointScope(case.endpoint))
    assert [finding.kind for finding in result.findings] == [FindingKind.UNREADABLE]


async def test_a_replicas_lingering_member_is_waited_for() -> None:
    """A deleted replica's record goes in its own event's run, though the member goes late."""
    case = Case("westeurope", "northeurope")
    await case.publish()
    old = case.azure.registries[case.registry]
    case.azure.registries[case.registry] = replace(old, replicas=old.replicas[:1])
    gone = "registry_data_northeurope"
    case.after(3, "interface", lambda: case.azure.drop_member(case.endpoint, gone))
    await run(case.azure, RegistryScope(case.registry, "northeurope"))
    assert sorted(case.azure.zone()) == NAMES


async def test_a_replicas_lingering_regional_member_is_waited_for() -> None:
    """A `.geo` member that outlives its replica and the data member goes in the same run."""
    case = Case("westeurope", "northeurope")
    geo = Member("registry_northeurope", "myregistry.northeurope.geo.azurecr.io", "10.1.0.9")
    full = case.azure.interfaces[case.nic]
    case.azure.interfaces[case.nic] = replace(full, members=(*full.members, geo))
    await case.publish()
    old = case.azure.registries[case.registry]
    case.azure.registries[case.registry] = replace(old, replicas=old.replicas[:1])
    case.azure.drop_member(case.endpoint, "registry_data_northeurope")
    case.after(3, "interface", lambda: case.azure.drop_member(case.endpoint, geo.name))
    await run(case.azure, RegistryScope(case.registry, "northeurope"))
    assert sorted(case.azure.zone()) == NAMES


async def test_regional_endpoints_that_were_switched_off_are_not_waited_for() -> None:
    """No side proves such a name over, so it stays, and costs no run its budget.

    Invariant: no-unproven-delete.
    """
    case = Case()
    case.add_geo()
    await case.publish()
    case.azure.drop_member(case.endpoint, GEO.name)
    result = await run(case.azure, RegistryScope(case.registry, "westeurope"))
    assert sorted(case.azure.zone()) == [*NAMES, "myregistry.westeurope.geo"]
    assert (result.passes, result.in_progress) == (1, ())


async def test_an_endpoint_waiting_for_approval_is_no_finding() -> None:
    """A zone group that nobody asked for is not one that could not be read."""
    case = Case()
    case.azure.set_status(case.endpoint, Status.PENDING)
    case.azure.connect(case.registry, case.endpoint, Status.PENDING)
    result = await run(case.azure, EndpointScope(case.endpoint))
    assert result.findings == ()


async def test_a_registry_made_again_elsewhere_takes_its_names_over() -> None:
    """Registry names are unique, so the one that has the name now answers for the old one."""
    case = Case()
    await case.publish()
    azure = case.azure
    new = made_again_elsewhere(case)
    del azure.endpoints[case.endpoint]
    azure.unknown[case.registry] = Unknown(UnknownReason.FORBIDDEN, "403")
    await run(azure, EndpointScope(new))
    assert azure.zone() == {
        "myregistry": ["10.2.0.4"],
        "myregistry.westeurope.data": ["10.2.0.5"],
    }


async def test_an_endpoint_left_behind_is_not_asked_about_the_successor() -> None:
    """A mark that notes the new registry already does not keep the old one's dead endpoint."""
    case = Case()
    await case.publish()
    azure = case.azure
    new = made_again_elsewhere(case)
    del azure.registries[case.registry]
    await run(azure, EndpointScope(new))
    assert azure.zone()["myregistry"] == ["10.1.0.4"]
    azure.set_status(case.endpoint, Status.DISCONNECTED)
    await run(azure, EndpointScope(new))
    assert azure.zone() == {
        "myregistry": ["10.2.0.4"],
        "myregistry.westeurope.data": ["10.2.0.5"],
    }
