"""Every fault at every call of every kind of run, one after another, and what has to be true then.

A kind is run once without a fault, to learn its calls. Then, for each fault and
each call that it can strike: a fresh world, the change, the events; the fault at
that one call; the fault clears; what the product did not acknowledge is sent
again. In the end the zone is right, nothing foreign has changed, no invariant
broke on the way, and nothing was reported that was not so.
"""

import asyncio
import os
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from simulator.faults import parse_rule
from simulator.history import Asked, Change
from simulator.world import Json, Resource
from tests.faults.invariants import idempotent, quiet_secrets, violations
from tests.faults.kinds import FOREIGN_RECORDS, Kind
from tests.faults.stage import OWNER, SUBSCRIPTION, ZONE, Ground, Process, Stage, listening
from tests.faults.tale import LINK, A, Tale

EVERYTHING = os.environ.get("ACR_PRIVATE_DNS_FAULTS") == "all"
"""Whether every case is run, or a part that covers every fault and every call."""
_STRIDE = 9
_REDELIVERIES = (10.0, 30.0, 60.0, 300.0, 600.0)
_FOREIGN_TEXT = (
    "The server encountered",
    "is being throttled",
    "temporarily unavailable",
    "page cannot be displayed",
    "authorization_uri",
    "Bearer ",
    "eyJ",
)


@dataclass(frozen=True)
class Mishap:
    """One fault, as it is asked for.

    Attributes:
        name: for the test's ID.
        rule: what goes to the faults, but for the number of the call.
        strikes: whether it can strike such a call.
    """

    name: str
    rule: Mapping[str, Any]
    strikes: Callable[[Asked], bool] = lambda _call: True


def _is_read(call: Asked) -> bool:
    return call.method == "GET" and "/privateDnsOperation" not in call.path


def _is_write(call: Asked) -> bool:
    return call.method != "GET"


def _is_list(call: Asked) -> bool:
    return call.listed


def _is_source(call: Asked) -> bool:
    return _is_read(call) and not call.listed and "/privateDnsZones/" not in call.path


def _is_interface(call: Asked) -> bool:
    return "/networkInterfaces/" in call.path


def _refused(status: int, **more: Any) -> dict[str, Any]:
    return {"fault": "refused", "status": status, **more}


MISHAPS = (
    Mishap("429", _refused(429, retryAfter=2)),
    Mishap("429-once", _refused(429, retryAfter=2, tries=1)),
    Mishap("429-for-long", _refused(429, retryAfter=60)),
    Mishap("500", _refused(500)),
    Mishap("502", _refused(502)),
    Mishap("503", _refused(503)),
    Mishap("503-from-here-on", _refused(503, calls=0)),
    Mishap("504", _refused(504)),
    Mishap("401", _refused(401)),
    Mishap("403", _refused(403)),
    Mishap(
        "403-on-the-subscription", _refused(403, calls=0, path=f"/subscriptions/{SUBSCRIPTION}/*")
    ),
    Mishap("404", _refused(404), _is_source),
    Mishap("409", _refused(409)),
    Mishap("412", _refused(412), _is_write),
    Mishap("dropped-before", {"fault": "droppedBefore"}),
    Mishap("dropped-after", {"fault": "droppedAfter"}),
    Mishap("dropped-after-once", {"fault": "droppedAfter", "tries": 1}),
    Mishap("silent-before", {"fault": "silentBefore"}),
    Mishap("silent-after", {"fault": "silentAfter"}),
    Mishap("silent-after-once", {"fault": "silentAfter", "tries": 1}),
    Mishap("slow", {"fault": "slow", "seconds": 8}),
    Mishap("truncated", {"fault": "truncated"}),
    Mishap("truncated-once", {"fault": "truncated", "tries": 1}),
    Mishap("not-json", {"fault": "notJson"}),
    Mishap("not-json-but-html", {"fault": "notJson", "content_type": "text/html"}),
    Mishap("stale", {"fault": "stale", "since": 0}, _is_read),
    Mishap("stale-from-here-on", {"fault": "stale", "since": 0, "calls": 0}, _is_read),
    Mishap("one-change-behind", {"fault": "stale", "back": 1}, _is_read),
    Mishap("item-left-out", {"fault": "itemLeftOut"}, _is_list),
    Mishap("second-page-fails", {"fault": "secondPageFails"}, _is_list),
    Mishap("next-link-garbled", {"fault": "nextLinkGarbled"}, _is_list),
    Mishap(
        "next-link-elsewhere",
        {"fault": "nextLinkGarbled", "link": "https://127.0.0.1:1/subscriptions"},
        _is_list,
    ),
    Mishap("interface-without-members", {"fault": "interfaceBehind"}, _is_interface),
    Mishap("interface-with-one-member", {"fault": "interfaceBehind", "members": 1}, _is_interface),
)


