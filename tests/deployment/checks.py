"""What the compiler cannot see: each check yields what is wrong with a deployment, in sentences.

The tests run every check over the committed artefacts, and over artefacts in which a
mistake was planted (`traps.py`).
"""

import ast
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.deployment import decisions
from tests.deployment.deployment import (
    Deployment,
    Json,
    find_scope,
    is_expression,
    walk_leaves,
    walk_modules,
)

type Check = Callable[[Deployment], Iterator[str]]

APP = Path(__file__).parents[2] / "function_app.py"
_ASSIGNMENT = "Microsoft.Authorization/roleAssignments"
_DEFINITION = "Microsoft.Authorization/roleDefinitions"
_TOPIC = "Microsoft.EventGrid/systemTopics"
_EVENTS = "Microsoft.EventGrid/systemTopics/eventSubscriptions"
_GROUP = "Microsoft.Resources/resourceGroups"
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LIST_CALL = re.compile(r"\blist\w*\(")
_SECRET = re.compile(r"(?i)connectionString|InstrumentationKey|accountKey|sharedAccess|password")
_MOST_VALUES = 25
_UNCHECKED = {"apiVersion", "id", "name", "type"}


def check_words(deployment: Deployment) -> Iterator[str]:
    """What a type must say is said, in words that Azure knows; no word or switch is unknown."""
    for shape, resource in deployment.select():
        kind, where = resource["type"], f"{shape}: {resource['type']}"
        found = [(path, value) for path, value in walk_leaves(resource) if path not in _UNCHECKED]
        required = decisions.REQUIRED.get(kind, {})
        for path in required.keys() - dict(found).keys():
            yield f"{where} does not say {path}"
        for path, value in found:
            yield from _check_word(where, kind, path, value)


def _check_word(where: str, kind: str, path: str, value: object) -> Iterator[str]:
    required = decisions.REQUIRED.get(kind, {})
    if path in required:
        if value != required[path]:
            yield f"{where} says {value!r} at {path}, not {required[path]!r}"
    elif (kind, path) in decisions.CHOICES:
        if value not in decisions.CHOICES[kind, path]:
            yield f"{where} says {value!r} at {path}"
    elif isinstance(value, str | bool) and not is_expression(value) and not _is_free(path):
        yield f"{where} says {value!r} at {path}, which nobody has looked up"


def _is_free(path: str) -> bool:
    bare = path.removesuffix(".*")
    return path.startswith("tags.") or any(
        bare == end or bare.endswith(f".{end}") for end in decisions.FREE
    )


def check_versions(deployment: Deployment) -> Iterator[str]:
    """API versions are those decided on, which sovereign clouds have as well."""
    for module in walk_modules(deployment.templates):
        for symbol, resource in module.resources.items():
            if resource["apiVersion"] != decisions.VERSIONS.get(resource["type"]):
                yield f"{module.name}.{symbol}: {resource['type']}@{resource['apiVersion']}"


def check_guids(deployment: Deployment) -> Iterator[str]:
    """Azure takes GUIDs alone as names of roles and assignments, and each has one of its own."""
    for shape, resource in deployment.select(_ASSIGNMENT, _DEFINITION):
        name = resource["name"]
        if not _GUID.fullmatch(name) and not name.startswith("[guid('/"):
            yield f"{shape}: {name} is no name of a {resource['type']}"
    for shape, snapshot in deployment.snapshots.items():
        ids = [one["id"].lower() for one in snapshot["predictedResources"]]
        if len(set(ids)) < len(ids):
            yield f"{shape}: a resource is there twice"


def check_keys(deployment: Deployment) -> Iterator[str]:
    """No template asks Azure for a key, and no output tells one."""
    for module in walk_modules(deployment.templates):
        own = {name: part for name, part in module.body.items() if name != "metadata"}
        for path, value in walk_leaves(own):
            if is_expression(value) and _LIST_CALL.search(str(value)):
                yield f"{module.name}: {path} asks for a key"
        for name, output in module.body.get("outputs", {}).items():
            if _SECRET.search(name) or _SECRET.search(str(output["value"])):
                yield f"{module.name}: the output {name} tells a secret"


