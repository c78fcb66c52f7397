"""Confirmation: what a person said yes to at the terminal is done, and nothing else is."""

import io
import json
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.resource_id import ENDPOINT, NETWORK, REGISTRY
from shared.domain.zone import Zone
from shared.engine.result import ChangeState
from shared.entrypoints.cli import command
from shared.entrypoints.cli.arguments import parse
from shared.errors import RefusedError
from tests.simulation.app import Door
from tests.simulation.azure import Azure, an_id
from tests.simulation.estates import Estate, estates, zones
from tests.simulation.full_syncs import full_sync

REGISTRY_ID = str(an_id(REGISTRY, "myregistry"))
Out = pytest.CaptureFixture[str]
Happen = Callable[[Azure], object]


@dataclass
class Reader:
    """Somebody at a terminal who reads the plan for a while, and then says yes."""

    meanwhile: Callable[[], object]

    def isatty(self) -> bool:
        """It is a terminal."""
        return True

    def readline(self) -> str:
        """By the time that they answer, something has happened."""
        self.meanwhile()
        return "yes\n"


@pytest.fixture
def door() -> Door:
    """Two registries with an endpoint each, nothing published yet."""
    azure = Azure()
    azure.add_endpoint("pe-a", azure.add_registry("myregistry"), "10.1.0.4")
    azure.add_endpoint("pe-o", azure.add_registry("other"), "10.2.0.4", "net-o")
    return Door(azure)


async def confirm(
    door: Door, monkeypatch: pytest.MonkeyPatch, meanwhile: Happen, *arguments: str
) -> int:
    """Reconcile at a terminal, while something happens behind the reader's back."""
    monkeypatch.setattr(sys, "stdin", Reader(lambda: meanwhile(door.azure)))
    return await command.run_command(parse(["reconcile", *arguments]), door.app)


def _delete(azure: Azure) -> None:
    azure.delete_endpoint(an_id(ENDPOINT, "pe-a"))


def _type(azure: Azure) -> None:
    azure.put_record("myregistry", "10.9.9.9", metadata={"acrPrivateDns": "owner"})


def _replicate(azure: Azure) -> None:
    azure.add_replica(an_id(REGISTRY, "myregistry"), "northeurope")
    member = "registry_data_northeurope"
    azure.add_member(an_id(ENDPOINT, "pe-a"), an_id(REGISTRY, "myregistry"), member)


def _move(azure: Azure) -> None:
    azure.delete_endpoint(an_id(ENDPOINT, "pe-a"))
    azure.add_endpoint("pe-a", an_id(REGISTRY, "myregistry"), "10.66.0.4")


@pytest.mark.parametrize("happen", [_type, _replicate, _move])
@pytest.mark.parametrize("scope", [(), ("--registry", REGISTRY_ID)])
async def test_what_was_not_shown_is_left_and_told(
    door: Door, capsys: Out, monkeypatch: pytest.MonkeyPatch, happen: Happen, scope: tuple[str, ...]
) -> None:
    """The attack: while a person reads the plan, somebody sees to it that it becomes another."""
    status = await confirm(door, monkeypatch, happen, *scope)
    printed = capsys.readouterr()
    assert status == 2
    assert "plan-changed" in printed.out
    assert printed.err.splitlines()[-1].endswith("the rest was left: plan again.")
    names = {name for _, name, _ in door.azure.writes}
    assert not any(name.startswith("myregistry") for name in names)
    # What was shown of others is done all the same.
    assert ("other" in door.azure.zone()) == (scope == ())
    # Shown anew, it is done.
    assert await confirm(door, monkeypatch, lambda _: None, *scope) == 0
    assert "myregistry" in door.azure.zone()


