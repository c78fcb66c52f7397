"""Microsoft's clients, one a subscription, over one pipeline and one connection pool."""

import re
from collections.abc import Mapping
from typing import Self
from urllib.parse import urlsplit
from urllib.request import getproxies

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError
from azure.core.pipeline import PipelineRequest, policies
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.core.pipeline.transport import AioHttpTransport
from azure.core.rest import HttpRequest
from azure.mgmt.containerregistry.aio import ContainerRegistryManagementClient
from azure.mgmt.core.policies import AsyncARMChallengeAuthenticationPolicy
from azure.mgmt.network.aio import NetworkManagementClient
from azure.mgmt.privatedns.aio import PrivateDnsManagementClient

from shared.engine.request_count import count

# The versions that the installed clients speak, for requests that go without their models.
NETWORK_API_VERSION = "2026-03-01"
REGISTRY_API_VERSION = "2025-11-01"
ZONE_API_VERSION = "2024-06-01"
SUBSCRIPTION_API_VERSION = "2022-12-01"

# An event has 20 s (bounded): a call that hangs must leave time for another try, and Microsoft's
# own ten retries, up to two minutes apart, would outlast it (docs/azure.md#clients).
_CONNECT_SECONDS = 5
_READ_SECONDS = 10
_RETRIES = 3
_BACKOFF_FACTOR = 0.4
_BACKOFF_MAX_SECONDS = 4
# By default polls come every 30 s: later than any event's end.
_LINK_POLL_SECONDS = 2
# With this port and without any, a URL names one host.
_HTTPS_PORT = 443
_API_VERSION = re.compile(r"(?<=[?&]api-version=)[^&#]*")


class ForeignHostError(AzureError):
    """Azure's answer pointed to another host; the token must not go there."""


class Clients:
    """The management clients of every subscription.

    Args:
        credential: who the app is.
        base_url: Resource Manager's URL.
        scope: the OAuth scope of its tokens.
        transport: how requests travel; by default a connection pool of its own.
        api_versions: by client (network, privatedns, containerregistry), where not its own.

    Left out of the clients' usual policies on purpose: redirects (the token
    must not follow them), the registration of resource providers (the app has
    no right to it), the logging of requests (quiet), and the decoding of bodies,
    which the clients do once more anyway.
    """

    def __init__(
        self,
        credential: AsyncTokenCredential,
        base_url: str,
        scope: str,
        transport: AioHttpTransport | None = None,
        api_versions: Mapping[str, str] | None = None,
    ) -> None:
        self._credential = credential
        self._base_url = base_url
        self._transport = transport or AioHttpTransport(
            connection_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            # Told to heed the environment, aiohttp opens ~/.netrc anew for every request, in
            # a thread: only a proxy is worth that.
            use_env_settings=bool(getproxies()),
        )
        self._policies = [
            policies.RequestIdPolicy(),
            policies.HeadersPolicy(),
            policies.UserAgentPolicy("acr-private-dns"),
            _OwnHostOnly(base_url),
            policies.AsyncRetryPolicy(
                retry_total=_RETRIES,
                retry_backoff_factor=_BACKOFF_FACTOR,
                retry_backoff_max=_BACKOFF_MAX_SECONDS,
            ),
            AsyncARMChallengeAuthenticationPolicy(credential, scope),
            # After the retries, so that each try counts.
            _Count(),
        ]
        self._api_versions = api_versions or {}
        # Made at their first use: an event needs two or three of them, and its start counts.
        self._networks: dict[str, NetworkManagementClient] = {}
        self._registries: dict[str, ContainerRegistryManagementClient] = {}
        self._zones: dict[str, PrivateDnsManagementClient] = {}

    def network(self, subscription: str) -> NetworkManagementClient:
        """The client for endpoints, interfaces and networks of a subscription."""
        if subscription not in self._networks:
            self._networks[subscription] = NetworkManagementClient(
                self._credential,
                subscription,
                self._base_url,
                policies=self._policies_of("network"),
                transport=self._transport,
            )
        return self._networks[subscription]

    def registry(self, subscription: str) -> ContainerRegistryManagementClient:
        """The client for registries and replications of a subscription."""
        if subscription not in self._registries:
            self._registries[subscription] = ContainerRegistryManagementClient(
                self._credential,
                subscription,
                self._base_url,
                policies=self._policies_of("containerregistry"),
                transport=self._transport,
            )
        return self._registries[subscription]

    def zone(self, subscription: str) -> PrivateDnsManagementClient:
        """The client for zones, records and links of a subscription."""
        if subscription not in self._zones:
            self._zones[subscription] = PrivateDnsManagementClient(
                self._credential,
                subscription,
                self._base_url,
                policies=self._policies_of("privatedns"),
                transport=self._transport,
                api_version=ZONE_API_VERSION,
                polling_interval=_LINK_POLL_SECONDS,
            )
        return self._zones[subscription]

    def tenant(self) -> PrivateDnsManagementClient:
        """The client for what lies above subscriptions."""
        # Any client sends anything to its host, and one more package would cost its import at
        # every cold start. Its API version is that of no setting.
        return PrivateDnsManagementClient(
            self._credential,
            "",
            self._base_url,
            policies=list(self._policies),
            transport=self._transport,
        )

    def _policies_of(self, client: str) -> list[object]:
        """The pipeline of one of the three clients."""
        version = self._api_versions.get(client)
        return [*([_Version(version)] if version else []), *self._policies]

    async def __aenter__(self) -> Self:
        await self._transport.open()
        return self

    async def __aexit__(self, *_why: object) -> None:
        await self._transport.close()
        await self._credential.close()


class _OwnHostOnly(SansIOHTTPPolicy[HttpRequest, object]):
    """Sends nothing to any host but the configured one.

    Next links and polling URLs come out of answers; the clients would follow
    them anywhere, with the app's token (quiet).
    """

    def __init__(self, base_url: str) -> None:
        self._host = _host(base_url)

    def on_request(self, request: PipelineRequest[HttpRequest]) -> None:
        if _host(request.http_request.url) != self._host:
            raise ForeignHostError("a link in Azure's answer points to another host")


class _Version(SansIOHTTPPolicy[HttpRequest, object]):
    """Asks for one API version: the network client takes its own with each operation."""

    def __init__(self, version: str) -> None:
        self._version = version

    def on_request(self, request: PipelineRequest[HttpRequest]) -> None:
        url = request.http_request.url
        request.http_request.url = _API_VERSION.sub(self._version, url)


class _Count(SansIOHTTPPolicy[HttpRequest, object]):
    """Counts every try for the run that it is made in."""

    def on_request(self, request: PipelineRequest[HttpRequest]) -> None:
        count(request.http_request.method)


def _host(url: str) -> tuple[str, str | None, int]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _HTTPS_PORT
