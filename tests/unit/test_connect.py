"""connect: who the app is, in Azure and on a laptop."""

from typing import Any

import pytest
from azure.core.credentials_async import AsyncTokenCredential
from azure.identity.aio import DefaultAzureCredential, ManagedIdentityCredential

from shared.arm.adapter import AzureAdapter
from shared.arm.clients import Clients
from shared.arm.connect import connect
from shared.settings import load
from tests.unit.test_settings import GOOD

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
