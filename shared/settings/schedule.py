"""NCRONTAB, the language of timer schedules: six fields, seconds first.

A wrong schedule would leave the timer out at start with a word in the host's log
alone, so it is refused here. Source: learn.microsoft.com, functions-bindings-timer,
"NCRONTAB expressions"; months and days of the week have names as well.
"""

import re

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
# Lowest and highest value, and names from the lowest up.
_FIELDS: tuple[tuple[int, int, list[str]], ...] = (
    (0, 59, []),
    (0, 59, []),
    (0, 23, []),
    (1, 31, []),
    (1, 12, _MONTHS),
    (0, 6, _DAYS),
)
_PART = re.compile(r"(?:\*|(\w{1,9})(?:-(\w{1,9}))?)(?:/([1-9]\d?))?", re.ASCII)


def parse_schedule(text: str) -> str:
    """A timer's schedule.

    Raises:
        ValueError: the host would not take it.
    """
    fields = text.split()
    if len(fields) != len(_FIELDS) or not all(map(_is_field, fields, _FIELDS)):
        raise ValueError(
            "six fields of NCRONTAB (second minute hour day month weekday), as 0 */15 * * * *"
        )
    return " ".join(fields)


def _is_field(text: str, kind: tuple[int, int, list[str]]) -> bool:
    return all(_is_part(part, *kind) for part in text.split(","))


def _is_part(text: str, min_value: int, max_value: int, names: list[str]) -> bool:
    """Whether it is a star, a value or a range that rises, each with a step or not."""
    match = _PART.fullmatch(text)
    if match is None:
        return False
    ends = [_value(word, min_value, names) for word in match.group(1, 2) if word]
    return all(min_value <= end <= max_value for end in ends) and ends == sorted(ends)


def _value(word: str, min_value: int, names: list[str]) -> int:
    """A number, or a name's; -1 for what is neither."""
    if word.lower() in names:
        return names.index(word.lower()) + min_value
    return int(word) if word.isdecimal() else -1
