"""A record sets in their zone, whoever writes them: a caller, or Azure's own zone groups."""

import uuid

from simulator.arm.private_dns import A
from simulator.world import Json, Resource, World


def store(world: World, zone: Resource, name: str, content: Json) -> Resource:
    """Write a whole record set, with a new etag, and count it in its zone.

    Args:
        world: where it is kept.
        zone: the zone it belongs to.
        name: relative name in any case; kept in lower case.
        content: `ttl`, `aRecords` and perhaps `metadata`, all found to be good.
    """
    name = name.lower()
    record_id = f"{zone.id}/A/{name}"
    if world.get(record_id) is None:
        zone.properties["numberOfRecordSets"] += 1
    metadata = {"metadata": content["metadata"]} if content.get("metadata") else {}
    zone_name = zone.body["name"]
    body: Json = {
        "id": record_id,
        "name": name,
        "type": A,
        "etag": str(uuid.uuid4()),
        "properties": {
            **metadata,
            "fqdn": f"{zone_name}." if name == "@" else f"{name}.{zone_name}.",
            "ttl": content["ttl"],
            "aRecords": content.get("aRecords", []),
            "isAutoRegistered": False,
        },
    }
    record = Resource(record_id, A, body)
    world.put(record)
    return record


def drop(world: World, zone: Resource, name: str) -> None:
    """Remove a record set, if it is there, and count it out of its zone."""
    record_id = f"{zone.id}/A/{name}"
    if world.get(record_id) is not None:
        world.remove(record_id)
        zone.properties["numberOfRecordSets"] -= 1
