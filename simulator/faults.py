"""Faults of Resource Manager that a test asks for, each by a rule: which calls, how many.

The tries of one call count as one: clients repeat a call under the same
`x-ms-client-request-id` (docs/azure.md#resource-manager), so a fault can outlast all
tries of a call and still let the next call through.
"""

import itertools
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from fnmatch import fnmatchcase
from typing import Any, Self

from simulator.arm.wire import Request
from simulator.fault_kinds import FOREVER, KINDS, Fault, Scene, Stale, refusal_of_page
from simulator.history import History
from simulator.identity import Identity
from simulator.throttling import Throttle
from simulator.world import Json, World

NO_FAULT = Fault()


@dataclass(slots=True)
class Rule:
    """Which calls a fault strikes.

    Attributes:
        fault: what happens to them.
        method: HTTP method, or `*`.
        path: pattern of the path, in any case; `*` stands for any run of characters.
        principal: object ID of the caller, `app` or `operator`; empty for anyone.
        nth: the first matching call that is struck, counted from 1.
        calls: how many calls are struck from there on; 0 for all.
        tries: how many tries of each are struck; 0 for all.
        struck: how many tries were struck so far.
        matched: how many calls matched so far.
    """

    fault: Fault
    method: str = "*"
    path: str = "*"
    principal: str = ""
    nth: int = 1
    calls: int = 1
    tries: int = 0
    struck: int = 0
    matched: int = 0
    _tries: dict[tuple[str, str, str], list[int]] = field(default_factory=dict)

    def strikes(self, request: Request, principals: Mapping[str, str]) -> bool:
        """Whether this try of a call is struck; counts it."""
        path = request.target.path
        if self.principal and request.principal != principals.get(self.principal, self.principal):
            return False
        if self.method not in {"*", request.method}:
            return False
        if not fnmatchcase(path.lower(), self.path.lower()):
            return False
        place, tries = self._count(request, path)
        due = place >= self.nth and (not self.calls or place < self.nth + self.calls)
        if not due or (self.tries and tries > self.tries):
            return False
        self.struck += 1
        return True

    def _count(self, request: Request, path: str) -> tuple[int, int]:
        """This call's place among those that matched, and this try's among its own."""
        call = request.headers.get("x-ms-client-request-id", "")
        key = (call, request.method, path.lower())
        if not call or key not in self._tries:
            self.matched += 1
            self._tries[key] = [self.matched, 0]
        self._tries[key][1] += 1
        place, tries = self._tries[key]
        return place, tries


class Faults:
    """The rules that stand, the oldest first; the first that strikes decides.

    Args:
        scene: where the faults act.
        principals: object IDs by the names that rules may use for them.

    Attributes:
        scene: where the faults act.
        throttle: counts what is asked, and can refuse what is too much.
    """

    def __init__(self, scene: Scene, principals: Mapping[str, str]) -> None:
        self.scene = scene
        self.throttle = Throttle(scene.clock)
        self._principals = principals
        self._rules: dict[int, Rule] = {}
        self._ids = itertools.count(1)

    @classmethod
    def of(cls, world: World, identity: Identity) -> Self:
        """No faults yet, in a world whose callers an identity room knows."""
        principals = {"app": identity.app_principal, "operator": identity.operator_principal}
        return cls(Scene(world, History(world)), principals)

    def add(self, rule: Rule) -> int:
        """Let a rule stand from now on; its ID. ValueError if it lacks the history it needs."""
        if isinstance(rule.fault, Stale) and not self.scene.history.begun:
            raise ValueError("a stale answer needs the history, which must have been on before")
        number = next(self._ids)
        self._rules[number] = rule
        return number

    def clear(self, number: int | None = None) -> None:
        """Drop one rule, or all."""
        if number is None:
            self._rules.clear()
        else:
            self._rules.pop(number, None)

    def strike(self, request: Request) -> Fault:
        """The fault of this request; every rule counts it, the first that strikes decides."""
        struck = [
            rule.fault for rule in self._rules.values() if rule.strikes(request, self._principals)
        ]
        return struck[0] if struck else refusal_of_page(request)

    def as_json(self) -> list[Json]:
        """The rules by their IDs, with what they struck."""
        return [{"id": number, **_shown(rule)} for number, rule in self._rules.items()]


_WORDS = {str: "a text", int: "a whole number", float: "a number, 1e9 at most"}
_NAMES = ("method", "path", "principal", "nth", "calls", "tries")


def parse_rule(document: Json) -> Rule:
    """The rule that a JSON document asks for. ValueError says what is wrong with it."""
    kind = document.get("fault")
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(f"`fault` must be one of {sorted(KINDS)}, not {kind!r}")
    given = {name: value for name, value in document.items() if name != "fault"}
    rule = {name: given.pop(name) for name in _NAMES if name in given}
    fault = KINDS[kind]()
    _check(rule, {f.name: f.default for f in fields(Rule) if f.default is not MISSING})
    parameters = {_snake(name): value for name, value in given.items()}
    _check(parameters, asdict(fault))
    return Rule(type(fault)(**(asdict(fault) | parameters)), **rule)


def _check(given: Json, defaults: Json) -> None:
    for name, value in given.items():
        if name not in defaults:
            raise ValueError(f"nothing is called {name!r} here; there are {sorted(defaults)}")
        wanted = type(defaults[name])
        if not _fits(value, wanted):
            raise ValueError(f"{name!r} must be {_WORDS[wanted]}, not {value!r}")


def _fits(value: Any, wanted: type) -> bool:  # noqa: ANN401 - whatever JSON holds
    if wanted is float:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and abs(value) <= FOREVER
    return type(value) is wanted


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.title() for part in tail)


def _shown(rule: Rule) -> Json:
    kind = next(name for name, make in KINDS.items() if make is type(rule.fault))
    parameters = {_camel(name): value for name, value in asdict(rule.fault).items()}
    where = {name: getattr(rule, name) for name in (*_NAMES, "matched", "struck")}
    return {"fault": kind, **parameters, **where}
