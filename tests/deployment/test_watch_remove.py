"""watch.py remove: what the deployment made goes, and nothing else."""

import pytest

from tests.deployment.stage import (
    FUNCTIONS,
    HUB,
    NAME,
    A,
    Stage,
    answer,
    assignment,
    event_subscription,
    option,
    role,
    topic,
)
from tests.deployment.worlds import (
    GROUP,
    GROUP_READER,
    LETTERS,
    READER,
    furnish_group_roles,
    furnish_subscription,
)

_GROUP = f"rg-{NAME}-events"


def test_all_that_was_made_goes_and_nothing_else(stage: Stage) -> None:
    """Events, topic, assignments and roles by name and tag; what others have there stays."""
    furnish_subscription(stage)
    ended = stage.run("remove", "-s", A)
    assert ended.status == 0
    assert ended.rows[A] == f"{A}  removed  evgt-{NAME}"
    changes = stage.changes()
    removed = [
        " ".join(line[line.index("--ids") + 1 : line.index("--subscription")])
        if "--ids" in line
        else option(line, "--name")
        for line in changes
    ]
    assert removed == [
        *(f"{NAME}-{function.replace('_', '-')}" for function in FUNCTIONS),
        NAME,
        "topics",
        _GROUP,
        assignment(READER, f"/subscriptions/{A}")["id"],
        READER["name"],
        f"{NAME}-events",
    ]
    assert all("--subscription" in line for line in changes)


def test_anothers_diagnostic_setting_stays(stage: Stage) -> None:
    """A topic may be watched by a central team's workspace, too."""
    furnish_subscription(stage)
    stage.tell("diagnostic-settings list", answer([{"name": "theirs"}]))
    assert stage.run("remove", "-s", A).status == 0
    assert not stage.calls("diagnostic-settings delete")


def test_a_second_removal_finds_nothing(stage: Stage) -> None:
    """A removal that was interrupted, or is given twice, ends well."""
    ended = stage.run("remove", "-s", A)
    assert ended.status == 0
    assert ended.rows[A] == f"{A}  nothing there  -"
    assert not stage.changes()


def test_an_adopted_topic_stays(stage: Stage) -> None:
    """Another team's topic loses our event subscriptions, and nothing more."""
    furnish_subscription(stage)
    stage.tell("system-topic list", answer([topic(A, "theirs", "rg-t")]), about=A)
    stage.tell("group show", answer(error="ERROR: (ResourceGroupNotFound) x"), about=A)
    assert stage.run("remove", "-s", A).status == 0
    deleted = stage.calls("event-subscription delete")
    assert len(deleted) == 3
    assert {option(line, "--system-topic-name") for line in deleted} == {"theirs"}
    assert not stage.calls("group delete")


@pytest.mark.parametrize(
    ("words", "found", "remark"),
    [
        ("group show", {"tags": None}, "it does not carry the tag acr-private-dns=acr-private-dns"),
        ("resource list", [topic(A), {"id": "x", "name": "x"}], "it holds x"),
        (
            "event-subscription list",
            [event_subscription(FUNCTIONS[0]), {"name": "theirs"}],
            f"others have event subscriptions at evgt-{NAME}",
        ),
    ],
    ids=["no tag", "other resources", "other event subscriptions"],
)
def test_a_group_that_others_use_stays(
    stage: Stage, words: str, found: object, remark: str
) -> None:
    """A group goes only if all in it is ours; if it stays, the table says why."""
    furnish_subscription(stage)
    stage.tell(words, answer(found))
    ended = stage.run("remove", "-s", A)
    assert ended.status == 0
    assert f"{_GROUP} stays: {remark}" in ended.rows[A]
    assert not stage.calls("group delete")
    assert stage.calls("event-subscription delete")


def test_a_removal_works_after_the_app_is_gone(stage: Stage) -> None:
    """Who deleted the hub first still gets the subscriptions clean, by names and tag."""
    furnish_subscription(stage)
    stage.tell("deployment sub show", answer(error="ERROR: (DeploymentNotFound) x"), about=NAME)
    ended = stage.run("remove", "-s", A)
    assert ended.status == 0
    assert ended.rows[A].split()[1] == "removed"
    assert not stage.calls(LETTERS)


def test_storage_that_is_gone_is_no_failure(stage: Stage) -> None:
    """The record of main.bicep's deployment outlives its resources."""
    furnish_subscription(stage)
    stage.tell("role assignment list", answer(error="ERROR: (ResourceNotFound) x"), about=LETTERS)
    assert stage.run("remove", "-s", A).status == 0


@pytest.mark.parametrize("arguments", [(), ("-s", HUB)], ids=["everything", "one"])
def test_roles_on_zones_go_with_everything(stage: Stage, arguments: tuple[str, ...]) -> None:
    """A subscription that is watched no longer does not take the keeper from the zone in it."""
    scope = f"/subscriptions/{HUB}"
    keeper, reader = role("Zone Keeper", scope), role("Reader", scope)
    stage.tell("role definition list", answer([keeper, reader]), about=scope)
    assert stage.run("remove", *arguments).status == 0
    removed = {option(line, "--name") for line in stage.calls("role definition delete")}
    assert removed == ({reader["name"]} if arguments else {keeper["name"], reader["name"]})


def test_a_management_groups_role_goes_with_it(stage: Stage) -> None:
    """The role that was made once for all subscriptions is taken away once."""
    furnish_group_roles(stage)
    stage.tell(
        "management-group show", answer({"children": [{"type": "/subscriptions", "name": A}]})
    )
    ended = stage.run("remove", "--management-group", "corp")
    assert ended.status == 0
    assert ended.rows["corp"] == f"corp{' ' * 32}  removed        -"
    (deleted,) = stage.calls("role definition delete")
    assert option(deleted, "--scope") == GROUP
    assert option(deleted, "--name") == GROUP_READER["name"]


def test_a_dry_removal_prints_and_changes_nothing(stage: Stage) -> None:
    """Before anything is taken away, one can read what would be."""
    furnish_subscription(stage)
    ended = stage.run("remove", "--dry-run", "-s", A)
    assert ended.status == 0
    assert not stage.changes()
    printed = [line for line in ended.out.splitlines() if not line.startswith("#")]
    assert len(printed) == 9
    assert all(line.startswith("az ") for line in printed)
