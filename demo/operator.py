"""An operator of the local Azure: builds and changes an estate with Microsoft's own SDKs.

Everything goes through public doors: Resource Manager over TLS, the identity
endpoint, the DNS servers, and the control surface under `/_simulator`.
"""

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Self, cast

import aiohttp
from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import AioHttpTransport
from azure.mgmt.containerregistry.aio import ContainerRegistryManagementClient
from azure.mgmt.network.aio import NetworkManagementClient
from azure.mgmt.privatedns.aio import PrivateDnsManagementClient

from demo.dig import Answer, dig

GROUP = "platform"
_SCOPES = ["https://management.azure.com/.default"]
_POLL_SECONDS = 0.1

type Json = dict[str, Any]


class _OperatorCredential:
    """The operator's token, from the endpoint that the line of `serve --json` names."""

    def __init__(self, session: aiohttp.ClientSession, line: Mapping[str, Any]) -> None:
        self._session = session
        self._line = line

    async def get_token(self, *_scopes: str, **_options: object) -> AccessToken:
        """A token with all rights."""
        query = {"api-version": "2019-08-01", "resource": "https://management.azure.com"}
        headers = {"X-IDENTITY-HEADER": self._line["operatorIdentityHeader"]}
        url = self._line["identityEndpoint"]
        async with self._session.get(url, params=query, headers=headers) as reply:
            body = await reply.json()
        return AccessToken(body["access_token"], int(body["expires_on"]))

    async def close(self) -> None:
        """Nothing of its own to close."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_why: object) -> None:
        return None


class Operator:
    """One person with all rights, in one subscription.

    Args:
        line: what `python -m simulator serve --json` printed.
        session: trusts the local Azure's CA.
        subscription: which of its subscriptions.
        group: the resource group that everything goes into.
    """

    def __init__(
        self,
        line: Mapping[str, Any],
        session: aiohttp.ClientSession,
        subscription: int = 0,
        group: str = GROUP,
    ) -> None:
        self.line = line
        self.session = session
        self.group = group
        self.subscription: str = line["subscriptions"][subscription]
        self._options: Json = {
            "credential": _OperatorCredential(session, line),
            "subscription_id": self.subscription,
            "base_url": line["arm"],
            "credential_scopes": _SCOPES,
            "polling_interval": _POLL_SECONDS,
            "transport": AioHttpTransport(session=session, session_owner=False),
        }
        # The clients' stubs leave out that bodies may be plain JSON.
        self.networks: Any = NetworkManagementClient(**self._options)
        self.registries: Any = ContainerRegistryManagementClient(**self._options)
        self.zones: Any = PrivateDnsManagementClient(**self._options)

    def id_of(self, kind: str, name: str) -> str:
        """The ID of a resource in the operator's group."""
        group = f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"
        return f"{group}/providers/{kind}/{name}"

    # ── The estate ──────────────────────────────────────────────────────────

    async def create_network(self, name: str, prefix: str, region: str = "westeurope") -> None:
        """A virtual network with one subnet, `endpoints`, over the whole of it."""
        subnet = {"name": "endpoints", "properties": {"addressPrefix": prefix}}
        properties = {"addressSpace": {"addressPrefixes": [prefix]}, "subnets": [subnet]}
        body = {"location": region, "properties": properties}
        await self._done(
            self.networks.virtual_networks.begin_create_or_update(self.group, name, body)
        )

    async def create_registry(
        self, name: str, region: str = "westeurope", **properties: object
    ) -> str:
        """A Premium registry, or new properties of one that is there; returns its ID."""
        body = {"location": region, "sku": {"name": "Premium"}, "properties": properties}
        await self._done(self.registries.registries.begin_create(self.group, name, body))
        return self.id_of("Microsoft.ContainerRegistry/registries", name)

    async def delete_registry(self, name: str) -> None:
        """A registry, with its replicas and connections."""
        await self._done(self.registries.registries.begin_delete(self.group, name))

    async def create_replica(self, registry: str, region: str) -> None:
        """A geo-replica, named after its region."""
        body = {"location": region}
        await self._done(
            self.registries.replications.begin_create(self.group, registry, region, body)
        )

    async def delete_replica(self, registry: str, region: str) -> None:
        """A geo-replica."""
        await self._done(self.registries.replications.begin_delete(self.group, registry, region))

    async def create_endpoint(  # noqa: PLR0913 - what varies in a story is named there
        self,
        name: str,
        network: str,
        target: str,
        group_id: str = "registry",
        *,
        manual: bool = False,
        static: Mapping[str, str] | None = None,
        region: str = "westeurope",
    ) -> None:
        """A private endpoint to a target resource, with `static` addresses by member, if any.

        By the operator's own rights it is approved at once; a `manual` one waits for `decide`.
        """
        subnet = self.id_of("Microsoft.Network/virtualNetworks", network) + "/subnets/endpoints"
        link = {"privateLinkServiceId": target, "groupIds": [group_id]}
        array = "manualPrivateLinkServiceConnections" if manual else "privateLinkServiceConnections"
        body = {
            "location": region,
            "properties": {
                "subnet": {"id": subnet},
                array: [{"name": "connection", "properties": link}],
                "ipConfigurations": [
                    {"properties": {"memberName": member, "privateIPAddress": address}}
                    for member, address in (static or {}).items()
                ],
            },
        }
        await self._done(
            self.networks.private_endpoints.begin_create_or_update(self.group, name, body)
        )

    async def decide(self, registry: str, endpoint: str, status: str) -> None:
        """Approve or reject an endpoint's connection, on the registry's side."""
        one = await self._connection(registry, endpoint)
        state = {"status": status, "description": "decided by the operator"}
        properties = {**one["properties"], "privateLinkServiceConnectionState": state}
        begin = self.registries.private_endpoint_connections.begin_create_or_update
        await self._done(begin(self.group, registry, one["name"], {"properties": properties}))

    async def disconnect(self, registry: str, endpoint: str) -> None:
        """Delete an endpoint's connection, on the registry's side."""
        one = await self._connection(registry, endpoint)
        begin = self.registries.private_endpoint_connections.begin_delete
        await self._done(begin(self.group, registry, one["name"]))

    async def _connection(self, registry: str, endpoint: str) -> Json:
        connections = self.registries.private_endpoint_connections
        wanted = f"/privateEndpoints/{endpoint}".lower()
        found = [item.as_dict() async for item in connections.list(self.group, registry)]
        (one,) = [
            item
            for item in found
            if item["properties"]["privateEndpoint"]["id"].lower().endswith(wanted)
        ]
        return cast("Json", one)

    async def delete_endpoint(self, name: str) -> None:
        """A private endpoint, with its interface."""
        await self._done(self.networks.private_endpoints.begin_delete(self.group, name))

    async def create_zone_group(self, endpoint: str) -> None:
        """Azure's own record keeping for an endpoint, in the kept zone."""
        config = {"name": "default", "properties": {"privateDnsZoneId": self.line["zone"]}}
        body = {"properties": {"privateDnsZoneConfigs": [config]}}
        begin = self.networks.private_dns_zone_groups.begin_create_or_update
        await self._done(begin(self.group, endpoint, "default", body))

    async def delete_zone_group(self, endpoint: str) -> None:
        """An endpoint's zone group, with the records that it keeps."""
        groups = self.networks.private_dns_zone_groups
        await self._done(groups.begin_delete(self.group, endpoint, "default"))

    async def peer(self, network: str, other: str, owner: "Operator | None" = None) -> None:
        """One side of a peering, to another network of one's own, or of another operator's."""
        remote_id = (owner or self).id_of("Microsoft.Network/virtualNetworks", other)
        body = {"properties": {"remoteVirtualNetwork": {"id": remote_id}}}
        begin = self.networks.virtual_network_peerings.begin_create_or_update
        await self._done(begin(self.group, network, f"to-{other}", body))

    async def create_zone(self, group: str) -> str:
        """Another zone with the kept zone's name, in another group; returns its ID."""
        _, zone = self._zone()
        begin = self.zones.private_zones.begin_create_or_update
        await self._done(begin(group, zone, {"location": "global"}))
        return self.id_of("Microsoft.Network/privateDnsZones", zone).replace(self.group, group)

    async def link(self, name: str, network: str, group: str | None = None) -> None:
        """A link of a network to the kept zone, or to the zone of its name in another group."""
        mine, zone = self._zone()
        target = {"id": self.id_of("Microsoft.Network/virtualNetworks", network)}
        properties = {"virtualNetwork": target, "registrationEnabled": False}
        body = {"location": "global", "properties": properties}
        begin = self.zones.virtual_network_links.begin_create_or_update
        await self._done(begin(group or mine, zone, name, body))

    async def unlink(self, name: str, group: str | None = None) -> None:
        """Delete a link of the kept zone, or of the zone of its name in another group."""
        mine, zone = self._zone()
        await self._done(self.zones.virtual_network_links.begin_delete(group or mine, zone, name))

    async def delete_network(self, name: str) -> None:
        """A virtual network in which nothing stands."""
        await self._done(self.networks.virtual_networks.begin_delete(self.group, name))

    @staticmethod
    async def _done(begun: Any) -> None:  # noqa: ANN401 - any client's poller
        await (await begun).result()

    # ── The zone, as it stands in Azure ─────────────────────────────────────

    async def records(self) -> dict[str, tuple[str, ...]]:
        """What the kept zone holds: addresses by record name."""
        group, zone = self._zone()
        sets = [
            item.as_dict() async for item in self.zones.record_sets.list_by_type(group, zone, "A")
        ]
        return {
            item["name"]: tuple(a["ipv4Address"] for a in item["properties"].get("aRecords", ()))
            for item in sets
        }

    async def record(self, name: str) -> Json:
        """One record set of the kept zone, as Azure shows it."""
        group, zone = self._zone()
        found = await self.zones.record_sets.get(group, zone, "A", name)
        return cast("Json", found.as_dict())

    async def put_record(
        self, name: str, *addresses: str, ttl: int = 3600, metadata: Mapping[str, str] | None = None
    ) -> None:
        """Write a record set of the kept zone by hand, whatever stands there."""
        group, zone = self._zone()
        properties = {
            "ttl": ttl,
            "aRecords": [{"ipv4Address": address} for address in addresses],
            "metadata": dict(metadata or {}),
        }
        body = {"properties": properties}
        await self.zones.record_sets.create_or_update(group, zone, "A", name, body)

    async def delete_record(self, name: str) -> None:
        """Delete a record set of the kept zone by hand."""
        group, zone = self._zone()
        await self.zones.record_sets.delete(group, zone, "A", name)

    async def links(self) -> dict[str, Json]:
        """The kept zone's links, by name."""
        group, zone = self._zone()
        links = self.zones.virtual_network_links.list(group, zone)
        return {item["name"]: item.as_dict() async for item in links}

    def _zone(self) -> tuple[str, str]:
        parts = self.line["zone"].split("/")
        return parts[4], parts[-1]

    # ── The control surface and DNS ─────────────────────────────────────────

    async def watch(self, path: str, **query: str) -> Any:  # noqa: ANN401 - JSON
        """Read something under `/_simulator`."""
        url = f"{self.line['arm']}/_simulator/{path}"
        async with self.session.get(url, params=query) as reply:
            reply.raise_for_status()
            return await reply.json()

    async def control(self, path: str, **body: object) -> None:
        """Set something under `/_simulator`."""
        url = f"{self.line['arm']}/_simulator/{path}"
        async with self.session.put(url, json=body) as reply:
            reply.raise_for_status()

    async def fire(self, function: str) -> None:
        """Let a timer strike now, as the real host's administrators can."""
        url = f"{self.line['functions']}/admin/functions/{function}"
        headers = {"x-functions-key": self.line["functionsKey"]}
        async with self.session.post(url, headers=headers, json={}) as reply:
            reply.raise_for_status()

    async def resolve(self, name: str, network: str | None = None) -> Answer:
        """Resolve a name as inside a network, or as the public sees it."""
        places = await self.watch("networks")
        place = places["public"]
        if network is not None:
            place = next(item for item in places["networks"] if item["name"] == network)
        return await dig(place["address"], place["port"], name)


@asynccontextmanager
async def operators(line: Mapping[str, Any]) -> AsyncIterator[list[Operator]]:
    """One operator for each subscription of a running local Azure."""
    async with AsyncExitStack() as stack:
        trust = ssl.create_default_context(cafile=line["caFile"])
        connector = aiohttp.TCPConnector(ssl=trust)
        session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        yield [Operator(line, session, number) for number in range(len(line["subscriptions"]))]
