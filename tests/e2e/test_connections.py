"""Connections over the wire: approved, refused, asked for again, cut off, and seen two ways."""

import asyncio
import json
from dataclasses import dataclass

import pytest

from demo.operator import Operator
from tests.e2e.conftest import DELETED, LOGIN, PUBLISHED, WRITTEN, Stage, an_event

NORTH = "myregistry.northeurope.data.azurecr.io"
WITH_NORTH = {**PUBLISHED, "myregistry.northeurope.data": ("10.1.0.6",)}
MOVED = {"myregistry": ("10.2.0.5",), "myregistry.westeurope.data": ("10.2.0.4",)}
CONNECTIONS = "Microsoft.ContainerRegistry/registries/privateEndpointConnections"
FOREIGN = "by.hand"


async def wait_for_approval(stage: Stage) -> None:
    """The beginning of most stories here: as `Stage.publish`, but nobody has approved yet."""
    await stage.operator.create_network("network-a", "10.1.0.0/24")
    registry = await stage.operator.create_registry("myregistry")
    await stage.operator.create_endpoint("pe-a", "network-a", registry, manual=True)
    await stage.until(lambda: any(stage.azure.world.of_type(CONNECTIONS, registry)))
    await stage.quiet()


async def by_hand(stage: Stage) -> str:
    """Somebody's own record in the zone, made if it is not there yet; as Azure has it."""
    zone = stage.operator.line["zone"].split("/")
    sets = stage.operator.zones.record_sets
    if FOREIGN not in await stage.operator.records():
        body = {"properties": {"ttl": 60, "aRecords": [{"ipv4Address": "10.9.9.9"}]}}
        await sets.create_or_update(zone[4], zone[-1], "A", FOREIGN, body)
    found = await sets.get(zone[4], zone[-1], "A", FOREIGN)
    return json.dumps(found.as_dict(), sort_keys=True)


def retried(stage: Stage) -> list[str]:
    """The subjects of events that had to be sent again."""
    entries = stage.azure.event_grid.log.entries()
    return [
        str(e.event["subject"]) for e in entries if any(h["step"] == "retried" for h in e.history)
    ]


def written(stage: Stage, since: int) -> list[str]:
    """What the app wrote since then: method and last segment."""
    calls = stage.app_calls(since)
    return [f"{method} {path.rpartition('/')[2]}" for method, path in calls if method != "GET"]


async def test_a_manual_connection_is_published_once_it_is_approved(stage: Stage) -> None:
    """Waiting for approval is no state to write or to report; approval publishes, in any array."""
    await stage.hurry()
    await wait_for_approval(stage)
    assert await stage.operator.records() == {}
    assert await stage.operator.links() == {}
    assert not any("finding" in line for line in stage.said())
    public = await stage.operator.resolve(LOGIN, "network-a")
    assert public.addresses
    assert not public.private
    await stage.operator.decide("myregistry", "pe-a", "Approved")
    await stage.quiet()
    assert await stage.operator.records() == PUBLISHED
    assert (await stage.operator.resolve(LOGIN, "network-a")).addresses == ("10.1.0.5",)
    # It stays in the manual array, with an automatic one empty beside it.
    pe = (await stage.operator.networks.private_endpoints.get("platform", "pe-a")).as_dict()
    assert pe["properties"]["privateLinkServiceConnections"] == []
    (manual,) = pe["properties"]["manualPrivateLinkServiceConnections"]
    assert manual["properties"]["privateLinkServiceConnectionState"]["status"] == "Approved"
    assert not any("finding" in line for line in stage.said())