@dataclass
class Outcome:
    """What came of one case.

    Attributes:
        case: kind, fault and call in words.
        problems: what was not as it has to be; empty if all was well.
        left: what was not right and not to be sent again, in the app's own words.
        said: what was logged.
    """

    case: str
    problems: list[str] = field(default_factory=list)
    left: str = ""
    said: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [self.case, *(f"  - {problem}" for problem in self.problems)]
        return "\n".join([*lines, *(f"  | {line}" for line in self.said)])


_bases: dict[str, list[Resource]] = {}
_calls: dict[str, list[Asked]] = {}


async def base(ground: Ground, kind: Kind) -> list[Resource]:
    """The kind's estate, published and right, before the change."""
    if kind.name not in _bases:
        async with Stage(ground, []) as stage:
            await kind.setup(stage)
            async with Process(stage) as process:
                for event in kind.before:
                    assert await process.handle(event), f"{kind.name}: {stage.said}"
            _bases[kind.name] = stage.resources()
    return _bases[kind.name]


@asynccontextmanager
async def changed(ground: Ground, kind: Kind) -> AsyncIterator[Stage]:
    """A fresh world in which the change has taken place, and whose history has it."""
    async with Stage(ground, await base(ground, kind)) as stage:
        stage.history.begin()
        await kind.change(stage)
        with listening(stage.said):
            yield stage


async def calls_of(ground: Ground, kind: Kind) -> list[Asked]:
    """The calls of the kind's run without any fault, in order."""
    if kind.name not in _calls:
        async with changed(ground, kind) as stage:
            async with Process(stage) as process:
                for event in kind.events:
                    assert await process.handle(event)
            # The tries of one call, and the polls of one operation, count once, as they do for rules.
            me = stage.ground.identity.app_principal
            mine = (one for one in stage.history.asked if one.principal == me)
            calls = {(one.call, one.method, one.path.lower()): one for one in mine}
            _calls[kind.name] = list(calls.values())
            outcome = judge(stage, kind, f"{kind.name} without a fault")
            assert not outcome.problems, outcome
            assert not outcome.left, outcome
    return _calls[kind.name]


def struck(kind: Kind, mishap: Mishap, calls: list[Asked], offset: int) -> Iterator[int]:
    """The calls, counted from 1, that the fault is to strike in this run of the tests."""
    del kind
    for place, call in enumerate(calls, 1):
        if mishap.strikes(call) and (EVERYTHING or (place + offset) % _STRIDE == 0):
            yield place


async def suffer(ground: Ground, kind: Kind, mishap: Mishap, place: int) -> Outcome:
    """One case, from a fresh world to the verdict."""
    call = _calls[kind.name][place - 1]
    case = f"{kind.name}: {mishap.name} at call {place}, {call.method} {call.path[-60:]}"
    async with changed(ground, kind) as stage:
        rule = parse_rule({"principal": "app", "nth": place, **mishap.rule})
        stage.faults.add(rule)
        async with Process(stage) as process:
            failed = [event for event in kind.events if not await process.handle(event)]
            stage.faults.clear()
            for pause in _REDELIVERIES:
                if failed:
                    await asyncio.sleep(pause)
                    failed = [event for event in failed if not await process.handle(event)]
            outcome = judge(stage, kind, case, stale=mishap.rule["fault"] == "stale")
            if not rule.struck:
                outcome.problems.append("the fault struck nothing")
            if failed:
                outcome.problems.append(f"never acknowledged: {failed}")
            if not outcome.left:
                outcome.problems += await _writes_again(stage, kind, process)
    return outcome


