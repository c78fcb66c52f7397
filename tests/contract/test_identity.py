"""The token endpoint, as App Service offers it to a managed identity."""

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from azure.identity.aio import ManagedIdentityCredential

from simulator.identity import Identity

TENANT = "11111111-1111-1111-1111-111111111111"
QUERY = {"api-version": "2019-08-01", "resource": "https://management.azure.com"}


@pytest.fixture
async def identity() -> AsyncIterator[Identity]:
    """A running token endpoint."""
    identity = Identity(TENANT)
    await identity.start()
    yield identity
    await identity.stop()


async def fetch(url: str, header: str, **query: str) -> tuple[int, dict[str, Any]]:
    """Status and body of one raw request."""
    headers = {"X-IDENTITY-HEADER": header}
    async with (
        aiohttp.ClientSession() as session,
        session.get(url, params=QUERY | query, headers=headers) as response,
    ):
        return response.status, await response.json()


async def test_the_real_credential_gets_the_apps_token(
    identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    """azure-identity itself is content, and the token is the app's."""
    monkeypatch.setenv("IDENTITY_ENDPOINT", identity.url)
    monkeypatch.setenv("IDENTITY_HEADER", identity.app_header)
    async with ManagedIdentityCredential() as credential:
        token = await credential.get_token("https://management.azure.com/.default")
    assert identity.principal_of(token.token) == identity.app_principal


async def test_each_header_gives_its_own_principal(identity: Identity) -> None:
    """The operator is not the app, whatever else is asked for."""
    _, body = await fetch(identity.url, identity.operator_header, client_id="any", mi_res_id="any")
    assert identity.principal_of(body["access_token"]) == identity.operator_principal
    assert identity.operator_principal != identity.app_principal
    assert set(body) == {"access_token", "expires_on", "resource", "token_type", "client_id"}
    assert (body["token_type"], body["resource"]) == ("Bearer", "https://management.azure.com")


async def test_a_token_has_the_claims_of_a_jwt(identity: Identity) -> None:
    """Code that looks into a token finds audience, object, tenant and end."""
    _, body = await fetch(identity.url, identity.app_header)
    payload = body["access_token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert claims["aud"] == "https://management.azure.com"
    assert claims["oid"] == identity.app_principal
    assert claims["tid"] == TENANT
    assert str(claims["exp"]) == body["expires_on"]


async def test_a_wrong_header_gets_no_token(identity: Identity) -> None:
    """Without the secret header there is a 401, in JSON."""
    status, body = await fetch(identity.url, "guess")
    assert status == 401
    assert body["statusCode"] == 401


@pytest.mark.parametrize("query", [{"api-version": "2017-09-01"}, {"resource": ""}])
async def test_a_bad_request_gets_no_token(identity: Identity, query: dict[str, str]) -> None:
    """Version and resource are required, as on App Service."""
    status, _ = await fetch(identity.url, identity.app_header, **query)
    assert status == 400


async def test_a_token_for_another_service_is_no_token_for_us(identity: Identity) -> None:
    """A token for storage does not open Resource Manager."""
    _, body = await fetch(identity.url, identity.app_header, resource="https://storage.azure.com")
    assert identity.principal_of(body["access_token"]) is None
    assert identity.principal_of("made.up.token") is None


async def test_the_app_gets_a_token_of_its_own_identity_alone(identity: Identity) -> None:
    """A wrong client ID in the app's settings shows here as it would in Azure."""
    status, _ = await fetch(identity.url, identity.app_header, client_id=identity.app_client)
    assert status == 200
    status, body = await fetch(identity.url, identity.app_header, client_id="another")
    assert status == 400
    assert body["message"].startswith("No User Assigned or Delegated Managed Identity found")
