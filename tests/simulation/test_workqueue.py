"""Bursts: what many events at once cost, and that each is served by a look after it came."""

import asyncio
import contextlib
import datetime as dt
import json
from collections import Counter
from typing import Any

import pytest

from shared.domain.resource_id import ENDPOINT, ResourceId
from shared.engine.azure import LinkOutcome
from shared.engine.context import make_context
from shared.engine.ownership_index import OwnershipIndex
from shared.entrypoints.event import EventHandler
from shared.entrypoints.event_grid import DELETED, WRITTEN
from shared.errors import TransientError
from tests.simulation.azure import ZONE_KEPT, Azure, an_id
from tests.simulation.run import FakeTime
from tests.simulation.turns import share


class Slow:
    """Lets every call to Azure take a moment, so that events overlap."""

    async def turn(self) -> None:
        """One moment."""
        await asyncio.sleep(0.002)


def event(subject: ResourceId, kind: str = WRITTEN) -> str:
    now = dt.datetime.now(dt.UTC).isoformat()
    return json.dumps({"subject": str(subject), "eventType": kind, "eventTime": now})


def calls(azure: Azure) -> Counter[str]:
    return Counter(method for method, _ in azure.calls)


async def test_a_hundred_unrelated_deletions_share_two_listings() -> None:
    """Who asks before a listing begins is served by it, so a burst costs one and one more."""
    azure = Azure()
    share(azure, Slow())
    runner = EventHandler(make_context(azure, (ZONE_KEPT,)))
    gone = [event(an_id(ENDPOINT, f"blob-{n}"), DELETED) for n in range(100)]
    first = asyncio.create_task(runner.handle(gone[0]))
    await asyncio.sleep(0.001)
    await asyncio.gather(first, *(runner.handle(body) for body in gone[1:]))
    assert calls(azure) == {"records": 2}


async def test_a_listing_serves_nobody_who_came_after_it_began() -> None:
    """A mark that was written while a listing ran is seen by whoever asked after the write."""
    azure, names = Azure(), []
    ownership_index, began = OwnershipIndex(azure, frozenset({"owner"})), asyncio.Event()
    records = azure.records

    async def slowly(zone: object) -> object:
        found = await records(zone)  # type: ignore[arg-type]
        began.set()
        await asyncio.sleep(0.01)
        return found

    azure.records = slowly  # type: ignore[method-assign,assignment]
    early = asyncio.create_task(ownership_index.fresh(ZONE_KEPT))
    await began.wait()
    azure.put_record("myregistry", "10.1.0.4", metadata={"acrPrivateDns": "owner"})
    names = [name for name, _ in await ownership_index.fresh(ZONE_KEPT)]
    assert await early == []
    assert names == ["myregistry"]


async def test_many_events_of_one_registry_share_a_run() -> None:
    """Fifty events at once lead to one running and one waiting run, and every name stands."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoints = [
        azure.add_endpoint(f"pe-{n:02}", registry, f"10.{n}.0.4", f"net-{n:02}") for n in range(50)
    ]
    share(azure, Slow())
    runner = EventHandler(make_context(azure, (ZONE_KEPT,)))
    await asyncio.gather(*(runner.handle(event(endpoint)) for endpoint in endpoints))
    assert azure.zone()["myregistry"] == ["10.0.0.4"]
    assert len(azure.zone_links) == 50
    observations = calls(azure)["record"] / 2
    assert observations <= 4


async def test_an_event_that_comes_during_a_run_is_served_by_a_later_look() -> None:
    """Nobody is told "done" by a run that had looked before the change."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    runner = EventHandler(make_context(azure, (ZONE_KEPT,)))
    later: list[asyncio.Task[None]] = []

    def move(method: str, what: object) -> None:
        if (method, what) == ("write_record", "myregistry") and not later:
            azure.drop_member(endpoint, "registry")
            azure.add_member(endpoint, registry, "registry", "10.1.0.77")
            later.append(asyncio.create_task(runner.handle(event(endpoint))))

    azure.before = move
    await runner.handle(event(endpoint))
    await later[0]
    assert azure.zone()["myregistry"] == ["10.1.0.77"]


