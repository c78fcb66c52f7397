"""The public DNS, as far as registries are in it.

The chain is the one of Microsoft's guide (reference/container-registry-private-link.md,
"Validate private link connection"); its addresses are from the ranges that
RFC 5737 keeps for documentation, so that nothing here can point at a real host.
"""

import hashlib
from collections.abc import Iterator

from simulator.dns.records import Addresses, Alias, Empty, Found, Missing, Record, is_within
from simulator.world import Resource, World

_REGISTRY = "Microsoft.ContainerRegistry/registries"
_REPLICATION = f"{_REGISTRY}/replications"
_CONNECTION = f"{_REGISTRY}/privateEndpointConnections"

PRIVATELINK_TTL = 1783
_FRONT_TTL = 2881
_CHAIN_TTL = 300
_ADDRESS_TTL = 10
_BLOB = "blob.core.windows.net"


def look_up(world: World, name: str) -> Found:
    """What the public DNS holds for a name."""
    if name != _BLOB and is_within(name, _BLOB):
        return Addresses((_address(name),), _ADDRESS_TTL)
    names = dict(_names(world))
    if name in names:
        return names[name]
    below = f".{name}"
    return Empty() if any(one.endswith(below) for one in names) else Missing()


def soa(name: str) -> Record:
    """The SOA record that comes with the denial of a public name."""
    zone = ".".join(name.split(".")[-2:])
    fields = "ns1-01.azure-dns.com. azuredns-hostmaster.microsoft.com. 1 3600 300 2419200 300"
    return Record(zone, "SOA", _CHAIN_TTL, fields)


def _names(world: World) -> Iterator[tuple[str, Found]]:
    connected = {_parent(connection) for connection in world.of_type(_CONNECTION)}
    replicas: dict[str, set[str]] = {}
    for replica in world.of_type(_REPLICATION):
        if replica.properties.get("provisioningState") == "Succeeded":
            replicas.setdefault(_parent(replica), set()).add(_region(replica))
    for registry in world.of_type(_REGISTRY):
        key = registry.id.lower()
        regions = {_region(registry)} | replicas.get(key, set())
        yield from _registry(registry, regions, private=key in connected)


def _registry(
    registry: Resource, regions: set[str], *, private: bool
) -> Iterator[tuple[str, Found]]:
    """All public names of a registry; `private` if it has a private endpoint connection."""
    properties = registry.properties
    label, _, suffix = str(properties["loginServer"]).lower().partition(".")
    yield from _endpoint(label, suffix, _region(registry), private=private)
    kinds = ["data"]
    if properties.get("regionalEndpoints") == "Enabled":
        kinds.append("geo")
    for region in sorted(regions):
        for kind in kinds:
            yield from _endpoint(f"{label}.{region}.{kind}", suffix, region, private=private)


def _endpoint(
    relative: str, suffix: str, region: str, *, private: bool
) -> Iterator[tuple[str, Found]]:
    """The chain from one endpoint's name to its public address."""
    name = f"{relative}.{suffix}"
    digest = hashlib.sha256(f"{name} {region}".encode()).hexdigest()[:8]
    front, balancer = f"{digest}.fe.azcr.io", f"{digest}-acr-reg.trafficmanager.net"
    host = f"{digest}.{region}.cloudapp.azure.com"
    if private:
        privatelink = f"{relative}.privatelink.{suffix}"
        yield name, Alias(privatelink, PRIVATELINK_TTL)
        name = privatelink
    yield name, Alias(front, _FRONT_TTL)
    yield front, Alias(balancer, _CHAIN_TTL)
    yield balancer, Alias(host, _CHAIN_TTL)
    yield host, Addresses((_address(host),), _ADDRESS_TTL)


def _address(name: str) -> str:
    digest = hashlib.sha256(name.encode()).digest()
    network = "203.0.113" if digest[0] % 2 else "198.51.100"
    return f"{network}.{digest[1] % 254 + 1}"


def _parent(resource: Resource) -> str:
    return resource.id.lower().rsplit("/", 2)[0]


def _region(resource: Resource) -> str:
    return str(resource.body["location"]).replace(" ", "").lower()
