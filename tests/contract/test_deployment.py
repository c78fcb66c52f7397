"""What is deployed into the local Azure is what the snapshots say, and no other thing."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulator.arm import endpoint_wish, links, peerings, zone_groups
from simulator.arm.actions import ACTIONS
from simulator.arm.wire import Answer, Route, Verb
from simulator.deployment import COMPILED, Deployment, DeploymentError, load_deployment

HOME = "0f2b7d5e-7c5d-4f0a-9a53-3a3d6b8f9e01"
AWAY = "6a1c2b3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
GROUP = f"/subscriptions/{HOME}/resourceGroups/dns"
ZONE = f"{GROUP}/providers/Microsoft.Network/privateDnsZones/privatelink.azurecr.cn"
CENTRAL, WATCHED = "central.snapshot.json", "watched.snapshot.json"
REPOSITORY = Path(__file__).parents[2]


def load(folder: Path = COMPILED) -> Deployment:
    """What is deployed where one zone serves two subscriptions."""
    return load_deployment("app", ZONE, (HOME, AWAY), folder)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder with both snapshots, to be damaged."""
    for name in (CENTRAL, WATCHED):
        shutil.copy(COMPILED / name, tmp_path)
    return tmp_path


def edit(path: Path, kind: str, change: Callable[[dict[str, Any]], object]) -> None:
    """Change every resource of a type in a snapshot."""
    snapshot = json.loads(path.read_text())
    for one in snapshot["predictedResources"]:
        if one["type"].endswith(f"/{kind}"):
            change(one["properties"])
    path.write_text(json.dumps(snapshot))


def test_the_world_of_the_snapshots_becomes_this_one() -> None:
    """No placeholder is left in a scope or a setting, and every subscription is watched."""
    found = load()
    assert {one.scope for one in found.assignments} == {
        ZONE,
        GROUP,
        f"/subscriptions/{HOME}",
        f"/subscriptions/{AWAY}",
    }
    assert {one.principal for one in found.assignments} == {"app"}
    assert found.settings == {
        "ACR_PRIVATE_DNS_OWNER": "acr-private-dns",
        "ACR_PRIVATE_DNS_SUBSCRIPTIONS": f"{HOME},{AWAY}",
        "ACR_PRIVATE_DNS_ZONES": f'[{{"id":"{ZONE}"}}]',
        "AzureWebJobsStorage__credential": "managedidentity",
    }


def test_events_come_as_they_are_deployed() -> None:
    """Each function's filter, the schema and the retry policy are the snapshot's."""
    found = load()
    assert sorted(found.filters) == ["endpoint_deleted", "endpoint_written", "registry_changed"]
    assert found.filters["endpoint_deleted"].advanced[0].values == (
        "microsoft.network/privateendpoints/delete",
    )
    delivery = found.delivery
    assert (delivery.deliverySchema, delivery.maxEventsPerBatch) == ("EventGridSchema", 1)
    assert (delivery.maxDeliveryAttempts, delivery.eventTimeToLiveInMinutes) == (30, 1440)
    assert delivery.deadLetter


def test_another_way_of_delivery_is_taken_over(copy: Path) -> None:
    """Whoever changes the retry policy sees it here at once."""
    policy = {"retryPolicy": {"maxDeliveryAttempts": 5, "eventTimeToLiveInMinutes": 60}}
    edit(copy / WATCHED, "eventSubscriptions", lambda one: one.update(policy))
    delivery = load(copy).delivery
    assert (delivery.maxDeliveryAttempts, delivery.eventTimeToLiveInMinutes) == (5, 60)


def test_a_role_that_loses_an_action_loses_it_here(copy: Path) -> None:
    """The rights come from the snapshots and from nowhere else."""
    edit(copy / CENTRAL, "roleDefinitions", lambda one: one["permissions"][0]["actions"].pop())
    before = sum(len(one.role_actions) for one in load().assignments)
    assert sum(len(one.role_actions) for one in load(copy).assignments) == before - 2


def write(text: str) -> Callable[[Path], object]:
    """Damage that leaves nothing but a text."""
    return lambda path: path.write_text(text)


def replace(old: str, new: str) -> Callable[[Path], object]:
    """Damage that puts one text in the place of another."""
    return lambda path: path.write_text(path.read_text().replace(old, new))


