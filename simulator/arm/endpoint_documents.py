"""The documents of private endpoints and of their interfaces."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from simulator.arm.fabric import weak_etag
from simulator.world import Json, Resource, World

ENDPOINT = "Microsoft.Network/privateEndpoints"
INTERFACE = "Microsoft.Network/networkInterfaces"
ZONE_GROUP = "Microsoft.Network/privateEndpoints/privateDnsZoneGroups"
ARRAYS = ("privateLinkServiceConnections", "manualPrivateLinkServiceConnections")


@dataclass(frozen=True, slots=True)
class Member:
    """One name with its address on an interface.

    Attributes:
        group: the sub-resource, as "registry" or "blob".
        name: the member, as "registry_data_westeurope".
        fqdn: its public name.
        address: its private address.
        static: whether the caller chose the address.
    """

    group: str
    name: str
    fqdn: str
    address: str
    static: bool = False


def connection_of(endpoint: Resource) -> Json:
    """The endpoint's one connection, from whichever array holds it."""
    connection: Json = next(item for array in ARRAYS for item in endpoint.properties[array])
    return connection


def target_of(endpoint: Resource) -> str:
    """ID of the resource that the endpoint leads to."""
    return str(connection_of(endpoint)["properties"]["privateLinkServiceId"])


def status_of(endpoint: Resource) -> str:
    """The connection's status on the endpoint's side."""
    state = connection_of(endpoint)["properties"]["privateLinkServiceConnectionState"]
    return str(state["status"])


def interface_of(world: World, endpoint: Resource) -> Resource | None:
    """The endpoint's interface."""
    return world.get(endpoint.properties["networkInterfaces"][0]["id"])


def endpoints_of(world: World, target_id: str) -> Iterator[Resource]:
    """The endpoints that lead to a resource and have not been cut off from it."""
    for endpoint in world.of_type(ENDPOINT):
        cut_off = status_of(endpoint) in {"Rejected", "Disconnected"}
        if target_of(endpoint).lower() == target_id.lower() and not cut_off:
            yield endpoint


def interface_members(interface: Resource) -> list[Member]:
    """What an interface's configurations say."""
    found = []
    for configuration in interface.properties["ipConfigurations"]:
        properties = configuration["properties"]
        link = properties["privateLinkConnectionProperties"]
        found.append(
            Member(
                link["groupId"],
                link["requiredMemberName"],
                link["fqdns"][0],
                properties["privateIPAddress"],
                properties["privateIPAllocationMethod"] == "Static",
            )
        )
    return found


def set_members(interface: Resource, members: list[Member]) -> None:
    """Show these members, keeping the configurations of those that were there."""
    kept = {
        item["properties"]["privateLinkConnectionProperties"]["requiredMemberName"]: item
        for item in interface.properties["ipConfigurations"]
    }
    subnet_id = interface.hidden["subnet"]
    interface.properties["ipConfigurations"] = [
        kept.get(member.name) or _configuration(interface.id, subnet_id, member, primary=at == 0)
        for at, member in enumerate(members)
    ]
    touch_interface(interface)


def touch_interface(interface: Resource) -> None:
    """Give the interface, and all its configurations, a new etag."""
    interface.body["etag"] = etag = weak_etag()
    for configuration in interface.properties["ipConfigurations"]:
        configuration["etag"] = etag


def _configuration(interface_id: str, subnet_id: str, member: Member, *, primary: bool) -> Json:
    name = f"privateEndpointIpConfig.{uuid.uuid4()}"
    return {
        "name": name,
        "id": f"{interface_id}/ipConfigurations/{name}",
        "etag": "",
        "type": f"{INTERFACE}/ipConfigurations",
        "properties": {
            "provisioningState": "Succeeded",
            "privateIPAddress": member.address,
            "privateIPAllocationMethod": "Static" if member.static else "Dynamic",
            "subnet": {"id": subnet_id},
            "primary": primary,
            "privateIPAddressVersion": "IPv4",
            "privateLinkConnectionProperties": {
                "groupId": member.group,
                "requiredMemberName": member.name,
                "fqdns": [member.fqdn],
            },
        },
    }


def new_interface(
    endpoint_id: str, interface_id: str, subnet_id: str, location: str, members: list[Member]
) -> Resource:
    """An interface for a new endpoint, still Updating."""
    properties: Json = {
        "provisioningState": "Updating",
        "resourceGuid": str(uuid.uuid4()),
        "ipConfigurations": [],
        "dnsSettings": {"dnsServers": [], "appliedDnsServers": []},
        "macAddress": "",
        "enableAcceleratedNetworking": False,
        "enableIPForwarding": False,
        "hostedWorkloads": [],
        "tapConfigurations": [],
        "nicType": "Standard",
        "privateEndpoint": {"id": endpoint_id},
    }
    document = {
        "name": interface_id.rpartition("/")[2],
        "id": interface_id,
        "etag": "",
        "type": INTERFACE,
        "location": location,
        "properties": properties,
    }
    interface = Resource(interface_id, INTERFACE, document, {"subnet": subnet_id})
    set_members(interface, members)
    return interface


def new_connection(endpoint_id: str, array: str, asked: Json, state: Json) -> Json:
    """One element of an endpoint's connection arrays."""
    properties = {
        "provisioningState": "Succeeded",
        "privateLinkServiceId": asked["properties"]["privateLinkServiceId"],
        "groupIds": asked["properties"]["groupIds"],
        "privateLinkServiceConnectionState": state,
    }
    if "requestMessage" in asked["properties"]:
        properties["requestMessage"] = asked["properties"]["requestMessage"]
    return {
        "name": asked["name"],
        "id": f"{endpoint_id}/{array}/{asked['name']}",
        "etag": "",
        "properties": properties,
        "type": f"{ENDPOINT}/{array}",
    }


def new_endpoint(endpoint_id: str, interface: Resource, asked: Json, array: str) -> Resource:
    """A new endpoint, still Updating, as a PUT answers it (recorded).

    Args:
        endpoint_id: its ID.
        interface: its interface.
        asked: the body of the PUT, already found to be good.
        array: which of the two arrays holds its connection.
    """
    manual = array == ARRAYS[1]
    state = {
        "status": "Pending" if manual else "Approved",
        "description": "Awaiting Approval" if manual else "Auto Approved",
        "actionsRequired": "None",
    }
    connection = new_connection(endpoint_id, array, asked["properties"][array][0], state)
    properties: Json = {
        "provisioningState": "Updating",
        "resourceGuid": str(uuid.uuid4()),
        **{name: [connection] if name == array else [] for name in ARRAYS},
        "customNetworkInterfaceName": asked["properties"].get("customNetworkInterfaceName") or "",
        "subnet": {"id": interface.hidden["subnet"]},
        "ipConfigurations": asked["properties"].get("ipConfigurations") or [],
        "networkInterfaces": [{"id": interface.id}],
        "customDnsConfigs": [],
    }
    document: Json = {
        "name": endpoint_id.rpartition("/")[2],
        "id": endpoint_id,
        "etag": "",
        "type": ENDPOINT,
        "location": asked["location"],
    }
    if "tags" in asked:
        document["tags"] = asked["tags"]
    return Resource(endpoint_id, ENDPOINT, {**document, "properties": properties})
