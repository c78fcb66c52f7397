"""Microsoft.Network/privateDnsZones/virtualNetworkLinks: who resolves a zone.

A link's refusals come through its operation's poll, not in the answer to the
write (recorded).
"""

import time
import uuid
from dataclasses import dataclass
from functools import partial

from simulator.arm.errors import ArmError, flat
from simulator.arm.fabric import Fabric
from simulator.arm.network_documents import VNET
from simulator.arm.private_dns import LINK, begin, fail, need_global, precondition, top
from simulator.arm.wire import Answer, Request, Route, Verb
from simulator.world import Json, Kind, Resource

JOIN = f"{VNET}/join/action"
SHOWS_POLICY = "2024-06-01"
_POLICIES = ("Default", "NxDomainRedirect")
_COUNT = "numberOfVirtualNetworkLinks"
_COUNT_REGISTERING = "numberOfVirtualNetworkLinksWithRegistration"


@dataclass(frozen=True, slots=True)
class Links:
    """Virtual network links.

    Attributes:
        fabric: common ground.
    """

    fabric: Fabric

    def routes(self) -> list[Route]:
        """What this part of the Private DNS provider answers."""
        return [
            Route(LINK, Verb.LIST, self._list),
            Route(LINK, Verb.GET, self._get),
            Route(LINK, Verb.PUT, self._put),
            Route(LINK, Verb.PATCH, self._patch),
            Route(LINK, Verb.DELETE, self._delete),
        ]

    def _list(self, request: Request) -> Answer:
        links = partial(self.fabric.world.listed, LINK, request.target.parent)
        return self.fabric.page(
            request, links, top(request), show=lambda link: _shown(request, link)
        )

    def _get(self, request: Request) -> Answer:
        return Answer(200, _shown(request, self.fabric.need(request)))

    def _put(self, request: Request) -> Answer:
        need_global(request)
        known, asked = self.fabric.find(request), request.body.get("properties") or {}
        network_id = str((asked.get("virtualNetwork") or {}).get("id") or "")
        if not network_id:
            raise flat(400, "BadRequest", "The virtual network of the link is missing.")
        self._check_policy(request, asked)
        self.fabric.demand(request, JOIN, network_id)
        error = precondition(self.fabric, request, known, self._called(request))
        error = error or self._clash(request, known, network_id)
        return self._write(request, known, network_id, error)

    def _patch(self, request: Request) -> Answer:
        link = self.fabric.need(request)
        network_id = link.properties["virtualNetwork"]["id"]
        self._check_policy(request, request.body.get("properties") or {})
        self.fabric.demand(request, JOIN, network_id)
        error = precondition(self.fabric, request, link, self._called(request))
        return self._write(request, link, network_id, error)

    @staticmethod
    def _called(request: Request) -> str:
        zone, link = request.target.names
        return f"Virtual Network link {link} for the Private DNS zone {zone}"

    @staticmethod
    def _check_policy(request: Request, asked: Json) -> None:
        policy = asked.get("resolutionPolicy")
        if policy is None:
            return
        private = request.target.names[0].lower().startswith("privatelink.")
        if policy not in _POLICIES or not (private or policy == "Default"):
            message = f"The resolution policy '{policy}' is not valid for this zone."
            raise flat(400, "BadRequest", message)

    def _clash(self, request: Request, known: Resource | None, network_id: str) -> ArmError | None:
        """Why the network cannot have this link (docs/azure.md#private-dns)."""
        network = self.fabric.world.get(network_id)
        if network is None:
            message = f"Virtual network resource not found for '{network_id}'"
            return flat(400, "BadRequest", message)
        if known and known.properties["virtualNetwork"]["id"].lower() != network_id.lower():
            return flat(400, "BadRequest", "The virtual network of a link cannot be changed.")
        for other in self.fabric.world.of_type(LINK):
            if other.properties["virtualNetwork"]["id"].lower() != network_id.lower():
                continue
            if other.hidden["guid"] != network.properties["resourceGuid"]:
                return _recreated(network_id)
            theirs, ours = other.id.split("/")[8], request.target.names[0]
            if other is not known and theirs.lower() == ours.lower():
                return flat(
                    400,
                    "BadRequest",
                    "A virtual network cannot be linked to multiple zones with overlapping "
                    f"namespaces. You tried to link virtual network with '{ours}' and '{theirs}' "
                    "zones.",
                )
        return self._full(request, known)

    def _full(self, request: Request, known: Resource | None) -> ArmError | None:
        """Why the zone cannot have one more link."""
        zone = self.fabric.parent(request)
        most = zone.properties["maxNumberOfVirtualNetworkLinks"]
        if known or sum(1 for _ in self.fabric.world.of_type(LINK, zone.id)) < most:
            return None
        message = f"The zone {zone.body['name']} has reached its limit of {most} network links."
        return flat(400, "BadRequest", message)

    def _write(
        self, request: Request, known: Resource | None, network_id: str, error: ArmError | None
    ) -> Answer:
        if error:
            link_id = self.fabric.new_id(request.target)
            return begin(self.fabric, request, link_id, "UpsertVirtualNetworkLink", fail(error))
        link = known or self._make(request, network_id)
        link.properties["provisioningState"] = "Updating" if known else "Creating"

        def finish() -> None:
            if self.fabric.world.get(link.id) is not link:
                raise flat(409, "Conflict", "The link was deleted meanwhile.")
            self._apply(link, request.body)
            self._count(link)
            self.fabric.happened(request, existed=known is not None)

        return begin(self.fabric, request, link.id, "UpsertVirtualNetworkLink", finish)

    def _make(self, request: Request, network_id: str) -> Resource:
        link_id = self.fabric.new_id(request.target)
        private = request.target.names[0].lower().startswith("privatelink.")
        document: Json = {
            "id": link_id,
            "name": request.target.name,
            "type": LINK,
            "etag": _etag(),
            "location": "global",
            "properties": {
                "provisioningState": "Creating",
                "registrationEnabled": False,
                **({"resolutionPolicy": "Default"} if private else {}),
                "virtualNetwork": {"id": network_id},
                "virtualNetworkLinkState": "InProgress",
            },
        }
        network = self.fabric.world.get(network_id)
        guid = network.properties["resourceGuid"] if network else ""
        link = Resource(link_id, LINK, document, {"guid": guid})
        self.fabric.world.put(link)
        return link

    @staticmethod
    def _apply(link: Resource, body: Json) -> None:
        asked = body.get("properties") or {}
        for name in ("registrationEnabled", "resolutionPolicy"):
            if asked.get(name) is not None:
                link.properties[name] = asked[name]
        if "tags" in body:
            link.body["tags"] = body["tags"]
        link.body["etag"] = _etag()
        link.properties["virtualNetworkLinkState"] = "Completed"
        link.properties["provisioningState"] = "Succeeded"

    def _delete(self, request: Request) -> Answer:
        link = self.fabric.find(request)
        if link is None:
            return Answer(204)
        error = precondition(self.fabric, request, link, self._called(request))
        if error is None:
            link.properties["provisioningState"] = "Deleting"

        def finish() -> None:
            if self.fabric.world.get(link.id) is link:
                self.fabric.world.remove(link.id)
                self._count(link)
                self.fabric.happened(request, Kind.DELETE, existed=True)

        end = fail(error) if error else finish
        return begin(self.fabric, request, link.id, "DeleteVirtualNetworkLink", end)

    def _count(self, link: Resource) -> None:
        """Show in the zone how many links it has."""
        zone = self.fabric.world.get(link.id.partition("/virtualNetworkLinks/")[0])
        if zone:
            links = list(self.fabric.world.of_type(LINK, zone.id))
            zone.properties[_COUNT] = len(links)
            zone.properties[_COUNT_REGISTERING] = sum(
                bool(item.properties["registrationEnabled"]) for item in links
            )


def _recreated(network_id: str) -> ArmError:
    """A link of another life of the network stands in the way (recorded wording)."""
    return flat(
        409,
        "Conflict",
        f"Virtual network resource identity '{network_id}' already in use. This is possible in "
        "case the virtual network was moved, or re-created. Please contact support.",
    )


def _etag() -> str:
    """An etag as links have it: quotes are part of it (recorded)."""
    return f'"{uuid.uuid4().hex[:8]}-0000-0100-0000-{int(time.time()):08x}0000"'


def _shown(request: Request, link: Resource) -> Json:
    """The document as the caller's API version knows it."""
    if request.api_version >= SHOWS_POLICY:
        return link.body
    properties = {k: v for k, v in link.properties.items() if k != "resolutionPolicy"}
    return {**link.body, "properties": properties}
