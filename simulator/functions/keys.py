"""The keys of a Functions host, and what each opens."""

import secrets
from collections.abc import Awaitable, Callable

from aiohttp import web

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Keys:
    """Keys of a host's own.

    Attributes:
        master: opens every route.
        event_grid: the system key `eventgrid_extension`, which opens the webhook.
        default: opens the HTTP functions that ask for a key, and nothing else.
    """

    def __init__(self) -> None:
        self.master = secrets.token_urlsafe(32)
        self.event_grid = secrets.token_urlsafe(32)
        self.default = secrets.token_urlsafe(32)

    def guard(self, handler: Handler) -> Handler:
        """A handler that answers 401 to whoever does not carry the master key."""

        async def check(request: web.Request) -> web.StreamResponse:
            if not self.open_all(request):
                return web.Response(status=401)
            return await handler(request)

        return check

    def guard_webhook(self, handler: Handler) -> Handler:
        """A handler that lets in the master and Event Grid, 403 to any other key of the host's."""

        async def check(request: web.Request) -> web.StreamResponse:
            given = _given(request)
            if _is(given, self.master) or _is(given, self.event_grid):
                return await handler(request)
            return web.Response(status=403 if _is(given, self.default) else 401)

        return check

    def open_all(self, request: web.Request) -> bool:
        """Whether a request carries the master key."""
        return _is(_given(request), self.master)

    def open_function(self, request: web.Request, level: str) -> bool:
        """Whether a request may call an HTTP function.

        Args:
            request: with its key in a header or in the query.
            level: the trigger's `authLevel`: "anonymous", "function" or "admin".
        """
        if level == "anonymous" or self.open_all(request):
            return True
        return level == "function" and _is(_given(request), self.default)


def _given(request: web.Request) -> str:
    return request.headers.get("x-functions-key") or request.query.get("code") or ""


def _is(given: str, key: str) -> bool:
    return secrets.compare_digest(given.encode(), key.encode())