async def _writes_again(stage: Stage, kind: Kind, process: Process) -> list[str]:
    """S9: on a zone that is right, the same events once more write nothing."""
    before = len(stage.history.asked)
    for event in kind.events:
        await process.handle(event)
    again = tale(stage, asked_from=before)
    return [f"S9: wrote again: {problem}" for problem in idempotent(again)]


def tale(stage: Stage, *, asked_from: int = 0, stale: bool = False) -> Tale:
    """What the world's history holds."""
    history = stage.history
    start = {one.id.lower(): (one.type.lower(), one.body) for one in history.as_of(0)}
    return Tale(
        ZONE,
        OWNER,
        stage.ground.identity.app_principal,
        start,
        tuple(history.asked[asked_from:]),
        tuple(history.changes),
        tuple(stage.said),
        0 if stale else None,
    )


def judge(stage: Stage, kind: Kind, case: str, *, stale: bool = False) -> Outcome:
    """Whether all is as it has to be, after the last event that Azure sends."""
    outcome = Outcome(case, said=stage.said)
    told = tale(stage, stale=stale)
    outcome.problems += violations(told)
    secrets = (*_FOREIGN_TEXT, stage.ground.identity.app_header)
    outcome.problems += [f"S11: {problem}" for problem in quiet_secrets(told, secrets)]
    outcome.problems += _false_reports(told, stage.said)
    outcome.problems += [f"a bug: {line}" for line in stage.said if line.startswith("CRITICAL")]
    records, linked = stage.records(), stage.linked()
    foreign = {name: found for name, found in records.items() if name in FOREIGN_RECORDS}
    if foreign != FOREIGN_RECORDS or "net-hub" not in linked:
        outcome.problems.append(f"foreign records or links changed: {foreign}, {sorted(linked)}")
    ours = {name: found for name, found in records.items() if name not in FOREIGN_RECORDS}
    if (ours, linked - {"net-hub"}) != (dict(kind.records), set(kind.linked)):
        reasons = sorted({word for line in stage.said if (word := _left(line))})
        outcome.left = ", ".join(reasons)
        if not reasons:
            outcome.problems.append(f"acknowledged as right, but it is {ours}, {sorted(linked)}")
    return outcome


_LEFT = re.compile(r"finding ([a-z-]+) at|(still running): |: .*\d+ (on its way|not answered)")


def _left(line: str) -> str:
    """How a line says that not all is done."""
    match = _LEFT.search(line)
    return next((group for group in match.groups() if group), "") if match else ""


_REPORTS = re.compile(
    r"INFO acr_private_dns (created|updated|deleted) A (\S+?)(?: -> ([^:]*?))?(?:,.*)? in "
    r"|INFO acr_private_dns (linked|unlinked) network (\S+) in "
)


def _false_reports(told: Tale, said: list[str]) -> Iterator[str]:
    """S8: each change that the log tells of must stand in the world's history, as often."""
    happened = Counter(_deed(change) for _, change in (*told.writes(A), *told.writes(LINK)))
    for line in said:
        match = _REPORTS.match(line)
        if match is None:
            continue
        did, name, _, linked, network = match.groups()
        deed = (did, name) if did else (linked, network)
        happened[deed] -= 1
        if happened[deed] < 0:
            yield f"S8: reported, though it did not happen (so often): {line}"


def _deed(change: Change) -> tuple[str, str]:
    """What the log calls a change, and of what."""
    document: Json = change.new or change.old or {}
    if change.type.lower() == A:
        did = "created" if change.old is None else "updated" if change.new else "deleted"
        return did, document["name"]
    network = document["properties"]["virtualNetwork"]["id"].rpartition("/")[2]
    done = change.new is None or change.new["properties"]["virtualNetworkLinkState"] == "Completed"
    if not done:
        return "began", network
    return ("unlinked" if change.new is None else "linked"), network
