"""The managed identity endpoint: tokens for the app and for the operator."""

import base64
import datetime as dt
import json
import re
import secrets
import uuid
from dataclasses import dataclass

from aiohttp import web

from simulator.clock import Clock
from simulator.world import Json

LIFETIME = dt.timedelta(hours=24)
_VERSION = "2019-08-01"
_UNKNOWN_CLIENT = (
    "No User Assigned or Delegated Managed Identity found for specified "
    "ClientId/ResourceId/PrincipalId."
)
# Those of the clouds that have a name, and the local Azure's own URL.
_AUDIENCE = re.compile(r"https://(management\.(core\.)?[a-z.]+|127\.0\.0\.1:[0-9]+)/?")


@dataclass(frozen=True, slots=True)
class _Token:
    principal: str
    audience: str
    expires: dt.datetime


class Identity:
    """Issues tokens to whoever knows a header, as App Service does, and knows them again.

    Args:
        tenant_id: the tenant the tokens name.
        lifetime: how long a token lives.

    Attributes:
        url: the endpoint, for IDENTITY_ENDPOINT; known after `start`.
        app_header: secret for IDENTITY_HEADER that gives the app's identity.
        operator_header: the same for the all-rights identity of demos and tests.
        app_principal: object ID of the app's identity.
        app_client: its client ID, the only one that the app may name.
        operator_principal: object ID of the operator's.
    """

    def __init__(self, tenant_id: str, *, lifetime: dt.timedelta = LIFETIME) -> None:
        self.url = ""
        self.app_header = secrets.token_urlsafe(24)
        self.operator_header = secrets.token_urlsafe(24)
        self.app_principal = str(uuid.uuid4())
        self.app_client = _client_of(self.app_principal)
        self.operator_principal = str(uuid.uuid4())
        self._tenant_id = tenant_id
        self._lifetime = lifetime
        self._tokens: dict[str, _Token] = {}
        app = web.Application()
        app.router.add_get("/msi/token", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)

    async def start(self) -> None:
        """Listen on a free port of 127.0.0.1."""
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/msi/token"

    async def stop(self) -> None:
        """Stop listening; tokens already given stay known."""
        await self._runner.cleanup()

    def principal_of(self, bearer_token: str) -> str | None:
        """Whose token this is, or None if unknown, expired or not meant for Resource Manager."""
        token = self._tokens.get(bearer_token)
        if token is None or not _AUDIENCE.fullmatch(token.audience):
            return None
        return token.principal if token.expires > Clock.now() else None

    def expiry_of(self, bearer_token: str) -> dt.datetime | None:
        """When a token that was given here ends or has ended; None if it is unknown."""
        token = self._tokens.get(bearer_token)
        return token.expires if token else None

    async def _serve(self, request: web.Request) -> web.Response:
        given = request.headers.get("X-IDENTITY-HEADER", "")
        principal = self._principal(given)
        if principal is None:
            return _refusal(401, "The X-IDENTITY-HEADER header is missing or wrong.")
        if request.query.get("api-version") != _VERSION:
            return _refusal(400, f"The api-version must be {_VERSION}.")
        audience = request.query.get("resource", "")
        if not audience:
            return _refusal(400, "The resource parameter is missing.")
        client = request.query.get("client_id", self.app_client)
        if principal == self.app_principal and client != self.app_client:
            return _refusal(400, _UNKNOWN_CLIENT)
        return web.json_response(self._issue(principal, audience))

    def _principal(self, header: str) -> str | None:
        if secrets.compare_digest(header.encode(), self.app_header.encode()):
            return self.app_principal
        if secrets.compare_digest(header.encode(), self.operator_header.encode()):
            return self.operator_principal
        return None

    def _issue(self, principal: str, audience: str) -> Json:
        now = Clock.now()
        expires = now + self._lifetime
        claims = {
            "aud": audience,
            "exp": int(expires.timestamp()),
            "iat": int(now.timestamp()),
            "iss": f"https://sts.windows.net/{self._tenant_id}/",
            "oid": principal,
            "sub": principal,
            "tid": self._tenant_id,
        }
        header = {"typ": "JWT", "alg": "none"}
        token = f"{_part(header)}.{_part(claims)}.{secrets.token_urlsafe(32)}"
        self._tokens[token] = _Token(principal, audience, expires)
        return {
            "access_token": token,
            "expires_on": str(int(expires.timestamp())),
            "resource": audience,
            "token_type": "Bearer",
            "client_id": _client_of(principal),
        }


def _client_of(principal: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, principal))


def _part(content: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def _refusal(status: int, message: str) -> web.Response:
    return web.json_response({"statusCode": status, "message": message}, status=status)
