"""One step of the story, watched from outside: what happened, what the app did, what resolves."""

import asyncio
import contextlib
import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from demo.dig import Answer
from demo.operator import Json, Operator

_PATIENCE_SECONDS = 60.0
_LOOK_SECONDS = 0.1
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
        names: the FQDNs to resolve, inside the network.
        expected: what each of them should resolve to; None for "publicly".
        links: how many links the zone should have.
        verdict: what the step shows, if it came out.
    """

    title: str
    deed: Callable[[], Awaitable[str]]
    names: tuple[str, ...]
    expected: tuple[str | None, ...]
    links: int
    verdict: str


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
    came_out: bool = False


async def play(step: Step, operator: Operator, network: str) -> Scene:
    """Play one step, and watch until it came out and everything is quiet, a minute at most."""
    async with asyncio.timeout(_PATIENCE_SECONDS):
        await _until_quiet(operator)
    scene = Scene(step, before=await _answers(step, operator, network))
    known = {event["id"] for event in (await operator.watch("events"))["events"]}
    spoken = (await operator.watch("functions/log"))["next"]
    called = (await operator.watch("calls"))["next"]
    scene.happened = await step.deed()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not scene.came_out:
                await _until_quiet(operator)
                scene.after = await _answers(step, operator, network)
                scene.came_out = await _as_expected(step, scene, operator)
    events = [e for e in (await operator.watch("events"))["events"] if e["id"] not in known]
    await _note(scene, operator, events, spoken, called)
    return scene


async def _until_quiet(operator: Operator) -> None:
    """Wait until every event has come to its end for every event subscription."""
    events: list[Json] = []
    while not events or not _quiet(events):
        await asyncio.sleep(_LOOK_SECONDS)
        events = (await operator.watch("events"))["events"]


async def _answers(step: Step, operator: Operator, network: str) -> dict[str, Answer]:
    return {name: await operator.resolve(name, network) for name in step.names}


async def _as_expected(step: Step, scene: Scene, operator: Operator) -> bool:
    for name, address in zip(step.names, step.expected, strict=True):
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
