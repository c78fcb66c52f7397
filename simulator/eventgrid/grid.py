"""Event Grid: one event subscription for each function and Azure subscription.

Deliveries run at the same time and in no promised order, as in Azure. The
wait for a function's answer is in real seconds, because the function computes
in real time; every other wait is on the world's clock.
"""

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any

import aiohttp

from simulator.eventgrid import retry
from simulator.eventgrid.delivery import Delivery, EventSubscription, Webhook
from simulator.eventgrid.filters import Filter
from simulator.eventgrid.log import EventLog, Step
from simulator.eventgrid.retry import Endpoint
from simulator.eventgrid.schema import Schema, event_of, subscription_of
from simulator.world import Happened, Json, World


class EventGrid:
    """Raises an event for all that happens in the world and brings it to the functions.

    Args:
        world: whose happenings, clock and latency to use.
        filters: event subscriptions by function.
        response_seconds: how long to wait for an answer, in real seconds.
    """

    def __init__(
        self, world: World, filters: Mapping[str, Filter], response_seconds: float = 30.0
    ) -> None:
        self.schema = Schema.EVENT_GRID
        self.log = EventLog()
        self.dead_letters: list[Json] = []
        self._world = world
        self._webhook: Webhook | None = None
        self._timeout = aiohttp.ClientTimeout(total=None, sock_read=response_seconds)
        self._subscriptions = [
            EventSubscription(name, topic.lower(), filter_, Endpoint(world.clock))
            for topic in world.subscriptions
            for name, filter_ in filters.items()
        ]
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    async def start(self, webhook: Webhook | None) -> None:
        """Listen to the world from now on.

        Args:
            webhook: where to deliver, or None to raise and filter only.
        """
        self._webhook = webhook
        self._session = aiohttp.ClientSession(timeout=self._timeout)
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
        self._session = None

    def publish(self, what: Happened) -> None:
        """Raise the event and begin its deliveries."""
        event = event_of(what, self._world.tenant_id, self._world.clock.now())
        entry = self.log.raised(event)
        topic = subscription_of(event["subject"]).lower()
        for subscription in self._subscriptions:
            if subscription.topic != topic:
                continue
            if not subscription.filter.passes(event):
                entry.add(Step.FILTERED, subscription=subscription.name)
            elif self._webhook is not None and self._session is not None:
                delivery = Delivery(
                    self._world, self._session, self._webhook, subscription, entry, self.schema
                )
                self._own(self._see_through(delivery))

    def _own(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _see_through(self, delivery: Delivery) -> None:
        await self._world.clock.sleep(self._world.latency.event)
        reason = await delivery.run()
        if reason is not None:
            await self._world.clock.sleep(retry.DEAD_LETTER_DELAY)
            self.dead_letters.append(delivery.dead_letter(reason))
