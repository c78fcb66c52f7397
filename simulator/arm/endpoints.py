"""Microsoft.Network/privateEndpoints, and the interfaces they stand on."""

import uuid
from dataclasses import dataclass

from simulator.arm import connections, errors
from simulator.arm import endpoint_documents as documents
from simulator.arm.addresses import (
    check_static,
    dual,
    find_subnet,
    free,
    show_usage,
    subnet_is_full,
)
from simulator.arm.endpoint_changes import keep_records, touch
from simulator.arm.endpoint_documents import ARRAYS, ENDPOINT, INTERFACE, Member
from simulator.arm.endpoint_wish import Wish, check_shape, read_wish
from simulator.arm.errors import ArmError, bad_request
from simulator.arm.fabric import Fabric, need_settled
from simulator.arm.network_writes import accepted, begin, deleting
from simulator.arm.registry_names import REGISTRY
from simulator.arm.wire import Answer, Request, Route, Verb
from simulator.world import Json, Kind, Resource

LATER_WORDS = {"Auto Approved": "Auto-Approved", "Awaiting Approval": ""}
"""A connection's description on the PUT, and on every GET after the operation (recorded)."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Private endpoints and their interfaces.

    Attributes:
        fabric: common ground.
    """

    fabric: Fabric

    def routes(self) -> list[Route]:
        """What this part of the Network provider answers."""
        return [
            self.fabric.list_route(ENDPOINT),
            Route(ENDPOINT, Verb.GET, lambda request: Answer(200, self.fabric.need(request).body)),
            Route(ENDPOINT, Verb.PUT, self._put),
            Route(ENDPOINT, Verb.DELETE, self._delete),
            self.fabric.list_route(INTERFACE),
            Route(INTERFACE, Verb.GET, lambda request: Answer(200, self.fabric.need(request).body)),
        ]

    def _put(self, request: Request) -> Answer:
        known, asked = self.fabric.find(request), check_shape(request)
        if known:
            return self._update(request, known, asked)
        wish = read_wish(self.fabric, request)
        endpoint_id = self.fabric.new_id(request.target)
        interface = self._interface(request, endpoint_id, wish)
        endpoint = documents.new_endpoint(endpoint_id, interface, request.body, wish.array)
        self.fabric.world.put(interface)
        self.fabric.world.put(endpoint)
        touch(self.fabric.world, endpoint)
        show_usage(self.fabric.world, wish.subnet)
        return self._run(request, endpoint, wish.registry, existed=False)

    def _interface(self, request: Request, endpoint_id: str, wish: Wish) -> Resource:
        properties = request.body["properties"]
        name = properties.get("customNetworkInterfaceName") or (
            f"{request.target.name}.nic.{uuid.uuid4()}"
        )
        interface_id = f"{endpoint_id.rpartition('/providers/')[0]}/providers/{INTERFACE}/{name}"
        if self.fabric.world.get(interface_id):
            raise bad_request("InvalidRequest", f"The network interface {name} is in use.")
        chosen = self._members(wish, _static(properties))
        if wish.dual:
            chosen = dual(self.fabric.world, wish.subnet, chosen)
        location = request.body["location"]
        return documents.new_interface(endpoint_id, interface_id, wish.subnet.id, location, chosen)

    def _members(self, wish: Wish, static: dict[str, str]) -> list[Member]:
        world, subnet = self.fabric.world, wish.subnet
        twice = len(set(static.values())) < len(static)
        missing = sorted(set(wish.members) - set(static)) if static else []
        if missing:
            raise _missing_members(wish, static, missing)
        if twice or (static and set(static) != set(wish.members)):
            raise bad_request(
                "PrivateEndpointIpConfigurationsInvalid",
                f"One static address each is needed for exactly {sorted(wish.members)}.",
            )
        if static:
            return [
                Member(
                    wish.group, name, fqdn, check_static(world, subnet, static[name]), static=True
                )
                for name, fqdn in wish.members.items()
            ]
        found = [
            Member(wish.group, name, fqdn, address)
            for (name, fqdn), address in zip(
                wish.members.items(), free(world, subnet), strict=False
            )
        ]
        if len(found) < len(wish.members):
            raise subnet_is_full(subnet, len(wish.members))
        return found

    def _update(self, request: Request, endpoint: Resource, asked: Json) -> Answer:
        need_settled(endpoint)
        self._refuse_other(endpoint, asked)
        if "tags" in asked:
            endpoint.body["tags"] = asked["tags"]
        endpoint.properties["provisioningState"] = "Updating"
        touch(self.fabric.world, endpoint)
        return self._run(request, endpoint, None, existed=True)

    @staticmethod
    def _refuse_other(endpoint: Resource, asked: Json) -> None:
        """An endpoint keeps its place and its target for life."""
        subnet = str((asked["properties"].get("subnet") or {}).get("id") or "")
        array = next(name for name in ARRAYS if asked["properties"].get(name))
        target_id = asked["properties"][array][0]["properties"]["privateLinkServiceId"]
        same = (
            subnet.lower() == endpoint.properties["subnet"]["id"].lower()
            and target_id.lower() == documents.target_of(endpoint).lower()
            and bool(endpoint.properties[array])
            and asked["location"] == endpoint.body["location"]
        )
        if not same:
            message = f"Private endpoint {endpoint.id} cannot change its subnet or connection."
            raise bad_request("PrivateEndpointCannotBeUpdated", message)

    def _run(
        self, request: Request, endpoint: Resource, joins: Resource | None, *, existed: bool
    ) -> Answer:
        """Answer now and finish later; `joins` is the registry that a new endpoint connects to."""

        def finish() -> None:
            current = self.fabric.world.get(endpoint.id)
            if current is not endpoint or endpoint.properties["provisioningState"] == "Deleting":
                message = "The operation was canceled and superseded by a delete."
                raise bad_request("CanceledAndSupersededDueToAnotherOperation", message)
            self._ready(endpoint, joins)
            self.fabric.happened(request, existed=existed)

        seconds = self.fabric.world.latency.endpoint
        operation = begin(self.fabric, request, endpoint, seconds, finish)
        return accepted(200 if existed else 201, endpoint.body, operation)

    def _ready(self, endpoint: Resource, joins: Resource | None) -> None:
        world = self.fabric.world
        endpoint.properties["provisioningState"] = "Succeeded"
        interface = documents.interface_of(world, endpoint)
        if interface:
            interface.properties["provisioningState"] = "Succeeded"
            documents.touch_interface(interface)
        state = documents.connection_of(endpoint)["properties"]["privateLinkServiceConnectionState"]
        state["description"] = LATER_WORDS.get(state["description"], state["description"])
        if joins and world.get(joins.id) is joins:
            connections.appear(self.fabric, joins, endpoint)
        elif joins:
            state["status"] = "Disconnected"
        touch(world, endpoint)

    def _delete(self, request: Request) -> Answer:
        endpoint = self.fabric.find(request)
        if endpoint is None:
            return Answer(204)
        endpoint.properties["provisioningState"] = "Deleting"
        touch(self.fabric.world, endpoint)

        def finish() -> None:
            if self.fabric.world.get(endpoint.id) is endpoint:
                self._gone(endpoint)
                self.fabric.happened(request, Kind.DELETE, existed=True)

        seconds = self.fabric.world.latency.endpoint
        return deleting(begin(self.fabric, request, endpoint, seconds, finish))

    def _gone(self, endpoint: Resource) -> None:
        world = self.fabric.world
        for group in world.of_type(documents.ZONE_GROUP, endpoint.id):
            keep_records(world, endpoint, group, [])
            world.remove(group.id)
        world.remove(endpoint.properties["networkInterfaces"][0]["id"])
        world.remove(endpoint.id)
        registry = world.get(documents.target_of(endpoint))
        if registry and registry.type == REGISTRY:
            connections.vanish(self.fabric, registry, endpoint.id)
        subnet = find_subnet(world, endpoint.properties["subnet"]["id"])
        if subnet:
            show_usage(world, subnet)


def _missing_members(wish: Wish, static: dict[str, str], missing: list[str]) -> ArmError:
    """Whoever chooses one address chooses all (recorded wording)."""
    chosen = ", ".join(
        f"[PrivateIPAddress: {address}, GroupId: {wish.group}, MemberName: {name}]"
        for name, address in static.items()
    )
    left = ", ".join(f"[GroupId: {wish.group}, MemberName: {name}]" for name in missing)
    return bad_request(
        "PrivateEndpointIpConfigurationMissingMemberNamesRequiredByFps",
        f"Private Endpoint contains static ipconfigurations: {chosen} and its missing these "
        f"membernames/groupids requested by Private Link service {left}. Private Endpoint needs "
        "to be reconfigured with missing memberNames.",
    )


def _static(properties: Json) -> dict[str, str]:
    """Member name to chosen address."""
    configurations = properties.get("ipConfigurations") or []
    try:
        return {
            item["properties"]["memberName"]: item["properties"]["privateIPAddress"]
            for item in configurations
        }
    except (KeyError, TypeError) as error:
        raise errors.invalid_content("ipConfigurations") from error
