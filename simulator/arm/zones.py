"""Microsoft.Network/privateDnsZones: the zones themselves."""

import re
import uuid
from dataclasses import dataclass

from simulator.arm.errors import ArmError, flat
from simulator.arm.fabric import Fabric
from simulator.arm.private_dns import (
    LINK,
    SOA,
    ZONE,
    A,
    begin,
    fail,
    need_global,
    precondition,
    top,
)
from simulator.arm.wire import Answer, Request, Route, Verb
from simulator.world import Json, Kind, Resource

_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_LABELS = range(2, 35)


@dataclass(frozen=True, slots=True)
class Zones:
    """Private DNS zones.

    Attributes:
        fabric: common ground.
    """

    fabric: Fabric

    def routes(self) -> list[Route]:
        """What this part of the Private DNS provider answers."""
        return [
            self.fabric.list_route(ZONE, top),
            Route(ZONE, Verb.GET, lambda request: Answer(200, self.fabric.need(request).body)),
            Route(ZONE, Verb.PUT, self._put),
            Route(ZONE, Verb.PATCH, self._patch),
            Route(ZONE, Verb.DELETE, self._delete),
        ]

    def _put(self, request: Request) -> Answer:
        need_global(request)
        name = request.target.name
        labels = name.split(".")
        if len(labels) not in _LABELS or not all(map(_LABEL.fullmatch, labels)):
            raise flat(400, "BadRequest", f"The zone name '{name}' is not a valid domain name.")
        error = precondition(
            self.fabric, request, self.fabric.find(request), f"Private DNS zone {name}"
        )
        return self._write(request, error)

    def _patch(self, request: Request) -> Answer:
        zone = self.fabric.need(request)
        error = precondition(self.fabric, request, zone, f"Private DNS zone {request.target.name}")
        return self._write(request, error)

    def _write(self, request: Request, error: ArmError | None) -> Answer:
        zone_id = self.fabric.new_id(request.target)

        def finish() -> None:
            known = self.fabric.find(request)
            zone = known or self._make(zone_id)
            zone.body["etag"] = str(uuid.uuid4())
            if "tags" in request.body:
                zone.body["tags"] = request.body["tags"]
            self.fabric.happened(request, existed=known is not None)

        end = fail(error) if error else finish
        return begin(self.fabric, request, zone_id, "UpsertPrivateDnsZone", end)

    def _make(self, zone_id: str) -> Resource:
        name = zone_id.rpartition("/")[2]
        document: Json = {
            "id": zone_id,
            "name": name,
            "type": ZONE,
            "etag": "",
            "location": "global",
            "properties": {
                "maxNumberOfRecordSets": 25000,
                "maxNumberOfVirtualNetworkLinks": 1000,
                "maxNumberOfVirtualNetworkLinksWithRegistration": 100,
                "numberOfRecordSets": 1,
                "numberOfVirtualNetworkLinks": 0,
                "numberOfVirtualNetworkLinksWithRegistration": 0,
                "provisioningState": "Succeeded",
            },
        }
        zone = Resource(zone_id, ZONE, document)
        self.fabric.world.put(zone)
        self.fabric.world.put(_soa(zone_id, name))
        return zone

    def _delete(self, request: Request) -> Answer:
        zone = self.fabric.find(request)
        if zone is None:
            return Answer(204)
        links = list(self.fabric.world.of_type(LINK, zone.id))
        if links:
            nested = f"{ZONE}/{zone.body['name']}/virtualNetworkLinks/{links[0].body['name']}"
            raise ArmError(
                409,
                "CannotDeleteResource",
                "Cannot delete resource while nested resources exist. Some existing nested "
                f"resource IDs include: '{nested}'. Please delete all nested resources before "
                "deleting this resource.",
                gateway=True,
            )
        error = precondition(self.fabric, request, zone, f"Private DNS zone {request.target.name}")

        def finish() -> None:
            if self.fabric.world.get(zone.id) is zone:
                self._gone(zone)
                self.fabric.happened(request, Kind.DELETE, existed=True)

        end = fail(error) if error else finish
        return begin(self.fabric, request, zone.id, "DeletePrivateDnsZone", end)

    def _gone(self, zone: Resource) -> None:
        for kind in (A, SOA):
            for record in self.fabric.world.of_type(kind, zone.id):
                self.fabric.world.remove(record.id)
        self.fabric.world.remove(zone.id)


def _soa(zone_id: str, name: str) -> Resource:
    """The record set that every zone has from birth."""
    document = {
        "id": f"{zone_id}/SOA/@",
        "name": "@",
        "type": SOA,
        "etag": str(uuid.uuid4()),
        "properties": {
            "fqdn": f"{name}.",
            "ttl": 3600,
            "soaRecord": {
                "email": "azureprivatedns-host.microsoft.com",
                "expireTime": 2419200,
                "host": "azureprivatedns.net",
                "minimumTtl": 10,
                "refreshTime": 3600,
                "retryTime": 300,
                "serialNumber": 1,
            },
            "isAutoRegistered": False,
        },
    }
    return Resource(f"{zone_id}/SOA/@", SOA, document)
