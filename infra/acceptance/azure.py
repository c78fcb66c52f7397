"""Azure as a person with rights sees it: Microsoft's own clients, and bare requests beside them."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from azure.core import PipelineClient
from azure.core.credentials import TokenCredential
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline.policies import NetworkTraceLoggingPolicy, RequestIdPolicy, UserAgentPolicy
from azure.core.rest import HttpRequest
from azure.identity import DefaultAzureCredential, ManagedIdentityCredential
from azure.mgmt.containerregistry import ContainerRegistryManagementClient
from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.privatedns import PrivateDnsManagementClient

from shared.settings import Cloud

type Json = dict[str, Any]

ABSENT = 404
ACCEPTED = 202
TOO_MANY = 429
_PASSING = frozenset({TOO_MANY, 500, 502, 503, 504})
_AGENT = "acr-private-dns-acceptance"


class Poller(Protocol):
    """A long-running operation of Microsoft's clients."""

    def result(self) -> Any:  # noqa: ANN401 - any client's model
        """Wait for its end."""


class UnfinishedError(Exception):
    """An operation failed, or did not end in time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What Azure answered to a bare request.

    Attributes:
        status: HTTP status.
        body: the JSON object, empty if there was none.
        headers: in any case.
    """

    status: int
    body: Json
    headers: Mapping[str, str]

    @property
    def is_good(self) -> bool:
        """Whether it was done, or is being done."""
        return self.status < 400  # noqa: PLR2004 - HTTP's errors begin there

    @property
    def code(self) -> str:
        """The error's code; Private DNS leaves the wrapping away."""
        error = self.body.get("error")
        return str((error if isinstance(error, dict) else self.body).get("code", ""))

    @property
    def message(self) -> str:
        """The error's words."""
        error = self.body.get("error")
        return str((error if isinstance(error, dict) else self.body).get("message", ""))

    def __str__(self) -> str:
        return f"{self.status} {self.code}".strip()


class Azure:
    """One subscription of one cloud, as whoever is signed in.

    Args:
        cloud: where Resource Manager is.
        subscription: its ID.
        pause: seconds between two polls.
        patience: seconds until an operation is given up.

    Attributes:
        networks: Microsoft.Network's client.
        registries: Microsoft.ContainerRegistry's.
        zones: Microsoft.Network/privateDnsZones'.
    """

    def __init__(self, cloud: Cloud, subscription: str, pause: float, patience: float) -> None:
        self.subscription = subscription
        self.base_url = cloud.base_url
        self._pause = pause
        self._patience = patience
        options: Json = {
            "credential": _credential(),
            "subscription_id": subscription,
            "base_url": cloud.base_url,
            "credential_scopes": [cloud.scope],
            "polling_interval": pause,
        }
        # The clients' stubs leave out that bodies may be plain JSON.
        self.networks: Any = NetworkManagementClient(**options)
        self.registries: Any = ContainerRegistryManagementClient(**options)
        self.zones: Any = PrivateDnsManagementClient(**options)
        # No retries: what Azure answers, a check wants to see.
        policies = [
            RequestIdPolicy(),
            UserAgentPolicy(_AGENT),
            ARMChallengeAuthenticationPolicy(options["credential"], cloud.scope),
            NetworkTraceLoggingPolicy(),
        ]
        self._bare: PipelineClient[Any, Any] = PipelineClient(cloud.base_url, policies=policies)

    def send(
        self,
        method: str,
        path: str,
        version: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask once for a path, in one API version."""
        mark = "&" if "?" in path else "?"
        url = f"{self.base_url}{path}{mark}api-version={version}"
        return self.follow(method, url, body, headers)

    def follow(
        self,
        method: str,
        url: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask once for a whole URL, which must be this cloud's: the token goes with it."""
        if not url.startswith(f"{self.base_url}/"):
            raise UnfinishedError("Azure named a polling URL on another host")
        request = HttpRequest(method, url, json=body, headers=dict(headers or {}))
        response = self._bare.send_request(request)
        try:
            found = response.json()
        except ValueError:
            found = {}
        return Answer(
            response.status_code, found if isinstance(found, dict) else {}, response.headers
        )

    def finish(self, answer: Answer) -> Answer:
        """Poll a long-running write to its end; gives the last answer.

        Raises:
            UnfinishedError: it was refused, failed, or took too long.
        """
        status_url = answer.headers.get("Azure-AsyncOperation")
        url, end = status_url or answer.headers.get("Location"), time.monotonic() + self._patience
        if not answer.is_good:
            raise UnfinishedError(f"{answer}: {answer.message}")
        while url and time.monotonic() < end:
            answer = self.follow("GET", url)
            if answer.status in _PASSING:
                time.sleep(self._pause)
                continue
            word = str(answer.body.get("status", "")) if status_url else ""
            if not answer.is_good or word in {"Failed", "Canceled"}:
                raise UnfinishedError(f"{answer}: {answer.message}")
            if word == "Succeeded" or (not word and answer.status != ACCEPTED):
                return answer
            time.sleep(self._pause)
        if url:
            raise UnfinishedError(f"no end within {self._patience:g} s")
        return answer


def _credential() -> TokenCredential:
    """The managed identity where there is one; elsewhere whoever is signed in, as by `az login`."""
    if "IDENTITY_ENDPOINT" in os.environ:
        return ManagedIdentityCredential()
    return DefaultAzureCredential()


def is_absent(error: HttpResponseError) -> bool:
    """Whether Azure says that something is not there."""
    return error.status_code == ABSENT
