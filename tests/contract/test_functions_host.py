import asyncio
import io
import json
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from multidict import CIMultiDictProxy

from simulator.functions.host import FunctionsHost
from simulator.functions.process import AppFailedToStartError
from tests.contract.hosting import hosting

APP = """
import asyncio, json, logging, os
import azure.functions as func

app = func.FunctionApp()
together = asyncio.Event()

@app.event_grid_trigger(arg_name="event")
async def as_text(event: str) -> None:
    print("printed, not logged")
    body = json.loads(event)
    if body.get("fail"):
        raise ValueError("asked to fail")
    logging.getLogger("app").info("got %s", body["id"])
    logging.getLogger("azure.core").info("chatter")
    logging.getLogger("azure.core").warning("a warning")
    logging.getLogger("app").info("%d", "not a number")

@app.event_grid_trigger(arg_name="event")
async def size(event: str) -> None:
    logging.getLogger("app").info("size %s", len(json.loads(event)["id"]))

@app.event_grid_trigger(arg_name="event")
async def shout(event: str) -> None:
    print("x" * 17_000_000)
    raise ValueError("y" * 17_000_000)

@app.event_grid_trigger(arg_name="event")
def as_event(event: func.EventGridEvent) -> None:
    logging.getLogger("app").info("typed %s %s", event.subject, event.event_type)

waiting = 0

@app.event_grid_trigger(arg_name="event")
async def pair(event: str) -> None:
    global waiting
    waiting += 1
    if waiting == 2:
        together.set()
    await asyncio.wait_for(together.wait(), 60)

@app.event_grid_trigger(arg_name="event")
async def sleeper(event: str) -> None:
    await asyncio.sleep(60)

@app.event_grid_trigger(arg_name="event")
async def environment(event: str) -> None:
    logging.getLogger("app").info("environment %s", json.dumps(sorted(os.environ)))

@app.timer_trigger(arg_name="timer", schedule="0 0 * * * *")
async def full_sync(timer: func.TimerRequest) -> None: ...
"""

EVENT = {
    "id": "1",
    "subject": "/subscriptions/s",
    "eventType": "Microsoft.Resources.ResourceWriteSuccess",
    "eventTime": "2018-07-19T18:38:04.6117357Z",
    "topic": "/subscriptions/s",
    "dataVersion": "2",
    "data": {},
}
NOTIFICATION = {"aeg-event-type": "Notification"}


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[FunctionsHost]:
    async with hosting(tmp_path, APP, SETTING="yes") as running:
        yield running


async def post(
    host: FunctionsHost,
    function: str,
    body: object,
    headers: dict[str, str] | None = None,
    key: str | None = None,
) -> tuple[int, str]:
    params = {"functionName": function, "code": host.keys.master if key is None else key}
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            host.webhook_url, params=params, json=body, headers=headers or NOTIFICATION
        ) as response,
    ):
        return response.status, await response.text()


async def send(
    host: FunctionsHost, method: str, body: bytes = b"", **headers: str
) -> tuple[int, str, CIMultiDictProxy[str]]:
    params = {"functionName": "size", "code": host.keys.master}
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    async with (
        aiohttp.ClientSession() as session,
        session.request(
            method, host.webhook_url, params=params, data=io.BytesIO(body), headers=sent
        ) as response,
    ):
        return response.status, await response.text(), response.headers


async def logged(host: FunctionsHost, text: str) -> list[tuple[str, str, str | None]]:
    for _ in range(100):
        found = [r for r in host.log.since() if text in r.message]
        if found:
            return [(r.level, r.logger, r.function) for r in found]
        await asyncio.sleep(0.02)
    return []


async def test_a_delivered_event_reaches_the_function_as_text(host: FunctionsHost) -> None:
    """The app gets the event itself, whatever its schema, and the host answers 202."""
    assert await post(host, "as_text", [EVENT]) == (202, "")
    cloud = {"specversion": "1.0", "id": "cloud-1", "type": "t", "source": "s", "data": {}}
    assert await post(host, "as_text", cloud) == (202, "")
    assert await logged(host, "got 1") == [("INFO", "app", "as_text")]
    assert await logged(host, "got cloud-1") == [("INFO", "app", "as_text")]


