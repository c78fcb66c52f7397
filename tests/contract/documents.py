"""What Azure answered, document by document: the recordings and the specification's examples."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "payloads"


@dataclass(frozen=True, slots=True)
class Document:
    """One answer of Azure's.

    Attributes:
        key: the file below `payloads`, and which of its answers this is.
        status: its HTTP status, or None where the file keeps the body alone.
        headers: the headers that the file shows, which are never all.
        body: its body as JSON; "" for an empty one, None where the file shows none.
    """

    key: str
    status: int | None
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None


def resource_manager() -> dict[str, Document]:
    """Every answer of Resource Manager's that the folder holds, by its key."""
    found = []
    for path in sorted(FOLDER.glob("spec/*/*.json")):
        if path.parent.name != "eventgrid":
            found += _example(path)
    for path in sorted(FOLDER.glob("recorded/*.json")):
        found += _recording(path)
    return {document.key: document for document in found}


def events() -> dict[str, Any]:
    """The documented events by file name, each unwrapped from its array if it is in one."""
    found = {}
    for path in sorted(FOLDER.glob("eventgrid/*.json")):
        content = _read(path)
        found[path.name] = content[0] if isinstance(content, list) else content
    return found


def event_definitions() -> dict[str, Any]:
    """The definitions of the swagger of subscription events, by name."""
    definitions: dict[str, Any] = _read(FOLDER / "spec/eventgrid/Resources.swagger.json")
    return dict(definitions["definitions"])


def _example(path: Path) -> list[Document]:
    key = f"spec/{path.parent.name}/{path.stem}"
    return [
        Document(f"{key} {status}", int(status), shown.get("headers", {}), shown.get("body"))
        for status, shown in _read(path)["responses"].items()
    ]


def _recording(path: Path) -> list[Document]:
    key, content = f"recorded/{path.stem}", _read(path)
    if "exchange" not in content:
        return [Document(key, None, {}, content["body"])]
    return [
        Document(f"{key} {number}", answer["status"], answer["headers"], answer["body"])
        for number, answer in enumerate(one["response"] for one in content["exchange"])
    ]


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
