"""A fresh world, its Resource Manager, and the product before it, in one process and one loop.

Worlds are copied from one that was built once; everything else is real: TLS,
tokens, Microsoft's clients. No worker runs, so a case takes some milliseconds.
"""

import asyncio
import contextlib
import copy
import datetime as dt
import json
import logging
import os
import ssl
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Self
from unittest.mock import patch

import aiohttp
import trustme
from aiohttp import web
from azure.core.pipeline.transport import AioHttpTransport
from azure.identity.aio import ManagedIdentityCredential

from shared.arm.adapter import AzureAdapter
from shared.arm.clients import Clients
from shared.domain.resource_id import ZONE as ZONE_TYPE
from shared.domain.resource_id import parse_id
from shared.domain.zone import Zone
from shared.engine.context import make_context
from shared.engine.deadline import Deadline
from shared.engine.withdraw import WithdrawResult, plan_withdrawal, withdraw
from shared.entrypoints import timer
from shared.entrypoints.app import App
from shared.entrypoints.event import EventHandler
from shared.errors import TransientError
from shared.settings import Settings
from shared.settings.values import PUBLIC
from simulator.arm.roles import Assignment
from simulator.arm.server import ResourceManager
from simulator.clock import Clock
from simulator.deployment import load_deployment
from simulator.faults import Faults
from simulator.history import History
from simulator.identity import Identity
from simulator.world import Json, Resource, World

TENANT = "11111111-1111-1111-1111-111111111111"
SUBSCRIPTION = "22222222-2222-2222-2222-222222222222"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/platform"
NETWORKING = f"{GROUP}/providers/Microsoft.Network"
REGISTRY = f"{GROUP}/providers/Microsoft.ContainerRegistry/registries/myregistry"
DNS_GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/dns"
ZONE = f"{DNS_GROUP}/providers/Microsoft.Network/privateDnsZones/privatelink.azurecr.io"
OWNER = "owner"
WRITTEN = "Microsoft.Resources.ResourceWriteSuccess"
DELETED = "Microsoft.Resources.ResourceDeleteSuccess"

_KEPT = Zone(parse_id(ZONE, ZONE_TYPE), "azurecr.io", owner=OWNER)
_SCOPE = "https://management.azure.com/.default"
_VERSIONS = {
    "Microsoft.Authorization/locks": "2020-05-01",
    "/privateDnsZones/": "2024-06-01",
    "Microsoft.Network/": "2024-05-01",
    "Microsoft.ContainerRegistry/": "2025-11-01",
}
_QUIET = ("azure.core", "azure.identity", "azure.mgmt", "msal")  # as function_app.py has it

type Event = tuple[str, str]
"""Type of an event, and the ID of the resource that it is about."""
TIMER: Event = ("timer", "")
"""No event of Event Grid's: the timer, which begins a full sync."""

_apps_tasks: ContextVar[set[asyncio.Task[Any]] | None] = ContextVar("_apps_tasks", default=None)


def _make_task(
    loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, Any], **options: Any
) -> asyncio.Task[Any]:
    """A task, known to the app's process if that began it."""
    task = asyncio.Task(coroutine, loop=loop, **options)
    tasks = _apps_tasks.get()
    if tasks is not None:
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    return task


@dataclass
class RunContext:
    """What all worlds share: certificates and the identity room.

    Attributes:
        identity: who issues tokens.
        server: the server's certificate.
        trust: trusts it.
        assignments: what the app may do, as it is deployed.
    """

    identity: Identity
    server: ssl.SSLContext
    trust: ssl.SSLContext
    assignments: tuple[Assignment, ...]


@contextlib.asynccontextmanager
async def context(*zones: str) -> AsyncIterator[RunContext]:
    """The common ground, for one event loop; the app may write the zones of these IDs."""
    asyncio.get_running_loop().set_task_factory(_make_task)
    authority = trustme.CA()
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    trust = ssl.create_default_context(cadata=authority.cert_pem.bytes().decode())
    identity = Identity(TENANT)
    await identity.start()
    try:
        environment = {"IDENTITY_ENDPOINT": identity.url, "IDENTITY_HEADER": identity.app_header}
        with _silence(), patch.dict(os.environ, environment):
            assignments = [
                assignment
                for zone in zones or (ZONE,)
                for assignment in load_deployment(
                    identity.app_principal, zone, [SUBSCRIPTION]
                ).assignments
            ]
            yield RunContext(identity, server, trust, tuple(assignments))
    finally:
        await identity.stop()


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in _QUIET]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


