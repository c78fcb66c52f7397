"""What all providers stand on: the world, the roles, the operations."""

import base64
import binascii
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from urllib.parse import quote

from simulator.arm import errors
from simulator.arm.operations import Operations
from simulator.arm.roles import Roles
from simulator.arm.wire import Answer, Request, Route, Target, Verb
from simulator.world import Happened, Json, Kind, Resource, World


def weak_etag() -> str:
    """A new etag as the Network provider writes it."""
    return f'W/"{uuid.uuid4()}"'


def as_is(resource: Resource) -> Json:
    """The document of a resource, as it stands."""
    return resource.body


def need_settled(resource: Resource) -> None:
    """Refuse a change while another one is under way."""
    if resource.properties["provisioningState"] != "Succeeded":
        message = f"Another operation on this or dependent resource is in progress: {resource.id}."
        raise errors.ArmError(409, "AnotherOperationInProgress", message)


@dataclass(frozen=True, slots=True)
class Fabric:
    """The common ground of all providers.

    Attributes:
        world: every resource.
        roles: who may do what.
        operations: the long-running operations.
        page_size: items on a page, where the provider has no size of its own.
    """

    world: World
    roles: Roles
    operations: Operations
    page_size: int

    def find(self, request: Request) -> Resource | None:
        """The resource that the request points at, if it exists."""
        return self.world.get(request.target.path)

    def need(self, request: Request) -> Resource:
        """The resource that the request points at, or ResourceNotFound."""
        resource = self.find(request)
        if resource is None:
            raise errors.resource_not_found(request.target.relative, request.target.group)
        return resource

    def parent(self, request: Request) -> Resource:
        """The resource that the request's target is nested in; the server saw that it exists."""
        parent = self.world.get(request.target.parent)
        if parent is None:
            types = "/".join(request.target.types)
            raise errors.parent_not_found("read", types, request.target.parent)
        return parent

    def new_id(self, target: Target) -> str:
        """The ID for a new resource: its parent's as it stands, types in Azure's case."""
        parent = self.world.get(target.parent)
        above = parent.id if parent else target.parent
        if len(target.types) == 1:
            above += f"/providers/{target.namespace}"
        return f"{above}/{target.types[-1]}/{target.name}"

    def happened(self, request: Request, kind: Kind = Kind.WRITE, *, existed: bool = False) -> None:
        """Tell the world that this request succeeded."""
        target = request.target
        self.world.happened(
            Happened(
                kind,
                target.path,
                f"{target.type}/{kind.value.lower()}",
                existed,
                request.method,
                request.url,
                request.principal,
                request.correlation_id,
            )
        )

    def demand(self, request: Request, action: str, linked_id: str) -> None:
        """Refuse unless the caller may do `action` on a resource that the request refers to."""
        if self.roles.may(request.principal, action, linked_id):
            return
        own = f"{request.target.type}/write"
        linked = (action, linked_id)
        raise errors.linked_forbidden(request.principal, own, request.target.path, linked)

    def list_route(
        self, kind: str, size: Callable[[Request], int | None] = lambda _: None
    ) -> Route:
        """The list of a top-level type, by group and by subscription alike.

        Args:
            kind: the type.
            size: how many items on a page a request asks for, where it may.
        """

        def handler(request: Request) -> Answer:
            holder = request.target.path.lower().partition("/providers/")[0]
            return self.page(request, partial(self.world.listed, kind, holder), size(request))

        return Route(kind, Verb.LIST, handler)

    def page(
        self,
        request: Request,
        listed: Callable[[str], Iterable[Resource]],
        size: int | None = None,
        show: Callable[[Resource], Json] = as_is,
    ) -> Answer:
        """One page of a list, with an absolute `nextLink` to the next if there is one.

        The token names the last ID shown, so a page that changes between two
        reads never repeats or skips what stayed.

        Args:
            request: the request for the list.
            listed: gives the list from an ID on, in the order of the IDs.
            size: items on a page.
            show: makes the document of an item.
        """
        size = size or self.page_size
        found = list(islice(listed(_after(request)), size + 1))
        body: Json = {"value": [show(item) for item in found[:size]]}
        if len(found) > size:
            body["nextLink"] = _next_link(request, found[size - 1].id.lower())
        return Answer(200, body)


def _after(request: Request) -> str:
    token = request.query.get("$skiptoken", "")
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise errors.bad_request("InvalidSkipToken", "The skip token is invalid.") from error


def _next_link(request: Request, last_id: str) -> str:
    token = base64.urlsafe_b64encode(last_id.encode()).decode()
    query = {k: v for k, v in request.query.items() if k != "$skiptoken"} | {"$skipToken": token}
    tail = "&".join(f"{name}={quote(value)}" for name, value in query.items())
    return f"{request.base}{quote(request.target.path)}?{tail}"
