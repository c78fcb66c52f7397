"""Lets several runs share one Azure, one call at a time, in an order that the test chooses."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol

from tests.simulation.azure import Azure

# Enough passes of the event loop for every task to reach its next call to Azure.
_PASSES = 12


class Turns:
    """A referee: every call of every run waits until it is called up.

    Args:
        choose: given how many calls wait, says which goes next.
    """

    def __init__(self, choose: Callable[[int], int]) -> None:
        self._choose = choose
        self._waiting: list[asyncio.Future[None]] = []
        self._tasks: list[asyncio.Task[Any]] = []

    async def turn(self) -> None:
        """Wait to be called up."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        await future

    def start(self, run: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Let another run join."""
        task = asyncio.ensure_future(run)
        self._tasks.append(task)
        return task

    async def play(self) -> None:
        """Call up one waiting call after another, until all runs have ended."""
        while True:
            for _ in range(_PASSES):
                await asyncio.sleep(0)
            self._waiting = [future for future in self._waiting if not future.done()]
            if not self._waiting:
                break
            self._waiting.pop(self._choose(len(self._waiting))).set_result(None)
        await asyncio.gather(*self._tasks, return_exceptions=True)


class Taking(Protocol):
    """Anything that makes a call wait for its turn."""

    async def turn(self) -> None:
        """Wait."""


def share(azure: Azure, turns: Taking) -> None:
    """Make every call to this Azure wait for its turn; its effect and answer are one moment."""
    for method in (
        "endpoint",
        "interface",
        "group_zones",
        "registry",
        "network",
        "record",
        "records",
        "link",
        "links",
        "write_record",
        "delete_record",
        "create_link",
        "delete_link",
    ):
        setattr(azure, method, _waiting(getattr(azure, method), turns))


def _waiting(
    call: Callable[..., Awaitable[Any]], turns: Taking
) -> Callable[..., Coroutine[Any, Any, Any]]:
    async def wait(*args: Any) -> Any:
        await turns.turn()
        return await call(*args)

    return wait
