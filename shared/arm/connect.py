"""Signs in and connects: from the settings to Azure."""

import os

from azure.core.credentials_async import AsyncTokenCredential

from shared.arm.adapter import AzureAdapter
from shared.arm.clients import Clients
from shared.settings import Settings


def connect(settings: Settings) -> AzureAdapter:
    """Azure, as the settings speak of it; nothing is sent before the first read."""
    clients = Clients(
        _credential(settings),
        settings.cloud.base_url,
        settings.cloud.scope,
        api_versions=settings.api_versions,
    )
    return AzureAdapter(clients, settings.subscriptions)


def _credential(settings: Settings) -> AsyncTokenCredential:
    """The managed identity where there is one; on a laptop, whoever is signed in there."""
    # The platform sets this; the default credential would try other identities as well.
    if "IDENTITY_ENDPOINT" in os.environ:
        from azure.identity.aio import ManagedIdentityCredential  # noqa: PLC0415 - cold start

        return ManagedIdentityCredential(client_id=settings.client_id)
    from azure.identity.aio import DefaultAzureCredential  # noqa: PLC0415 - cold start

    return DefaultAzureCredential()
