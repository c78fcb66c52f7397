"""Records of others: what runs leave alone, keep, repair or adopt."""

from dataclasses import replace

import pytest

from shared.domain.findings import FindingKind
from shared.domain.ownership import Adopt
from shared.domain.reading import Unknown, UnknownReason
from shared.domain.scope import EndpointScope
from tests.simulation.azure import Azure
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