async def test_a_burst_for_two_registries_does_not_mix_them() -> None:
    """Each registry has a desk of its own; one that is slow does not hold up the other."""
    azure = Azure()
    one, two = azure.add_registry("one"), azure.add_registry("two")
    endpoints = [
        azure.add_endpoint("pe-1", one, "10.1.0.4"),
        azure.add_endpoint("pe-2", two, "10.2.0.4", "net-b"),
    ]
    share(azure, Slow())
    runner = EventHandler(make_context(azure, (ZONE_KEPT,)))
    await asyncio.gather(*(runner.handle(event(e)) for e in endpoints * 5))
    assert sorted(azure.zone()) == ["one", "one.westeurope.data", "two", "two.westeurope.data"]


async def test_a_slow_link_does_not_fail_the_events_that_wait_behind_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An event that comes while a link is being made is served within its own budget."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    create = azure.create_link

    async def slowly(*args: Any) -> tuple[LinkOutcome, str]:
        await create(*args)
        deadline = args[-1]  # waits as the adapter does: to the end, unless somebody else waits
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(deadline.remaining * 0.92):
                await deadline.newcomer.wait()
        return LinkOutcome.PENDING, ""

    monkeypatch.setattr(azure, "create_link", slowly)
    runner = EventHandler(make_context(azure, (ZONE_KEPT,)))
    first = asyncio.create_task(runner.handle(event(endpoint)))
    await asyncio.sleep(1)
    other = azure.add_endpoint("pe-b", registry, "10.2.0.4", "net-b")
    await runner.handle(event(other))
    await first


async def test_a_cancelled_run_does_not_close_its_desk() -> None:
    """After a run that was cancelled underneath, the next event finds somebody at work."""
    azure = Azure()
    endpoint = azure.add_endpoint("pe-a", azure.add_registry("myregistry"), "10.1.0.4")
    cancelled = False

    def cancel(method: str, _what: object) -> None:
        nonlocal cancelled
        if method == "record" and not cancelled:
            cancelled = True
            raise asyncio.CancelledError

    azure.before = cancel
    runner = EventHandler(make_context(azure, (ZONE_KEPT,)))
    with pytest.raises(TransientError, match="cancelled"):
        await runner.handle(event(endpoint))
    await runner.handle(event(endpoint))
    assert "myregistry" in azure.zone()


async def test_deletions_in_a_large_zone_share_a_listing_for_a_minute() -> None:
    """A full zone is not listed again for every storage account's endpoint that goes."""
    azure, time = Azure(), FakeTime()
    for number in range(2_000):
        azure.put_record(f"r{number}", "10.1.0.4", metadata={"acrPrivateDns": "owner"})
    ownership_index = OwnershipIndex(azure, frozenset({"owner"}), time.clock)
    for _ in range(3):
        assert len(await ownership_index.cached(ZONE_KEPT)) == 2_000
        await time.sleep(25)
    assert calls(azure) == {"records": 1}
    assert len(await ownership_index.cached(ZONE_KEPT)) == 2_000
    assert calls(azure) == {"records": 2}


async def test_a_kept_listing_knows_what_was_written_since() -> None:
    """An endpoint that was published and deleted within the minute is found by its deletion."""
    azure = Azure()
    for number in range(2_000):
        azure.put_record(f"r{number}", "10.9.0.4", metadata={"acrPrivateDns": "owner"})
    runner = EventHandler(make_context(azure, (ZONE_KEPT,)))
    await runner.handle(event(an_id(ENDPOINT, "blob"), DELETED))
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    await runner.handle(event(endpoint))
    assert azure.sets["myregistry"].addresses == ("10.1.0.4",)
    azure.delete_endpoint(endpoint)
    await runner.handle(event(endpoint, DELETED))
    assert "myregistry" not in azure.sets
    assert calls(azure)["records"] == 1
