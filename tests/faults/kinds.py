"""Kinds of run: what there is, what changes, which events Azure raises, and what is right then.

Names and addresses are literal: the interfaces of the local Azure give the home
data member the first free address of the subnet, then the login server's, then
the replicas'.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from simulator.world import Json
from tests.faults.stage import (
    DELETED,
    NETWORKING,
    REGISTRY,
    TIMER,
    WRITTEN,
    ZONE,
    Event,
    Stage,
)

PE_A = f"{NETWORKING}/privateEndpoints/pe-a"
PE_B = f"{NETWORKING}/privateEndpoints/pe-b"
REPLICA = f"{REGISTRY}/replications/northeurope"
GROUP_OF_A = f"{PE_A}/privateDnsZoneGroups/default"

LOGIN, WEST, NORTH = "myregistry", "myregistry.westeurope.data", "myregistry.northeurope.data"
IN_A = {LOGIN: ("10.1.0.5",), WEST: ("10.1.0.4",)}
IN_B = {LOGIN: ("10.2.0.5",), WEST: ("10.2.0.4",)}

FOREIGN: dict[str, Json] = {
    "printer": {"ttl": 300, "aRecords": [{"ipv4Address": "10.9.9.9"}]},
    "other": {
        "ttl": 60,
        "aRecords": [{"ipv4Address": "10.9.9.8"}],
        "metadata": {"acrPrivateDns": "another-deployment"},
    },
}
"""What others keep in the zone, as it is before and has to be after."""
UNMANAGED_RECORDS = {"printer": ("10.9.9.9",), "other": ("10.9.9.8",)}


@dataclass(frozen=True)
class Kind:
    """One kind of run.

    Attributes:
        name: for the test's ID.
        setup: makes the estate.
        before: events that publish it, before anything goes wrong.
        change: what an operator then does.
        events: what Azure raises about it; or the timer alone, where no event tells of it.
        records: the zone's records of ours in the end.
        linked: the networks of ours that are linked to the zone in the end.
        unlinked: the networks that lose their link. If such a run is cut short after its
            records went, no mark tells of the network any more when the event comes again.
        restored: whether the zone's records of ours end as they were before the change.
        lists_subscriptions: whether the app watches all subscriptions that it can list.
    """

    name: str
    setup: Callable[[Stage], Awaitable[None]]
    before: tuple[Event, ...]
    change: Callable[[Stage], Awaitable[None]]
    events: tuple[Event, ...]
    records: Mapping[str, tuple[str, ...]]
    linked: frozenset[str]
    unlinked: frozenset[str] = frozenset()
    restored: bool = False
    lists_subscriptions: bool = False

    @property
    def whole(self) -> bool:
        """Whether the runs are full syncs."""
        return self.events == (TIMER,)


async def network(stage: Stage, letter: str, number: int) -> None:
    """A network with one subnet, `10.<number>.0.0/24`."""
    prefix = f"10.{number}.0.0/24"
    subnet = {"name": "default", "properties": {"addressPrefix": prefix}}
    properties = {"addressSpace": {"addressPrefixes": [prefix]}, "subnets": [subnet]}
    body = {"location": "westeurope", "properties": properties}
    await stage.put(f"{NETWORKING}/virtualNetworks/net-{letter}", body)


async def peering(stage: Stage, one: str, other: str) -> None:
    """Two networks that reach each other."""
    for near, far in ((one, other), (other, one)):
        remote = {"remoteVirtualNetwork": {"id": f"{NETWORKING}/virtualNetworks/net-{far}"}}
        peering_id = f"{NETWORKING}/virtualNetworks/net-{near}/virtualNetworkPeerings/to-{far}"
        await stage.put(peering_id, {"properties": remote})


async def registry(stage: Stage, registry_id: str = REGISTRY) -> None:
    """A registry, Premium, at home in West Europe."""
    await stage.put(registry_id, {"location": "westeurope", "sku": {"name": "Premium"}})


async def endpoint(
    stage: Stage, endpoint_id: str, letter: str, registry_id: str = REGISTRY
) -> None:
    """An endpoint of a registry in a network."""
    subnet = f"{NETWORKING}/virtualNetworks/net-{letter}/subnets/default"
    connection = {
        "name": "to-registry",
        "properties": {"privateLinkServiceId": registry_id, "groupIds": ["registry"]},
    }
    properties = {"subnet": {"id": subnet}, "privateLinkServiceConnections": [connection]}
    await stage.put(endpoint_id, {"location": "westeurope", "properties": properties})


async def replica(stage: Stage) -> None:
    """A replica in North Europe."""
    await stage.put(REPLICA, {"location": "northeurope"})


async def zone_group(stage: Stage) -> None:
    """A zone group of the first endpoint, for our zone."""
    config = {"name": "acr", "properties": {"privateDnsZoneId": ZONE}}
    await stage.put(GROUP_OF_A, {"properties": {"privateDnsZoneConfigs": [config]}})


async def zone(stage: Stage) -> None:
    """The zone, with what others keep in it: two records, and a link."""
    await stage.put(ZONE, {"location": "global"})
    for name, properties in FOREIGN.items():
        await stage.put(f"{ZONE}/A/{name}", {"properties": properties})
    await network(stage, "hub", 200)
    hub = f"{NETWORKING}/virtualNetworks/net-hub"
    link = {"location": "global", "properties": {"virtualNetwork": {"id": hub}}}
    await stage.put(f"{ZONE}/virtualNetworkLinks/hub", link)


async def _nothing_but_a_registry(stage: Stage) -> None:
    await zone(stage)
    await network(stage, "a", 1)
    await registry(stage)


async def one_endpoint(stage: Stage) -> None:
    await _nothing_but_a_registry(stage)
    await endpoint(stage, PE_A, "a")


async def _replicated(stage: Stage) -> None:
    await _nothing_but_a_registry(stage)
    await replica(stage)
    await endpoint(stage, PE_A, "a")


async def two_endpoints(stage: Stage) -> None:
    await one_endpoint(stage)
    await network(stage, "b", 2)
    await endpoint(stage, PE_B, "b")


async def _grouped(stage: Stage) -> None:
    await one_endpoint(stage)
    await zone_group(stage)


async def _second_network(stage: Stage) -> None:
    await one_endpoint(stage)
    await network(stage, "b", 2)


async def _make_endpoint(stage: Stage) -> None:
    await endpoint(stage, PE_A, "a")


async def delete_endpoint(stage: Stage) -> None:
    await stage.delete(PE_A)


async def _delete_replica(stage: Stage) -> None:
    await stage.delete(REPLICA)


async def _delete_registry(stage: Stage) -> None:
    await stage.delete(REGISTRY)


async def _delete_zone_group(stage: Stage) -> None:
    await stage.delete(GROUP_OF_A)


async def reject(stage: Stage) -> None:
    kind = "Microsoft.ContainerRegistry/registries/privateEndpointConnections"
    (connection,) = stage.world.of_type(kind)
    state = {"status": "Rejected", "description": "no longer wanted"}
    await stage.put(connection.id, {"properties": {"privateLinkServiceConnectionState": state}})


async def _make_again_elsewhere(stage: Stage) -> None:
    await stage.delete(PE_A)
    await endpoint(stage, PE_A, "b")


_A_WRITTEN = (WRITTEN, PE_A)
_BOTH_WRITTEN = (_A_WRITTEN, (WRITTEN, PE_B))
_CONNECTION = f"{REGISTRY}/privateEndpointConnections/myregistry.0123456789abcdef"
_IN_A, _IN_B, _NOWHERE = frozenset({"net-a"}), frozenset({"net-b"}), frozenset[str]()

KINDS = (
    Kind(
        "endpoint-written",
        _nothing_but_a_registry,
        (),
        _make_endpoint,
        (_A_WRITTEN,),
        IN_A,
        _IN_A,
    ),
    Kind(
        "endpoint-written-in-a-listed-subscription",
        _nothing_but_a_registry,
        (),
        _make_endpoint,
        (_A_WRITTEN,),
        IN_A,
        _IN_A,
        lists_subscriptions=True,
    ),
    Kind(
        "replica-created",
        one_endpoint,
        (_A_WRITTEN,),
        replica,
        ((WRITTEN, REPLICA),),
        {**IN_A, NORTH: ("10.1.0.6",)},
        _IN_A,
    ),
    Kind(
        "replica-deleted",
        _replicated,
        (_A_WRITTEN,),
        _delete_replica,
        ((DELETED, REPLICA),),
        IN_A,
        _IN_A,
    ),
    Kind(
        "last-endpoint-deleted",
        one_endpoint,
        (_A_WRITTEN,),
        delete_endpoint,
        ((DELETED, PE_A),),
        {},
        _NOWHERE,
        _IN_A,
    ),
    Kind(
        "one-of-two-endpoints-deleted",
        two_endpoints,
        _BOTH_WRITTEN,
        delete_endpoint,
        ((DELETED, PE_A),),
        IN_B,
        _IN_B,
        _IN_A,
    ),
    Kind(
        "registry-deleted",
        one_endpoint,
        (_A_WRITTEN,),
        _delete_registry,
        ((DELETED, REGISTRY),),
        {},
        _NOWHERE,
        _IN_A,
    ),
    Kind(
        "connection-rejected",
        one_endpoint,
        (_A_WRITTEN,),
        reject,
        ((WRITTEN, _CONNECTION),),
        {},
        _NOWHERE,
        _IN_A,
    ),
    Kind(
        "zone-group-removed",
        _grouped,
        (),
        _delete_zone_group,
        ((DELETED, GROUP_OF_A),),
        IN_A,
        _IN_A,
    ),
    Kind(
        "endpoint-made-again-elsewhere",
        _second_network,
        (_A_WRITTEN,),
        _make_again_elsewhere,
        ((DELETED, PE_A), _A_WRITTEN),
        IN_B,
        _IN_B,
        _IN_A,
    ),
)
