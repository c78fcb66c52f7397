"""What follows from a change of an endpoint: its etag, its DNS names, its zone group's records."""

from dataclasses import dataclass

from simulator.arm import record_sets
from simulator.arm.endpoint_documents import (
    ENDPOINT,
    ZONE_GROUP,
    Member,
    connection_of,
    interface_members,
    interface_of,
    status_of,
)
from simulator.arm.fabric import weak_etag
from simulator.world import Happened, Json, Kind, Resource, World

ZONE_GROUP_TTL = 10
_SERVICE = "7a5f8e0c-0d0e-4b5b-9f3d-2f1c5d4e6a7b"


def set_state(world: World, endpoint: Resource, status: str, description: str) -> None:
    """Show a connection's new state on the endpoint's side."""
    state = {"status": status, "description": description, "actionsRequired": "None"}
    connection_of(endpoint)["properties"]["privateLinkServiceConnectionState"] = state
    touch(world, endpoint)
    tell(world, endpoint)


def tell(world: World, endpoint: Resource) -> None:
    """Raise an event about what the service changed about an endpoint, if that is its habit."""
    if world.habits.service_events:
        url = f"https://management.azure.com{endpoint.id}"
        operation = f"{ENDPOINT}/write"
        world.happened(
            Happened(Kind.WRITE, endpoint.id, operation, True, "PUT", url, _SERVICE)  # noqa: FBT003 - a record's field
        )


def touch(world: World, endpoint: Resource) -> None:
    """Give the endpoint a new etag, and bring all that depends on it up to date.

    `customDnsConfigs` stays empty while the endpoint is at work, while its
    connection is not approved, and while a zone group keeps the records
    (docs/azure.md#private-endpoints).
    """
    etag = weak_etag()
    endpoint.body["etag"] = etag
    connection_of(endpoint)["etag"] = etag
    live = _live_members(world, endpoint)
    groups = list(world.of_type(ZONE_GROUP, endpoint.id))
    endpoint.properties["customDnsConfigs"] = [
        {"fqdn": member.fqdn, "ipAddresses": list(member.addresses.values())}
        for member in live
        if not groups
    ]
    for group in groups:
        keep_records(world, endpoint, group, live)


def _live_members(world: World, endpoint: Resource) -> list[Member]:
    interface = interface_of(world, endpoint)
    ready = endpoint.properties["provisioningState"] == "Succeeded"
    if interface is None or not ready or status_of(endpoint) != "Approved":
        return []
    return interface_members(interface)


@dataclass(frozen=True, slots=True)
class _Kept:
    """One record that a zone group keeps."""

    name: str
    address: str


def keep_records(world: World, endpoint: Resource, group: Resource, members: list[Member]) -> None:
    """Write and remove records as Azure's zone groups do.

    The last writer wins; a record that somebody else changed or removed is left
    as it is until the endpoint itself changes; and what goes is removed
    whatever else it holds (docs/azure.md#private-endpoints).
    """
    if endpoint.properties["provisioningState"] == "Updating":
        return
    for config in group.properties["privateDnsZoneConfigs"]:
        zone = world.get(config["properties"]["privateDnsZoneId"])
        if zone:
            _keep_in(world, zone, config["properties"], _wanted(zone, members), endpoint)


def _wanted(zone: Resource, members: list[Member]) -> list[_Kept]:
    suffix = "." + zone.body["name"].removeprefix("privatelink.")
    return [
        _Kept(member.fqdn.removesuffix(suffix), member.address)
        for member in members
        if member.fqdn.endswith(suffix)
    ]


def _keep_in(
    world: World, zone: Resource, shown: Json, wanted: list[_Kept], endpoint: Resource
) -> None:
    before = {
        item["recordSetName"]: _Kept(item["recordSetName"], item["ipAddresses"][0])
        for item in shown["recordSets"]
    }
    guid = endpoint.properties["resourceGuid"]
    creator = f"created by private endpoint {endpoint.body['name']} with resource guid {guid}"
    for gone in before.keys() - {record.name for record in wanted}:
        _let_go(world, zone, gone)
    for record in wanted:
        if before.get(record.name) != record:
            content = {
                "ttl": ZONE_GROUP_TTL,
                "aRecords": [{"ipv4Address": record.address}],
                "metadata": {**_kept_metadata(world, zone, record.name), "creator": creator},
            }
            record_sets.store(world, zone, record.name, content)
    shown["recordSets"] = [
        {
            "recordType": "A",
            "recordSetName": record.name,
            "fqdn": f"{record.name}.{zone.body['name']}",
            "ttl": ZONE_GROUP_TTL,
            "ipAddresses": [record.address],
            "provisioningState": "Succeeded",
        }
        for record in wanted
    ]


def _kept_metadata(world: World, zone: Resource, name: str) -> Json:
    """What a zone group's write leaves of the metadata that stands at a name."""
    record = world.get(f"{zone.id}/A/{name}")
    kept = record if world.habits.group_keeps_metadata else None
    return dict(kept.properties.get("metadata", {})) if kept else {}


def _let_go(world: World, zone: Resource, name: str) -> None:
    """What becomes of a record set that a zone group keeps no longer."""
    record = world.get(f"{zone.id}/A/{name}")
    if record and world.habits.group_leaves_empty:
        record_sets.store(world, zone, name, {**record.properties, "aRecords": []})
    else:
        record_sets.drop(world, zone, name)
