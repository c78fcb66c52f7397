"""watch.py add: roles and events in each subscription, whatever Azure refuses at first."""

import json
import shlex
import time

import pytest

from tests.deployment.stage import (
    APP,
    HUB,
    NAME,
    PRINCIPAL,
    STORAGE,
    WORKSPACE,
    ZONE,
    A,
    B,
    C,
    Stage,
    answer,
    option,
    topic,
)

_NOT_FOUND = (
    "Destination endpoint not found. Resource details: resourceId: x. "
    "Resource should pre-exist before attempting this operation."
)
_FAILED = "The resource write operation failed to complete successfully"
_NESTED = json.dumps(
    {
        "status": "Failed",
        "error": {
            "code": "DeploymentFailed",
            "message": "At least one resource deployment operation failed.",
            "details": [
                {
                    "code": "ResourceDeploymentFailure",
                    "message": _FAILED,
                    "details": [
                        {
                            "code": "Managed Identity Authorization Error",
                            "message": "Managed Identity does not have permission.",
                        }
                    ],
                }
            ],
        },
    }
)
_FORBIDDEN = (
    "ERROR: (AuthorizationFailed) The client 'x' does not have authorization to perform action "
    "'Microsoft.Authorization/roleDefinitions/write'.\nCode: AuthorizationFailed\nMessage: x\n"
)


def test_one_subscription_is_watched(stage: Stage) -> None:
    """Functions are synced and listed before events are deployed, with what main.bicep put out."""
    ended = stage.run("add")
    assert ended.status == 0
    assert ended.out.splitlines() == [
        "SUBSCRIPTION                          RESULT   TOPIC                 REMARK",
        f"{A}  watched  evgt-acr-private-dns",
    ]
    sync, deployment = stage.changes()
    assert sync[:5] == ["rest", "--method", "post", "--url", option(sync, "--url")]
    assert option(sync, "--url").startswith(f"{APP}/host/default/sync?api-version=")
    lines = stage.calls()
    assert lines.index(sync) < lines.index(stage.calls("function list")[0])
    assert lines.index(stage.calls("function list")[0]) < lines.index(deployment)
    assert option(deployment, "--template-file") == str(stage.template)
    assert option(deployment, "--location") == "westeurope"
    # Not main.bicep's own name, which it would replace where the hub is watched.
    assert option(deployment, "--name") == f"{NAME}-events"
    assert stage.deployed() == {
        A: {
            "name": NAME,
            "location": "westeurope",
            "principalId": PRINCIPAL,
            "functionAppId": APP,
            "storageId": STORAGE,
            "workspaceId": WORKSPACE,
            "links": True,
            "access": True,
        }
    }


def test_one_of_three_fails(stage: Stage) -> None:
    """A failure keeps no other subscription back, is told in one sentence, and is the status."""
    stage.tell("deployment sub create", answer(error=_FORBIDDEN), about=B)
    ended = stage.run("add", "-s", A, "-s", B, "-s", C)
    assert ended.status == 1
    assert ended.out == (
        "SUBSCRIPTION                          RESULT   TOPIC                 REMARK\n"
        f"{A}  watched  evgt-acr-private-dns\n"
        f"{B}  failed   -                     AuthorizationFailed: The client 'x' does not have "
        "authorization to perform action 'Microsoft.Authorization/roleDefinitions/write'.\n"
        f"{C}  watched  evgt-acr-private-dns\n"
    )
    assert len(stage.calls("deployment sub create")) == 3, "what is forbidden is not tried again"


def test_adding_again_asks_for_the_same(stage: Stage) -> None:
    """The same command makes the same calls, so it may be given after every upgrade."""
    assert stage.run("add").status == 0
    first = stage.calls()
    assert stage.run("add").status == 0
    assert stage.calls() == [*first, *first]


