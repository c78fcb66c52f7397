"""What a request says and what an answer holds, once off the wire."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from simulator.arm import errors
from simulator.arm.actions import ACTIONS
from simulator.arm.operation import Operation
from simulator.world import Json

_FORBIDDEN = re.compile(r"[/\\%&?<>#\s\x00-\x1f]")
_EXTENSION = ("providers", "microsoft.authorization")
SUBSCRIPTION = "Microsoft.Resources/subscriptions"
GROUP = "Microsoft.Resources/subscriptions/resourceGroups"
PROVIDER = "Microsoft.Resources/subscriptions/providers"


class Verb(StrEnum):
    """A method, with a GET on a collection told apart."""

    GET = "GET"
    LIST = "LIST"
    PUT = "PUT"
    PATCH = "PATCH"
    DELETE = "DELETE"
    POST = "POST"
    HEAD = "HEAD"


@dataclass(frozen=True, slots=True)
class Target:
    """What a path points at: one resource, or a collection of them.

    Attributes:
        path: the path in the caller's case.
        subscription: subscription ID, or empty above subscriptions.
        group: resource group, or empty above groups.
        namespace: resource provider.
        types: the type's segments below the namespace.
        names: a name for each type; a collection lacks the last.
    """

    path: str
    subscription: str
    group: str
    namespace: str
    types: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def type(self) -> str:
        """Full type, as "Microsoft.Network/privateDnsZones/A"."""
        return "/".join((self.namespace, *self.types))

    @property
    def name(self) -> str:
        """The resource's own name."""
        return self.names[-1]

    @property
    def is_item(self) -> bool:
        """Whether this is one resource and no collection."""
        return len(self.names) == len(self.types)

    @property
    def relative(self) -> str:
        """Type and names interleaved, as errors quote a resource."""
        pairs = zip(self.types, self.names, strict=False)
        return "/".join((self.namespace, *(part for pair in pairs for part in pair)))

    @property
    def above(self) -> str:
        """The path less its last segment: a nested item's collection, a collection's scope."""
        return self.path.rpartition("/")[0]

    @property
    def parent(self) -> str:
        """ID of the resource, or the group, that this one or this collection is nested in."""
        cut = -2 if self.is_item else -1
        path = "/".join(self.path.split("/")[:cut])
        return path if len(self.types) > 1 else path.rpartition("/providers")[0]

    @property
    def scope(self) -> str:
        """Where the caller needs the right."""
        return self.path if self.is_item else self.above


def parse(segments: list[str], api_version: str) -> Target:
    """What a path's segments point at. Raises ArmError if no such path can exist."""
    lower = [segment.lower() for segment in segments]
    if not segments or lower[0] != "subscriptions" or "" in segments:
        raise errors.type_not_found("Microsoft.Resources", "/".join(segments), api_version)
    if any(_FORBIDDEN.search(segment) for segment in segments):
        message = "The path holds a character that no resource name may have."
        raise errors.ArmError(400, "InvalidResourceName", message, gateway=True)
    path = "/" + "/".join(segments)
    subscription = segments[1] if len(segments) > 1 else ""
    group = segments[3] if len(segments) > 3 and lower[2] == "resourcegroups" else ""  # noqa: PLR2004 - /subscriptions/S/resourceGroups/G
    at = 4 if group else 2
    if len(segments) <= at or lower[at] != "providers":
        return Target(
            path,
            subscription,
            group,
            "Microsoft.Resources",
            tuple(segments[0::2]),
            tuple(segments[1::2]),
        )
    extension = _extension_at(lower, at)
    rest = segments[(extension or at) + 1 :]
    if not rest:
        raise errors.type_not_found("", "providers", api_version)
    if rest == segments[3:4]:  # a provider itself, and nothing of it
        named = ("subscriptions", "providers"), (subscription, rest[0])
        return Target(path, subscription, "", "Microsoft.Resources", *named)
    namespace, types, names = rest[0], tuple(rest[1::2]), tuple(rest[2::2])
    return Target(path, subscription, group, namespace, types, names)


def _extension_at(lower: list[str], at: int) -> int | None:
    """Where a type begins that extends whatever resource stands before it: locks alone, here."""
    later = range(at + 1, len(lower) - 1)
    return next((i for i in later if lower[i : i + 2] == list(_EXTENSION)), None)


@dataclass(frozen=True, slots=True)
class Request:
    """One request, authenticated and parsed.

    Attributes:
        method: HTTP method.
        url: the full URL, as events quote it.
        base: scheme, host and port of this Resource Manager, for absolute links.
        target: what the path points at.
        principal: object ID of the caller.
        correlation_id: shared by the answer and the events of this request.
        api_version: the version the caller speaks.
        query: query parameters by lower-case name.
        headers: request headers by lower-case name.
        body: the JSON object that was sent, or empty.
    """

    method: str
    url: str
    base: str
    target: Target
    principal: str
    correlation_id: str
    api_version: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back.

    Attributes:
        status: HTTP status.
        body: JSON to send; the empty string for an empty body, None for JSON's null.
        headers: further response headers.
        operation: the long-running operation this began, if it did.
    """

    status: int
    body: Json | str | None = ""
    headers: dict[str, str] = field(default_factory=dict)
    operation: Operation | None = None


type Handler = Callable[[Request], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """Who answers a verb on a type.

    Attributes:
        type: full type, in Azure's own case.
        verb: the method.
        handler: the function that answers.
        polling: whether this is an operation's URL, which outlives the resource.

    Raises:
        ValueError: no list of Microsoft's knows the action that it needs.
    """

    type: str
    verb: Verb
    handler: Handler
    polling: bool = False

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise ValueError(f"{self.action} is no action of simulator/arm/actions.py")

    @property
    def action(self) -> str:
        """The RBAC action the caller needs, as "Microsoft.Network/privateEndpoints/read"."""
        match self.verb:
            case Verb.GET | Verb.LIST | Verb.HEAD:
                return f"{self.type}/read"
            case Verb.PUT | Verb.PATCH:
                return f"{self.type}/write"
            case Verb.DELETE:
                return f"{self.type}/delete"
            case Verb.POST:
                return f"{self.type}/action"
