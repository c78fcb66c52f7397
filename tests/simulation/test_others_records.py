"""Records of others: what runs leave alone, keep, repair or adopt."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.domain.findings import FindingKind
from shared.domain.ownership import Adopt
from shared.domain.reading import Unknown, UnknownReason
from shared.domain.resource_id import ENDPOINT, ResourceId
from shared.domain.resources import Status
from shared.domain.scope import EndpointScope, FormerEndpointScope
from tests.simulation.azure import SUBSCRIPTION, Azure
from tests.simulation.full_syncs import full_sync
from tests.simulation.run import run
from tests.simulation.situations import Case, answering, kinds, one, visited


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
    assert FindingKind.METADATA_FULL in kinds(result)


@pytest.mark.parametrize(("size", "is_written"), [(80, True), (81, False)])
async def test_a_claim_too_long_for_azure_is_a_finding_and_no_write(
    size: int, *, is_written: bool
) -> None:
    """What Azure would refuse at every event is not even tried; the longest that fits is."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    made = azure.add_endpoint("pe-a", registry, "255.255.255.254")
    endpoint = ResourceId(SUBSCRIPTION, "g" * 90, ENDPOINT, ("e" * size,))
    azure.endpoints[endpoint] = replace(azure.endpoints.pop(made), id=endpoint)
    azure.disconnect(registry, made)
    azure.connect(registry, endpoint, Status.APPROVED)
    result = await run(azure, EndpointScope(endpoint))
    assert bool(azure.zone()) is is_written
    assert (FindingKind.CLAIM_TOO_LONG in kinds(result)) is not is_written
    assert all(len(v) <= 256 for one in azure.sets.values() for v in one.metadata.values())
    azure.put_record("myregistry", "10.9.9.9", metadata={"acrPrivateDns": "owner"})
    result = await run(azure, EndpointScope(endpoint))
    assert (FindingKind.CLAIM_TOO_LONG in kinds(result)) is not is_written


@pytest.mark.parametrize("change", [str.lower, str.upper])
async def test_keys_in_another_case_are_ours_all_the_same(change: Callable[[str], str]) -> None:
    """Should Azure keep keys in a case of its own, nothing is written at every sync for it."""
    case = Case()
    await case.publish()
    for name, record in list(case.azure.sets.items()):
        metadata = {change(key): value for key, value in record.metadata.items()}
        case.azure.sets[name] = replace(record, metadata=metadata)
    for name, link in list(case.azure.zone_links.items()):
        tags = {change(key): value for key, value in link.tags.items()}
        case.azure.zone_links[name] = replace(link, tags=tags)
    result = await run(case.azure, EndpointScope(case.endpoint))
    (synced,) = await full_sync(case.azure)
    assert (case.azure.writes, result.findings, synced.managed) == ([], (), 3)
    # When something is written, it is in our own case, and once.
    case.azure.sets["myregistry"] = replace(case.azure.sets["myregistry"], ttl=99)
    await run(case.azure, EndpointScope(case.endpoint))
    keys = ["acrPrivateDns", "acrPrivateDnsAddress01", "acrPrivateDnsRegistry"]
    assert sorted(case.azure.sets["myregistry"].metadata) == keys
    case.azure.delete_endpoint(case.endpoint)
    await run(case.azure, FormerEndpointScope(case.endpoint))
    assert (case.azure.zone(), case.azure.zone_links) == ({}, {})


@pytest.mark.parametrize(
    "key", ["acrPrivateDns", "acrprivatedns", "ACRPRIVATEDNS", "AcrPrivateDns"]
)
async def test_an_empty_record_of_another_owner_is_not_filled(key: str) -> None:
    """However its keys are spelt, what bears another owner stays byte-identical.

    Invariant: others-untouched.
    """
    case = Case()
    record = case.azure.put_record("myregistry", metadata={key: "another"})
    await full_sync(case.azure)
    assert case.azure.sets["myregistry"] == record


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


async def test_a_zone_groups_records_are_left_to_azure() -> None:
    """Where a zone group keeps the endpoint's names, nothing is created beside it."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    azure.grouped.add(endpoint)
    result = await run(azure, EndpointScope(endpoint))
    assert azure.writes == []
    assert FindingKind.ZONE_GROUP in kinds(result)


async def test_zone_groups_that_do_not_answer_are_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    """A 503 on the zone groups is told as a gap, so that the event comes again."""
    case = Case()
    silent = answering(Unknown(UnknownReason.TRANSIENT, "503"))
    monkeypatch.setattr(case.azure, "group_zones", silent)
    result = await run(case.azure, EndpointScope(case.endpoint))
    assert result.unread == ("pe-a: 503",)
    assert case.azure.zone() == {}


async def test_adopting_spares_a_zone_group_that_nobody_can_see() -> None:
    """With its registry unread, who keeps a zone group's record cannot be told.

    Invariant: others-untouched.
    """
    azure, registry, endpoint = one()
    other = azure.add_endpoint("pe-x", registry, "10.2.0.4", "net-x")
    azure.attach_zone_group(other, wipe=True)
    before = dict(azure.sets)
    azure.unknown[registry] = Unknown(UnknownReason.FORBIDDEN, "403")
    await visited(azure, EndpointScope(endpoint), adopt=Adopt.ALL)
    assert azure.sets == before
