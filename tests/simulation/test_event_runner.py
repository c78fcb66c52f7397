"""The runner: when an event is acknowledged, and when it is raised so that it comes again."""

import asyncio
import datetime as dt
import json
import logging
from dataclasses import replace

import pytest

from shared.domain.policy import Policy
from shared.domain.reading import Unknown, UnknownReason
from shared.domain.resource_id import ResourceId
from shared.domain.zone import RecordSet, Zone
from shared.engine.context import make_context
from shared.engine.options import RunOptions
from shared.entrypoints.event import EventHandler
from shared.entrypoints.event_grid import DELETED, WRITTEN
from shared.errors import TransientError
from tests.simulation.azure import ZONE_KEPT, Azure
from tests.simulation.situations import NORTH, regional

NOW = dt.datetime(2026, 11, 23, 12, 0, 0, tzinfo=dt.UTC)


def event(subject: ResourceId, kind: str = WRITTEN, minutes_old: float = 0.1) -> str:
    raised = NOW - dt.timedelta(minutes=minutes_old)
    body = {"subject": str(subject), "eventType": kind, "eventTime": raised.isoformat()}
    return json.dumps(body)


def runner(azure: Azure, *zones: Zone) -> EventHandler:
    return EventHandler(make_context(azure, zones or (ZONE_KEPT,)), now=lambda: NOW)


@pytest.fixture
def azure() -> Azure:
    """One registry with one endpoint, nothing published yet."""
    azure = Azure()
    azure.add_endpoint("pe-a", azure.add_registry("myregistry"), "10.1.0.4")
    return azure


@pytest.fixture
def endpoint(azure: Azure) -> ResourceId:
    """The one endpoint."""
    return next(iter(azure.endpoints))


async def test_what_went_well_is_acknowledged_and_told(
    azure: Azure, endpoint: ResourceId, caplog: pytest.LogCaptureFixture
) -> None:
    """Each change is one line with its reason, and the run is one line with its time."""
    caplog.set_level(logging.INFO, "acr_private_dns")
    await runner(azure).handle(event(endpoint))
    zone = "privatelink.azurecr.io"
    assert caplog.messages == [
        f"created A myregistry.westeurope.data -> 10.1.0.5 in {zone}: "  # noqa: ISC004 - one line
        "10.1.0.5 is member registry_data_westeurope of endpoint pe-a",
        f"created A myregistry -> 10.1.0.4 in {zone}: 10.1.0.4 is member registry of endpoint pe-a",
        f"linked network net-a in {zone}: endpoint pe-a is in it",
        "privateEndpoints/pe-a written: 3 changed (1 pass, 0.0 s, 6.0 s after the event)",
    ]


async def test_every_kind_of_change_has_its_sentence(
    azure: Azure, endpoint: ResourceId, caplog: pytest.LogCaptureFixture
) -> None:
    """Updates say what was there before, removals what went and on whose word."""
    await runner(azure).handle(event(endpoint))
    azure.sets["myregistry"] = replace(azure.sets["myregistry"], ttl=5)
    data = "myregistry.westeurope.data"
    azure.sets[data] = replace(azure.sets[data], addresses=("10.9.9.9",))
    caplog.set_level(logging.INFO, "acr_private_dns")
    await runner(azure).handle(event(endpoint))
    azure.delete_endpoint(endpoint)
    await runner(azure).handle(event(endpoint, DELETED))
    told = [message.partition(" in privatelink")[0] for message in caplog.messages]
    assert told[:2] == [
        f"updated A {data} -> 10.1.0.5, was 10.9.9.9",
        "updated A myregistry, still 10.1.0.4,",
    ]
    assert told[3:6] == [
        "deleted A myregistry, was 10.1.0.4",
        f"deleted A {data}, was 10.1.0.5",
        "unlinked network net-a",
    ]