def check_order(deployment: Deployment) -> Iterator[str]:
    """Everything waits for what it needs, the group it lies in first."""
    for module in walk_modules(deployment.templates):
        for symbol in module.resources:
            needed = decisions.ORDER.get((module.name, symbol), set())
            for missing in sorted(needed - module.find_needs(symbol)):
                yield f"{module.name}: {symbol} does not wait for {missing}"
    known = {module.name: module.resources for module in walk_modules(deployment.templates)}
    for name, symbol in decisions.ORDER:
        if symbol not in known.get(name, {symbol}):
            yield f"{name}: there is no {symbol}"


def check_topics(deployment: Deployment) -> Iterator[str]:
    """A topic that is there is left as it is, and its event subscriptions come one by one."""
    for module in walk_modules(deployment.templates):
        for symbol, resource in module.resources.items():
            is_made = resource["type"] == _TOPIC and not resource.get("existing")
            if is_made and "onlyIfNotExists" not in resource.get("@options", {}):
                yield f"{module.name}: {symbol} changes a topic that is there"
            copy = resource.get("copy", {})
            if resource["type"] == _EVENTS and (copy.get("mode"), copy.get("batchSize")) != (
                "serial",
                1,
            ):
                yield f"{module.name}: {symbol} come together"


def check_grants(deployment: Deployment) -> Iterator[str]:
    """Each shape gives the rights that were decided on, where they were, and no others."""
    for shape, snapshot in deployment.snapshots.items():
        given = set(_read_grants(snapshot))
        for role, scope in sorted(given - decisions.GRANTS[shape]):
            yield f"{shape}: gives {role} on {scope}"
        for role, scope in sorted(decisions.GRANTS[shape] - given):
            yield f"{shape}: does not give {role} on {scope}"


def _read_grants(snapshot: Json) -> Iterator[tuple[str, str]]:
    resources = snapshot["predictedResources"]
    roles = dict(decisions.BUILT_IN_ROLES)
    for definition in resources:
        if definition["type"] == _DEFINITION:
            called = definition["properties"]["roleName"]
            roles[definition["name"]] = re.sub(r" acr-\S+ \S+$", "", called)
    for assignment in resources:
        if assignment["type"] == _ASSIGNMENT:
            role = assignment["properties"]["roleDefinitionId"].rpartition("/")[2]
            yield roles.get(role, role) + _receiver(assignment), find_scope(assignment)


def _receiver(assignment: Json) -> str:
    """Who gets a role, where it is not the app."""
    properties = assignment["properties"]
    if "principalType" not in properties:
        return " (to nobody knows what)"
    if properties["principalType"] == "Group":
        return decisions.TO_GROUP
    return decisions.TO_TOPIC if "/systemTopics/" in properties["principalId"] else ""


def check_roles(deployment: Deployment) -> Iterator[str]:
    """A role allows what its file says, in the one scope where it is made, without a wildcard."""
    folder = deployment.infra / "roles"
    files = [json.loads((folder / f"{name}.json").read_text()) for name in decisions.ROLE_FILES]
    actions = {file["name"]: file["actions"] for file in files}
    for shape, definition in deployment.select(_DEFINITION):
        properties = definition["properties"]
        name = re.sub(r" acr-\S+ \S+$", "", properties["roleName"])
        if properties["permissions"] != [{"actions": actions[name]}]:
            yield f"{shape}: {name} does not allow what its file says"
        if properties["assignableScopes"] != [
            definition["id"].partition("/providers/Microsoft.A")[0]
        ]:
            yield f"{shape}: {name} can be assigned elsewhere"
        if "*" in str(properties["permissions"]):
            yield f"{shape}: {name} allows more than it says"


