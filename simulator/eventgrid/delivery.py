"""A batch of events on its way to one function: attempts, waits, and the dead letters at the end.

A batch is delivered all or none: one answer counts for every event in it. By
default it holds a single event.
"""

import asyncio
import contextlib
import time
from dataclasses import dataclass

import aiohttp

from simulator.eventgrid import retry
from simulator.eventgrid.filters import Filter
from simulator.eventgrid.log import Entry, Step
from simulator.eventgrid.retry import Chance, Endpoint
from simulator.eventgrid.schema import (
    Schema,
    as_cloud_event,
    body_of,
    content_type,
    timestamp,
)
from simulator.eventgrid.settings import Settings
from simulator.world import Json, World

LATE_ANSWERS = 6.0
"""How long an answer may still come, in times of the wait for it: 3 minutes for 30 seconds."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where the Functions host takes events.

    Attributes:
        url: the webhook's URL, without query.
        key: the system key of the Event Grid extension.
    """

    url: str
    key: str


@dataclass(frozen=True, slots=True)
class EventSubscription:
    """One event subscription.

    Attributes:
        name: its name, which is also its function's.
        topic: the Azure subscription whose events it hears, in lower case.
        filter: what it lets through.
        endpoint: the health of its endpoint.
    """

    name: str
    topic: str
    filter: Filter
    endpoint: Endpoint


@dataclass(frozen=True, slots=True)
class Route:
    """The way to one event subscription's function.

    Attributes:
        world: whose clock to wait on.
        session: connections.
        webhook: where to deliver.
        subscription: for whom.
        settings: how.
        chance: the randomness of the schedule.
        response_seconds: how long to wait for an answer, in real seconds.
    """

    world: World
    session: aiohttp.ClientSession
    webhook: Webhook
    subscription: EventSubscription
    settings: Settings
    chance: Chance
    response_seconds: float