@pytest.mark.parametrize("who", ["endpoint", "registry", "interface"])
async def test_azure_not_answering_is_raised(azure: Azure, endpoint: ResourceId, who: str) -> None:
    """What could not be read for now is tried again by Event Grid, and nothing false is done."""
    (registry,), (interface,) = azure.registries, azure.interfaces
    which = {"endpoint": endpoint, "registry": registry, "interface": interface}[who]
    azure.unknown[which] = Unknown(UnknownReason.TRANSIENT, "429 TooManyRequests")
    with pytest.raises(TransientError, match="429 TooManyRequests"):
        await runner(azure).handle(event(endpoint))


@pytest.mark.parametrize("who", ["endpoint", "registry", "zone", "interface"])
async def test_what_could_not_be_read_is_told_as_that(
    azure: Azure, endpoint: ResourceId, caplog: pytest.LogCaptureFixture, who: str
) -> None:
    """The log names the event and what failed, before or in a run, and calls nothing right."""
    caplog.set_level(logging.INFO, "acr_private_dns")
    (registry,), (interface,) = azure.registries, azure.interfaces
    about, kind = {"registry": (registry, WRITTEN), "zone": (endpoint, DELETED)}.get(
        who, (endpoint, WRITTEN)
    )
    if who == "zone":
        azure.delete_endpoint(endpoint)
        azure.before = _fail_lists
    else:
        which = {"endpoint": endpoint, "registry": registry, "interface": interface}[who]
        azure.unknown[which] = Unknown(UnknownReason.TRANSIENT, "503")
    with pytest.raises(TransientError, match="503") as raised:
        await runner(azure).handle(event(about, kind))
    operation = {
        "registry": "registries/myregistry written",
        "zone": "privateEndpoints/pe-a deleted",
    }.get(who, "privateEndpoints/pe-a written")
    assert str(raised.value).startswith("Azure could not be read or written: ")
    *runs, last = caplog.records
    assert last.levelname == "WARNING"
    assert last.message.startswith(f"{operation}: {raised.value} (")
    # An interface is read in a run, which counts it.
    assert [": 1 not answered (" in one.message for one in runs] == [True] * (who == "interface")
    assert "nothing to do" not in caplog.text
    assert "already right" not in caplog.text


def _fail_lists(method: str, _what: object) -> None:
    if method == "records":
        raise TransientError("list records: 503")


async def test_what_may_not_be_read_is_not_called_nothing_to_do(
    azure: Azure, endpoint: ResourceId, caplog: pytest.LogCaptureFixture
) -> None:
    """Its finding says what to do; that no zone is concerned nobody knows."""
    caplog.set_level(logging.INFO, "acr_private_dns")
    azure.unknown[endpoint] = Unknown(UnknownReason.FORBIDDEN, "403")
    await runner(azure).handle(event(endpoint))
    (line,) = caplog.messages
    assert line.startswith("finding unreadable at ")


