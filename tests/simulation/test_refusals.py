"""Refusals: what Azure refuses for good is a finding, and everything else of a run is made."""

import logging
from collections.abc import Callable
from contextlib import suppress

import pytest

from shared.domain.findings import FindingKind
from shared.domain.reading import Unknown, UnknownReason
from shared.domain.resource_id import NETWORK, REGISTRY
from shared.domain.scope import EndpointScope
from shared.domain.zone import Link
from shared.engine.context import make_context
from shared.entrypoints.event import EventHandler
from shared.entrypoints.event_grid import DELETED
from shared.errors import LastingError, TransientError
from tests.simulation.app import Door
from tests.simulation.azure import ZONE_KEPT, Azure, an_id
from tests.simulation.full_syncs import full_sync
from tests.simulation.run import run
from tests.simulation.situations import Case, kinds, raise_transient, regional
from tests.simulation.test_event_runner import NOW, event

POLICY = "403 RequestDisallowedByPolicy"
LOGIN, DATA = "myregistry", "myregistry.westeurope.data"
UNAUTHORIZED = Unknown(UnknownReason.FORBIDDEN, "403 AuthorizationFailed", can_pass=True)
OTHER_DATA = "other.westeurope.data"


def refusing(
    azure: Azure, method: str, name: object = None, *, can_pass: bool = False
) -> Callable[[str, object], None]:
    """Let Azure refuse calls of a method, about one thing or all."""

    def before(called: str, what: object) -> None:
        subject = getattr(what, "name", what)
        if called == method and name in {None, subject}:
            raise LastingError(f"{method}: {POLICY}", can_pass=can_pass)

    azure.before = before
    return before


def handler(azure: Azure) -> EventHandler:
    """What an event goes to."""
    return EventHandler(make_context(azure, (ZONE_KEPT,)), now=lambda: NOW)


async def test_a_record_that_is_refused_stops_nothing_else() -> None:
    """A policy, or a CNAME at the name: told by Azure's code, and the rest is published.

    Only a login server does not come without its data (no-half-registry).
    """
    for name, published in ((LOGIN, {DATA, "other", OTHER_DATA}), (DATA, {"other", OTHER_DATA})):
        case = Case()
        case.azure.add_endpoint("pe-b", case.azure.add_registry("other"), "10.1.0.14")
        refusing(case.azure, "write_record", name)
        result = await run(case.azure, EndpointScope(case.endpoint))
        (finding,) = (one for one in result.findings if one.kind is FindingKind.REFUSED)
        assert (finding.resource, POLICY in finding.detail) == (name, True)
        assert case.azure.zone_links == {}
        (synced,) = await full_sync(case.azure)
        assert set(case.azure.zone()) == published
        assert FindingKind.REFUSED in kinds(synced)
        assert not synced.errors


