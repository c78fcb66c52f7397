"""Takes away what the deployment made in a subscription, and nothing else.

Names and our tag say what is ours, so it works after the app is gone, too.
"""

from __future__ import annotations

import json
from typing import Any

from addition import deployment_name
from app import INFRA, App, resource_parts
from az import Az, AzError
from dead_letters import container_of, leave_group
from row import Result, Row
from run import Run
from topic import Topic, find_topic, topic_group

_TAG = "acr-private-dns"
_ROLES = "ACR Private DNS "
_ZONE_ROLES = tuple(
    json.loads(path.read_text("utf-8"))["name"]
    for path in sorted((INFRA / "roles").glob("*.json"))
    if path.stem not in ("reader", "network_joiner")
)


def remove(run: Run, app: App | None, subscription: str, *, with_zones: bool) -> Row:
    """Take away events, topic and roles of a watched subscription; again is no error.

    Args:
        run: the call of watch.py.
        app: the app, or None if it is gone.
        subscription: ID.
        with_zones: whether roles on zones in this subscription go as well.
    """
    az, name = run.az, run.options.name
    run.progress.tell(subscription, "looking for a system topic")
    topic = find_topic(az, subscription, name)
    removed: list[str] = []
    if topic is not None:
        run.progress.tell(subscription, "removing event subscriptions")
        removed += _remove_events(az, topic, name, subscription)
        if app is not None:
            removed += _remove_dead_letter_assignment(az, topic, app)
        if run.options.dead_letter_group:
            removed += leave_group(az, run.options.dead_letter_group, topic)
    group, remark = _remove_group(az, topic, name, subscription)
    removed += group
    run.progress.tell(subscription, "removing roles")
    removed += _remove_roles(az, name, f"/subscriptions/{subscription}", with_zones=with_zones)
    removed += _remove_deployment(az, name, subscription)
    result = Result.REMOVED if removed else Result.NOTHING
    return Row(subscription, result, str(topic or ""), remark)


def remove_group_roles(run: Run, group: str) -> Row:
    """Take away the roles that management_group.bicep made."""
    scope = f"/providers/Microsoft.Management/managementGroups/{group}"
    removed = _remove_roles(run.az, run.options.name, scope, with_zones=True)
    return Row(group, Result.REMOVED if removed else Result.NOTHING)


def _remove_roles(az: Az, name: str, scope: str, *, with_zones: bool) -> list[str]:
    """Take away the deployment's roles that are defined at a scope, assignments first."""
    subscription = _flags(scope)
    listed = az.read(
        *("role", "definition", "list", "--custom-role-only", "true", "--scope", scope),
        *subscription,
    )
    ending = f" {name} {scope.rpartition('/')[2]}".lower()
    roles = [
        role
        for role in listed or []
        if role["roleName"].startswith(_ROLES)
        and role["roleName"].lower().endswith(ending)
        and (with_zones or not role["roleName"].startswith(_ZONE_ROLES))
    ]
    if not roles:
        return []
    where = ("--all",) if subscription else ("--scope", scope)
    assigned = az.read(
        *("role", "assignment", "list", *where, "--fill-principal-name", "false"),
        *("--fill-role-definition-name", "false", *subscription),
    )
    names = {role["name"].lower() for role in roles}
    ids = [
        assignment["id"]
        for assignment in assigned or []
        if assignment["roleDefinitionId"].rpartition("/")[2].lower() in names
    ]
    if ids:
        az.change("role", "assignment", "delete", "--ids", *ids, *subscription)
    for role in roles:
        az.change(
            *("role", "definition", "delete", "--name", role["name"], "--scope", scope),
            *("--custom-role-only", "true", *subscription),
        )
    return [role["roleName"] for role in roles]


def _flags(scope: str) -> tuple[str, ...]:
    return ("--subscription", scope.split("/")[2]) if scope.startswith("/subscriptions/") else ()


def _remove_events(az: Az, topic: Topic, name: str, subscription: str) -> list[str]:
    removed = []
    for found in topic.of_deployment(name).values():
        az.change(
            *("eventgrid", "system-topic", "event-subscription", "delete"),
            *("--name", found["name"], "--system-topic-name", topic.name),
            *("--resource-group", topic.group, "--subscription", subscription, "--yes"),
        )
        removed.append(found["name"])
    settings = az.read(
        *("monitor", "diagnostic-settings", "list", "--resource", topic.id),
        *("--subscription", subscription),
    )
    listed = settings.get("value", []) if isinstance(settings, dict) else settings or []
    if any(setting["name"].lower() == name.lower() for setting in listed):
        az.change(
            *("monitor", "diagnostic-settings", "delete", "--resource", topic.id),
            *("--name", name, "--subscription", subscription),
        )
        removed.append(name)
    return removed


def _remove_dead_letter_assignment(az: Az, topic: Topic, app: App) -> list[str]:
    """The topic's identity loses its way into the app's container of undelivered events."""
    container = container_of(app)
    hub = resource_parts(app.storage)["subscription"]
    try:
        assigned = az.read(
            *("role", "assignment", "list", "--scope", container),
            *("--fill-principal-name", "false", "--fill-role-definition-name", "false"),
            *("--subscription", hub),
        )
    except AzError as error:
        if error.is_absence:
            return []
        raise
    ids = [
        assignment["id"]
        for assignment in assigned or []
        if topic.principal and assignment["principalId"].lower() == topic.principal.lower()
    ]
    if ids:
        az.change("role", "assignment", "delete", "--ids", *ids, "--subscription", hub)
    return ids


def _remove_group(
    az: Az, topic: Topic | None, name: str, subscription: str
) -> tuple[list[str], str]:
    """Our group with our topic, if it carries our tag and nobody else uses either."""
    group = topic_group(name)
    try:
        shown = az.read("group", "show", "--name", group, "--subscription", subscription)
    except AzError as error:
        if error.is_absence:
            return [], ""
        raise
    if (shown.get("tags") or {}).get(_TAG) != name:
        return [], f"{group} stays: it does not carry the tag {_TAG}={name}"
    if topic and topic.is_ours and len(topic.event_subscriptions) > len(topic.of_deployment(name)):
        return [], f"{group} stays: others have event subscriptions at {topic.name}"
    resources: list[dict[str, Any]] = (
        az.read(
            *("resource", "list", "--resource-group", group, "--subscription", subscription),
        )
        or []
    )
    ours = topic.id.lower() if topic and topic.is_ours else ""
    others = [resource["name"] for resource in resources if resource["id"].lower() != ours]
    if others:
        return [], f"{group} stays: it holds {', '.join(sorted(others))}"
    az.change("group", "delete", "--name", group, "--subscription", subscription, "--yes")
    return [group], ""


def _remove_deployment(az: Az, name: str, subscription: str) -> list[str]:
    """The record of the deployment, so that the next one is free to choose its region."""
    record = deployment_name(name)
    try:
        az.read("deployment", "sub", "show", "--name", record, "--subscription", subscription)
    except AzError as error:
        if error.is_absence:
            return []
        raise
    az.change("deployment", "sub", "delete", "--name", record, "--subscription", subscription)
    return [record]
