"""The HTTP functions, through the host and the worker, over the wire: the day-0 backfill and on."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests import document
from tests.e2e.conftest import ZONE, Stage, staged
from tests.e2e.test_bursts import fill_zone

pytestmark = pytest.mark.asyncio(loop_scope="module")

OTHERS = "99999999-9999-9999-9999-999999999999"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_stage() -> AsyncIterator[Stage]:
    """One stage without events; each test builds, and asks about, registries of its own."""
    async with staged(deliver=False, settings={"ACR_PRIVATE_DNS_ALLOW": "adopt"}) as stage:
        await stage.hurry()
        await stage.operator.create_network("network-a", "10.1.0.0/24")
        yield stage


async def backed(stage: Stage, name: str) -> str:
    """A registry behind an endpoint, which no event has told of; returns its ID."""
    registry = await stage.operator.create_registry(name)
    await stage.operator.create_endpoint(f"pe-{name}", "network-a", registry)
    return registry


async def names(stage: Stage, registry: str) -> dict[str, tuple[str, ...]]:
    """What the zone holds of a registry."""
    records = await stage.operator.records()
    return {name: found for name, found in records.items() if name.partition(".")[0] == registry}


def actions(report: Any) -> list[tuple[str, str]]:
    """Each change's action and state."""
    changes = [one for zone in report["zones"] for one in zone["changes"]]
    return [(one["action"], one["state"]) for one in changes]


async def test_a_plan_writes_nothing_and_a_reconcile_does_it(shared_stage: Stage) -> None:
    """What was there before the app is planned, published, and then in step."""
    stage = shared_stage
    registry = await backed(stage, "backfilled")
    stage.azure.arm.calls.clear()
    status, plan = await stage.ask("POST", "plan", {"scope": {"registry": registry}})
    assert status == 200
    # The network may be linked already, by another test's registry.
    assert actions(plan)[:2] == [("create", "planned"), ("create", "planned")]
    assert {method for method, _ in stage.app_calls()} == {"GET"}
    assert plan["requests"] == {"reads": len(stage.app_calls()), "writes": 0}
    assert await names(stage, "backfilled") == {}
    stage.azure.arm.calls.clear()
    status, report = await stage.ask("POST", "reconcile", {"scope": {"registry": registry}})
    assert (status, report["inStep"]) == (200, True)
    writes = sum(method != "GET" for method, _ in stage.app_calls())
    assert report["requests"]["writes"] == writes >= 2
    assert set(await names(stage, "backfilled")) == {"backfilled", "backfilled.westeurope.data"}
    stage.azure.arm.calls.clear()
    endpoint = stage.operator.id_of("Microsoft.Network/privateEndpoints", "pe-backfilled")
    for scope in ({"endpoint": endpoint}, {"registry": registry.upper()}):
        status, report = await stage.ask("POST", "reconcile", {"scope": scope})
        assert (status, report["inStep"], actions(report)) == (200, True, [])
    assert {method for method, _ in stage.app_calls()} == {"GET"}


async def test_a_subscription_or_everything_is_made_right(shared_stage: Stage) -> None:
    """A whole zone is counted, and what touches another subscription can be left out."""
    stage = shared_stage
    await backed(stage, "everything")
    elsewhere = stage.neighbour.subscription
    status, report = await stage.ask("POST", "reconcile", {"scope": {"subscription": elsewhere}})
    assert status == 200
    assert await names(stage, "everything") == {}
    status, report = await stage.ask("POST", "reconcile", {"scope": "all"})
    assert status == 200
    assert len(await names(stage, "everything")) == 2
    status, report = await stage.ask("POST", "reconcile", {"scope": "all"})
    assert report["zones"][0]["managed"] >= 3
    assert (
        report["zones"][0]["unmanaged"]
        == len(await stage.operator.records()) + 1 - report["zones"][0]["managed"]
    )