async def test_a_rejection_takes_the_names_and_an_approval_brings_them_back(stage: Stage) -> None:
    """Rejected is over for both sides, whichever array, and Approved again is there again."""
    await stage.hurry()
    foreign = await by_hand(stage)
    await wait_for_approval(stage)
    await stage.operator.decide("myregistry", "pe-a", "Rejected")
    await stage.quiet()
    assert await stage.operator.records() == {FOREIGN: ("10.9.9.9",)}
    for _ in range(2):
        await stage.operator.decide("myregistry", "pe-a", "Approved")
        await stage.quiet()
        assert await stage.operator.records() == {**PUBLISHED, FOREIGN: ("10.9.9.9",)}
        await stage.operator.decide("myregistry", "pe-a", "Rejected")
        await stage.quiet()
        assert await stage.operator.records() == {FOREIGN: ("10.9.9.9",)}
        assert await stage.operator.links() == {}
    answer = await stage.operator.resolve(LOGIN, "network-a")
    assert answer.addresses
    assert not answer.private
    assert await by_hand(stage) == foreign


async def test_rejecting_one_of_two_arrays_leaves_the_other(stage: Stage) -> None:
    """An automatic and a manual connection of two registries in one network go their own ways."""
    await stage.hurry()
    await stage.publish()
    other = await stage.operator.create_registry("otherregistry")
    await stage.operator.create_endpoint("pe-b", "network-a", other, manual=True)
    await stage.operator.decide("otherregistry", "pe-b", "Approved")
    await stage.quiet()
    others = {"otherregistry": ("10.1.0.7",), "otherregistry.westeurope.data": ("10.1.0.6",)}
    assert await stage.operator.records() == {**PUBLISHED, **others}
    await stage.operator.decide("myregistry", "pe-a", "Rejected")
    await stage.quiet()
    assert await stage.operator.records() == others
    assert len(await stage.operator.links()) == 1
    await stage.operator.decide("otherregistry", "pe-b", "Rejected")
    await stage.quiet()
    assert await stage.operator.records() == {}
    assert await stage.operator.links() == {}


@dataclass(frozen=True)
class Asking:
    """How Azure asks for approval again, if it does."""

    again: bool = True
    service_events: bool = False
    endpoint_side: float = 0.0
    registry_side: float = 0.0


@pytest.mark.parametrize(
    "how",
    [
        Asking(again=False),
        Asking(),
        Asking(service_events=True),
        Asking(endpoint_side=0.7),
        Asking(registry_side=0.7),
    ],
    ids=str,
)
async def test_a_connection_that_is_pending_again_loses_nothing(stage: Stage, how: Asking) -> None:
    """A new replica may push a manual connection back: all stands, and approval adds the region."""
    await stage.hurry(endpoint_side=how.endpoint_side, registry_side=how.registry_side)
    await stage.habits(replica_asks_again=how.again, service_events=how.service_events)
    await wait_for_approval(stage)
    await stage.operator.decide("myregistry", "pe-a", "Approved")
    await stage.quiet()
    assert await stage.operator.records() == PUBLISHED
    before = len(stage.azure.arm.calls)
    await stage.operator.create_replica("myregistry", "northeurope")
    await stage.quiet()
    if how.again:
        assert await stage.operator.records() == PUBLISHED
        assert written(stage, before) == []
        assert (await stage.operator.resolve(LOGIN, "network-a")).addresses == ("10.1.0.5",)
        await stage.operator.decide("myregistry", "pe-a", "Approved")
        await stage.quiet()
    assert await stage.operator.records() == WITH_NORTH
    assert written(stage, before) == ["PUT myregistry.northeurope.data"]
    assert (await stage.operator.resolve(NORTH, "network-a")).addresses == ("10.1.0.6",)
    assert retried(stage) == []


