"""The app's start: which functions are there, and which settings it finds."""

import json
import subprocess
import sys
from pathlib import Path

from tests.e2e.conftest import ZONE, staged

CENTRAL = Path(__file__).parents[2] / "infra" / "compiled" / "central.snapshot.json"


def read_settings(process: int | None) -> dict[str, str]:
    """The app's settings, as a process finds them in its environment."""
    environment = Path(f"/proc/{process}/environ").read_text().split("\0")
    return dict(one.split("=", 1) for one in environment if one.startswith("ACR_PRIVATE_DNS_"))


def test_an_event_starts_without_what_others_need() -> None:
    """A cold start counts in Event Grid's 30 s: what only requests and the timer need waits."""
    code = "import sys, shared.entrypoints.event; print(*sys.modules)"
    done = subprocess.run((sys.executable, "-c", code), check=True, capture_output=True, text=True)
    loaded = {name.removeprefix("shared.") for name in done.stdout.split()}
    others = {"engine.full_sync", "engine.run_request", "entrypoints.http", "entrypoints.timer"}
    assert "engine.reconcile" in loaded
    assert not loaded & (others | {"engine.ceilings", "engine.explain", "entrypoints.cli"})


async def test_the_functions_are_those_of_the_filters_and_doors() -> None:
    """Each event subscription finds the function that it is named after; timer and HTTP follow."""
    async with staged() as stage:
        url = f"{stage.operator.line['functions']}/admin/functions"
        headers = {"x-functions-key": stage.operator.line["functionsKey"]}
        async with stage.operator.session.get(url, headers=headers) as reply:
            names = sorted(function["name"] for function in await reply.json())
    events = ["endpoint_deleted", "endpoint_written", "registry_changed"]
    doors = ["explain", "unknown_route", "plan", "reconcile", "status", "full_sync"]
    assert names == sorted([*events, *doors])


async def test_the_apps_settings_are_those_that_are_deployed() -> None:
    """The worker finds the snapshot's settings, with this Azure's zone and subscriptions."""
    async with staged(deliver=False) as stage:
        azure = stage.azure
        found = read_settings(azure.functions.worker_pid)
    assert found == {
        "ACR_PRIVATE_DNS_OWNER": "acr-private-dns",
        "ACR_PRIVATE_DNS_SUBSCRIPTIONS": (
            "0f2b7d5e-7c5d-4f0a-9a53-3a3d6b8f9e01,6a1c2b3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
        ),
        "ACR_PRIVATE_DNS_ZONES": f'[{{"id":"{ZONE}"}}]',
        "ACR_PRIVATE_DNS_CLOUD": azure.arm.url,
        "ACR_PRIVATE_DNS_CLIENT_ID": azure.identity.app_client,
    }
    [site] = (
        one["properties"]["siteConfig"]["appSettings"]
        for one in json.loads(CENTRAL.read_text())["predictedResources"]
        if one["type"] == "Microsoft.Web/sites"
    )
    assert found.keys() <= {one["name"] for one in site}


async def test_an_app_that_signs_in_as_another_gets_no_token() -> None:
    """The client ID that is deployed is the one that the app asks with."""
    wrong = "00000000-0000-0000-0000-0000000000cc"
    async with staged(deliver=False, settings={"ACR_PRIVATE_DNS_CLIENT_ID": wrong}) as stage:
        assert await stage.tick() is not None
        assert stage.app_calls() == []
