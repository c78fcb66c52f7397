"""The watched subscriptions: those of the settings, or all that the app's identity can list.

A list is kept for ten minutes, so that events cost no call. What is not on it may be new, so it
is read again at once, but not twice within a few seconds: anybody's event may name anything.
"""

import asyncio
from collections.abc import Awaitable, Callable

from azure.core.exceptions import AzureError

from shared.arm import paging
from shared.arm.clients import SUBSCRIPTION_API_VERSION, Clients
from shared.arm.documents import UnreadableError
from shared.arm.failures import CLIENT_ERRORS, error_text
from shared.domain.resource_id import InvalidNameError, parse_guid
from shared.engine.azure import WatchedSubscriptions
from shared.engine.deadline import loop_time
from shared.errors import TransientError

_KEEP_SECONDS = 600.0
# Between two reads: a storm of forged events costs six calls a minute (bounded).
_PAUSE_SECONDS = 10.0
# An event has 20 s, and needs some of them for what it is about.
_READ_SECONDS = 12.0


class SubscriptionList:
    """The subscriptions that the app looks after.

    Args:
        subscriptions: those of the settings; None for all that can be listed.
        list_ids: lists the IDs of all; raises `TransientError` if it cannot.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        subscriptions: frozenset[str] | None,
        list_ids: Callable[[], Awaitable[frozenset[str]]],
        clock: Callable[[], float] = loop_time,
    ) -> None:
        self._are_given = subscriptions is not None
        self._ids = subscriptions
        self._list = list_ids
        self._clock = clock
        self._lock = asyncio.Lock()
        self._list_time = self._read_time = float("-inf")
        self._failure = ""

    async def all(self) -> WatchedSubscriptions:
        """All of them; an old list is better than none.

        Raises:
            TransientError: they could not be listed, and never were.
        """
        if self._is_old():
            await self._refresh()
        if self._ids is None:
            raise TransientError(self._failure)
        failure = self._failure if self._is_old() else ""
        return WatchedSubscriptions(self._ids, self._are_given, failure)

    async def has(self, subscription: str) -> bool:
        """Whether one is among them; the list is read again before that is denied.

        Raises:
            TransientError: it is on no list, and the last one did not come.
        """
        watch = await self.all()
        if subscription in watch.ids or watch.are_given:
            return subscription in watch.ids
        await self._refresh()
        if subscription in (await self.all()).ids:
            return True
        # Denied by an old list, an event would be acknowledged for good (confirmed).
        if self._failure:
            raise TransientError(self._failure)
        return False

    def _is_old(self) -> bool:
        return not self._are_given and self._clock() - self._list_time >= _KEEP_SECONDS

    async def _refresh(self) -> None:
        """Read the list, unless that was just tried; a list that does not come changes nothing."""
        async with self._lock:
            if self._clock() - self._read_time < _PAUSE_SECONDS:
                return
            self._read_time = self._clock()
            # What holds if this read is cut short, with the run that it is made in.
            self._failure = "list subscriptions: not answered in time"
            try:
                async with asyncio.timeout(_READ_SECONDS):
                    self._ids = await self._list()
            except TransientError as error:
                self._failure = str(error)
            except TimeoutError:
                pass
            else:
                self._failure, self._list_time = "", self._clock()


async def list_subscriptions(clients: Clients) -> frozenset[str]:
    """The IDs of all subscriptions that the app's identity can list, whatever their state.

    A disabled one can be read as before, so that its endpoints are still known; of one that is
    deleted nothing can be read, and unknown deletes nothing (docs/azure.md#resource-manager).

    Raises:
        TransientError: Azure did not answer properly, or with none at all.
    """
    try:
        items = paging.each_item(clients.tenant(), "/subscriptions", SUBSCRIPTION_API_VERSION)
        ids = frozenset([parse_guid(item.get("subscriptionId")) async for item in items])
    except AzureError as error:
        raise TransientError(f"list subscriptions: {error_text(error)}") from error
    except (UnreadableError, InvalidNameError, *CLIENT_ERRORS) as error:
        raise TransientError(f"list subscriptions: {type(error).__name__}") from error
    if not ids:
        # Roles take minutes to hold: an empty list would make everything look unwatched.
        raise TransientError(
            "list subscriptions: none is shown to the app's identity; has it roles?"
        )
    return ids
