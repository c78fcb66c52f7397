"""Nobody's network is worse off, however many zones there are and however networks are joined.

Over the real wire: three networks, each with an endpoint of a registry of its own that takes
public traffic as well. They are published, networks move to zones of their own, an endpoint
goes; Azure fails at one call or another of each full sync.
"""

import asyncio
from dataclasses import dataclass, replace

import pytest

from shared.domain.resource_id import NETWORK, parse_id
from shared.domain.resource_id import ZONE as ZONE_TYPE
from shared.domain.zone import Selector, Zone, with_other_selectors
from simulator.faults import parse_rule
from tests.faults.enumeration import tale
from tests.faults.invariants import violations
from tests.faults.kinds import endpoint, network, peering, registry
from tests.faults.stage import (
    DELETED,
    GROUP,
    NETWORKING,
    OWNER,
    TIMER,
    WRITTEN,
    ZONE,
    Event,
    Process,
    Stage,
    context,
)
from tests.judge.documents import Documents
from tests.judge.view import View
from tests.virtual_time import run

LETTERS = "abc"
ZONES = [ZONE, *(ZONE.replace("/dns/", f"/{group}/") for group in ("north", "east"))]
JOINED = {
    "peered": [("a", "b"), ("b", "c")],
    "hub": [("hub", "a"), ("hub", "b"), ("hub", "c")],
    "alone": [],
}
FAILURES: list[dict[str, object]] = [
    {},
    {"fault": "refused", "status": 503},
    {"fault": "silentAfter"},
]


@dataclass(frozen=True)
class Estate:
    """How many zones of the name there are, and how networks are joined."""

    zones: int
    joined: str

    def kept(self) -> tuple[Zone, ...]:
        """The zones in the end: each but the first serves one network, the last ones."""
        first = Zone(parse_id(ZONE, ZONE_TYPE), "azurecr.io", owner=OWNER)
        others = [
            replace(first, id=parse_id(zone, ZONE_TYPE), selector=_selector(letter))
            for zone, letter in zip(ZONES[1 : self.zones], "bc", strict=False)
        ]
        return with_other_selectors((first, *others))

    async def build(self, stage: Stage) -> None:
        """Zones, networks and how they are joined, registries with their endpoints."""
        for zone in ZONES[: self.zones]:
            await stage.put(zone, {"location": "global"})
        for number, letter in enumerate(("hub", *LETTERS)):
            await network(stage, letter, number + 1)
        for pair in JOINED[self.joined]:
            await peering(stage, *pair)
        for letter in LETTERS:
            await registry(stage, _registry(letter))
            await endpoint(stage, _endpoint(letter), letter, _registry(letter))


def _selector(letter: str) -> Selector:
    network_id = parse_id(f"{NETWORKING}/virtualNetworks/net-{letter}", NETWORK)
    return Selector(networks=frozenset((network_id,)))


def _registry(letter: str) -> str:
    return f"{GROUP}/providers/Microsoft.ContainerRegistry/registries/registry{letter}"


def _endpoint(letter: str) -> str:
    return f"{NETWORKING}/privateEndpoints/pe-{letter}"


async def handle(process: Process, *events: Event) -> None:
    """Events, each until it is acknowledged."""
    for event in events:
        for _ in range(5):
            if await process.handle(event):
                break
            await asyncio.sleep(300)


async def story(stage: Stage, estate: Estate, failure: dict[str, object]) -> None:
    """Published in one zone; then zones of their own; then one endpoint goes."""
    kept = estate.kept()
    async with Process(stage, zones=(replace(kept[0], other_selectors=Selector()),)) as process:
        await handle(process, *((WRITTEN, _endpoint(letter)) for letter in LETTERS), TIMER)
    async with Process(stage, zones=kept) as process:
        if failure:
            stage.faults.add(parse_rule({"principal": "app", "method": "PUT", "nth": 3, **failure}))
        await handle(process, TIMER)
        stage.faults.clear()
        await handle(process, TIMER)
        await stage.delete(_endpoint("a"))
        await handle(process, (DELETED, _endpoint("a")), TIMER)


@pytest.mark.parametrize("failure", range(len(FAILURES)), ids=["plain", "503", "silence"])
@pytest.mark.parametrize("joined", JOINED)
@pytest.mark.parametrize("zones", [1, 2, 3])
def test_no_client_loses_a_good_answer(zones: int, joined: str, failure: int) -> None:
    """Whoever had a good answer has one after each write, and in the end."""
    estate = Estate(zones, joined)

    async def told() -> tuple[list[str], list[str]]:
        async with context(*ZONES) as common, Stage(common, []) as stage:
            await estate.build(stage)
            stage.history.begin()
            await story(stage, estate, FAILURES[failure])
            view = View(Documents(one.body for one in stage.world.everything()))
            unserved = [
                f"{name} in {network}"
                for network in view.networks
                for name in view.names
                if not view.is_good(network, name, view.answer(network, name))
            ]
            return violations(tale(stage), "client-never-worse"), unserved

    broken, unserved = run(told())
    assert not broken, "\n".join(broken)
    assert not unserved, "\n".join(unserved)
