"""Ceilings: what whoever holds a function key can make the app do, and what the log says of it."""

import asyncio
import logging
from dataclasses import fields, replace
from typing import Any

import pytest

from shared.domain.ownership import Adopt
from shared.domain.policy import Permission, Policy
from shared.domain.resource_id import ENDPOINT, REGISTRY
from shared.engine.ceilings import find_excess
from shared.engine.options import RunOptions
from tests.simulation.app import Door
from tests.simulation.azure import SUBSCRIPTION, Azure, an_id

REGISTRY_ID = str(an_id(REGISTRY, "myregistry"))
CAREFUL = {"dry_run": True}
ADDING = {"policy": Policy.UPSERT_ONLY}
Log = pytest.LogCaptureFixture


@pytest.fixture
def azure() -> Azure:
    """One registry with one endpoint, nothing published yet."""
    azure = Azure()
    azure.add_endpoint("pe-a", azure.add_registry("myregistry"), "10.1.0.4")
    return azure


@pytest.mark.parametrize("scope", ["all", {"registry": REGISTRY_ID}])
@pytest.mark.parametrize(
    ("settings", "asked", "option", "setting"),
    [
        (CAREFUL, {"dryRun": False}, "dryRun", "DRY_RUN"),
        (ADDING, {"policy": "sync"}, "policy", "POLICY"),
        ({}, {"overrideDeleteThreshold": True}, "overrideDeleteThreshold", "ALLOW"),
        ({}, {"adopt": True}, "adopt", "ALLOW"),
        ({}, {"adopt": "former"}, "adopt", "ALLOW"),
        ({"permissions": {Permission.ADOPT}}, {"overrideDeleteThreshold": True}, "over", "ALLOW"),
    ],
)
async def test_no_request_goes_beyond_the_settings(  # noqa: PLR0913, PLR0917 - one case
    azure: Azure,
    settings: dict[str, Any],
    asked: dict[str, Any],
    option: str,
    setting: str,
    scope: object,
) -> None:
    """Who holds a key learns which setting is in the way, and Azure is not even asked."""
    status, problem = await Door(azure, settings=settings).post("reconcile", scope=scope, **asked)
    assert (status, problem["title"]) == (403, "Forbidden")
    assert option in problem["detail"]
    assert f"ACR_PRIVATE_DNS_{setting}" in problem["detail"]
    assert "use the command line" in problem["detail"]
    assert "former" not in problem["detail"]
    assert azure.calls == []


async def test_a_thief_of_a_key_empties_no_zone(azure: Azure) -> None:
    """The attack: everything that would loosen the settings, at once, as endpoints go."""
    await Door(azure).post("reconcile", scope="all")
    azure.delete_endpoint(an_id(ENDPOINT, "pe-a"))
    zone = azure.zone()
    asked = {"dryRun": False, "policy": "sync", "overrideDeleteThreshold": True, "adopt": True}
    door = Door(azure, settings=CAREFUL | ADDING)
    status, problem = await door.post("reconcile", scope="all", **asked)
    assert status == 403
    assert all(option in problem["detail"] for option in asked)
    assert azure.zone() == zone
    for _ in range(3):
        await door.post("reconcile", scope="all")
    assert azure.zone() == zone


@pytest.mark.parametrize("settings", [{}, CAREFUL, ADDING, CAREFUL | ADDING])
async def test_a_request_may_be_stricter(azure: Azure, settings: dict[str, Any]) -> None:
    """A dry run and upsert-only are never refused, nor is what the settings say themselves."""
    door = Door(azure, settings=settings)
    same = {"dryRun": door.app.settings.dry_run, "policy": str(door.app.settings.policy)}
    for asked in (same, {"dryRun": True}, {"policy": "upsert-only"}, {"adopt": False}, {}):
        status, _ = await door.post("reconcile", scope="all", **asked)
        assert status == 200


@pytest.mark.parametrize(("route", "more"), [("plan", {}), ("reconcile", {"dryRun": True})])
async def test_what_never_writes_may_ask_anything(
    azure: Azure, route: str, more: dict[str, Any]
) -> None:
    """A person sees what loosening would do before anybody allows it."""
    azure.put_record("myregistry", "10.9.9.9")
    door = Door(azure, settings=CAREFUL | ADDING)
    asked = {"policy": "sync", "overrideDeleteThreshold": True, "adopt": True} | more
    status, result = await door.post(route, scope="all", **asked)
    assert status == 200
    assert "myregistry" in [one["name"] for one in result["zones"][0]["changes"]]
    assert azure.writes == []


