"""The documents of private endpoints and of their interfaces."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace

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
        address: its private IPv4 address.
        static: whether the caller chose the address.
        address6: its private IPv6 address, on a dual-stack endpoint.
    """

    group: str
    name: str
    fqdn: str
    address: str
    static: bool = False
    address6: str = ""

    @property
    def addresses(self) -> dict[str, str]:
        """What it has, by IP version."""
        versions = {"IPv4": self.address, "IPv6": self.address6}
        return {version: address for version, address in versions.items() if address}


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
    """What an interface's configurations say; a member's IPv4 configuration comes first."""
    found: dict[str, Member] = {}
    for configuration in interface.properties["ipConfigurations"]:
        properties = configuration["properties"]
        link, address = (
            properties["privateLinkConnectionProperties"],
            properties["privateIPAddress"],
        )
        name = link["requiredMemberName"]
        if properties["privateIPAddressVersion"] == "IPv6":
            found[name] = replace(found[name], address6=address)
        else:
            static = properties["privateIPAllocationMethod"] == "Static"
            found[name] = Member(link["groupId"], name, link["fqdns"][0], address, static)
    return list(found.values())


def set_members(interface: Resource, members: list[Member]) -> None:
    """Show these members, keeping the configurations of those that were there."""
    kept = {
        (
            item["properties"]["privateLinkConnectionProperties"]["requiredMemberName"],
            item["properties"]["privateIPAddressVersion"],
        ): item
        for item in interface.properties["ipConfigurations"]
    }
    interface.properties["ipConfigurations"] = [
        kept.get((member.name, version)) or _configuration(interface, member, version)
        for member in members
        for version in member.addresses
    ]
    for at, configuration in enumerate(interface.properties["ipConfigurations"]):
        configuration["properties"]["primary"] = at == 0
    touch_interface(interface)


def touch_interface(interface: Resource) -> None:
    """Give the interface, and all its configurations, a new etag."""
    interface.body["etag"] = etag = weak_etag()
    for configuration in interface.properties["ipConfigurations"]:
        configuration["etag"] = etag


def _configuration(interface: Resource, member: Member, version: str) -> Json:
    name = f"privateEndpointIpConfig.{uuid.uuid4()}"
    static = member.static and version == "IPv4"
    return {
        "name": name,
        "id": f"{interface.id}/ipConfigurations/{name}",
        "etag": "",
        "type": f"{INTERFACE}/ipConfigurations",
        "properties": {
            "provisioningState": "Succeeded",
            "privateIPAddress": member.addresses[version],
            "privateIPAllocationMethod": "Static" if static else "Dynamic",
            "subnet": {"id": interface.hidden["subnet"]},
            "primary": False,
            "privateIPAddressVersion": version,
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
    """An interface for a new endpoint, still Updating; dual-stack if its members are."""
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
    dual = any(member.address6 for member in members)
    interface = Resource(interface_id, INTERFACE, document, {"subnet": subnet_id, "dual": dual})
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
    version = asked["properties"].get("ipVersionType")
    properties: Json = {
        "provisioningState": "Updating",
        "resourceGuid": str(uuid.uuid4()),
        **({"ipVersionType": version} if version else {}),
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