def test_at_most_four_at_once(stage: Stage) -> None:
    """Many subscriptions do not wait for one another, nor does one machine start hundreds."""
    many = [f"00000000-0000-0000-0000-0000000000{number}" for number in range(10, 20)]
    stage.tell("account list", answer([{"id": one} for one in (HUB, *many)]))
    stage.tell("deployment sub create", answer(seconds=0.2))
    ended = stage.run("add", "--hub", HUB, *(word for one in many for word in ("-s", one)))
    assert ended.status == 0
    assert list(ended.rows) == many
    assert stage.most_at_once() == 4


@pytest.mark.parametrize(
    ("identity", "remark"),
    [
        ({"type": "SystemAssigned", "principalId": "x"}, ""),
        (None, "the topic has no identity: undelivered events are not kept"),
    ],
    ids=["with identity", "without identity"],
)
def test_a_topic_that_is_there_is_adopted(
    stage: Stage, identity: dict[str, str] | None, remark: str
) -> None:
    """Azure allows one topic a subscription: another team's is used as it is, and told."""
    other = {"name": "any", "id": "x", "topicType": "Microsoft.Storage.StorageAccounts"}
    stage.tell(
        "system-topic list", answer([other, topic(A, "theirs", "rg-t", identity=identity)]), about=A
    )
    ended = stage.run("add")
    assert ended.status == 0
    row = f"{A}  watched  theirs in rg-t, adopted  {remark}"
    assert ended.rows[A] == row.rstrip()
    assert stage.deployed()[A]["adopt"] == {
        "name": "theirs",
        "resourceGroup": "rg-t",
        "hasIdentity": identity is not None,
    }


def test_our_own_topic_is_not_adopted(stage: Stage) -> None:
    """An adopted topic is left alone for good; what subscription.bicep made stays its own."""
    stage.tell("system-topic list", answer([topic(A)]))
    assert stage.run("add").status == 0
    assert "adopt" not in stage.deployed()[A]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (f"ERROR: {_NESTED}", "the topic's role has not spread yet"),
        (f"ERROR: (Endpoint validation) {_NOT_FOUND}\nCode: x", "Event Grid does not see"),
        (f"ERROR: Deployment failed. Correlation ID: x. {_NOT_FOUND}", "Event Grid does not see"),
        (
            f"ERROR: (DeploymentFailed)\nException Details:\t(ResourceDeploymentFailure) {_FAILED}",
            "Event Grid could not finish yet",
        ),
        ("ERROR: (DeploymentActive) It is still active.", "an earlier deployment is still at work"),
        ("ERROR: (PrincipalNotFound) Principal x.", "the new identity has not spread yet"),
        ("ERROR: (RoleDefinitionDoesNotExist) Role x.", "the new role has not spread yet"),
    ],
)
def test_what_azure_refuses_at_first_is_tried_again(stage: Stage, error: str, reason: str) -> None:
    """Roles spread and functions appear within minutes: nobody has to come back for that."""
    stage.tell("deployment sub create", answer(error=error), answer(error=error), answer())
    ended = stage.run("add")
    assert ended.status == 0
    assert len(stage.calls("deployment sub create")) == 3
    assert ended.error.count(reason) == 2


def test_between_two_tries_is_a_pause(stage: Stage) -> None:
    """Azure is not hammered while it spreads a role."""
    stage.tell("deployment sub create", answer(error=f"ERROR: {_NESTED}"), answer())
    begin = time.monotonic()
    assert stage.run("add", "--pause", "0.7").status == 0
    assert time.monotonic() - begin > 0.7


def test_patience_ends(stage: Stage) -> None:
    """A refusal that never ends is a failure, with the innermost words that Azure had for it."""
    stage.tell("deployment sub create", answer(error=f"ERROR: {_NESTED}"))
    ended = stage.run("add", "--patience", "0.3")
    assert ended.status == 1
    assert "Managed Identity Authorization Error: Managed Identity does not" in ended.rows[A]
    assert len(stage.calls("deployment sub create")) > 1


def test_functions_are_waited_for(stage: Stage) -> None:
    """A sync may come before the app has started, so it is asked for again each time."""
    stage.tell("rest", answer(error="ERROR: Bad Gateway"), answer())
    some, whole = [{"name": "func-x/endpoint_deleted"}], stage_functions()
    stage.tell("functionapp function list", answer([]), answer(some), answer(whole))
    ended = stage.run("add")
    assert ended.status == 0
    assert len(stage.calls("rest post")) == 4
    assert "func-x: waiting for endpoint_written, registry_changed\n" in ended.error


