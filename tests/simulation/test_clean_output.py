"""Clean output: what Azure says may hold anything, and no line, page or problem repeats it raw."""

import io
import logging
import sys
from dataclasses import replace

import pytest

from shared.domain.policy import Permission
from shared.domain.reading import Unknown, UnknownReason
from shared.domain.resource_id import REGISTRY
from shared.domain.zone import Link
from shared.engine.azure import WatchedSubscriptions
from shared.entrypoints.cli import command
from shared.entrypoints.cli.arguments import parse
from shared.entrypoints.event import EventHandler
from shared.entrypoints.http import Request, answer
from shared.entrypoints.timer import full_sync
from shared.errors import TransientError
from tests.simulation.app import Door
from tests.simulation.azure import SUBSCRIPTION, Azure, an_id
from tests.simulation.test_event_runner import NOW, event
from tests.virtual_time import run

# A title for the terminal, a line of its own, colours, and text from right to left.
RAW = "raw\x1b]0;owned\x07\nforged line\r\x9b31m\u202e\u2028\x00"


@pytest.fixture
def azure(caplog: pytest.LogCaptureFixture) -> Azure:
    """An estate in which every text that nobody parses is a hostile one."""
    caplog.set_level(logging.INFO, "acr_private_dns")
    azure = Azure()
    registry = azure.add_registry("myregistry", "westeurope", f"north{RAW}")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    azure.drop_member(endpoint, f"registry_data_north{RAW}")
    azure.endpoints[endpoint] = replace(azure.endpoints[endpoint], state=f"Updating{RAW}")
    azure.dns_servers[azure.endpoints[endpoint].network] = (f"10.0.0.1{RAW}",)
    azure.put_record("myregistry", f"10.9.9.9{RAW}")
    azure.put_record(f"other{RAW}", "10.9.9.9", metadata={"acrPrivateDns": "owner"})
    azure.put_record("gone", f"10.9.9.8{RAW}", metadata={"acrPrivateDns": "owner"})
    link = Link(f"hub{RAW}", "etag", azure.endpoints[endpoint].network, {"acrPrivateDns": "owner"})
    azure.zone_links[link.name] = link
    other = azure.add_registry("unread")
    azure.add_endpoint("pe-b", other, "10.1.0.14", "net-b")
    azure.unknown[other] = Unknown(UnknownReason.FORBIDDEN, f"403{RAW}")
    return azure


def fail(method: str, _what: object) -> None:
    """Let Azure not answer about the zone."""
    if method in {"record", "records", "links"}:
        raise TransientError(f"list{RAW}")


def check(*texts: str) -> None:
    """Every character can be printed, and the hostile texts did come this far."""
    assert any("raw" in text for text in texts)
    assert [text for text in texts if not text.isprintable()] == []


def test_the_log_of_an_event_is_clean(azure: Azure, caplog: pytest.LogCaptureFixture) -> None:
    """No line of the log is broken or coloured by what Azure says, nor an error that is raised."""
    handler = EventHandler(Door(azure).app.context(), now=lambda: NOW)
    with pytest.raises(TransientError) as raised:
        run(handler.handle(event(next(iter(azure.endpoints)))))
    check(str(raised.value))
    azure.before = fail
    with pytest.raises(TransientError) as raised:
        run(handler.handle(event(next(iter(azure.endpoints)))))
    check(str(raised.value))
    check(*caplog.messages)


async def test_the_log_of_a_full_sync_is_clean(
    azure: Azure, caplog: pytest.LogCaptureFixture
) -> None:
    """So it is for the timer, whatever was found, and where nothing could be read."""
    await full_sync(Door(azure).app)
    check(*caplog.messages)
    caplog.clear()
    azure.unread[SUBSCRIPTION] = Unknown(UnknownReason.TRANSIENT, f"503{RAW}")
    azure.watched = WatchedSubscriptions(frozenset({SUBSCRIPTION}), are_given=False, failure=RAW)
    azure.before = fail
    with pytest.raises(TransientError) as raised:
        await full_sync(Door(azure).app)
    check(*caplog.messages)
    check(str(raised.value))


async def test_a_problem_and_the_log_of_a_request_are_clean(
    azure: Azure, caplog: pytest.LogCaptureFixture
) -> None:
    """Nor does an answer hold it, be it read by whatever client."""
    door = Door(azure, settings={"permissions": {Permission.ADOPT}})
    body = b'{"scope": "all", "adopt": true}'
    request = Request("POST", "reconcile", content_type="application/json", body=body)
    got = await answer(request, door.app)
    assert got.status < 400
    check(got.body)
    check(*caplog.messages)
    for name in (f"{RAW}.azurecr.io", "myregistry.azurecr.io"):
        _, explained = await door.get("explain", name)
        assert str(explained.get("detail", "")).isprintable()


@pytest.mark.parametrize("output", ["table", "markdown", "json"])
@pytest.mark.parametrize(
    "words",
    [
        ("plan",),
        ("reconcile", "--yes"),
        ("reconcile", "--yes", "--registry", str(an_id(REGISTRY, "myregistry"))),
        ("explain", "myregistry.azurecr.io"),
        ("explain", "unread.azurecr.io"),
        ("withdraw", "--yes"),
    ],
    ids=" ".join,
)
async def test_a_terminal_shows_no_raw_text(
    azure: Azure,
    words: tuple[str, ...],
    output: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever may name a link cannot write a title, a colour or a line into somebody's terminal."""
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    await command.run_command(parse((*words, "--output", output)), Door(azure).app)
    check(*capsys.readouterr().out.split("\n"))
