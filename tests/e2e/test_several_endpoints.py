"""Several endpoints behind one name, in several subscriptions, and endpoints made again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from demo.dig import Answer
from demo.operator import operators
from tests.e2e.conftest import (
    DELETED,
    LOGIN,
    PUBLISHED,
    WRITTEN,
    Stage,
    an_event,
    staged,
    zone_with,
)

SECOND = {"myregistry": ("10.2.0.5",), "myregistry.westeurope.data": ("10.2.0.4",)}
DATA_THEN_LOGIN = [("PUT", "myregistry.westeurope.data"), ("PUT", "myregistry")]
SUBSCRIPTIONS = (
    "0f2b7d5e-7c5d-4f0a-9a53-3a3d6b8f9e01",
    "6a1c2b3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d",
    "c3d4e5f6-1a2b-4c3d-8e9f-0a1b2c3d4e5f",
)


def record_writes(stage: Stage, since: int) -> list[tuple[str, str]]:
    """What the app wrote to record sets: method and record name, in order."""
    return [
        (method, path.rpartition("/A/")[2])
        for method, path in stage.app_calls(since)
        if method != "GET" and "/A/" in path
    ]


@asynccontextmanager
async def asking(stage: Stage, name: str, network: str) -> AsyncIterator[list[Answer]]:
    """Ask dig for a name, over and over, for as long as the story goes on."""
    answers: list[Answer] = []

    async def ask() -> None:
        while True:
            answers.append(await stage.operator.resolve(name, network))

    asking = asyncio.create_task(ask())
    try:
        yield answers
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)


async def test_the_second_endpoint_takes_over_in_one_write() -> None:
    """Under `first` a newcomer changes nothing, and dig never sees the name without an address."""
    async with staged(settings=zone_with(peered="unlink")) as stage:
        await _take_over(stage)


async def _take_over(stage: Stage) -> None:
    await stage.hurry()
    registry = await stage.publish()
    await stage.quiet()
    await stage.neighbour.create_network("network-b", "10.2.0.0/24")
    await stage.operator.peer("network-a", "network-b", stage.neighbour)
    await stage.neighbour.peer("network-b", "network-a", stage.operator)
    await stage.neighbour.create_endpoint("pe-b", "network-b", registry)
    await stage.quiet()
    assert await stage.operator.records() == PUBLISHED
    found = f"finding several-endpoints at {registry}: endpoints pe-a, pe-b are ready"
    assert any(line.startswith(found) for line in stage.said())
    before = len(stage.azure.arm.calls)
    async with asking(stage, LOGIN, "network-b") as answers:
        await stage.until(lambda: answers)
        await stage.operator.delete_endpoint("pe-a")
        await stage.quiet()
        seen = len(answers)
        await stage.until(lambda: len(answers) > seen + 1)
    assert record_writes(stage, before) == DATA_THEN_LOGIN
    assert {(answer.status, answer.addresses) for answer in answers} == {
        ("NOERROR", ("10.1.0.5",)),
        ("NOERROR", ("10.2.0.5",)),
    }
    assert await stage.operator.records() == SECOND
    (link,) = (await stage.operator.links()).values()
    assert link["properties"]["virtualNetwork"]["id"].endswith("/network-b")
    assert not (await stage.operator.resolve(LOGIN, "network-a")).private


async def test_merge_publishes_ten_addresses_and_says_that_there_are_more() -> None:
    """Under `merge` all addresses stand up to ten, and who waits moves up without a delete."""
    settings = zone_with(selection="merge", links="leave")
    async with staged(deliver=False, settings=settings) as stage:
        await stage.hurry()
        await stage.operator.create_network("network-a", "10.1.0.0/24")
        await stage.operator.link("by-hand", "network-a")
        registry = await stage.operator.create_registry("myregistry")

        async def make(number: int) -> None:
            static = {
                "registry": f"10.1.0.{10 + number}",
                "registry_data_westeurope": f"10.1.0.{40 + number}",
            }
            name = f"pe-{number:02}"
            await stage.operator.create_endpoint(name, "network-a", registry, static=static)

        await asyncio.gather(make(1), make(2))
        assert await stage.deliver("endpoint_written", stage.endpoint_event(WRITTEN, "pe-02"))
        answer = await stage.operator.resolve(LOGIN, "network-a")
        assert sorted(answer.addresses) == ["10.1.0.11", "10.1.0.12"]
        assert not any("too-many" in line for line in stage.said())

        await asyncio.gather(*(make(number) for number in range(3, 12)))
        assert await stage.deliver("endpoint_written", stage.endpoint_event(WRITTEN, "pe-11"))
        records = await stage.operator.records()
        assert set(records["myregistry"]) == {f"10.1.0.{10 + n}" for n in range(1, 11)}
        found = "finding too-many-addresses at myregistry: 11 addresses, 10 are published"
        assert any(line.startswith(found) for line in stage.said())

        before = len(stage.azure.arm.calls)
        await stage.operator.delete_endpoint("pe-05")
        assert await stage.deliver("endpoint_deleted", stage.endpoint_event(DELETED, "pe-05"))
        records = await stage.operator.records()
        assert set(records["myregistry"]) == {f"10.1.0.{10 + n}" for n in range(1, 12) if n != 5}
        assert len(records["myregistry.westeurope.data"]) == 10
        assert record_writes(stage, before) == DATA_THEN_LOGIN


@pytest.mark.parametrize(
    "told",
    [
        ("endpoint_deleted", "endpoint_written"),
        ("endpoint_written", "endpoint_deleted"),
    ],
)
async def test_an_endpoint_made_again_under_its_name(told: tuple[str, str]) -> None:
    """One with the same ID, at the same address or another, takes over; no event deletes it."""
    async with staged(deliver=False, settings=zone_with(links="leave")) as stage:
        await stage.hurry()
        registry = await stage.publish()
        kinds = {"endpoint_deleted": DELETED, "endpoint_written": WRITTEN}
        await stage.deliver("endpoint_written", stage.endpoint_event(WRITTEN))
        elsewhere = {"registry": "10.1.0.78", "registry_data_westeurope": "10.1.0.77"}
        for static, expected in (
            ({}, PUBLISHED),
            (
                elsewhere,
                {"myregistry": ("10.1.0.78",), "myregistry.westeurope.data": ("10.1.0.77",)},
            ),
        ):
            guid = await marked_guid(stage)
            before = len(stage.azure.arm.calls)
            await stage.operator.delete_endpoint("pe-a")
            await stage.operator.create_endpoint("pe-a", "network-a", registry, static=static)
            for function in told:
                event = stage.endpoint_event(kinds[function])
                assert await stage.deliver(function, event) == 202
            assert await stage.operator.records() == expected
            assert record_writes(stage, before) == DATA_THEN_LOGIN
            pe = await stage.operator.networks.private_endpoints.get("platform", "pe-a")
            now = pe.as_dict()["properties"]["resourceGuid"][:8]
            assert await marked_guid(stage) == now != guid


async def marked_guid(stage: Stage) -> str:
    """The guid of the endpoint that the login record's mark names."""
    record = await stage.operator.record("myregistry")
    _, endpoint, guid, _ = record["properties"]["metadata"]["acrPrivateDnsAddress01"].split(" ")
    assert endpoint == f"{stage.operator.subscription.replace('-', '')}/platform/pe-a"
    return str(guid)


