"""withdraw on the command line, over the in-memory Azure: all of one owner's goes, and no more."""

import asyncio
import io
import json
import sys
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.reading import Unknown, UnknownReason
from shared.domain.resource_id import ENDPOINT, NETWORK
from shared.domain.zone import Link
from shared.engine.deadline import Deadline
from shared.engine.withdraw import plan_withdrawal
from shared.engine.withdraw import withdraw as withdraw_all
from shared.entrypoints.cli import command
from shared.entrypoints.cli.arguments import parse
from shared.errors import TransientError
from tests.simulation.app import Door
from tests.simulation.azure import SUBSCRIPTION, Azure, an_id
from tests.simulation.situations import NORTH, regional
from tests.simulation.test_cli import Terminal

OTHERS = {"acrPrivateDns": "other"}
Out = pytest.CaptureFixture[str]


@pytest.fixture
async def door(monkeypatch: pytest.MonkeyPatch) -> Door:
    """Two registries, published for two networks; beside them what is not ours."""
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    azure = Azure()
    azure.add_endpoint("pe-a", azure.add_registry("alpha"), "10.1.0.4", "net-a")
    azure.add_endpoint("pe-b", azure.add_registry("beta"), "10.2.0.4", "net-b")
    door = Door(azure)
    assert await run(door, "reconcile", "--yes") == 0
    azure.put_record("gamma", "10.9.9.9")
    azure.put_record("delta", "10.9.9.9", metadata=OTHERS)
    add_link(azure, "by-hand", {})
    add_link(azure, "by-other", OTHERS)
    azure.writes.clear()
    azure.calls.clear()
    return door


def add_link(azure: Azure, name: str, tags: dict[str, str]) -> None:
    """A link that somebody else has made."""
    azure.zone_links[name] = Link(name, "etag", an_id(NETWORK, name), tags)


async def run(door: Door, *arguments: str) -> int:
    """Run a command line; gives its exit status."""
    return await command.run_command(parse(arguments), door.app)


async def withdraw(door: Door, capsys: Out, *arguments: str) -> tuple[int, Any]:
    """Withdraw without being asked; gives the exit status and the JSON."""
    capsys.readouterr()
    status = await run(door, "withdraw", "--yes", "--output", "json", *arguments)
    return status, json.loads(capsys.readouterr().out)


def ours(azure: Azure) -> list[str]:
    """The link of each registry's network."""
    return sorted(
        name for name, link in azure.zone_links.items() if link.tags.get("acrPrivateDns") == "owner"
    )


async def test_all_of_this_owner_goes_and_nothing_else(door: Door, capsys: Out) -> None:
    """Records and links of others stay as they are, to the byte (others-untouched)."""
    others = {name: door.azure.sets[name] for name in ("gamma", "delta")}
    links = {name: door.azure.zone_links[name] for name in ("by-hand", "by-other")}
    status, document = await withdraw(door, capsys)
    assert (status, document["inStep"]) == (0, True)
    assert door.azure.sets == others
    assert door.azure.zone_links == links
    (zone,) = document["zones"]
    assert (zone["managed"], zone["unmanaged"], zone["otherOwner"]) == (6, 1, 1)
    assert {(one["name"], one["reason"]) for one in zone["kept"]} == {
        ("by-hand", "unmanaged"),
        ("by-other", "other-owner"),
        ("delta", "other-owner"),
        ("gamma", "unmanaged"),
    }
    again, document = await withdraw(door, capsys)
    assert (again, document["zones"][0]["changes"]) == (0, [])


async def test_links_go_first(door: Door, capsys: Out) -> None:
    """A network sees the public names from one moment on, and each registry leaves whole."""
    await withdraw(door, capsys)
    kinds = [(method, name) for method, name, _ in door.azure.writes]
    assert [method for method, _ in kinds] == ["unlink"] * 2 + ["delete"] * 4
    assert [name for _, name in kinds[2:]] == [
        "alpha",
        "alpha.westeurope.data",
        "beta",
        "beta.westeurope.data",
    ]


async def test_no_source_is_asked(door: Door, capsys: Out) -> None:
    """The owner leaves, used or not: neither endpoints nor registries nor networks matter."""
    door.azure.unread[SUBSCRIPTION] = Unknown(UnknownReason.FORBIDDEN, "403")
    status, _ = await withdraw(door, capsys)
    assert status == 0
    assert {method for method, _ in door.azure.calls} == {
        "records",
        "links",
        "delete_link",
        "delete_record",
    }


async def test_neither_policy_nor_threshold_holds_it(door: Door, capsys: Out) -> None:
    """They guard against what nobody asked for; this somebody did."""
    threshold = replace(door.app.settings.delete_threshold, percent=0, min_deletes=0)
    policy = parse(["plan", "--policy", "upsert-only"]).policy
    careful = Door(door.azure, settings={"delete_threshold": threshold, "policy": policy})
    status, _ = await withdraw(careful, capsys)
    assert status == 0
    assert sorted(door.azure.sets) == ["delta", "gamma"]