async def test_a_hand_made_record_is_left_until_a_run_adopts_it(shared_stage: Stage) -> None:
    """Foreign is told and left alone; adopted, it is right and ours."""
    stage = shared_stage
    registry = await backed(stage, "handmade")
    await stage.operator.put_record("handmade", "10.9.9.9", metadata={"team": "a"})
    _, report = await stage.ask("POST", "reconcile", {"scope": {"registry": registry}})
    assert (await names(stage, "handmade"))["handmade"] == ("10.9.9.9",)
    codes = [one["code"] for one in report["zones"][0]["findings"]]
    assert "unmanaged-record" in codes
    body = {"scope": {"registry": registry}, "adopt": True}
    status, report = await stage.ask("POST", "reconcile", body)
    assert (status, actions(report)) == (200, [("update", "done")])
    before = report["zones"][0]["changes"][0]["before"]
    assert before == {"addresses": ["10.9.9.9"], "ttl": 3600, "ownership": {}}
    found = (await stage.operator.record("handmade"))["properties"]["metadata"]
    assert (found["team"], found["acrPrivateDns"]) == ("a", "acr-private-dns")


async def test_a_former_owners_records_are_taken_over(shared_stage: Stage) -> None:
    """One run told the former owner's name makes its records ours."""
    stage = shared_stage
    registry = await backed(stage, "inherited")
    await stage.operator.put_record("inherited", "10.9.9.9", metadata={"acrPrivateDns": "former"})
    _, report = await stage.ask("POST", "reconcile", {"scope": {"registry": registry}})
    assert (await names(stage, "inherited"))["inherited"] == ("10.9.9.9",)
    body = {"scope": {"registry": registry}, "adopt": "former"}
    status, report = await stage.ask("POST", "reconcile", body)
    assert (status, actions(report)) == (200, [("update", "done")])
    found = (await stage.operator.record("inherited"))["properties"]["metadata"]
    assert found["acrPrivateDns"] == "acr-private-dns"


async def test_a_request_may_be_dry_or_careful(shared_stage: Stage) -> None:
    """A dry run writes nothing; upsert-only takes nothing away; the report says what was not."""
    stage = shared_stage
    registry = await backed(stage, "careful")
    body = {"scope": {"registry": registry}}
    _, report = await stage.ask("POST", "reconcile", body | {"dryRun": True})
    assert {state for _, state in actions(report)} == {"planned"}
    await stage.ask("POST", "reconcile", body)
    await stage.operator.delete_endpoint("pe-careful")
    status, report = await stage.ask("POST", "reconcile", body | {"policy": "upsert-only"})
    assert (status, report["inStep"]) == (200, False)
    assert ("delete", "withheld") in actions(report)
    assert len(await names(stage, "careful")) == 2
    _, report = await stage.ask("POST", "reconcile", body)
    assert await names(stage, "careful") == {}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"scope": "all", "zone": ZONE}, 400),
        ({"scope": "some"}, 400),
        ({"scope": {"registry": ZONE}}, 400),
        ({"scope": "all", "adopt": 7}, 400),
        ({"scope": "all", "adopt": "x" * 20_000}, 413),
        ({"scope": {"subscription": OTHERS}}, 403),
        (None, 415),
    ],
)
@pytest.mark.parametrize("route", ["plan", "reconcile"])
async def test_a_request_that_is_wrong_is_refused(
    shared_stage: Stage, route: str, body: object, status: int
) -> None:
    """Problem details with something to act on; Azure is not asked, nothing sent comes back."""
    shared_stage.azure.arm.calls.clear()
    got, problem = await shared_stage.ask("POST", route, body)
    assert (got, problem["status"]) == (status, status)
    assert problem["detail"]
    assert OTHERS not in str(problem)
    assert shared_stage.app_calls() == []


