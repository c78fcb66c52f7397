"""The filter of an event subscription, with Azure's semantics and limits.

All filters must hold (AND), each by any one of its values (OR); strings are
compared without regard to case (docs/azure.md#event-grid).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from simulator.world import Json

_MOST_FILTERS = 25
_MOST_VALUES = 25
_LONGEST_VALUE = 512

_TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "In": str.__eq__,
    "Contains": str.__contains__,
    "BeginsWith": str.startswith,
    "EndsWith": str.endswith,
}


class FilterError(ValueError):
    """An event subscription that Azure would refuse to create."""


@dataclass(frozen=True, slots=True)
class Advanced:
    """One advanced filter.

    Attributes:
        key: path into the event, as "data.operationName".
        test: one of In, Contains, BeginsWith, EndsWith.
        negated: whether no value may match, instead of any.
        values: what to compare with, in lower case.
    """

    key: str
    test: str
    negated: bool
    values: tuple[str, ...]

    def passes(self, event: Json) -> bool:
        """Whether the event's value satisfies this filter; a missing key matches nothing."""
        found = _look_up(event, self.key)
        if not isinstance(found, str):
            return self.negated
        test, value = _TESTS[self.test], found.lower()
        return any(test(value, wanted) for wanted in self.values) is not self.negated


@dataclass(frozen=True, slots=True)
class Filter:
    """What an event subscription lets through.

    Attributes:
        types: the included event types in lower case; empty means every type.
        advanced: the advanced filters.
    """

    types: frozenset[str]
    advanced: tuple[Advanced, ...]

    def passes(self, event: Json) -> bool:
        """Whether an event, in the Event Grid schema, is delivered."""
        included = not self.types or event["eventType"].lower() in self.types
        return included and all(one.passes(event) for one in self.advanced)


def parse_filter(document: Json) -> Filter:
    """The filter that a JSON document describes.

    Raises:
        FilterError: it holds what Azure would refuse, or what this room does not know.
    """
    if unknown := set(document) - {"includedEventTypes", "advancedFilters"}:
        raise FilterError(f"unknown filter settings {sorted(unknown)}")
    advanced = tuple(_parse_advanced(one) for one in document.get("advancedFilters", ()))
    if len(advanced) > _MOST_FILTERS or sum(len(one.values) for one in advanced) > _MOST_VALUES:
        raise FilterError("Azure allows 25 advanced filters and 25 values over all of them")
    types = document.get("includedEventTypes") or ()
    return Filter(frozenset(one.lower() for one in types), advanced)


def _parse_advanced(document: Json) -> Advanced:
    operator = str(document.get("operatorType"))
    negated = operator.startswith("StringNot")
    test = operator.removeprefix("StringNot" if negated else "String")
    if not operator.startswith("String") or test not in _TESTS:
        raise FilterError(f"unknown operatorType {operator!r}")
    values = document.get("values")
    if not isinstance(values, list) or not all(_is_value(one) for one in values):
        raise FilterError(f"{operator} needs a list of strings of at most 512 characters")
    key = document.get("key")
    if not isinstance(key, str) or not key:
        raise FilterError(f"{operator} needs a key")
    return Advanced(key, test, negated, tuple(one.lower() for one in values))


def _is_value(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST_VALUE


def _look_up(event: Json, key: str) -> Any:  # noqa: ANN401 - the JSON value, whatever it is
    found: Any = event
    for part in key.split("."):
        if not isinstance(found, dict):
            return None
        found = next((v for k, v in found.items() if k.lower() == part.lower()), None)
    return found
