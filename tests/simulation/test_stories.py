"""The loop through whole stories: what the guide's reader would do by hand."""

from dataclasses import replace

import pytest

from shared.domain.findings import FindingKind
from shared.domain.reading import Unknown, UnknownReason
from shared.domain.resource_id import NETWORK
from shared.domain.resources import Replica, Status
from shared.domain.scope import EndpointScope, FormerEndpointScope, RegistryScope
from shared.domain.zone import Links, Selection
from shared.engine.deadline import Deadline
from shared.engine.result import ChangeState
from shared.errors import TransientError
from tests.simulation.azure import ZONE_KEPT, Azure, an_id
from tests.simulation.run import run

LINK_A = "acr-private-dns-"


def codes(result: object) -> set[FindingKind]:
    return {finding.kind for finding in result.findings}  # type: ignore[attr-defined]


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


async def test_an_endpoint_goes_and_its_names_go() -> None:
    """Login record first, then data, link last; nothing is left in the zone (no-half-registry)."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    await run(azure, EndpointScope(endpoint))
    azure.writes.clear()
    azure.delete_endpoint(endpoint)
    await run(azure, FormerEndpointScope(endpoint))
    assert azure.zone() == {}
    assert azure.zone_links == {}
    assert [method for method, _, _ in azure.writes] == ["delete", "delete", "unlink"]
    assert azure.writes[0][1] == "myregistry"


async def test_an_endpoint_of_something_else_costs_one_read() -> None:
    """Most endpoints of a subscription are not a registry's; each costs one read, no more."""
    azure = Azure()
    registry = azure.add_registry("other")
    endpoint = azure.add_endpoint("pe-blob", registry, "10.1.0.9")
    azure.endpoints[endpoint] = replace(azure.endpoints[endpoint], connections={})
    result = await run(azure, EndpointScope(endpoint))
    assert [method for method, _ in azure.calls] == ["endpoint"]
    assert result.observations == 0


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
    assert result.missing == ()


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
    assert FindingKind.MEMBER_MISSING in codes(result)
    assert result.missing == ("endpoint pe-a has no member for region northeurope",)
    assert result.observations > 2


async def test_a_replica_that_goes_takes_only_its_own_record() -> None:
    """A deleted replica's record goes, by the region that its event names."""
    azure = Azure()
    registry = azure.add_registry("myregistry", "westeurope", "northeurope")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    await run(azure, EndpointScope(endpoint))
    azure.drop_replica(registry, "northeurope")
    await run(azure, RegistryScope(registry, "northeurope"))
    assert sorted(azure.zone()) == ["myregistry", "myregistry.westeurope.data"]


async def test_a_member_lost_while_its_region_stays_keeps_its_record() -> None:
    """An interface alone proves nothing: while the registry has the region, its record stays."""
    azure = Azure()
    registry = azure.add_registry("myregistry", "westeurope", "northeurope")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    await run(azure, EndpointScope(endpoint))
    before = azure.zone()
    azure.drop_member(endpoint, "registry_data_northeurope")
    result = await run(azure, RegistryScope(registry, "northeurope"))
    assert azure.zone() == before
    assert result.missing == ("endpoint pe-a has no member for region northeurope",)


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
    assert FindingKind.SEVERAL_ENDPOINTS in codes(result)
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


@pytest.mark.parametrize(
    "side", ["endpoint gone, registry approves", "endpoint approves, registry gone"]
)
async def test_one_side_alone_proves_nothing(side: str) -> None:
    """While the two sides disagree, nothing is taken away (no-unproven-delete)."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    await run(azure, EndpointScope(endpoint))
    before = dict(azure.sets)
    if side.startswith("endpoint gone"):
        azure.delete_endpoint(endpoint)
        azure.connect(registry, endpoint, Status.APPROVED)
    else:
        azure.disconnect(registry, endpoint)
    await run(azure, FormerEndpointScope(endpoint))
    await run(azure, RegistryScope(registry))
    assert azure.sets == before


@pytest.mark.parametrize("cause", list(UnknownReason))
@pytest.mark.parametrize("side", ["endpoint", "registry"])
async def test_unknown_deletes_nothing(cause: UnknownReason, side: str) -> None:
    """A 403, 429, 5xx or broken answer on either side takes no address away.

    Invariant: no-unproven-delete.
    """
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    await run(azure, EndpointScope(endpoint))
    before = dict(azure.sets)
    azure.delete_endpoint(endpoint)
    azure.unknown[endpoint if side == "endpoint" else registry] = Unknown(cause, "test")
    result = await run(azure, FormerEndpointScope(endpoint))
    assert azure.sets == before
    assert bool(result.unread) == (cause is UnknownReason.TRANSIENT)


async def test_disagreement_that_passes_is_waited_for() -> None:
    """A connection that lingers after its endpoint is gone delays the removal, not more."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    await run(azure, EndpointScope(endpoint))
    azure.delete_endpoint(endpoint)
    azure.connect(registry, endpoint, Status.APPROVED)
    reads = 0

    def agree(method: str, _what: object) -> None:
        nonlocal reads
        reads += method == "registry"
        if reads == 3:
            azure.disconnect(registry, endpoint)

    azure.before = agree
    await run(azure, FormerEndpointScope(endpoint))
    assert azure.zone() == {}


