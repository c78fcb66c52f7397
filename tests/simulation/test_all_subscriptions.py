"""All subscriptions watched: what comes and goes on the list, and what may not be read."""

from dataclasses import replace

import pytest

from shared.domain.reading import Unknown, UnknownReason
from shared.domain.resource_id import ENDPOINT, NETWORK, REGISTRY, ResourceId
from shared.domain.resources import Status
from shared.engine.azure import WatchedSubscriptions
from shared.errors import TransientError
from tests.simulation.app import Door
from tests.simulation.azure import SUBSCRIPTION, Azure
from tests.simulation.full_syncs import full_sync

HUB = "22222222-2222-2222-2222-222222222222"
FORBIDDEN = Unknown(UnknownReason.FORBIDDEN, "HttpResponseError 403 AuthorizationFailed")
PUBLISHED = {"myregistry": ["10.1.0.4"], "myregistry.westeurope.data": ["10.1.0.5"]}


def watch(azure: Azure, *subscriptions: str) -> None:
    """The list shows these subscriptions, and no others."""
    azure.watched = WatchedSubscriptions(frozenset(subscriptions), are_given=False)


@pytest.fixture
def azure() -> Azure:
    """One registry behind one endpoint, in a listed subscription beside the hub."""
    azure = Azure()
    azure.add_endpoint("pe-a", azure.add_registry("myregistry"), "10.1.0.4")
    watch(azure, SUBSCRIPTION, HUB)
    return azure


async def test_a_subscription_that_leaves_the_list_takes_nothing_along(azure: Azure) -> None:
    """Its records and its link stay, though its endpoints are gone by now, and no run fails.

    Invariant: no-unproven-delete.
    """
    await full_sync(azure)
    assert azure.zone() == PUBLISHED
    assert len(azure.zone_links) == 1
    azure.writes.clear()
    for endpoint in list(azure.endpoints):
        azure.delete_endpoint(endpoint)
    watch(azure, HUB)
    azure.calls.clear()
    (result,) = await full_sync(azure)
    assert not {"registry", "endpoint", "network"} & {method for method, _ in azure.calls}
    assert azure.writes == []
    assert (azure.zone(), len(azure.zone_links)) == (PUBLISHED, 1)
    assert (result.errors, result.bugs) == ((), ())


async def test_an_endpoint_whose_subscription_leaves_keeps_its_address(azure: Azure) -> None:
    """Its registry is still read, so that its names are judged, and the address stays.

    Invariant: no-unproven-delete.
    """
    (registry,) = azure.registries
    spoke = ResourceId(HUB, "rg", ENDPOINT, ("pe-b",))
    (own,) = azure.endpoints
    azure.endpoints[spoke] = replace(
        azure.endpoints.pop(own), id=spoke, network=ResourceId(HUB, "rg", NETWORK, ("net",))
    )
    azure.disconnect(registry, own)
    azure.connect(registry, spoke, Status.APPROVED)
    await full_sync(azure)
    assert azure.zone() == PUBLISHED
    azure.writes.clear()
    watch(azure, SUBSCRIPTION)
    (result,) = await full_sync(azure)
    assert (azure.writes, azure.zone()) == ([], PUBLISHED)
    assert "endpoint-unwatched" in {one.kind.code for one in result.findings}


async def test_a_subscription_without_a_role_is_told_and_no_failure(azure: Azure) -> None:
    """A role on a zone may list its subscription: that is told as such, and all else is done."""
    azure.unread = {HUB: FORBIDDEN}
    status, result = await Door(azure).post("reconcile", scope="all")
    assert (status, azure.zone()) == (200, PUBLISHED)
    (zone,) = result["zones"]
    assert zone["unread"] == []
    told = [one for one in zone["findings"] if one["resource"] == f"/subscriptions/{HUB}"]
    assert [(one["code"], one["severity"]) for one in told] == [("unassigned", "info")]


async def test_half_a_role_is_a_failure(azure: Azure) -> None:
    """Where endpoints may be listed and registries not, somebody meant both to be read."""
    azure.unlisted_registries = {HUB: FORBIDDEN}
    status, _ = await Door(azure).post("reconcile", scope="all")
    assert status == 502


async def test_the_same_subscription_named_in_the_settings_is_a_failure(azure: Azure) -> None:
    """Who names a subscription means it to be read."""
    azure.watched = replace(azure.watched, are_given=True)
    azure.unread = {HUB: FORBIDDEN}
    status, _ = await Door(azure).post("reconcile", scope="all")
    assert status == 502


async def test_a_subscription_that_does_not_answer_is_a_failure(azure: Azure) -> None:
    """What may pass is no missing role: the run is told as incomplete."""
    azure.unread = {HUB: Unknown(UnknownReason.TRANSIENT, "503")}
    status, _ = await Door(azure).post("reconcile", scope="all")
    assert status == 502


async def test_where_nothing_may_be_read_nothing_looks_right(azure: Azure) -> None:
    """Without any reader role a run finds nothing wrong, and must not look like success."""
    azure.unread = {SUBSCRIPTION: FORBIDDEN, HUB: FORBIDDEN}
    status, _ = await Door(azure).post("reconcile", scope="all")
    assert status == 503


@pytest.mark.parametrize(
    "scope",
    [
        "all",
        {"subscription": HUB},
        {"registry": str(ResourceId(HUB, "rg", REGISTRY, ("myregistry",)))},
    ],
)
async def test_without_a_list_a_request_is_to_come_again(azure: Azure, scope: object) -> None:
    """While the list cannot be read, nothing is done, and nobody is told that all is right."""

    def fail(method: str, _what: object) -> None:
        if method == "subscriptions":
            raise TransientError("list subscriptions: 503")

    azure.before = fail
    status, _ = await Door(azure).post("reconcile", scope=scope)
    assert (status, azure.writes) == (503, [])


async def test_a_run_by_an_old_list_is_told(azure: Azure) -> None:
    """What is known is made right, and nobody is told that this was everything."""
    azure.watched = replace(azure.watched, failure="list subscriptions: 503")
    status, problem = await Door(azure).post("reconcile", scope="all")
    assert (status, azure.zone()) == (502, PUBLISHED)
    (zone,) = problem["result"]["zones"]
    assert zone["unread"] == ["/subscriptions: list subscriptions: 503"]


async def test_status_and_explain_say_that_there_is_no_list(azure: Azure) -> None:
    """Both are asked when something is wrong, so they answer all the same, and say what is."""

    def fail(method: str, _what: object) -> None:
        if method == "subscriptions":
            raise TransientError("list subscriptions: 503")

    azure.before = fail
    door = Door(azure)
    status, page = await door.get("status")
    (row,) = page["subscriptions"]
    assert (status, row["id"], row["readable"]) == (200, "all", False)
    assert "list subscriptions: 503" in row["reason"]
    status, page = await door.get("explain", "myregistry.azurecr.io")
    assert (status, page["verdict"]) == (200, "unknown")


async def test_a_subscription_without_a_role_leaves_no_name_unknown(azure: Azure) -> None:
    """A name that no readable registry gives is nobody's, though the hub may not be read."""
    azure.unread = {HUB: FORBIDDEN}
    _, page = await Door(azure).get("explain", "nobody.azurecr.io")
    assert page["verdict"] == "unmanaged"
