"""What can go wrong with one answer of Resource Manager.

A fault acts at up to four points: before the request takes effect, around the
effect, after it, and on the answer's way out. One that acts after the effect
leaves a world in which the request has been obeyed, though nobody was told so.
"""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

from simulator.arm import errors
from simulator.arm.errors import ArmError
from simulator.arm.private_dns import ZONE, A
from simulator.arm.wire import Answer, Request
from simulator.clock import Clock
from simulator.history import History
from simulator.world import Json, World

type Handler = Callable[[Request], Answer]

_INTERFACES = "microsoft.network/networkinterfaces"
FOREVER = 1e9

_CODES: Mapping[int, tuple[str, str]] = {
    400: ("BadRequest", "The request could not be served."),
    404: ("ResourceNotFound", "The resource was not found."),
    409: (
        "AnotherOperationInProgress",
        "Another operation on this or dependent resource is in progress.",
    ),
    412: ("PreconditionFailed", "The resource has been modified (etag mismatch)."),
    429: ("TooManyRequests", "The request is being throttled as the limit has been reached."),
    500: ("InternalServerError", "The server encountered an error."),
    502: ("BadGateway", "The gateway received an invalid response from the provider."),
    503: ("ServiceUnavailable", "The service is temporarily unavailable."),
    504: ("GatewayTimeout", "The gateway did not receive a response from the provider in time."),
}


class ConnectionLostError(Exception):
    """The caller gets no answer: the connection is cut."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Where faults act.

    Attributes:
        world: for its clock, its tenant and its resources.
        history: for what was there before.
    """

    world: World
    history: History

    @property
    def clock(self) -> Clock:
        """The world's clock."""
        return self.world.clock


@dataclass(frozen=True, slots=True)
class Fault:
    """No fault at all; each kind replaces what it spoils."""

    async def before(self, request: Request, scene: Scene) -> None:
        """Act before the request takes effect; an error keeps it from doing so."""

    def answer(self, request: Request, handler: Handler, scene: Scene) -> Answer:
        """Let the request take effect, and spoil what is answered."""
        del scene
        return handler(request)

    async def after(self, scene: Scene) -> None:
        """Act when the request has taken effect and nobody has been told."""

    def send(self, response: web.Response) -> web.Response:
        """Spoil the answer on its way out."""
        return response


@dataclass(frozen=True, slots=True)
class Refused(Fault):
    """Azure refuses, and the request has no effect.

    Attributes:
        status: HTTP status; the code and body are Azure's for it.
        retry_after: seconds in `Retry-After`; below 0 leaves the header out.
        code: another error code than the usual one.
    """

    status: int = 503
    retry_after: float = -1.0
    code: str = ""

    async def before(self, request: Request, scene: Scene) -> None:
        """Refuse."""
        raise self._error(request, scene.world)

    def _error(self, request: Request, world: World) -> ArmError:
        if self.status == HTTPStatus.UNAUTHORIZED:
            message = "The access token is invalid or has expired."
            code = self.code or "InvalidAuthenticationToken"
            return errors.unauthenticated(code, message, world.tenant_id)
        if self.status == HTTPStatus.FORBIDDEN and not self.code:
            target = request.target
            return errors.forbidden(request.principal, f"{target.type}/read", target.path)
        code, message = _CODES.get(self.status, ("Unknown", "The request failed."))
        kind = request.target.type.lower()
        flat = kind.startswith(ZONE.lower()) and self.status not in {404, 429}
        if kind == A.lower() and self.status == HTTPStatus.NOT_FOUND:
            code, flat = "NotFound", True
        headers = {} if self.retry_after < 0 else {"Retry-After": f"{self.retry_after:g}"}
        if self.status == HTTPStatus.TOO_MANY_REQUESTS:
            what = "reads" if request.method in {"GET", "HEAD"} else "writes"
            headers[f"x-ms-ratelimit-remaining-subscription-{what}"] = "0"
        return ArmError(self.status, self.code or code, message, flat=flat, headers=headers)


@dataclass(frozen=True, slots=True)
class DroppedBefore(Fault):
    """The connection is cut, and the request has no effect."""

    async def before(self, request: Request, scene: Scene) -> None:
        """Cut the connection."""
        del request, scene
        raise ConnectionLostError


@dataclass(frozen=True, slots=True)
class DroppedAfter(Fault):
    """The request takes effect, and the connection is cut before the answer."""

    async def after(self, scene: Scene) -> None:
        """Cut the connection."""
        del scene
        raise ConnectionLostError


@dataclass(frozen=True, slots=True)
class SilentBefore(Fault):
    """Nothing happens: no effect, no answer, until the caller gives up.

    Attributes:
        seconds: simulated seconds until the connection is cut.
    """

    seconds: float = FOREVER

    async def before(self, request: Request, scene: Scene) -> None:
        """Say nothing."""
        del request
        await scene.clock.sleep(self.seconds)
        raise ConnectionLostError


@dataclass(frozen=True, slots=True)
class SilentAfter(Fault):
    """The request takes effect, and no answer comes until the caller gives up.

    Attributes:
        seconds: simulated seconds until the connection is cut.
    """

    seconds: float = FOREVER

    async def after(self, scene: Scene) -> None:
        """Say nothing."""
        await scene.clock.sleep(self.seconds)
        raise ConnectionLostError


@dataclass(frozen=True, slots=True)
class Slow(Fault):
    """The request takes effect, and the answer is late.

    Attributes:
        seconds: simulated seconds.
    """

    seconds: float = 5.0

    async def after(self, scene: Scene) -> None:
        """Wait."""
        await scene.clock.sleep(self.seconds)