async def test_a_typed_function_gets_an_event_grid_event(host: FunctionsHost) -> None:
    """Microsoft's own binding decodes the event for functions that ask for it."""
    assert await post(host, "as_event", [EVENT]) == (202, "")
    wanted = "typed /subscriptions/s Microsoft.Resources.ResourceWriteSuccess"
    assert await logged(host, wanted) == [("INFO", "app", "as_event")]


async def test_one_failing_event_fails_the_whole_payload(host: FunctionsHost) -> None:
    """A batch with one failure is answered 500, although the others ran, and not told why."""
    status, text = await post(host, "as_text", [EVENT, EVENT | {"fail": True}, EVENT | {"id": "3"}])
    assert (status, text) == (500, "Exception while executing function: Functions.as_text")
    errors = [one.error for one in host.invocations.since()]
    assert errors == [None, "ValueError: asked to fail", None]
    assert await logged(host, "got 3") == [("INFO", "app", "as_text")]


async def test_the_events_of_a_payload_run_in_parallel(host: FunctionsHost) -> None:
    """Two events that wait for each other both end: the host does not queue them."""
    assert (await post(host, "pair", [EVENT, EVENT]))[0] == 202


@pytest.mark.parametrize("function", ["missing", "", "full_sync"])
async def test_an_unknown_function_is_not_found(host: FunctionsHost, function: str) -> None:
    """Only Event Grid functions can be named."""
    assert await post(host, function, [EVENT]) == (404, f"cannot find function: '{function}'")


async def test_a_wrong_key_is_refused(host: FunctionsHost) -> None:
    """Nobody without the key learns which functions exist."""
    assert (await post(host, "missing", [EVENT], key="wrong"))[0] == 401
    async with aiohttp.ClientSession() as session:
        for path in ("/admin/functions", "/admin/host/status"):
            async with session.get(host.url + path) as response:
                assert response.status == 401


async def test_each_key_opens_the_webhook_or_not(host: FunctionsHost) -> None:
    """The master's and the extension's do; a function's is known, and is for something else."""
    keys = {host.keys.master: 202, host.keys.event_grid: 202, host.keys.default: 403, "wrong": 401}
    for key, status in keys.items():
        assert (await post(host, "as_text", [EVENT], key=key))[0] == status
    key_header = {"x-functions-key": host.keys.event_grid}
    async with (
        aiohttp.ClientSession(headers=key_header) as session,
        session.get(f"{host.url}/admin/functions") as response,
    ):
        assert response.status == 401


async def test_the_handshakes_of_event_grid_are_answered(host: FunctionsHost) -> None:
    """Validation is answered with its code, unsubscription with 202, the rest with 400."""
    validation = {"aeg-event-type": "SubscriptionValidation"}
    body = [{"id": "1", "data": {"validationCode": "c0de"}}]
    status, text = await post(host, "as_text", body, validation)
    assert (status, json.loads(text)) == (200, {"validationResponse": "c0de"})
    sent = json.dumps(body).encode()
    _, _, got = await send(host, "POST", sent, aeg_event_type="SubscriptionValidation")
    assert got["Content-Type"] == "text/plain; charset=utf-8"
    cloud = {"id": "1", "data": json.dumps({"validationCode": "c0de"})}
    assert (await post(host, "as_text", cloud, validation))[0] == 200
    assert (await post(host, "as_text", [], {"aeg-event-type": "Unsubscribe"}))[0] == 202
    assert (await post(host, "as_text", [EVENT], {"aeg-event-type": "Other"}))[0] == 400
    assert (await post(host, "as_text", [EVENT], {"accept": "*/*"}))[0] == 400
    assert (await post(host, "as_text", "text"))[0] == 500


