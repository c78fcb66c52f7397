"""Every fault at every call of every kind of run, one after another, and what has to be true then.

A kind is run once without a fault, to learn its calls. Then, for each fault and
each call that it can strike: a fresh world, the change, the events; the fault at
that one call; the fault clears; what the product did not acknowledge is sent
again, or the timer comes round after a full sync. In the end the zone is right,
nothing foreign has changed, no invariant broke on the way, and nothing was reported that
was not so.

What of an event the product acknowledged, and still is not right, is for the timer
to find, and it does: each such case falls into a category of `Left`, or is a failure.
"""

import asyncio
import os
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum

from simulator.faults import Rule, parse_rule
from simulator.history import Asked, Change
from simulator.world import Json, Resource
from tests.faults.full_syncs import ALL
from tests.faults.invariants import ALWAYS, idempotent, quiet, violations
from tests.faults.kinds import UNMANAGED_RECORDS, Kind
from tests.faults.mishaps import MISHAPS, Mishap
from tests.faults.stage import OWNER, TIMER, ZONE, Event, Process, RunContext, Stage, listening
from tests.faults.tale import LINK, A, Tale

EVERYTHING = os.environ.get("ACR_PRIVATE_DNS_FAULTS") == "all"
"""Whether every case is run, or one for each kind and fault."""
_REDELIVERIES = (10.0, 30.0, 60.0, 300.0, 600.0)
_TIMER_SECONDS = 900.0
_UNUSED = "nobody uses the link of"
# Names that Azure invents: of an operation, or of an endpoint's interface.
_INVENTED = re.compile(r"(?<=statuses/).*|(?<=\.nic\.)[^/]*")
_FOREIGN_TEXT = (
    "The server encountered",
    "is being throttled",
    "temporarily unavailable",
    "page cannot be displayed",
    "authorization_uri",
    "Bearer ",
    "eyJ",
)


class Left(StrEnum):
    """Why a zone may stay wrong although every event was acknowledged, until the timer."""

    UNUSED_LINK = (
        "records are right; a link of ours stays that nobody uses, and no mark tells of it"
    )
    REFUSED = "the app was refused as if for good, and said so; no event comes again for that"
    DECEIVED = "Azure did not say how things are, so the app could not see it"


@dataclass
class RunResult:
    """What came of one case.

    Attributes:
        case: kind, fault and call in words.
        problems: what was not as it has to be; empty if all was well.
        remaining: what a later run has to find, if the zone is not right.
        said: what was logged.
    """

    case: str
    problems: list[str] = field(default_factory=list)
    remaining: Left | None = None
    said: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [self.case, *(f"  - {problem}" for problem in self.problems)]
        return "\n".join([*lines, *(f"  | {line}" for line in self.said)])


_bases: dict[str, list[Resource]] = {}
_calls: dict[str, list[Asked]] = {}


async def base(context: RunContext, kind: Kind) -> list[Resource]:
    """The kind's estate, published and right, before the change."""
    if kind.name not in _bases:
        async with Stage(context, []) as stage:
            await kind.setup(stage)
            async with Process(stage, lists_subscriptions=kind.lists_subscriptions) as process:
                for event in kind.before:
                    assert await process.handle(event), f"{kind.name}: {stage.said}"
            _bases[kind.name] = stage.resources()
    return _bases[kind.name]


@asynccontextmanager
async def changed(context: RunContext, kind: Kind) -> AsyncIterator[Stage]:
    """A fresh world in which the change has taken place, and whose history has it."""
    async with Stage(context, await base(context, kind)) as stage:
        stage.history.begin()
        await kind.change(stage)
        with listening(stage.said):
            yield stage


async def calls_of(context: RunContext, kind: Kind) -> list[Asked]:
    """The calls of the kind's run without any fault, in order."""
    if kind.name not in _calls:
        async with changed(context, kind) as stage:
            async with Process(stage, lists_subscriptions=kind.lists_subscriptions) as process:
                for event in kind.events:
                    assert await process.handle(event)
                # The tries of a call, and the polls of an operation, count once, as for rules.
                me = stage.context.identity.app_principal
                mine = (one for one in stage.history.asked if one.principal == me)
                calls = {(one.call, one.method, one.path.lower()): one for one in mine}
                _calls[kind.name] = list(calls.values())
                run_result = RunResult(f"{kind.name} without a fault", said=stage.said)
                judge(stage, kind, None, run_result)
                assert run_result.remaining is None, run_result
                await once_more(stage, kind, process, run_result)
            assert not run_result.problems, run_result
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
    at = MISHAPS.index(mishap) * len(fit) // len(MISHAPS) + ALL.index(kind)
    return [fit[at % len(fit)]]