def test_every_run_option_has_its_ceiling() -> None:
    """Who adds an option that loosens a run decides here what a request may do with it."""
    strict = RunOptions(policy=Policy.UPSERT_ONLY, dry_run=True)
    # What no body can say: a request has it from the app.
    unasked = {"accept_partial", "limit", "shown_effects"}
    looser: dict[str, Any] = {
        "policy": Policy.SYNC,
        "dry_run": False,
        "adopt": Adopt.ALL,
        "adopt_from": "former",
        "override_threshold": True,
    }
    assert {field.name for field in fields(RunOptions)} == unasked | looser.keys()
    for name, value in looser.items():
        wet = replace(strict, dry_run=False)
        deployment = strict if name == "dry_run" else wet
        assert len(find_excess(deployment, replace(wet, **{name: value}), frozenset())) == 1
        assert find_excess(deployment, strict, frozenset()) == ()


def test_a_permission_allows_what_it_names_and_no_more() -> None:
    """A pipeline that may adopt may not empty the zone, and nobody gets past a dry run."""
    all_at_once = RunOptions(adopt=Adopt.ALL, adopt_from="former", override_threshold=True)
    careful = RunOptions(policy=Policy.UPSERT_ONLY, dry_run=True)

    def options(*permissions: Permission) -> set[str]:
        return {one.option for one in find_excess(careful, all_at_once, set(permissions))}

    assert options() == {"dryRun", "policy", "adopt", "overrideDeleteThreshold"}
    assert options(Permission.ADOPT) == {"dryRun", "policy", "overrideDeleteThreshold"}
    assert options(*Permission) == {"dryRun", "policy"}


def lines(log: Log) -> list[str]:
    """What the app logged of run requests and refusals."""
    return [one.getMessage() for one in log.records if one.name == "acr_private_dns"]


async def test_every_run_request_is_logged_with_all_that_it_asks(azure: Azure, caplog: Log) -> None:
    """Who looks for what happened finds in one line what was asked, how far, and by whom."""
    caplog.set_level(logging.INFO)
    door = Door(azure, settings={"permissions": {Permission.ADOPT}})
    await door.post("reconcile", scope={"registry": REGISTRY_ID}, adopt=True)
    assert lines(caplog)[0] == (
        f"reconcile of registry {REGISTRY_ID}: policy sync, dry run false, adopt all,"
        " adopt from none, override threshold false, accept partial false, limit 500,"
        " shown effects none; asked for over HTTP by key"
    )
    caplog.clear()
    await door.post("plan", scope={"subscription": SUBSCRIPTION}, adopt="former")
    assert lines(caplog)[0].startswith(f"plan of subscription {SUBSCRIPTION}: ")
    assert "dry run true, adopt empty, adopt from former, " in lines(caplog)[0]


async def test_a_refusal_is_logged_behind_its_request(azure: Azure, caplog: Log) -> None:
    """An attempt that failed is seen as well: what was tried, by whom, and that it was refused."""
    caplog.set_level(logging.INFO)
    await Door(azure).post("reconcile", scope="all", overrideDeleteThreshold=True)
    request, refusal = lines(caplog)
    assert "reconcile of everything: " in request
    assert "override threshold true" in request
    assert refusal.startswith("refused: ")
    assert "overrideDeleteThreshold" in refusal


async def test_one_whole_run_at_a_time(azure: Azure, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many ask for everything at once, Azure is listed once, and the others are told."""
    door, reached, released = Door(azure), asyncio.Event(), asyncio.Event()
    list_endpoints = azure.list_endpoints

    async def wait(subscription: str) -> Any:
        assert released.is_set() or not reached.is_set(), "listed by two at once"
        reached.set()
        await released.wait()
        return await list_endpoints(subscription)

    monkeypatch.setattr(azure, "list_endpoints", wait)
    first = asyncio.create_task(door.post("reconcile", scope="all"))
    await reached.wait()
    calls = len(azure.calls)
    for route, scope in (
        ("plan", "all"),
        ("reconcile", "all"),
        ("plan", {"subscription": SUBSCRIPTION}),
    ):
        status, problem = await door.post(route, scope=scope)
        assert (status, problem["title"]) == (409, "Conflict")
    assert len(azure.calls) == calls
    # What concerns one registry lists no subscription, and need not wait.
    assert (await door.post("plan", scope={"registry": REGISTRY_ID}))[0] == 200
    released.set()
    assert (await first)[0] == 200
    assert (await door.post("plan", scope="all"))[0] == 200


async def test_a_run_that_fails_makes_room(azure: Azure) -> None:
    """A bug in one whole run does not shut the door to all later ones."""

    def break_down(method: str, _what: object) -> None:
        if method == "endpoint":
            raise KeyError("x")

    azure.before = break_down
    door = Door(azure)
    assert (await door.post("reconcile", scope="all"))[0] == 500
    azure.before = lambda *_: None
    assert (await door.post("reconcile", scope="all"))[0] == 200