@pytest.mark.parametrize(
    ("asked", "allowed"),
    [
        ("eventgrid.azure.net", "eventgrid.azure.net"),
        ("eventgrid.azure.us", "eventgrid.azure.us"),
        ("elsewhere.example", "eventgrid.azure.net"),
    ],
)
async def test_the_handshake_of_cloud_events_is_answered(
    host: FunctionsHost, asked: str, allowed: str
) -> None:
    """Event Grid may send CloudEvents, and nobody else is let in."""
    status, text, headers = await send(host, "OPTIONS", WebHook_Request_Origin=asked)
    assert (status, text, headers["WebHook-Allowed-Origin"]) == (200, "", allowed)


async def test_the_largest_body_does_not_cost_the_worker(host: FunctionsHost) -> None:
    """What the host takes reaches the function, however long its letters are in JSON."""
    worker = host.worker_pid
    body = json.dumps([EVENT | {"id": "é" * 4_000_000}], ensure_ascii=False)
    for charset in ("utf-8", "latin-1"):
        content_type = f"application/json; charset={charset}"
        answer = await send(
            host,
            "POST",
            body.encode(charset),
            aeg_event_type="Notification",
            Content_Type=content_type,
        )
        assert answer[:2] == (202, "")
    assert await logged(host, "size 4000000")
    too_large = await send(host, "POST", b" " * 9_000_000, aeg_event_type="Notification")
    assert too_large[0] == 413
    assert host.worker_pid == worker


async def test_what_an_app_prints_and_raises_does_not_cost_the_worker(host: FunctionsHost) -> None:
    """A line or a message of any length is no end of the host's listening."""
    worker = host.worker_pid
    assert (await post(host, "shout", [EVENT]))[0] == 500
    assert host.invocations.since()[-1].error == f"ValueError: {'y' * 17_000_000}"
    assert await post(host, "as_text", [EVENT]) == (202, "")
    assert await logged(host, "printed, not logged")
    assert host.worker_pid == worker


DEEP = b"[" * 100_000


