import asyncio
import json
import math
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import dns.asyncquery
import dns.message
import pytest

from simulator.functions.process import AppFailedToStartError
from simulator.serve import LocalAzure, running

APP = """
import json, logging, os
import azure.functions as func
from azure.identity.aio import ManagedIdentityCredential
from azure.mgmt.privatedns.aio import PrivateDnsManagementClient

app = func.FunctionApp()

async def hear(name: str, event: str) -> None:
    body = json.loads(event)
    logging.getLogger("app").info("%s %s %s", name, body.get("specversion"), body.get("eventType"))

@app.event_grid_trigger(arg_name="event")
async def endpoint_written(event: str) -> None:
    await hear("endpoint_written", event)

@app.event_grid_trigger(arg_name="event")
async def endpoint_deleted(event: str) -> None:
    await hear("endpoint_deleted", event)

@app.event_grid_trigger(arg_name="event")
async def registry_changed(event: str) -> None:
    await hear("registry_changed", event)
    cloud, zone = os.environ["ACR_PRIVATE_DNS_CLOUD"], os.environ["ACR_PRIVATE_DNS_ZONES"]
    parts = json.loads(zone)[0]["id"].split("/")
    scopes = ["https://management.azure.com/.default"]
    async with ManagedIdentityCredential() as credential:
        client = PrivateDnsManagementClient(
            credential, parts[2], base_url=cloud, credential_scopes=scopes
        )
        async with client:
            zone = await client.private_zones.get(parts[4], parts[8])
            logging.getLogger("app").info("read %s as the app", zone.name)
"""

TOKEN = {"api-version": "2019-08-01", "resource": "https://management.azure.com"}
VERSIONS = {"Microsoft.Network": "2026-03-01", "Microsoft.ContainerRegistry": "2025-11-01"}


class Operator:
    """A person with all rights and curl, knowing what `serve --json` printed."""

    def __init__(self, session: aiohttp.ClientSession, known: dict[str, Any], token: str) -> None:
        self.known = known
        self._session = session
        self._headers = {"Authorization": f"Bearer {token}"}

    async def put(self, path: str, body: dict[str, Any]) -> str:
        """Create a resource in the first subscription's group "test"; its ID."""
        group = f"/subscriptions/{self.known['subscriptions'][0]}/resourceGroups/test/providers"
        params = {"api-version": VERSIONS[path.partition("/")[0]]}
        url = f"{self.known['arm']}{group}/{path}"
        async with self._session.put(
            url, params=params, json=body, headers=self._headers
        ) as response:
            assert response.status < 300, await response.text()
        return f"{group}/{path}"

    async def control(self, path: str, body: object = None, **query: str) -> Any:
        """GET, or with a body PUT, a control route."""
        method, url = "GET" if body is None else "PUT", f"{self.known['arm']}/_simulator{path}"
        async with self._session.request(method, url, params=query, json=body) as response:
            assert response.status in {200, 400}, await response.text()
            return await response.json()

    async def control_raw(self, path: str, body: bytes) -> Any:
        """PUT bytes to a control route that refuses them."""
        url = f"{self.known['arm']}/_simulator{path}"
        headers = {"Content-Type": "application/json; charset=foo"}
        async with self._session.put(url, data=body, headers=headers) as response:
            assert response.status == 400, await response.text()
            return await response.json()

    async def until(self, path: str, text: str, **query: str) -> dict[str, Any]:
        """Wait until a control route shows a text."""
        async with asyncio.timeout(20):
            while text not in json.dumps(shown := await self.control(path, **query)):
                await asyncio.sleep(0.02)
        found: dict[str, Any] = shown
        return found


@asynccontextmanager
async def operating(known: dict[str, Any]) -> AsyncIterator[Operator]:
    connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=known["caFile"]))
    async with aiohttp.ClientSession(connector=connector) as session:
        headers = {"X-IDENTITY-HEADER": known["operatorIdentityHeader"]}
        async with session.get(
            known["identityEndpoint"], params=TOKEN, headers=headers
        ) as response:
            token = (await response.json())["access_token"]
        yield Operator(session, known, token)


@pytest.fixture
def app(tmp_path: Path) -> Path:
    (tmp_path / "function_app.py").write_text(APP, "utf-8")
    return tmp_path


