"""Event Grid: one event subscription for each function and Azure subscription.

Deliveries run at the same time and in no promised order, as in Azure. The
wait for a function's answer is in real seconds, because the function computes
in real time; every other wait is on the world's clock.
"""

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import aiohttp

from simulator.eventgrid import retry
from simulator.eventgrid.delivery import Delivery, EventSubscription, Route, Webhook
from simulator.eventgrid.faults import EventFaults, EventRule, Mishap
from simulator.eventgrid.filters import Filter
from simulator.eventgrid.log import Entry, EventLog, Step
from simulator.eventgrid.outbox import Outbox
from simulator.eventgrid.retry import Chance, Endpoint
from simulator.eventgrid.schema import event_of, subscription_of
from simulator.eventgrid.settings import Settings
from simulator.world import Happened, Json, World


@dataclass(slots=True)
class _Way:
    """The way to one event subscription's function.

    Attributes:
        route: where it leads.
        outbox: what is due on it.
        overtaken: set when the next event on it has been tried.
    """

    route: Route
    outbox: Outbox
    overtaken: asyncio.Event = field(default_factory=asyncio.Event)


class EventGrid:
    """Raises an event for all that happens in the world and brings it to the functions.

    Args:
        world: whose happenings, clock and latency to use.
        filters: event subscriptions by function.
        settings: how it delivers at first; else as Azure does where nothing is set.
        response_seconds: how long to wait for an answer, in real seconds.

    Attributes:
        settings: how it delivers, from the next delivery on.
        faults: what befalls events on purpose.
        log: every event with its history.
        dead_letters: what was given up.
    """

    def __init__(
        self,
        world: World,
        filters: Mapping[str, Filter],
        settings: Settings | None = None,
        response_seconds: float = 30.0,
    ) -> None:
        self.settings = settings or Settings()
        self.faults = EventFaults()
        self.log = EventLog()
        self.dead_letters: list[Json] = []
        self.chance = Chance(self.settings)
        self._world = world
        self._response_seconds = response_seconds
        self._subscriptions = [
            EventSubscription(name, topic.lower(), filter_, Endpoint(world.clock))
            for topic in world.subscriptions
            for name, filter_ in filters.items()
        ]
        self._ways: dict[int, _Way] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    async def start(self, webhook: Webhook | None) -> None:
        """Listen to the world from now on.

        Args:
            webhook: where to deliver, or None to raise and filter only.
        """
        if webhook is not None:
            self._session = aiohttp.ClientSession()
            for index, subscription in enumerate(self._subscriptions):
                route = Route(
                    self._world,
                    self._session,
                    webhook,
                    subscription,
                    self.settings,
                    self.chance,
                    self._response_seconds,
                )
                outbox = Outbox(self.settings, partial(self._send, index), self._own)
                self._ways[index] = _Way(route, outbox)
        self._world.listen(self.publish)

    async def stop(self) -> None:
        """Drop every delivery under way and let go of all connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for subscription in self._subscriptions:
            await subscription.endpoint.stop()
        if self._session is not None:
            await self._session.close()
        self._session, self._ways = None, {}

    def publish(self, what: Happened) -> None:
        """Raise the event and begin its deliveries."""
        event = event_of(what, self._world.tenant_id, self._world.clock.now())
        entry = self.log.raised(event)
        topic = subscription_of(event["subject"]).lower()
        for index, subscription in enumerate(self._subscriptions):
            if subscription.topic != topic:
                continue
            if not subscription.filter.passes(event):
                entry.add(Step.FILTERED, subscription=subscription.name)
            elif index in self._ways:
                rule = self.faults.befall(event, subscription.name)
                self._own(self._bring(self._ways[index], entry, rule))

    def _own(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _bring(self, way: _Way, entry: Entry, rule: EventRule | None) -> None:
        """See to it that the event is due when it should be, or whatever befalls it."""
        clock, name = self._world.clock, way.route.subscription.name
        await clock.sleep(self._world.latency.event)
        if rule is None:
            way.outbox.add(entry)
            return
        match rule.fault:
            case Mishap.LOST:
                entry.add(Step.LOST, subscription=name)
            case Mishap.LATE:
                entry.add(Step.HELD, subscription=name, seconds=rule.seconds)
                await clock.sleep(rule.seconds)
                way.outbox.add(entry)
            case Mishap.OVERTAKEN:
                entry.add(Step.HELD, subscription=name, seconds=rule.seconds)
                await self._let_another_pass(way, rule.seconds)
                way.outbox.add(entry)
            case Mishap.REPEATED:
                way.outbox.add(entry)
                for _ in range(rule.times):
                    await clock.sleep(rule.seconds)
                    entry.add(Step.REPEATED, subscription=name)
                    way.outbox.add(entry)

    async def _let_another_pass(self, way: _Way, seconds: float) -> None:
        """Wait until another event on the same way has been tried, so long at most."""
        passing = asyncio.create_task(way.overtaken.wait())
        waiting = asyncio.create_task(self._world.clock.sleep(seconds))
        try:
            await asyncio.wait({passing, waiting}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (passing, waiting):
                task.cancel()
            await asyncio.gather(passing, waiting, return_exceptions=True)

    def _send(self, index: int, entries: list[Entry]) -> asyncio.Event:
        """Begin a delivery; what it returns is set when its first attempt has ended."""
        way = self._ways[index]
        delivery = Delivery(way.route, entries)
        self._own(self._see_through(delivery))
        self._own(self._tell_who_waits(way, delivery))
        return delivery.tried

    @staticmethod
    async def _tell_who_waits(way: _Way, delivery: Delivery) -> None:
        await delivery.tried.wait()
        way.overtaken.set()
        way.overtaken = asyncio.Event()

    async def _see_through(self, delivery: Delivery) -> None:
        reason = await delivery.run()
        if reason is not None:
            await self._world.clock.sleep(retry.DEAD_LETTER_DELAY)
            self.dead_letters.extend(delivery.give_up(reason))
