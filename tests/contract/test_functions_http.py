import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from simulator.functions.host import FunctionsHost
from simulator.functions.process import AppFailedToStartError
from tests.contract.hosting import hosting

APP = """
import asyncio, base64, json
import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

@app.route(route="show/{name}/{size:int?}")
async def show(req: func.HttpRequest) -> func.HttpResponse:
    seen = {
        "method": req.method, "url": req.url, "headers": dict(req.headers),
        "query": dict(req.params), "route": dict(req.route_params),
        "body": base64.b64encode(req.get_body()).decode(),
    }
    return func.HttpResponse(json.dumps(seen), mimetype="application/json")

@app.route(route="show/me", methods=["GET"])
def me(req: func.HttpRequest) -> str:
    return "just me, é"

@app.route(route="files/{*path}", methods=["GET", "HEAD"])
async def files(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(req.route_params.get("path", "-"))

@app.route(route="answer", methods=["POST"])
async def answer(req: func.HttpRequest) -> func.HttpResponse:
    asked = req.get_json()
    return func.HttpResponse(
        base64.b64decode(asked["body"]), status_code=asked["status"], headers=asked["headers"],
        mimetype="application/problem+json",
    )

@app.route(auth_level=func.AuthLevel.FUNCTION)
async def keyed(req: func.HttpRequest) -> str:
    return "opened"

@app.route(auth_level=func.AuthLevel.ADMIN)
async def locked(req: func.HttpRequest) -> str:
    return "opened"

@app.route()
async def fail(req: func.HttpRequest) -> str:
    raise ValueError("a secret")

@app.route()
async def nothing(req: func.HttpRequest) -> func.HttpResponse:
    return None

@app.route()
async def sleep(req: func.HttpRequest) -> str:
    await asyncio.sleep(60)
"""


CROSSED = """
import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)

@app.route(route="{*rest}")
async def middle(req: func.HttpRequest) -> str:
    return "middle"

@app.route(route="one")
async def Alone(req: func.HttpRequest) -> str:
    return "Alone"

@app.route(route="two", methods=["GET"])
async def Never(req: func.HttpRequest) -> str:
    return "Never"

@app.route(route="three", methods=["GET"])
async def above(req: func.HttpRequest) -> str:
    return "above"

@app.event_grid_trigger(arg_name="event")
async def hear(event: str) -> None: ...

@app.timer_trigger(arg_name="timer", schedule="0 0 * * * *")
async def tick(timer: func.TimerRequest) -> None: ...
"""


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[FunctionsHost]:
    async with hosting(tmp_path, APP) as running:
        yield running


async def call(
    host: FunctionsHost, method: str, path: str, **options: Any
) -> tuple[int, bytes, dict[str, str]]:
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, host.url + path, **options) as response,
    ):
        return response.status, await response.read(), dict(response.headers)


async def test_a_function_sees_the_whole_request(host: FunctionsHost) -> None:
    """Method, URL, headers, query, route and body arrive as the real host hands them on."""
    path = "/api/Show/Caf%C3%A9%2Fbar/7?a=1&a=2&empty=&b=x%20y"
    status, text, headers = await call(
        host, "PUT", path, data=b"\x00\xff", headers={"X-Mixed": "Case"}
    )
    seen = json.loads(text)
    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert seen["method"] == "PUT"
    assert seen["url"].startswith(host.url + "/api/Show/")
    assert seen["headers"]["x-mixed"] == "Case"
    assert seen["query"] == {"a": "1,2", "b": "x y"}
    assert seen["route"] == {"name": "Café%2Fbar", "size": "7"}
    assert seen["body"] == "AP8="


async def test_an_answer_goes_back_as_the_function_made_it(host: FunctionsHost) -> None:
    """Status, headers, media type and bytes are the function's own."""
    asked = {"status": 202, "headers": {"Retry-After": "5"}, "body": "AP8="}
    status, body, headers = await call(host, "POST", "/api/answer", json=asked)
    assert (status, body) == (202, b"\x00\xff")
    assert (headers["Retry-After"], headers["Content-Type"]) == ("5", "application/problem+json")


async def test_a_text_is_an_answer(host: FunctionsHost) -> None:
    """A function may return a plain string."""
    status, body, headers = await call(host, "GET", "/api/show/me")
    assert (status, body.decode()) == (200, "just me, é")
    assert headers["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/show/x", 200),
        ("GET", "/api/show/x/12", 200),
        ("GET", "/api/show/x/twelve", 404),
        ("GET", "/api/show/x/1/2", 404),
        ("GET", "/api/show", 404),
        ("GET", "/show/x", 404),
        ("GET", "/api/unknown", 404),
        ("GET", "/", 404),
        ("GET", "/api/files/a/b%20c", 200),
        ("HEAD", "/api/files/a", 200),
        ("POST", "/api/files/a", 404),
        ("GET", "/api/answer", 404),
        ("HEAD", "/api/answer", 404),
        ("OPTIONS", "/api/answer", 404),
        ("POST", "/api/show/me", 200),
    ],
)
async def test_a_route_takes_what_its_template_and_methods_say(
    host: FunctionsHost, method: str, path: str, status: int
) -> None:
    """What no function takes is a 404, a wrong method as much as a wrong path."""
    answer = await call(host, method, path)
    assert answer[0] == status
    assert method != "HEAD" or not answer[1]


