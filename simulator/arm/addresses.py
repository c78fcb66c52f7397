"""Addresses: which a subnet has, which are taken, which comes next."""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, replace

from simulator.arm.endpoint_documents import INTERFACE, Member, interface_members, set_members
from simulator.arm.errors import ArmError, bad_request
from simulator.world import Json, Resource, World

type Range = ipaddress.IPv4Network | ipaddress.IPv6Network

RESERVED_FIRST = 4
"""Azure keeps a subnet's network address and the three after it, and the last one."""


@dataclass(frozen=True, slots=True)
class Subnet:
    """A subnet inside its network's document.

    Attributes:
        network: the network it belongs to.
        document: its own part of the network's document.
    """

    network: Resource
    document: Json

    @property
    def id(self) -> str:
        """The subnet's ID."""
        return str(self.document["id"])

    @property
    def prefix(self) -> ipaddress.IPv4Network:
        """Its IPv4 range."""
        found = prefixes_of(self.document["properties"])
        return next(prefix for prefix in found if isinstance(prefix, ipaddress.IPv4Network))

    @property
    def prefix6(self) -> ipaddress.IPv6Network | None:
        """Its IPv6 range, if it is a dual-stack subnet."""
        found = prefixes_of(self.document["properties"])
        return next((one for one in found if isinstance(one, ipaddress.IPv6Network)), None)


def prefixes_of(properties: Json) -> list[Range]:
    """The ranges of a subnet, from either of the two properties that may hold them."""
    one, several = properties.get("addressPrefix"), properties.get("addressPrefixes")
    return [ipaddress.ip_network(text) for text in ([one] if one else several or [])]


def find_subnet(world: World, subnet_id: str) -> Subnet | None:
    """The subnet with this ID, in any case."""
    network = world.get(subnet_id.rpartition("/subnets/")[0])
    subnets = network.properties["subnets"] if network else []
    return next(
        (
            Subnet(network, item)
            for item in subnets
            if network and item["id"].lower() == subnet_id.lower()
        ),
        None,
    )


def interfaces_in(world: World, subnet_id: str) -> list[Resource]:
    """The interfaces that stand in a subnet."""
    return [
        interface
        for interface in world.of_type(INTERFACE)
        if interface.hidden["subnet"].lower() == subnet_id.lower()
    ]


def taken(world: World, subnet: Subnet) -> set[str]:
    """The addresses in use."""
    return {
        address
        for interface in interfaces_in(world, subnet.id)
        for member in interface_members(interface)
        for address in member.addresses.values()
    }


def free(world: World, subnet: Subnet) -> Iterator[str]:
    """The IPv4 addresses that are left, lowest first."""
    return _free(taken(world, subnet), subnet.prefix)


def dual(world: World, subnet: Subnet, members: list[Member]) -> list[Member]:
    """The members, each with the next free IPv6 address beside its IPv4 one if it lacks it."""
    if subnet.prefix6 is None:
        return members
    addresses = _free(taken(world, subnet), subnet.prefix6)
    return [one if one.address6 else replace(one, address6=next(addresses)) for one in members]


def _free(used: set[str], prefix: Range) -> Iterator[str]:
    for offset in range(RESERVED_FIRST, prefix.num_addresses - 1):
        address = str(prefix[offset])
        if address not in used:
            yield address


def check_static(world: World, subnet: Subnet, address: str) -> str:
    """An address that a caller chose, or ArmError if the subnet cannot give it."""
    if not _usable(subnet.prefix, address):
        raise bad_request(
            "PrivateIPAddressNotInSubnet",
            f"Private static IP address {address} does not belong to the range of subnet "
            f"prefix {subnet.prefix}.",
        )
    if address in taken(world, subnet):
        raise bad_request(
            "PrivateIPAddressInUse", f"IP configuration's private address {address} is in use."
        )
    return address


def _usable(prefix: ipaddress.IPv4Network, text: str) -> bool:
    try:
        offset = int(ipaddress.IPv4Address(text)) - int(prefix.network_address)
    except ValueError:
        return False
    return RESERVED_FIRST <= offset < prefix.num_addresses - 1


def subnet_is_full(subnet: Subnet, count: int) -> ArmError:
    """The refusal of a subnet that has too few addresses left."""
    return bad_request(
        "SubnetIsFull",
        f"Subnet {subnet.document['name']} with address prefix {subnet.prefix} does not have "
        f"enough capacity for {count} IP addresses.",
    )


def align(world: World, interface: Resource, group: str, wanted: dict[str, str]) -> bool:
    """Give an interface the wanted members (name to FQDN); whether that changed anything.

    A member that is new takes the next free address; if none is left, the
    interface goes without it, as on Azure.
    """
    subnet = find_subnet(world, interface.hidden["subnet"])
    before = interface_members(interface)
    kept = [member for member in before if member.name in wanted]
    known = {member.name for member in kept}
    missing = [(name, fqdn) for name, fqdn in wanted.items() if name not in known]
    addresses = free(world, subnet) if subnet else iter(())
    gained = [
        Member(group, name, fqdn, address)
        for (name, fqdn), address in zip(missing, addresses, strict=False)
    ]
    if [*kept, *gained] == before:
        return False
    if subnet and interface.hidden["dual"]:
        gained = dual(world, subnet, gained)
    set_members(interface, [*kept, *gained])
    if subnet:
        show_usage(world, subnet)
    return True


def show_usage(world: World, subnet: Subnet) -> None:
    """Show in the subnet's document who stands in it."""
    interfaces = interfaces_in(world, subnet.id)
    shown = {
        "ipConfigurations": [
            {"id": item["id"]}
            for interface in interfaces
            for item in interface.properties["ipConfigurations"]
        ],
        "privateEndpoints": [
            {"id": interface.properties["privateEndpoint"]["id"]} for interface in interfaces
        ],
    }
    properties = subnet.document["properties"]
    for name, items in shown.items():
        properties.pop(name, None)
        if items:
            properties[name] = items
