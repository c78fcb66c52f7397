"""What is deployed: the app's rights, the events that it hears of, and its settings.

All of it is read from the snapshots under infra/compiled, where Microsoft's compiler says what the
templates would deploy: what is tested here is what is deployed there. A snapshot speaks of a world
of placeholders, which is mapped to this one in its text, before it is parsed.
"""

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from simulator.arm.roles import Assignment
from simulator.eventgrid.filters import Filter, parse_filter
from simulator.eventgrid.settings import Settings
from simulator.json_text import parse_json
from simulator.world import Json

_REPOSITORY = Path(__file__).resolve().parents[1]
COMPILED = _REPOSITORY / "infra" / "compiled"

_CENTRAL = "central.snapshot.json"
"""The app, and its rights on its zone."""
_WATCHED = "watched.snapshot.json"
"""Its rights on one subscription, and the events that come from there."""

_FIRST = "00000000-0000-0000-0000-000000000001"
"""The watched subscription; in the shape of one zone it holds that as well."""
_BOTH = f"{_FIRST},00000000-0000-0000-0000-000000000002"
_GROUP = "rg-acr-private-dns-zone"
_ZONE = "privatelink.azurecr.io"
_APP = "0000000000ee"
"""How the app's principal ends, where it is no expression."""

_DEFINITION = "Microsoft.Authorization/roleDefinitions"
_ASSIGNMENT = "Microsoft.Authorization/roleAssignments"
_SITE = "Microsoft.Web/sites"
_EVENTS = "Microsoft.EventGrid/systemTopics/eventSubscriptions"

_EXPRESSION = re.compile(r"\[\w+\(")
_IN_A_GROUP = re.compile(r"\[resourceId\('([^']+)', '([^']+)', 'Microsoft.Authorization/")
_ON_A_RESOURCE = re.compile(r"\[extensionResourceId\('([^']+)', 'Microsoft.Authorization/")


class DeploymentError(Exception):
    """A snapshot is missing or damaged; the message says which, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """What the snapshots deploy, in this world's own names.

    Attributes:
        assignments: what the app may do, and where.
        filters: which events reach the app, by function.
        delivery: how they are delivered.
        settings: the app's settings, less those whose value Azure alone knows.
    """

    assignments: tuple[Assignment, ...]
    filters: Mapping[str, Filter]
    delivery: Settings
    settings: Mapping[str, str]


def load_deployment(
    app: str, zone: str, subscriptions: Sequence[str], folder: Path = COMPILED
) -> Deployment:
    """What is deployed where one zone serves all subscriptions.

    Args:
        app: object ID of the app's identity.
        zone: resource ID of the zone.
        subscriptions: those that are watched.
        folder: where the snapshots are.

    Raises:
        DeploymentError: a snapshot is missing or damaged.
    """
    _, _, home, _, group, *_, name = zone.split("/")
    # The order counts: the second subscription stands only in the list of both.
    names = {_BOTH: ",".join(subscriptions), _GROUP: group, _ZONE: name, _FIRST: home}
    with _explaining(folder / _CENTRAL) as path:
        central = _read(path, names)
        assignments, settings = _list_assignments(central, app), _read_settings(central)
    with _explaining(folder / _WATCHED) as path:
        for subscription in subscriptions:
            assignments += _list_assignments(_read(path, {_FIRST: subscription}), app)
        events = [one["properties"] for one in _select(_read(path, {}), _EVENTS)]
        filters, delivery = _read_filters(events), _read_delivery(events)
    return Deployment(tuple(assignments), filters, delivery, settings)


@contextlib.contextmanager
def _explaining(path: Path) -> Iterator[Path]:
    """Say of a snapshot that cannot be used which it is, why, and what to do."""
    try:
        yield path
    except OSError as error:
        why = str(error.strerror)
    except KeyError as error:
        why = f"{error} is not in it"
    except ValueError as error:
        why = str(error)
    except (AttributeError, TypeError):
        why = "it is not laid out as a snapshot"
    else:
        return
    shown = path.relative_to(_REPOSITORY) if path.is_relative_to(_REPOSITORY) else path
    raise DeploymentError(
        f"{shown}, which says what is deployed, cannot be used: {why}. "
        "Take it from git again, or make it anew with `make bicep`."
    )


def _read(path: Path, names: Mapping[str, str]) -> list[Json]:
    """A snapshot's resources, with other names in place of its own."""
    text = path.read_text("utf-8")
    absent = [placeholder for placeholder in names if placeholder not in text]
    for placeholder, name in names.items():
        text = text.replace(placeholder, name)
    resources: list[Json] = parse_json(text)["predictedResources"]
    if absent:
        raise ValueError(f"it does not speak of {absent[0]}")
    return resources


