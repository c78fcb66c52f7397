"""What people met that only the wire shows: zone groups by ID, and what a link's document says."""

from collections.abc import Awaitable, Callable

import pytest

from simulator.world import Json
from tests.faults.kinds import IN_A, PE_A, endpoint, network, one_endpoint, registry, zone
from tests.faults.stage import (
    NETWORKING,
    SUBSCRIPTION,
    TIMER,
    WRITTEN,
    ZONE,
    Process,
    Stage,
    listening,
)
from tests.faults.stage import context as stage_context
from tests.virtual_time import run

TEAM = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/team/providers/Microsoft.Network"
TEAM_ZONE = f"{TEAM}/privateDnsZones/privatelink.azurecr.io"
GROUP = f"{PE_A}/privateDnsZoneGroups/default"
NET_A = f"{NETWORKING}/virtualNetworks/net-a"
LINK = "Microsoft.Network/privateDnsZones/virtualNetworkLinks"


def on_stage(story: Callable[[Stage], Awaitable[None]]) -> Stage:
    """A story in a world of its own; the stage, to be looked at when it has ended."""

    async def told() -> Stage:
        async with stage_context() as common, Stage(common, []) as stage:
            with listening(stage.said):
                await story(stage)
            return stage

    return run(told())


async def handled(stage: Stage, *events: tuple[str, str]) -> None:
    """One process handles events, one after another."""
    async with Process(stage) as process:
        for event in events:
            assert await process.handle(event), stage.said


def link_of(stage: Stage, network_id: str) -> Json:
    """What the kept zone's link of a network says."""
    found = [
        link.properties
        for link in stage.world.of_type(LINK, ZONE)
        if link.properties["virtualNetwork"]["id"] == network_id
    ]
    assert len(found) == 1
    return found[0]


def test_f02_a_zone_group_counts_only_if_it_points_at_a_kept_zone() -> None:
    """One that points at a team's own zone of the name keeps no record of ours.

    The endpoint's records are published in the kept zone, and a finding names the other one.
    """

    async def story(stage: Stage) -> None:
        await zone(stage)
        await network(stage, "a", 1)
        await registry(stage)
        await endpoint(stage, PE_A, "a")
        await stage.put(TEAM_ZONE, {"location": "global"})
        config = {"name": "acr", "properties": {"privateDnsZoneId": TEAM_ZONE}}
        await stage.put(GROUP, {"properties": {"privateDnsZoneConfigs": [config]}})
        await handled(stage, (WRITTEN, PE_A), TIMER)

    stage = on_stage(story)
    kept = {name: found for name, found in stage.records().items() if name in IN_A}
    assert kept == IN_A
    assert "net-a" in stage.linked()
    assert any("finding" in line and "/team/" in line.lower() for line in stage.said)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"resolutionPolicy": "Default"}, {"resolutionPolicy": "NxDomainRedirect"}),
        ({"registrationEnabled": True}, {"registrationEnabled": False}),
    ],
    ids=["g15-fallback", "g66-registration"],
)
def test_what_somebody_changed_on_our_link_is_put_back(before: Json, after: Json) -> None:
    """Our values, the fallback to the internet and no auto-registration, come back by a full sync.

    The line in the log says why.
    """

    async def story(stage: Stage) -> None:
        await one_endpoint(stage)
        await handled(stage, TIMER)
        (ours,) = (link for link in stage.world.of_type(LINK, ZONE) if link.body.get("tags"))
        body = {"location": "global", "tags": ours.body["tags"]}
        kept = {"virtualNetwork": {"id": NET_A}}
        await stage.put(ours.id, {**body, "properties": {**kept, **before}})
        stage.said.clear()
        await handled(stage, TIMER)

    stage = on_stage(story)
    found = link_of(stage, NET_A)
    assert {name: found[name] for name in after} == after


@pytest.mark.parametrize(
    "changed",
    [{"resolutionPolicy": "Default"}, {"registrationEnabled": True}],
    ids=["g15-fallback", "g66-registration"],
)
def test_what_somebody_changed_on_their_own_link_is_told(changed: Json) -> None:
    """On another's link it stays, and a finding names the network."""
    hub = f"{NETWORKING}/virtualNetworks/net-hub"

    async def story(stage: Stage) -> None:
        await one_endpoint(stage)
        properties = {"virtualNetwork": {"id": hub}, "resolutionPolicy": "NxDomainRedirect"}
        body = {"location": "global", "properties": {**properties, **changed}}
        await stage.put(f"{ZONE}/virtualNetworkLinks/hub", body)
        await handled(stage, TIMER)

    stage = on_stage(story)
    found = link_of(stage, hub)
    assert {name: found[name] for name in changed} == changed
    assert any("finding" in line and "net-hub" in line for line in stage.said)
