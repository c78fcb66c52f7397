"""One step of the story, watched from outside: what happened, what the app did, what resolves."""

import asyncio
import contextlib
import datetime as dt
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from demo.dig import Answer
from demo.operator import Json, Operator

_PATIENCE_SECONDS = 60.0
_LOOK_SECONDS = 0.1
_ASK_SECONDS = 0.02
_NOTHING = "nothing"
_APP_LOGGER = "acr_private_dns"
_RECORD = "Microsoft.Network/privateDnsZones/A/"
_LINK = "Microsoft.Network/privateDnsZones/virtualNetworkLinks/"
# The event's history ends, for each subscription, with one of these.
_ENDS = ("filtered", "delivered", "dead-lettered")


@dataclass(frozen=True, slots=True)
class Step:
    """What an operator does, and how it should come out.

    Attributes:
        title: one line.
        deed: does it, and says what Azure did.
        network: the network to ask from.
        expected: what each FQDN should resolve to there; None for "publicly".
        links: how many links the zone should have.
        verdict: what the step shows, if it came out.
        asked: an FQDN to resolve again and again while the step goes on, if one.
    """

    title: str
    deed: Callable[[], Awaitable[str]]
    network: str
    expected: Mapping[str, str | None]
    links: int
    verdict: str
    asked: str | None = None


@dataclass(slots=True)
class Scene:
    """One step as it was seen.

    Attributes:
        step: the step.
        happened: what Azure did, in words.
        before: answers before, by FQDN.
        after: answers after.
        events: the events that reached the app, in order.
        said: what the app logged about its changes and findings.
        calls: the app's own requests to Azure.
        to_records: seconds from the first event to the last record.
        to_links: seconds from the first event to the last link.
        answered: how often each answer came to the name asked all the way through.
        came_out: whether all is as it should be.
    """

    step: Step
    happened: str = ""
    before: dict[str, Answer] = field(default_factory=dict)
    after: dict[str, Answer] = field(default_factory=dict)
    events: list[Json] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    calls: list[Json] = field(default_factory=list)
    to_records: float | None = None
    to_links: float | None = None
    answered: Counter[str] = field(default_factory=Counter)
    came_out: bool = False


async def play(step: Step, operator: Operator) -> Scene:
    """Play one step, and watch until it came out and everything is quiet, a minute at most."""
    async with asyncio.timeout(_PATIENCE_SECONDS):
        await _until_quiet(operator)
    scene = Scene(step, before=await _answers(step, operator))
    known = {event["id"] for event in (await operator.watch("events"))["events"]}
    spoken = (await operator.watch("functions/log"))["next"]
    called = (await operator.watch("calls"))["next"]
    asking = asyncio.create_task(_ask(scene, operator))
    try:
        scene.happened = await step.deed()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while not scene.came_out:
                    await _until_quiet(operator)
                    scene.after = await _answers(step, operator)
                    scene.came_out = await _as_expected(step, scene, operator)
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    scene.came_out = scene.came_out and _NOTHING not in scene.answered
    events = [e for e in (await operator.watch("events"))["events"] if e["id"] not in known]
    await _note(scene, operator, events, spoken, called)
    return scene


async def _ask(scene: Scene, operator: Operator) -> None:
    """Ask for one name all the way through, as a client would."""
    while scene.step.asked is not None:
        answer = await operator.resolve(scene.step.asked, scene.step.network)
        scene.answered[", ".join(answer.addresses) or _NOTHING] += 1
        await asyncio.sleep(_ASK_SECONDS)


async def _until_quiet(operator: Operator) -> None:
    """Wait until every event has come to its end for every event subscription."""
    events: list[Json] = []
    while not events or not _quiet(events):
        await asyncio.sleep(_LOOK_SECONDS)
        events = (await operator.watch("events"))["events"]


async def _answers(step: Step, operator: Operator) -> dict[str, Answer]:
    return {name: await operator.resolve(name, step.network) for name in step.expected}


async def _as_expected(step: Step, scene: Scene, operator: Operator) -> bool:
    for name, address in step.expected.items():
        answer = scene.after[name]
        if not answer.addresses or (address is None) == answer.private:
            return False
        if address is not None and answer.addresses != (address,):
            return False
    return len(await operator.links()) == step.links


def _quiet(events: list[Json]) -> bool:
    subscriptions = {h["subscription"] for e in events for h in e["history"] if "subscription" in h}
    return all(
        {h.get("subscription") for h in event["history"] if h["step"] in _ENDS} == subscriptions
        for event in events
    )


async def _note(
    scene: Scene, operator: Operator, events: list[Json], spoken: int, called: int
) -> None:
    scene.events = [e for e in events if any(h["step"] == "delivered" for h in e["history"])]
    records = (await operator.watch("functions/log", since=str(spoken)))["records"]
    scene.said = [r["message"] for r in records if r["logger"] == _APP_LOGGER]
    everything = (await operator.watch("calls"))["calls"]
    me = everything[0]["principal"]
    scene.calls = [c for c in everything if c["index"] >= called and c["principal"] != me]
    if scene.events:
        first = _time(scene.events[0])
        ends = {
            kind: [_time(e) for e in events if e["operation"].startswith(kind)]
            for kind in (_RECORD, _LINK)
        }
        scene.to_records = _seconds(first, ends[_RECORD])
        scene.to_links = _seconds(first, ends[_LINK])


def _time(event: Json) -> dt.datetime:
    return dt.datetime.fromisoformat(event["history"][0]["time"])


def _seconds(first: dt.datetime, ends: list[dt.datetime]) -> float | None:
    return (max(ends) - first).total_seconds() if ends else None
