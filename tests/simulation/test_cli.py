"""The command line over the in-memory Azure: what is printed, asked, and the exit status."""

import io
import json
import sys
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.reading import Unknown, UnknownReason
from shared.domain.resource_id import ENDPOINT, REGISTRY
from shared.engine.azure import WatchedSubscriptions
from shared.entrypoints.cli import command
from shared.entrypoints.cli.arguments import parse
from shared.errors import RefusedError
from tests.simulation.app import Door
from tests.simulation.azure import SUBSCRIPTION, Azure, an_id

OTHERS = "22222222-2222-2222-2222-222222222222"
REGISTRY_ID = str(an_id(REGISTRY, "myregistry"))
Out = pytest.CaptureFixture[str]


class Terminal(io.StringIO):
    """Somebody who types."""

    def isatty(self) -> bool:
        """It is a terminal."""
        return True


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Door:
    """One registry with one endpoint, nothing published yet; a terminal of 100 columns."""
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    azure = Azure()
    azure.add_endpoint("pe-a", azure.add_registry("myregistry"), "10.1.0.4")
    return Door(azure)


async def run(door: Door, *arguments: str) -> int:
    """Run a command line; gives its exit status."""
    return await command.run_command(parse(arguments), door.app)


async def test_the_exit_status_tells_drift_from_failure(door: Door, capsys: Out) -> None:
    """0 in step, 2 drift found, 1 failed: what a pipeline goes by."""
    assert await run(door, "plan") == 2
    assert door.azure.writes == []
    assert await run(door, "reconcile", "--yes") == 0
    assert await run(door, "plan") == 0
    door.azure.delete_endpoint(an_id(ENDPOINT, "pe-a"))
    assert await run(door, "reconcile", "--yes", "--policy", "upsert-only") == 2
    assert await run(door, "reconcile", "--yes", "--subscription", SUBSCRIPTION) == 0
    assert door.azure.zone() == {}
    door.azure.unread[SUBSCRIPTION] = Unknown(UnknownReason.TRANSIENT, "429")
    assert await run(door, "reconcile", "--yes") == 1
    assert await run(door, "status") == 1
    assert "Not answered: /subscriptions/" in capsys.readouterr().out


async def test_a_plan_is_a_table_to_be_read(door: Door, capsys: Out) -> None:
    """Each change with what it holds and why, whole names, and what to do about findings."""
    door.azure.put_record("myregistry", "10.9.9.9")
    await run(door, "plan", "--output", "table")
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 100
    (line,) = [
        line for line in out.splitlines() if line.startswith(" + planned") and "data" in line
    ]
    assert "myregistry.westeurope.data" in line
    assert "10.1.0.5" in line
    assert "Delete it, or correct it, or let a run adopt it." in out
    assert "Not in step (2 planned; 0 reads and 0 writes in " in out


async def test_markdown_has_the_same_page(door: Door, capsys: Out) -> None:
    """For a pull request or a ticket: the same tables, whatever stands in their cells."""
    await run(door, "reconcile", "--yes")
    door.azure.sets["myregistry"] = replace(door.azure.sets["myregistry"], ttl=5)
    data = "myregistry.westeurope.data"
    door.azure.sets[data] = replace(door.azure.sets[data], addresses=("10.9.9.9",))
    capsys.readouterr()
    await run(door, "plan", "--output", "markdown")
    out = capsys.readouterr().out
    assert f"| ~ planned | {data} | 10.9.9.9 → 10.1.0.5 | 10.1.0.5 is member " in out
    assert "| ~ planned | myregistry | 10.1.0.4, TTL 5 → 10 | " in out
    assert "|---|---|---|---|" in out


async def test_json_is_what_the_http_function_answers(door: Door, capsys: Out) -> None:
    """One report, whichever door it comes through."""
    await run(door, "plan", "--registry", REGISTRY_ID, "--output", "json")
    printed = json.loads(capsys.readouterr().out)
    _, answered = await door.post("plan", scope={"registry": REGISTRY_ID})
    assert without_time(printed) == without_time(answered)


def without_time(result: Any) -> Any:
    """A report but for what no two runs have in common."""
    return {**result, "seconds": 0}


@pytest.mark.parametrize(("typed", "done"), [("y\n", True), ("n\n", False), ("", False)])
async def test_at_a_terminal_reconcile_shows_and_asks(
    door: Door, capsys: Out, monkeypatch: pytest.MonkeyPatch, typed: str, done: bool
) -> None:
    """A person sees the plan before anything is written, and silence is no consent."""
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    status = await run(door, "reconcile")
    printed = capsys.readouterr()
    assert "planned" in printed.out
    assert "Make these changes? [y/N]" in printed.err
    assert (status, bool(door.azure.writes)) == ((0, True) if done else (2, False))