@pytest.mark.parametrize("event_type", ["Notification", "SubscriptionValidation"])
@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (DEEP, "application/json"),
        (b"[" * 65 + b"]" * 65, "application/json"),
        (b'{"data": "%s"}' % DEEP, "application/json; charset=foo"),
        (b"[]", "application/json; charset=foo"),
        (b"[]", "application/json; charset=zlib"),
        (b"\xff", "application/json"),
        (b"{", "application/json"),
    ],
)
async def test_a_body_that_cannot_be_read_is_a_500_in_one_sentence(
    host: FunctionsHost,
    body: bytes,
    content_type: str,
    event_type: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The real parser throws, and the host says so without breaking."""
    answer = await send(host, "POST", body, aeg_event_type=event_type, Content_Type=content_type)
    assert answer[0] == 500
    assert answer[1].startswith("the body cannot be read: ")
    assert caplog.records == []


async def test_a_deep_validation_is_no_validation(host: FunctionsHost) -> None:
    """The JSON within the JSON is read with the same care."""
    body = b'{"data": "%s"}' % DEEP
    answer = await send(host, "POST", body, aeg_event_type="SubscriptionValidation")
    assert answer[:2] == (500, "no validation code in the body")


async def test_a_byte_order_mark_is_no_part_of_the_event(host: FunctionsHost) -> None:
    """.NET strips it, so the app never sees it."""
    body = b"\xef\xbb\xbf" + json.dumps([EVENT]).encode()
    for content_type in ("application/json", "application/json; charset=utf-8"):
        answer = await send(
            host, "POST", body, aeg_event_type="Notification", Content_Type=content_type
        )
        assert answer[:2] == (202, "")


async def test_the_functions_and_their_bindings_are_listed(host: FunctionsHost) -> None:
    """The admin route tells what the worker indexed, and that the host runs."""
    headers = {"x-functions-key": host.keys.master}
    async with aiohttp.ClientSession(headers=headers) as session:
        async with session.get(f"{host.url}/admin/functions") as response:
            functions = await response.json()
        async with session.get(f"{host.url}/admin/host/status") as response:
            status = await response.json()
    triggers = {one["name"]: one["config"]["bindings"][0]["type"] for one in functions}
    assert triggers["as_text"] == "eventGridTrigger"
    assert triggers["full_sync"] == "timerTrigger"
    assert status["state"] == "Running"


async def test_the_log_keeps_what_matters(host: FunctionsHost) -> None:
    """Prints are kept apart, and of Azure's own loggers only warnings come through."""
    await post(host, "as_text", [EVENT])
    assert await logged(host, "printed, not logged") == [("INFO", "console", None)]
    assert await logged(host, "a warning") == [("WARNING", "azure.core", "as_text")]
    assert not [r for r in host.log.since() if "chatter" in r.message]
    index = host.log.since()[-1].index
    assert [r.index for r in host.log.since(index)] == [index]


async def test_the_app_sees_its_settings_and_nothing_else(
    host: FunctionsHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable of the developer's shell never makes the app work by accident."""
    monkeypatch.setenv("LEAKED", "secret")
    await post(host, "environment", [EVENT])
    await logged(host, "environment")
    message = next(r.message for r in host.log.since() if "environment [" in r.message)
    names = set(json.loads(message.removeprefix("environment ")))
    assert "SETTING" in names
    assert names <= {
        "SETTING",
        "PATH",
        "HOME",
        "LANG",
        "LC_ALL",
        "LC_CTYPE",
        "TZ",
        "TMPDIR",
        "PYTHONPATH",
        "PYTHONDONTWRITEBYTECODE",
    }


async def test_an_app_that_cannot_be_indexed_says_why(tmp_path: Path) -> None:
    """The app's own message, every line of it, is what the operator reads."""
    source = 'raise ValueError("ZONES: not JSON\\nOWNER: missing")'
    with pytest.raises(AppFailedToStartError) as caught:
        async with hosting(tmp_path, source):
            pass
    assert str(caught.value) == "ValueError: ZONES: not JSON\nOWNER: missing"


async def test_an_app_that_kills_its_interpreter_says_so(tmp_path: Path) -> None:
    """Even a crash while indexing ends in a message with the last words."""
    source = 'import os, sys\nprint("last words", flush=True)\nos._exit(3)'
    with pytest.raises(AppFailedToStartError, match=r"(?s)status 3 while indexing.*last words"):
        async with hosting(tmp_path, source):
            pass


async def test_a_folder_without_an_app_says_so(tmp_path: Path) -> None:
    """A wrong folder is told from an app without functions."""
    host = FunctionsHost(tmp_path)
    with pytest.raises(AppFailedToStartError, match=r"function_app\.py"):
        await host.start({})


async def test_a_folder_that_cannot_be_entered_says_so(tmp_path: Path) -> None:
    """A folder that is missing, or is none, is named in the message."""
    (tmp_path / "file").touch()
    for name, why in (("missing", "No such file or directory"), ("file", "Not a directory")):
        with pytest.raises(AppFailedToStartError) as caught:
            await FunctionsHost(tmp_path / name).start({})
        assert str(caught.value) == f"no worker can be started in {tmp_path / name}: {why}"


async def test_a_dead_worker_fails_its_invocations_and_comes_back(host: FunctionsHost) -> None:
    """A crash loses the running invocations, never the host."""
    running = asyncio.create_task(post(host, "sleeper", [EVENT]))
    first = host.worker_pid
    assert first is not None
    await asyncio.sleep(0.2)
    os.kill(first, signal.SIGKILL)
    status, text = await running
    assert (status, text) == (500, "Exception while executing function: Functions.sleeper")
    (lost,) = host.invocations.since()
    assert lost.error == "WorkerProcessExitException: the worker has ended"
    assert await post(host, "as_text", [EVENT]) == (503, "Function host is not running.")
    for _ in range(200):
        if host.worker_pid not in {None, first}:
            break
        await asyncio.sleep(0.05)
    assert (await post(host, "as_text", [EVENT]))[0] == 202


async def test_stopping_ends_a_worker_that_is_busy(tmp_path: Path) -> None:
    """A running invocation cannot keep the worker's process alive."""
    async with asyncio.timeout(30), hosting(tmp_path, APP) as host:
        running = asyncio.create_task(post(host, "sleeper", [EVENT]))
        await asyncio.sleep(0.2)
        pid = host.worker_pid
        assert pid is not None
    assert (await running)[0] == 500
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