@pytest.mark.parametrize("late", ["endpoint_side", "registry_side"])
async def test_sides_that_disagree_for_a_while_cost_no_second_event(
    stage: Stage, late: str
) -> None:
    """One side hears later than the other; the run waits, and acts once both say the same."""
    await stage.hurry(**{late: 0.7})
    await wait_for_approval(stage)
    await stage.operator.decide("myregistry", "pe-a", "Approved")
    await stage.quiet()
    assert await stage.operator.records() == PUBLISHED
    await stage.operator.disconnect("myregistry", "pe-a")
    await stage.quiet()
    assert await stage.operator.records() == {}
    await stage.operator.delete_endpoint("pe-a")
    # Now one that is approved at once, and whose registry goes before it does.
    registry = stage.operator.id_of("Microsoft.ContainerRegistry/registries", "myregistry")
    await stage.operator.create_endpoint("pe-b", "network-a", registry)
    await stage.quiet()
    assert await stage.operator.records() == PUBLISHED
    await stage.operator.delete_registry("myregistry")
    await stage.quiet()
    assert await stage.operator.records() == {}
    assert await stage.operator.links() == {}
    assert retried(stage) == []


async def test_sides_that_disagree_for_long_change_nothing_until_they_agree(stage: Stage) -> None:
    """One side's word publishes nothing and removes nothing, and fails no event.

    Invariant: no-unproven-delete.
    """
    operator = stage.operator
    names = ("approved", "rejected", "cutoff", "noregistry", "noendpoint")
    await stage.hurry(event=0.0)
    await operator.create_network("network-a", "10.1.0.0/24")
    published = {}
    for number, name in enumerate(names):
        registry = await operator.create_registry(name)
        manual = name == "approved"
        await operator.create_endpoint(f"pe-{name}", "network-a", registry, manual=manual)
        if not manual:
            published[name] = (f"10.1.0.{5 + 2 * number}",)
            published[f"{name}.westeurope.data"] = (f"10.1.0.{4 + 2 * number}",)
    await stage.quiet()
    assert await operator.records() == published
    before = len(stage.azure.arm.calls)
    await operator.control("latency", endpoint_side=3600.0, registry_side=0.0)
    await operator.decide("approved", "pe-approved", "Approved")
    await operator.decide("rejected", "pe-rejected", "Rejected")
    await operator.disconnect("cutoff", "pe-cutoff")
    await operator.delete_registry("noregistry")
    await operator.control("latency", endpoint_side=0.0, registry_side=3600.0)
    await operator.delete_endpoint("pe-noendpoint")
    await stage.quiet()
    assert await operator.records() == published
    assert written(stage, before) == []
    assert (await operator.resolve("rejected.azurecr.io", "network-a")).addresses == ("10.1.0.7",)
    assert retried(stage) == []
    # An hour later both sides agree, and the next word about each makes it right.
    await operator.control("latency", registry_side=0.0)
    await operator.control("time", scale=100_000.0)
    await asyncio.sleep(0.2)
    endpoints = [stage.endpoint_event(WRITTEN, f"pe-{name}") for name in names[:4]]
    assert await stage.deliver("endpoint_written", *endpoints) == 202
    gone = stage.endpoint_event(DELETED, "pe-noendpoint")
    assert await stage.deliver("endpoint_deleted", gone) == 202
    assert await operator.records() == {
        "approved": ("10.1.0.5",),
        "approved.westeurope.data": ("10.1.0.4",),
    }


async def test_a_connection_deleted_on_the_registrys_side_takes_its_names(stage: Stage) -> None:
    """The endpoint stays behind, Disconnected; names and link go, and its deletion adds nothing."""
    await stage.hurry()
    foreign = await by_hand(stage)
    await stage.publish()
    await stage.quiet()
    await stage.operator.disconnect("myregistry", "pe-a")
    await stage.quiet()
    assert await stage.operator.records() == {FOREIGN: ("10.9.9.9",)}
    assert await stage.operator.links() == {}
    pe = (await stage.operator.networks.private_endpoints.get("platform", "pe-a")).as_dict()
    (connection,) = pe["properties"]["privateLinkServiceConnections"]
    state = connection["properties"]["privateLinkServiceConnectionState"]
    assert state["status"] == "Disconnected"
    answer = await stage.operator.resolve(LOGIN, "network-a")
    assert answer.addresses
    assert not answer.private
    before = len(stage.azure.arm.calls)
    await stage.operator.delete_endpoint("pe-a")
    await stage.quiet()
    assert written(stage, before) == []
    assert await by_hand(stage) == foreign


