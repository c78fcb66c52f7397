"""`python -m demo`: plays the story; ends with status 0 only if every step came out."""

import asyncio
import json
import sys

from demo.operator import Operator, operators
from demo.page import Page
from demo.scene import Scene, Step, play

NETWORK = "network-a"
REGISTRY = "myregistry"
LOGIN = "myregistry.azurecr.io"
WEST = "myregistry.westeurope.data.azurecr.io"
NORTH = "myregistry.northeurope.data.azurecr.io"
# The member of a new replica comes to the interface so long after the replica's own event.
_LATE_SECONDS = 2.5


def story(operator: Operator, registry: str) -> list[Step]:
    """Microsoft's guide, step by step, with nobody typing a record."""
    storage = operator.id_of("Microsoft.Storage/storageAccounts", "mystorage")

    async def endpoint_comes() -> str:
        await operator.create_endpoint("pe-a", NETWORK, registry)
        return f"private endpoint pe-a to {REGISTRY} created in {NETWORK}, and approved"

    async def replica_comes() -> str:
        await operator.control("latency", member=_LATE_SECONDS)
        await operator.create_replica(REGISTRY, "northeurope")
        return f"replica northeurope created; its member is {_LATE_SECONDS:g} s late"

    async def storage_comes_and_goes() -> str:
        await operator.create_endpoint("pe-blob", NETWORK, storage, "blob")
        await operator.delete_endpoint("pe-blob")
        return "private endpoint pe-blob to a storage account created, and deleted"

    async def endpoint_goes() -> str:
        await operator.delete_endpoint("pe-a")
        return "private endpoint pe-a deleted"

    return [
        Step(
            f"An endpoint for {REGISTRY} appears in {NETWORK}",
            endpoint_comes,
            (LOGIN, WEST),
            ("10.1.0.5", "10.1.0.4"),
            1,
            "both names resolve to their private addresses: data record first, then login, "
            "then link",
        ),
        Step(
            "A replica is added, and its member arrives late",
            replica_comes,
            (LOGIN, WEST, NORTH),
            ("10.1.0.5", "10.1.0.4", "10.1.0.6"),
            1,
            "the new region's name resolves; nobody had to type it",
        ),
        Step(
            "A storage account's endpoint comes and goes",
            storage_comes_and_goes,
            (LOGIN, WEST, NORTH),
            ("10.1.0.5", "10.1.0.4", "10.1.0.6"),
            1,
            "without a trace: one read for each event, no write",
        ),
        Step(
            "The endpoint is deleted",
            endpoint_goes,
            (LOGIN, WEST, NORTH),
            (None, None, None),
            0,
            f"records and link are gone, and {NETWORK} resolves publicly again",
        ),
    ]


async def tell(line: dict[str, object]) -> bool:
    """Tell the whole story on a running local Azure; whether every step came out."""
    page, scenes = Page(), list[Scene]()
    async with operators(line) as (operator, *_):
        await operator.create_network(NETWORK, "10.1.0.0/24")
        registry = await operator.create_registry(REGISTRY)
        page.opening(str(line["zone"]).rpartition("/")[2], NETWORK)
        for number, step in enumerate(story(operator, registry), 1):
            scenes.append(await play(step, operator, NETWORK))
            page.scene(number, scenes[-1])
    page.closing(scenes)
    return all(scene.came_out for scene in scenes)


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