async def suffer(context: RunContext, kind: Kind, mishap: Mishap, place: int) -> RunResult:
    """One case, from a fresh world to the verdict."""
    call = _calls[kind.name][place - 1]
    run_result = RunResult(f"{kind.name}: {mishap.name} at call {place}, {call.method} {call.path}")
    async with changed(context, kind) as stage:
        run_result.said = stage.said
        rule = strike(kind, mishap, place)
        stage.faults.add(rule)
        async with Process(stage, lists_subscriptions=kind.lists_subscriptions) as process:
            failed = [event for event in kind.events if not await process.handle(event)]
            stage.faults.clear()
            if not rule.struck:
                run_result.problems.append("the fault struck nothing")
            if kind.whole and not mishap.deceives and not _told(stage.said):
                run_result.problems += [
                    f"in silence: {wrong}" for wrong in differences(stage, kind)
                ]
            await come_again(process, kind, failed, run_result)
            judge(stage, kind, mishap, run_result)
            await once_more(stage, kind, process, run_result)
    return run_result


def strike(kind: Kind, mishap: Mishap, place: int) -> Rule:
    """The rule for one call; by its path if it is the only one, since many run side by side."""
    if "calls" in mishap.rule:
        nth = place
        if "path" in mishap.rule:  # then calls elsewhere do not count
            nth = sum(map(mishap.strikes, _calls[kind.name][:place]))
        return parse_rule({"principal": "app", "nth": nth, **mishap.rule})
    calls = [(call.method, _INVENTED.sub("*", call.path.lower())) for call in _calls[kind.name]]
    method, path = calls[place - 1]
    nth = calls[:place].count((method, path))
    target = {"method": method, "path": path, "nth": nth}
    return parse_rule({"principal": "app", **target, **mishap.rule})


async def come_again(
    process: Process, kind: Kind, failed: list[Event], run_result: RunResult
) -> None:
    """What Azure does then: the timer comes round, or what was not acknowledged is sent again."""
    if kind.whole:
        await asyncio.sleep(_TIMER_SECONDS)
        if not await process.handle(TIMER):
            run_result.problems.append("the next full sync failed in a quiet world")
        return
    for pause in _REDELIVERIES:
        if failed:
            await asyncio.sleep(pause)
            failed = [event for event in failed if not await process.handle(event)]
    run_result.problems += [f"never acknowledged: {event}" for event in failed]


async def once_more(stage: Stage, kind: Kind, process: Process, run_result: RunResult) -> None:
    """Once more: what is right stays untouched, what was left the timer makes right.

    Invariant: idempotent.
    """
    before = len(stage.history.asked)
    if run_result.remaining is not None:
        await asyncio.sleep(_TIMER_SECONDS)
    for event in kind.events if run_result.remaining is None else (TIMER,):
        if not await process.handle(event):
            run_result.problems.append(f"not acknowledged in a quiet world: {event}")
    if run_result.remaining is None:
        again = tale(stage, asked_from=before)
        run_result.problems += [
            f"idempotent: wrote again: {problem}" for problem in idempotent(again)
        ]
    run_result.problems += [f"not right after all: {wrong}" for wrong in differences(stage, kind)]


def tale(stage: Stage, *, asked_from: int = 0, stale: bool = False) -> Tale:
    """What the world's history holds."""
    history = stage.history
    start = {one.id.lower(): (one.type.lower(), one.body) for one in history.as_of(0)}
    return Tale(
        ZONE,
        OWNER,
        stage.context.identity.app_principal,
        start,
        tuple(history.asked[asked_from:]),
        tuple(history.changes),
        tuple(stage.said),
        0 if stale else None,
    )


