"""What is due for one event subscription, put together in batches.

Azure does not hold an event back to fill a batch: what is due when the last
delivery has had its first answer goes out together, up to the sizes that were
set. Without batches every event goes out by itself, and at once.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

from simulator.eventgrid.log import Entry
from simulator.eventgrid.settings import Settings

type Send = Callable[[list[Entry]], asyncio.Event]
type Spawn = Callable[[Coroutine[Any, Any, None]], None]


class Outbox:
    """The events that are due for one event subscription.

    Args:
        settings: how large a batch may be.
        send: begins a delivery; what it returns is set when the first answer is in.
        spawn: runs work that lasts.
    """

    def __init__(self, settings: Settings, send: Send, spawn: Spawn) -> None:
        self._settings = settings
        self._send = send
        self._spawn = spawn
        self._due: list[Entry] = []
        self._busy = False

    def add(self, entry: Entry) -> None:
        """Let an event go out as soon as it may."""
        if self._settings.maxEventsPerBatch <= 1:
            self._send([entry])
            return
        self._due.append(entry)
        if not self._busy:
            self._busy = True
            self._spawn(self._send_all())

    async def _send_all(self) -> None:
        try:
            while self._due:
                await self._send(self._take()).wait()
        finally:
            self._busy = False

    def _take(self) -> list[Entry]:
        """The oldest that fit into one batch: one at least, however large it is."""
        most = self._settings.preferredBatchSizeInKilobytes * 1024
        size, count = 0, 0
        for entry in self._due[: self._settings.maxEventsPerBatch]:
            size += len(json.dumps(entry.event))
            if count and size > most:
                break
            count += 1
        taken, self._due = self._due[:count], self._due[count:]
        return taken