class Stage:
    """One world with its Resource Manager, and an operator.

    Args:
        context: what all worlds share.
        resources: what there is at the start.

    Attributes:
        world: the state.
        arm: Resource Manager.
        said: all that was logged, by anybody, as text.
    """

    def __init__(self, context: RunContext, resources: list[Resource]) -> None:
        self.world = World(Clock(), TENANT, (SUBSCRIPTION,))
        for resource in copy.deepcopy(resources):  # in one go: documents share parts
            self.world.put(resource)
        self.context = context
        identity = context.identity
        self.faults = Faults.of(self.world, identity)
        self.arm = ResourceManager(
            self.world,
            identity,
            list(context.assignments),
            web.Application(),
            context.server,
            faults=self.faults,
        )
        self.said: list[str] = []
        self._session: aiohttp.ClientSession | None = None
        self._operator: dict[str, str] = {}

    async def __aenter__(self) -> Self:
        await self.arm.start()
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=self.context.trust)
        )
        token = await self._token(self.context.identity.operator_header)
        self._operator = {"Authorization": f"Bearer {token}"}
        return self

    async def __aexit__(self, *_why: object) -> None:
        if self._session is not None:
            await self._session.close()
        await self.arm.stop()

    async def _token(self, header: str) -> str:
        assert self._session is not None
        identity = self.context.identity
        query = {"api-version": "2019-08-01", "resource": "https://management.azure.com"}
        headers = {"X-IDENTITY-HEADER": header}
        async with self._session.get(identity.url, params=query, headers=headers) as reply:
            return str((await reply.json())["access_token"])

    @property
    def history(self) -> History:
        """The world's history."""
        return self.faults.scene.history

    # ── The operator ────────────────────────────────────────────────────────

    async def put(self, resource_id: str, body: Json) -> None:
        """Write a resource and wait until that has ended."""
        await self._change("PUT", resource_id, body)

    async def delete(self, resource_id: str) -> None:
        """Delete a resource and wait until that has ended."""
        await self._change("DELETE", resource_id, None)

    async def _change(self, method: str, resource_id: str, body: Json | None) -> None:
        headers = await self._send(method, self._url(resource_id), body, self._operator)
        poll = headers.get("Azure-AsyncOperation") or headers.get("Location")
        while poll and not await self._is_done(poll):
            await asyncio.sleep(0.5)

    async def as_app(
        self, method: str, resource_id: str, body: Json | None = None, **conditions: str
    ) -> None:
        """One request of a villain who has got hold of the app's identity, and time to end."""
        token = await self._token(self.context.identity.app_header)
        names = {name.replace("_", "-"): value for name, value in conditions.items()}
        headers = {"Authorization": f"Bearer {token}", **names}
        await self._send(method, self._url(resource_id), body, headers)
        await asyncio.sleep(5)

    def _url(self, resource_id: str) -> str:
        version = next(version for part, version in _VERSIONS.items() if part in resource_id)
        return f"{self.arm.url}{resource_id}?api-version={version}"

    async def _send(self, method: str, url: str, body: Json | None, headers: dict[str, str]) -> Any:
        assert self._session is not None
        async with self._session.request(method, url, json=body, headers=headers) as reply:
            assert reply.status < 300 or (method, reply.status) == ("GET", 404), await reply.text()
            return reply.headers.copy()

    async def _is_done(self, url: str) -> bool:
        assert self._session is not None
        async with self._session.get(url, headers=self._operator) as reply:
            body = await reply.json() if reply.content_length else {}
            if (body or {}).get("status") == "Failed":
                raise AssertionError(body)
            running = reply.status in {201, 202} or (body or {}).get("status") == "InProgress"
            return not running

    # ── What is there ───────────────────────────────────────────────────────

    def resources(self) -> list[Resource]:
        """A copy of all there is, from which other worlds can be made."""
        return copy.deepcopy(list(self.world.everything()))

    def records(self) -> dict[str, tuple[str, ...]]:
        """The addresses of each A record set of the zone, by name."""
        return {
            record.body["name"]: tuple(
                sorted(item["ipv4Address"] for item in record.properties["aRecords"])
            )
            for record in self.world.of_type("Microsoft.Network/privateDnsZones/A", ZONE)
        }

    def linked(self) -> set[str]:
        """The names of the networks that are linked to the zone."""
        kind = "Microsoft.Network/privateDnsZones/virtualNetworkLinks"
        return {
            str(link.properties["virtualNetwork"]["id"]).rpartition("/")[2]
            for link in self.world.of_type(kind, ZONE)
        }