async def test_nobody_is_asked_who_need_not_be(
    door: Door, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With --yes, in a dry run, or when there is nothing to do."""
    monkeypatch.setattr(sys, "stdin", Terminal())
    dry = Door(door.azure, settings={"dry_run": True})
    assert await run(dry, "reconcile") == 2
    assert await run(door, "reconcile", "--yes") == 0
    door.azure.writes.clear()
    assert await run(door, "reconcile") == 0
    assert door.azure.writes == []
    assert "Make these changes?" not in capsys.readouterr().err


async def test_the_threshold_and_hand_made_records_yield_to_a_word(door: Door) -> None:
    """What the request's fields say in JSON, options say here."""
    careful = Door(
        door.azure,
        settings={"delete_threshold": replace(door.app.settings.delete_threshold, min_deletes=0)},
    )
    door.azure.put_record("myregistry", "10.9.9.9", metadata={"acrPrivateDns": "former"})
    await run(careful, "reconcile", "--yes")
    assert door.azure.zone()["myregistry"] == ["10.9.9.9"]
    await run(careful, "reconcile", "--yes", "--adopt")
    assert door.azure.zone()["myregistry"] == ["10.9.9.9"]
    await run(careful, "reconcile", "--yes", "--adopt", "former")
    assert door.azure.zone()["myregistry"] == ["10.1.0.4"]
    door.azure.put_record("myregistry", "10.9.9.9")
    await run(careful, "reconcile", "--yes", "--adopt")
    assert door.azure.zone()["myregistry"] == ["10.1.0.4"]
    door.azure.delete_endpoint(an_id(ENDPOINT, "pe-a"))
    assert await run(careful, "reconcile", "--yes") == 2
    assert len(door.azure.sets) == 2
    assert await run(careful, "reconcile", "--yes", "--override-delete-threshold") == 0
    assert door.azure.sets == {}


@pytest.mark.parametrize(
    ("name", "status", "told"),
    [
        ("myregistry.azurecr.io", 2, "Wrong. The record is missing, and will be created"),
        ("other.azurecr.io", 0, "Unmanaged. No registry in the watched subscriptions has a login"),
        ("myvault.vault.azure.net", 0, "Unmanaged. No zone that the app keeps holds names of that"),
    ],
)
async def test_a_name_is_explained(
    door: Door, capsys: Out, name: str, status: int, told: str
) -> None:
    """The sentence first, then the way from the registry to the record."""
    assert await run(door, "explain", name) == status
    out = capsys.readouterr().out
    assert told in out
    assert ("state" in out) == (status == 2)


@pytest.mark.parametrize("output", ["table", "markdown"])
async def test_a_record_is_explained_in_every_form(door: Door, capsys: Out, output: str) -> None:
    """What a name holds, and who manages it, is on the page, however it is drawn."""
    await run(door, "reconcile", "--yes")
    capsys.readouterr()
    assert await run(door, "explain", "myregistry.azurecr.io", "--output", output) == 0
    out = capsys.readouterr().out
    assert "10.1.0.4, TTL 10" in out
    assert "this-deployment" in out


@pytest.mark.parametrize("output", ["table", "markdown"])
async def test_what_is_left_for_another_run_is_on_the_page(
    door: Door, capsys: Out, monkeypatch: pytest.MonkeyPatch, output: str
) -> None:
    """A run that could not do all says so, at its zone and in its last line."""
    monkeypatch.setattr(command, "_MAX_CHANGES", 1)
    assert await run(door, "reconcile", "--yes", "--output", output) == 2
    out = capsys.readouterr().out
    assert "Left for another run: at least 3 changes." in out
    assert "3 left" in out


async def test_the_status_fits_a_screen(door: Door, capsys: Out) -> None:
    """Settings, zones and subscriptions, each with how it stands."""
    assert await run(door, "status") == 0
    out = capsys.readouterr().out
    assert "0 of 25000 records" in out
    assert "10 % of what is managed, or 3" in out
    assert SUBSCRIPTION in out


async def test_a_status_asks_no_more_than_is_meant_to_be_read() -> None:
    """With all watched, the zone's subscription need not be readable; but one must be."""
    azure = Azure()
    azure.watched = WatchedSubscriptions(frozenset({SUBSCRIPTION, OTHERS}), are_given=False)
    forbidden = Unknown(UnknownReason.FORBIDDEN, "403")
    for unread, setting, status in (
        ((OTHERS,), None, 0),
        ((OTHERS, SUBSCRIPTION), None, 1),
        ((OTHERS,), frozenset({SUBSCRIPTION, OTHERS}), 1),
    ):
        azure.unread = dict.fromkeys(unread, forbidden)
        door = Door(azure)
        door.app.settings = replace(door.app.settings, subscriptions=setting)
        assert await run(door, "status") == status


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--registry", "x"), "The scope's registry cannot be read: not a resource ID."),
        (("--subscription", REGISTRY_ID), "The scope's subscription cannot be read"),
        (("--endpoint", REGISTRY_ID), "the ID of another type of resource"),
        (("--subscription", SUBSCRIPTION.replace("1", "2")), "outside the watched subscriptions"),
    ],
)
async def test_a_scope_is_as_bound_as_a_requests(
    door: Door, arguments: tuple[str, ...], told: str
) -> None:
    """What the HTTP functions refuse is refused here, before Azure is asked."""
    with pytest.raises(RefusedError, match=told):
        await run(door, "plan", *arguments)
    assert door.azure.calls == []


async def test_without_rich_there_is_markdown(
    door: Door, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What only a table needs may be missing; who asks for one learns what to install."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert await run(door, "status") == 0
    assert capsys.readouterr().out.startswith("## ACR Private DNS")
    with pytest.raises(RefusedError, match=r"pip install -r requirements-cli\.txt"):
        await run(door, "reconcile", "--output", "table")
    assert door.azure.writes == []


async def test_many_findings_of_a_kind_are_counted(door: Door, capsys: Out) -> None:
    """Ten of a kind are shown, so that one kind does not push the others off the screen."""
    for number in range(13):
        registry = door.azure.add_registry(f"more{number}")
        door.azure.add_endpoint(f"pe-{number}", registry, f"10.2.{number}.4")
        door.azure.put_record(f"more{number}", "10.9.9.9")
    await run(door, "plan", "--output", "markdown")
    out = capsys.readouterr().out
    assert out.count("| warning | unmanaged-record |") == 10
    assert "|  | unmanaged-record | and 3 more |  |" in out
