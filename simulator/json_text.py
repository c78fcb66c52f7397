"""JSON from outside: whatever is wrong with it is a ValueError, and never anything else."""

import json
from collections.abc import Iterable
from typing import Any

_DEEPEST = 64
"""How deep .NET's reader, which stands behind these doors in Azure, follows by default."""


def parse_json(text: str | bytes) -> Any:  # noqa: ANN401 - the JSON value, whatever it is
    """The value that a text holds; bytes may begin with a byte order mark.

    Raises:
        ValueError: the text is no JSON, or nested deeper than 64 levels.
    """
    try:
        value = json.loads(text)
    except RecursionError as error:
        raise _too_deep() from error
    if _is_too_deep(value):
        raise _too_deep()
    return value


def _is_too_deep(value: object) -> bool:
    level = [value]
    for _ in range(_DEEPEST):
        level = [inner for outer in level for inner in _inside(outer)]
    return any(isinstance(one, list | dict) for one in level)


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _too_deep() -> ValueError:
    return ValueError(f"it is nested deeper than {_DEEPEST} levels")
