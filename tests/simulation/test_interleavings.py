"""Several handlers at once, an estate that changes under them, and crashes between any two calls.

Whatever the order of the calls, the zone is right once every event has been
handled: no stale plan overwrites a newer one (no-stale-overwrite), and no create outlives its
endpoint (no-stale-overwrite).
"""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.scope import EndpointScope, FormerEndpointScope, RegistryScope, Scope
from shared.errors import TransientError
from tests.simulation.azure import ZONE_KEPT, Azure
from tests.simulation.run import run
from tests.simulation.turns import Turns, share

orders = st.lists(st.integers(0, 7), max_size=120)
MANY = settings(max_examples=400)


class Story:
    """An estate on which handlers run and things happen, all interleaved.

    Args:
        run_request: which waiting call goes next, time after time; the first one after its end.
    """

    def __init__(self, run_request: list[int]) -> None:
        self.azure = Azure()
        self._order = list(run_request)
        self.turns = Turns(
            lambda in_progress: (self._order.pop(0) if self._order else 0) % in_progress
        )
        self.registry = self.azure.add_registry("myregistry")

    def open(self) -> None:
        """From here on calls wait for their turns."""
        share(self.azure, self.turns)

    def handle(self, scope: Scope) -> None:
        """A handler begins; if it fails, Event Grid delivers the event again."""

        async def deliver() -> None:
            for _ in range(3):
                try:
                    await run(self.azure, scope, ZONE_KEPT)
                except TransientError:
                    continue
                return

        self.turns.start(deliver())

    def happen(self, change: Callable[[], object], *scopes: Scope) -> None:
        """Something changes at a moment that the order decides; its events follow."""

        async def later() -> None:
            await self.turns.turn()
            change()
            for scope in scopes:
                self.handle(scope)

        self.turns.start(later())


@MANY
@given(orders)
async def test_created_and_deleted_at_once(run_request: list[int]) -> None:
    """A create in flight never outlives the endpoint, however its deletion is interleaved."""
    story = Story(run_request)
    endpoint = story.azure.add_endpoint("pe-a", story.registry, "10.1.0.4")
    story.open()
    story.handle(EndpointScope(endpoint))
    story.handle(RegistryScope(story.registry))
    story.happen(lambda: story.azure.delete_endpoint(endpoint), FormerEndpointScope(endpoint))
    await story.turns.play()
    assert story.azure.zone() == {}


@MANY
@given(orders)
async def test_deleted_and_made_again_at_once(run_request: list[int]) -> None:
    """A removal in flight never takes the names of the endpoint that came back."""
    story = Story(run_request)
    endpoint = story.azure.add_endpoint("pe-a", story.registry, "10.1.0.4")
    await run(story.azure, EndpointScope(endpoint), ZONE_KEPT)
    story.azure.delete_endpoint(endpoint)
    story.open()
    story.handle(FormerEndpointScope(endpoint))
    story.happen(
        lambda: story.azure.add_endpoint("pe-a", story.registry, "10.1.0.40"),
        EndpointScope(endpoint),
    )
    await story.turns.play()
    assert story.azure.zone() == {
        "myregistry": ["10.1.0.40"],
        "myregistry.westeurope.data": ["10.1.0.41"],
    }
    assert len(story.azure.zone_links) == 1


@MANY
@given(orders)
async def test_one_goes_while_another_comes(run_request: list[int]) -> None:
    """The second endpoint is published in the end, and the name is never empty on the way."""
    story = Story(run_request)
    first = story.azure.add_endpoint("pe-a", story.registry, "10.1.0.4")
    await run(story.azure, EndpointScope(first), ZONE_KEPT)
    second = story.azure.add_endpoint("pe-b", story.registry, "10.2.0.4", "net-b")
    story.azure.writes.clear()
    story.open()
    story.handle(EndpointScope(second))
    story.happen(lambda: story.azure.delete_endpoint(first), FormerEndpointScope(first))
    await story.turns.play()
    assert story.azure.zone() == {
        "myregistry": ["10.2.0.4"],
        "myregistry.westeurope.data": ["10.2.0.5"],
    }
    assert all(method != "delete" for method, _, _ in story.azure.writes)


@MANY
@given(orders)
async def test_an_address_moves_under_two_handlers(run_request: list[int]) -> None:
    """Of two plans for one record, the one that rests on older reads never stays.

    Invariant: no-stale-overwrite.
    """
    story = Story(run_request)
    endpoint = story.azure.add_endpoint("pe-a", story.registry, "10.1.0.4")

    def move() -> None:
        story.azure.drop_member(endpoint, "registry")
        story.azure.add_member(endpoint, story.registry, "registry", "10.1.0.77")

    story.open()
    story.handle(EndpointScope(endpoint))
    story.handle(EndpointScope(endpoint))
    story.happen(move, EndpointScope(endpoint))
    await story.turns.play()
    assert story.azure.zone()["myregistry"] == ["10.1.0.77"]
    written = [addresses for _, name, addresses in story.azure.writes if name == "myregistry"]
    assert written == sorted(written), "an older plan came after a newer one"


@pytest.mark.parametrize("gone", [False, True])
@MANY
@given(orders, st.integers(1, 40))
async def test_a_crash_between_any_two_calls_is_repaired(
    gone: bool, run_request: list[int], crash_at: int
) -> None:
    """A handler that dies at any call leaves a zone that its event, sent again, makes right."""
    story = Story(run_request)
    endpoint = story.azure.add_endpoint("pe-a", story.registry, "10.1.0.4")
    scope: Scope = EndpointScope(endpoint)
    if gone:
        await run(story.azure, scope, ZONE_KEPT)
        story.azure.delete_endpoint(endpoint)
        scope = FormerEndpointScope(endpoint)
    calls = 0

    def crash(_method: str, _what: object) -> None:
        nonlocal calls
        calls += 1
        if calls == crash_at:
            raise TransientError("the process ended")

    story.azure.before = crash
    story.open()
    story.handle(scope)
    await story.turns.play()
    names = [] if gone else ["myregistry", "myregistry.westeurope.data"]
    assert sorted(story.azure.zone()) == names
