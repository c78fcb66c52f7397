"""A deployment as the artefacts tell it: what is compiled, and what each shape would deploy."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

type Json = dict[str, Any]

_NESTED = "Microsoft.Resources/deployments"
_IN_A_GROUP = re.compile(r"\[resourceId\('([^']+)', '([^']+)', 'Microsoft.Authorization/")
_ON_A_RESOURCE = re.compile(r"\[extensionResourceId\('([^']+)', 'Microsoft.Authorization/")
_ASSIGNMENTS = "/providers/Microsoft.Authorization/roleAssignments/"


@dataclass(frozen=True, slots=True)
class Deployment:
    """What is to be judged.

    Attributes:
        infra: the folder of the sources.
        templates: the compiled templates, by name.
        snapshots: what the shapes would deploy, by name.
    """

    infra: Path
    templates: Mapping[str, Json]
    snapshots: Mapping[str, Json]

    @classmethod
    def of(cls, infra: Path, texts: Mapping[str, str]) -> "Deployment":
        """Made of artefacts' texts, by file name."""
        snapshots = {
            name.removesuffix(".snapshot.json"): json.loads(text)
            for name, text in texts.items()
            if name.endswith(".snapshot.json")
        }
        templates = {
            name.removesuffix(".json"): json.loads(text)
            for name, text in texts.items()
            if name.endswith(".json") and not name.endswith(".snapshot.json")
        }
        return cls(infra, templates, snapshots)

    def select(self, *kinds: str) -> Iterator[tuple[str, Json]]:
        """Every resource of every shape, behind the shape's name; of all types, or of some."""
        for shape, snapshot in self.snapshots.items():
            for resource in snapshot["predictedResources"]:
                if not kinds or resource["type"] in kinds:
                    yield shape, resource


@dataclass(frozen=True, slots=True)
class Module:
    """A template, or one nested in another.

    Attributes:
        name: its symbols from the outermost template on.
        body: its JSON.
    """

    name: str
    body: Json

    @property
    def resources(self) -> Mapping[str, Json]:
        """What it declares, by symbol; by number where the compiler keeps no symbols."""
        resources = self.body["resources"]
        if isinstance(resources, list):
            return {str(number): resource for number, resource in enumerate(resources)}
        symbols: Mapping[str, Json] = resources
        return symbols

    def find_needs(self, symbol: str) -> set[str]:
        """The symbols that a resource waits for, directly or by way of others."""
        found: set[str] = set()
        open_ = [symbol]
        while open_:
            needed = self.resources[open_.pop()].get("dependsOn", [])
            open_ += [one for one in needed if one not in found]
            found |= set(needed)
        return found


def walk_modules(templates: Mapping[str, Json]) -> Iterator[Module]:
    """Every template and every one that is nested in it."""
    todo = [Module(name, body) for name, body in templates.items()]
    while todo:
        module = todo.pop()
        yield module
        todo += [
            Module(f"{module.name}.{symbol}", resource["properties"]["template"])
            for symbol, resource in module.resources.items()
            if resource["type"] == _NESTED
        ]


def walk_leaves(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Everything that is neither list nor object, behind its path; a `*` stands for any index."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from walk_leaves(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for item in value:
            yield from walk_leaves(item, f"{path}.*")
    else:
        yield path, value


def is_expression(text: object) -> bool:
    """Whether only Azure knows the value; a literal may begin with a bracket as well."""
    return isinstance(text, str) and re.match(r"\[\w+\(", text) is not None


def find_scope(assignment: Json) -> str:
    """Where a role is assigned: what its ID names first."""
    id_: str = assignment["id"]
    if match := _IN_A_GROUP.match(id_):
        return f"/subscriptions/{match[1]}/resourceGroups/{match[2]}"
    if match := _ON_A_RESOURCE.match(id_):
        return match[1]
    return id_.partition(_ASSIGNMENTS)[0]
