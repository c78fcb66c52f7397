"""Crowd: many registries with their endpoints at once, as copies of one made by the front door.

Through the front door five thousand registries take an hour. What is copied is what
Azure would have made: the same documents, with names, addresses and guids of their own.
"""

import copy
import json
import re
import uuid
from collections.abc import Callable, Sequence

from simulator.world import Resource, World

_KINDS = (
    "Microsoft.ContainerRegistry/registries",
    "Microsoft.ContainerRegistry/registries/replications",
    "Microsoft.ContainerRegistry/registries/privateEndpointConnections",
    "Microsoft.Network/privateEndpoints",
    "Microsoft.Network/networkInterfaces",
)


def multiply(
    world: World, model: str, names: Sequence[str], addresses: Callable[[int], Sequence[str]]
) -> None:
    """Put copies of one registry, its replicas and its endpoint in the place of all of them.

    Args:
        world: holds one registry and one endpoint, both with `model` in their names.
        model: the registry's name.
        names: of the copies.
        addresses: for the number of a copy, what its interface has for each of the
            model's addresses, in their order.
    """
    models = [resource for kind in _KINDS for resource in world.of_type(kind)]
    theirs = _addresses(models)
    for number, name in enumerate(names):
        own = dict(zip(theirs, addresses(number), strict=True))
        for resource in models:
            world.put(_copy(resource, model, name, own, number + 1))
    for resource in models:
        world.remove(resource.id)


def _addresses(models: list[Resource]) -> list[str]:
    """The addresses on the model's interface, in their order."""
    (interface,) = (one for one in models if one.type.endswith("networkInterfaces"))
    return [
        configuration["properties"]["privateIPAddress"]
        for configuration in interface.properties["ipConfigurations"]
    ]


def _copy(
    resource: Resource, model: str, name: str, addresses: dict[str, str], number: int
) -> Resource:
    text = json.dumps([resource.id, resource.body]).replace(model, name)
    text = re.sub(
        r'"(\d+\.\d+\.\d+\.\d+)"', lambda match: f'"{addresses.get(match[1], match[1])}"', text
    )
    id_, body = json.loads(text)
    if "resourceGuid" in body["properties"]:
        body["properties"]["resourceGuid"] = str(uuid.UUID(int=number << 96))
    return Resource(id_, resource.type, body, copy.deepcopy(resource.hidden))