@dataclass(frozen=True, slots=True)
class Truncated(Fault):
    """The request takes effect, and the connection ends in the middle of the answer's body."""

    def send(self, response: web.Response) -> web.Response:
        """Half of the body, under the length of all of it."""
        whole = response.body if isinstance(response.body, bytes) else b""
        if not whole:
            raise ConnectionLostError
        headers = response.headers.copy()
        headers["Content-Length"] = str(len(whole))
        half = web.Response(status=response.status, headers=headers, body=whole[: len(whole) // 2])
        half.force_close()
        return half


@dataclass(frozen=True, slots=True)
class NotJson(Fault):
    """The request takes effect, and the answer is a web page under Azure's status.

    Attributes:
        content_type: what the answer calls itself.
    """

    content_type: str = "application/json"

    def send(self, response: web.Response) -> web.Response:
        """A page of some proxy between Azure and the caller."""
        page = "<html><body>The page cannot be displayed.</body></html>"
        headers = response.headers.copy()
        headers["Content-Type"] = self.content_type
        headers.popall("Content-Length", None)
        return web.Response(status=response.status, headers=headers, body=page.encode())


@dataclass(frozen=True, slots=True)
class Stale(Fault):
    """A read is answered as it would have been earlier; writes are obeyed now.

    Attributes:
        back: so many changes of what is read have not reached the replica that answers.
        since: or nothing from this number of the history on has; below 0 for `back`.
    """

    back: int = 1
    since: int = -1

    def answer(self, request: Request, handler: Handler, scene: Scene) -> Answer:
        """Answer from the world as it was."""
        if request.method != "GET":
            return handler(request)
        target, history = request.target, scene.history
        moment = self.since
        if moment < 0:
            path = target.path
            moment = history.before_last(self.back, path, below=not target.is_item)
        with scene.world.shown_as(history.as_of(moment)):
            return handler(request)


@dataclass(frozen=True, slots=True)
class _Edited(Fault):
    """A good answer, changed."""

    def answer(self, request: Request, handler: Handler, scene: Scene) -> Answer:
        """Answer with a changed copy."""
        del scene
        good = handler(request)
        if not isinstance(good.body, dict):
            return good
        body: Json = copy.deepcopy(good.body)
        self.edit(body, request)
        return Answer(good.status, body, good.headers, good.operation)

    def edit(self, body: Json, request: Request) -> None:
        """Change the body in place."""


@dataclass(frozen=True, slots=True)
class ItemLeftOut(_Edited):
    """A list silently lacks an item.

    Attributes:
        index: which one, counted as Python does.
    """

    index: int = 0

    def edit(self, body: Json, request: Request) -> None:
        """Leave it out."""
        del request
        value = body.get("value")
        if isinstance(value, list) and -len(value) <= self.index < len(value):
            del value[self.index]


@dataclass(frozen=True, slots=True)
class NextLinkGarbled(_Edited):
    """A list goes on at a URL that nobody can follow.

    Attributes:
        link: the URL; by default one that lost its host.
    """

    link: str = "https:///subscriptions?$skiptoken=%"

    def edit(self, body: Json, request: Request) -> None:
        """Half of the list, and the bad link."""
        del request
        if isinstance(body.get("value"), list):
            body["value"] = body["value"][: len(body["value"]) // 2]
            body["nextLink"] = self.link


@dataclass(frozen=True, slots=True)
class SecondPageFails(_Edited):
    """A list goes on at a second page, which is never served.

    Attributes:
        status: what the second page answers with.
    """

    status: int = 503

    def edit(self, body: Json, request: Request) -> None:
        """Half of the list, and a link whose page is refused."""
        if isinstance(body.get("value"), list):
            body["value"] = body["value"][: len(body["value"]) // 2]
            joint = "&" if "?" in request.url else "?"
            body["nextLink"] = f"{request.url}{joint}$skiptoken={refused_page(self.status)}"


_REFUSED_PAGE = "simulated-page-"


def refused_page(status: int) -> str:
    """The skip token of a page that is refused with a status."""
    return f"{_REFUSED_PAGE}{status}"


def refusal_of_page(request: Request) -> Fault:
    """The fault of a request for a page that is refused, or none."""
    token = request.query.get("$skiptoken", "")
    if not token.startswith(_REFUSED_PAGE):
        return Fault()
    return Refused(int(token.removeprefix(_REFUSED_PAGE)))


@dataclass(frozen=True, slots=True)
class InterfaceBehind(_Edited):
    """An interface is still at work, and shows but some of its members.

    Attributes:
        members: how many of them.
    """

    members: int = 0

    def edit(self, body: Json, request: Request) -> None:
        """Updating, with the first members only."""
        if request.target.type.lower() == _INTERFACES and "properties" in body:
            properties = body["properties"]
            properties["provisioningState"] = "Updating"
            properties["ipConfigurations"] = properties["ipConfigurations"][: self.members]


KINDS: Mapping[str, type[Fault]] = {
    "refused": Refused,
    "droppedBefore": DroppedBefore,
    "droppedAfter": DroppedAfter,
    "silentBefore": SilentBefore,
    "silentAfter": SilentAfter,
    "slow": Slow,
    "truncated": Truncated,
    "notJson": NotJson,
    "stale": Stale,
    "itemLeftOut": ItemLeftOut,
    "nextLinkGarbled": NextLinkGarbled,
    "secondPageFails": SecondPageFails,
    "interfaceBehind": InterfaceBehind,
}