@pytest.mark.parametrize("group", ["platform", "elsewhere"])
@pytest.mark.parametrize("heard", ["first", "last", "never"])
async def test_a_registry_made_again_takes_its_names_over(
    silent_stage: Stage, group: str, heard: str
) -> None:
    """The old endpoint's names go to the new one, whenever the old registry's end is heard of."""
    stage = silent_stage
    await stage.hurry()
    await stage.operator.create_network("network-b", "10.2.0.0/24")
    old = await stage.publish()
    assert await stage.deliver("endpoint_written", stage.endpoint_event(WRITTEN)) == 202
    assert await stage.operator.records() == PUBLISHED
    (old_link,) = await stage.operator.links()
    await stage.operator.delete_registry("myregistry")
    again = Operator(stage.operator.line, stage.operator.session, group=group)
    new = await again.create_registry("myregistry")
    assert (old == new) is (group == "platform")
    if heard == "first":
        assert await stage.deliver("registry_changed", an_event(DELETED, old)) == 202
        assert await stage.operator.records() == {}
    await stage.operator.create_endpoint("pe-b", "network-b", new)
    before = len(stage.azure.arm.calls)
    assert await stage.deliver("endpoint_written", stage.endpoint_event(WRITTEN, "pe-b")) == 202
    assert await stage.operator.records() == MOVED
    if heard == "last":
        assert await stage.deliver("registry_changed", an_event(DELETED, old)) == 202
        assert await stage.operator.records() == MOVED
    # Each name changed hands in one write, and what was behind the old one is forgotten
    # (never-empty).
    did = written(stage, before)
    assert did[:2] == ["PUT myregistry.westeurope.data", "PUT myregistry"]
    assert [call for call in did if call.startswith("DELETE")] == [f"DELETE {old_link}"] * (
        heard != "first"
    )
    zone = stage.operator.line["zone"].split("/")
    record = await stage.operator.zones.record_sets.get(zone[4], zone[-1], "A", "myregistry")
    metadata = record.as_dict()["properties"]["metadata"]
    subscription = stage.operator.subscription
    assert metadata["acrPrivateDnsRegistry"] == f"{subscription}/{group}/myregistry"
    compact = subscription.replace("-", "")
    assert metadata["acrPrivateDnsAddress01"].startswith(f"10.2.0.5 {compact}/platform/pe-b ")
    assert "acrPrivateDnsAddress02" not in metadata
    assert (await stage.operator.resolve(LOGIN, "network-b")).addresses == ("10.2.0.5",)
    assert len(await stage.operator.links()) == 1


@pytest.mark.parametrize("group", ["platform", "elsewhere"])
async def test_names_pass_from_a_registry_to_its_successor_without_a_gap(
    silent_stage: Stage, group: str
) -> None:
    """While the old endpoint still says Approved it keeps the names; then they change hands."""
    stage = silent_stage
    await stage.hurry(endpoint_side=2.0)
    await stage.operator.create_network("network-b", "10.2.0.0/24")
    await stage.publish()
    assert await stage.deliver("endpoint_written", stage.endpoint_event(WRITTEN)) == 202
    before = len(stage.azure.arm.calls)
    await stage.operator.delete_registry("myregistry")
    again = Operator(stage.operator.line, stage.operator.session, group=group)
    new = await again.create_registry("myregistry")
    await stage.operator.create_endpoint("pe-b", "network-b", new)
    assert await stage.deliver("endpoint_written", stage.endpoint_event(WRITTEN, "pe-b")) == 202
    assert await stage.operator.records() == MOVED
    assert not {"DELETE myregistry", "DELETE myregistry.westeurope.data"} & {
        *written(stage, before)
    }
    assert (await stage.operator.resolve(LOGIN, "network-b")).addresses == ("10.2.0.5",)