async def test_what_the_settings_do_not_allow_is_refused_and_logged(shared_stage: Stage) -> None:
    """Through host and worker: 403 before Azure is asked, and the log says what was asked."""
    stage = shared_stage
    stage.azure.arm.calls.clear()
    body = {"scope": "all", "overrideDeleteThreshold": True}
    name = {"x-ms-client-principal-name": "alice@example.com"}
    url = f"{stage.operator.line['functions']}/api/reconcile"
    key = {"x-functions-key": stage.operator.line["functionsDefaultKey"]}
    async with stage.operator.session.post(url, headers=key | name, json=body) as reply:
        assert reply.status == 403
        assert "ACR_PRIVATE_DNS_ALLOW" in (await reply.json())["detail"]
    assert stage.app_calls() == []
    request, refusal = stage.said("reconcile")[-2:]
    assert request.startswith("reconcile of everything: policy sync, dry run false, ")
    # App Service authentication is off here, so a name that is sent along is nobody's.
    assert request.endswith("; asked for over HTTP by key")
    assert refusal.startswith("refused: ")


async def test_a_principal_is_named_where_the_platform_answers_for_it() -> None:
    """With App Service authentication on, the log says who it was, through host and worker."""
    async with staged(deliver=False, settings={"WEBSITE_AUTH_ENABLED": "True"}) as stage:
        url = f"{stage.operator.line['functions']}/api/plan"
        headers = {
            "x-functions-key": stage.operator.line["functionsDefaultKey"],
            "X-MS-CLIENT-PRINCIPAL-NAME": "alice@example.com",
            "X-MS-CLIENT-PRINCIPAL-ID": "1-2-3",
        }
        async with stage.operator.session.post(
            url, headers=headers, json={"scope": "all"}
        ) as reply:
            assert reply.status == 200
        request, *_ = stage.said("plan")
        assert request.endswith("; asked for over HTTP by principal alice@example.com, 1-2-3")


@pytest.mark.parametrize(
    ("method", "route", "status"),
    [("GET", "plan", 405), ("PATCH", "status", 405), ("GET", "zones", 404), ("POST", "a/b", 404)],
)
async def test_what_is_not_there_is_a_problem_too(
    shared_stage: Stage, method: str, route: str, status: int
) -> None:
    """No route or method ends in a bare answer of the host."""
    got, problem = await shared_stage.ask(method, route)
    assert (got, problem["status"]) == (status, status)


@pytest.mark.parametrize(("method", "route"), [("POST", "plan"), ("GET", "status"), ("GET", "x")])
async def test_without_a_key_nothing_is_answered(
    shared_stage: Stage, method: str, route: str
) -> None:
    """Each route asks for a function key."""
    url = f"{shared_stage.operator.line['functions']}/api/{route}"
    async with shared_stage.operator.session.request(method, url, json={"scope": "all"}) as reply:
        assert (reply.status, await reply.text()) == (401, "")


async def test_a_name_is_explained_from_registry_to_record(shared_stage: Stage) -> None:
    """Before, after and for a name that nobody keeps: where it comes from, and if it is right."""
    stage = shared_stage
    registry = await backed(stage, "explained")
    data = "explained.westeurope.data"
    status, told = await stage.ask("GET", "explain", name=f"{data}.azurecr.io")
    assert (status, told["verdict"]) == (200, "wrong")
    assert told["why"].startswith("The record is missing, and will be created with 10.1.0.")
    await stage.ask("POST", "reconcile", {"scope": {"registry": registry}})
    stage.azure.arm.calls.clear()
    _, told = await stage.ask("GET", "explain", name=f"{data}.privatelink.azurecr.io")
    assert {method for method, _ in stage.app_calls()} == {"GET"}
    assert (told["name"], told["verdict"]) == (f"{data}.azurecr.io", "right")
    (source,) = told["zones"][0]["sources"]
    nic = "/providers/Microsoft.Network/networkInterfaces/pe-explained.nic."
    assert nic in source["interface"]
    assert (source["member"], source["region"]) == ("registry_data_westeurope", "westeurope")
    assert [source["address"]] == list((await names(stage, "explained"))[data])
    _, told = await stage.ask("GET", "explain", name="nobodys.azurecr.io")
    assert told["verdict"] == "unmanaged"
    got, _ = await stage.ask("GET", "explain", name="nonsense")
    assert got == 400