def widen(path: Path) -> None:
    """Give each role what no role here has."""
    edit(path, "roleDefinitions", lambda one: one["permissions"][0].update(notActions=[]))


@pytest.mark.parametrize(
    ("name", "damage", "why"),
    [
        (CENTRAL, Path.unlink, "No such file or directory"),
        (WATCHED, Path.unlink, "No such file or directory"),
        (CENTRAL, write(""), "Expecting value: line 1 column 1 (char 0)"),
        (WATCHED, write("[" * 100_000), "it is nested deeper than 64 levels"),
        (CENTRAL, lambda path: path.write_bytes(b"\xff"), "'utf-8' codec can't decode byte"),
        (CENTRAL, write("{}"), "'predictedResources' is not in it"),
        (CENTRAL, write("[]"), "it is not laid out as a snapshot"),
        (CENTRAL, write('{"predictedResources": []}'), "it does not speak of "),
        (WATCHED, replace("-000000000001", "-0000000000dd"), "it does not speak of 00000000-"),
        (CENTRAL, replace("Microsoft.Web/sites", "x"), "it holds no Microsoft.Web/sites"),
        (CENTRAL, replace('"appSettings"', '"x"'), "'appSettings' is not in it"),
        (CENTRAL, widen, "has more than one list of actions"),
        (WATCHED, replace("-0000000000ee", "-0000000000ff"), "it gives the app no role"),
        (WATCHED, replace("StringIn", "StringMatches"), "unknown operatorType 'StringMatches'"),
        (WATCHED, replace('Attempts": 30', 'Attempts": 31'), "must be from 1 to 30, not 31"),
    ],
)  # fmt: skip
def test_a_missing_or_damaged_snapshot_is_told_with_its_cure(
    copy: Path, name: str, damage: Callable[[Path], object], why: str
) -> None:
    """One message says which file cannot be used, why, and what to do."""
    damage(copy / name)
    with pytest.raises(DeploymentError) as told:
        load(copy)
    beginning = f"{copy / name}, which says what is deployed, cannot be used: "
    assert str(told.value).startswith(beginning)
    assert why in str(told.value)
    end = "Take it from git again, or make it anew with `make bicep`."
    assert str(told.value).endswith(end)


def test_event_subscriptions_that_differ_are_refused(copy: Path) -> None:
    """The local Azure delivers in one way, so it must not pretend that it knows three."""
    text = (copy / WATCHED).read_text()
    (copy / WATCHED).write_text(text.replace('Attempts": 30', 'Attempts": 9', 1))
    with pytest.raises(DeploymentError, match="deliver in more than one way"):
        load(copy)


def test_the_command_tells_it_in_one_line(tmp_path: Path) -> None:
    """Whoever starts the local Azure without the snapshots reads one sentence, no traceback."""
    shutil.copytree(REPOSITORY / "simulator", tmp_path / "simulator")
    command = [sys.executable, "-m", "simulator", "serve", "--json"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == (
        f"The local Azure cannot start: infra/compiled/{CENTRAL}, which says what is deployed, "
        "cannot be used: No such file or directory. "
        "Take it from git again, or make it anew with `make bicep`.\n"
    )


def test_no_request_needs_an_action_without_a_source() -> None:
    """A right that Microsoft does not list, or lists otherwise, would prove nothing here."""
    assert "Microsoft.Network/privateDnsZones/A/write" in ACTIONS
    with pytest.raises(ValueError, match="AAAA/write is no action"):
        Route("Microsoft.Network/privateDnsZones/AAAA", Verb.PUT, lambda _: Answer(200))


def test_no_reference_needs_an_action_without_a_source() -> None:
    """What a written resource refers to is asked for under Microsoft's names as well."""
    linked = {links.JOIN, zone_groups.JOIN, endpoint_wish.JOIN, endpoint_wish.APPROVAL}
    assert linked | {peerings.PEER} <= ACTIONS


def test_every_right_that_is_given_is_one_that_microsoft_lists() -> None:
    """A misspelt action in a role would be given, and allow nothing."""
    given = {action for one in load().assignments for action in one.role_actions}
    assert given <= ACTIONS
