"""Faults that can be asked for: what the wire shows, what took effect, and whom they strike."""

import asyncio
import time
from typing import Any

import aiohttp
import pytest
from azure.core.exceptions import AzureError, HttpResponseError

from simulator.faults import parse_rule
from tests.contract.arm_estate import (
    ENDPOINT,
    FAST,
    GROUP,
    NETWORK,
    REGISTRY,
    SUBSCRIPTION,
    ZONE,
    Cloud,
    endpoint_body,
)

ZONE_NAME = "privatelink.azurecr.io"
RECORD = f"{ZONE}/A/contoso"
BODY = {"properties": {"ttl": 10, "aRecords": [{"ipv4Address": "10.1.0.5"}]}}


def fault(cloud: Cloud, kind: str, **fields: Any) -> None:
    """Let a fault stand."""
    cloud.arm.faults.add(parse_rule({"fault": kind, **fields}))


async def get_record(cloud: Cloud, **options: Any) -> Any:
    """One call by the SDK, which tries several times."""
    quick = {"retry_backoff_factor": 0.001, "connection_timeout": 1, "read_timeout": 0.2}
    return await cloud.dns.record_sets.get(GROUP, ZONE_NAME, "A", "contoso", **{**quick, **options})


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (403, "AuthorizationFailed"),
        (404, "NotFound"),
        (409, "AnotherOperationInProgress"),
        (412, "PreconditionFailed"),
        (429, "TooManyRequests"),
        (500, "InternalServerError"),
        (502, "BadGateway"),
        (503, "ServiceUnavailable"),
        (504, "GatewayTimeout"),
    ],
)
async def test_a_refusal_has_azures_code_and_no_effect(
    cloud: Cloud, status: int, code: str
) -> None:
    """Any status can be had of a write, which then has not taken place, with Azure's own code."""
    await cloud.zone()
    fault(cloud, "refused", status=status, method="PUT", path="*/A/contoso", calls=0)
    answer = await cloud.send("PUT", RECORD, BODY)
    body = answer.body.get("error", answer.body)
    assert (answer.status, body["code"]) == (status, code)
    assert (await cloud.send("GET", RECORD)).status == 404


async def test_a_401_challenges(cloud: Cloud) -> None:
    """A refused token is told where to get a better one, as on Azure."""
    fault(cloud, "refused", status=401)
    answer = await cloud.send("GET", REGISTRY)
    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith("Bearer authorization_uri=")


async def test_a_429_says_how_long_and_that_nothing_is_left(cloud: Cloud) -> None:
    """A client can wait as long as it is told to, and see that its allowance is spent."""
    fault(cloud, "refused", status=429, retryAfter=17)
    answer = await cloud.send("GET", REGISTRY)
    assert answer.headers["retry-after"] == "17"
    assert answer.headers["x-ms-ratelimit-remaining-subscription-reads"] == "0"


async def test_a_subscription_can_be_forbidden(cloud: Cloud) -> None:
    """Rights can be missing on all of one subscription for one caller, and be there for others."""
    await cloud.estate()
    path = f"/subscriptions/{SUBSCRIPTION}/*"
    fault(cloud, "refused", status=403, path=path, principal="app", calls=0)
    app = cloud.identity.app_header
    assert (await cloud.send("GET", REGISTRY, who=app)).status == 403
    assert (await cloud.send("GET", ENDPOINT, who=app)).status == 403
    assert (await cloud.send("GET", REGISTRY)).status == 200


@pytest.mark.parametrize(
    ("kind", "took_effect"),
    [
        ("droppedBefore", False),
        ("droppedAfter", True),
        ("silentBefore", False),
        ("silentAfter", True),
    ],
)
async def test_a_lost_answer_leaves_the_effect_in_doubt(
    cloud: Cloud, kind: str, took_effect: bool
) -> None:
    """A cut connection and a timeout look alike before and after the effect."""
    await cloud.zone()
    # The HTTP client repeats a PUT by itself when a connection that it used before breaks.
    fault(cloud, kind, method="PUT", path="*/A/contoso", calls=0)
    timeout = aiohttp.ClientTimeout(sock_read=1)
    token = await cloud.token(cloud.identity.operator_header)
    with pytest.raises((aiohttp.ClientError, TimeoutError)):
        await cloud.session.put(
            f"{cloud.arm.url}{RECORD}?api-version=2024-06-01",
            json=BODY,
            headers={"Authorization": f"Bearer {token}"},
            timeout=timeout,
        )
    cloud.arm.faults.clear()
    assert (await cloud.send("GET", RECORD)).status == (200 if took_effect else 404)


