"""watch.py with a management group, and what it lists."""

from typing import Any

import pytest

from tests.deployment.stage import (
    FUNCTIONS,
    HUB,
    A,
    B,
    C,
    Stage,
    account,
    answer,
    event_subscription,
    topic,
)
from tests.deployment.worlds import furnish_group


def test_a_management_group_is_kept_up(stage: Stage) -> None:
    """A nightly run deploys where something lacks, at any depth, and leaves the rest alone."""
    furnish_group(stage)
    ended = stage.run("add", "--management-group", "corp")
    assert ended.status == 0
    assert [row.split()[1] for row in ended.rows.values()] == ["unchanged", "watched", "watched"]
    deployed = stage.deployed()
    assert set(deployed) == {B, C}
    assert not any(values["access"] for values in deployed.values()), "its role is made once"
    assert stage.calls("account list --refresh"), "a new subscription is not in az's memory"


def test_a_disabled_subscription_fails_no_night(stage: Stage) -> None:
    """What is switched off can take no deployment, and is no failure."""
    furnish_group(stage)
    accounts = [account(HUB, default=True), account(A), account(B), account(C, state="Disabled")]
    stage.tell("account list", answer(accounts))
    ended = stage.run("add", "--management-group", "corp")
    assert ended.status == 0
    assert ended.rows[C] == f"{C}  skipped    -                     the subscription is disabled"
    assert not stage.calls(f"deployment sub create {C}")


def test_an_empty_management_group_is_refused(stage: Stage) -> None:
    """A mistyped group, or one that may not be read, is no quiet success."""
    stage.tell("management-group show", answer({"name": "corp", "children": None}))
    ended = stage.run("add", "--management-group", "corp")
    assert ended.status == 2
    assert ended.error.endswith("watch.py: management group 'corp' has no subscriptions\n")


@pytest.mark.parametrize(
    "difference",
    [
        {"provisioningState": "AwaitingManualAction"},
        {"destination": {"resourceId": "/another/functions/endpoint_deleted"}},
        {"destination": None},
        {"filter": {"includedEventTypes": ["Microsoft.Resources.ResourceDeleteSuccess"]}},
        {"deadLetterWithResourceIdentity": None},
    ],
    ids=lambda difference: next(iter(difference)),
)
def test_what_differs_is_deployed_again(stage: Stage, difference: dict[str, Any]) -> None:
    """Somebody's change at an event subscription is seen, and put right the next night."""
    furnish_group(stage, with_c=False)
    changed = event_subscription("endpoint_deleted", **difference)
    rest = [event_subscription(function) for function in FUNCTIONS[1:]]
    stage.tell("event-subscription list", answer([changed, *rest]), about=A)
    listed = stage.run("list", "-s", A)
    assert listed.rows[A] == f"{A}  differs  evgt-acr-private-dns  endpoint_deleted differs"
    assert stage.run("add", "--management-group", "corp").status == 0
    assert set(stage.deployed()) == {A, B}


def test_the_list_changes_nothing(stage: Stage) -> None:
    """What is watched, what lacks something and what is not watched, by reading alone."""
    furnish_group(stage)
    stage.tell("system-topic list", answer([topic(C, "theirs", "rg-t")]), about=C)
    ended = stage.run("list", "-s", A, "-s", B, "-s", C)
    assert ended.status == 0
    assert ended.out.splitlines()[1:] == [
        f"{A}  watched      evgt-acr-private-dns",
        f"{B}  differs      evgt-acr-private-dns     endpoint_deleted is missing",
        f"{C}  not watched  theirs in rg-t, adopted",
    ]
    assert not stage.changes()


def test_a_nested_destination_is_read(stage: Stage) -> None:
    """An az that does not flatten documents sees the same event subscriptions."""
    furnish_group(stage)
    documents = [event_subscription(function) for function in FUNCTIONS]
    for document in documents:
        resource = document["destination"].pop("resourceId")
        document["destination"]["properties"] = {"resourceId": resource.upper()}
    stage.tell("event-subscription list", answer(documents), about=A)
    assert stage.run("list", "-s", A).rows[A].split()[1] == "watched"
