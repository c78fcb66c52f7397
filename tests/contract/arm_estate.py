"""What the contract tests of Resource Manager stand on: the server, the SDK clients, an estate."""

import asyncio
import contextlib
import datetime as dt
import ssl
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import trustme
from aiohttp import web
from azure.core.pipeline.transport import AioHttpTransport
from azure.identity.aio import ManagedIdentityCredential
from azure.mgmt.containerregistry.aio import ContainerRegistryManagementClient
from azure.mgmt.network.aio import NetworkManagementClient
from azure.mgmt.privatedns.aio import PrivateDnsManagementClient

from simulator.arm.server import ResourceManager
from simulator.clock import Clock
from simulator.deployment import load_deployment
from simulator.identity import Identity
from simulator.world import Happened, Json, World

TENANT = "11111111-1111-1111-1111-111111111111"
SUBSCRIPTION = "22222222-2222-2222-2222-222222222222"
OTHER = "33333333-3333-3333-3333-333333333333"
GROUP = "net-rg"
SCOPE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}"
NETWORK = f"{SCOPE}/providers/Microsoft.Network/virtualNetworks/hub"
SUBNET = f"{NETWORK}/subnets/endpoints"
REGISTRY = f"{SCOPE}/providers/Microsoft.ContainerRegistry/registries/contoso"
ENDPOINT = f"{SCOPE}/providers/Microsoft.Network/privateEndpoints/contoso-pe"
ZONE = f"{SCOPE}/providers/Microsoft.Network/privateDnsZones/privatelink.azurecr.io"
SCOPES = ["https://management.azure.com/.default"]
FAST: dict[str, Any] = {"polling_interval": 0.01}
JOIN = ("Microsoft.Network/virtualNetworks/join/action",)

VERSIONS = {
    "/providers/microsoft.authorization": "2016-09-01",
    "/providers/microsoft.network/privatednszones": "2024-06-01",
    "/providers/microsoft.containerregistry": "2025-11-01",
    "/providers/microsoft.network": "2024-05-01",
    "/subscriptions": "2022-12-01",
}
"""The API versions that the raw tests speak, by the first part that a path holds."""


@dataclass
class Wire:
    """One raw answer.

    Attributes:
        status: HTTP status.
        headers: headers by lower-case name.
        text: the body as sent.
        body: the body as JSON, or None.
    """

    status: int
    headers: dict[str, str]
    text: str
    body: Any = None


@dataclass
class Cloud:
    """A running local Azure of two rooms, and the real clients for it.

    Attributes:
        world: its state.
        arm: its Resource Manager.
        identity: its token endpoint.
        events: everything that happened.
        network: SDK client of the operator; untyped, since the clients take JSON
            bodies and their stubs do not.
        registries: SDK client of the operator.
        dns: SDK client of the operator.
        session: for requests on the raw wire.
    """

    world: World
    arm: ResourceManager
    identity: Identity
    network: Any
    registries: Any
    dns: Any
    session: aiohttp.ClientSession
    events: list[Happened] = field(default_factory=list)

    async def token(self, header: str) -> str:
        """A token from the identity endpoint."""
        query = {"api-version": "2019-08-01", "resource": "https://management.azure.com"}
        headers = {"X-IDENTITY-HEADER": header}
        async with self.session.get(self.identity.url, params=query, headers=headers) as response:
            return str((await response.json())["access_token"])

    async def send(  # noqa: PLR0913 - a raw request has this many parts
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        version: str = "",
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        who: str = "",
    ) -> Wire:
        """Send one raw request, as the operator unless `who` is another identity header."""
        url, params = f"{self.arm.url}{path}", dict(query or {})
        if path.startswith("https://"):
            url = path
        else:
            params["api-version"] = version or version_for(path)
        token = await self.token(who or self.identity.operator_header)
        sent = {"Authorization": f"Bearer {token}", **(headers or {})}
        async with self.session.request(
            method, url, params=params, json=body, headers=sent
        ) as response:
            text = await response.text()
            found = {name.lower(): value for name, value in response.headers.items()}
            return Wire(response.status, found, text, await response.json() if text else None)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Time all but stands still, so that what is under way can be looked at."""
        clock = self.world.clock
        scale, clock.scale = clock.scale, 1e-6
        try:
            yield
        finally:
            clock.scale = scale

    async def settle(self, answer: Wire) -> Wire:
        """Poll an operation to its end, and give the last answer."""
        url = answer.headers.get("azure-asyncoperation") or answer.headers.get("location")
        assert url, f"no operation to poll in {answer}"
        while True:
            polled = await self.send("GET", url)
            word = (polled.body or {}).get("status")
            if polled.status not in {201, 202} and word != "InProgress":
                return polled
            await self.world.clock.sleep(0.1)

    async def put(self, resource_id: str, body: Json) -> Wire:
        """Write a resource by raw PUT and wait for the end of it."""
        answer = await self.send("PUT", resource_id, body)
        assert answer.status < 300, answer.text
        return await self.settle(answer) if "azure-asyncoperation" in answer.headers else answer

    async def get(self, resource_id: str) -> Any:
        """A resource's document, read raw."""
        answer = await self.send("GET", resource_id)
        assert answer.status == 200, answer.text
        return answer.body

    def told(self) -> list[tuple[str, str]]:
        """Operation and last segment of the resource ID of all that happened, in order."""
        return [(e.operation, e.resource_id.rpartition("/")[2]) for e in self.events]

    async def estate(self) -> None:
        """A network with one subnet, a Premium registry, and one endpoint between them."""
        await self.put(
            NETWORK,
            {
                "location": "westeurope",
                "properties": {
                    "addressSpace": {"addressPrefixes": ["10.1.0.0/16"]},
                    "subnets": [
                        {"name": "endpoints", "properties": {"addressPrefix": "10.1.0.0/24"}}
                    ],
                },
            },
        )
        await self.put(REGISTRY, {"location": "westeurope", "sku": {"name": "Premium"}})
        await self.put(ENDPOINT, endpoint_body())

    async def zone(self) -> None:
        """The private zone of all registries."""
        await self.put(ZONE, {"location": "global"})

    async def members(self, endpoint_id: str = ENDPOINT) -> dict[str, tuple[str, str]]:
        """Member name to FQDN and address, from the endpoint's interface, in its order."""
        endpoint = await self.get(endpoint_id)
        interface = await self.get(endpoint["properties"]["networkInterfaces"][0]["id"])
        found = {}
        for item in interface["properties"]["ipConfigurations"]:
            link = item["properties"]["privateLinkConnectionProperties"]
            address = item["properties"]["privateIPAddress"]
            found[link["requiredMemberName"]] = (link["fqdns"][0], address)
        return found

    async def grown_to(self, count: int, endpoint_id: str = ENDPOINT) -> None:
        """Wait until an endpoint's interface has so many members."""
        while len(await self.members(endpoint_id)) < count:
            await asyncio.sleep(0.01)


