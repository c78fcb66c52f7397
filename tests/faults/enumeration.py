"""Every fault at every call of every kind of run, one after another, and what has to be true then.

A kind is run once without a fault, to learn its calls. Then, for each fault and
each call that it can strike: a fresh world, the change, the events; the fault at
that one call; the fault clears; what the product did not acknowledge is sent
again. In the end the zone is right, nothing foreign has changed, no invariant
broke on the way, and nothing was reported that was not so.

What the product acknowledged, and still is not right, is for a later run to
find: each such case falls into a category of `Left`, or is a failure.
"""

import asyncio
import os
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from simulator.faults import parse_rule
from simulator.history import Asked, Change
from simulator.world import Json, Resource
from tests.faults.invariants import ALWAYS, idempotent, quiet_secrets, violations
from tests.faults.kinds import FOREIGN_RECORDS, KINDS, Kind
from tests.faults.stage import OWNER, SUBSCRIPTION, ZONE, Event, Ground, Process, Stage, listening
from tests.faults.tale import LINK, A, Tale

EVERYTHING = os.environ.get("ACR_PRIVATE_DNS_FAULTS") == "all"
"""Whether every case is run, or one for each kind and fault."""
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

    @property
    def stale(self) -> bool:
        """Whether Azure answers from the past."""
        return bool(self.rule["fault"] == "stale")

    @property
    def deceives(self) -> bool:
        """Whether Azure says what is not so, and nothing in its answer tells."""
        return self.stale or self.rule["fault"] == "itemLeftOut" or self.rule.get("status") == 404

    @property
    def refuses(self) -> bool:
        """Whether Azure refuses in a way that looks as if it would last."""
        return self.rule.get("status") == 403 or self.rule["fault"] == "nextLinkGarbled"

    @property
    def despite(self) -> set[str]:
        """The invariants that hold even so.

        "S2 assumes fresh reads; where Azure's are stale, verify and the timer repair"
        (design, 4); and what a list leaves out is out of order when it is found.
        """
        if self.stale:
            return set(ALWAYS) - {"S1", "S2", "S3", "S7"}
        if self.rule.get("status") == 404:
            return set(ALWAYS) - {"S2"}  # what is refused never reaches the world's history
        return set(ALWAYS) - ({"S7"} if self.rule["fault"] == "itemLeftOut" else set())


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


class Left(StrEnum):
    """Why a zone may stay wrong although every event was acknowledged, until a later run."""

    UNUSED_LINK = (
        "records are right; a link of ours stays that nobody uses, and no mark tells of it"
    )
    REFUSED = "the app was refused as if for good, and said so; no event comes again for that"
    DECEIVED = "Azure did not say how things are, so the app could not see it"


@dataclass
class Outcome:
    """What came of one case.

    Attributes:
        case: kind, fault and call in words.
        problems: what was not as it has to be; empty if all was well.
        left: what a later run has to find, if the zone is not right.
        said: what was logged.
    """

    case: str
    problems: list[str] = field(default_factory=list)
    left: Left | None = None
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
            # The tries of a call, and the polls of an operation, count once, as for rules.
            me = stage.ground.identity.app_principal
            mine = (one for one in stage.history.asked if one.principal == me)
            calls = {(one.call, one.method, one.path.lower()): one for one in mine}
            _calls[kind.name] = list(calls.values())
            outcome = Outcome(f"{kind.name} without a fault", said=stage.said)
            judge(stage, kind, None, outcome)
            assert not outcome.problems, outcome
            assert outcome.left is None, outcome
    return _calls[kind.name]


def places(kind: Kind, mishap: Mishap) -> list[int]:
    """The calls, counted from 1, that the fault is to strike in this run of the tests.

    All that it can strike, or one of them, so chosen that the faults together are spread
    over the whole of every kind's run.
    """
    calls = _calls[kind.name]
    fit = [place for place, call in enumerate(calls, 1) if mishap.strikes(call)]
    if EVERYTHING or not fit:
        return fit
    at = MISHAPS.index(mishap) * len(fit) // len(MISHAPS) + KINDS.index(kind)
    return [fit[at % len(fit)]]