async def test_a_delete_that_was_not_shown_is_not_made(
    door: Door, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who said yes to two new records has not said yes to the end of two others."""
    await full_sync(door.azure)
    door.azure.add_endpoint("pe-n", door.azure.add_registry("newest"), "10.3.0.4")
    assert await confirm(door, monkeypatch, _delete) == 2
    assert {"myregistry", "newest", "other"} <= door.azure.zone().keys()
    assert "plan again" in capsys.readouterr().err


async def test_what_only_looks_new_is_done(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """A record that was written again as it stood has another ETag, and the change is the same."""
    await full_sync(door.azure)
    door.azure.sets["myregistry"] = replace(door.azure.sets["myregistry"], ttl=77)

    def touch(azure: Azure) -> None:
        azure.sets["myregistry"] = replace(azure.sets["myregistry"], etag="another")

    assert await confirm(door, monkeypatch, touch) == 0
    assert door.azure.sets["myregistry"].ttl == 10


async def test_a_link_that_was_not_shown_stays(
    door: Door, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody uses it, and it would go, but nobody has seen that it would."""
    azure = door.azure
    old = azure.add_endpoint("pe-old", azure.add_registry("old"), "10.9.0.4", "net-old")
    await full_sync(azure)
    (link,) = (one for one in azure.zone_links.values() if one.network == an_id(NETWORK, "net-old"))
    azure.delete_endpoint(old)
    azure.sets.clear()
    azure.zone_links.clear()
    assert (
        await confirm(door, monkeypatch, lambda _: azure.zone_links.update({link.name: link})) == 2
    )
    assert link.name in azure.zone_links
    assert "plan again" in capsys.readouterr().err
    assert azure.zone().keys() >= {"myregistry", "other"}
    assert await confirm(door, monkeypatch, lambda _: None) == 0
    assert link.name not in azure.zone_links


async def test_a_link_that_stays_anyhow_holds_nothing_back(
    door: Door, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan shows no link that is in use, and its registry's records go all the same."""
    await full_sync(door.azure)
    door.azure.peered.add(an_id(NETWORK, "net-a"))
    _delete(door.azure)
    assert await confirm(door, monkeypatch, lambda _: None) == 0
    assert "myregistry" not in door.azure.zone()
    assert "plan again" not in capsys.readouterr().err


async def test_without_a_terminal_nothing_is_written_or_asked(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script that forgets --yes ends with one clear error, before Azure is asked anything."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("yes\n"))
    with pytest.raises(RefusedError, match=r"nobody can be asked here.+--yes"):
        await command.run_command(parse(["reconcile"]), door.app)
    assert door.azure.calls == []
    assert await command.run_command(parse(["reconcile", "--yes"]), door.app) == 0


async def test_who_asked_for_what_is_told_beside_the_page(
    door: Door, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a pipeline keeps of its run says who asked for what; the document stays a document."""
    monkeypatch.setattr("getpass.getuser", lambda: "carol\n\x1b[2K")
    await command.run_command(parse(["plan", "--adopt", "--output", "json"]), door.app)
    printed = capsys.readouterr()
    (line,) = printed.err.splitlines()
    assert line.startswith("plan of everything: policy sync, dry run true, adopt all, ")
    assert line.endswith("; asked for on the command line by carol??[2K")
    assert printed.out.startswith("{")


async def test_what_takes_two_looks_is_done_after_one_yes(door: Door) -> None:
    """One side's word counts half a minute later; what was to change till then was not shown."""
    azure = door.azure
    await full_sync(azure)
    azure.sets["myregistry"] = replace(azure.sets["myregistry"], ttl=77)
    del azure.endpoints[an_id(ENDPOINT, "pe-a")]
    (plan,) = await full_sync(azure, dry_run=True)
    shown_effects = {change.effect for change in plan.in_state(ChangeState.PLANNED)}
    await full_sync(azure, shown_effects=shown_effects)
    assert azure.zone().keys() == {"other", "other.westeurope.data"}


async def test_a_plan_shows_what_is_taken_in_the_end(door: Door, capsys: Out) -> None:
    """A run waits for a member that is on its way, and then takes what there is: so it is shown."""
    door.azure.add_replica(an_id(REGISTRY, "myregistry"), "northeurope")
    arguments = ["plan", "--registry", REGISTRY_ID, "--output", "json"]
    assert await command.run_command(parse(arguments), door.app) == 2
    (zone,) = json.loads(capsys.readouterr().out)["zones"]
    assert [one["name"] for one in zone["changes"] if one["kind"] == "record"] == [
        "myregistry.westeurope.data",
        "myregistry",
    ]


@given(estates(), zones)
@settings(max_examples=40)
async def test_all_that_was_shown_is_done(estate: Estate, zone: Zone) -> None:
    """In a quiet world a yes is enough: each change that was shown is made."""
    await estate.trouble(zone)
    azure = estate.azure
    (plan,) = await full_sync(azure, zone, override_threshold=True, dry_run=True)
    shown_effects = {change.effect for change in plan.in_state(ChangeState.PLANNED)}
    (result,) = await full_sync(azure, zone, override_threshold=True, shown_effects=shown_effects)
    assert {change.effect for change in result.in_state(ChangeState.DONE)} == shown_effects


@given(estates(), zones, st.data())
@settings(max_examples=40)
async def test_nothing_is_written_but_what_was_shown(
    estate: Estate, zone: Zone, data: st.DataObject
) -> None:
    """Whatever happens while somebody reads, each write is one that they read."""
    azure = estate.azure
    await full_sync(azure, zone)
    (plan,) = await full_sync(azure, zone, override_threshold=True, dry_run=True)
    shown = plan.in_state(ChangeState.PLANNED)
    for happen in data.draw(st.lists(st.sampled_from(estate.troubles), unique=True)):
        happen()
    azure.writes.clear()
    effects = {change.effect for change in shown}
    (result,) = await full_sync(azure, zone, override_threshold=True, shown_effects=effects)
    done = result.in_state(ChangeState.DONE)
    assert {change.effect for change in done} <= effects
    names = Counter(name for _, name, _ in azure.writes)
    assert names <= Counter(change.name for change in shown)