@pytest.mark.parametrize("kind", ["truncated", "notJson"])
async def test_a_spoilt_body_is_no_answer(cloud: Cloud, kind: str) -> None:
    """Half a body, or a proxy's page, comes under a good status after the effect."""
    await cloud.zone()
    fault(cloud, kind, method="PUT", path="*/A/contoso")
    with pytest.raises((aiohttp.ClientError, ValueError)):
        await cloud.send("PUT", RECORD, BODY)
    assert (await cloud.send("GET", RECORD)).status == 200


async def test_a_slow_answer_comes(cloud: Cloud) -> None:
    """An answer can be late by so many simulated seconds, and is a good one."""
    await cloud.zone()
    fault(cloud, "slow", seconds=10, path="*/privateDnsZones/*")
    began = time.monotonic()
    assert (await cloud.send("GET", ZONE)).status == 200
    assert time.monotonic() - began >= 10 / cloud.world.clock.scale


async def test_the_tries_of_one_call_count_once(cloud: Cloud) -> None:
    """A fault outlasts all tries of the SDK's call, or strikes but the first of them."""
    await cloud.zone()
    await cloud.put(RECORD, BODY)
    fault(cloud, "refused", status=503, path="*/A/contoso", nth=2)
    await get_record(cloud)
    with pytest.raises(HttpResponseError, match="ServiceUnavailable"):
        await get_record(cloud)
    await get_record(cloud)
    (shown,) = cloud.arm.faults.as_json()
    assert (shown["matched"], shown["struck"]) == (3, 4)
    cloud.arm.faults.clear()
    fault(cloud, "refused", status=503, path="*/A/contoso", tries=1)
    assert (await get_record(cloud)).name == "contoso"
    assert cloud.arm.faults.as_json()[0]["struck"] == 1


@pytest.mark.parametrize("kind", ["secondPageFails", "nextLinkGarbled"])
async def test_a_broken_page_fails_the_list(cloud: Cloud, kind: str) -> None:
    """A list whose second page cannot be had must not look like a short list."""
    await cloud.zone()
    for name in ("a", "b", "c"):
        await cloud.put(f"{ZONE}/A/{name}", BODY)
    fault(cloud, kind, path="*/A")
    pages = cloud.dns.record_sets.list_by_type(GROUP, ZONE_NAME, "A", retry_total=0).by_page()
    assert [record.name async for record in await anext(pages)] == ["a"]
    with pytest.raises((AzureError, ValueError)):
        await anext(pages)


async def test_a_list_can_lack_an_item(cloud: Cloud) -> None:
    """What a list leaves out silently is still there for a direct read."""
    await cloud.zone()
    for name in ("a", "b", "c"):
        await cloud.put(f"{ZONE}/A/{name}", BODY)
    fault(cloud, "itemLeftOut", index=1, path="*/A")
    listed = await cloud.get(f"{ZONE}/A")
    assert [item["name"] for item in listed["value"]] == ["a", "c"]
    assert (await cloud.get(f"{ZONE}/A/b"))["name"] == "b"


async def test_an_interface_can_be_behind(cloud: Cloud) -> None:
    """An interface at work shows some of its members only."""
    await cloud.estate()
    endpoint = await cloud.get(ENDPOINT)
    fault(cloud, "interfaceBehind", members=1, path="*/networkInterfaces/*")
    interface = (await cloud.get(endpoint["properties"]["networkInterfaces"][0]["id"]))[
        "properties"
    ]
    assert interface["provisioningState"] == "Updating"
    assert len(interface["ipConfigurations"]) == 1
    assert len(await cloud.members()) == 2


async def test_a_stale_read_shows_what_was(cloud: Cloud) -> None:
    """After a write the body before it, after a recreation a 404: Azure's reads lag (facts, 9)."""
    await cloud.zone()
    cloud.arm.faults.scene.history.begin()
    await cloud.put(RECORD, BODY)
    await cloud.put(RECORD, {"properties": {"ttl": 99}})
    fault(cloud, "stale", path="*/A/contoso")
    assert (await cloud.get(RECORD))["properties"]["ttl"] == 10
    assert (await cloud.get(RECORD))["properties"]["ttl"] == 99
    await cloud.send("DELETE", RECORD)
    await cloud.put(RECORD, BODY)
    fault(cloud, "stale", path="*/A/contoso")
    assert (await cloud.send("GET", RECORD)).status == 404
    fault(cloud, "stale", path="*/A", back=2)
    assert [item["name"] for item in (await cloud.get(f"{ZONE}/A"))["value"]] == ["contoso"]
    assert (await cloud.get(f"{ZONE}/A"))["value"][0]["properties"]["ttl"] == 10