async def suffer(ground: Ground, kind: Kind, mishap: Mishap, place: int) -> Outcome:
    """One case, from a fresh world to the verdict."""
    call = _calls[kind.name][place - 1]
    outcome = Outcome(f"{kind.name}: {mishap.name} at call {place}, {call.method} {call.path}")
    async with changed(ground, kind) as stage:
        outcome.said = stage.said
        rule = parse_rule({"principal": "app", "nth": place, **mishap.rule})
        stage.faults.add(rule)
        async with Process(stage) as process:
            failed = [event for event in kind.events if not await process.handle(event)]
            stage.faults.clear()
            if not rule.struck:
                outcome.problems.append("the fault struck nothing")
            await redeliver(process, failed, outcome)
            judge(stage, kind, mishap, outcome)
            await once_more(stage, kind, process, outcome)
    return outcome


async def redeliver(process: Process, failed: list[Event], outcome: Outcome) -> None:
    """Send again what was not acknowledged, as Event Grid does."""
    for pause in _REDELIVERIES:
        if failed:
            await asyncio.sleep(pause)
            failed = [event for event in failed if not await process.handle(event)]
    outcome.problems += [f"never acknowledged: {event}" for event in failed]


async def once_more(stage: Stage, kind: Kind, process: Process, outcome: Outcome) -> None:
    """The same events once more: what is right stays untouched (S9), what was left comes right."""
    before = len(stage.history.asked)
    for event in kind.events:
        if not await process.handle(event):
            outcome.problems.append(f"not acknowledged in a quiet world: {event}")
    if outcome.left is None:
        again = tale(stage, asked_from=before)
        outcome.problems += [f"S9: wrote again: {problem}" for problem in idempotent(again)]
    records, missing, unused = differences(stage, kind)
    if records or missing or (unused and outcome.left is None):
        outcome.problems.append(f"not right after all: {records}, {missing}, {unused}")


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


def judge(stage: Stage, kind: Kind, mishap: Mishap | None, outcome: Outcome) -> None:
    """Whether all is as it has to be, after the last event that Azure sends."""
    told = tale(stage, stale=mishap is not None and mishap.stale)
    outcome.problems += violations(told, *(mishap.despite if mishap else ALWAYS))
    secrets = (*_FOREIGN_TEXT, stage.ground.identity.app_header)
    outcome.problems += [f"S11: {problem}" for problem in quiet_secrets(told, secrets)]
    outcome.problems += _false_reports(told, stage.said)
    outcome.problems += [f"a bug: {line}" for line in stage.said if line.startswith("CRITICAL")]
    records, missing, unused = differences(stage, kind)
    foreign = {name: found for name, found in stage.records().items() if name in FOREIGN_RECORDS}
    if foreign != FOREIGN_RECORDS or "net-hub" not in stage.linked():
        outcome.problems.append(f"foreign records or links changed: {foreign}")
    if not (records or missing or unused):
        return
    if not records and not missing:
        outcome.left = Left.UNUSED_LINK
    elif mishap and mishap.deceives:
        outcome.left = Left.DECEIVED
    elif mishap and mishap.refuses and _warned(stage.said):
        outcome.left = Left.REFUSED
    else:
        outcome.problems.append(f"acknowledged, but not right: {records}, {missing}, {unused}")


def differences(stage: Stage, kind: Kind) -> tuple[dict[str, Any], set[str], set[str]]:
    """What of the records is not right, which networks are not linked, and which should not be."""
    ours = {name: found for name, found in stage.records().items() if name not in FOREIGN_RECORDS}
    wrong = {
        name: ours.get(name)
        for name in ours.keys() | kind.records.keys()
        if ours.get(name) != kind.records.get(name)
    }
    linked = stage.linked() - {"net-hub"}
    return wrong, set(kind.linked) - linked, linked - kind.linked


def _warned(said: list[str]) -> bool:
    warnings = ("finding unreadable at", "finding zone-group-unknown at")
    return any(warning in line for line in said for warning in warnings)


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
