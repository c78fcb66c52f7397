"""The names a registry answers to, and the members they make on an endpoint."""

import base64
import hashlib

from simulator.world import Json, Resource, World

REGISTRY = "Microsoft.ContainerRegistry/registries"
REPLICATION = "Microsoft.ContainerRegistry/registries/replications"
CONNECTION = "Microsoft.ContainerRegistry/registries/privateEndpointConnections"


def login_server(registry_id: str, name: str, label_scope: str, suffix: str) -> str:
    """The registry's global name; every label scope but Unsecure adds a hash to it."""
    label = name.lower()
    if label_scope.lower() != "unsecure":
        digest = hashlib.sha256(f"{label_scope}{registry_id}".lower().encode()).digest()
        label += "-" + base64.b32encode(digest).decode().lower()[:16]
    return f"{label}.{suffix}"


def replicas(world: World, registry: Resource) -> list[Resource]:
    """The registry's replications, home region included once it has another."""
    return list(world.of_type(REPLICATION, registry.id))


def regions(world: World, registry: Resource) -> list[str]:
    """Home first, then the regions of every replica that is ready, in order."""
    home = registry.body["location"]
    ready = {
        replica.body["location"]
        for replica in replicas(world, registry)
        if replica.properties["provisioningState"] == "Succeeded"
    }
    return [home, *sorted(ready - {home})]


def data_names(world: World, registry: Resource) -> dict[str, str]:
    """The data endpoint of each region."""
    label, _, suffix = registry.properties["loginServer"].partition(".")
    return {region: f"{label}.{region}.data.{suffix}" for region in regions(world, registry)}


def regional_names(world: World, registry: Resource) -> dict[str, str]:
    """The regional endpoint of each region, if the registry has them switched on."""
    if registry.properties["regionalEndpoints"] != "Enabled":
        return {}
    label, _, suffix = registry.properties["loginServer"].partition(".")
    return {region: f"{label}.{region}.geo.{suffix}" for region in regions(world, registry)}


def members(world: World, registry: Resource) -> dict[str, str]:
    """Member name to FQDN, in the order of a real interface: the home data endpoint leads."""
    (home, home_name), *others = data_names(world, registry).items()
    found = {f"registry_data_{home}": home_name, "registry": registry.properties["loginServer"]}
    found |= {f"registry_data_{region}": name for region, name in others}
    return found | {
        f"registry_{region}": name for region, name in regional_names(world, registry).items()
    }


def refresh(world: World, registry: Resource) -> None:
    """Bring what the registry's document shows of its surroundings up to date."""
    shown = registry.properties
    enabled = shown["dataEndpointEnabled"]
    shown["dataEndpointHostNames"] = list(data_names(world, registry).values()) if enabled else []
    shown["regionalEndpointHostNames"] = list(regional_names(world, registry).values())
    connections: list[Json] = [item.body for item in world.of_type(CONNECTION, registry.id)]
    shown["privateEndpointConnections"] = connections