async def test_pending_publishes_nothing_and_removes_nothing() -> None:
    """A manual connection waits for a person; one that is pending again loses nothing."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    azure.set_status(endpoint, Status.PENDING)
    azure.connect(registry, endpoint, Status.PENDING)
    await run(azure, EndpointScope(endpoint))
    assert azure.zone() == {}
    azure.set_status(endpoint, Status.APPROVED)
    azure.connect(registry, endpoint, Status.APPROVED)
    await run(azure, RegistryScope(registry))
    assert "myregistry" in azure.zone()
    azure.set_status(endpoint, Status.PENDING)
    azure.connect(registry, endpoint, Status.PENDING)
    await run(azure, RegistryScope(registry))
    assert "myregistry" in azure.zone()


async def test_rejection_on_both_sides_removes() -> None:
    """A rejected connection's names go, though the endpoint itself is still there."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    await run(azure, EndpointScope(endpoint))
    azure.set_status(endpoint, Status.REJECTED)
    azure.connect(registry, endpoint, Status.REJECTED)
    await run(azure, RegistryScope(registry))
    assert azure.zone() == {}


async def test_a_deleted_registrys_names_are_found_by_their_marks() -> None:
    """When the registry is gone only the marks know its names; they go once both sides say so."""
    azure = Azure()
    registry = azure.add_registry("myregistry", "westeurope", "northeurope")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    await run(azure, EndpointScope(endpoint))
    del azure.registries[registry]
    azure.set_status(endpoint, Status.DISCONNECTED)
    await run(azure, RegistryScope(registry))
    assert azure.zone() == {}


async def test_a_recreated_endpoint_is_told_from_the_old_one() -> None:
    """The same ID and even the same address: the mark gets the new guid, the name stays."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    await run(azure, EndpointScope(endpoint))
    old = azure.sets["myregistry"]
    azure.delete_endpoint(endpoint)
    azure.add_endpoint("pe-a", registry, "10.1.0.4")
    await run(azure, FormerEndpointScope(endpoint))
    new = azure.sets["myregistry"]
    assert new.addresses == old.addresses
    assert new.metadata != old.metadata
    assert [write for write in azure.writes if write[0] == "delete"] == []


async def test_a_hand_made_record_is_left_alone() -> None:
    """Right or wrong, a record without our mark stays as it is; wrong is a finding.

    Invariant: others-untouched.
    """
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    right = azure.put_record("myregistry.westeurope.data", "10.1.0.5")
    wrong = azure.put_record("myregistry", "10.9.9.9", metadata={"owner": "somebody"})
    result = await run(azure, EndpointScope(endpoint))
    assert azure.sets["myregistry"] == wrong
    assert azure.sets["myregistry.westeurope.data"] == right
    foreign = [n for n in result.findings if n.kind is FindingKind.UNMANAGED_RECORD]
    assert [finding.resource for finding in foreign] == ["myregistry"]


async def test_metadata_of_others_survives_our_writes() -> None:
    """A key that somebody set on a record of ours is still there after we change the data."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    await run(azure, EndpointScope(endpoint))
    ours = azure.sets["myregistry"]
    azure.sets["myregistry"] = replace(
        ours, metadata={**ours.metadata, "costCenter": "42"}, addresses=()
    )
    await run(azure, EndpointScope(endpoint))
    assert azure.sets["myregistry"].addresses == ("10.1.0.4",)
    assert azure.sets["myregistry"].metadata["costCenter"] == "42"


