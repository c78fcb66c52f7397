"""Microsoft.ContainerRegistry/registries/replications: a registry's replicas."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from simulator.arm import endpoint_documents as documents
from simulator.arm.addresses import find_subnet, free, subnet_is_full
from simulator.arm.connections import ask_again
from simulator.arm.dialects import REGISTRY
from simulator.arm.errors import ArmError, bad_request
from simulator.arm.fabric import Fabric, need_settled
from simulator.arm.member_sync import sync_members
from simulator.arm.operation import Operation
from simulator.arm.operations import Start
from simulator.arm.registry_names import REPLICATION, refresh, replicas
from simulator.arm.wire import Answer, Request, Route, Verb
from simulator.clock import Clock
from simulator.world import Json, Kind, Resource


@dataclass(frozen=True, slots=True)
class Replications:
    """The replicas.

    Attributes:
        fabric: common ground.
    """

    fabric: Fabric

    def routes(self) -> list[Route]:
        """What this part of the Container Registry provider answers."""
        return [
            Route(REPLICATION, Verb.LIST, self._list),
            Route(
                REPLICATION, Verb.GET, lambda request: Answer(200, self.fabric.need(request).body)
            ),
            Route(REPLICATION, Verb.PUT, self._put),
            Route(REPLICATION, Verb.DELETE, self._delete),
        ]

    def _list(self, request: Request) -> Answer:
        listed = partial(self.fabric.world.listed, REPLICATION, request.target.parent)
        return self.fabric.page(request, listed)

    def _put(self, request: Request) -> Answer:
        registry, known = self.fabric.parent(request), self.fabric.find(request)
        location = str(request.body.get("location") or "").lower().replace(" ", "")
        self._check(registry, known, location, request.target.name)
        if known:
            need_settled(known)
            known.body["tags"] = request.body.get("tags") or {}
            self.fabric.happened(request, existed=True)
            return Answer(200, known.body)
        body = _document(self.fabric.new_id(request.target), location, "Creating")
        body["tags"] = request.body.get("tags") or {}
        replica = Resource(body["id"], REPLICATION, body)
        self.fabric.world.put(replica)

        def finish() -> None:
            if self.fabric.world.get(replica.id) is not replica:
                return
            if self.fabric.world.habits.unfit_replica_fails:
                self._refuse_unfit(registry, replica)
            self._ready(registry, replica)
            self.fabric.happened(request)

        operation = self._begin(request, replica, "Creating", finish)
        return Answer(201, body, operation.status_header, operation)

    def _check(self, registry: Resource, known: Resource | None, location: str, name: str) -> None:
        if registry.body["sku"]["name"] != "Premium":
            raise bad_request("SkuNotSupported", "Geo-replication needs sku Premium.")
        if not name.isalnum():
            raise bad_request("InvalidResourceName", f"Invalid resource name: '{name}'.")
        taken = {registry.body["location"]} | {
            replica.body["location"]
            for replica in replicas(self.fabric.world, registry)
            if replica is not known
        }
        if known and known.body["location"] == location:
            return
        if not location or known or location in taken:
            message = f"A replication in location '{location}' cannot be created."
            raise ArmError(409, "Conflict", message)

    def _refuse_unfit(self, registry: Resource, replica: Resource) -> None:
        """Roll the replica back if an endpoint cannot take its member.

        Source: docs/azure.md#container-registry.
        """
        for endpoint in documents.endpoints_of(self.fabric.world, registry.id):
            error = self._misfit(endpoint)
            if error:
                self.fabric.world.remove(replica.id)
                raise error

    def _misfit(self, endpoint: Resource) -> ArmError | None:
        name = endpoint.body["name"]
        if endpoint.properties["ipConfigurations"]:
            message = (
                f"Failed to replicate private endpoint {name}: it contains static ipconfigurations."
            )
            return bad_request("PrivateEndpointReplicationFailed", message)
        subnet = find_subnet(self.fabric.world, endpoint.properties["subnet"]["id"])
        if subnet and next(free(self.fabric.world, subnet), None) is None:
            return subnet_is_full(subnet, 1)
        return None

    def _ready(self, registry: Resource, replica: Resource) -> None:
        world = self.fabric.world
        replica.properties.update(_state("Succeeded"))
        home = registry.body["location"]
        home_id = f"{registry.id}/replications/{home}"
        if world.habits.home_listed and world.get(home_id) is None:
            world.put(Resource(home_id, REPLICATION, _document(home_id, home, "Succeeded")))
        if world.habits.replica_asks_again:
            ask_again(self.fabric, registry)
        refresh(world, registry)
        self.fabric.operations.later(world.latency.member, lambda: sync_members(world, registry))

    def _delete(self, request: Request) -> Answer:
        registry, replica = self.fabric.parent(request), self.fabric.find(request)
        if replica is None:
            return Answer(204)
        if replica.body["location"] == registry.body["location"]:
            message = "The home replication cannot be deleted."
            raise bad_request("CannotDeleteHomeReplication", message)
        replica.properties["provisioningState"] = "Deleting"

        def finish() -> None:
            if self.fabric.world.get(replica.id) is replica:
                self._gone(registry, replica)
                self.fabric.happened(request, Kind.DELETE, existed=True)

        operation = self._begin(request, replica, "Deleting", finish)
        return Answer(202, None, operation.location_header, operation)

    def _gone(self, registry: Resource, replica: Resource) -> None:
        world = self.fabric.world
        world.remove(replica.id)
        left = replicas(world, registry)
        if [one.body["location"] for one in left] == [registry.body["location"]]:
            world.remove(left[0].id)
        refresh(world, registry)
        sync_members(world, registry)

    def _begin(
        self, request: Request, replica: Resource, running: str, finish: Callable[[], None]
    ) -> Operation:
        start = Start(REGISTRY, replica.id, label="replications", running=running)
        seconds = self.fabric.world.latency.replication
        return self.fabric.operations.begin(request, start, seconds, finish)


def _state(state: str) -> Json:
    ready = state == "Succeeded"
    message = "The replication is ready." if ready else "The replication is provisioning."
    return {
        "provisioningState": state,
        "status": {
            "displayStatus": "Ready" if ready else "Provisioning",
            "message": message,
            "timestamp": Clock.now().strftime("%Y-%m-%dT%H:%M:%S.%f0Z"),
        },
    }


def _document(replica_id: str, location: str, state: str) -> Json:
    return {
        "id": replica_id,
        "name": replica_id.rpartition("/")[2],
        "type": REPLICATION,
        "location": location,
        "tags": {},
        "properties": {
            **_state(state),
            "regionEndpointEnabled": True,
            "zoneRedundancy": "Disabled",
        },
    }