class Delivery:
    """Some events on their way together.

    Args:
        route: the way.
        entries: the events, and the histories to write down what becomes of them.

    Attributes:
        tried: set when the first attempt has ended, one way or the other.
    """

    def __init__(self, route: Route, entries: list[Entry]) -> None:
        self.tried = asyncio.Event()
        self._route = route
        self._entries = entries
        self._schema = route.settings.deliverySchema
        self._batched = route.settings.maxEventsPerBatch > 1
        self._attempts = self._step = 0
        self._status: int | None = None
        self._late: asyncio.Task[int | None] | None = None
        self._published = self._attempted = route.world.clock.now()

    async def run(self) -> str | None:
        """Deliver the events, however long it takes; the reason if they cannot be."""
        clock, minutes = self._route.world.clock, self._route.settings.eventTimeToLiveInMinutes
        attempts = asyncio.create_task(self._try_until_settled())
        expiry = asyncio.create_task(clock.sleep(minutes * 60.0))
        try:
            await asyncio.wait({attempts, expiry}, return_when=asyncio.FIRST_COMPLETED)
            return attempts.result() if attempts.done() else "TimeToLiveExceeded"
        finally:
            attempts.cancel()
            expiry.cancel()
            await asyncio.gather(attempts, expiry, return_exceptions=True)
            await self._hang_up()
            self.tried.set()

    def give_up(self, reason: str) -> list[Json]:
        """The events as they are written to the dead-letter container, or none if there is none."""
        kept = self._route.settings.deadLetter
        for entry in self._entries:
            entry.add(
                Step.DEAD_LETTERED if kept else Step.DROPPED,
                subscription=self._route.subscription.name,
                reason=reason,
                attempts=self._attempts,
                outcome=retry.outcome_of(self._status),
            )
        return [self._dead_letter(entry, reason) for entry in self._entries] if kept else []

    def _dead_letter(self, entry: Entry, reason: str) -> Json:
        facts: Json = {
            "deadLetterReason": reason,
            "deliveryAttempts": self._attempts,
            "lastDeliveryOutcome": retry.outcome_of(self._status),
            "publishTime": timestamp(self._published),
            "lastDeliveryAttemptTime": timestamp(self._attempted),
        }
        if self._schema is Schema.CLOUD_EVENTS:
            return as_cloud_event(entry.event) | {k.lower(): v for k, v in facts.items()}
        return entry.event | facts

    async def _try_until_settled(self) -> str | None:
        endpoint = self._route.subscription.endpoint
        while True:
            await endpoint.ready()
            began = time.monotonic()
            self._status = await self._attempt()
            self.tried.set()
            milliseconds = round((time.monotonic() - began) * 1000, 1)
            if retry.accepted(self._status):
                self._delivered(milliseconds)
                return None
            endpoint.failed(self._status)
            reason = retry.gives_up(self._status, self._attempts, self._route.settings)
            if reason is not None:
                return reason
            if await self._answered_before_the_retry(milliseconds):
                self._delivered(milliseconds, late=True)
                return None

    def _delivered(self, milliseconds: float, **facts: bool) -> None:
        subscription = self._route.subscription
        subscription.endpoint.succeeded()
        for entry in self._entries:
            entry.add(
                Step.DELIVERED,
                subscription=subscription.name,
                function=subscription.name,
                milliseconds=milliseconds,
                attempts=self._attempts,
                **facts,
            )

    async def _answered_before_the_retry(self, milliseconds: float) -> bool:
        """Wait for the next retry; whether a late answer made it superfluous, on best effort."""
        self._step = self._route.chance.step_after(self._step)
        wait = self._route.chance.wait(self._step, self._status)
        for entry in self._entries:
            entry.add(
                Step.RETRIED,
                subscription=self._route.subscription.name,
                attempt=self._attempts,
                outcome=retry.outcome_of(self._status),
                status=self._status,
                milliseconds=milliseconds,
                waitSeconds=wait,
            )
        waiting = asyncio.create_task(self._route.world.clock.sleep(wait))
        answer = self._late
        try:
            if answer is not None:
                await asyncio.wait({waiting, answer}, return_when=asyncio.FIRST_COMPLETED)
                if answer.done() and retry.accepted(answer.result()):
                    return True
            await waiting
            return False
        finally:
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)

    async def _attempt(self) -> int | None:
        """The status that the function's host answers, None without an answer in time."""
        await self._hang_up()
        self._attempted = self._route.world.clock.now()
        post = asyncio.create_task(self._post(self._headers()))
        self._attempts += 1
        self._late = post
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._route.response_seconds):
                return await asyncio.shield(post)
        return None

    async def _hang_up(self) -> None:
        """Give up the last attempt, if it is still waiting for its answer."""
        if self._late is not None:
            self._late.cancel()
            await asyncio.gather(self._late, return_exceptions=True)
        self._late = None

    async def _post(self, headers: dict[str, str]) -> int | None:
        webhook, name = self._route.webhook, self._route.subscription.name
        events = [entry.event for entry in self._entries]
        try:
            async with self._route.session.post(
                webhook.url,
                params={"functionName": name, "code": webhook.key},
                json=body_of(events, self._schema, batched=self._batched),
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=self._route.response_seconds * LATE_ANSWERS),
            ) as response:
                await response.read()
                return response.status
        except (aiohttp.ClientError, TimeoutError):
            return None

    def _headers(self) -> dict[str, str]:
        headers = {
            "Content-Type": content_type(self._schema, batched=self._batched),
            "aeg-event-type": "Notification",
            "aeg-subscription-name": self._route.subscription.name.upper(),
            "aeg-delivery-count": str(self._attempts),
        }
        if self._schema is Schema.EVENT_GRID:
            event = self._entries[0].event
            headers["aeg-data-version"] = event["dataVersion"]
            headers["aeg-metadata-version"] = event["metadataVersion"]
        return headers
