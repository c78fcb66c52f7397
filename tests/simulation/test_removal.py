"""Removal: what proves that an address may go, and what does not."""

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.findings import FindingKind
from shared.domain.reading import Absent, Reading, Unknown, UnknownReason
from shared.domain.resource_id import ResourceId
from shared.domain.resources import Interface, Status
from shared.domain.scope import EndpointScope, FormerEndpointScope, RegistryScope
from tests.simulation.azure import Azure
from tests.simulation.full_syncs import full_sync
from tests.simulation.run import FakeTime, run
from tests.simulation.situations import NAMES, PUBLISHED, Case, answering, one


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
    assert result.missing_members == ("endpoint pe-a has no member for region northeurope",)


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


@pytest.mark.parametrize("how", ["zone group", "403", "404", "busy"])
async def test_a_damaged_mark_and_one_bad_read_delete_nothing(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address without an entry goes only if everything behind the name was read.

    Invariant: no-unproven-delete.
    """
    case = Case()
    await case.publish()
    case.damage_marks()
    if how == "zone group":
        silent = answering(Unknown(UnknownReason.FORBIDDEN, "403"))
        monkeypatch.setattr(case.azure, "group_zones", silent)
    elif how == "403":
        case.azure.unknown[case.nic] = Unknown(UnknownReason.FORBIDDEN, "403")
    elif how == "404":
        del case.azure.interfaces[case.nic]
    else:
        case.azure.interfaces[case.nic] = Interface("Updating", ())
    await run(case.azure, RegistryScope(case.registry))
    assert case.deletes == []


@pytest.mark.parametrize(
    "reading", [Absent(), *(Unknown(cause, "test") for cause in UnknownReason)]
)
async def test_a_damaged_mark_needs_the_registry(
    reading: Reading[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the registry nobody knows whose an unmarked address is, so it stays.

    Invariant: no-unproven-delete.
    """
    case = Case()
    await case.publish()
    case.damage_marks()
    del case.azure.endpoints[case.endpoint]
    monkeypatch.setattr(case.azure, "registry", answering(reading))
    await run(case.azure, FormerEndpointScope(case.endpoint))
    assert case.deletes == []


@pytest.mark.parametrize("members", [0, 1])
async def test_a_recreated_endpoint_is_waited_for(members: int) -> None:
    """While the new endpoint's interface fills, the old names stand; then one write each.

    Invariant: never-empty.
    """
    case = Case()
    await case.publish()
    case.azure.delete_endpoint(case.endpoint)
    case.azure.add_endpoint("pe-a", case.registry, "10.9.0.4")
    full = case.azure.interfaces[case.nic]
    case.azure.interfaces[case.nic] = Interface("Updating", full.members[:members])
    case.after(4, "registry", lambda: case.azure.interfaces.update({case.nic: full}))
    await run(case.azure, EndpointScope(case.endpoint))
    assert case.azure.zone() == {
        "myregistry": ["10.9.0.4"],
        "myregistry.westeurope.data": ["10.9.0.5"],
    }
    records = [(method, name) for method, name, _ in case.azure.writes if "link" not in method]
    assert records == [("write", "myregistry.westeurope.data"), ("write", "myregistry")]


async def test_a_member_that_the_interface_still_gives_is_not_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A region that is missing from one list takes nothing from a name that still has a member."""
    case = Case("westeurope", "northeurope")
    await case.publish()
    old = case.azure.registries[case.registry]
    case.azure.registries[case.registry] = replace(old, replicas=old.replicas[:1])
    silent = answering(Unknown(UnknownReason.FORBIDDEN, "403"))
    monkeypatch.setattr(case.azure, "group_zones", silent)
    await run(case.azure, RegistryScope(case.registry, "northeurope"))
    assert case.deletes == []


async def test_names_that_only_marks_know_leave_with_the_login() -> None:
    """When a registry leaves, its regional names go too, whichever event told of it."""
    case = Case()
    case.add_geo()
    await case.publish()
    assert len(case.azure.zone()) == 3
    case.azure.delete_endpoint(case.endpoint)
    await run(case.azure, RegistryScope(case.registry))
    assert case.azure.zone() == {}


async def test_a_damaged_guid_proves_nothing() -> None:
    """A guid that was edited is not another endpoint's: a pending endpoint keeps its names.

    Invariant: no-unproven-delete.
    """
    case = Case()
    await case.publish()
    for name, record in case.azure.sets.items():
        edited = {k: v.replace(" 0000", " 0x00") for k, v in record.metadata.items()}
        case.azure.sets[name] = replace(record, metadata=edited)
    case.azure.set_status(case.endpoint, Status.PENDING)
    case.azure.connect(case.registry, case.endpoint, Status.PENDING)
    await run(case.azure, RegistryScope(case.registry))
    assert sorted(case.azure.zone()) == NAMES


async def test_a_forbidden_interface_is_no_missing_member() -> None:
    """What may not be read does not come by retrying, and is not blamed on a full subnet."""
    case = Case()
    case.azure.unknown[case.nic] = Unknown(UnknownReason.FORBIDDEN, "403")
    result = await run(case.azure, EndpointScope(case.endpoint))
    assert result.missing_members == ()
    assert [finding.kind for finding in result.findings] == [FindingKind.UNREADABLE]


@pytest.mark.parametrize("side", ["endpoint", "registry"])
async def test_a_404_that_lies_once_does_not_end_the_run(side: str) -> None:
    """While the sides disagree the run reads again, also about an endpoint that is new.

    Invariant: no-unproven-delete.
    """
    case = Case()
    both: dict[str, tuple[dict[Any, Any], ResourceId]] = {
        "endpoint": (case.azure.endpoints, case.endpoint),
        "registry": (case.azure.registries, case.registry),
    }
    (answer, id_), kept = both[side], dict[Any, Any]()
    reads = 0

    def before(method: str, _what: object) -> None:
        nonlocal reads
        answer.update(kept)
        kept.clear()
        reads += method == side
        if method == side and reads == 2:
            kept[id_] = answer.pop(id_)

    case.azure.before = before
    await run(case.azure, EndpointScope(case.endpoint))
    assert sorted(case.azure.zone()) == NAMES


async def test_an_endpoint_that_is_being_deleted_is_not_half_proven(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`Deleting` and then one 404 is one proof of one side, not two (no-unproven-delete)."""
    azure, _, endpoint = one()
    await full_sync(azure)
    whole = azure.endpoints[endpoint]
    azure.endpoints[endpoint] = replace(whole, state="Deleting")
    time = FakeTime()

    async def sleep(seconds: float) -> None:
        await FakeTime.sleep(time, seconds)
        if seconds == 30:
            azure.endpoints.pop(endpoint, None)

    monkeypatch.setattr(time, "sleep", sleep)
    await full_sync(azure, time=time)
    assert azure.zone() == PUBLISHED


async def test_two_sides_that_each_lie_once_prove_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """One side must say it twice: the endpoint's 404 and then the registry's are no proof.

    Invariant: no-unproven-delete.
    """
    azure, registry, endpoint = one()
    await full_sync(azure)
    there = azure.endpoints.pop(endpoint)
    time = FakeTime()

    async def sleep(seconds: float) -> None:
        await FakeTime.sleep(time, seconds)
        if seconds == 30:
            azure.endpoints[endpoint] = there
            azure.disconnect(registry, endpoint)

    monkeypatch.setattr(time, "sleep", sleep)
    await full_sync(azure, time=time)
    assert azure.zone() == PUBLISHED


async def test_a_leftover_with_a_damaged_mark_goes_though_its_registry_is_in_step() -> None:
    """What passes at a fast path must not hide a name that the full judgement would clear."""
    azure, _, _ = one()
    await full_sync(azure)
    azure.put_record("myregistry.eastus.data", "10.9.9.9", metadata={"acrPrivateDns": "owner"})
    await full_sync(azure)
    assert azure.zone() == PUBLISHED