class Process:
    """The product as one process: runner, clients, connections; it can end at any moment.

    Args:
        stage: the world before it.
        seconds: the budget of one event.
        zones: the zones that it keeps.
        lists_subscriptions: whether it watches all that it can list, and not one that it is told.
    """

    def __init__(
        self,
        stage: Stage,
        seconds: float = 20.0,
        zones: tuple[Zone, ...] = (_KEPT,),
        *,
        lists_subscriptions: bool = False,
    ) -> None:
        self._stage = stage
        self._zones = zones
        self._watched = None if lists_subscriptions else frozenset({SUBSCRIPTION})
        self._seconds = seconds
        self._tasks: set[asyncio.Task[Any]] = set()
        self._clients = contextlib.AsyncExitStack()
        self._runner: EventHandler | None = None
        self._deployment: App | None = None

    async def __aenter__(self) -> Self:
        stage = self._stage
        session = await self._clients.enter_async_context(
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=stage.context.trust))
        )
        transport = AioHttpTransport(
            session=session, session_owner=False, connection_timeout=5, read_timeout=10
        )
        clients = Clients(ManagedIdentityCredential(), stage.arm.url, _SCOPE, transport)
        settings = Settings(self._zones, self._watched, OWNER, PUBLIC, None)
        estate = AzureAdapter(clients, settings.subscriptions)
        await self._clients.enter_async_context(estate)
        self._runner = EventHandler(make_context(estate, settings.zones), seconds=self._seconds)
        self._deployment = App(settings, estate)
        return self

    async def __aexit__(self, *_why: object) -> None:
        await self.end()

    def handle(self, event: Event) -> asyncio.Task[bool]:
        """Hand one event to the product; True if it acknowledges it, False if it raises."""
        token = _apps_tasks.set(self._tasks)
        try:
            return asyncio.get_running_loop().create_task(self._handle(event))
        finally:
            _apps_tasks.reset(token)

    async def _handle(self, event: Event) -> bool:
        assert self._runner is not None
        assert self._deployment is not None
        kind, subject = event
        now = dt.datetime.now(dt.UTC).isoformat()
        body = json.dumps({"subject": subject, "eventType": kind, "eventTime": now})
        try:
            if event == TIMER:
                await timer.full_sync(self._deployment)
            else:
                await self._runner.handle(body)
        except TransientError as error:
            self._stage.said.append(f"raised: {error}")
            return False
        return True

    async def plan_withdrawal(self) -> WithdrawResult:
        """What is shown to the person who takes the app out."""
        assert self._deployment is not None
        return await plan_withdrawal(self._deployment.context(), Deadline(60))

    async def withdraw(self, planned: WithdrawResult | None = None) -> WithdrawResult:
        """Do what was planned, or is planned now."""
        assert self._deployment is not None
        planned = planned or await self.plan_withdrawal()
        return await withdraw(planned, self._deployment.context(), Deadline(60))

    async def end(self) -> None:
        """End the process: whatever it was doing stops, and its connections close."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._clients.aclose()


@contextlib.contextmanager
def listening(said: list[str]) -> Iterator[None]:
    """Collect what is logged, by anybody, at any level that the product uses."""

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(f"{record.levelname} {record.name} {record.getMessage()}")

    root, product, ear = logging.getLogger(), logging.getLogger("acr_private_dns"), Ear()
    before = product.level
    product.setLevel(logging.INFO)
    root.addHandler(ear)
    try:
        yield
    finally:
        root.removeHandler(ear)
        product.setLevel(before)
