"""The acceptance run, whole, through its command line, on the local Azure."""

import json
import re
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import GROUP, Runner

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "deploy.md").read_text("utf-8")
# What the local Azure cannot show: it is none of Microsoft's clouds, and serves two providers.
NOT_HERE = {"cold-start", "price-list", "sovereign-versions"}
TAG = {"acr-private-dns-acceptance": "acr-private-dns-acceptance"}


async def fault(runner: Runner, **fields: object) -> None:
    """Let Resource Manager get something wrong for the operator."""
    url = f"{runner.stage.operator.line['arm']}/_simulator/faults"
    body = {"principal": "operator", "calls": 0, **fields}
    async with runner.stage.operator.session.post(url, json=body) as reply:
        assert reply.status in {200, 201}, await reply.text()


async def group(runner: Runner, name: str, tags: dict[str, str]) -> None:
    """A resource group with those tags."""
    path = f"/subscriptions/{runner.stage.operator.subscription}/resourceGroups/{name}"
    await send(runner, "PUT", f"{path}?api-version=2021-04-01", location="westeurope", tags=tags)


async def send(runner: Runner, method: str, path: str, **body: Any) -> None:
    """A bare request, as the operator."""
    operator = runner.stage.operator
    token = await operator._options["credential"].get_token()  # noqa: SLF001 - the operator's own
    headers = {"Authorization": f"Bearer {token.token}"}
    url = f"{operator.line['arm']}{path}"
    async with operator.session.request(method, url, json=body, headers=headers) as reply:
        assert reply.status in {200, 201}, await reply.text()


@pytest.mark.timeout(900)
async def test_a_whole_run_proves_everything_and_leaves_nothing(runner: Runner) -> None:
    """Every check that a script can make passes here, dig included, and all it made is gone."""
    operator = runner.stage.operator
    await operator.create_network("machine", "10.9.0.0/24")
    network = operator.id_of("Microsoft.Network/virtualNetworks", "machine")
    places = await operator.watch("networks")
    place = next(item for item in places["networks"] if item["name"] == "machine")
    resolver = f"{place['address']}:{place['port']}"
    before = runner.ids()
    ended = await runner.run("--yes", "--network", network, "--resolver", resolver)
    assert ended.status == 0, ended.out + ended.err
    assert ended.names("FAIL") == set()
    assert ended.names("not checkable here") == NOT_HERE
    assert len(ended.names("pass")) == 36
    assert ended.rows["walk-replica"][1] == "3 records of pe-a, 1 link, as dig says"
    assert "Estimated cost: 3.44 US dollars" in ended.out
    shown = re.findall(r"^[a-z-]+ +(?:pass|not checkable here|by hand) .*$", PAGE, re.MULTILINE)
    assert len(shown) > 10
    assert [line for line in shown if line not in ended.out.splitlines()] == []
    assert ended.err.splitlines()[-1] == "nothing is left"
    assert runner.ids() == before


@pytest.mark.timeout(900)
async def test_what_azure_does_otherwise_is_told_by_name(runner: Runner) -> None:
    """Each difference that is planted in the local Azure fails its own check, and no other."""
    await runner.stage.habits(
        home_listed=False,
        replica_asks_again=True,
        unfit_replica_fails=False,
        group_keeps_metadata=True,
        group_leaves_empty=True,
        quoted_etags=True,
    )
    zone = "*/privateDnsZones/*"
    path = f"{zone}/A/check-many-005"
    await fault(runner, fault="refused", status=429, method="PUT", path=path, calls=1)
    await fault(
        runner, fault="itemLeftOut", index=3, method="GET", path=f"{zone}/A", nth=3, calls=1
    )
    path = "*/virtualNetworkLinks/check-refused"
    await fault(runner, fault="refused", status=403, method="GET", path=path)
    ended = await runner.run("--yes", "--patience", "300")
    assert ended.status == 1
    assert ended.names("FAIL") == {
        "group-keeps-metadata",
        "group-leaves-empty-set",
        "home-region-listed",
        "list-consistency",
        "pending-after-replica",
        "private-dns-rates",
        "quoted-etag",
        "refused-link",
        "unfit-replica",
    }
    shown = re.findall(r"^[a-z-]+ +FAIL .*$", PAGE, re.MULTILINE)
    assert len(shown) == 2
    assert [line for line in shown if line not in ended.out.splitlines()] == []
    assert "in quotes 200, bare 200" in ended.rows["quoted-etag"][1]
    assert "Retry-After absent after 5 creates" in ended.rows["private-dns-rates"][1]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_whoever_interrupts_a_run_pays_for_nothing(
    runner: Runner, number: signal.Signals
) -> None:
    """Ctrl-C midway, and again while all is removed: what was seen is shown, and nothing stays."""
    before = runner.ids()
    process = await runner.start("--yes")
    told = await runner.until(process, "checking walk-manual-endpoint")
    process.send_signal(number)
    told += await runner.until(process, "removing group")
    process.send_signal(number)
    ended = await runner.end(process, told)
    assert ended.status == 1
    assert ended.rows["walk-endpoint"][0] == "pass"
    assert "walk-end" not in ended.rows
    assert ended.err.splitlines()[-1] == "nothing is left"
    assert runner.ids() == before


