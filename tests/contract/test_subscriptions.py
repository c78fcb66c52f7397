"""All subscriptions watched: the adapter's list of them, over the wire."""

from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from azure.core.pipeline.transport import AioHttpTransport
from azure.identity.aio import ManagedIdentityCredential

from shared.arm.adapter import AzureAdapter
from shared.arm.clients import Clients
from shared.arm.subscriptions import SubscriptionList
from shared.domain.reading import Absent, Found, Unknown, UnknownReason
from shared.domain.resource_id import ENDPOINT as ENDPOINT_TYPE
from shared.domain.resource_id import parse_id
from shared.engine.azure import WatchedSubscriptions
from shared.errors import TransientError
from simulator.arm.roles import Assignment
from simulator.faults import parse_rule
from tests.contract.arm_estate import ENDPOINT, OTHER, SCOPES, SUBSCRIPTION, Cloud, running

ENDPOINT_ID = parse_id(ENDPOINT, ENDPOINT_TYPE)
ELSEWHERE = replace(ENDPOINT_ID, subscription=OTHER)
UNKNOWN = replace(ENDPOINT_ID, subscription="99999999-9999-9999-9999-999999999999")
READER = ("Microsoft.Network/*/read", "Microsoft.Resources/subscriptions/read")


class App:
    """The adapter with all subscriptions watched, and its time.

    Args:
        cloud: the local Azure, in which it signs in as the app.

    Attributes:
        azure: the adapter.
        now: seconds.
    """

    azure: AzureAdapter

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.now = 1_000.0

    def give(self, *subscriptions: str) -> None:
        """Give the app the reader's rights in these subscriptions, and no others."""
        me = self.cloud.identity.app_principal
        roles = [Assignment(me, READER, f"/subscriptions/{one}") for one in subscriptions]
        self.cloud.arm.roles.replace(me, roles)

    @property
    def lists(self) -> int:
        """How many pages of subscriptions the app has asked for."""
        me = self.cloud.identity.app_principal
        calls = self.cloud.arm.calls
        return sum(one.principal == me and one.path == "/subscriptions" for one in calls)


@pytest.fixture
async def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[App]:
    """The app before an estate, and a Resource Manager with one item on a page."""
    async with running(tmp_path, monkeypatch, page_size=1) as cloud:
        await cloud.estate()
        monkeypatch.setenv("IDENTITY_HEADER", cloud.identity.app_header)
        transport = AioHttpTransport(session=cloud.session, session_owner=False)
        # The version of a setting is that of one client's own resources, and not of this list.
        versions = {"privatedns": "2024-06-01"}
        clients = Clients(
            ManagedIdentityCredential(), cloud.arm.url, SCOPES[0], transport, versions
        )
        stage = App(cloud)
        timed = partial(SubscriptionList, clock=lambda: stage.now)
        monkeypatch.setattr("shared.arm.adapter.SubscriptionList", timed)
        async with AzureAdapter(clients, None) as azure:
            stage.azure = azure
            stage.give(SUBSCRIPTION, OTHER)
            yield stage


async def test_all_pages_are_read(app: App) -> None:
    """Every subscription that the identity can list is watched, not those of one page."""
    both = WatchedSubscriptions(frozenset({SUBSCRIPTION, OTHER}), are_given=False)
    assert await app.azure.subscriptions() == both
    assert app.lists == 2


async def test_events_cost_one_list_in_ten_minutes(app: App) -> None:
    """However many reads there are, the subscriptions are listed once."""
    for _ in range(5):
        assert isinstance(await app.azure.endpoint(ENDPOINT_ID), Found)
        assert await app.azure.endpoint(ELSEWHERE) == Absent()
        app.now += 100
    assert app.lists == 2


async def test_a_new_subscription_is_found_at_once(app: App) -> None:
    """What is not on the list is looked up before it counts as unwatched."""
    app.give(OTHER)
    assert await app.azure.endpoint(ENDPOINT_ID) == Unknown(UnknownReason.UNWATCHED)
    app.give(SUBSCRIPTION, OTHER)
    app.now += 11
    assert isinstance(await app.azure.endpoint(ENDPOINT_ID), Found)


async def test_a_subscription_that_leaves_is_unknown(app: App) -> None:
    """What lies in it is neither there nor gone, so that nothing goes with it.

    Invariant: no-unproven-delete.
    """
    assert isinstance(await app.azure.endpoint(ENDPOINT_ID), Found)
    app.give(OTHER)
    app.now += 600
    assert await app.azure.endpoint(ENDPOINT_ID) == Unknown(UnknownReason.UNWATCHED)
    assert await app.azure.is_watched(SUBSCRIPTION) is False


async def test_what_was_never_listed_is_not_asked_for(app: App) -> None:
    """A stranger's subscription costs a list, and no read of what is in it (bounded)."""
    before = len(app.cloud.arm.calls)
    assert await app.azure.endpoint(UNKNOWN) == Unknown(UnknownReason.UNWATCHED)
    assert {call.path for call in list(app.cloud.arm.calls)[before:]} == {"/subscriptions"}


@pytest.mark.parametrize("nth", [1, 2])
async def test_half_a_list_is_none(app: App, nth: int) -> None:
    """A page that fails fails the whole, and what is in any subscription is unknown for now."""
    rule = {"fault": "refused", "status": 403, "principal": "app", "path": "/subscriptions"}
    app.cloud.arm.faults.add(parse_rule({**rule, "nth": nth}))
    with pytest.raises(TransientError, match="list subscriptions: HttpResponseError 403"):
        await app.azure.subscriptions()
    reading = await app.azure.endpoint(ENDPOINT_ID)
    assert isinstance(reading, Unknown)
    assert reading.reason is UnknownReason.TRANSIENT


async def test_an_empty_list_is_not_believed(app: App) -> None:
    """Roles that do not hold yet must not make everything look unwatched."""
    app.give()
    with pytest.raises(TransientError, match="has it roles"):
        await app.azure.subscriptions()
