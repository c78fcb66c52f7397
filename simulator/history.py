"""The world's own history: what changed, who changed it, and what everybody asked meanwhile.

It is the witness for tests. It hears of changes in three ways: the world tells
of whatever is put and removed; documents that are changed in place are compared
at every request, before and after its effect; and at every event. So the order
of changes and requests is exact, and the time of a change that nobody asked for
is that of the next request at the latest.
"""

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from simulator.arm.wire import Request
from simulator.world import Json, Resource, World

# Record sets are never changed in place, and there can be 25,000 of them.
_PUT_ONLY = frozenset(
    {"microsoft.network/privatednszones/a", "microsoft.network/privatednszones/soa"}
)


@dataclass(slots=True)
class Asked:
    """One request that reached the world.

    Attributes:
        number: its place in the history, before that of the changes that it made.
        time: when it reached the world, UTC.
        principal: object ID of the caller.
        method: HTTP method.
        path: its path in the caller's case.
        listed: whether it asked for a collection.
        call: `x-ms-client-request-id`: the tries of one call share it.
        conditions: `if-match` and `if-none-match`, as they were sent.
        status: HTTP status of the answer, whether or not it ever arrived.
        answer: its body as JSON text.
    """

    number: int
    time: dt.datetime
    principal: str
    method: str
    path: str
    listed: bool
    call: str
    conditions: dict[str, str]
    status: int = 0
    answer: str = ""

    def answered(self, status: int, body: object) -> None:
        """Note how the world answered."""
        self.status, self.answer = status, json.dumps(body)

    @property
    def body(self) -> Any:  # noqa: ANN401 - whatever Azure answers
        """The answer's body."""
        return json.loads(self.answer) if self.answer else None


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one resource, at the moment it took effect.

    Attributes:
        number: its place in the history.
        time: when, UTC.
        principal: object ID of whose request began it; empty for the service's own.
        request: number of that request, or -1.
        id: resource ID in its own case.
        type: full type.
        before: the document as JSON text, empty if there was none.
        after: likewise.
    """

    number: int
    time: dt.datetime
    principal: str
    request: int
    id: str
    type: str
    before: str
    after: str

    @property
    def old(self) -> Json | None:
        """The document before, or None."""
        return _parsed(self.before)

    @property
    def new(self) -> Json | None:
        """The document after, or None."""
        return _parsed(self.after)


@dataclass(frozen=True, slots=True)
class _Known:
    """A resource as it was last seen."""

    id: str
    type: str
    text: str
    hidden: Json = field(default_factory=dict)


_acting: ContextVar[Asked | None] = ContextVar("_acting", default=None)


class History:
    """Everything that happened in a world since `begin`; before that it costs nothing.

    Args:
        world: the world.

    Attributes:
        asked: every request, in order.
        changes: every change, in order; both count in one row of numbers.
        begun: whether it is being written.
    """

    def __init__(self, world: World) -> None:
        self.asked: list[Asked] = []
        self.changes: list[Change] = []
        self._world = world
        self._known: dict[str, _Known] = {}
        self.begun = False

    @property
    def now(self) -> int:
        """The number that whatever comes next will have."""
        return len(self.asked) + len(self.changes)

    def begin(self) -> None:
        """Write down everything from now on."""
        if self.begun:
            return
        self.begun = True
        for resource in self._world.everything():
            self._known[resource.id.lower()] = _seen(resource)
        self._world.watch(lambda resource_id: self._look_at(resource_id, _acting.get()))
        self._world.listen(lambda _event: self._look_around(_acting.get()))

    @contextmanager
    def hearing(self, request: Request) -> Iterator[Asked | None]:
        """Write down a request around its effect, and lay what it changes at its door."""
        if not self.begun:
            yield None
            return
        self._look_around(None)
        asked = self._asked(request)
        self.asked.append(asked)
        token = _acting.set(asked)  # operations that it begins inherit it
        try:
            yield asked
        finally:
            self._look_around(asked)
            _acting.reset(token)

    def _asked(self, request: Request) -> Asked:
        headers = request.headers
        return Asked(
            self.now,
            self._world.clock.now(),
            request.principal,
            request.method,
            request.target.path,
            request.method == "GET" and not request.target.is_item,
            headers.get("x-ms-client-request-id", ""),
            {name: headers[name] for name in ("if-match", "if-none-match") if name in headers},
        )

    def catch_up(self) -> None:
        """Write down what the service changed since the last request."""
        if self.begun:
            self._look_around(None)

    def before_last(self, back: int, path: str, *, below: bool) -> int:
        """The moment before the `back`-th last change of a resource, or of any one below it."""
        self.catch_up()
        path = path.lower()
        numbers = [
            change.number
            for change in self.changes
            if (change.id.lower().startswith(f"{path}/") if below else change.id.lower() == path)
        ]
        return numbers[-back] if len(numbers) >= back else (numbers[0] if numbers else self.now)

    def as_of(self, number: int) -> Iterator[Resource]:
        """Every resource as it was just before something of that number happened."""
        self.catch_up()
        known = dict(self._known)
        for change in reversed(self.changes):
            if change.number < number:
                break
            key = change.id.lower()
            if change.before:
                hidden = known[key].hidden if key in known else {}
                known[key] = _Known(change.id, change.type, change.before, hidden)
            else:
                known.pop(key, None)
        for item in known.values():
            yield Resource(item.id, item.type, json.loads(item.text), item.hidden)

    def _look_around(self, asked: Asked | None) -> None:
        for resource in self._world.everything():
            if resource.type.lower() not in _PUT_ONLY:
                self._look_at(resource.id, asked)

    def _look_at(self, resource_id: str, asked: Asked | None) -> None:
        key = resource_id.lower()
        resource, known = self._world.get(key), self._known.get(key)
        now = _seen(resource) if resource else None
        before, after = known.text if known else "", now.text if now else ""
        if before == after:
            return
        if now:
            self._known[key] = now
        else:
            del self._known[key]
        about = now or known
        if about is not None:
            time, number = self._world.clock.now(), self.now
            who, request = (asked.principal, asked.number) if asked else ("", -1)
            self.changes.append(
                Change(number, time, who, request, about.id, about.type, before, after)
            )


def _seen(resource: Resource) -> _Known:
    return _Known(resource.id, resource.type, json.dumps(resource.body), resource.hidden)


def _parsed(text: str) -> Json | None:
    document: Json | None = json.loads(text) if text else None
    return document
