"""Zone groups: respected, checked, and taken over when they go; never fought (others-untouched)."""

import pytest

from shared.domain.findings import FindingKind
from shared.domain.reading import Unknown, UnknownReason
from shared.domain.resource_id import ResourceId
from shared.domain.resources import Status
from shared.domain.scope import EndpointScope, FormerEndpointScope, RegistryScope
from tests.simulation.azure import Azure
from tests.simulation.run import run

PUBLISHED = {"myregistry": ["10.1.0.4"], "myregistry.westeurope.data": ["10.1.0.5"]}


@pytest.fixture
def azure() -> Azure:
    """An empty Azure."""
    return Azure()


@pytest.fixture
def registry(azure: Azure) -> ResourceId:
    """One registry."""
    return azure.add_registry("myregistry")


@pytest.fixture
def grouped(azure: Azure, registry: ResourceId) -> ResourceId:
    """An endpoint whose names a zone group keeps."""
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    azure.attach_zone_group(endpoint, wipe=True)
    return endpoint


async def test_what_a_zone_group_keeps_is_only_checked(azure: Azure, grouped: ResourceId) -> None:
    """Right records of a zone group stay byte-identical, and are one informative finding."""
    before = dict(azure.sets)
    result = await run(azure, EndpointScope(grouped))
    assert azure.sets == before
    assert azure.writes == []
    assert [finding.kind for finding in result.findings] == [FindingKind.ZONE_GROUP]


async def test_a_zone_groups_drift_is_told(azure: Azure, grouped: ResourceId) -> None:
    """Azure does not put back what somebody deleted from a zone group's records; we say so."""
    del azure.sets["myregistry"]
    result = await run(azure, EndpointScope(grouped))
    assert azure.writes == []
    (drift,) = [n for n in result.findings if n.kind is FindingKind.ZONE_GROUP_DRIFT]
    assert (drift.resource, drift.detail) == (
        "myregistry",
        "it holds nothing, the endpoint has 10.1.0.4",
    )


@pytest.mark.parametrize("clear", [True, False])
async def test_when_the_group_goes_the_app_takes_over(
    azure: Azure, grouped: ResourceId, clear: bool
) -> None:
    """Whether Azure deletes the records or leaves them empty, the names are published again."""
    azure.detach_zone_group(grouped, clear=clear)
    await run(azure, EndpointScope(grouped))
    assert azure.zone() == PUBLISHED
    azure.delete_endpoint(grouped)
    await run(azure, FormerEndpointScope(grouped))
    assert azure.zone() == {}


@pytest.mark.parametrize("wipe", [True, False])
async def test_a_group_that_writes_over_our_record_is_a_finding_and_no_fight(
    azure: Azure, registry: ResourceId, wipe: bool
) -> None:
    """Whether our mark survives or not, the last word is Azure's, and a person hears of it."""
    ours = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    await run(azure, EndpointScope(ours))
    theirs = azure.add_endpoint("pe-b", registry, "10.2.0.4", "net-b")
    azure.attach_zone_group(theirs, wipe=wipe)
    before = dict(azure.sets)
    azure.writes.clear()
    for scope in (EndpointScope(ours), EndpointScope(theirs), RegistryScope(registry)):
        result = await run(azure, scope)
        clashes = [n.resource for n in result.findings if n.kind is FindingKind.ZONE_GROUP_CLASH]
        assert sorted(clashes) == sorted(PUBLISHED)
    assert azure.sets == before
    assert [write for write in azure.writes if "link" not in write[0]] == []


@pytest.mark.parametrize("wipe", [True, False])
async def test_a_group_of_an_endpoint_that_stood_by_is_a_clash_too(
    azure: Azure, registry: ResourceId, wipe: bool
) -> None:
    """Though our mark knows the group's endpoint, that it took our endpoint's name is told."""
    ours = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    theirs = azure.add_endpoint("pe-b", registry, "10.2.0.4", "net-b")
    await run(azure, EndpointScope(theirs))
    azure.attach_zone_group(theirs, wipe=wipe)
    before = dict(azure.sets)
    for scope in (EndpointScope(ours), EndpointScope(theirs), RegistryScope(registry)):
        result = await run(azure, scope)
        told = [(n.resource, n.detail) for n in result.findings if "CLASH" in n.kind.name]
        assert ("myregistry", "it holds 10.2.0.4, the endpoint has 10.1.0.4") in told
    assert azure.sets == before


@pytest.mark.parametrize("wipe", [True, False])
@pytest.mark.parametrize("clear", [True, False])
async def test_when_a_clashing_group_goes_our_endpoint_is_published_again(
    azure: Azure, registry: ResourceId, wipe: bool, clear: bool
) -> None:
    """Removing the group clears the record that our endpoint needs; it comes back at once."""
    ours = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    await run(azure, EndpointScope(ours))
    theirs = azure.add_endpoint("pe-b", registry, "10.2.0.4", "net-b")
    azure.attach_zone_group(theirs, wipe=wipe)
    azure.detach_zone_group(theirs, clear=clear)
    await run(azure, EndpointScope(theirs))
    assert azure.zone() == PUBLISHED


async def test_an_endpoint_deleted_with_its_group_leaves_no_trace(
    azure: Azure, grouped: ResourceId
) -> None:
    """Azure removes the group's records with the endpoint; there is nothing left to do."""
    azure.detach_zone_group(grouped, clear=False)
    azure.delete_endpoint(grouped)
    await run(azure, FormerEndpointScope(grouped))
    assert azure.zone() == {}
    assert azure.writes == []


async def test_what_was_taken_over_from_a_group_stays_ours(
    azure: Azure, registry: ResourceId, grouped: ResourceId
) -> None:
    """Azure's `creator` key survives our write, but no longer protects a record that we keep."""
    azure.detach_zone_group(grouped, clear=True)
    await run(azure, EndpointScope(grouped))
    other = azure.add_endpoint("pe-b", registry, "10.2.0.4", "net-b")
    await run(azure, EndpointScope(other))
    azure.set_status(grouped, Status.REJECTED)
    azure.connect(registry, grouped, Status.REJECTED)
    await run(azure, RegistryScope(registry))
    assert azure.zone()["myregistry"] == ["10.2.0.4"]


async def test_an_empty_set_is_left_while_its_group_may_still_stand(
    azure: Azure, registry: ResourceId, grouped: ResourceId
) -> None:
    """Only when the group is known to be gone does its empty set become free (others-untouched)."""
    azure.put_record("myregistry", metadata=dict(azure.sets["myregistry"].metadata))
    other = azure.add_endpoint("pe-b", registry, "10.2.0.4", "net-b")
    azure.unknown[grouped] = Unknown(UnknownReason.TRANSIENT, "503")
    await run(azure, EndpointScope(other))
    assert azure.zone()["myregistry"] == []