def check_groups(deployment: Deployment) -> Iterator[str]:
    """What azd deploys makes one group: `azd down` deletes by name whatever group it made."""
    for shape in deployment.snapshots.keys() & {"central", "hub", "regional"}:
        made = [one["id"] for name, one in deployment.select(_GROUP) if name == shape]
        name = deployment.snapshots[shape]["outputs"]["AZURE_RESOURCE_GROUP"]
        if made != [f"{decisions.HUB}/resourceGroups/{name}"]:
            yield f"{shape}: makes the groups {', '.join(made)}"


def check_settings(deployment: Deployment) -> Iterator[str]:
    """Settings are in the app's own words: `string(false)` would say False, and not start it."""
    for shape, site in deployment.select("Microsoft.Web/sites"):
        for setting in site["properties"]["siteConfig"]["appSettings"]:
            if not isinstance(setting["value"], str) or setting["value"] in ("True", "False", ""):
                yield f"{shape}: {setting['name']} is {setting['value']!r}"


def check_events(deployment: Deployment) -> Iterator[str]:
    """Each Event Grid function is sent its events, and no event goes where no function is."""
    functions = _list_event_grid_functions()
    for shape in deployment.snapshots.keys() & {"adopted", "grouped", "watched"}:
        sent = [one["properties"] for name, one in deployment.select(_EVENTS) if name == shape]
        targets = [one["destination"]["properties"]["resourceId"] for one in sent]
        called = [target.partition("/providers/Microsoft.Web/sites/")[2] for target in targets]
        if called != [f"func-acr-private-dns/functions/{name}" for name in functions]:
            yield f"{shape}: events go to {', '.join(called)}"
        for one in sent:
            yield from _check_event_subscription(shape, one)


def _check_event_subscription(shape: str, properties: Json) -> Iterator[str]:
    filter_ = properties["filter"]
    if not filter_.get("includedEventTypes"):
        yield f"{shape}: an event subscription takes all types"
    values = [value for one in filter_["advancedFilters"] for value in one["values"]]
    if not 0 < len(values) <= _MOST_VALUES:
        yield f"{shape}: an event subscription has {len(values)} values"
    if properties.get("deliveryWithResourceIdentity"):
        yield f"{shape}: an event subscription has two destinations"
    is_kept = properties.get("deadLetterWithResourceIdentity") is not None
    if is_kept != (shape != "adopted"):
        yield f"{shape}: undelivered events are {'' if is_kept else 'not '}kept"


def _list_event_grid_functions() -> list[str]:
    """The functions of the app that Event Grid triggers, by name."""
    return sorted(
        node.name
        for node in ast.parse(APP.read_text()).body
        if isinstance(node, ast.AsyncFunctionDef)
        and "event_grid_trigger"
        in {ast.unparse(one).partition("(")[0].partition(".")[2] for one in node.decorator_list}
    )


def check_locks(deployment: Deployment) -> Iterator[str]:
    """Nothing is locked: a lock on a zone would keep the app from deleting records and links."""
    for shape, resource in deployment.select("Microsoft.Authorization/locks"):
        yield f"{shape}: {resource['id']}"


def check_line_ends(deployment: Deployment) -> Iterator[str]:
    """Sources end their lines alike on every machine, since a loaded text is compiled as it is."""
    for path in sorted(deployment.infra.rglob("*")):
        if path.suffix in (".bicep", ".bicepparam", ".json") and b"\r" in path.read_bytes():
            yield f"{path.name} has carriage returns"


FROM_TEMPLATES: frozenset[Check] = frozenset(
    {check_keys, check_order, check_topics, check_versions}
)
"""The checks that look at the compiled templates; the others look at the snapshots."""

CHECKS: tuple[Check, ...] = (
    check_events,
    check_grants,
    check_groups,
    check_guids,
    check_keys,
    check_line_ends,
    check_locks,
    check_order,
    check_roles,
    check_settings,
    check_topics,
    check_versions,
    check_words,
)
