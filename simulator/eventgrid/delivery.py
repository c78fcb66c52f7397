"""One event on its way to one function: attempts, waits, and the dead letter at the end."""

import asyncio
import time
from dataclasses import dataclass

import aiohttp

from simulator.eventgrid import retry
from simulator.eventgrid.filters import Filter
from simulator.eventgrid.log import Entry, Step
from simulator.eventgrid.retry import Endpoint
from simulator.eventgrid.schema import (
    CONTENT_TYPES,
    Schema,
    as_cloud_event,
    body_of,
    timestamp,
)
from simulator.world import Json, World


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


class Delivery:
    """One event on its way to one event subscription's function.

    Args:
        world: whose clock to wait on.
        session: connections; its timeout is how long an answer may take.
        webhook: where to deliver.
        subscription: for whom.
        entry: the event, and the history to write down what becomes of it.
        schema: the delivery schema.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - an event, its destination and the way there
        self,
        world: World,
        session: aiohttp.ClientSession,
        webhook: Webhook,
        subscription: EventSubscription,
        entry: Entry,
        schema: Schema,
    ) -> None:
        self._clock = world.clock
        self._session = session
        self._webhook = webhook
        self._subscription = subscription
        self._entry = entry
        self._schema = schema
        self._attempts = 0
        self._status: int | None = None
        self._published = self._attempted = world.clock.now()

    async def run(self) -> str | None:
        """Deliver the event, however long it takes; the reason if it cannot be."""
        attempts = asyncio.create_task(self._try_until_settled())
        expiry = asyncio.create_task(self._clock.sleep(retry.TIME_TO_LIVE))
        try:
            await asyncio.wait({attempts, expiry}, return_when=asyncio.FIRST_COMPLETED)
            return attempts.result() if attempts.done() else "TimeToLiveExceeded"
        finally:
            attempts.cancel()
            expiry.cancel()
            await asyncio.gather(attempts, expiry, return_exceptions=True)

    def dead_letter(self, reason: str) -> Json:
        """The event as it is written to the dead-letter container."""
        self._entry.add(
            Step.DEAD_LETTERED,
            subscription=self._subscription.name,
            reason=reason,
            attempts=self._attempts,
            outcome=retry.outcome_of(self._status),
        )
        facts: Json = {
            "deadLetterReason": reason,
            "deliveryAttempts": self._attempts,
            "lastDeliveryOutcome": retry.outcome_of(self._status),
            "publishTime": timestamp(self._published),
            "lastDeliveryAttemptTime": timestamp(self._attempted),
        }
        if self._schema is Schema.CLOUD_EVENTS:
            return as_cloud_event(self._entry.event) | {k.lower(): v for k, v in facts.items()}
        return self._entry.event | facts

    async def _try_until_settled(self) -> str | None:
        while True:
            await self._subscription.endpoint.ready()
            began = time.monotonic()
            self._status = await self._post()
            milliseconds = round((time.monotonic() - began) * 1000, 1)
            if self._status is not None and retry.accepted(self._status):
                self._delivered(milliseconds)
                return None
            self._subscription.endpoint.failed()
            if (reason := retry.gives_up(self._status, self._attempts)) is not None:
                return reason
            await self._wait_to_retry(milliseconds)

    def _delivered(self, milliseconds: float) -> None:
        self._subscription.endpoint.succeeded()
        self._entry.add(
            Step.DELIVERED,
            subscription=self._subscription.name,
            function=self._subscription.name,
            milliseconds=milliseconds,
            attempts=self._attempts,
        )

    async def _wait_to_retry(self, milliseconds: float) -> None:
        wait = retry.wait_before(self._attempts, self._status)
        self._entry.add(
            Step.RETRIED,
            subscription=self._subscription.name,
            attempt=self._attempts,
            outcome=retry.outcome_of(self._status),
            status=self._status,
            milliseconds=milliseconds,
            waitSeconds=wait,
        )
        await self._clock.sleep(wait)

    async def _post(self) -> int | None:
        """The status that the function's host answers, None without an answer in time."""
        self._attempted = self._clock.now()
        headers, self._attempts = self._headers(), self._attempts + 1
        try:
            async with self._session.post(
                self._webhook.url,
                params={"functionName": self._subscription.name, "code": self._webhook.key},
                json=body_of(self._entry.event, self._schema),
                headers=headers,
            ) as response:
                await response.read()
                return response.status
        except (aiohttp.ClientError, TimeoutError):
            return None

    def _headers(self) -> dict[str, str]:
        headers = {
            "Content-Type": CONTENT_TYPES[self._schema],
            "aeg-event-type": "Notification",
            "aeg-subscription-name": self._subscription.name.upper(),
            "aeg-delivery-count": str(self._attempts),
        }
        if self._schema is Schema.EVENT_GRID:
            headers["aeg-data-version"] = self._entry.event["dataVersion"]
            headers["aeg-metadata-version"] = self._entry.event["metadataVersion"]
        return headers
