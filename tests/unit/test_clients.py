"""Clients: which API version each is asked for, and that every try is counted."""

from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline.transport import AioHttpTransport
from azure.core.rest import HttpRequest

from shared.arm.clients import Clients
from shared.engine.request_count import count_requests
from tests.unit.test_settings import SUBSCRIPTION


class _Credential:
    async def get_token(self, *_scopes: str, **_options: object) -> AccessToken:
        return AccessToken("token", 2**40)


class _Refusing(AioHttpTransport):  # type: ignore[misc]
    """Notes what would be sent, and sends nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[HttpRequest] = []

    async def sleep(self, duration: float) -> None:
        """Let no time pass between the tries."""
        del duration

    async def send(self, request: Any, **_options: object) -> Any:
        self.sent.append(request)
        raise HttpResponseError("refused")


@pytest.mark.parametrize("chosen", [True, False])
async def test_a_chosen_api_version_is_asked_for(chosen: bool) -> None:
    """Where a cloud lags behind, each client can be told which version to speak."""
    versions = {
        "network": "2021-01-01",
        "privatedns": "2021-01-02",
        "containerregistry": "2021-01-03",
    }
    transport = _Refusing()
    clients = Clients(
        _Credential(),  # type: ignore[arg-type]
        "https://127.0.0.1",
        "scope",
        transport,
        versions if chosen else {},
    )
    asked = (
        clients.network(SUBSCRIPTION).private_endpoints.get("rg", "pe"),
        clients.zone(SUBSCRIPTION).private_zones.get("rg", "zone"),
        clients.registry(SUBSCRIPTION).registries.get("rg", "registry"),
    )
    with count_requests() as calls:
        for one in asked:
            with pytest.raises(HttpResponseError):
                await one
    sent = {request.url.rpartition("api-version=")[2] for request in transport.sent}
    assert (sent == set(versions.values())) == chosen
    # Each is tried four times, and each try is a request to Azure.
    assert (calls.reads, calls.writes) == (12, 0)
