"""The app as Microsoft's host sees it: which function gets a request, and what a switch does."""

import asyncio
import json
from collections.abc import AsyncIterator

from tests.e2e.conftest import WRITTEN, Stage, staged

ROUTES = {"plan": "POST", "reconcile": "POST", "explain": "GET", "status": "GET"}


async def pieces(*texts: str) -> AsyncIterator[bytes]:
    """A body that is sent in chunks, since nobody knows its length beforehand."""
    for text in texts:
        await asyncio.sleep(0)
        yield text.encode()


async def request(stage: Stage, method: str, path: str) -> int:
    """The status of an answer to a request without a body."""
    url = f"{stage.operator.line['functions']}/api/{path}"
    headers = {"x-functions-key": stage.operator.line["functionsDefaultKey"]}
    async with stage.operator.session.request(method, url, headers=headers) as reply:
        await reply.read()
        return reply.status


def ran(stage: Stage) -> list[str]:
    """The functions that ran, in order."""
    return [one.function for one in stage.azure.functions.invocations.since()]


async def test_each_request_runs_the_function_that_it_names() -> None:
    """Telemetry, function keys and switches are by function: the catch-all takes what is left."""
    async with staged(deliver=False) as stage:
        for route, method in ROUTES.items():
            for path in (route, route.upper(), f"{route}/"):
                assert await request(stage, method, path) < 500
            assert ran(stage)[-3:] == [route] * 3
        assert await request(stage, "GET", "status/") == 200
        assert await request(stage, "GET", "STATUS") == 200
        count = len(ran(stage))
        assert await request(stage, "PATCH", "plan") == 405
        assert await request(stage, "GET", "x") == 404
        assert ran(stage)[count:] == ["unknown_route"] * 2


async def test_a_function_that_is_switched_off_does_nothing() -> None:
    """No other function does its work: nothing is written, no event is taken."""
    off = {
        f"AzureWebJobs.{name}.Disabled": "true"
        for name in ("reconcile", "status", "endpoint_written")
    }
    async with staged(deliver=False, settings=off) as stage:
        await stage.hurry()
        await stage.publish()
        for path in ("reconcile", "Reconcile/"):
            assert await request(stage, "POST", path) == 404
        assert await request(stage, "GET", "status") == 404
        assert await stage.deliver("endpoint_written", stage.endpoint_event(WRITTEN)) == 404
        assert ran(stage) == []
        assert await stage.operator.records() == {}
        status, plan = await stage.ask("POST", "plan", {"scope": "all"})
        assert (status, len(plan["zones"][0]["changes"])) == (200, 3)


async def test_a_body_without_a_length_is_told_from_one_that_is_no_json(
    silent_stage: Stage,
) -> None:
    """The host loses it, so whoever sent it right learns what else it takes."""
    stage = silent_stage
    url = f"{stage.operator.line['functions']}/api"
    headers = {
        "x-functions-key": stage.operator.line["functionsDefaultKey"],
        "Content-Type": "application/json",
    }
    for route in ("plan", "reconcile"):
        body = pieces('{"scope":', ' "all"}')
        async with stage.operator.session.post(
            f"{url}/{route}", data=body, headers=headers
        ) as reply:
            problem = json.loads(await reply.text())
        assert (reply.status, problem["title"]) == (411, "Length Required")
        assert "Content-Length" in problem["detail"]
        async with stage.operator.session.post(
            f"{url}/{route}", data=b"", headers=headers
        ) as reply:
            assert reply.status == 400
    assert stage.app_calls() == []
