"""A running local Azure with the real function app, and an operator with the real SDKs."""

import asyncio
import datetime as dt
import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from demo.operator import Operator, operators
from simulator.functions.invocations import Invocation
from simulator.serve import LocalAzure, running
from tests import document

WRITTEN = "Microsoft.Resources.ResourceWriteSuccess"
DELETED = "Microsoft.Resources.ResourceDeleteSuccess"
ZONE = (
    "/subscriptions/0f2b7d5e-7c5d-4f0a-9a53-3a3d6b8f9e01/resourceGroups/dns"
    "/providers/Microsoft.Network/privateDnsZones/privatelink.azurecr.io"
)
LOGIN = "myregistry.azurecr.io"
WEST = "myregistry.westeurope.data.azurecr.io"
PUBLISHED = {"myregistry": ("10.1.0.5",), "myregistry.westeurope.data": ("10.1.0.4",)}


class Stage:
    """One local Azure, its operator, and what a test asks of them.

    Args:
        azure: the running local Azure.
        operator: an operator in its first subscription.
        neighbour: an operator in its second one.
    """

    def __init__(self, azure: LocalAzure, operator: Operator, neighbour: Operator) -> None:
        self.azure = azure
        self.operator = operator
        self.neighbour = neighbour

    async def until(self, true: Callable[[], Any], seconds: float = 30) -> None:
        """Wait until a condition holds: a plain or an awaitable truth."""
        async with asyncio.timeout(seconds):
            while not await _truth(true()):
                await asyncio.sleep(0.05)

    async def quiet(self) -> None:
        """Wait until every event has come to its end for every event subscription."""

        def ended() -> bool:
            entries = self.azure.event_grid.log.entries()
            ends = ("filtered", "delivered", "dead-lettered")
            return all(sum(h["step"] in ends for h in e.history) == 3 for e in entries)

        await self.until(ended)

    async def hurry(self, **latencies: float) -> None:
        """Let Azure take next to no time, but for what a story slows down on purpose."""
        kinds = ("registry", "replication", "member", "connection", "endpoint", "network", "link")
        await self.operator.control("latency", **dict.fromkeys(kinds, 0.0) | latencies)

    async def habits(self, **habits: bool) -> None:
        """Let Azure behave one way where nobody knows which."""
        await self.operator.control("habits", **habits)

    async def publish(self) -> str:
        """The story's beginning: network-a, myregistry and pe-a; returns the registry's ID."""
        await self.operator.create_network("network-a", "10.1.0.0/24")
        registry = await self.operator.create_registry("myregistry")
        await self.operator.create_endpoint("pe-a", "network-a", registry)
        return registry

    async def deliver(self, function: str, *events: object) -> int:
        """Post events to the real webhook, as Event Grid does; returns the HTTP status."""
        url = f"{self.operator.line['functions']}/runtime/webhooks/eventgrid"
        query = {"functionName": function, "code": self.operator.line["functionsKey"]}
        headers = {"aeg-event-type": "Notification"}
        async with self.operator.session.post(
            url, params=query, headers=headers, data=json.dumps(list(events))
        ) as reply:
            return reply.status

    async def ask(
        self, method: str, route: str, body: object = None, **query: str
    ) -> tuple[int, Any]:
        """Call an HTTP function with the key that is made for it; gives status and JSON.

        The answer is held against the OpenAPI document.
        """
        url = f"{self.operator.line['functions']}/api/{route}"
        headers = {"x-functions-key": self.operator.line["functionsDefaultKey"]}
        async with self.operator.session.request(
            method, url, params=query, headers=headers, json=body
        ) as reply:
            text = await reply.text()
            got = document.Got(reply.status, reply.content_type, reply.headers, text)
        document.check(method, route, got)
        return got.status, json.loads(text)

    async def tick(self) -> str | None:
        """Let the timer fire, and wait for its run; gives its error, if it ended with one."""
        seen = self._full_syncs()
        url = f"{self.operator.line['functions']}/admin/functions/full_sync"
        headers = {"x-functions-key": self.operator.line["functionsKey"]}
        async with self.operator.session.post(url, headers=headers, json={}) as reply:
            assert reply.status == 202
        await self.until(lambda: len(self._full_syncs()) > len(seen), 300)
        return self._full_syncs()[-1].error

    def _full_syncs(self) -> list[Invocation]:
        runs = self.azure.functions.invocations.since()
        return [run for run in runs if run.function == "full_sync" and run.ended]

    def endpoint_event(self, kind: str, name: str = "pe-a") -> dict[str, Any]:
        """An event about an endpoint, as Microsoft documents it."""
        return an_event(kind, self.operator.id_of("Microsoft.Network/privateEndpoints", name))

    def app_calls(self, since: int = 0) -> list[tuple[str, str]]:
        """What the app asked of Resource Manager: method and the path's end."""
        me = self.azure.identity.app_principal
        calls = [call for call in list(self.azure.arm.calls)[since:] if call.principal == me]
        return [(call.method, call.path.split("/providers/")[-1]) for call in calls]

    def said(self, function: str | None = None) -> list[str]:
        """What the app logged, by function."""
        return [
            record.message
            for record in self.azure.functions.log.since()
            if record.logger == "acr_private_dns" and function in (None, record.function)
        ]


def zone_with(**options: str) -> dict[str, str]:
    """App settings with the zone of the start, kept with options of its own."""
    return {"ACR_PRIVATE_DNS_ZONES": json.dumps([{"id": ZONE, **options}])}


def an_event(kind: str, resource_id: str, **fields: object) -> dict[str, Any]:
    """An Event Grid event of that type about that resource, raised now."""
    return {
        "subject": resource_id,
        "eventType": kind,
        "eventTime": dt.datetime.now(dt.UTC).isoformat(),
        "id": str(uuid.uuid4()),
        "data": {"resourceUri": resource_id, "status": "Succeeded"},
        "dataVersion": "2",
        "metadataVersion": "1",
        "topic": "/".join(resource_id.split("/")[:3]),
        **fields,
    }


async def _truth(value: Any) -> Any:
    return await value if asyncio.iscoroutine(value) else value


@asynccontextmanager
async def staged(**options: Any) -> AsyncIterator[Stage]:
    """A stage of its own; options as those of `simulator.serve.running`."""
    async with AsyncExitStack() as stack:
        azure = await stack.enter_async_context(running(**options))
        operator, neighbour, *_ = await stack.enter_async_context(operators(azure.as_json()))
        yield Stage(azure, operator, neighbour)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """A stage on which Event Grid delivers."""
    async with staged() as stage:
        yield stage


@pytest.fixture
async def silent_stage() -> AsyncIterator[Stage]:
    """A stage on which Event Grid delivers nothing: the test plays Event Grid."""
    async with staged(deliver=False) as stage:
        yield stage


@pytest.fixture
async def records_stage() -> AsyncIterator[Stage]:
    """A swift stage for stories about records: the zone's links are left to somebody else."""
    async with staged(settings=zone_with(links="leave")) as stage:
        await stage.hurry()
        yield stage
