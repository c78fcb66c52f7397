import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from simulator.functions.host import FunctionsHost
from simulator.functions.schedule import is_schedule
from tests.contract.hosting import hosting

APP = """
import asyncio, json, logging
import azure.functions as func

app = func.FunctionApp()
log = logging.getLogger("app")

@app.timer_trigger(arg_name="timer", schedule="%SCHEDULE%")
async def full_sync(timer: func.TimerRequest) -> None:
    log.info("swept %s %s", timer.past_due, json.dumps(timer.schedule))

@app.timer_trigger(arg_name="timer", schedule="0 */5 * * * *")
async def slow(timer: func.TimerRequest) -> None:
    await asyncio.sleep(60)

@app.timer_trigger(arg_name="timer", schedule="0 0 0 1 JAN MON-FRI")
def fail(timer: func.TimerRequest) -> None:
    raise ValueError("asked to fail")

@app.event_grid_trigger(arg_name="event")
async def hear(event: str) -> None:
    log.info("heard %s", json.loads(event)["id"])

@app.route(route="greet/{name}")
async def greet(req: func.HttpRequest) -> str:
    return "hello"
"""


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[FunctionsHost]:
    async with hosting(tmp_path, APP, Schedule="0 0 */1 * * *") as running:
        yield running


async def admin(
    host: FunctionsHost, method: str, path: str, body: object = None, key: str = ""
) -> tuple[int, Any]:
    headers = {"x-functions-key": key or host.keys.master}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.request(method, f"{host.url}/admin/{path}", json=body) as response,
    ):
        text = await response.text()
        return response.status, json.loads(text) if "json" in response.content_type else text


async def ended(host: FunctionsHost, function: str) -> str | None:
    async with asyncio.timeout(20):
        while True:
            done = [one for one in host.invocations.since() if one.function == function]
            if done and done[-1].ended:
                return done[-1].error
            await asyncio.sleep(0.02)


async def test_a_fired_timer_runs_with_what_the_real_host_gives_it(host: FunctionsHost) -> None:
    """The function gets a timer that is on time, and its end can be waited for."""
    assert await admin(host, "POST", "functions/full_sync", {"input": ""}) == (202, "")
    assert await ended(host, "full_sync") is None
    assert [r.message for r in host.log.since() if r.function == "full_sync"][-1:] == [
        'swept False {"AdjustForDST": true}'
    ]


async def test_firing_does_not_wait_for_the_end(host: FunctionsHost) -> None:
    """The answer comes at once, and the run goes on."""
    async with asyncio.timeout(10):
        assert (await admin(host, "POST", "functions/slow", {}))[0] == 202
    [run] = host.invocations.since()
    assert (run.function, run.ended) == ("slow", None)


async def test_a_fired_function_that_fails_is_told_afterwards(host: FunctionsHost) -> None:
    """Whoever fired it has had the 202; the failure stands in the invocations."""
    assert (await admin(host, "POST", "functions/fail", {}))[0] == 202
    assert await ended(host, "fail") == "ValueError: asked to fail"


async def test_an_event_can_be_fired_as_input(host: FunctionsHost) -> None:
    """Other triggers get the input as their event."""
    body = {"input": json.dumps({"id": "by-hand"})}
    assert (await admin(host, "POST", "functions/hear", body))[0] == 202
    assert await ended(host, "hear") is None
    assert "heard by-hand" in [r.message for r in host.log.since()]


async def test_only_the_master_key_fires(host: FunctionsHost) -> None:
    """Neither a stranger nor who may call HTTP functions can fire a timer."""
    for key in ("wrong", host.keys.default):
        assert (await admin(host, "POST", "functions/full_sync", {}, key))[0] == 401
    assert host.invocations.since() == []


@pytest.mark.parametrize(
    ("function", "body", "status"),
    [
        ("missing", {}, 404),
        ("full_sync", [], 400),
        ("full_sync", {"input": {}}, 400),
        ("greet", {}, 400),
    ],
)
async def test_what_cannot_be_fired_is_refused(
    host: FunctionsHost, function: str, body: object, status: int
) -> None:
    """Unknown functions, malformed bodies and HTTP functions are refused, and nothing runs."""
    assert (await admin(host, "POST", f"functions/{function}", body))[0] == status
    assert host.invocations.since() == []


async def test_a_schedule_may_stand_in_a_setting(host: FunctionsHost) -> None:
    """The host fills in the app setting, in any case, before anybody sees the binding."""
    functions = {one["name"]: one for one in (await admin(host, "GET", "functions"))[1]}
    assert functions["full_sync"]["config"]["bindings"][0]["schedule"] == "0 0 */1 * * *"
    assert await admin(host, "GET", "functions/full_sync/status") == (200, {})
    assert (await admin(host, "GET", "functions/missing/status"))[0] == 404


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({}, "'%SCHEDULE%' does not resolve to a value."),
        ({"SCHEDULE": ""}, "'%SCHEDULE%' does not resolve to a value."),
        (
            {"SCHEDULE": "often"},
            "The schedule expression 'often' was not recognized as a valid cron expression",
        ),
    ],
)
async def test_a_schedule_that_cannot_be_used_costs_its_function_alone(
    tmp_path: Path, settings: dict[str, str], why: str
) -> None:
    """The host says which function is in error, and why; the others run."""
    async with hosting(tmp_path, APP, **settings) as host:
        assert f"The 'full_sync' function is in error: {why}" in [
            r.message for r in host.log.since()
        ]
        assert await admin(host, "GET", "functions/full_sync/status") == (200, {"errors": [why]})
        assert (await admin(host, "POST", "functions/full_sync", {}))[0] == 404
        assert (await admin(host, "POST", "functions/fail", {}))[0] == 202


GOOD = ["*/15 * * * *", "0 */15 * * * *", "0,30 0 9-17/2 * jan-MAR 1-5", "59 59 23 31 12 SUN"]
BAD = [
    "",
    "often",
    "0 0 * *",
    "0 0 * * * * *",
    "60 0 * * * *",
    "0 0 24 * * *",
    "0 0 0 0 * *",
    "0 0 0 * 13 *",
    "0 */0 * * * *",
    "0 5-1 * * * *",
    "0 1,,2 * * * *",
    "0 0 0 * JANUARY *",
    "0 MON * * * *",
    "00:15:00",
]


@pytest.mark.parametrize(
    ("schedule", "good"), [*((one, True) for one in GOOD), *((one, False) for one in BAD)]
)
def test_every_form_of_ncrontab_is_a_schedule_and_nothing_else(schedule: str, good: bool) -> None:
    """Five or six fields within their bounds, lists, ranges, steps and names are taken."""
    assert is_schedule(schedule) is good