async def test_addresses_of_others_stay(door: Door, capsys: Out) -> None:
    """Beside ours somebody typed one: it stays, with their metadata and without our ownership."""
    alpha = door.azure.sets["alpha"]
    metadata = {**alpha.metadata, "team": "x"}
    door.azure.put_record("alpha", *alpha.addresses, "10.9.9.9", metadata=metadata, ttl=60)
    status, document = await withdraw(door, capsys)
    assert status == 0
    left = door.azure.sets["alpha"]
    assert (left.addresses, left.metadata, left.ttl) == (("10.9.9.9",), {"team": "x"}, 60)
    reasons = [one["reason"] for one in document["zones"][0]["changes"]]
    assert "its owner withdraws; 10.9.9.9 stays, which no claim names" in reasons


async def test_a_record_whose_claims_are_lost_is_nobodys_from_then_on(
    door: Door, capsys: Out
) -> None:
    """Its address may be anybody's, so it stays; our ownership goes, and the page says so."""
    door.azure.put_record("alpha", "10.1.0.4", metadata={"acrPrivateDns": "owner"})
    capsys.readouterr()
    assert await run(door, "withdraw", "--yes", "--output", "markdown") == 0
    assert "| ~ done | alpha | 10.1.0.4, ownership removed | " in capsys.readouterr().out
    assert (door.azure.zone()["alpha"], door.azure.sets["alpha"].metadata) == (["10.1.0.4"], {})


async def test_a_zone_groups_record_stays(door: Door, capsys: Out) -> None:
    """Azure keeps it, though our ownership is still on it (others-untouched)."""
    door.azure.attach_zone_group(an_id(ENDPOINT, "pe-a"), wipe=False)
    before = door.azure.sets["alpha"]
    status, document = await withdraw(door, capsys)
    assert status == 0
    assert door.azure.sets["alpha"] is before
    kept = {one["name"]: one["reason"] for one in document["zones"][0]["kept"]}
    assert kept["alpha"] == "zone-group"


async def test_a_lock_is_a_finding_and_the_rest_goes(door: Door, capsys: Out) -> None:
    """What is locked is told and left; its registry stays whole (no-half-registry)."""
    door.azure.locked |= {"alpha", ours(door.azure)[0]}
    status, document = await withdraw(door, capsys)
    (zone,) = document["zones"]
    assert (status, zone["remaining"]) == (2, 3)
    assert [one["code"] for one in zone["findings"]] == ["locked"] * 2
    assert sorted(door.azure.sets) == ["alpha", "alpha.westeurope.data", "delta", "gamma"]
    assert len(ours(door.azure)) == 1
    door.azure.locked.clear()
    assert (await withdraw(door, capsys))[0] == 0
    assert ours(door.azure) == []


@pytest.mark.parametrize("method", ["delete_record", "delete_link"])
async def test_what_changed_since_is_left_and_told(door: Door, capsys: Out, method: str) -> None:
    """Another write came first: what it wrote stays for the next time (no-stale-overwrite)."""
    azure, link = door.azure, ours(door.azure)[0]

    def write(called: str, what: object) -> None:
        if called == method and what in {"alpha", link}:
            azure.before = lambda _method, _what: None
            if method == "delete_record":
                azure.sets["alpha"] = replace(azure.sets["alpha"], etag="newer")
            else:
                azure.zone_links[link] = replace(azure.zone_links[link], etag="newer")

    azure.before = write
    capsys.readouterr()
    assert await run(door, "withdraw", "--yes", "--output", "markdown") == 2
    out = capsys.readouterr().out
    name = "alpha" if method == "delete_record" else link
    assert f"| {name} | " in out
    assert "it changed since it was read" in out
    assert "run this again" in out
    assert "beta" not in azure.sets
    assert ("alpha" in azure.sets) == (method == "delete_record")
    # The registry of what changed stays whole (no-half-registry).
    assert ("alpha.westeurope.data" in azure.sets) == (method == "delete_record")
    assert len(ours(azure)) == (method == "delete_link")
    assert (await withdraw(door, capsys))[0] == 0
    assert (sorted(azure.sets), ours(azure)) == (["delta", "gamma"], [])


@pytest.mark.parametrize(("typed", "gone"), [("y\n", True), ("n\n", False), ("", False)])
async def test_at_a_terminal_it_shows_and_asks(
    door: Door, capsys: Out, monkeypatch: pytest.MonkeyPatch, typed: str, gone: bool
) -> None:
    """A person sees what goes, what stays and that the app must be stopped, and then says yes."""
    capsys.readouterr()
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    status = await run(door, "withdraw")
    printed = capsys.readouterr()
    assert "Stop the app first" in printed.out
    assert "it bears another owner's name" in printed.out
    assert "Make these changes? [y/N]" in printed.err
    assert (status, bool(door.azure.writes)) == ((0, True) if gone else (2, False))


