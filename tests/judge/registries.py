"""What a registry is called, and whose endpoints give which address for a name."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from tests.judge.documents import (
    ENDPOINT,
    INTERFACE,
    REGISTRY,
    REPLICATION,
    Documents,
    Json,
)

_CONNECTION_ARRAYS = ("privateLinkServiceConnections", "manualPrivateLinkServiceConnections")


@dataclass(frozen=True)
class Member:
    """A name and address on the interface of a private endpoint.

    Attributes:
        name: FQDN in lower case.
        address: IPv4.
        network: ID of the endpoint's virtual network, in lower case.
        endpoint: ID of the endpoint, in lower case.
        registry: ID of its registry, in lower case.
        is_ready: whether both sides approve the connection now.
    """

    name: str
    address: str
    network: str
    endpoint: str
    registry: str
    is_ready: bool


def folded_region(location: str) -> str:
    """A location as names use it: "West Europe" is westeurope."""
    return location.replace(" ", "").lower()


def public_names(documents: Documents, registry: Json) -> set[str]:
    """The names of a registry that the public DNS knows: login, and one of data for each region.

    Regions are home and replicas that are Succeeded; where regional endpoints are
    switched on, each has a name of that kind too (docs/azure.md, Container Registry).
    """
    login = registry["properties"]["loginServer"].lower()
    label, _, suffix = login.partition(".")
    regions = {folded_region(registry["location"])}
    for replica in documents.of(REPLICATION, registry["id"]):
        if replica["properties"]["provisioningState"] == "Succeeded":
            regions.add(folded_region(replica["location"]))
    kinds = ["data"]
    if registry["properties"].get("regionalEndpoints") == "Enabled":
        kinds.append("geo")
    return {login} | {f"{label}.{region}.{kind}.{suffix}" for region in regions for kind in kinds}


def is_own_name(registry: Json, name: str) -> bool:
    """Whether a name can be no other registry's: its login server, or a name of a region."""
    label, _, suffix = registry["properties"]["loginServer"].lower().partition(".")
    first, *rest = name.removesuffix(f".{suffix}").split(".")
    is_regional = len(rest) == 2 and rest[1] in ("data", "geo")
    return name.endswith(f".{suffix}") and first == label and (not rest or is_regional)


def private_aliases(documents: Documents) -> dict[str, str]:
    """What public DNS says that names are aliases of, once their registry has a connection."""
    return {
        name: f"{name.removesuffix(f'.{suffix}')}.privatelink.{suffix}"
        for registry in documents.of(REGISTRY)
        if registry["properties"].get("privateEndpointConnections")
        for suffix in (registry["properties"]["loginServer"].lower().partition(".")[2],)
        for name in public_names(documents, registry)
    }


def is_public(documents: Documents, name: str) -> bool:
    """Whether the public answer for a name leads to a registry that takes public traffic."""
    return any(
        registry["properties"].get("publicNetworkAccess", "Enabled") == "Enabled"
        and name in public_names(documents, registry)
        for registry in documents.of(REGISTRY)
    )


def names(documents: Documents) -> set[str]:
    """Every name of every registry: those of the public DNS, and what interfaces give."""
    found = {member.name for member in members(documents)}
    for registry in documents.of(REGISTRY):
        found |= public_names(documents, registry)
    return found


def members(documents: Documents) -> Iterator[Member]:
    """Every name and address that an endpoint gives for its own registry."""
    for endpoint in documents.of(ENDPOINT):
        for registry_id, status in _connections(endpoint):
            registry = documents.get(registry_id)
            if registry is not None:
                is_ready = status == "Approved" and _approves(registry, endpoint["id"])
                yield from _members(documents, endpoint, registry, is_ready=is_ready)


def _members(
    documents: Documents, endpoint: Json, registry: Json, *, is_ready: bool
) -> Iterator[Member]:
    network = endpoint["properties"]["subnet"]["id"].lower().partition("/subnets/")[0]
    ids = (endpoint["id"].lower(), registry["id"].lower())
    for fqdn, address in _configurations(documents, endpoint):
        if is_own_name(registry, fqdn):
            yield Member(fqdn, address, network, *ids, is_ready)


def _configurations(documents: Documents, endpoint: Json) -> Iterator[tuple[str, str]]:
    """Each FQDN in lower case with its IPv4 address, on the endpoint's interfaces."""
    for reference in endpoint["properties"]["networkInterfaces"]:
        interface = documents.get(reference["id"])
        assert interface is None or INTERFACE in interface["id"].lower()
        for item in interface["properties"]["ipConfigurations"] if interface else ():
            properties = item["properties"]
            if properties.get("privateIPAddressVersion", "IPv4") == "IPv4":
                for fqdn in properties["privateLinkConnectionProperties"]["fqdns"]:
                    yield fqdn.lower(), properties["privateIPAddress"]


def _connections(endpoint: Json) -> Iterator[tuple[str, str]]:
    """Each registry that an endpoint leads to, with its own side's status."""
    arrays = (endpoint["properties"].get(array) or () for array in _CONNECTION_ARRAYS)
    for item in chain.from_iterable(arrays):
        properties = item["properties"]
        status = properties["privateLinkServiceConnectionState"]["status"]
        yield properties["privateLinkServiceId"], status


def _approves(registry: Json, endpoint_id: str) -> bool:
    """Whether the registry's side lists an Approved connection to the endpoint."""
    return any(
        item["properties"]["privateEndpoint"]["id"].lower() == endpoint_id.lower()
        and item["properties"]["privateLinkServiceConnectionState"]["status"] == "Approved"
        for item in registry["properties"].get("privateEndpointConnections") or ()
    )
