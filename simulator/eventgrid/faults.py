"""What can befall an event on its way, asked for by rules: lost, repeated, late, overtaken.

Event Grid promises neither order nor that an event comes once; that one never
comes is rarer, and happens (field experience, and the reason for a timer).
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from simulator.world import Json


class Mishap(StrEnum):
    """What befalls an event."""

    LOST = "lost"
    REPEATED = "repeated"
    LATE = "late"
    OVERTAKEN = "overtaken"


@dataclass(slots=True)
class EventRule:
    """Which events a mishap befalls.

    Attributes:
        fault: what happens to them.
        operation: their operation, in any case; empty for any.
        subject: a part of their subject, in any case.
        subscription: name of the event subscription on whose way it happens; empty for all.
        nth: the first matching event, counted from 1.
        events: how many from there on; 0 for all.
        seconds: simulated: how late, between repetitions, or until what overtakes is given up.
        times: how often it is repeated.
        matched: how many events matched so far.
    """

    fault: Mishap
    operation: str = ""
    subject: str = ""
    subscription: str = ""
    nth: int = 1
    events: int = 1
    seconds: float = 60.0
    times: int = 1
    matched: int = 0

    def befalls(self, event: Json, subscription: str) -> bool:
        """Whether it befalls this event; counts it."""
        operation: str = event["data"]["operationName"]
        if self.subscription not in {"", subscription}:
            return False
        if self.operation and self.operation.lower() != operation.lower():
            return False
        if self.subject.lower() not in event["subject"].lower():
            return False
        self.matched += 1
        since = self.matched - self.nth
        return since >= 0 and (not self.events or since < self.events)


class EventFaults:
    """The rules that stand, the oldest first; the first that applies decides."""

    def __init__(self) -> None:
        self._rules: dict[int, EventRule] = {}
        self._ids = itertools.count(1)

    def add(self, rule: EventRule) -> int:
        """Let a rule stand from now on; its ID."""
        number = next(self._ids)
        self._rules[number] = rule
        return number

    def clear(self) -> None:
        """Drop all rules; what has befallen an event already goes on."""
        self._rules.clear()

    def befall(self, event: Json, subscription: str) -> EventRule | None:
        """The rule that decides about an event on one way; every rule counts it."""
        found = [rule for rule in self._rules.values() if rule.befalls(event, subscription)]
        return found[0] if found else None

    def as_json(self) -> list[Json]:
        """The rules by their IDs."""
        names = (*_TEXTS, *_NUMBERS, "matched")
        return [
            {"id": number, "fault": rule.fault, **{name: getattr(rule, name) for name in names}}
            for number, rule in self._rules.items()
        ]


_TEXTS = ("operation", "subject", "subscription")
_NUMBERS: Mapping[str, tuple[float, float]] = {
    "nth": (1, 1e9),
    "events": (0, 1e9),
    "seconds": (0, 1e9),
    "times": (1, 100),
}


def parse_event_rule(document: Json) -> EventRule:
    """The rule that a JSON document asks for. ValueError says what is wrong with it."""
    known = [str(one) for one in Mishap]
    if document.get("fault") not in known:
        raise ValueError(f"`fault` must be one of {known}, not {document.get('fault')!r}")
    given = {name: value for name, value in document.items() if name != "fault"}
    for name, value in given.items():
        if name in _TEXTS:
            fits = isinstance(value, str)
        elif name in _NUMBERS:
            least, most = _NUMBERS[name]
            kind = int | float if name == "seconds" else int
            fits = isinstance(value, kind) and not isinstance(value, bool)
            fits = fits and least <= value <= most
        else:
            raise ValueError(f"nothing is called {name!r} here; there are {[*_TEXTS, *_NUMBERS]}")
        if not fits:
            raise ValueError(f"{name!r} cannot be {value!r}")
    return EventRule(Mishap(document["fault"]), **given)
