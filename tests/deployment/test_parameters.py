"""What stands in the environment reaches the templates, or is refused before Azure hears of it."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.build.artefacts import take_snapshot
from infra.build.compiler import Compiled, Compiler, CompilerError
from tests.deployment.environments import (
    APP,
    MERGED,
    NETWORKS,
    SUBSCRIPTION,
    TOPIC,
    WRONG,
    ZONE,
    copy_infra,
)


@pytest.fixture
def compiled(compiler: Compiler, tmp_path: Path) -> Callable[[str], tuple[Compiled, Compiled]]:
    """What both parameter files make of an environment by its name: main's, a subscription's."""

    def compile_both(environment: str) -> tuple[Compiled, Compiled]:
        main, subscription = copy_infra(environment, tmp_path)
        return compiler.compile_parameters(main), compiler.compile_parameters(subscription)

    return compile_both


def read_values(file: Compiled) -> dict[str, Any]:
    """What the templates get; not what they are left their default for."""
    assert file.diagnostics == ()
    parameters = json.loads(file.text)["parameters"]
    return {name: one["value"] for name, one in parameters.items() if one["value"] is not None}


BY_COMMAS = "separated by commas."
WATCHED = "should be IDs of subscriptions, separated by commas, or all, alone."

type Compile = Callable[[str], tuple[Compiled, Compiled]]


def test_the_least_environment_leaves_the_rest_to_the_defaults(compiled: Compile) -> None:
    """Zones suffice for the app, and main's outputs for a subscription; empty means not set."""
    main, subscription = compiled("least")
    found = read_values(main)
    assert {value for value in found.pop("settings").values() if value is not None} == set()
    assert found == {"name": "acr-private-dns", "zones": [ZONE]}
    assert read_values(subscription) == {
        "name": "acr-private-dns",
        "principalId": "p",
        "functionAppId": "/app",
        "storageId": "/storage",
    }


def test_everything_can_be_said_in_the_environment(compiled: Compile) -> None:
    """Each variable arrives where it is used, as what it is."""
    main, subscription = compiled("everything")
    assert read_values(main) == {
        "name": "prod-1",
        "location": "westeurope",
        "zones": [MERGED],
        "watched": [SUBSCRIPTION, f"{SUBSCRIPTION[:-1]}2"],
        "settings": {
            "ttl": 60,
            "policy": "upsert-only",
            "dryRun": True,
            "deleteThresholdPercent": 0,
            "deleteThresholdMin": 7,
            "allow": ["overrideDeleteThreshold", "adopt"],
            "schedule": "0 */30 * * * *",
            "apiVersions": {"network": "2024-05-01"},
        },
        "zoneAccess": False,
        "allowedRanges": ["203.0.113.0/24", "198.51.100.0/24"],
        "packageUri": "https://releases.example.com/acr-private-dns.zip?signature",
    }
    assert read_values(subscription) == {
        "name": "prod-1",
        "location": "westeurope",
        "principalId": "p",
        "functionAppId": "/app",
        "storageId": "/storage",
        "workspaceId": "/workspace",
        "links": False,
        "joinerScopes": NETWORKS,
        "adopt": TOPIC,
        "deadLetterGroup": SUBSCRIPTION,
        "topicOnly": True,
        "access": False,
        "events": True,
    }


def test_all_subscriptions_can_be_watched(compiled: Compile) -> None:
    """The word for all of them arrives as it was written, which the app takes in any case."""
    main, _ = compiled("all")
    assert read_values(main)["watched"] == ["All"]


def test_what_is_wrong_is_named(compiled: Compile) -> None:
    """Each mistake is told in a sentence with the variable, its value and what it should be."""
    main, subscription = compiled("mistakes")
    said = [one.partition(": ")[2] for one in (*main.diagnostics, *subscription.diagnostics)]
    networks = f"resource IDs of virtual networks, {BY_COMMAS}"
    assert [one.partition('": ')[2] for one in said] == [
        'AZURE_ENV_NAME is "a b", but should be letters and digits, with dashes between them.',
        "ACR_PRIVATE_DNS_ZONES has an id that is no resource ID of a zone privatelink.…",
        f'ACR_PRIVATE_DNS_SUBSCRIPTIONS is "mine", but {WATCHED}',
        'ACR_PRIVATE_DNS_TTL is "0", but should be seconds from 1 to 2147483647.',
        'ZONE_ACCESS is "no", but should be true or false.',
        "PACKAGE_URI should begin with https://.",
        'LINKS is "no", but should be true or false.',
        'AZURE_ENV_NAME is "a b", but should be letters and digits, with dashes between them.',
        f'JOINER_SCOPES is "{ZONE["id"]}", but should be {networks}',
        'DEAD_LETTER_GROUP is "letters", but should be the object ID of a group in Entra ID.',
        'TOPIC_ONLY is "no", but should be true or false.',
        'ACCESS is "no", but should be true or false.',
        'EVENTS is "no", but should be true or false.',
    ]


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_setting_is_named(name: str, compiled: Compile) -> None:
    """What the app would refuse at its start is refused before it is deployed."""
    main, _ = compiled(f"wrong_{name}")
    assert len(main.diagnostics) == 1
    assert WRONG[name][1] in main.diagnostics[0]


@pytest.mark.parametrize(
    ("shape", "change", "words"),
    [
        (
            "central",
            ("privatelink.azurecr.io", "azurecr.io"),
            "zones has an id that is no resource",
        ),
        ("central", ("'00000000-0000-0000-0000-000000000002'", "'mine'"), "watched has what is no"),
        ("access", ("virtualNetworks/spoke-1", "networks/spoke-1"), "joinerScopes has what is no"),
        (
            "grouped",
            ("'00000000-0000-0000-0000-0000000000cc'", "'x'"),
            "deadLetterGroup is no object",
        ),
    ],
)
def test_what_is_written_by_hand_is_named_too(
    shape: str, change: tuple[str, str], words: str, compiler: Compiler, tmp_path: Path
) -> None:
    """Whoever writes parameters into a file of their own is refused in the same words."""
    main, _ = copy_infra("nothing", tmp_path)
    path = main.parent / "shapes" / f"{shape}.bicepparam"
    text = path.read_text()
    assert change[0] in text
    path.write_text(text.replace(*change))
    with pytest.raises(CompilerError, match=words):
        take_snapshot(path, compiler)


def test_all_is_taken_from_a_file_too(compiler: Compiler, tmp_path: Path) -> None:
    """Whoever writes `all` by hand gives the app that word, and no list of IDs."""
    main, _ = copy_infra("nothing", tmp_path)
    path = main.parent / "shapes" / "central.bicepparam"
    text = re.sub(r"(?s)param watched = \[.*?\]", "param watched = ['all']", path.read_text())
    path.write_text(text)
    assert '"value": "all"' in take_snapshot(path, compiler)


def test_what_is_missing_is_named(compiled: Compile) -> None:
    """Nobody has to guess which variables are required."""
    main, subscription = compiled("nothing")
    said = " ".join((*main.diagnostics, *subscription.diagnostics))
    for name in ("ACR_PRIVATE_DNS_ZONES", *APP):
        assert f'"nothing_{name}" does not exist' in said
