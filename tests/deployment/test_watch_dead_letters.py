"""Undelivered events are kept: by each topic's own role, or by a group's that topics enter."""

import json

from tests.deployment.stage import (
    GROUP,
    HUB,
    STORAGE,
    TOPIC_PRINCIPAL,
    A,
    B,
    C,
    Stage,
    answer,
    topic,
)
from tests.deployment.worlds import LETTERS, furnish_subscription

_ERROR = "ERROR: (GroupNotFound) Not found."
_NEW = (
    "ERROR: Resource 'x' does not exist or one of its queried reference-property objects are not "
    "present."
)


def fill(stage: Stage, count: int, *principals: str) -> None:
    """So many role assignments in the app's subscription, some of them topics' at the container."""
    others = [[STORAGE, "another"]] * (count - len(principals))
    listed = [*others, *([LETTERS, principal] for principal in principals)]
    stage.tell("role assignment list", answer(listed), about=HUB)


def steps(stage: Stage) -> list[str]:
    """What changed in Azure, in order: deployments, without events or with them, and members."""
    return [
        " ".join(line[:4])
        if "deployment" not in line
        else f"deploy {json.loads(line[line.index('--parameters') + 1]).get('topicOnly') is None}"
        for line in stage.changes()
        if "rest" not in line
    ]


def test_no_topic_takes_the_last_role_assignments(stage: Stage) -> None:
    """Azure's 4,000 are everybody's: what would pass 3,500 is refused, and the way out named."""
    fill(stage, 3_499)
    ended = stage.run("add", "-s", A, "-s", B)
    assert ended.status == 1
    assert sorted(row.split()[1] for row in ended.rows.values()) == ["failed", "watched"]
    assert len(stage.deployed()) == 1
    (failed,) = [row for row in ended.rows.values() if "failed" in row]
    assert failed.endswith(
        f"the app's subscription {HUB} holds 3500 role assignments, and Azure allows 4,000: make a "
        "group in Entra ID and say --dead-letter-group"
    )


def test_a_topic_that_has_its_role_needs_no_other(stage: Stage) -> None:
    """An upgrade of a full estate is refused nothing; a topic without an identity asks for none."""
    fill(stage, 3_600, TOPIC_PRINCIPAL.upper())
    stage.tell("system-topic list", answer([topic(A)]), about=A)
    stage.tell("system-topic list", answer([topic(B, "theirs", "rg", identity=None)]), about=B)
    ended = stage.run("add", "-s", A, "-s", B, "-s", C)
    assert [row.split()[1] for row in ended.rows.values()] == ["watched", "watched", "failed"]
    assert len(stage.calls("assignment list")) == 1


def test_a_new_topic_enters_the_group_before_events_are_sent(stage: Stage) -> None:
    """A token of before tells for a day that its owner is in no group."""
    fill(stage, 4_000)
    stage.tell("system-topic list", answer([]), answer([topic(A)]), about=A)
    ended = stage.run("add", "-s", A, DEAD_LETTER_GROUP=GROUP.upper())
    assert ended.status == 0, ended.error
    assert steps(stage) == ["deploy False", "ad group member add", "deploy True"]
    assert stage.calls("member add")[0][4:8] == ["--group", GROUP, "--member-id", TOPIC_PRINCIPAL]
    assert stage.deployed()[A]["deadLetterGroup"] == GROUP


def test_an_identity_that_entra_does_not_know_yet_is_tried_again(stage: Stage) -> None:
    """A topic's identity reaches Entra ID's every corner seconds later."""
    stage.tell("system-topic list", answer([topic(A)]), about=A)
    stage.tell("member add", answer(error=_NEW), answer())
    ended = stage.run("add", "-s", A, "--dead-letter-group", GROUP)
    assert ended.status == 0
    assert "the new identity has not spread yet" in ended.error
    assert steps(stage) == ["ad group member add", "ad group member add", "deploy True"]


def test_a_member_is_not_added_again(stage: Stage) -> None:
    """Entra ID refuses a member twice, and the command may be given again."""
    stage.tell("system-topic list", answer([topic(A)]), about=A)
    stage.tell("member check", answer({"value": True}))
    assert stage.run("add", "-s", A, "--dead-letter-group", GROUP).status == 0
    assert steps(stage) == ["deploy True"]


def test_a_topic_without_an_identity_enters_no_group(stage: Stage) -> None:
    """Another team's topic is left as it is; nothing of it is kept."""
    stage.tell("system-topic list", answer([topic(A, "theirs", "rg", identity=None)]), about=A)
    assert stage.run("add", "-s", A, "--dead-letter-group", GROUP).status == 0
    assert steps(stage) == ["deploy True"]


def test_an_unknown_group_is_refused_at_once(stage: Stage) -> None:
    """Before a topic is made for it."""
    stage.tell("ad group show", answer(error=_ERROR))
    ended = stage.run("add", "-s", A, "--dead-letter-group", GROUP)
    assert ended.status == 2
    assert ended.error == f"watch.py: --dead-letter-group: Entra ID has no group {GROUP}\n"
    assert not stage.changes()


def test_a_dry_run_names_every_call(stage: Stage) -> None:
    """The identity is not known before there is a topic, so a word stands in its place."""
    ended = stage.run("add", "-s", A, "--dead-letter-group", GROUP, "--dry-run")
    assert ended.status == 0
    assert not stage.changes()
    printed = [line.partition(" --")[0] for line in ended.out.splitlines() if line[0] != "#"]
    assert printed[1:] == [
        "az deployment sub create",
        "az ad group member add",
        "az deployment sub create",
    ]


def test_what_is_removed_leaves_the_group(stage: Stage) -> None:
    """An adopted topic lives on, and its identity keeps no right that it does not need."""
    furnish_subscription(stage)
    stage.tell("member check", answer({"value": True}))
    assert stage.run("remove", "-s", A, "--dead-letter-group", GROUP).status == 0
    (line,) = stage.calls("member remove")
    assert line[4:8] == ["--group", GROUP, "--member-id", TOPIC_PRINCIPAL]
