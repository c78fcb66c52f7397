"""Who keeps the records while the story is told: the engine of this checkout, or a deployed app."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

import requests

from infra.acceptance.arguments import Options
from infra.acceptance.azure import Json
from infra.acceptance.check import NotCheckableError
from infra.acceptance.text import one_line

_REPOSITORY = Path(__file__).resolve().parents[2]
_SECONDS = 230  # Functions cuts an HTTP answer off then (docs/azure.md, Functions).
_IN_STEP = 0


class Engine(Protocol):
    """Whoever keeps the records.

    Attributes:
        zone: ID of the zone in which it does.
        words: how a person calls it.
    """

    zone: str
    words: str

    def work(self, registry: str) -> str:
        """Let it do what it does when something changed; gives its complaint, empty if none."""

    def repair(self, registry: str) -> str:
        """Let it look at a registry of which no event told; gives its complaint, empty if none."""


class LocalEngine:
    """`python -m shared reconcile`, as whoever is signed in.

    Args:
        options: where Azure is, and which name owns the records.
        zone: ID of the throw-away zone.
        networks: IDs of the networks that the zone serves, so that nothing else of the
            subscription is touched.
    """

    def __init__(self, options: Options, zone: str, networks: Sequence[str]) -> None:
        self.zone = zone
        self.words = "the engine of this checkout"
        kept = {"id": zone, "networks": list(networks)}
        # Settings of the caller's own must not change what is proven.
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("ACR_PRIVATE_DNS_")
        }
        self._environment = inherited | {
            "ACR_PRIVATE_DNS_OWNER": options.name[:24].rstrip("-"),
            "ACR_PRIVATE_DNS_SUBSCRIPTIONS": options.subscription,
            "ACR_PRIVATE_DNS_ZONES": json.dumps([kept]),
            "ACR_PRIVATE_DNS_CLOUD": options.cloud.base_url,
        }

    def work(self, registry: str) -> str:
        """A run about one registry, with direct reads."""
        command = ("-m", "shared", "reconcile", "--yes", "--output", "json", "--registry", registry)
        done = subprocess.run(  # noqa: S603 - this interpreter and our own module
            (sys.executable, *command),
            cwd=_REPOSITORY,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == _IN_STEP:
            return ""
        return f"the engine says: {_complaint(done.stdout) or one_line(done.stderr)}"

    def repair(self, registry: str) -> str:
        """The same: it hears of no events at all."""
        return self.work(registry)


class DeployedApp:
    """A function app that watches the subscription: its events do the work.

    Args:
        options: the app's address and key.

    Raises:
        NotCheckableError: it does not answer, or does not say which zone it keeps.
    """

    def __init__(self, options: Options) -> None:
        self._url = options.app_url
        self._headers = {"x-functions-key": options.app_key}
        self.words = f"the app at {options.app_url}"
        zones = self.ask("GET", "status").get("zones") or []
        if len(zones) != 1:
            raise NotCheckableError(f"the app keeps {len(zones)} zones; the story needs one")
        self.zone = str(zones[0]["id"])

    def ask(self, method: str, route: str, body: Json | None = None) -> Json:
        """An HTTP function's answer."""
        try:
            answer = requests.request(
                method,
                f"{self._url}/api/{quote(route)}",
                headers=self._headers,
                json=body,
                timeout=_SECONDS,
                allow_redirects=False,
            )
            found = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise NotCheckableError(f"the app does not answer: {type(error).__name__}") from error
        if not answer.ok or not isinstance(found, dict):
            raise NotCheckableError(f"the app answered {answer.status_code} to {route}")
        return found

    def work(self, registry: str) -> str:  # noqa: ARG002 - as Engine has it
        """Nothing: events come to it by themselves."""
        return ""

    def repair(self, registry: str) -> str:
        """A run over HTTP, which stands in for the timer's next one."""
        self.ask("POST", "reconcile", {"scope": {"registry": registry}})
        return ""


def _complaint(text: str) -> str:
    """What a run found, and what went wrong in it, by the JSON that it printed."""
    try:
        zones = json.loads(text).get("zones", [])
    except ValueError:
        return ""
    words = [
        *(finding["code"] for zone in zones for finding in zone.get("findings", ())),
        *(str(error) for zone in zones for error in zone.get("errors", ())),
    ]
    return one_line(", ".join(dict.fromkeys(words)))
