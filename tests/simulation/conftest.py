"""What holds for all tests on the in-memory Azure."""

from asyncio import AbstractEventLoop
from collections.abc import Callable, Mapping

from tests.virtual_time import VirtualTimeLoop


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], AbstractEventLoop]]:
    """Deadlines pass only while everybody waits, so a busy machine fails no test."""
    return {"virtual": VirtualTimeLoop}