def judge(stage: Stage, kind: Kind, mishap: Mishap | None, run_result: RunResult) -> None:
    """Whether all is as it has to be, after the last event that Azure sends."""
    told = tale(stage, stale=mishap is not None and mishap.stale)
    run_result.problems += violations(told, *(mishap.despite if mishap else ALWAYS))
    secrets = (*_FOREIGN_TEXT, stage.context.identity.app_header)
    run_result.problems += [f"quiet: {problem}" for problem in quiet(told, secrets)]
    run_result.problems += _false_reports(told, stage.said)
    run_result.problems += [f"a bug: {line}" for line in stage.said if line.startswith("CRITICAL")]
    foreign = {name: found for name, found in stage.records().items() if name in UNMANAGED_RECORDS}
    if foreign != UNMANAGED_RECORDS or "net-hub" not in stage.linked():
        run_result.problems.append(f"foreign records or links changed: {foreign}")
    wrong = differences(stage, kind)
    if not wrong:
        return
    if kind.whole:
        run_result.problems += [f"the next run left it: {one}" for one in wrong]
    elif all(one.startswith(_UNUSED) for one in wrong):
        run_result.remaining = Left.UNUSED_LINK
    elif mishap and mishap.deceives:
        run_result.remaining = Left.DECEIVED
    elif mishap and mishap.refuses and _warned(stage.said):
        run_result.remaining = Left.REFUSED
    else:
        run_result.problems += [f"acknowledged, but not right: {one}" for one in wrong]


def differences(stage: Stage, kind: Kind) -> list[str]:
    """What of the records and links is not right, in words."""
    ours = {name: found for name, found in stage.records().items() if name not in UNMANAGED_RECORDS}
    wrong = [
        f"{name} is {ours.get(name)}"
        for name in sorted(ours.keys() | kind.records.keys())
        if ours.get(name) != kind.records.get(name)
    ]
    if kind.restored:
        now, before = _documents(stage.resources()), _documents(_bases[kind.name])
        wrong += [f"{id_} is {now.get(id_)}" for id_ in before if now.get(id_) != before[id_]]
    linked = stage.linked() - {"net-hub"}
    wrong += [f"{network} is not linked" for network in sorted(kind.linked - linked)]
    return wrong + [f"{_UNUSED} {network}" for network in sorted(linked - kind.linked)]


def _documents(resources: list[Resource]) -> dict[str, list[object]]:
    """What the zone's record sets hold, by ID: addresses, TTL and metadata."""
    kept = ("aRecords", "ttl", "metadata")
    return {
        one.id.lower(): [one.properties.get(key) for key in kept]
        for one in resources
        if one.type.lower() == A
    }


def _warned(said: list[str]) -> bool:
    warnings = ("finding unreadable at", "finding zone-group-unknown at", "finding refused at")
    return any(warning in line for line in said for warning in warnings)


_UNDONE = re.compile(r"on its way|left|still running|not answered|failed|raised|withheld")


def _told(said: list[str]) -> bool:
    """Whether a full sync says that it left something as it is, and why."""
    return _warned(said) or (bool(said) and _UNDONE.search(said[-1]) is not None)


_REPORTS = re.compile(
    r"INFO acr_private_dns (created|updated|deleted) A (\S+?)(?: -> ([^:]*?))?(?:,.*)? in "
    r"|INFO acr_private_dns (linked|unlinked) network (\S+) in "
)


def _false_reports(told: Tale, said: list[str]) -> Iterator[str]:
    """confirmed: each change that the log tells of must stand in the world's history, as often.

    So does a delete of what was gone already: Azure's 204 confirms that it is, and whose
    delete it was cannot be told, since a client resends a DELETE when a connection breaks.
    """
    happened = Counter(_deed(change) for _, change in (*told.writes(A), *told.writes(LINK)))
    happened.update(_found_gone(told))
    for line in said:
        match = _REPORTS.match(line)
        if match is None:
            continue
        did, name, _, linked, network = match.groups()
        deed = (did, name) if did else (linked, network)
        happened[deed] -= 1
        if happened[deed] < 0:
            yield f"confirmed: reported, though it did not happen (so often): {line}"


def _found_gone(told: Tale) -> Iterator[tuple[str, str]]:
    """The deletes that found nothing in any of their tries, as `_deed` calls them."""
    deeds = {
        change.id.lower(): _deed(change)[1] for _, change in told.moments() if _is_ours(change)
    }
    heard = {asked.call for asked in told.asked if asked.method == "DELETE" and asked.status != 204}
    for asked in told.asked:
        if asked.method == "DELETE" and asked.status == 204 and asked.call not in heard:
            path = asked.path.lower()
            yield "unlinked" if f"/{LINK.rpartition('/')[2]}/" in path else "deleted", deeds[path]


def _is_ours(change: Change) -> bool:
    return change.type.lower() in (A, LINK)


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
