"""Makes a subscription watched, or puts right what is there: infra/subscription.bicep."""

from __future__ import annotations

import json
from typing import Any

from app import INFRA, App, resource_parts
from arguments import Options
from dead_letters import Assignments, enter_group
from row import Result, Row
from run import Run
from topic import Topic, find_differences, find_topic

# Compiled, so that az needs no Bicep compiler, which it would fetch from the internet.
TEMPLATE = INFRA / "compiled" / "subscription.json"


def deployment_name(name: str) -> str:
    """Not main.bicep's own: the hub may be watched too, and a name stands for one deployment."""
    return f"{name}-events"


def add(run: Run, app: App, assignments: Assignments, subscription: str) -> Row:
    """Deploy what the subscription lacks; the same call again finishes what was begun."""
    name = run.options.name
    run.progress.tell(subscription, "looking for a system topic")
    topic = find_topic(run.az, subscription, name)
    if run.options.management_group and topic and not find_differences(topic, app, name):
        return Row(subscription, Result.UNCHANGED, str(topic), _remark(topic))
    parameters = _parameters(app, run.options, subscription, topic)
    if topic is None or topic.principal:
        if not run.options.dead_letter_group:
            assignments.reserve(topic)
        else:
            if topic is None:
                _deploy(run, app, subscription, {**parameters, "topicOnly": True})
                topic = find_topic(run.az, subscription, name)
            enter_group(run, subscription, topic)
    _deploy(run, app, subscription, parameters)
    return Row(subscription, Result.WATCHED, str(topic or f"evgt-{name}"), _remark(topic))


def _deploy(run: Run, app: App, subscription: str, parameters: dict[str, Any]) -> None:
    text = json.dumps({key: {"value": value} for key, value in parameters.items()})

    def deploy() -> None:
        run.az.change(
            *("deployment", "sub", "create", "--name", deployment_name(run.options.name)),
            *("--subscription", subscription, "--location", app.location),
            *("--template-file", str(TEMPLATE), "--parameters", text),
        )

    run.progress.tell(subscription, "deploying")
    run.try_again(subscription, deploy)


def _parameters(
    app: App, options: Options, subscription: str, topic: Topic | None
) -> dict[str, Any]:
    values: dict[str, Any] = {
        "name": options.name,
        "location": app.location,
        "principalId": app.principal,
        "functionAppId": app.id,
        "storageId": app.storage,
        "workspaceId": app.workspace,
        "links": app.links,
        "access": options.access,
    }
    if options.dead_letter_group:
        values["deadLetterGroup"] = options.dead_letter_group
    networks = [
        network for network in options.networks if network.split("/")[2].lower() == subscription
    ]
    if networks:
        values["joinerScopes"] = networks
    if topic and not topic.is_ours:
        values["adopt"] = {
            "name": topic.name,
            "resourceGroup": resource_parts(topic.id)["group"],
            "hasIdentity": bool(topic.principal),
        }
    return values


def _remark(topic: Topic | None) -> str:
    if topic is None or topic.principal:
        return ""
    return "the topic has no identity: undelivered events are not kept"
