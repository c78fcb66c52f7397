"""NCRONTAB, the language of timer schedules: is an expression one?

Six fields, seconds first, or five without them (learn.microsoft.com,
functions-bindings-timer, "NCRONTAB expressions"). Time spans, which only an App
Service plan takes, are refused.
"""

import re

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_NO_SECONDS = 5
_FIELDS: tuple[tuple[int, int, list[str]], ...] = (
    (0, 59, []),
    (0, 59, []),
    (0, 23, []),
    (1, 31, []),
    (1, 12, _MONTHS),
    (0, 6, _DAYS),
)
_PART = re.compile(r"(\*|\w+(?:-\w+)?)(?:/(\d+))?", re.ASCII)


def is_schedule(expression: str) -> bool:
    """Whether Azure takes an expression as a timer's schedule on a consumption plan."""
    fields = expression.split()
    kinds = _FIELDS[1:] if len(fields) == _NO_SECONDS else _FIELDS
    return len(fields) == len(kinds) and all(
        _is_part(part, *kind)
        for field, kind in zip(fields, kinds, strict=True)
        for part in field.split(",")
    )


def _is_part(part: str, lowest: int, highest: int, names: list[str]) -> bool:
    """Whether a part of a field's list is a value, a range or a star, each with a step or not."""
    match = _PART.fullmatch(part)
    if match is None or match[2] == "0":
        return False
    if match[1] == "*":
        return True
    values = [_value(word, lowest, names) for word in match[1].split("-")]
    return all(lowest <= value <= highest for value in values) and values == sorted(values)


def _value(word: str, lowest: int, names: list[str]) -> int:
    """A number, or a name's; -1 for what is neither."""
    if word.lower() in names:
        return names.index(word.lower()) + lowest
    return int(word) if word.isdecimal() else -1
