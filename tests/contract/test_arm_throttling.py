"""Throttling: what is left is told, and who asks for more is told how long to wait."""

from typing import Any

import pytest

from simulator.throttling import Limits
from tests.contract.arm_estate import NETWORK, REGISTRY, ZONE, Cloud

PREFIX = "x-ms-ratelimit-remaining-subscription"


def limit(cloud: Cloud, **limits: Any) -> None:
    """Grant other amounts."""
    cloud.arm.faults.throttle.limits.change(limits)


async def left(cloud: Cloud, path: str, method: str = "GET", what: str = "reads") -> int:
    """What one request leaves, by the header of that name."""
    body = None if method == "GET" else {"location": "global"}
    answer = await cloud.send(method, path, body)
    return int(answer.headers[f"{PREFIX}-{what}"])


async def test_the_headers_count_down(cloud: Cloud) -> None:
    """From the recorded numbers down, each for its kind, its caller and its subscription."""
    with cloud.frozen():
        assert await left(cloud, REGISTRY) == 249
        assert await left(cloud, REGISTRY) == 248
        assert await left(cloud, REGISTRY, what="global-reads") == 3747
        assert await left(cloud, ZONE, what="resource-requests") == 499
        assert await left(cloud, ZONE, what="resource-requests") == 498
        app = await cloud.send("GET", REGISTRY, who=cloud.identity.app_header)
        assert app.headers[f"{PREFIX}-reads"] == "249"
        assert app.headers[f"{PREFIX}-global-reads"] == "3744"
        assert await left(cloud, ZONE, "PUT", "writes") == 199
        assert await left(cloud, ZONE, "PUT", "global-writes") == 2998


async def test_nobody_is_refused_until_limits_are_enforced(cloud: Cloud) -> None:
    """By default a test may ask as much as it likes; the header stops at nought."""
    limit(cloud, reads=2)
    with cloud.frozen():
        answers = [await cloud.send("GET", REGISTRY) for _ in range(4)]
    assert {answer.status for answer in answers} == {404}
    assert [answer.headers[f"{PREFIX}-reads"] for answer in answers] == ["1", "0", "0", "0"]


async def test_an_empty_bucket_refuses_and_fills_again(cloud: Cloud) -> None:
    """The 429 tells in how many seconds a token is back, and then it is, on the world's clock."""
    limit(cloud, enforced=True, reads=2, reads_per_second=0.1)
    with cloud.frozen():
        statuses = [(await cloud.send("GET", REGISTRY)).status for _ in range(3)]
        refused = await cloud.send("GET", REGISTRY)
    assert statuses == [404, 404, 429]
    assert refused.body["error"]["code"] == "TooManyRequests"
    assert refused.headers["retry-after"] == "10"
    assert refused.headers[f"{PREFIX}-reads"] == "0"
    assert (await cloud.send("GET", REGISTRY, who=cloud.identity.app_header)).status == 404
    await cloud.world.clock.sleep(10)
    assert (await cloud.send("GET", REGISTRY)).status == 404


async def test_private_dns_grants_so_many_reads_in_five_minutes(cloud: Cloud) -> None:
    """All callers share them, other resources have their own, and all come back together."""
    await cloud.zone()
    await cloud.world.clock.sleep(300)
    limit(cloud, enforced=True, private_dns_reads=2)
    with cloud.frozen():
        assert (await cloud.send("GET", f"{ZONE}/A")).status == 200
        assert (await cloud.send("GET", ZONE, who=cloud.identity.app_header)).status == 200
        refused = await cloud.send("GET", ZONE)
        assert refused.status == 429
        assert refused.headers["retry-after"] == "300"
        assert (await cloud.send("GET", NETWORK)).status == 404
    await cloud.world.clock.sleep(300)
    assert (await cloud.send("GET", ZONE)).status == 200


@pytest.mark.parametrize(
    "limits", [{"tokens": 1}, {"reads": 0}, {"reads": True}, {"enforced": 1}, {"reads": "9"}]
)
def test_a_bad_limit_is_refused(limits: dict[str, Any]) -> None:
    """A typing mistake changes nothing and is named."""
    changed = Limits()
    with pytest.raises(ValueError, match="limit"):
        changed.change({"writes": 7, **limits})
    assert changed == Limits()