async def test_a_recreated_endpoint_can_still_be_absent(cloud: Cloud) -> None:
    """The state of all that a read shows is that of one earlier moment, group and parents too."""
    history = cloud.arm.faults.scene.history
    history.begin()
    await cloud.estate()
    await cloud.settle(await cloud.send("DELETE", ENDPOINT))
    gone = history.now
    await cloud.put(ENDPOINT, endpoint_body())
    fault(cloud, "stale", path="*/privateEndpoints/*", since=gone, calls=0)
    fault(cloud, "stale", path="*/registries/*", since=gone, calls=0)
    answer = await cloud.send("GET", ENDPOINT)
    assert (answer.status, answer.body["error"]["code"]) == (404, "ResourceNotFound")
    registry = await cloud.get(REGISTRY)
    assert registry["properties"]["privateEndpointConnections"] == []
    cloud.arm.faults.clear()
    assert (await cloud.get(ENDPOINT))["properties"]["provisioningState"] == "Succeeded"


async def test_stale_answers_need_a_history(cloud: Cloud) -> None:
    """A fault that could not act is refused instead of doing nothing in silence."""
    with pytest.raises(ValueError, match="history"):
        fault(cloud, "stale")


async def test_the_history_tells_who_changed_what_and_when(cloud: Cloud) -> None:
    """Each change stands at its own moment, with both documents, at the door of who began it."""
    await cloud.estate()
    await cloud.zone()
    history = cloud.arm.faults.scene.history
    history.begin()
    await cloud.send("PUT", RECORD, BODY)
    operator = cloud.identity.operator_principal
    (change,) = [one for one in history.changes if one.id == RECORD]
    assert (change.principal, change.old) == (operator, None)
    assert change.new is not None
    assert change.new["properties"]["aRecords"] == [{"ipv4Address": "10.1.0.5"}]
    (asked,) = history.asked
    assert (asked.number, asked.method, asked.path) == (change.request, "PUT", RECORD)
    assert asked.number < change.number
    assert (asked.status, asked.body["name"]) == (201, "contoso")

    cloud.world.latency.link = 5
    link = {"location": "global", "properties": {"virtualNetwork": {"id": NETWORK}}}
    poller = await cloud.dns.virtual_network_links.begin_create_or_update(
        GROUP, ZONE_NAME, "hub", link, **FAST
    )
    await poller.result()
    states = [
        (one.principal, one.new["properties"]["virtualNetworkLinkState"])
        for one in history.changes
        if one.id.endswith("/virtualNetworkLinks/hub") and one.new
    ]
    assert states[0] == (operator, "InProgress")
    assert states[-1] == (operator, "Completed")


async def test_the_history_sees_what_the_service_changes_in_place(cloud: Cloud) -> None:
    """A member that comes to an interface by itself is nobody's, and is seen by the next read."""
    await cloud.estate()
    history = cloud.arm.faults.scene.history
    history.begin()
    await cloud.put(f"{REGISTRY}/replications/northeurope", {"location": "northeurope"})
    await cloud.grown_to(3)
    interfaces = [one for one in history.changes if one.type.endswith("/networkInterfaces")]
    (grown,) = interfaces
    assert grown.old is not None
    assert grown.new is not None
    counts = [len(body["properties"]["ipConfigurations"]) for body in (grown.old, grown.new)]
    assert counts == [2, 3]
    shown = [asked.number for asked in history.asked if "/networkInterfaces/" in asked.path]
    assert grown.number < shown[-1]


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"fault": "rain"},
        {"fault": "slow", "seconds": "5"},
        {"fault": "slow", "seconds": True},
        {"fault": "refused", "status": 500.5},
        {"fault": "refused", "nth": 1.5},
        {"fault": "refused", "colour": 1},
        {"fault": "refused", "struck": 1},
        {"fault": "refused", "path": 1},
    ],
)
def test_a_bad_rule_is_refused(rule: dict[str, Any]) -> None:
    """A test that asks for a fault with a typing mistake hears of it, and does not pass."""
    with pytest.raises(ValueError, match=r"must be|nothing is called"):
        parse_rule(rule)


async def test_a_rule_waits_for_its_call_and_no_other(cloud: Cloud) -> None:
    """Method, path and number all have to fit, and the number counts what fits."""
    await cloud.zone()
    fault(cloud, "refused", status=503, method="PUT", path="*/a/CONTOSO", nth=2, calls=2)
    seen = [(await cloud.send("PUT", RECORD, BODY)).status for _ in range(4)]
    assert seen == [201, 503, 503, 200]
    await asyncio.gather(*(cloud.get(RECORD) for _ in range(3)))