async def test_a_late_run_is_not_said_to_have_failed(
    azure: Azure, endpoint: ResourceId, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Azure answered all it was asked; only the time was too short."""

    async def hang(_zone: object, _name: str) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(azure, "record", hang)
    with pytest.raises(TransientError) as raised:
        await runner(azure).handle(event(endpoint))
    assert str(raised.value) == "the run did not end within 20 s"


@pytest.mark.parametrize("call", ["endpoint", "interface", "create_link"])
async def test_a_bug_is_not_called_right(
    azure: Azure, endpoint: ResourceId, caplog: pytest.LogCaptureFixture, call: str
) -> None:
    """Wherever it ended the run, nobody knows what is right."""
    caplog.set_level(logging.INFO, "acr_private_dns")

    def bug(method: str, _what: object) -> None:
        if method == call:
            raise KeyError("raw foreign text")

    azure.before = bug
    # The second time the records are right already, and the bug is all that there is to tell.
    for _ in range(2):
        caplog.clear()
        await runner(azure).handle(event(endpoint))
    assert any(one.startswith("bug while handling ") for one in caplog.messages)
    assert "nothing to do" not in caplog.text
    assert "already right" not in caplog.text


async def test_a_lasting_refusal_is_acknowledged(azure: Azure, endpoint: ResourceId) -> None:
    """A missing right does not come by retrying, and retries would delay everyone's events."""
    azure.unknown[endpoint] = Unknown(UnknownReason.FORBIDDEN, "403")
    await runner(azure).handle(event(endpoint))
    assert azure.zone() == {}


@pytest.mark.parametrize(("minutes", "raised"), [(1, True), (9, True), (11, False), (-60, False)])
async def test_a_late_member_is_raised_while_the_event_is_young(
    azure: Azure, endpoint: ResourceId, minutes: float, raised: bool
) -> None:
    """Ten minutes long the event comes again; then the timer is the better watchman."""
    (registry,) = azure.registries
    azure.add_replica(registry, "northeurope")
    handling = runner(azure).handle(event(endpoint, minutes_old=minutes))
    if raised:
        with pytest.raises(TransientError, match="no member for region northeurope"):
            await handling
    else:
        await handling
    assert "myregistry" in azure.zone()


async def test_a_run_that_takes_too_long_is_raised(
    azure: Azure, endpoint: ResourceId, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No run outlives its budget, whatever Azure does (bounded)."""

    async def hang(_zone: object, _name: str) -> None:
        await asyncio.sleep(3600)

    monkeypatch.setattr(azure, "record", hang)
    with pytest.raises(TransientError, match="did not end within"):
        await runner(azure).handle(event(endpoint))


async def test_one_zones_trouble_does_not_stop_another(
    azure: Azure, endpoint: ResourceId, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The zone that answers is made right, and the event still comes again for the other."""
    zones = regional("net-north")
    (registry,) = azure.registries
    azure.add_endpoint("pe-north", registry, "10.2.0.4", "net-north")
    record = azure.record

    async def read(zone: Zone, name: str) -> RecordSet | None:
        if zone.id == NORTH:
            raise TransientError("503")
        return await record(zone, name)

    monkeypatch.setattr(azure, "record", read)
    with pytest.raises(TransientError, match="503"):
        await runner(azure, *zones).handle(event(endpoint))
    assert "myregistry" in azure.zone()


@pytest.mark.parametrize("call", ["registry", "record"])
async def test_a_bug_is_told_and_acknowledged(
    azure: Azure, endpoint: ResourceId, caplog: pytest.LogCaptureFixture, call: str
) -> None:
    """Sent again, the event would meet the same bug; where it is, is logged, its text is not."""

    def bug(method: str, _what: object) -> None:
        if method == call:
            raise KeyError("raw foreign text")

    azure.before = bug
    await runner(azure).handle(event(endpoint))
    (told,) = [r.message for r in caplog.records if r.levelname == "CRITICAL"]
    assert told.startswith("bug while handling privateEndpoints/pe-a written: KeyError at ")
    assert "azure.py:" in told
    assert "foreign" not in told


async def test_the_settings_bind_events(
    azure: Azure, endpoint: ResourceId, caplog: pytest.LogCaptureFixture
) -> None:
    """A dry run writes nothing, upsert-only takes nothing away, and the log says so."""
    caplog.set_level(logging.INFO, "acr_private_dns")
    dry = EventHandler(make_context(azure, (ZONE_KEPT,)), RunOptions(dry_run=True))
    await dry.handle(event(endpoint))
    assert azure.writes == []
    assert caplog.messages[0].startswith("dry run, would create A myregistry.westeurope.data")
    careful = EventHandler(make_context(azure, (ZONE_KEPT,)), RunOptions(policy=Policy.UPSERT_ONLY))
    await careful.handle(event(endpoint))
    azure.delete_endpoint(endpoint)
    caplog.clear()
    await careful.handle(event(endpoint, DELETED))
    assert len(azure.zone()) == 2
    assert caplog.messages[0].startswith("withheld, would delete A myregistry")


async def test_ignored_events_are_counted(azure: Azure, caplog: pytest.LogCaptureFixture) -> None:
    """What asks for nothing costs one line with a running count, and no call."""
    caplog.set_level(logging.INFO, "acr_private_dns")
    run = runner(azure)
    for body in ("null", "{}"):
        await run.handle(body)
    assert run.ignored_count == 2
    assert caplog.messages[-1].endswith("(2 ignored since the start)")
    assert azure.calls == []
