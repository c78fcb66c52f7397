"""Strangers: whoever asks a registry for a connection costs others a bounded share (bounded)."""

import logging

import pytest

from shared.domain.reading import Unknown, UnknownReason
from shared.domain.resource_id import ENDPOINT, ResourceId
from shared.domain.resources import Status
from shared.engine.context import make_context
from shared.entrypoints.event import EventHandler
from shared.errors import TransientError
from tests.simulation.azure import ZONE_KEPT, Azure
from tests.simulation.test_event_runner import NOW, event

STRANGERS = "99999999-9999-9999-9999-999999999999"


def handler(azure: Azure) -> EventHandler:
    """What an event goes to."""
    return EventHandler(make_context(azure, (ZONE_KEPT,)), now=lambda: NOW)


def busy_registry() -> tuple[Azure, ResourceId]:
    """A registry with fifty endpoints of its own, before anything is published."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    for number in range(50):
        azure.add_endpoint(f"pe-{number}", registry, f"10.1.{number}.4", f"net-{number}")
    return azure, registry


@pytest.mark.parametrize("theirs", [Status.PENDING, Status.REJECTED, Status.OTHER, None])
async def test_an_endpoint_that_nobody_approves_costs_two_reads(theirs: Status | None) -> None:
    """A stranger's request is read, and its registry; not all that others have there."""
    azure, registry = busy_registry()
    endpoint = azure.add_endpoint("pe-stranger", registry, "10.9.0.4", "net-stranger")
    azure.set_status(endpoint, Status.PENDING)
    if theirs is None:
        azure.disconnect(registry, endpoint)
    else:
        azure.connect(registry, endpoint, theirs)
    await handler(azure).handle(event(endpoint))
    assert azure.calls == [("endpoint", endpoint), ("registry", registry)]
    assert azure.writes == []


@pytest.mark.parametrize("ours", [Status.APPROVED, Status.REJECTED, Status.DISCONNECTED])
async def test_what_a_side_has_decided_is_looked_at(ours: Status) -> None:
    """An approval publishes and an end removes, so neither stops at the registry."""
    azure = Azure()
    endpoint = azure.add_endpoint("pe-a", azure.add_registry("myregistry"), "10.1.0.4")
    await handler(azure).handle(event(endpoint))
    azure.set_status(endpoint, ours)
    if ours is not Status.APPROVED:
        azure.disconnect(next(iter(azure.registries)), endpoint)
    azure.calls.clear()
    await handler(azure).handle(event(endpoint))
    assert "record" in {method for method, _ in azure.calls}
    assert bool(azure.zone()) is (ours is Status.APPROVED)


async def test_a_registry_that_does_not_answer_is_not_taken_for_one_that_refuses() -> None:
    """While it may have approved, the event comes again."""
    azure, registry = busy_registry()
    endpoint = next(iter(azure.endpoints))
    azure.set_status(endpoint, Status.PENDING)
    azure.unknown[registry] = Unknown(UnknownReason.TRANSIENT, "503")
    with pytest.raises(TransientError):
        await handler(azure).handle(event(endpoint))


async def test_the_connections_of_strangers_are_a_few_lines_of_a_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Two hundred requests are counted, and what matters is still seen.

    Invariant: quiet.
    """
    caplog.set_level(logging.INFO, "acr_private_dns")
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    azure.put_record("myregistry", "10.9.9.9")
    for number in range(200):
        stranger = ResourceId(STRANGERS, "rg", ENDPOINT, (f"pe-{number}",))
        azure.connect(registry, stranger, Status.PENDING)
    await handler(azure).handle(event(endpoint))
    assert len(caplog.messages) < 60
    assert any(line.startswith("finding unmanaged-record at ") for line in caplog.messages)
    told = "findings not shown, in privatelink.azurecr.io: 151 endpoint-unwatched"
    assert told in caplog.messages


async def test_two_hundred_endpoints_that_do_not_answer_are_one_short_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What failed is told with a few examples and a number, in the log and to the host."""
    azure, registry = busy_registry()
    endpoint, *others = azure.endpoints
    for other in others:
        azure.unknown[other] = Unknown(UnknownReason.TRANSIENT, "503")
    with pytest.raises(TransientError) as raised:
        await handler(azure).handle(event(endpoint))
    assert "and 39 more" in str(raised.value)
    assert max(map(len, caplog.messages)) < 1_000
    assert registry in azure.registries
