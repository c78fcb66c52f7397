"""The event log: every event with all that became of it."""

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from simulator.clock import Clock
from simulator.eventgrid.schema import timestamp
from simulator.world import Json

_KEPT = 10_000


class Step(StrEnum):
    """What can become of an event."""

    RAISED = "raised"
    FILTERED = "filtered"
    DELIVERED = "delivered"
    RETRIED = "retried"
    DEAD_LETTERED = "dead-lettered"
    DROPPED = "dropped"
    LOST = "lost"
    REPEATED = "repeated"
    HELD = "held"


@dataclass(slots=True)
class Entry:
    """One event and its history, oldest step first."""

    event: Json
    history: list[Json] = field(default_factory=list)

    def add(self, step: Step, **facts: Any) -> None:  # noqa: ANN401 - JSON values
        """Write down a step that happened now."""
        self.history.append({"step": str(step), "time": timestamp(Clock.now())} | facts)

    def as_json(self) -> Json:
        """The entry as the control surface shows it."""
        return {
            "id": self.event["id"],
            "eventType": self.event["eventType"],
            "operation": self.event["data"]["operationName"],
            "subject": self.event["subject"],
            "correlationId": self.event["data"]["correlationId"],
            "history": self.history,
        }


class EventLog:
    """The last ten thousand events, newest last."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=_KEPT)

    def raised(self, event: Json) -> Entry:
        """Begin the history of an event."""
        entry = Entry(event)
        entry.add(Step.RAISED)
        self._entries.append(entry)
        return entry

    def entries(self, operation: str = "", subject: str = "") -> list[Entry]:
        """The events of an operation (empty: any) with `subject` somewhere in theirs, any case."""
        return [entry for entry in self._entries if _matches(entry.event, operation, subject)]


def _matches(event: Json, operation: str, subject: str) -> bool:
    happened: str = event["data"]["operationName"]
    about: str = event["subject"]
    return (not operation or happened.lower() == operation.lower()) and (
        subject.lower() in about.lower()
    )
