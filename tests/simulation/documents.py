"""The estate of the in-memory Azure as Azure's own documents, for a judge who knows only those."""

from collections.abc import Iterator

from shared.domain.resource_id import ResourceId
from shared.domain.resources import Endpoint, Interface, Registry
from shared.domain.zone import Link, RecordSet
from tests.judge.documents import Documents, Json
from tests.simulation.azure import Azure


def documents(azure: Azure) -> Documents:
    """Every document that Azure would answer a GET with."""
    return Documents(
        [
            *(document for one in azure.registries.values() for document in _registry(azure, one)),
            *map(_endpoint, azure.endpoints.values()),
            *(_interface(id_, one) for id_, one in azure.interfaces.items()),
            *(_network(azure, id_) for id_ in _networks(azure)),
            *_zones(azure),
        ]
    )


def _networks(azure: Azure) -> set[ResourceId]:
    """The networks that something is said of."""
    linked = (link for zone in azure.zones.values() for link in zone.links.values())
    return {
        *azure.peered,
        *azure.dns_servers,
        *(network for pair in azure.peerings for network in pair),
        *(endpoint.network for endpoint in azure.endpoints.values()),
        *(link.network for link in linked if link.network is not None),
    }


def _network(azure: Azure, id_: ResourceId) -> Json:
    remotes = {other for pair in azure.peerings if id_ in pair for other in pair - {id_}}
    peerings = [
        {
            "name": f"to-{remote.name}",
            "properties": {
                "peeringState": "Connected",
                "remoteVirtualNetwork": {"id": str(remote)},
            },
        }
        for remote in sorted(remotes)
    ]
    servers = list(azure.dns_servers.get(id_, ()))
    properties = {"virtualNetworkPeerings": peerings, "dhcpOptions": {"dnsServers": servers}}
    return {"id": str(id_), "properties": properties}


def _has_regional_endpoints(azure: Azure, registry: Registry) -> bool:
    """Whether interfaces of its endpoints give it names of that kind."""
    label = registry.login_server.partition(".")[0]
    fqdns = (member.fqdn for one in azure.interfaces.values() for member in one.members)
    return any(fqdn.startswith(f"{label}.") and ".geo." in fqdn for fqdn in fqdns)


def _registry(azure: Azure, registry: Registry) -> Iterator[Json]:
    connections = [
        {
            "properties": {
                "privateEndpoint": {"id": str(endpoint)},
                "privateLinkServiceConnectionState": {"status": status.value},
            }
        }
        for endpoint, status in registry.connections.items()
    ]
    regional = _has_regional_endpoints(azure, registry)
    properties = {
        "loginServer": registry.login_server,
        "publicNetworkAccess": "Enabled" if registry.is_public else "Disabled",
        "regionalEndpoints": "Enabled" if regional else "Disabled",
        "privateEndpointConnections": connections,
    }
    yield {"id": str(registry.id), "location": registry.region, "properties": properties}
    for replica in registry.replicas:
        yield {
            "id": f"{registry.id}/replications/{replica.region}",
            "location": replica.region,
            "properties": {"provisioningState": replica.state},
        }


def _endpoint(endpoint: Endpoint) -> Json:
    connections = [
        {
            "properties": {
                "privateLinkServiceId": str(registry),
                "privateLinkServiceConnectionState": {"status": status.value},
            }
        }
        for registry, status in endpoint.connections.items()
    ]
    properties = {
        "resourceGuid": endpoint.guid,
        "subnet": {"id": f"{endpoint.network}/subnets/default"},
        "networkInterfaces": [{"id": str(interface)} for interface in endpoint.interfaces],
        "privateLinkServiceConnections": connections,
    }
    return {"id": str(endpoint.id), "properties": properties}


def _interface(id_: ResourceId, interface: Interface) -> Json:
    configurations = [
        {
            "properties": {
                "privateIPAddress": member.address,
                "privateIPAddressVersion": "IPv4",
                "privateLinkConnectionProperties": {
                    "requiredMemberName": member.name,
                    "fqdns": [member.fqdn],
                },
            }
        }
        for member in interface.members
    ]
    return {"id": str(id_), "properties": {"ipConfigurations": configurations}}


def _zones(azure: Azure) -> Iterator[Json]:
    for zone, contents in azure.zones.items():
        yield {"id": str(zone), "name": zone.name, "properties": {}}
        for record in contents.records.values():
            yield _record(zone, record)
        for link in contents.links.values():
            yield _link(zone, link)


def _record(zone: ResourceId, record: RecordSet) -> Json:
    properties = {
        "ttl": record.ttl,
        "aRecords": [{"ipv4Address": address} for address in record.addresses],
        "metadata": dict(record.metadata),
    }
    return {"id": f"{zone}/A/{record.name}", "name": record.name, "properties": properties}


def _link(zone: ResourceId, link: Link) -> Json:
    state = "Completed" if link.state in ("Succeeded", "Deleting") else "InProgress"
    properties = {
        "virtualNetwork": {"id": str(link.network or "")},
        "virtualNetworkLinkState": state,
        "provisioningState": link.state,
        "registrationEnabled": link.has_registration,
        "resolutionPolicy": "NxDomainRedirect" if link.has_fallback else "Default",
    }
    id_ = f"{zone}/virtualNetworkLinks/{link.name}"
    return {"id": id_, "name": link.name, "tags": dict(link.tags), "properties": properties}