async def test_zone_registry_and_endpoint_in_three_subscriptions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Zone, registry, and endpoint with its network may each be in a subscription of its own."""
    monkeypatch.setattr("simulator.serve.SUBSCRIPTIONS", SUBSCRIPTIONS)
    async with staged() as stage, operators(stage.azure.as_json()) as (first, second, third):
        await stage.hurry()
        registry = await second.create_registry("myregistry")
        await third.create_network("network-a", "10.1.0.0/24")
        await third.create_endpoint("pe-a", "network-a", registry)
        await stage.quiet()
        assert await first.records() == PUBLISHED
        assert (await first.resolve(LOGIN, "network-a")).addresses == ("10.1.0.5",)
        (link,) = (await first.links()).values()
        assert link["properties"]["virtualNetwork"]["id"].split("/")[2] == SUBSCRIPTIONS[2]
        record = await first.record("myregistry")
        metadata = record["properties"]["metadata"]
        assert metadata["acrPrivateDnsRegistry"] == f"{SUBSCRIPTIONS[1]}/platform/myregistry"
        compact = SUBSCRIPTIONS[2].replace("-", "")
        assert f"{compact}/platform/pe-a" in metadata["acrPrivateDnsAddress01"]
        await second.create_replica("myregistry", "northeurope")
        await stage.quiet()
        assert (await first.records())["myregistry.northeurope.data"] == ("10.1.0.6",)
        await third.delete_endpoint("pe-a")
        await stage.quiet()
        assert (await first.records(), await first.links()) == ({}, {})


async def test_a_subscription_that_may_not_be_read_any_more() -> None:
    """What the app has lost the right to read stays published, is told, and stops nobody else."""
    async with staged(settings=zone_with(selection="merge", links="leave")) as stage:
        await stage.hurry()
        registry = await stage.publish()
        await stage.neighbour.create_network("network-b", "10.2.0.0/24")
        await stage.neighbour.create_endpoint("pe-b", "network-b", registry)
        await stage.quiet()
        both = {name: (*addresses, *SECOND[name]) for name, addresses in PUBLISHED.items()}
        assert await stage.operator.records() == both
        me, scope = stage.azure.identity.app_principal, f"/subscriptions/{SUBSCRIPTIONS[1]}"
        stage.azure.arm.roles.revoke(me, scope)
        await stage.neighbour.delete_endpoint("pe-b")
        await stage.quiet()
        await stage.operator.create_replica("myregistry", "northeurope")
        other = await stage.operator.create_registry("another")
        await stage.operator.create_endpoint("pe-c", "network-a", other)
        await stage.quiet()
        assert await stage.operator.records() == {
            **both,
            "myregistry.northeurope.data": ("10.1.0.6",),
            "another": ("10.1.0.8",),
            "another.westeurope.data": ("10.1.0.7",),
        }
        lost = stage.neighbour.id_of("Microsoft.Network/privateEndpoints", "pe-b")
        for function in ("endpoint_deleted", "registry_changed"):
            told = f"finding unreadable at {lost}"
            assert any(line.startswith(told) for line in stage.said(function)), function
        assert not any(h["step"] == "retried" for h in history(stage))


async def test_an_endpoint_outside_the_watch() -> None:
    """An endpoint in a subscription that nobody watches is told, never asked for, and harmless."""
    settings = {**zone_with(links="leave"), "ACR_PRIVATE_DNS_SUBSCRIPTIONS": SUBSCRIPTIONS[0]}
    async with staged(settings=settings) as stage:
        await stage.hurry()
        await stage.operator.create_network("network-a", "10.1.0.0/24")
        await stage.neighbour.create_network("network-b", "10.2.0.0/24")
        registry = await stage.operator.create_registry("myregistry")
        await stage.neighbour.create_endpoint("pe-b", "network-b", registry)
        await stage.quiet()
        assert await stage.operator.records() == {}
        await stage.operator.create_endpoint("pe-a", "network-a", registry)
        await stage.quiet()
        assert await stage.operator.records() == PUBLISHED
        unwatched = stage.neighbour.id_of("Microsoft.Network/privateEndpoints", "pe-b")
        told = f"finding endpoint-unwatched at {unwatched}"
        assert any(line.startswith(told) for line in stage.said())
        await stage.operator.delete_endpoint("pe-a")
        await stage.neighbour.delete_endpoint("pe-b")
        await stage.quiet()
        assert await stage.operator.records() == {}
        me, calls = stage.azure.identity.app_principal, list(stage.azure.arm.calls)
        assert not any(c.principal == me and SUBSCRIPTIONS[1] in c.path for c in calls)
        assert not any(h["step"] == "retried" for h in history(stage))
        forged = an_event(WRITTEN, unwatched)
        assert await stage.deliver("endpoint_written", forged) == 202


async def test_all_subscriptions_are_watched() -> None:
    """With `all`, what happens in any subscription is looked after, and one list serves it all."""
    settings = {**zone_with(links="leave"), "ACR_PRIVATE_DNS_SUBSCRIPTIONS": "all"}
    async with staged(settings=settings) as stage:
        await stage.hurry()
        registry = await stage.operator.create_registry("myregistry")
        await stage.neighbour.create_network("network-b", "10.1.0.0/24")
        await stage.neighbour.create_endpoint("pe-b", "network-b", registry)
        await stage.quiet()
        assert await stage.operator.records() == PUBLISHED
        await stage.neighbour.delete_endpoint("pe-b")
        await stage.quiet()
        assert await stage.operator.records() == {}
        me, calls = stage.azure.identity.app_principal, stage.azure.arm.calls
        assert sum(call.principal == me and call.path == "/subscriptions" for call in calls) == 1


def history(stage: Stage) -> list[dict[str, object]]:
    """All that has become of every event."""
    entries = stage.azure.event_grid.log.entries()
    return [step for entry in entries for step in entry.as_json()["history"]]
