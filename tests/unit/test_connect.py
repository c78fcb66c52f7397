"""connect: who the app is, in Azure and on a laptop."""

import ssl
from functools import partial
from typing import Any

import pytest
import trustme
from aiohttp import web
from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.pipeline.transport import AioHttpTransport
from azure.identity.aio import DefaultAzureCredential, ManagedIdentityCredential

from shared.arm.adapter import AzureAdapter
from shared.arm.clients import Clients
from shared.arm.connect import connect
from shared.settings import load
from tests.unit.test_settings import GOOD, SUBSCRIPTION

CLIENT = "12121212-3434-5656-7878-909090909090"


@pytest.mark.parametrize(
    ("endpoint", "kind"),
    [("http://127.0.0.1:9/msi", ManagedIdentityCredential), ("", DefaultAzureCredential)],
)
async def test_the_managed_identity_is_used_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch, endpoint: str, kind: type[object]
) -> None:
    """In Azure the app is its managed identity; on a laptop, whoever is signed in there."""
    monkeypatch.delenv("IDENTITY_ENDPOINT", raising=False)
    if endpoint:
        monkeypatch.setenv("IDENTITY_ENDPOINT", endpoint)
        monkeypatch.setenv("IDENTITY_HEADER", "x")
    credentials: list[object] = []

    def noticed(credential: AsyncTokenCredential, *rest: Any, **options: Any) -> Clients:
        credentials.append(credential)
        return Clients(credential, *rest, **options)

    monkeypatch.setattr("shared.arm.connect.Clients", noticed)
    settings = load({**GOOD, "ACR_PRIVATE_DNS_CLIENT_ID": CLIENT})
    async with connect(settings) as estate:
        assert isinstance(estate, AzureAdapter)
        assert isinstance(credentials[0], kind)


class _Vault(AsyncTokenCredential):
    """An operator who is signed in, and notes for whom tokens are asked."""

    def __init__(self) -> None:
        self.scopes: list[str] = []

    async def get_token(self, *scopes: str, **_options: Any) -> AccessToken:
        """A token that names whom it is for."""
        self.scopes += scopes
        return AccessToken(f"for {' '.join(scopes)}", 2**40)

    async def close(self) -> None:
        """Nothing is open."""

    async def __aexit__(self, *_error: object) -> None:
        """Nothing is open."""


async def test_a_host_is_sent_no_token_for_azure(monkeypatch: pytest.MonkeyPatch) -> None:
    """The attack: somebody's settings file names their host as CLOUD, and waits for the token."""
    stolen: list[str] = []

    async def steal(request: web.Request) -> web.Response:
        stolen.append(request.headers["Authorization"])
        return web.json_response({"value": []})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", steal)
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    host = f"https://127.0.0.1:{runner.addresses[0][1]}"
    vault = _Vault()
    monkeypatch.setattr("shared.arm.connect._credential", lambda _settings: vault)
    with authority.cert_pem.tempfile() as file:
        monkeypatch.setattr(
            "shared.arm.connect.Clients",
            partial(Clients, transport=AioHttpTransport(connection_verify=file)),
        )
        async with connect(load({**GOOD, "ACR_PRIVATE_DNS_CLOUD": host})) as azure:
            await azure.probe(SUBSCRIPTION)
    await runner.cleanup()
    assert set(vault.scopes) == {f"{host}/.default"}
    assert set(stolen) == {f"Bearer for {host}/.default"}