def version_for(path: str) -> str:
    """An API version that the path's provider knows."""
    parts = (version for part, version in VERSIONS.items() if part in path.lower())
    return next(parts, "2022-12-01")


def endpoint_body(*, manual: bool = False, subnet: str = SUBNET, registry: str = REGISTRY) -> Json:
    """The PUT of an endpoint to a registry."""
    array = "manualPrivateLinkServiceConnections" if manual else "privateLinkServiceConnections"
    connection = {
        "name": "to-registry",
        "properties": {"privateLinkServiceId": registry, "groupIds": ["registry"]},
    }
    return {
        "location": "westeurope",
        "properties": {"subnet": {"id": subnet}, array: [connection]},
    }


@contextlib.asynccontextmanager
async def running(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    page_size: int = 100,
    lifetime: dt.timedelta = dt.timedelta(hours=1),
) -> AsyncIterator[Cloud]:
    """Both rooms and the clients for them, started and stopped.

    The app's identity holds exactly the rights that are deployed where one subscription is
    watched, but may join one network alone, as it is deployed where a platform team wants that.
    """
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    world = World(Clock(50), TENANT, (SUBSCRIPTION, OTHER))
    identity = Identity(TENANT, lifetime=lifetime)
    deployment = load_deployment(identity.app_principal, ZONE, [SUBSCRIPTION])
    assignments = [
        replace(one, scope=NETWORK) if one.role_actions == JOIN else one
        for one in deployment.assignments
    ]
    arm = ResourceManager(
        world, identity, assignments, web.Application(), context, page_size=page_size
    )
    await identity.start()
    await arm.start()
    monkeypatch.setenv("IDENTITY_ENDPOINT", identity.url)
    monkeypatch.setenv("IDENTITY_HEADER", identity.operator_header)
    try:
        trust = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
        async with _connected(world, identity, arm, trust) as cloud:
            yield cloud
    finally:
        await arm.stop()
        await identity.stop()


@contextlib.asynccontextmanager
async def _connected(
    world: World, identity: Identity, arm: ResourceManager, trust: ssl.SSLContext
) -> AsyncIterator[Cloud]:
    """The operator's clients.

    aiohttp reads SSL_CERT_FILE once, when it is imported: too early for a test,
    so all clients share a session that trusts this test's authority.
    """
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trust)) as session,
        ManagedIdentityCredential() as credential,
    ):
        options: dict[str, Any] = {
            "base_url": arm.url,
            "credential_scopes": SCOPES,
            "transport": AioHttpTransport(session=session, session_owner=False),
        }
        async with (
            NetworkManagementClient(credential, SUBSCRIPTION, **options) as network,
            ContainerRegistryManagementClient(credential, SUBSCRIPTION, **options) as registries,
            PrivateDnsManagementClient(credential, SUBSCRIPTION, **options) as dns,
        ):
            cloud = Cloud(world, arm, identity, network, registries, dns, session)
            world.listen(cloud.events.append)
            yield cloud