def _select(resources: list[Json], kind: str) -> list[Json]:
    """The resources of a type, at least one."""
    found = [one for one in resources if one["type"] == kind]
    if not found:
        raise ValueError(f"it holds no {kind}")
    return found


def _list_assignments(resources: list[Json], app: str) -> list[Assignment]:
    """What the app is given of the roles made for it; built-in ones are for rooms not here."""
    definitions = _select(resources, _DEFINITION)
    actions = {one["id"].lower(): _read_actions(one) for one in definitions}
    found = [
        Assignment(app, actions[role], _find_scope(one["id"]))
        for one in _select(resources, _ASSIGNMENT)
        if (role := one["properties"]["roleDefinitionId"].lower()) in actions
        and _is_app(one["properties"]["principalId"])
    ]
    if not found:
        raise ValueError("it gives the app no role")
    return found


def _read_actions(definition: Json) -> tuple[str, ...]:
    permissions = definition["properties"]["permissions"]
    if [set(one) for one in permissions] != [{"actions"}]:
        raise ValueError(f"role {definition['name']} has more than one list of actions")
    return tuple(permissions[0]["actions"])


def _is_app(principal: str) -> bool:
    return "userAssignedIdentities" in principal or principal.endswith(_APP)


def _find_scope(assignment: str) -> str:
    """Where a role is assigned, by the assignment's ID: an expression where that is computed."""
    if match := _IN_A_GROUP.match(assignment):
        return f"/subscriptions/{match[1]}/resourceGroups/{match[2]}"
    if match := _ON_A_RESOURCE.match(assignment):
        return match[1]
    return assignment.partition(f"/providers/{_ASSIGNMENT}/")[0]


def _read_settings(resources: list[Json]) -> dict[str, str]:
    """The settings by name; ZONES is literal, although it begins with a bracket as well."""
    [site] = _select(resources, _SITE)
    settings = site["properties"]["siteConfig"]["appSettings"]
    return {one["name"]: one["value"] for one in settings if not _EXPRESSION.match(one["value"])}


def _read_filters(events: list[Json]) -> dict[str, Filter]:
    return {
        _read_target(one)["resourceId"].rpartition("/")[2]: parse_filter(one["filter"])
        for one in events
    }


def _read_delivery(events: list[Json]) -> Settings:
    """How all event subscriptions deliver: the local Azure knows one way for all of them."""
    [first, *others] = [_read_delivery_of(one) for one in events]
    if any(other != first for other in others):
        raise ValueError("its event subscriptions deliver in more than one way")
    return first


def _read_delivery_of(event_subscription: Json) -> Settings:
    target, settings = _read_target(event_subscription), Settings()
    settings.change(
        {
            "deliverySchema": event_subscription["eventDeliverySchema"],
            "maxEventsPerBatch": target["maxEventsPerBatch"],
            "preferredBatchSizeInKilobytes": target["preferredBatchSizeInKilobytes"],
            "deadLetter": event_subscription.get("deadLetterWithResourceIdentity") is not None,
            **event_subscription["retryPolicy"],
        }
    )
    return settings


def _read_target(event_subscription: Json) -> Json:
    target: Json = event_subscription["destination"]["properties"]
    return target
