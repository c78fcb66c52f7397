"""The document of a virtual network, with the subnets and peerings inside it.

One truth: what is nested has no resource of its own, and the nested routes read
and write it in place.
"""

import ipaddress
from collections.abc import Iterator

from simulator.arm.addresses import Range, interfaces_in, prefixes_of
from simulator.arm.errors import ArmError, bad_request
from simulator.arm.fabric import Fabric, weak_etag
from simulator.arm.wire import Answer, Request
from simulator.world import Json, Resource, World

VNET = "Microsoft.Network/virtualNetworks"
SUBNET = f"{VNET}/subnets"
PEERING = f"{VNET}/virtualNetworkPeerings"


def touch(network: Resource) -> None:
    """Give the network, and all that is nested in it, a new etag."""
    network.body["etag"] = etag = weak_etag()
    for array in ("subnets", "virtualNetworkPeerings"):
        for item in network.properties[array]:
            item["etag"] = etag


def check_ranges(network: Resource) -> None:
    """Every range is one, lies inside the network, and overlaps no other."""
    name, properties = network.body["name"], network.properties
    spaces = [_range(text) for text in properties["addressSpace"].get("addressPrefixes") or []]
    if not spaces:
        raise bad_request(
            "VnetAddressSpaceIsEmpty", f"Virtual network '{name}' must have an address space."
        )
    seen: list[Range] = []
    for subnet in properties["subnets"]:
        for own in prefixes_of(subnet["properties"]):
            if not any(_inside(own, space) for space in spaces):
                raise bad_request(
                    "NetcfgInvalidSubnet",
                    f"Subnet '{subnet['name']}' is not valid because its IP address range is "
                    f"outside the IP address range of virtual network '{name}'.",
                )
            if any(own.overlaps(other) for other in seen):
                raise bad_request(
                    "NetcfgSubnetRangesOverlap",
                    f"Subnet '{subnet['name']}' is not valid because its IP address range "
                    f"overlaps with that of an existing subnet in virtual network '{name}'.",
                )
            seen.append(own)


def _inside(own: Range, space: Range) -> bool:
    if isinstance(own, ipaddress.IPv4Network):
        return isinstance(space, ipaddress.IPv4Network) and own.subnet_of(space)
    return isinstance(space, ipaddress.IPv6Network) and own.subnet_of(space)


def refuse_if_used(world: World, subnet: Json) -> None:
    """Refuse to remove, or to move, a subnet in which an endpoint stands."""
    users = interfaces_in(world, subnet["id"])
    if users:
        raise bad_request(
            "InUseSubnetCannotBeDeleted",
            f"Subnet {subnet['name']} is in use by "
            f"{users[0].properties['ipConfigurations'][0]['id']} and cannot be deleted. In "
            "order to delete the subnet, delete all the resources within the subnet. See "
            "aka.ms/deletesubnet.",
        )


def _range(text: object) -> Range:
    try:
        return ipaddress.ip_network(str(text))
    except ValueError as error:
        raise bad_request(
            "InvalidAddressPrefixFormat", f"Invalid address prefix {text}."
        ) from error


def new_subnet(network_id: str, name: object, asked: Json) -> Json:
    """A subnet's document, from what a caller asks for."""
    properties = asked.get("properties") or {}
    one, several = properties.get("addressPrefix"), properties.get("addressPrefixes") or []
    ranges = [_range(text) for text in ([one] if one else several)]
    if not any(isinstance(found, ipaddress.IPv4Network) for found in ranges):
        raise bad_request("InvalidAddressPrefixFormat", "A subnet needs an IPv4 address prefix.")
    if not isinstance(name, str) or not name:
        raise bad_request("InvalidRequestFormat", "A subnet needs a name.")
    shown = {
        key: properties[key] for key in ("addressPrefix", "addressPrefixes") if properties.get(key)
    }
    return {
        "name": name,
        "id": f"{network_id}/subnets/{name}",
        "etag": weak_etag(),
        "properties": {
            "provisioningState": "Succeeded",
            **shown,
            "delegations": [],
            "privateEndpointNetworkPolicies": properties.get("privateEndpointNetworkPolicies")
            or "Disabled",
            "privateLinkServiceNetworkPolicies": properties.get("privateLinkServiceNetworkPolicies")
            or "Enabled",
        },
        "type": SUBNET,
    }


def find_nested(network: Resource, array: str, name: str) -> Json | None:
    """A subnet or peering by name, in any case."""
    items: list[Json] = network.properties[array]
    return next((item for item in items if item["name"].lower() == name.lower()), None)


def need_nested(fabric: Fabric, request: Request, array: str) -> Json:
    """A subnet or peering by the request's name, or the provider's 404."""
    network = fabric.parent(request)
    item = find_nested(network, array, request.target.name)
    if item is None:
        message = f"Resource {request.target.path} not found."
        raise ArmError(404, "NotFound", message)
    return item


def disconnect_peers(world: World, network: Resource) -> None:
    """Show on every other network's side that this one is gone."""
    for other in world.of_type(VNET):
        for peering in other.properties["virtualNetworkPeerings"]:
            if peering["properties"]["remoteVirtualNetwork"]["id"].lower() == network.id.lower():
                peering["properties"]["peeringState"] = "Disconnected"
                touch(other)


def page_nested(fabric: Fabric, request: Request, array: str) -> Answer:
    """One page of a network's subnets or peerings, in the order of their IDs."""
    items = sorted(fabric.parent(request).properties[array], key=lambda item: item["id"].lower())

    def listed(after: str) -> Iterator[Resource]:
        found = (Resource(item["id"], item["type"], item) for item in items)
        return (item for item in found if item.id.lower() > after)

    return fabric.page(request, listed)