async def test_metadata_that_is_full_is_a_finding_and_no_write() -> None:
    """Where our mark no longer fits beside others' metadata, the record stays as it is."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    await run(azure, EndpointScope(endpoint))
    ours = azure.sets["myregistry"]
    others = {f"key{n}": "x" for n in range(13)}
    full = replace(ours, metadata={**ours.metadata, **others}, ttl=99)
    azure.sets["myregistry"] = full
    result = await run(azure, EndpointScope(endpoint))
    assert azure.sets["myregistry"] == full
    assert FindingKind.METADATA_FULL in codes(result)


async def test_what_was_typed_into_our_record_by_hand_is_repaired() -> None:
    """An address that no endpoint gives leaves our record, and the right one comes back."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    await run(azure, EndpointScope(endpoint))
    azure.sets["myregistry"] = replace(azure.sets["myregistry"], addresses=("10.9.9.9",), ttl=5)
    await run(azure, EndpointScope(endpoint))
    assert azure.zone()["myregistry"] == ["10.1.0.4"]
    assert azure.sets["myregistry"].ttl == 10


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


async def test_a_zone_groups_records_are_left_to_azure() -> None:
    """Where a zone group keeps the endpoint's names, nothing is created beside it."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    azure.grouped.add(endpoint)
    result = await run(azure, EndpointScope(endpoint))
    assert azure.writes == []
    assert FindingKind.ZONE_GROUP in codes(result)


async def test_a_registry_that_cannot_be_read_does_not_stop_publishing() -> None:
    """Without the right to read the registry, the interface's names are published all the same."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    azure.unknown[registry] = Unknown(UnknownReason.FORBIDDEN, "403")
    result = await run(azure, EndpointScope(endpoint))
    assert sorted(azure.zone()) == ["myregistry", "myregistry.westeurope.data"]
    assert FindingKind.UNREADABLE in codes(result)


async def test_a_peered_networks_link_stays() -> None:
    """Others may resolve through a peered network, so its link outlives its endpoint."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    await run(azure, EndpointScope(endpoint))
    azure.peered.add(an_id(NETWORK, "net-a"))
    azure.delete_endpoint(endpoint)
    result = await run(azure, FormerEndpointScope(endpoint))
    assert azure.zone() == {}
    assert len(azure.zone_links) == 1
    assert FindingKind.LINK_KEPT in codes(result)


async def test_a_network_that_another_registry_uses_keeps_its_link() -> None:
    """The link goes only with the last live endpoint in the network, whosever it is."""
    azure = Azure()
    registry, other = azure.add_registry("myregistry"), azure.add_registry("other")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    neighbour = azure.add_endpoint("pe-b", other, "10.1.0.14")
    await run(azure, EndpointScope(endpoint))
    await run(azure, EndpointScope(neighbour))
    azure.delete_endpoint(endpoint)
    await run(azure, FormerEndpointScope(endpoint))
    assert len(azure.zone_links) == 1
    assert "unlink" not in {method for method, _, _ in azure.writes}
    assert sorted(azure.zone()) == ["other", "other.westeurope.data"]


async def test_a_network_with_an_endpoint_that_cannot_be_read_keeps_its_link() -> None:
    """What may not be read may be a registry's endpoint, which would need the link."""
    azure = Azure()
    registry, other = azure.add_registry("myregistry"), azure.add_registry("other")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    neighbour = azure.add_endpoint("pe-b", other, "10.1.0.14")
    await run(azure, EndpointScope(endpoint))
    azure.delete_endpoint(endpoint)
    azure.unknown[neighbour] = Unknown(UnknownReason.FORBIDDEN, "403")
    result = await run(azure, FormerEndpointScope(endpoint))
    assert azure.zone() == {}
    assert len(azure.zone_links) == 1
    assert FindingKind.LINK_KEPT in codes(result)


