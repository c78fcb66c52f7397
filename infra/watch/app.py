"""The app that hears of the subscriptions: what main.bicep's deployment says of it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arguments import Options, RefusedError, parse_subscriptions
from az import Az, AzError
from run import Run

INFRA = Path(__file__).resolve().parent.parent
FUNCTIONS = tuple(sorted(path.stem for path in (INFRA / "events").glob("*.json")))

_OUTPUTS = ("FUNCTION_APP_ID", "PRINCIPAL_ID", "STORAGE_ID")
_WEB = "2025-03-01"
_RESOURCE = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)"
    r"/providers/(?P<type>[^/]+/[^/]+)/(?P<name>[^/]+)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class App:
    """The app, and what each watched subscription must know of it.

    Args:
        id: resource ID of the function app.
        principal: object ID of its identity.
        storage: resource ID of the storage account that keeps undelivered events.
        workspace: resource ID of the workspace that hears of failed deliveries, or "".
        location: region of the resource groups.
        links: whether it links networks in any of its zones.
        subscriptions: those that it looks after, as its setting says.
        zone_subscriptions: those that its zones are in.
    """

    id: str
    principal: str
    storage: str
    workspace: str
    location: str
    links: bool
    subscriptions: tuple[str, ...]
    zone_subscriptions: tuple[str, ...]

    @property
    def parts(self) -> Mapping[str, str]:
        """The subscription, group and name of the function app."""
        return resource_parts(self.id)


def resource_parts(resource_id: str) -> Mapping[str, str]:
    """The subscription, group, type and name in a resource ID; AzError if it is none."""
    found = _RESOURCE.fullmatch(resource_id)
    if found is None:
        raise AzError(f"not a resource ID: {resource_id!r}")
    return found.groupdict()


def read_app(az: Az, options: Options, environment: Mapping[str, str]) -> App:
    """What main.bicep put out: from the environment, as azd's hooks have it, or from Azure."""
    given = {key: text for key, text in environment.items() if text}
    _check(given)
    if not all(name in given for name in _OUTPUTS):
        given = {**_deployed(az, options), **given}
    location = options.location or given.get("AZURE_LOCATION", "")
    if not location:
        raise RefusedError("the region is not known: say --location")
    return App(
        id=given["FUNCTION_APP_ID"],
        principal=given["PRINCIPAL_ID"],
        storage=given["STORAGE_ID"],
        workspace=given.get("WORKSPACE_ID", ""),
        location=location,
        links=given.get("LINKS", "true").lower() == "true",
        subscriptions=parse_subscriptions(given.get("ACR_PRIVATE_DNS_SUBSCRIPTIONS", "")),
        zone_subscriptions=_zone_subscriptions(given.get("ACR_PRIVATE_DNS_ZONES", "[]")),
    )


def wait_for_functions(run: Run, app: App) -> None:
    """Return when Azure lists every function that events go to; AzError if it does not.

    A deployed app's functions may be unknown to Azure until its triggers are synced, and one
    sync may come before the app has started: so it is asked again each time.
    """
    az, options, name = run.az, run.options, app.parts["name"]
    run.progress.tell(name, "syncing its functions")
    end = time.monotonic() + options.patience
    while True:
        missing, reason = set(FUNCTIONS), ""
        try:
            az.change(
                *("rest", "--method", "post"),
                *("--url", f"{app.id}/host/default/sync?api-version={_WEB}"),
            )
            if az.is_dry:
                return
            listed = az.read(
                *("functionapp", "function", "list", "--name", name),
                *("--resource-group", app.parts["group"]),
                *("--subscription", app.parts["subscription"]),
            )
            missing -= {function["name"].rpartition("/")[2] for function in listed or []}
        except AzError as error:
            if "AuthorizationFailed" in error.text or error.is_absence:
                raise
            reason = f" ({error})"
        if not missing:
            return
        names = ", ".join(sorted(missing))
        if time.monotonic() + options.pause > end:
            raise AzError(f"{name} does not list {names}: is its code deployed?{reason}")
        run.progress.tell(name, f"waiting for {names}{reason}")
        az.pause(options.pause)


def _check(given: Mapping[str, str]) -> None:
    """Refuse what the environment says wrongly, before Azure is asked for the rest."""
    for name in ("FUNCTION_APP_ID", "STORAGE_ID", "WORKSPACE_ID"):
        if name in given and not _RESOURCE.fullmatch(given[name]):
            raise RefusedError(f"{name} is not a resource ID: {given[name]!r}")
    parse_subscriptions(given.get("ACR_PRIVATE_DNS_SUBSCRIPTIONS", ""))
    _zone_subscriptions(given.get("ACR_PRIVATE_DNS_ZONES", "[]"))


def _deployed(az: Az, options: Options) -> dict[str, str]:
    """What main.bicep's deployment was given and gave, by the environment's names."""
    try:
        shown = az.read(
            *("deployment", "sub", "show", "--name", options.name),
            *("--subscription", options.hub),
        )
    except AzError as error:
        if not error.is_absence:
            raise
        raise RefusedError(
            f"there is no deployment {options.name!r} in subscription {options.hub}: deploy "
            "infra/main.bicep first, or say --name and --hub"
        ) from None
    properties = shown["properties"]
    if properties["provisioningState"] != "Succeeded":
        raise RefusedError(
            f"deployment {options.name!r} in subscription {options.hub} is "
            f"{properties['provisioningState']}: deploy infra/main.bicep again first"
        )
    # Resource Manager changes the case of an output's first letters.
    outputs = {
        key.upper(): str(found["value"]) for key, found in (properties.get("outputs") or {}).items()
    }
    lacking = [name for name in _OUTPUTS if not outputs.get(name)]
    if lacking:
        raise RefusedError(
            f"deployment {options.name!r} in subscription {options.hub} is not one of "
            f"infra/main.bicep: it has no {lacking[0]}"
        )
    parameters = {
        key: found["value"]
        for key, found in (properties.get("parameters") or {}).items()
        if "value" in found
    }
    return {
        **outputs,
        "AZURE_LOCATION": shown["location"],
        "ACR_PRIVATE_DNS_SUBSCRIPTIONS": ",".join(parameters.get("watched", [])),
        "ACR_PRIVATE_DNS_ZONES": json.dumps(parameters.get("zones", [])),
    }


def _zone_subscriptions(text: str) -> tuple[str, ...]:
    try:
        zones: Any = json.loads(text)
        subscriptions = (resource_parts(zone["id"])["subscription"].lower() for zone in zones)
        return tuple(dict.fromkeys(subscriptions))
    except (AzError, KeyError, TypeError, ValueError):
        raise RefusedError(
            'ACR_PRIVATE_DNS_ZONES is not JSON like [{"id": "<resource ID of the zone>"}]'
        ) from None
