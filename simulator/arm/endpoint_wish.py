"""What the PUT of an endpoint asks for, and every reason to refuse it."""

from dataclasses import dataclass

from simulator.arm import connections
from simulator.arm.addresses import Subnet, find_subnet
from simulator.arm.endpoint_documents import ARRAYS
from simulator.arm.errors import bad_request
from simulator.arm.fabric import Fabric
from simulator.arm.registry_names import REGISTRY, members
from simulator.arm.wire import Request
from simulator.world import Json, Resource

MOST_PER_REGISTRY = 200
APPROVAL = f"{REGISTRY}/privateEndpointConnectionsApproval/action"
JOIN = "Microsoft.Network/virtualNetworks/subnets/join/action"
IP_VERSIONS = ("IPv4", "DualStack")
STORAGE = ("blob", "table", "queue", "file", "dfs", "web")


@dataclass(frozen=True, slots=True)
class Wish:
    """What the PUT of a new endpoint asks for, found to be good.

    Attributes:
        array: which connection array it uses.
        target_id: the resource it leads to.
        registry: that resource, if it is a registry of ours.
        group: the sub-resource.
        subnet: where it stands.
        members: its names, in the order of its interface.
        dual: whether each name has an IPv6 address besides.
    """

    array: str
    target_id: str
    registry: Resource | None
    group: str
    subnet: Subnet
    members: dict[str, str]
    dual: bool


def check_shape(request: Request) -> Json:
    """The body, with its location in Azure's form, or a refusal of its shape."""
    body = request.body
    location = str(body.get("location") or "").lower().replace(" ", "")
    if not location:
        raise bad_request("LocationRequired", "The location property is required.")
    properties = body.get("properties") or {}
    asked = [item for array in ARRAYS for item in properties.get(array) or []]
    complete = len(asked) == 1 and (asked[0].get("properties") or {}).get("privateLinkServiceId")
    if not complete:
        raise bad_request(
            "InvalidRequestFormat",
            f"Private endpoint {request.target.path} needs exactly one private link service "
            "connection, with a privateLinkServiceId.",
        )
    body["location"] = location
    asked[0].setdefault("name", request.target.name)
    asked[0]["properties"].setdefault("groupIds", [])
    return body


def read_wish(fabric: Fabric, request: Request) -> Wish:
    """What the PUT of a new endpoint asks for, or the refusal it gets.

    Args:
        fabric: common ground.
        request: the PUT, its shape already checked.
    """
    properties = request.body["properties"]
    array = next(name for name in ARRAYS if properties.get(name))
    connection = properties[array][0]["properties"]
    target_id = connection["privateLinkServiceId"]
    subnet = _subnet(fabric, request)
    registry, group = _target(fabric, request, target_id, connection)
    if registry and array == ARRAYS[0]:
        fabric.demand(request, APPROVAL, registry.id)
    wanted = members(fabric.world, registry) if registry else _foreign(target_id, group)
    return Wish(array, target_id, registry, group, subnet, wanted, _is_dual(request, subnet))


def _is_dual(request: Request, subnet: Subnet) -> bool:
    version = request.body["properties"].get("ipVersionType") or "IPv4"
    if version not in IP_VERSIONS:
        message = f"The IP version type '{version}' is none of {', '.join(IP_VERSIONS)}."
        raise bad_request("InvalidIPVersionType", message)
    if version == "DualStack" and subnet.prefix6 is None:
        message = f"Subnet {subnet.id} has no IPv6 address prefix for a DualStack endpoint."
        raise bad_request("SubnetNotDualStack", message)
    return version == "DualStack"


def _subnet(fabric: Fabric, request: Request) -> Subnet:
    subnet_id = str((request.body["properties"].get("subnet") or {}).get("id") or "")
    subnet = find_subnet(fabric.world, subnet_id)
    if subnet is None:
        raise bad_request(
            "InvalidResourceReference",
            f"Resource {subnet_id} referenced by resource {request.target.path} was not found. "
            "Please make sure that the referenced resource exists, and that both resources "
            "are in the same region.",
        )
    fabric.demand(request, JOIN, subnet.id)
    location, same = request.body["location"], subnet.network.body["location"]
    own, other = request.target.subscription, subnet.id.split("/")[2]
    if location != same or own.lower() != other.lower():
        raise bad_request(
            "InvalidResourceReference",
            f"Resource {subnet.network.id} referenced by resource {request.target.path} was "
            "not found. Please make sure that the referenced resource exists, and that both "
            "resources are in the same region.",
        )
    return subnet


def _target(
    fabric: Fabric, request: Request, target_id: str, connection: Json
) -> tuple[Resource | None, str]:
    groups = connection.get("groupIds") or []
    if f"/providers/{REGISTRY}/".lower() not in target_id.lower():
        return None, groups[0] if groups else "default"
    registry = fabric.world.get(target_id)
    if registry is None or registry.properties["provisioningState"] != "Succeeded":
        raise bad_request(
            "InvalidResourceReference",
            f"Resource {target_id} referenced by resource {request.target.path} was not found.",
        )
    if groups != ["registry"]:
        raise bad_request(
            "InvalidPrivateEndpointGroupIds",
            f"The group ids of a registry are [registry], not {groups}.",
        )
    if registry.body["sku"]["name"] != "Premium":
        raise bad_request(
            "SkuNotSupported", f"Registry {registry.body['name']} needs sku Premium for this."
        )
    if len(connections.connections(fabric.world, registry)) >= MOST_PER_REGISTRY:
        raise bad_request(
            "PrivateEndpointConnectionLimitReached",
            f"Registry {registry.body['name']} has {MOST_PER_REGISTRY} private endpoints.",
        )
    return registry, "registry"


def _foreign(target_id: str, group: str) -> dict[str, str]:
    """The one name of a resource that is no registry."""
    name = target_id.rstrip("/").rpartition("/")[2].lower()
    suffix = f"{group}.core.windows.net" if group in STORAGE else f"{group}.azure.net"
    return {group: f"{name}.{suffix}"}
