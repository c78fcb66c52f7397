"""One row of the table that every command ends with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Result(Enum):
    """How a subscription came out."""

    WATCHED = "watched"
    UNCHANGED = "unchanged"
    DIFFERS = "differs"
    NOT_WATCHED = "not watched"
    REMOVED = "removed"
    NOTHING = "nothing there"
    SKIPPED = "skipped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


HEADING = ("SUBSCRIPTION", "RESULT", "TOPIC", "REMARK")


@dataclass(frozen=True)
class Row:
    """One row.

    Args:
        subscription: its ID, or a management group's name.
        result: how it came out.
        topic: the system topic, or "".
        remark: what a person should know besides, or "".
    """

    subscription: str
    result: Result
    topic: str = ""
    remark: str = ""

    @property
    def cells(self) -> tuple[str, str, str, str]:
        """What stands in the table."""
        return (self.subscription, self.result.value, self.topic or "-", self.remark)