async def test_a_network_that_somebody_linked_is_left_as_it_is() -> None:
    """A network is linked once to a zone, under whatever name; ours is not forced beside it."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    await azure.create_link(
        replace(ZONE_KEPT, owner="them"), "MyDNSLink", an_id(NETWORK, "net-a"), Deadline(1)
    )
    before = dict(azure.zone_links)
    await run(azure, EndpointScope(endpoint))
    azure.delete_endpoint(endpoint)
    await run(azure, FormerEndpointScope(endpoint))
    assert azure.zone_links == before


async def test_links_can_be_left_alone() -> None:
    """In a hub with central resolvers, no link is read or written."""
    azure = Azure()
    zone = replace(ZONE_KEPT, links=Links.LEAVE)
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    await run(azure, EndpointScope(endpoint), zone)
    azure.delete_endpoint(endpoint)
    await run(azure, FormerEndpointScope(endpoint), zone)
    assert not any("link" in method for method, _ in azure.calls)


@pytest.mark.parametrize("links", list(Links))
async def test_an_endpoint_that_dies_between_read_and_write_leaves_nothing(links: Links) -> None:
    """A create that lands after its endpoint's deletion is found by the read after the write."""
    azure, zone = Azure(), replace(ZONE_KEPT, links=links)
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")

    def die(method: str, what: object) -> None:
        if method == "write_record" and what == "myregistry" and endpoint in azure.endpoints:
            azure.delete_endpoint(endpoint)

    azure.before = die
    await run(azure, EndpointScope(endpoint), zone)
    assert azure.zone() == {}


async def test_a_lost_answer_is_settled_by_reading_back() -> None:
    """A write that timed out but landed is reported as done, and only then (confirmed)."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    write = azure.write_record

    async def lose_the_answer(zone: object, record: object) -> None:
        await write(zone, record)  # type: ignore[arg-type]
        raise TransientError("timed out")

    azure.write_record = lose_the_answer  # type: ignore[method-assign]
    result = await run(azure, EndpointScope(endpoint))
    assert len(result.in_state(ChangeState.DONE)) == 3


async def test_a_write_that_failed_is_never_reported_as_done() -> None:
    """A write that Azure refused raises, and the report has no such change (confirmed)."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")

    def refuse(method: str, what: object) -> None:
        if method == "write_record" and what == "myregistry":
            raise TransientError("503")

    azure.before = refuse
    with pytest.raises(TransientError):
        await run(azure, EndpointScope(endpoint))
    assert sorted(azure.zone()) == ["myregistry.westeurope.data"]
    azure.before = lambda _method, _what: None
    await run(azure, EndpointScope(endpoint))
    assert "myregistry" in azure.zone()


async def test_a_write_that_came_too_late_is_planned_anew() -> None:
    """After a 412 the same run reads again, and what it does then is right (no-stale-overwrite)."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    await run(azure, EndpointScope(endpoint))
    ours = azure.sets["myregistry"]
    azure.sets["myregistry"] = replace(ours, ttl=3600)

    def come_first(method: str, what: object) -> None:
        if method == "write_record" and what == "myregistry":
            azure.before = lambda _method, _what: None
            azure.sets["myregistry"] = replace(ours, etag="theirs", addresses=("10.9.9.9",))

    azure.before = come_first
    await run(azure, EndpointScope(endpoint))
    assert replace(azure.sets["myregistry"], etag="") == replace(ours, etag="")


async def test_a_lost_answer_is_not_settled_by_somebody_elses_record() -> None:
    """Whatever else stands under the name after a write without an answer proves nothing.

    Invariant: confirmed.
    """
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")

    def lose(method: str, what: object) -> None:
        if method == "write_record" and what == "myregistry":
            azure.put_record("myregistry", "10.9.9.9")
            raise TransientError("timed out")

    azure.before = lose
    with pytest.raises(TransientError):
        await run(azure, EndpointScope(endpoint))


async def test_a_delete_that_failed_is_never_reported_as_done() -> None:
    """A delete that Azure refused raises, and nothing that had to follow it goes.

    Invariant: no-half-registry, confirmed.
    """
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    await run(azure, EndpointScope(endpoint))
    before = azure.zone()
    azure.delete_endpoint(endpoint)

    def refuse(method: str, what: object) -> None:
        if method == "delete_record" and what == "myregistry":
            raise TransientError("503")

    azure.before = refuse
    with pytest.raises(TransientError):
        await run(azure, FormerEndpointScope(endpoint))
    assert azure.zone() == before


async def test_a_replica_still_creating_is_waited_for_and_then_left() -> None:
    """A replica that is not in service yet is no finding: its own last event will follow."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    old = azure.registries[registry]
    azure.registries[registry] = replace(old, replicas=(Replica("northeurope", "Creating"),))
    result = await run(azure, EndpointScope(endpoint))
    assert "myregistry" in azure.zone()
    assert result.missing == ()
    assert result.in_progress == ("replica northeurope is Creating",)
