"""watch.py refuses what cannot be meant, in one sentence, before anything is changed."""

import ast
import json
import sys
from pathlib import Path

import pytest

from tests.deployment.stage import (
    APP,
    HUB,
    INFRA,
    PRINCIPAL,
    STORAGE,
    A,
    B,
    Stage,
    account,
    answer,
    main_deployment,
)

_UNKNOWN = "00000000-0000-0000-0000-000000000099"
_NETWORK = f"/subscriptions/{B}/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/n"
_AZD = {"PRINCIPAL_ID": PRINCIPAL, "STORAGE_ID": STORAGE, "FUNCTION_APP_ID": APP}


@pytest.mark.parametrize(
    ("arguments", "environment", "sentence"),
    [
        ("-s mine", {}, "--subscription takes a subscription's ID, not 'mine'"),
        (f"-s {_UNKNOWN}", {}, f"az does not know subscription {_UNKNOWN}: sign in"),
        (f"-s {A} --management-group m", {}, "--subscription and --management-group exclude"),
        ("--management-group a/b", {}, "--management-group takes a management group's name"),
        ("--name x", {}, "--name takes 2 to 24 letters, digits and dashes, not 'x'"),
        ("", {"AZURE_ENV_NAME": "my_env"}, "--name takes 2 to 24 letters, digits and dashes"),
        ("--hub mine", {}, "--hub takes a subscription's ID, not 'mine'"),
        ("", {"AZURE_SUBSCRIPTION_ID": _UNKNOWN}, f"az does not know subscription {_UNKNOWN}"),
        ("--location West-Europe", {}, "--location takes a region such as westeurope"),
        ("--network vnet", {}, "--network takes a virtual network's resource ID, not 'vnet'"),
        (f"--network {_NETWORK}", {}, f"--network names one in {B}, which no --subscription names"),
        (f"-s {A} -s {B} --network {_NETWORK}", {}, f"--network names none in {A}"),
        (f"-s {B} --no-access --network {_NETWORK}", {}, "--network and --no-access exclude"),
        ("--dead-letter-group g", {}, "--dead-letter-group takes a group's object ID in Entra ID"),
        ("", {"DEAD_LETTER_GROUP": "g"}, "--dead-letter-group takes a group's object ID"),
        ("--patience -1", {}, "--pause and --patience are seconds, 0 or more"),
        ("", {"ACR_PRIVATE_DNS_SUBSCRIPTIONS": f"{A};{B}"}, "ACR_PRIVATE_DNS_SUBSCRIPTIONS takes"),
        ("", {"ACR_PRIVATE_DNS_SUBSCRIPTIONS": _UNKNOWN}, f"az does not know {_UNKNOWN}"),
        ("", {"ACR_PRIVATE_DNS_SUBSCRIPTIONS": "all"}, "there is nothing to add: say --sub"),
        ("", {"ACR_PRIVATE_DNS_ZONES": "privatelink"}, "ACR_PRIVATE_DNS_ZONES is not JSON like"),
        ("", {"ACR_PRIVATE_DNS_ZONES": '[{"id": "x"}]'}, "ACR_PRIVATE_DNS_ZONES is not JSON like"),
        ("", {"FUNCTION_APP_ID": "func"}, "FUNCTION_APP_ID is not a resource ID: 'func'"),
        ("", _AZD, "the region is not known: say --location"),
    ],
)
def test_a_wrong_value_is_named(
    stage: Stage, arguments: str, environment: dict[str, str], sentence: str
) -> None:
    """The sentence names what is wrong, and Azure has not been asked to change anything."""
    ended = stage.run("add", *arguments.split(), **environment)
    assert ended.status == 2
    assert ended.out == ""
    (line,) = ended.error.splitlines()
    start, _, end = sentence.partition("know 0")
    assert line.startswith(f"watch.py: {start}"), line
    assert not end or end in line
    assert not stage.changes()
    asked = {" ".join(call[:3]) for call in stage.calls()}
    assert asked <= {"account list --all", "deployment sub show"}


def test_an_unknown_command_is_refused(stage: Stage) -> None:
    """What is not add, remove or list is answered with these three."""
    ended = stage.run("watch")
    assert ended.status == 2
    assert "add" in ended.error
    assert not stage.calls()


def test_nobody_is_signed_in(stage: Stage) -> None:
    """The first thing that a newcomer forgets is what the first sentence says."""
    stage.tell("account list", answer([]))
    ended = stage.run("add")
    assert (ended.status, ended.out) == (2, "")
    assert ended.error == "watch.py: nobody is signed in: run `az login` first\n"


def test_az_is_not_installed(stage: Stage) -> None:
    """Without az the sentence says what to install."""
    (stage.bin / "az").unlink()
    ended = stage.run("add", PATH=str(stage.bin))
    assert ended.status == 1
    assert ended.error.startswith("watch.py: az is not on the PATH: install the Azure CLI")


def test_az_is_set_to_no_subscription(stage: Stage) -> None:
    """Without a subscription to begin with, the option that names one is told."""
    stage.tell("account list", answer([account(A)]))
    ended = stage.run("add")
    assert (ended.status, ended.error) == (2, "watch.py: az is set to no subscription: say --hub\n")


@pytest.mark.parametrize(
    ("shown", "sentence"),
    [
        (answer(error="ERROR: (DeploymentNotFound) x"), "deploy infra/main.bicep first"),
        (answer(main_deployment("Failed")), "is Failed: deploy infra/main.bicep again first"),
        (
            answer(main_deployment() | {"properties": {"provisioningState": "Succeeded"}}),
            "is not one of infra/main.bicep: it has no FUNCTION_APP_ID",
        ),
    ],
    ids=["absent", "failed", "another"],
)
def test_the_app_is_not_deployed(stage: Stage, shown: object, sentence: str) -> None:
    """What is deployed too early says which template comes first."""
    stage.tell("deployment sub show", shown)
    ended = stage.run("add")
    assert ended.status == 2
    assert sentence in ended.error
    assert f"'acr-private-dns' in subscription {HUB}" in ended.error
    assert not stage.changes()


def test_half_a_copy_is_refused(stage: Stage) -> None:
    """A script that was copied without its templates says so before it asks Azure anything."""
    stage.template.unlink()
    ended = stage.run("add")
    assert ended.status == 2
    assert f"{stage.template} is missing" in ended.error
    assert not stage.calls()


@pytest.mark.parametrize("path", sorted((INFRA / "watch").glob("*.py")), ids=lambda path: path.name)
def test_the_standard_library_is_enough(path: Path) -> None:
    """Whoever deploys has Python 3.9 and az: nothing newer is written, nothing else imported."""
    tree = ast.parse(path.read_text("utf-8"), feature_version=(3, 9))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
        )
    }
    siblings = {sibling.stem for sibling in path.parent.glob("*.py")}
    assert imported - siblings <= sys.stdlib_module_names
    assert not siblings & sys.stdlib_module_names


def test_no_requirements_lie_beside_it() -> None:
    """Requirements would be installed by azd, on a machine that may reach no registry."""
    names = {path.name for path in (INFRA / "watch").iterdir()} - {"__pycache__"}
    assert {Path(name).suffix for name in names} == {".py"}


def test_json_that_az_did_not_write_is_told(stage: Stage) -> None:
    """A wrapper that prints a greeting is named, instead of a traceback."""
    az = stage.bin / "az"
    az.write_text("#!/bin/sh\necho hello\n")
    ended = stage.run("add")
    assert ended.status == 1
    assert "did not answer in JSON: hello" in ended.error
    assert json.dumps("Traceback") not in ended.error
