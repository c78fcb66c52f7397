"""Subscriptions and resource groups.

One deliberate difference from Azure: a group comes into being by the first
write into it, so that any client can start at once.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from simulator.arm import errors
from simulator.arm.dialects import RESOURCES
from simulator.arm.errors import ArmError
from simulator.arm.fabric import Fabric
from simulator.arm.operations import Start
from simulator.arm.wire import GROUP, SUBSCRIPTION, Answer, Request, Route, Target, Verb, parse
from simulator.world import Json, Kind, Resource

GROUP_TYPE = "Microsoft.Resources/resourceGroups"
"""The type a group's document shows; its actions and events use the longer GROUP."""

DELETE_ORDER = (
    "Microsoft.Network/privateEndpoints",
    "Microsoft.ContainerRegistry/registries",
    "Microsoft.Network/privateDnsZones/virtualNetworkLinks",
    "Microsoft.Network/privateDnsZones",
    "Microsoft.Network/virtualNetworks",
)
"""What refers to others goes before what it refers to."""

type Dispatch = Callable[[Request], Answer]


def group_id(target: Target) -> str:
    """ID of the group that a target is in, in the caller's case."""
    return f"/subscriptions/{target.subscription}/resourceGroups/{target.group}"


@dataclass(frozen=True, slots=True)
class Resources:
    """The Microsoft.Resources provider.

    Attributes:
        fabric: common ground.
        dispatch: sends a request to whoever serves its type, for group deletes.
    """

    fabric: Fabric
    dispatch: Dispatch

    def routes(self) -> list[Route]:
        """What this provider answers."""
        return [
            Route(SUBSCRIPTION, Verb.LIST, self._list_subscriptions),
            Route(SUBSCRIPTION, Verb.GET, self._get_subscription),
            Route(GROUP, Verb.LIST, self._list_groups),
            Route(GROUP, Verb.GET, self._get_group),
            Route(GROUP, Verb.HEAD, self._has_group),
            Route(GROUP, Verb.PUT, self._put_group),
            Route(GROUP, Verb.DELETE, self._delete_group),
        ]

    def need_group(self, target: Target) -> None:
        """Refuse what is in a group that does not exist."""
        if target.group and self.fabric.world.get(group_id(target)) is None:
            raise errors.group_not_found(target.group)

    def ensure_group(self, request: Request) -> None:
        """Make the group of a first write into it."""
        if request.target.group and self.fabric.world.get(group_id(request.target)) is None:
            self._make_group(request.target, request.body)

    def _make_group(self, target: Target, body: Json) -> Resource:
        location = str(body.get("location") or "global").lower()
        document = {
            "id": group_id(target),
            "name": target.group,
            "type": GROUP_TYPE,
            "location": "westeurope" if location == "global" else location,
            "properties": {"provisioningState": "Succeeded"},
        }
        group = Resource(group_id(target), GROUP_TYPE, document)
        self.fabric.world.put(group)
        return group

    def _subscription(self, subscription: str) -> Json:
        return {
            "id": f"/subscriptions/{subscription}",
            "subscriptionId": subscription,
            "tenantId": self.fabric.world.tenant_id,
            "displayName": f"Local {subscription[:8]}",
            "state": "Enabled",
        }

    def _list_subscriptions(self, request: Request) -> Answer:
        """Those in which the caller has a role that reads them, be it on one resource alone."""

        def listed(after: str) -> Iterator[Resource]:
            for subscription in sorted(self.fabric.world.subscriptions):
                document = self._subscription(subscription)
                id_ = document["id"]
                if id_.lower() > after and self.fabric.roles.can_list(
                    request.principal, f"{SUBSCRIPTION}/read", id_
                ):
                    yield Resource(id_, SUBSCRIPTION, document)

        return self.fabric.page(request, listed)

    def _get_subscription(self, request: Request) -> Answer:
        return Answer(200, self._subscription(request.target.subscription.lower()))

    def _list_groups(self, request: Request) -> Answer:
        under = f"/subscriptions/{request.target.subscription}"
        return self.fabric.page(request, partial(self.fabric.world.listed, GROUP_TYPE, under))

    def _need(self, request: Request) -> Resource:
        self.need_group(request.target)
        return self.fabric.need(request)

    def _get_group(self, request: Request) -> Answer:
        return Answer(200, self._need(request).body)

    def _has_group(self, request: Request) -> Answer:
        self._need(request)
        return Answer(204)

    def _put_group(self, request: Request) -> Answer:
        known = self.fabric.find(request)
        location = str(request.body.get("location") or "")
        if not location:
            message = "The location property is required for this definition."
            raise ArmError(400, "LocationRequired", message, gateway=True)
        group = known or self._make_group(request.target, request.body)
        if group.body["location"] != location.lower().replace(" ", ""):
            name = request.target.group
            raise ArmError(
                409,
                "InvalidResourceGroupLocation",
                f"Invalid resource group location '{location}'. The Resource group already "
                f"exists in location '{group.body['location']}'. ({name})",
                gateway=True,
            )
        if "tags" in request.body:
            group.body["tags"] = request.body["tags"]
        self.fabric.happened(request, existed=known is not None)
        return Answer(200 if known else 201, group.body)

    def _delete_group(self, request: Request) -> Answer:
        group = self._need(request)
        group.properties["provisioningState"] = "Deleting"

        async def work() -> None:
            try:
                await self._empty(request, group)
            except ArmError:
                group.properties["provisioningState"] = "Succeeded"
                raise
            self.fabric.world.remove(group.id)
            self.fabric.happened(request, Kind.DELETE, existed=True)

        start = Start(RESOURCES, group.id)
        operation = self.fabric.operations.begin_work(request, start, work)
        return Answer(202, "", operation.location_header, operation)

    async def _empty(self, request: Request, group: Resource) -> None:
        """Delete what the group holds, kind by kind, each by its own delete and its event."""
        for kind in DELETE_ORDER:
            begun = [self._delete(request, resource) for resource in self._inside(kind, group)]
            for operation in [answer.operation for answer in begun if answer.operation]:
                await operation.ended.wait()
                if operation.error:
                    raise operation.error

    def _inside(self, kind: str, group: Resource) -> Iterator[Resource]:
        return self.fabric.world.of_type(kind, group.id)

    def _delete(self, request: Request, resource: Resource) -> Answer:
        target = parse(resource.id.strip("/").split("/"), request.api_version)
        url = f"{request.base}{resource.id}?api-version={request.api_version}"
        own = replace(
            request, method="DELETE", target=target, url=url, query={}, headers={}, body={}
        )
        return self.dispatch(own)