def stage_functions() -> list[dict[str, str]]:
    """The functions of the app as az lists them, the timer's and HTTP ones among them."""
    names = ("endpoint_deleted", "endpoint_written", "registry_changed", "full_sync", "plan")
    return [{"name": f"func-x/{name}"} for name in names]


def test_code_that_is_not_deployed_is_told(stage: Stage) -> None:
    """Without its functions nothing is deployed, since Event Grid would refuse every event."""
    stage.tell("functionapp function list", answer([{"name": "func-x/plan"}]))
    ended = stage.run("add", "--patience", "0.2")
    assert ended.status == 1
    assert ended.error.splitlines()[-1] == (
        "watch.py: func-x does not list endpoint_deleted, endpoint_written, registry_changed: "
        "is its code deployed?"
    )
    assert not stage.calls("deployment sub create")


def test_a_right_to_the_app_that_lacks_is_told_at_once(stage: Stage) -> None:
    """Nobody waits ten minutes to hear that a role is missing."""
    stage.tell("rest", answer(error="ERROR: Forbidden({'code': 'AuthorizationFailed'})"))
    ended = stage.run("add")
    assert ended.status == 1
    assert len(stage.calls("rest post")) == 1
    assert "AuthorizationFailed" in ended.error


def test_azd_gives_the_outputs(stage: Stage) -> None:
    """The deployment that azd makes has another name, but its hooks have main.bicep's outputs."""
    ended = stage.run(
        "add",
        FUNCTION_APP_ID=APP,
        PRINCIPAL_ID=PRINCIPAL,
        STORAGE_ID=STORAGE,
        LINKS="false",
        AZURE_ENV_NAME="prod",
        AZURE_LOCATION="northeurope",
        AZURE_SUBSCRIPTION_ID=HUB,
        ACR_PRIVATE_DNS_SUBSCRIPTIONS=f"{B}, {C}",
        ACR_PRIVATE_DNS_ZONES=json.dumps([{"id": ZONE}]),
    )
    assert ended.status == 0
    assert not stage.calls("deployment sub show")
    deployed = stage.deployed()
    assert set(deployed) == {B, C}
    assert deployed[B]["name"] == "prod"
    assert deployed[B]["location"] == "northeurope"
    assert deployed[B]["links"] is False


def test_networks_narrow_the_role_that_joins(stage: Stage) -> None:
    """Where networks are named, the app may join these alone."""
    network = f"/subscriptions/{A}/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/n"
    assert stage.run("add", "-s", A, "--network", network).status == 0
    assert stage.deployed()[A]["joinerScopes"] == [network]


def test_roles_may_be_left_to_others(stage: Stage) -> None:
    """Who may not make roles deploys the events alone."""
    assert stage.run("add", "--no-access").status == 0
    assert stage.deployed()[A]["access"] is False


def test_a_dry_run_prints_and_changes_nothing(stage: Stage) -> None:
    """What is printed are the very command lines of a real run, as a script."""
    stage.tell("system-topic list", answer([topic(B, "theirs", "rg-t")]), about=B)
    ended = stage.run("add", "-s", A, "-s", B, "--dry-run")
    assert ended.status == 0
    assert not stage.changes()
    assert not ended.error
    lines = ended.out.splitlines()
    printed = sorted(line for line in lines if not line.startswith("#"))
    assert [line for line in lines if line.startswith("#")] == [
        "# Nothing was changed. These calls would end with:",
        "# SUBSCRIPTION                          RESULT   TOPIC                    REMARK",
        f"# {A}  watched  evgt-acr-private-dns",
        f"# {B}  watched  theirs in rg-t, adopted",
    ]
    assert stage.run("add", "-s", A, "-s", B).status == 0
    assert sorted(shlex.join(("az", *line)) for line in stage.changes()) == printed