async def test_the_status_shows_what_is_in_force(shared_stage: Stage) -> None:
    """Settings without a secret, the zone's own counts, and what the identity can read."""
    status, told = await shared_stage.ask("GET", "status")
    assert status == 200
    assert (told["settings"]["owner"], told["settings"]["policy"]) == ("acr-private-dns", "sync")
    (zone,) = told["zones"]
    # The zone's SOA record counts as well.
    assert zone["counts"]["records"]["number"] == len(await shared_stage.operator.records()) + 1
    assert [one["readable"] for one in told["subscriptions"]] == [True, True]
    assert shared_stage.azure.identity.app_header not in json.dumps(told)


async def test_every_function_of_the_document_is_there_and_no_other(shared_stage: Stage) -> None:
    """Routes and methods as the host knows them are those of the document."""
    url = f"{shared_stage.operator.line['functions']}/admin/functions"
    headers = {"x-functions-key": shared_stage.operator.line["functionsKey"]}
    async with shared_stage.operator.session.get(url, headers=headers) as reply:
        functions = await reply.json()
    bindings = [binding for one in functions for binding in one["config"]["bindings"]]
    doors = [one for one in bindings if one["type"] == "httpTrigger" and "methods" in one]
    known = {(f"/api/{one['route']}", tuple(map(str.lower, one["methods"]))) for one in doors}
    paths = document.document()["paths"]
    assert known == {(path, tuple(operations)) for path, operations in paths.items()}
    assert {one["authLevel"].lower() for one in bindings if one["type"] == "httpTrigger"} == {
        "function"
    }


async def test_the_threshold_and_the_cap_hold_a_large_deletion() -> None:
    """500 deletes pass the threshold only when told, and the cap cuts them in two requests."""
    allowed = {"ACR_PRIVATE_DNS_ALLOW": "overrideDeleteThreshold"}
    async with staged(deliver=False, settings=allowed) as stage:
        await stage.hurry()
        fill_zone(stage, 252)
        status, report = await stage.ask("POST", "reconcile", {"scope": "all"})
        codes = [one["code"] for one in report["zones"][0]["findings"]]
        assert (status, "delete-threshold" in codes) == (200, True)
        assert len(await stage.operator.records()) == 504
        body = {"scope": "all", "overrideDeleteThreshold": True}
        status, report = await stage.ask("POST", "reconcile", body)
        assert (status, report["remaining"]) == (202, 4)
        status, report = await stage.ask("POST", "reconcile", body)
        assert (status, report["inStep"]) == (200, True)
        assert await stage.operator.records() == {}


async def test_what_azure_does_not_give_is_told_by_the_status() -> None:
    """One zone of two that fails is a 502 beside what was done; with no zone left it is a 503."""
    missing = ZONE.replace("azurecr.io", "azurecr.cn")
    zones = json.dumps([{"id": ZONE, "links": "leave"}, {"id": missing}])
    async with staged(deliver=False, settings={"ACR_PRIVATE_DNS_ZONES": zones}) as stage:
        await stage.hurry()
        await stage.publish()
        status, problem = await stage.ask("POST", "reconcile", {"scope": "all"})
        good, bad = problem["result"]["zones"]
        assert (status, good["errors"]) == (502, [])
        assert bad["errors"][0].startswith("list records: ")
        assert len(await stage.operator.records()) == 2
        _, told = await stage.ask("GET", "status")
        assert [one["readable"] for one in told["zones"]] == [True, False]
        zones = stage.operator.zones.private_zones
        await (await zones.begin_delete("dns", "privatelink.azurecr.io")).result()
        status, problem = await stage.ask("POST", "reconcile", {"scope": "all"})
        assert (status, problem["title"]) == (503, "Service Unavailable")
