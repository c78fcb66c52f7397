"""Microsoft.Network/privateEndpoints/privateDnsZoneGroups: Azure's own record keeping."""

from dataclasses import dataclass
from functools import partial

from simulator.arm.endpoint_changes import keep_records, touch
from simulator.arm.endpoint_documents import ZONE_GROUP
from simulator.arm.errors import ArmError, bad_request
from simulator.arm.fabric import Fabric, weak_etag
from simulator.arm.network_writes import accepted, begin, deleting
from simulator.arm.private_dns import ZONE
from simulator.arm.wire import Answer, Request, Route, Verb
from simulator.world import Json, Kind, Resource

JOIN = f"{ZONE}/join/action"
MOST_ZONES = 5


@dataclass(frozen=True, slots=True)
class ZoneGroups:
    """Zone groups of private endpoints.

    Attributes:
        fabric: common ground.
    """

    fabric: Fabric

    def routes(self) -> list[Route]:
        """What this part of the Network provider answers."""
        return [
            Route(ZONE_GROUP, Verb.LIST, self._list),
            Route(ZONE_GROUP, Verb.GET, self._get),
            Route(ZONE_GROUP, Verb.PUT, self._put),
            Route(ZONE_GROUP, Verb.DELETE, self._delete),
        ]

    def _list(self, request: Request) -> Answer:
        groups = partial(self.fabric.world.listed, ZONE_GROUP, request.target.parent)
        return self.fabric.page(request, groups)

    def _get(self, request: Request) -> Answer:
        group = self.fabric.find(request)
        if group is None:
            message = f"Resource {request.target.path} not found."
            raise ArmError(404, "NotFound", message)
        return Answer(200, group.body)

    def _put(self, request: Request) -> Answer:
        known, endpoint = self.fabric.find(request), self.fabric.parent(request)
        others = list(self.fabric.world.of_type(ZONE_GROUP, endpoint.id))
        if others and known is None:
            message = f"Private endpoint {endpoint.id} already has a private DNS zone group."
            raise bad_request("MoreThanOnePrivateDnsZoneGroupPerPrivateEndpointNotAllowed", message)
        group_id = known.id if known else self.fabric.new_id(request.target)
        group = Resource(group_id, ZONE_GROUP, self._document(request, group_id))
        if known:
            keep_records(self.fabric.world, endpoint, known, [])
        self.fabric.world.put(group)

        def finish() -> None:
            if self.fabric.world.get(group.id) is not group:
                message = "The operation was canceled and superseded by a delete."
                raise bad_request("CanceledAndSupersededDueToAnotherOperation", message)
            group.properties["provisioningState"] = "Succeeded"
            touch(self.fabric.world, endpoint)
            self.fabric.happened(request, existed=known is not None)

        seconds = self.fabric.world.latency.endpoint
        operation = begin(self.fabric, request, endpoint, seconds, finish)
        return accepted(200 if known else 201, group.body, operation)

    def _document(self, request: Request, group_id: str) -> Json:
        configs = (request.body.get("properties") or {}).get("privateDnsZoneConfigs") or []
        if not 1 <= len(configs) <= MOST_ZONES:
            message = f"A private DNS zone group holds 1 to {MOST_ZONES} zones."
            raise bad_request("InvalidPrivateDnsZoneConfigs", message)
        return {
            "name": group_id.rpartition("/")[2],
            "id": group_id,
            "etag": weak_etag(),
            "type": ZONE_GROUP,
            "properties": {
                "provisioningState": "Updating",
                "privateDnsZoneConfigs": [
                    self._config(request, group_id, config) for config in configs
                ],
            },
        }

    def _config(self, request: Request, group_id: str, config: Json) -> Json:
        zone_id = str((config.get("properties") or {}).get("privateDnsZoneId") or "")
        zone = self.fabric.world.get(zone_id)
        if zone is None or zone.type != ZONE:
            raise bad_request(
                "InvalidResourceReference",
                f"Resource {zone_id} referenced by resource {request.target.path} was not found.",
            )
        self.fabric.demand(request, JOIN, zone.id)
        name = str(config.get("name") or "default")
        return {
            "name": name,
            "id": f"{group_id}/privateDnsZoneConfigs/{name}",
            "etag": weak_etag(),
            "properties": {
                "provisioningState": "Succeeded",
                "privateDnsZoneId": zone.id,
                "recordSets": [],
            },
            "type": f"{ZONE_GROUP}/privateDnsZoneConfigs",
        }

    def _delete(self, request: Request) -> Answer:
        group, endpoint = self.fabric.find(request), self.fabric.parent(request)
        if group is None:
            return Answer(204)
        group.properties["provisioningState"] = "Deleting"

        def finish() -> None:
            if self.fabric.world.get(group.id) is group:
                keep_records(self.fabric.world, endpoint, group, [])
                self.fabric.world.remove(group.id)
                touch(self.fabric.world, endpoint)
                self.fabric.happened(request, Kind.DELETE, existed=True)

        seconds = self.fabric.world.latency.endpoint
        return deleting(begin(self.fabric, request, endpoint, seconds, finish))