@pytest.fixture
async def azure(app: Path) -> AsyncIterator[LocalAzure]:
    async with running(scale=20, app_directory=app) as started:
        yield started


@pytest.fixture
async def operator(azure: LocalAzure) -> AsyncIterator[Operator]:
    async with operating(azure.as_json()) as started:
        yield started


REGISTRY = "Microsoft.ContainerRegistry/registries/myregistry"
PREMIUM = {"location": "westeurope", "sku": {"name": "Premium"}}
NETWORK = "Microsoft.Network/virtualNetworks/hub"
ADDRESSES = {
    "location": "westeurope",
    "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}},
}


async def test_a_write_reaches_the_function_which_acts_as_the_app(operator: Operator) -> None:
    """From Resource Manager through Event Grid into the app, and back with the app's own token."""
    await operator.put(REGISTRY, PREMIUM)
    events = await operator.until(
        "/events", "delivered", operation="microsoft.containerregistry/registries/write"
    )
    history = events["events"][0]["history"]
    assert {step["step"] for step in history} == {"raised", "filtered", "delivered"}
    log = await operator.until("/functions/log", "read privatelink.azurecr.io as the app")
    runs = await operator.until("/functions/invocations", '"ended": "2')
    assert [(run["function"], run["error"]) for run in runs["invocations"]] == [
        ("registry_changed", None)
    ]
    assert await operator.control("/functions/invocations", since="1") == {
        "invocations": [],
        "next": 1,
    }
    heard = [one for one in log["records"] if "registry_changed" in one["message"]]
    assert heard[0]["message"].endswith("Microsoft.Resources.ResourceWriteSuccess")
    assert heard[0]["function"] == "registry_changed"
    calls = (await operator.control("/calls"))["calls"]
    by_app = [call for call in calls if call["path"].endswith("/privatelink.azurecr.io")]
    assert [call["status"] for call in by_app] == [200]


async def test_the_start_holds_the_zone_and_nothing_else(operator: Operator) -> None:
    """A newcomer begins with one empty zone, without a trace of how it was made."""
    zone = operator.known["zone"]
    first = operator.known["subscriptions"][0]
    assert zone == (
        f"/subscriptions/{first}/resourceGroups/dns/providers/"
        "Microsoft.Network/privateDnsZones/privatelink.azurecr.io"
    )
    assert len(operator.known["subscriptions"]) == 2
    assert (await operator.control("/calls"))["calls"] == []
    assert (await operator.control("/events"))["events"] == []
    assert (await operator.control("/networks"))["networks"] == []


async def test_a_new_network_is_listed_with_a_resolver(operator: Operator) -> None:
    """The control surface says where to point dig for each network."""
    network = await operator.put(NETWORK, ADDRESSES)
    await operator.put(REGISTRY, PREMIUM)
    await operator.until("/events", "registries/write")
    listed = await operator.until("/networks", network)
    [one] = listed["networks"]
    assert (one["name"], one["port"]) == ("hub", listed["public"]["port"])
    query = dns.message.make_query("myregistry.azurecr.io", "A")
    answer = await dns.asyncquery.udp(query, one["address"], timeout=30, port=one["port"])
    assert answer.answer[-1][0].to_text().startswith(("203.0.113.", "198.51.100."))


async def test_the_delivery_schema_can_be_changed(operator: Operator) -> None:
    """The app can be shown CloudEvents without a new start."""
    assert (await operator.control("/eventgrid"))["deliverySchema"] == "EventGridSchema"
    wanted = {"deliverySchema": "CloudEventSchemaV1_0"}
    changed = await operator.control("/eventgrid", wanted)
    assert (changed["deliverySchema"], changed["deadLetters"]) == ("CloudEventSchemaV1_0", [])
    await operator.put(REGISTRY, PREMIUM)
    await operator.until("/functions/log", "registry_changed 1.0 None")


async def test_time_and_latency_can_be_changed(operator: Operator) -> None:
    """A test slows Azure down or speeds it up while it runs."""
    assert await operator.control("/time") == {"scale": 20.0}
    assert await operator.control("/time", {"scale": 100}) == {"scale": 100.0}
    latency = await operator.control("/latency", {"endpoint": 45})
    assert latency["endpoint"] == 45.0
    assert latency == await operator.control("/latency")


