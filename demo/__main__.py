"""`python -m demo`: plays the story; ends with status 0 only if every step came out."""

import asyncio
import json
import sys

from demo.operator import Operator, operators
from demo.page import Page
from demo.scene import Scene, Step, play

REGISTRY = "myregistry"
LOGIN = "myregistry.azurecr.io"
WEST = "myregistry.westeurope.data.azurecr.io"
NORTH = "myregistry.northeurope.data.azurecr.io"
# The member of a new replica comes to the interface so long after the replica's own event.
_LATE_SECONDS = 2.5

# What pe-a gives in network-a, and pe-b in network-b, which is another subscription's.
FIRST = {LOGIN: "10.1.0.5", WEST: "10.1.0.4", NORTH: "10.1.0.6"}
SECOND = {LOGIN: "10.2.0.5", WEST: "10.2.0.4", NORTH: "10.2.0.6"}


def guide(operator: Operator, registry: str) -> list[Step]:
    """Microsoft's guide, step by step, with nobody typing a record."""
    storage = operator.id_of("Microsoft.Storage/storageAccounts", "mystorage")

    async def endpoint_comes() -> str:
        await operator.create_endpoint("pe-a", "network-a", registry)
        return f"private endpoint pe-a to {REGISTRY} created in network-a, and approved"

    async def replica_comes() -> str:
        await operator.control("latency", member=_LATE_SECONDS)
        await operator.create_replica(REGISTRY, "northeurope")
        return f"replica northeurope created; its member is {_LATE_SECONDS:g} s late"

    async def storage_comes_and_goes() -> str:
        await operator.create_endpoint("pe-blob", "network-a", storage, "blob")
        await operator.delete_endpoint("pe-blob")
        return "private endpoint pe-blob to a storage account created, and deleted"

    return [
        Step(
            f"An endpoint for {REGISTRY} appears in network-a",
            endpoint_comes,
            "network-a",
            {LOGIN: "10.1.0.5", WEST: "10.1.0.4"},
            1,
            "both names resolve to their private addresses: data record first, then login, "
            "then link",
        ),
        Step(
            "A replica is added, and its member arrives late",
            replica_comes,
            "network-a",
            FIRST,
            1,
            "the new region's name resolves; nobody had to type it",
        ),
        Step(
            "A storage account's endpoint comes and goes",
            storage_comes_and_goes,
            "network-a",
            {LOGIN: "10.1.0.5"},
            1,
            "without a trace: one read for each event, no write",
        ),
    ]


def several(operator: Operator, neighbour: Operator, registry: str) -> list[Step]:
    """What the guide leaves out: several endpoints behind one name, and the way back."""

    async def second_comes() -> str:
        await neighbour.create_endpoint("pe-b", "network-b", registry)
        return "private endpoint pe-b created in network-b of another subscription"

    async def manual_comes() -> str:
        await neighbour.create_endpoint("pe-c", "network-b", registry, manual=True)
        return "private endpoint pe-c created in network-b; its connection waits for approval"

    async def manual_is_approved() -> str:
        await operator.decide(REGISTRY, "pe-c", "Approved")
        return "the owner of the registry approves pe-c"

    async def first_goes() -> str:
        await operator.delete_endpoint("pe-a")
        return "private endpoint pe-a deleted, the one that is published"

    async def replica_goes() -> str:
        await operator.delete_replica(REGISTRY, "northeurope")
        return "replica northeurope deleted"

    async def zone_is_emptied() -> str:
        for name in await operator.records():
            await operator.delete_record(name)
        for name in await operator.links():
            await operator.unlink(name)
        await operator.fire("full_sync")
        return "somebody empties the zone by hand, links and all; then the timer's quarter is over"

    async def last_go() -> str:
        await neighbour.delete_endpoint("pe-c")
        await neighbour.delete_endpoint("pe-b")
        return "private endpoints pe-c and pe-b deleted"

    return [
        Step(
            "A second endpoint joins, in another subscription",
            second_comes,
            "network-b",
            FIRST,
            2,
            "the published address does not change: the second endpoint stands by",
        ),
        Step(
            "A manual endpoint waits",
            manual_comes,
            "network-b",
            FIRST,
            2,
            "nothing is published for it, and nothing is taken away",
        ),
        Step(
            "The manual endpoint is approved",
            manual_is_approved,
            "network-b",
            FIRST,
            2,
            "it stands by, third in line",
        ),
        Step(
            "The published endpoint is deleted",
            first_goes,
            "network-b",
            SECOND,
            2,
            "the second takes over in one write a name; dig never sees the name empty",
            asked=LOGIN,
        ),
        Step(
            "The replica goes",
            replica_goes,
            "network-b",
            {LOGIN: SECOND[LOGIN], WEST: SECOND[WEST]},
            2,
            "its record goes with it, and no other",
        ),
        Step(
            "Somebody empties the zone, and no event tells the app",
            zone_is_emptied,
            "network-b",
            {LOGIN: SECOND[LOGIN], WEST: SECOND[WEST]},
            1,
            "the timer looks at everything, and puts back every record and the link",
        ),
        Step(
            "The last endpoints are deleted",
            last_go,
            "network-b",
            {LOGIN: None, WEST: None},
            1,
            "the zone is empty; a peered network keeps its link, and resolves publicly again",
        ),
    ]


async def tell(line: dict[str, object]) -> bool:
    """Tell the whole story on a running local Azure; whether every step came out."""
    page, scenes = Page(), list[Scene]()
    async with operators(line) as (operator, neighbour):
        await operator.create_network("network-a", "10.1.0.0/24")
        await neighbour.create_network("network-b", "10.2.0.0/24")
        await operator.peer("network-a", "network-b", neighbour)
        await neighbour.peer("network-b", "network-a", operator)
        registry = await operator.create_registry(REGISTRY)
        page.opening(str(line["zone"]).rpartition("/")[2])
        story = [*guide(operator, registry), *several(operator, neighbour, registry)]
        for number, step in enumerate(story, 1):
            scenes.append(await play(step, operator))
            page.scene(number, scenes[-1])
        empty = not await operator.records()
    page.closing(scenes)
    return empty and all(scene.came_out for scene in scenes)


async def main() -> int:
    """Start a local Azure of its own, tell the story, end it again."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulator", "serve", "--json", stdout=asyncio.subprocess.PIPE
    )
    try:
        out = process.stdout
        line = json.loads(await out.readline()) if out else {}
        good = await tell(line)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