@pytest.mark.timeout(900)
async def test_what_a_killed_run_left_goes_with_the_next(runner: Runner) -> None:
    """After kill -9 `--cleanup` removes all, locks included, and so does the next run, first."""
    before = runner.ids()
    process = await runner.start("--yes")
    await runner.until(process, "checking quoted-etag")
    process.kill()
    await process.communicate()
    assert runner.ids() > before
    zone = runner.stage.operator.id_of(
        "Microsoft.Network/privateDnsZones", "privatelink.azurecr.io"
    )
    lock = (
        f"{zone.replace('/platform/', f'/{GROUP}/')}/providers/Microsoft.Authorization/locks/left"
    )
    properties = {"level": "CanNotDelete"}
    await send(runner, "PUT", f"{lock}?api-version=2020-05-01", properties=properties)
    path = "*/operationresults/*"
    await fault(runner, fault="refused", status=503, method="GET", path=path, calls=2)
    ended = await runner.run("--cleanup")
    assert (ended.status, runner.ids()) == (0, before)
    await group(runner, GROUP, TAG)
    ended = await runner.run("--yes", "--only", "quoted-etag")
    assert ended.err.startswith(f"removing group {GROUP}\nnothing is left\n")
    assert (ended.status, ended.names("pass"), runner.ids()) == (0, {"quoted-etag"}, before)


@pytest.mark.timeout(900)
async def test_a_check_that_breaks_ends_neither_run_nor_removal(runner: Runner) -> None:
    """What Azure refuses midway fails one check, at the start the run: told, and all goes."""
    before = runner.ids()
    path = "*/privateDnsZones/*/A/check-stale"
    await fault(runner, fault="notJson", method="GET", path=path)
    ended = await runner.run(
        "--yes", "--patience", "20", *("--only", "stale-read", "--only", "quoted-etag")
    )
    assert (ended.status, ended.names("FAIL"), ended.names("pass")) == (
        1,
        {"stale-read"},
        {"quoted-etag"},
    )
    await fault(runner, fault="refused", status=403, method="PUT", path="*/registries/*")
    ended = await runner.run("--yes", "--only", "quoted-etag")
    assert (ended.status, ended.rows) == (1, {})
    assert "cannot go on: " in ended.err
    assert runner.ids() == before


@pytest.mark.timeout(900)
async def test_an_app_that_does_not_do_its_work_fails_its_step(runner: Runner) -> None:
    """A record that never comes is a fault of the app's, told with the app's own complaint."""
    before = runner.ids()
    path = "*/privateDnsZones/*/A/*.westeurope.data"
    await fault(runner, fault="refused", status=403, method="PUT", path=path)
    ended = await runner.run("--yes", "--pause", "2", "--patience", "15", "--only", "walk-endpoint")
    assert (ended.status, ended.names("FAIL")) == (1, {"walk-endpoint"})
    seen = ended.rows["walk-endpoint"][1]
    assert ".westeurope.data is absent instead of 10.91.1.4" in seen
    assert "the engine says: " in seen
    assert runner.ids() == before


@pytest.mark.timeout(900)
async def test_what_cannot_be_removed_is_told(runner: Runner) -> None:
    """A group that stays makes the run fail, by its name, with the command that tries again."""
    path = f"*/resourceGroups/{GROUP}-other"
    await fault(runner, fault="refused", status=403, method="DELETE", path=path)
    ended = await runner.run("--yes", "--patience", "1", "--only", "quoted-etag")
    assert (ended.status, ended.names("pass")) == (1, {"quoted-etag"})
    assert f"NOT REMOVED: {GROUP} and {GROUP}-other" in ended.err
    assert "--cleanup" in ended.err


@pytest.mark.timeout(900)
async def test_nothing_is_made_without_a_word(runner: Runner) -> None:
    """No terminal and no --yes, a wrong word, no sign-in, or a group of somebody's: 2, no write."""
    runner.stage.azure.arm.calls.clear()
    asked = await runner.run()
    assert (asked.status, "--yes goes ahead without" in asked.err) == (2, True)
    assert "Estimated cost" in asked.out
    wrong = await runner.run("--yes", "--only", "weather")
    assert (wrong.status, "there is no check weather" in wrong.err) == (2, True)
    stranger = await runner.run("--yes", IDENTITY_HEADER="somebody")
    assert (stranger.status, "Nothing was made: " in stranger.err) == (2, True)
    assert runner.writes() == []
    await group(runner, GROUP, {"owner": "somebody"})
    before = runner.ids()
    for words in (("--yes",), ("--cleanup",)):
        foreign = await runner.run(*words)
        assert (foreign.status, f"group {GROUP} is there" in foreign.err) == (2, True)
    assert runner.ids() == before


@pytest.mark.timeout(900)
async def test_a_deployed_app_is_proven_by_its_events(app_runner: Runner) -> None:
    """With --app the events of what the run does reach the app, whose own zone says what it did."""
    before = app_runner.ids()
    listed = await app_runner.run("--list")
    names = [line.partition(":")[0] for line in listed.out.splitlines()]
    steps = [name for name in names if name.startswith("walk-") or name == "cold-start"]
    only = [word for name in steps for word in ("--only", name)]
    url = app_runner.stage.operator.line["functions"]
    ended = await app_runner.run("--yes", "--patience", "300", "--app", url, *only)
    assert ended.status == 0, ended.out + ended.err
    assert ended.names("pass") == set(steps)
    assert app_runner.ids() == before
    assert json.dumps(ended.rows).count("1 link") >= 5
