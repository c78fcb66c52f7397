"""A registry's names, carried over to the interfaces of its endpoints."""

from simulator.arm.addresses import align
from simulator.arm.endpoint_changes import tell, touch
from simulator.arm.endpoint_documents import endpoints_of, interface_members, interface_of
from simulator.arm.registry_names import members
from simulator.world import Resource, World


def sync_members(world: World, registry: Resource) -> None:
    """Bring every connected endpoint's interface in line with the registry's names."""
    if world.get(registry.id) is not registry:
        return
    wanted = members(world, registry)
    for endpoint in endpoints_of(world, registry.id):
        interface = interface_of(world, endpoint)
        if interface and align(
            world, interface, "registry", _possible(endpoint, interface, wanted)
        ):
            touch(world, endpoint)
            tell(world, endpoint)


def _possible(endpoint: Resource, interface: Resource, wanted: dict[str, str]) -> dict[str, str]:
    """An endpoint with static addresses gains no member: nobody chose an address for it."""
    if not endpoint.properties["ipConfigurations"]:
        return wanted
    known = {member.name for member in interface_members(interface)}
    return {name: fqdn for name, fqdn in wanted.items() if name in known}
