"""The list of subscriptions: when it is read, when not, and what holds if it does not come."""

import asyncio

import pytest

from shared.arm.subscriptions import SubscriptionList
from shared.engine.azure import WatchedSubscriptions
from shared.errors import TransientError


class Source:
    """A list that can be counted and changed, and a clock for it.

    Attributes:
        ids: what the list says; None if it does not come.
        reads: how often it was asked.
        now: seconds.
    """

    def __init__(self, *ids: str) -> None:
        self.ids: frozenset[str] | None = frozenset(ids)
        self.reads = 0
        self.now = 0.0
        self.list = SubscriptionList(None, self.read, lambda: self.now)

    async def read(self) -> frozenset[str]:
        """The list, in its own time."""
        self.reads += 1
        await asyncio.sleep(0)
        if self.ids is None:
            raise TransientError("503")
        return self.ids


async def test_given_subscriptions_are_never_read() -> None:
    """With IDs in the settings nothing is asked, whoever names whatever."""
    source = Source("b")
    given = SubscriptionList(frozenset({"a"}), source.read)
    assert await given.all() == WatchedSubscriptions(frozenset({"a"}), are_given=True)
    assert (await given.has("a"), await given.has("b")) == (True, False)
    assert source.reads == 0


async def test_a_list_is_kept_for_ten_minutes() -> None:
    """However much is asked meanwhile, and by however many at once, it is read once."""
    source = Source("a")
    assert await asyncio.gather(*(source.list.has("a") for _ in range(50))) == [True] * 50
    source.now = 599.0
    assert (await source.list.all()).are_given is False
    assert source.reads == 1
    source.ids, source.now = frozenset({"b"}), 600.0
    assert (await source.list.all()).ids == {"b"}
    assert source.reads == 2


async def test_an_unknown_subscription_is_looked_up_at_once() -> None:
    """A subscription of today is watched from its first event on."""
    source = Source("a")
    await source.list.all()
    source.ids, source.now = frozenset({"a", "new"}), 11.0
    assert await source.list.has("new")
    assert source.reads == 2


async def test_forged_events_make_no_storm() -> None:
    """A thousand unknown subscriptions within ten seconds cost one read (bounded)."""
    source = Source("a")
    await source.list.all()
    source.now = 11.0
    answers = await asyncio.gather(*(source.list.has(f"forged-{i}") for i in range(1_000)))
    assert not any(answers)
    assert source.reads == 2


async def test_an_old_list_is_better_than_none() -> None:
    """While the list does not come, what was on it stays watched, and that it is old is told."""
    source = Source("a")
    assert (await source.list.all()).failure == ""
    source.ids, source.now = None, 10_000.0
    assert await source.list.all() == WatchedSubscriptions(
        frozenset({"a"}), are_given=False, failure="503"
    )
    assert await source.list.has("a")
    source.ids, source.now = frozenset({"a"}), 10_011.0
    assert (await source.list.all()).failure == ""


async def test_nothing_is_denied_without_a_list() -> None:
    """Where the list did not come, an event is to come again, and not to be dropped (confirmed)."""
    source = Source("a")
    source.ids = None
    for name in ("a", "new"):
        with pytest.raises(TransientError, match="503"):
            await source.list.has(name)
    source.ids, source.now = frozenset({"a"}), 11.0
    assert await source.list.has("a")
    source.ids, source.now = None, 22.0
    with pytest.raises(TransientError, match="503"):
        await source.list.has("new")


async def test_a_read_that_is_cut_short_denies_nothing() -> None:
    """An event whose time ends while it reads leaves no false answer for the next one."""
    source = Source("a")
    await source.list.all()
    source.now = 11.0
    cut = asyncio.ensure_future(source.list.has("new"))
    while source.reads == 1:
        await asyncio.sleep(0)
    cut.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cut
    with pytest.raises(TransientError, match="not answered in time"):
        await source.list.has("new")
