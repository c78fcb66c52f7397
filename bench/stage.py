"""A local Azure with a zone of any size, on which the bench plays Event Grid."""

import asyncio
import base64
import datetime as dt
import hashlib
import json
import os
import signal
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from demo.operator import GROUP, Operator, operators
from simulator.arm import record_sets
from simulator.serve import LocalAzure, running

WRITTEN = "Microsoft.Resources.ResourceWriteSuccess"
DELETED = "Microsoft.Resources.ResourceDeleteSuccess"
ENDPOINT = "Microsoft.Network/privateEndpoints"
REGISTRY = "Microsoft.ContainerRegistry/registries"

_INSTANT = ("registry", "replication", "member", "connection", "endpoint", "network", "link")
_PATIENCE_SECONDS = 60
_RECORDS_OF_A_REGISTRY = 2


class Stage:
    """One local Azure, and an operator of it.

    Args:
        azure: the local Azure; it delivers no event by itself.
        operator: builds what the events are about.
    """

    def __init__(self, azure: LocalAzure, operator: Operator) -> None:
        self.azure = azure
        self.operator = operator

    async def deliver(self, function: str, kind: str, resource_id: str) -> float:
        """Send an event as Event Grid does, and wait for the answer; the seconds that it took.

        Raises:
            RuntimeError: the app did not acknowledge it.
        """
        event = {
            "id": str(uuid.uuid4()),
            "topic": "/".join(resource_id.split("/")[:3]),
            "subject": resource_id,
            "eventType": kind,
            "eventTime": dt.datetime.now(dt.UTC).isoformat(),
            "data": {"resourceUri": resource_id, "status": "Succeeded"},
            "dataVersion": "2",
            "metadataVersion": "1",
        }
        host = self.azure.functions
        query = {"functionName": function, "code": host.keys.master}
        headers = {"aeg-event-type": "Notification"}
        began = time.perf_counter()
        async with self.operator.session.post(
            host.webhook_url, params=query, headers=headers, data=json.dumps([event])
        ) as reply:
            if not reply.ok:
                raise RuntimeError(f"{function}: {reply.status} {await reply.text()}")
        return time.perf_counter() - began

    def worker_seconds(self) -> float:
        """Processor time, user and system, that the app's worker process has used so far."""
        pid = self.azure.functions.worker_pid
        if pid is None:
            raise RuntimeError("the app's worker has ended")
        # The kernel's number for the clock of another process: clock_getcpuclockid(3).
        return time.clock_gettime(~pid << 3 | 2)

    async def fresh_worker(self) -> None:
        """Let another worker take over: the app paces lists by what it has read so far."""
        before = self.azure.functions.worker_pid
        if before is not None:
            os.kill(before, signal.SIGKILL)

        async def there() -> bool:
            return self.azure.functions.worker_pid not in {None, before}

        await self.until(there)

    async def until(self, true: Callable[[], Awaitable[bool]]) -> None:
        """Wait until something holds in the local Azure."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not await true():
                await asyncio.sleep(0.02)


@asynccontextmanager
async def staged(records: int, **settings: str) -> AsyncIterator[Stage]:
    """A stage whose zone holds so many records of ours, about registries that play no part.

    Args:
        records: how many.
        settings: app settings on top of the local Azure's own.
    """
    async with AsyncExitStack() as stack:
        azure = await stack.enter_async_context(running(deliver=False, settings=settings))
        operator, *_ = await stack.enter_async_context(operators(azure.as_json()))
        await operator.control("latency", **dict.fromkeys(_INSTANT, 0.0))
        _fill(azure, records)
        yield Stage(azure, operator)


def claim(address: str, endpoint: str, guid: str, network: str) -> str:
    """An endpoint's claim to an address, as the app writes it into a record's metadata.

    Args:
        address: IPv4.
        endpoint: subscription, group and name, with slashes between them.
        guid: first 8 characters of the endpoint's `resourceGuid`.
        network: ID of the endpoint's network.
    """
    subscription, _, rest = endpoint.partition("/")
    digest = hashlib.sha256(network.lower().encode()).digest()[:16]
    hash_ = base64.b32encode(digest).decode().lower().rstrip("=")
    return f"{address} {subscription.replace('-', '')}/{rest} {guid} {hash_}"


def _fill(azure: LocalAzure, records: int) -> None:
    """Put records straight into the zone: through the front door 25,000 take minutes."""
    zone = azure.world.get(azure.zone)
    if zone is None:
        raise RuntimeError("the local Azure has no zone")
    subscription = azure.world.subscriptions[0]
    # In the story's first network, so that whoever is joined to it reaches them all.
    network = (
        f"/subscriptions/{subscription}/resourcegroups/{GROUP}/providers"
        "/microsoft.network/virtualnetworks/network-a"
    )
    for number in range(records):
        owner, part = divmod(number, _RECORDS_OF_A_REGISTRY)
        name, address = f"other{owner:05}", f"10.{200 + owner // 65536}.{owner // 256 % 256}"
        guid = uuid.UUID(int=owner).hex[-8:]
        endpoint = f"{subscription}/others/pe-{name}"
        entry = claim(f"{address}.{owner % 256}", endpoint, guid, network)
        content = {
            "ttl": 10,
            "aRecords": [{"ipv4Address": f"{address}.{owner % 256}"}],
            "metadata": {
                "acrPrivateDns": "acr-private-dns",
                "acrPrivateDnsRegistry": f"{subscription}/others/{name}",
                "acrPrivateDnsAddress01": entry,
            },
        }
        record_sets.store(azure.world, zone, f"{name}.westeurope.data" if part else name, content)
