"""The system topic of a watched subscription, and what it tells the app."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from app import FUNCTIONS, INFRA, App, resource_parts
from az import Az

_OWN_EVENTS = "Microsoft.Resources.Subscriptions"


@dataclass(frozen=True)
class Topic:
    """The one system topic that Azure allows for a subscription's own events.

    Args:
        id: its resource ID.
        name: its name.
        group: its resource group.
        principal: object ID of its system-assigned identity, or "".
        is_ours: whether subscription.bicep made it, by name and group.
        event_subscriptions: documents of all its event subscriptions.
    """

    id: str
    name: str
    group: str
    principal: str
    is_ours: bool
    event_subscriptions: tuple[dict[str, Any], ...]

    def __str__(self) -> str:
        return self.name if self.is_ours else f"{self.name} in {self.group}, adopted"

    def of_deployment(self, name: str) -> dict[str, dict[str, Any]]:
        """The event subscriptions of a deployment of the app, by function."""
        ours = {event_subscription_name(name, function): function for function in FUNCTIONS}
        return {
            ours[found["name"].lower()]: found
            for found in self.event_subscriptions
            if found["name"].lower() in ours
        }


def topic_group(name: str) -> str:
    """The group that subscription.bicep makes for a topic."""
    return f"rg-{name}-events"


def event_subscription_name(name: str, function: str) -> str:
    """What subscription.bicep calls the event subscription of a function, in lower case."""
    return f"{name}-{function.replace('_', '-')}".lower()


def find_topic(az: Az, subscription: str, name: str) -> Topic | None:
    """The topic of a subscription's own events, whoever made it."""
    listed = az.read("eventgrid", "system-topic", "list", "--subscription", subscription)
    for found in listed or []:
        if found["topicType"].lower() != _OWN_EVENTS.lower():
            continue
        group = resource_parts(found["id"])["group"]
        identity = found.get("identity") or {}
        return Topic(
            id=found["id"],
            name=found["name"],
            group=group,
            principal=identity.get("principalId") or "",
            is_ours=(found["name"].lower(), group.lower())
            == (f"evgt-{name}".lower(), topic_group(name).lower()),
            event_subscriptions=tuple(
                az.read(
                    *("eventgrid", "system-topic", "event-subscription", "list"),
                    *("--system-topic-name", found["name"], "--resource-group", group),
                    *("--subscription", subscription),
                )
                or []
            ),
        )
    return None


def find_differences(topic: Topic, app: App, name: str) -> list[str]:
    """What of the app's event subscriptions is missing or not as it should be, in words."""
    present = topic.of_deployment(name)
    return [
        f"{function} {'differs' if function in present else 'is missing'}"
        for function in FUNCTIONS
        if function not in present or not _is_right(present[function], topic, app, function)
    ]


def _is_right(found: dict[str, Any], topic: Topic, app: App, function: str) -> bool:
    wanted = json.loads((INFRA / "events" / f"{function}.json").read_text("utf-8"))
    # Some versions of az flatten a destination's properties, some do not.
    destination = found.get("destination") or {}
    target = destination.get("resourceId") or destination.get("properties", {}).get("resourceId")
    return (
        found.get("provisioningState") == "Succeeded"
        and (target or "").lower() == f"{app.id}/functions/{function}".lower()
        and _comparable(found.get("filter") or {}) == _comparable(wanted)
        and bool(found.get("deadLetterWithResourceIdentity")) == bool(topic.principal)
    )


def _comparable(event_filter: dict[str, Any]) -> tuple[list[str], list[tuple[str, str, list[str]]]]:
    return (
        sorted(event_filter.get("includedEventTypes") or []),
        sorted(
            (advanced["operatorType"], advanced["key"], sorted(advanced.get("values") or []))
            for advanced in event_filter.get("advancedFilters") or []
        ),
    )
