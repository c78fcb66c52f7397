"""The OpenAPI document, and whether an answer is one that it allows."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

_FILE = Path(__file__).resolve().parents[1] / "docs" / "openapi.json"


@cache
def document() -> dict[str, Any]:
    """The document."""
    return dict(json.loads(_FILE.read_text("utf-8")))


def statuses(method: str, route: str) -> set[int]:
    """The statuses that the document gives for a route."""
    return set(map(int, document()["paths"][f"/api/{route}"][method.lower()]["responses"]))


@dataclass(frozen=True)
class Got:
    """An answer as it came: status, media type, headers and body."""

    status: int
    media_type: str
    headers: Mapping[str, str]
    text: str


def check(method: str, route: str, got: Got) -> None:
    """Hold an answer against the document: its status, media type, headers and body."""
    operation = document()["paths"].get(f"/api/{route}", {}).get(method.lower())
    if operation is None:
        assert got.status in {404, 405, 503}
        assert got.media_type == "application/problem+json"
        _is("Problem", json.loads(got.text))
        return
    allowed = operation["responses"].get(str(got.status))
    assert allowed is not None, f"{method} {route} answered {got.status}: {got.text}"
    for header in allowed.get("headers", {}):
        assert header in got.headers
    if "content" not in allowed:
        assert got.text == ""
        return
    content = allowed["content"][got.media_type]
    _is(content["schema"]["$ref"].rpartition("/")[2], json.loads(got.text))


def _is(name: str, value: Any) -> None:
    _validator(name).validate(value)


@cache
def _validator(name: str) -> Any:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": f"#/components/schemas/{name}",
        "components": document()["components"],
    }
    return jsonschema_rs.validator_for(schema, validate_formats=True)