@pytest.mark.parametrize(
    ("method", "path", "taken_by"),
    [
        ("GET", "/api/one", b"Alone"),
        ("GET", "/api/two", b"middle"),
        ("GET", "/api/three", b"above"),
        ("POST", "/api/three", b"middle"),
    ],
)
async def test_routes_are_tried_in_the_order_of_the_functions_names(
    tmp_path: Path, method: str, path: str, taken_by: bytes
) -> None:
    """The first that takes path and method gets the request, be another ever so specific."""
    async with hosting(tmp_path, CROSSED) as host:
        header = {"x-functions-key": host.keys.default}
        assert (await call(host, method, path, headers=header))[1] == taken_by


@pytest.mark.parametrize(
    ("setting", "value", "status"),
    [
        ("AzureWebJobs.Alone.Disabled", "true", 404),
        ("azurewebjobs_alone_disabled", "1", 404),
        ("AzureWebJobs.Alone.Disabled", "false", 200),
        ("AzureWebJobs.Alone.Disabled", "", 200),
        ("AzureWebJobs.middle.Disabled", "true", 200),
    ],
)
async def test_a_disabled_function_answers_nobody_but_the_master(
    tmp_path: Path, setting: str, value: str, status: int
) -> None:
    """Its route is not another function's meanwhile, and who has no key does not learn of it."""
    async with hosting(tmp_path, CROSSED, **{setting: value}) as host:
        for key, wanted in (("", 401), (host.keys.default, status), (host.keys.master, 200)):
            answer = await call(host, "GET", "/api/one", headers={"x-functions-key": key})
            assert answer[0] == wanted


async def test_a_disabled_function_gets_no_event(tmp_path: Path) -> None:
    """Event Grid is told that there is none; whoever asks for a list sees that it is disabled."""
    settings = {"AzureWebJobs.hear.Disabled": "true", "AzureWebJobs.tick.Disabled": "1"}
    async with hosting(tmp_path, CROSSED, **settings) as host:
        master = {"x-functions-key": host.keys.master}
        hook = "/runtime/webhooks/eventgrid?functionName=hear"
        headers = master | {"aeg-event-type": "Notification"}
        status, text, _ = await call(host, "POST", hook, json=[{}], headers=headers)
        assert (status, text) == (404, b"cannot find function: 'hear'")
        listed = json.loads((await call(host, "GET", "/admin/functions", headers=master))[1])
    disabled = {one["name"] for one in listed if one["isDisabled"]}
    assert disabled == {"hear", "tick"}


async def test_a_chunked_body_never_reaches_a_function(host: FunctionsHost) -> None:
    """The function sees the headers of a body without a length, and nothing of the body."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b"lost"

    seen = json.loads((await call(host, "POST", "/api/show/x", data=pieces()))[1])
    assert seen["body"] == ""
    assert seen["headers"]["transfer-encoding"] == "chunked"
    assert "content-length" not in seen["headers"]


async def test_a_key_opens_what_it_is_for(host: FunctionsHost) -> None:
    """The default key opens functions, the master key everything, and no key only what is open."""
    keys = {None: 0, "wrong": 0, host.keys.default: 1, host.keys.master: 2}
    for key, opens in keys.items():
        for needs, path in enumerate(("/api/show/me", "/api/keyed", "/api/locked")):
            wanted = 200 if needs <= opens else 401
            query = {"params": {"code": key}} if key else {}
            header = {"headers": {"x-functions-key": key}} if key else {}
            for options in (query, header):
                status, body, _ = await call(host, "GET", path, **options)
                assert (status, body == b"") == (wanted, wanted == 401), (key, path, options)
    refused = await call(host, "GET", "/admin/functions", params={"code": host.keys.default})
    assert refused[0] == 401


@pytest.mark.parametrize("path", ["/api/fail", "/api/nothing"])
async def test_a_failure_says_nothing_to_strangers(host: FunctionsHost, path: str) -> None:
    """A function that raises, or gives no answer, is a 500 without a body."""
    status, body, _ = await call(host, "GET", path)
    assert (status, body) == (500, b"")


async def test_a_worker_that_dies_is_told_from_one_that_is_not_there(host: FunctionsHost) -> None:
    """A lost request is a 500; until the worker is back, the host is not available."""
    running = asyncio.create_task(call(host, "GET", "/api/sleep"))
    while not host.invocations.since():
        await asyncio.sleep(0.02)
    assert host.worker_pid is not None
    os.kill(host.worker_pid, signal.SIGKILL)
    assert (await running)[:2] == (500, b"")
    assert (await call(host, "GET", "/api/show/me"))[0] == 503
    async with asyncio.timeout(30):
        while (await call(host, "GET", "/api/show/me"))[0] != 200:
            await asyncio.sleep(0.05)


async def test_the_app_may_choose_another_prefix(tmp_path: Path) -> None:
    """host.json says what HTTP routes begin with, be it nothing."""
    for prefix, path in (("", "/show/me"), ("v1/dns", "/v1/DNS/show/me")):
        settings = {"version": "2.0", "extensions": {"http": {"routePrefix": prefix}}}
        (tmp_path / "host.json").write_text(json.dumps(settings), "utf-8")
        async with hosting(tmp_path, APP) as host:
            assert (await call(host, "GET", path))[0] == 200
            assert (await call(host, "GET", "/api/show/me"))[0] == 404
    (tmp_path / "host.json").write_text("{", "utf-8")
    with pytest.raises(AppFailedToStartError, match=r"host\.json cannot be read"):
        async with hosting(tmp_path, APP):
            pass
