"""The adapter against answers that Azure should never give: nothing leaks, nothing is believed."""

import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any, Self

import aiohttp
import pytest
import trustme
from aiohttp import web
from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import AioHttpTransport

from shared.arm.adapter import AzureAdapter
from shared.arm.clients import Clients
from shared.arm.rate_limit import RateLimiter
from shared.domain.reading import Found, Unknown, UnknownReason
from shared.domain.resource_id import ENDPOINT, NETWORK, REGISTRY, ZONE, ResourceId
from shared.domain.zone import Zone
from shared.engine.azure import Pacing
from shared.engine.deadline import Deadline
from shared.errors import TransientError
from tests.unit.test_rate_limit import Time

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
ENDPOINT_ID = ResourceId(SUBSCRIPTION, "rg", ENDPOINT, ("pe-a",))
REGISTRY_ID = ResourceId(SUBSCRIPTION, "rg", REGISTRY, ("r1",))
NETWORK_ID = ResourceId(SUBSCRIPTION, "rg", NETWORK, ("net",))
KEPT = Zone(ResourceId(SUBSCRIPTION, "dns", ZONE, ("privatelink.azurecr.io",)), "azurecr.io", "me")

type Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Credential:
    """A token that must go to one host only."""

    async def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        """The token."""
        return AccessToken("secret-token", 4_102_444_800)

    async def close(self) -> None:
        """Nothing to close."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_why: object) -> None:
        return None


class Hostile:
    """Two TLS servers: the configured one, which answers as told, and another, which listens."""

    def __init__(self) -> None:
        self.answer: Answer = self._nothing
        self.requests: list[str] = []
        self.elsewhere: list[str] = []
        self.url = self.other_url = ""

    @staticmethod
    async def _nothing(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=500)

    async def here(self, request: web.Request) -> web.StreamResponse:
        """The configured host."""
        self.requests.append(str(request.rel_url))
        return await self.answer(request)

    async def there(self, request: web.Request) -> web.StreamResponse:
        """The host that must never hear of us."""
        self.elsewhere.append(request.headers.get("Authorization", ""))
        return web.json_response({"value": []})

    def answers(self, body: object, status: int = 200, **headers: str) -> None:
        """Answer every request with this."""
        text = body if isinstance(body, str) else json.dumps(body)

        async def answer(_request: web.Request) -> web.StreamResponse:
            return web.Response(
                status=status, text=text, content_type="application/json", headers=headers
            )

        self.answer = answer


async def _listen(handler: Answer, context: ssl.SSLContext) -> tuple[web.AppRunner, str]:
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(application, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    return runner, f"https://127.0.0.1:{runner.addresses[0][1]}"


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    """The clock of long lists, on which waiting takes no time."""
    time = Time()
    monkeypatch.setattr(
        "shared.arm.adapter.RateLimiter", partial(RateLimiter, time.clock, time.sleep)
    )
    return time


@pytest.fixture
async def hostile(time: Time) -> AsyncIterator[tuple[Hostile, AzureAdapter]]:
    """The hostile Azure and the adapter that is pointed at it."""
    del time
    authority, server = trustme.CA(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    azure = Hostile()
    here, azure.url = await _listen(azure.here, server)
    there, azure.other_url = await _listen(azure.there, server)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=client)) as session:
        transport = AioHttpTransport(session=session, session_owner=False)
        clients = Clients(Credential(), azure.url, "scope", transport)
        yield azure, AzureAdapter(clients, frozenset({SUBSCRIPTION}))
    await here.cleanup()
    await there.cleanup()


async def test_a_next_link_to_another_host_is_not_followed(
    hostile: tuple[Hostile, AzureAdapter],
) -> None:
    """The token stays with the configured host, and a broken list is no list.

    Invariant: no-unproven-delete, quiet.
    """
    azure, estate = hostile
    azure.answers({"value": [], "nextLink": f"{azure.other_url}/steal?token=1"})
    with pytest.raises(TransientError, match="list records"):
        await estate.records(KEPT)
    assert azure.elsewhere == []


async def test_a_polling_url_on_another_host_is_not_followed(
    hostile: tuple[Hostile, AzureAdapter],
) -> None:
    """The same holds for the URL where a long-running operation is to be asked after."""
    azure, estate = hostile
    headers = {"Azure-AsyncOperation": f"{azure.other_url}/op", "Location": f"{azure.other_url}/op"}
    azure.answers({}, 202, **headers)
    with pytest.raises(TransientError, match="create link"):
        await estate.create_link(KEPT, "link", NETWORK_ID, Deadline(10))
    assert azure.elsewhere == []


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed(
    hostile: tuple[Hostile, AzureAdapter], status: int
) -> None:
    """Resource Manager does not redirect; whoever does gets no token."""
    azure, estate = hostile
    azure.answers("", status, Location=f"{azure.other_url}/x")
    assert isinstance(await estate.endpoint(ENDPOINT_ID), Unknown)
    assert azure.elsewhere == []


async def test_a_list_without_end_ends(hostile: tuple[Hostile, AzureAdapter], time: Time) -> None:
    """A page that names itself as the next one is given up after a bounded number (bounded).

    Its pages wait for their turn meanwhile, if the list is one that may wait.
    """
    azure, estate = hostile
    azure.answers({"value": [], "nextLink": f"{azure.url}/again"})
    with pytest.raises(TransientError, match="list records"):
        await estate.records(KEPT, Pacing.WAIT)
    assert len(azure.requests) == 500
    assert time.slept == [300.0]


async def test_a_page_that_fails_spoils_the_list(hostile: tuple[Hostile, AzureAdapter]) -> None:
    """A zone of which a page cannot be read is not read at all, or names would seem gone.

    Invariant: no-unproven-delete.
    """
    azure, estate = hostile

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path == "/second":
            return web.json_response({"error": {"code": "AuthorizationFailed"}}, status=403)
        record = {"name": "r1", "properties": {"aRecords": []}}
        return web.json_response({"value": [record], "nextLink": f"{azure.url}/second"})

    azure.answer = answer
    with pytest.raises(TransientError, match="list records: HttpResponseError 403"):
        await estate.records(KEPT)


async def test_a_page_without_a_list_is_no_empty_page(
    hostile: tuple[Hostile, AzureAdapter],
) -> None:
    """Where the records should stand and nothing does, the zone is not read as empty.

    Invariant: no-unproven-delete.
    """
    azure, estate = hostile
    for body in ({}, {"value": None}, {"value": "text"}, {"value": [], "nextLink": 17}):
        azure.answers(body)
        with pytest.raises(TransientError, match="list records"):
            await estate.records(KEPT)


ODD = [
    "",
    "<html>busy</html>",
    "null",
    "17",
    '"text"',
    "[]",
    "{}",
    '{"properties": null}',
    '{"properties": []}',
    '{"properties": {"subnet": null}}',
    '{"properties": {"subnet": {"id": 17}, "resourceGuid": {}, "provisioningState": []}}',
    '{"properties": {"loginServer": ["x"], "privateEndpointConnections": {}}}',
    '{"properties": {"ipConfigurations": [null], "subnets": [1], "provisioningState": "x"}}',
    '{"value": 17}',
    '{"value": [17]}',
    '{"value": [null]}',
    "[" * 2_000,
    '{"a":' * 500,
]


@pytest.mark.parametrize("body", ODD)
async def test_an_odd_document_is_a_doubt(hostile: tuple[Hostile, AzureAdapter], body: str) -> None:
    """Whatever stands where a source should stand is unknown: never absent, never a crash."""
    azure, estate = hostile
    azure.answers(body)
    for reading in (
        await estate.endpoint(ENDPOINT_ID),
        await estate.registry(REGISTRY_ID),
        await estate.network(NETWORK_ID),
    ):
        assert isinstance(reading, Unknown)
        assert "busy" not in reading.detail
    group = await estate.group_zones(ENDPOINT_ID)
    assert isinstance(group, Unknown) or group == Found(frozenset())


@pytest.mark.parametrize("body", ODD)
async def test_an_odd_zone_is_an_error_or_empty(
    hostile: tuple[Hostile, AzureAdapter], body: str
) -> None:
    """Whatever stands where the zone should stand raises, or is read as what it says."""
    azure, estate = hostile
    azure.answers(body)
    for call in (estate.records(KEPT), estate.links(KEPT), estate.record(KEPT, "r1")):
        with contextlib.suppress(TransientError):
            found = await call
            assert not found or getattr(found, "addresses", None) == ()


async def test_only_the_registrys_own_404_says_that_it_is_gone(
    hostile: tuple[Hostile, AzureAdapter],
) -> None:
    """Its list of replications may answer 404 for a moment; that proves nothing.

    Invariant: no-unproven-delete.
    """
    azure, estate = hostile

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path.endswith("/replications"):
            gone = {"error": {"code": "ResourceNotFound", "message": "not found"}}
            return web.json_response(gone, status=404)
        return web.json_response({"location": "westeurope", "properties": {}})

    azure.answer = answer
    assert isinstance(await estate.registry(REGISTRY_ID), Unknown)


async def test_silence_about_connections_is_not_their_absence(
    hostile: tuple[Hostile, AzureAdapter],
) -> None:
    """A registry's document without its connections does not say that it has none.

    Invariant: no-unproven-delete.
    """
    azure, estate = hostile
    properties = {"loginServer": "r1.azurecr.io", "provisioningState": "Succeeded"}
    body = {"location": "westeurope", "properties": properties, "value": []}
    azure.answers(body)
    reading = await estate.registry(REGISTRY_ID)
    assert isinstance(reading, Unknown)
    assert reading.reason is UnknownReason.UNREADABLE
    azure.answers({**body, "properties": {**properties, "privateEndpointConnections": []}})
    assert isinstance(await estate.registry(REGISTRY_ID), Found)


async def test_silence_about_subnets_is_not_an_empty_network(
    hostile: tuple[Hostile, AzureAdapter],
) -> None:
    """A network's document without its subnets does not say that nobody is in it.

    Invariant: no-unproven-delete.
    """
    azure, estate = hostile
    azure.answers({"properties": {"provisioningState": "Succeeded"}})
    reading = await estate.network(NETWORK_ID)
    assert isinstance(reading, Unknown)
    assert reading.reason is UnknownReason.UNREADABLE


async def test_no_secret_or_foreign_text_is_told(
    hostile: tuple[Hostile, AzureAdapter], caplog: pytest.LogCaptureFixture
) -> None:
    """A failure is told by kind, status and code alone (quiet)."""
    caplog.set_level("DEBUG")
    azure, estate = hostile
    azure.answers({"error": {"code": "Evil code\n!", "message": "raw foreign text"}}, 403)
    reading = await estate.endpoint(ENDPOINT_ID)
    assert isinstance(reading, Unknown)
    assert reading.detail == "HttpResponseError 403"
    with pytest.raises(TransientError) as raised:
        await estate.records(KEPT)
    assert str(raised.value) == "list records: HttpResponseError 403"
    assert not any("secret-token" in m or "raw foreign" in m for m in caplog.messages)


async def test_a_good_answer_is_still_believed(hostile: tuple[Hostile, AzureAdapter]) -> None:
    """The same door lets a proper document through, so that the other tests mean something."""
    azure, estate = hostile
    azure.answers({"properties": {"provisioningState": "Succeeded", "subnets": []}})
    assert isinstance(await estate.network(NETWORK_ID), Found)