@pytest.mark.parametrize("method", ["write_record", "create_link", "record", "links"])
async def test_an_event_of_what_is_refused_for_good_is_acknowledged(
    method: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Raised, it would come again for a day, and hold up the events of all others (confirmed)."""
    caplog.set_level(logging.INFO, "acr_private_dns")
    case = Case()
    refusing(case.azure, method)
    await handler(case.azure).handle(event(case.endpoint))
    told = [line for line in caplog.messages if line.startswith("finding refused at ")]
    assert told
    assert all(POLICY in line for line in told)
    assert "already right" not in caplog.text


@pytest.mark.parametrize("call", ["link", "links"])
@pytest.mark.parametrize("kind", [TransientError, LastingError])
async def test_links_that_cannot_be_read_stop_no_record(
    call: str, kind: type[TransientError], caplog: pytest.LogCaptureFixture
) -> None:
    """Throttled or forbidden, the read of a link costs the link alone, and is told."""
    caplog.set_level(logging.INFO, "acr_private_dns")
    case = Case()

    def before(called: str, _what: object) -> None:
        if called == call:
            raise kind(f"{call}: {POLICY}")

    case.azure.before = before
    if kind is TransientError:
        with pytest.raises(TransientError, match=POLICY):
            await handler(case.azure).handle(event(case.endpoint))
    else:
        await handler(case.azure).handle(event(case.endpoint))
        assert any("finding refused at " in line for line in caplog.messages)
    assert set(case.azure.zone()) == {LOGIN, DATA}
    assert case.azure.zone_links == {}
    case.azure.delete_endpoint(case.endpoint)
    with suppress(TransientError):
        await handler(case.azure).handle(event(case.endpoint, DELETED))
    assert case.azure.zone() == {}
    # What links are there is not known, so none is taken for missing or for unused.
    assert not {"create_link", "delete_link"} & {method for method, _ in case.azure.calls}


@pytest.mark.parametrize("kind", [TransientError, LastingError])
async def test_a_full_sync_writes_records_though_links_cannot_be_listed(
    kind: type[TransientError],
) -> None:
    """Nothing is known of the links then, so none comes or goes, and that is told."""
    case = Case()
    await case.publish()
    links = dict(case.azure.zone_links)
    case.azure.sets.clear()
    case.azure.add_endpoint("pe-b", case.azure.add_registry("other"), "10.2.0.4", "net-b")

    def before(called: str, _what: object) -> None:
        if called in {"link", "links"}:
            raise kind(f"{called}: {POLICY}")

    case.azure.before = before
    (result,) = await full_sync(case.azure)
    assert set(case.azure.zone()) == {LOGIN, DATA, "other", OTHER_DATA}
    assert case.azure.zone_links == links
    if kind is LastingError:
        assert FindingKind.REFUSED in kinds(result)
    else:
        assert any(POLICY in error for error in result.errors)
    # What is right stays so, and is no reason to look again.
    case.azure.writes.clear()
    (result,) = await full_sync(case.azure)
    assert (case.azure.writes, result.errors == ()) == ([], kind is LastingError)


async def test_a_full_sync_takes_no_unlisted_link_for_missing() -> None:
    """A network that somebody else has linked is not linked again, since it is looked up anew."""
    case = Case()
    network = an_id(NETWORK, "net-a")
    case.azure.zone_links["theirs"] = Link("theirs", "etag", network, {})

    # The list of the snapshot alone.
    case.after(1, "links", raise_transient)
    await full_sync(case.azure)
    assert set(case.azure.zone()) == {LOGIN, DATA}
    assert "create_link" not in {method for method, _ in case.azure.calls}


async def test_a_plan_shows_no_link_while_links_cannot_be_read() -> None:
    """A link that may be there already is not shown as one that would be made."""
    case = Case()

    def before(called: str, _what: object) -> None:
        if called in {"link", "links"}:
            raise TransientError(f"{called}: 429")

    case.azure.before = before
    door = Door(case.azure)
    _, answer = await door.post("plan", scope={"registry": str(case.registry)})
    (zone,) = answer["result"]["zones"]
    assert {change["action"] for change in zone["changes"]} == {"create"}
    assert {change["name"] for change in zone["changes"]} == {LOGIN, DATA}


async def test_a_name_stays_while_it_is_not_known_whether_its_network_has_moved() -> None:
    """The zone that a network leaves keeps its names while its links cannot be read."""
    azure = Azure()
    azure.add_endpoint("pe-a", azure.add_registry("myregistry"), "10.1.0.4")
    await full_sync(azure)
    before, azure.writes = azure.zone(), []
    zones = regional("net-a")
    endpoint = next(iter(azure.endpoints))

    def fail(method: str, what: object) -> None:
        if method in {"link", "links"}:
            raise TransientError(f"{what}: 429")

    azure.before = fail
    for _ in range(2):
        runner = EventHandler(make_context(azure, zones), now=lambda: NOW)
        with pytest.raises(TransientError):
            await runner.handle(event(endpoint))
    assert azure.zone() == before


@pytest.mark.parametrize("minutes", [0.1, 9.9, 10.1])
async def test_a_missing_right_is_waited_for_while_the_event_is_young(minutes: float) -> None:
    """Roles spread slowly: for ten minutes the event comes again, then it is acknowledged."""
    for method in ("write_record", "create_link", "record"):
        case = Case()
        refusing(case.azure, method, can_pass=True)
        body = event(case.endpoint, minutes_old=minutes)
        await _raises_while_young(case.azure, body, minutes)
    case = Case()
    case.azure.unknown[case.endpoint] = UNAUTHORIZED
    await _raises_while_young(case.azure, event(case.endpoint, minutes_old=minutes), minutes)


async def _raises_while_young(azure: Azure, body: str, minutes: float) -> None:
    if minutes > 10:
        await handler(azure).handle(body)
        return
    with pytest.raises(TransientError, match="403"):
        await handler(azure).handle(body)


async def test_a_right_that_will_not_come_is_not_waited_for() -> None:
    """A refusal of another kind is acknowledged at once, however young the event is."""
    case = Case()
    case.azure.unknown[case.endpoint] = Unknown(UnknownReason.FORBIDDEN, POLICY)
    await handler(case.azure).handle(event(case.endpoint, minutes_old=0))
    assert case.azure.zone() == {}


async def test_no_event_waits_for_a_right_to_what_others_have() -> None:
    """One team's subscription that cannot be read, for good perhaps, delays nobody's events."""
    case = Case()
    other = case.azure.add_endpoint("pe-b", case.registry, "10.2.0.4", "net-b")
    case.azure.unknown |= {case.registry: UNAUTHORIZED, other: UNAUTHORIZED}
    await handler(case.azure).handle(event(case.endpoint, minutes_old=0))
    assert set(case.azure.zone()) == {LOGIN, DATA}


@pytest.mark.parametrize("method", ["write_record", "create_link"])
async def test_what_is_refused_is_not_in_step(method: str) -> None:
    """Whoever asks whether all is right is not told so, though nothing failed."""
    case = Case()
    refusing(case.azure, method)
    door = Door(case.azure)
    for scope in ("all", {"registry": str(an_id(REGISTRY, "myregistry"))}):
        status, answer = await door.post("reconcile", scope=scope)
        assert (status, answer["inStep"]) == (200, False)
