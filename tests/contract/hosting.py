"""A Functions host for an app that a test writes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from simulator.functions.host import FunctionsHost


@asynccontextmanager
async def hosting(folder: Path, source: str, **settings: str) -> AsyncIterator[FunctionsHost]:
    """A running host.

    Args:
        folder: an empty one, for the app.
        source: the app's function_app.py.
        settings: its app settings.
    """
    (folder / "function_app.py").write_text(source, "utf-8")
    host = FunctionsHost(folder)
    await host.start(settings)
    try:
        yield host
    finally:
        await host.stop()