async def test_azure_behaves_one_way_or_the_other(operator: Operator) -> None:
    """Where nobody knows what Azure does, a test chooses; what it does not name stays."""
    documented = await operator.control("/habits")
    assert documented["home_listed"] is True
    assert documented["replica_asks_again"] is False
    changed = await operator.control("/habits", {"replica_asks_again": True})
    assert changed == documented | {"replica_asks_again": True}


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/time", {"scale": 0}, "scale must be a number above 0"),
        ("/time", {"scale": True}, "scale must be a number above 0"),
        ("/time", {"speed": 1}, "the body must have ['scale']"),
        ("/time", [], "the body must be a JSON object"),
        ("/latency", {"speed": 1}, "no latency is called 'speed'"),
        ("/latency", {"event": -1}, "must be seconds from 0 up"),
        ("/latency", {"event": math.nan}, "must be seconds from 0 up, 1e9 at most, not nan"),
        ("/latency", {"event": math.inf}, "must be seconds from 0 up, 1e9 at most, not inf"),
        ("/latency", {"event": 10**400}, "must be seconds from 0 up, 1e9 at most"),
        ("/habits", {"kind": True}, "no habit is called 'kind'"),
        ("/habits", {"early_events": 1}, "habit 'early_events' must be true or false, not 1"),
        ("/time", {"scale": math.inf}, "scale must be a number above 0"),
        ("/eventgrid", {"deliverySchema": "Custom"}, "deliverySchema must be one of"),
    ],
)
async def test_a_bad_body_changes_nothing_and_says_why(
    operator: Operator, path: str, body: object, message: str
) -> None:
    """One clear message, and the settings stay as they were."""
    before = await operator.control(path)
    answer = await operator.control(path, body)
    assert answer["error"]["code"] == "BadRequest"
    assert message in answer["error"]["message"]
    assert await operator.control(path) == before


@pytest.mark.parametrize("path", ["/time", "/latency", "/habits", "/eventgrid"])
@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"[" * 100_000, "the body cannot be read: it is nested deeper than 64 levels"),
        (b'{"a":' * 100_000, "the body cannot be read: it is nested deeper than 64 levels"),
        (b"{", "the body cannot be read: "),
        (b"\xff", "the body cannot be read: "),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused(
    operator: Operator, path: str, body: bytes, message: str
) -> None:
    """Whatever is sent, the control surface answers 400 and says why."""
    answer = await operator.control_raw(path, body)
    assert answer["error"]["code"] == "BadRequest"
    assert answer["error"]["message"].startswith(message)


async def test_a_log_is_read_from_where_one_left_off(operator: Operator) -> None:
    """`next` of one answer is `since` of the following question; nonsense is refused."""
    await operator.put(NETWORK, ADDRESSES)
    first = await operator.control("/calls")
    assert [call["method"] for call in first["calls"]] == ["PUT"]
    assert (await operator.control("/calls", since=str(first["next"])))["calls"] == []
    refused = await operator.control("/calls", since="yesterday")
    assert refused["error"]["message"].startswith("since must be a number")


async def test_without_delivery_events_are_only_raised(app: Path) -> None:
    """A test may watch events without the app getting in its way."""
    async with (
        running(scale=20, deliver=False, app_directory=app) as azure,
        operating(azure.as_json()) as operator,
    ):
        await operator.put(REGISTRY, PREMIUM)
        events = await operator.until("/events", "registries/write")
        steps = {step["step"] for step in events["events"][0]["history"]}
        assert steps == {"raised", "filtered"}


async def test_an_app_that_refuses_its_settings_stops_the_start(tmp_path: Path) -> None:
    """The settings given to `running` reach the app, and its refusal reaches the caller."""
    source = 'import os\nraise ValueError("OWNER: " + os.environ["ACR_PRIVATE_DNS_OWNER"])'
    (tmp_path / "function_app.py").write_text(source, "utf-8")
    with pytest.raises(AppFailedToStartError, match="OWNER: somebody"):
        async with running(app_directory=tmp_path, settings={"ACR_PRIVATE_DNS_OWNER": "somebody"}):
            pass


async def start(app: Path, *options: str, **environment: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulator", "serve", "--app", str(app), *options,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env=os.environ | environment,
    )  # fmt: skip