async def test_what_was_shown_is_what_goes(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes while somebody reads the plan was not agreed to, and stays."""
    alpha = door.azure.sets["alpha"]

    def answer() -> str:
        door.azure.sets["late"] = replace(alpha, name="late")
        return "y\n"

    terminal = Terminal()
    monkeypatch.setattr(terminal, "readline", answer)
    monkeypatch.setattr(sys, "stdin", terminal)
    assert await run(door, "withdraw") == 0
    assert sorted(door.azure.sets) == ["delta", "gamma", "late"]


@pytest.mark.parametrize(
    ("settings", "arguments", "told"),
    [({}, (), "--yes goes ahead without"), ({"dry_run": True}, ("--yes",), "dry run")],
)
async def test_nothing_goes_without_a_word(
    door: Door, capsys: Out, settings: dict[str, Any], arguments: tuple[str, ...], told: str
) -> None:
    """Where nobody can be asked, or the settings say dry run, the plan is shown and that is all."""
    capsys.readouterr()
    careful = Door(door.azure, settings=settings)
    assert await run(careful, "withdraw", *arguments) == 2
    printed = capsys.readouterr()
    assert door.azure.writes == []
    assert "Nothing was changed" in printed.err
    assert told in printed.err
    assert "6 planned" in printed.out


async def test_nobody_is_asked_for_nothing(capsys: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a zone without anything of ours there is nothing to say yes to."""
    monkeypatch.setattr(sys, "stdin", Terminal())
    assert await run(Door(Azure()), "withdraw") == 0
    printed = capsys.readouterr()
    assert "Make these changes?" not in printed.err
    assert "Stop the app" not in printed.out


async def test_records_wait_until_links_have_answered(door: Door, capsys: Out) -> None:
    """A link that Azure did not answer for may still stand, so no record goes before it."""

    def fail(called: str, what: object) -> None:
        if called == "delete_link" and what == ours(door.azure)[0]:
            raise TransientError("delete link: 503")

    door.azure.before = fail
    status, document = await withdraw(door, capsys)
    assert (status, document["zones"][0]["errors"]) == (1, ["delete link: 503"])
    assert "alpha" in door.azure.sets
    assert len(ours(door.azure)) == 1
    assert document["remaining"] == 5


async def test_a_lost_answer_is_settled_by_reading(door: Door, capsys: Out) -> None:
    """A delete that landed though its answer was lost is told as done (confirmed)."""

    def lose(called: str, what: object) -> None:
        if called == "delete_record" and what == "beta":
            del door.azure.sets["beta"]
            raise TransientError("delete record: timeout")

    door.azure.before = lose
    status, document = await withdraw(door, capsys)
    assert (status, len(document["zones"][0]["changes"])) == (0, 6)


async def test_a_zone_that_cannot_be_read_fails_alone(door: Door, capsys: Out) -> None:
    """The other zone's go; the failure is told, and the exit status says so."""
    both = Door(door.azure, regional("net-b"))

    def refuse(called: str, what: object) -> None:
        if called == "records" and getattr(what, "id", None) == NORTH:
            raise TransientError("records: 403")

    door.azure.before = refuse
    status, document = await withdraw(both, capsys)
    assert (status, [zone["errors"] for zone in document["zones"]]) == (1, [[], ["records: 403"]])
    assert sorted(door.azure.sets) == ["delta", "gamma"]


async def test_many_that_stay_are_counted(door: Door, capsys: Out) -> None:
    """Ten of a reason are shown, so that what others have does not push ours off the screen."""
    for number in range(13):
        door.azure.put_record(f"more{number}", "10.9.9.9")
    capsys.readouterr()
    assert await run(door, "withdraw", "--output", "markdown") == 2
    out = capsys.readouterr().out
    assert out.count("| it bears nobody's ownership |") == 11
    assert "| and 5 more |  | it bears nobody's ownership |" in out


async def test_what_the_time_does_not_suffice_for_is_left(door: Door) -> None:
    """No registry is begun after the deadline, and what is left is counted (bounded)."""
    context = door.app.context()
    planned = await plan_withdrawal(context, Deadline(60))
    result = await withdraw_all(planned, context, Deadline(0))
    assert (result.run.remaining, result.run.has_drifted) == (4, True)
    assert len(door.azure.sets) == 6


async def test_a_slow_zone_is_a_failure(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that does not end in time is no empty zone (bounded)."""

    async def hang(*_arguments: object) -> list[Link]:
        await asyncio.sleep(60)
        return []

    monkeypatch.setattr(door.azure, "links", hang)
    result = await plan_withdrawal(door.app.context(), Deadline(10))
    assert (result.run.has_failed, result.zones[0].result.errors) == (
        True,
        ("not read within its time",),
    )


async def test_a_bug_in_one_zone_ends_no_other(door: Door, capsys: Out) -> None:
    """What was done is on the page before the bug is raised; the other zone's goes."""
    both = Door(door.azure, regional("net-c"))
    record = door.azure.sets["alpha"]
    door.azure.zones[NORTH].records = {"zeta": replace(record, name="zeta")}

    def break_(called: str, what: object) -> None:
        if called == "delete_record" and what == "alpha":
            raise ZeroDivisionError

    door.azure.before = break_
    capsys.readouterr()
    with pytest.raises(ZeroDivisionError):
        await run(both, "withdraw", "--yes")
    assert "zeta" in capsys.readouterr().out
    assert door.azure.zones[NORTH].records == {}
    assert "alpha" in door.azure.sets