def children_of(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def catches(pid: int, signal_: signal.Signals) -> bool:
    status = Path(f"/proc/{pid}/status").read_text()
    [caught] = [line.split()[1] for line in status.splitlines() if line.startswith("SigCgt")]
    return bool(int(caught, 16) >> signal_ - 1 & 1)


@pytest.mark.parametrize("signal_", [signal.SIGTERM, signal.SIGINT])
async def test_the_command_prints_one_line_and_leaves_nothing_behind(
    app: Path, signal_: signal.Signals
) -> None:
    """A script can read where everything is, end it with a signal, and find no remains."""
    process = await start(app, "--json", "--scale", "20")
    assert process.stdout is not None
    known = json.loads(await process.stdout.readline())
    assert set(known) == {
        "arm", "identityEndpoint", "identityHeader", "operatorIdentityHeader", "functions",
        "functionsKey", "functionsDefaultKey", "caFile", "tenantId", "subscriptions", "zone",
    }  # fmt: skip
    async with operating(known) as operator:
        await operator.put(REGISTRY, PREMIUM)
        await operator.until("/functions/log", "read privatelink.azurecr.io as the app")
    children = children_of(process.pid)
    assert len(children) == 1
    process.send_signal(signal_)
    rest, errors = await process.communicate()
    assert (process.returncode, rest, errors) == (0, b"", b"")
    assert not Path(known["caFile"]).parent.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(children[0], 0)


SLOW_APP = """
import pathlib, time
pathlib.Path("indexing").touch()
time.sleep(60)
"""


@pytest.mark.parametrize("signal_", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_a_start_that_is_under_way(
    tmp_path: Path, signal_: signal.Signals
) -> None:
    """Whoever changes their mind while the app is indexed waits for nothing and finds nothing."""
    (tmp_path / "function_app.py").write_text(SLOW_APP, "utf-8")
    (temporary := tmp_path / "temporary").mkdir()
    process = await start(tmp_path, "--json", TMPDIR=str(temporary))
    while not (tmp_path / "indexing").exists():
        await asyncio.sleep(0.01)
    [child] = children_of(process.pid)
    assert list(temporary.iterdir())
    process.send_signal(signal_)
    process.send_signal(signal_)
    async with asyncio.timeout(30):
        assert await process.communicate() == (b"", b"")
    assert process.returncode == 0
    assert list(temporary.iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


@pytest.mark.parametrize("signal_", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_is_heard_from_the_first_moment(app: Path, signal_: signal.Signals) -> None:
    """A script that gives up at once still gets status 0."""
    process = await start(app, "--json")
    while not catches(process.pid, signal.SIGTERM) or not catches(process.pid, signal.SIGINT):
        await asyncio.sleep(0)
    process.send_signal(signal_)
    assert await process.communicate() == (b"", b"")
    assert process.returncode == 0


def test_nothing_slow_is_imported_before_signals_are_heard() -> None:
    """The rooms take a third of a second to import, in which a signal must not be lost."""
    code = "import sys, simulator.__main__; print({'asyncio', 'argparse'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "set()\n"


async def test_the_command_tells_a_person_what_to_do_next(app: Path) -> None:
    """Without --json the output is to be read, and to be copied into a shell."""
    process = await start(app)
    assert process.stdout is not None
    text = b""
    while b"dig @127.53.0.1" not in text:
        text += await process.stdout.readline()
    assert b"curl -s -H 'X-IDENTITY-HEADER: " in text
    process.terminate()
    await process.communicate()


async def test_the_command_fails_with_the_apps_own_message(tmp_path: Path) -> None:
    """Bad settings end in status 1 and the app's message, not in a traceback."""
    (tmp_path / "function_app.py").write_text('raise ValueError("ZONES: missing")', "utf-8")
    process = await start(tmp_path, "--json")
    output, errors = await process.communicate()
    assert (process.returncode, output) == (1, b"")
    assert errors.decode() == "The local Azure cannot start: ValueError: ZONES: missing\n"


async def test_the_command_needs_a_folder(tmp_path: Path) -> None:
    """A misspelt folder is one message on standard error, not a traceback."""
    process = await start(tmp_path / "missing", "--json")
    output, errors = await process.communicate()
    assert (process.returncode, output) == (1, b"")
    why = f"no worker can be started in {tmp_path / 'missing'}: No such file or directory"
    assert errors.decode() == f"The local Azure cannot start: {why}\n"
