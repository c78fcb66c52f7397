"""Resource Manager's front door: TLS, tokens, versions, routing, roles, headers."""

import asyncio
import logging
import re
import ssl
import time
import uuid
from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import unquote

from aiohttp import web

from simulator.arm import errors
from simulator.arm.connections import Connections
from simulator.arm.endpoints import Endpoints
from simulator.arm.errors import ArmError
from simulator.arm.fabric import Fabric
from simulator.arm.links import Links
from simulator.arm.locks import Locks, refuse_locked
from simulator.arm.networks import Networks
from simulator.arm.operations import Operations
from simulator.arm.peerings import Peerings
from simulator.arm.providers import Providers
from simulator.arm.records import Records
from simulator.arm.registries import Registries
from simulator.arm.replications import Replications
from simulator.arm.resources import Resources
from simulator.arm.responses import by_provider, respond
from simulator.arm.roles import Assignment, Roles
from simulator.arm.shapes import check
from simulator.arm.subnets import Subnets
from simulator.arm.versions import check_version, invalid
from simulator.arm.wire import Answer, Request, Route, Target, Verb, parse
from simulator.arm.zone_groups import ZoneGroups
from simulator.arm.zones import Zones
from simulator.fault_kinds import ConnectionLostError
from simulator.faults import NO_FAULT, Faults
from simulator.identity import Identity
from simulator.json_text import parse_json
from simulator.world import Json, World

_log = logging.getLogger(__name__)

CALLS_KEPT = 10_000
_PRINCIPAL = web.RequestKey("principal", str)
_API_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(-[A-Za-z]+)?")
_GATEWAYS_OWN = ("Microsoft.Resources", "Microsoft.Authorization")
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Call:
    """One request that was answered.

    Attributes:
        time: when it came in, UTC.
        principal: object ID of the caller, or empty.
        method: HTTP method.
        path: its path in the caller's case.
        status: HTTP status of the answer, 0 if the connection was cut instead.
        seconds: real seconds until the answer.
    """

    time: datetime
    principal: str
    method: str
    path: str
    status: int
    seconds: float


class ResourceManager:
    """The local Resource Manager.

    Args:
        world: the state behind all rooms.
        identity: who issued the tokens.
        assignments: roles given; the operator has all rights everywhere besides.
        control: application mounted under /_simulator, without tokens.
        ssl_context: the server's certificate.
        port: port on 127.0.0.1; 0 takes any free one.
        page_size: items on a page, where Azure documents no size.
        faults: what goes wrong on purpose, and the history of what happened.

    Attributes:
        calls: the request log.
        url: where it listens.
        roles: who may do what, from now on.
    """

    def __init__(  # noqa: PLR0913 - the composition root names each part once
        self,
        world: World,
        identity: Identity,
        assignments: list[Assignment],
        control: web.Application,
        ssl_context: ssl.SSLContext,
        *,
        port: int = 0,
        page_size: int = 100,
        faults: Faults | None = None,
    ) -> None:
        operator = Assignment(identity.operator_principal, ("*",), "/")
        self.calls: deque[Call] = deque(maxlen=CALLS_KEPT)
        self.url = ""
        self._world = world
        self._identity = identity
        self.faults = faults or Faults.of(world, identity)
        self.roles = Roles([*assignments, operator])
        self._operations = Operations(world.clock)
        self._ssl_context = ssl_context
        self._port = port
        self._fabric = fabric = Fabric(world, self.roles, self._operations, page_size)
        self._resources = Resources(fabric, self._dispatch)
        self._routes = _table(
            self._resources.routes(),
            self._operations.routes(),
            Providers(self._types).routes(),
            *(
                provider(fabric).routes()
                for provider in (
                    Locks,
                    Registries,
                    Replications,
                    Connections,
                    Networks,
                    Subnets,
                    Peerings,
                    Endpoints,
                    ZoneGroups,
                    Zones,
                    Records,
                    Links,
                )
            ),
        )
        app = web.Application(client_max_size=4 * 1024 * 1024)
        app.add_subapp("/_simulator", control)
        app.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)

    async def start(self) -> None:
        """Listen; `url` is known from here on."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, ssl_context=self._ssl_context)
        await site.start()
        port = self._runner.addresses[0][1]
        self.url = f"https://127.0.0.1:{port}"

    async def stop(self) -> None:
        """Stop listening, and cancel and await every operation under way."""
        await self._runner.cleanup()
        await self._operations.stop()

    async def _serve(self, raw: web.Request) -> web.StreamResponse:
        """Answer one request, or cut its connection, and note it in the request log."""
        came, began, status = self._world.clock.now(), time.monotonic(), 0
        try:
            response = await self._respond(raw)
            status = response.status
        except ConnectionLostError:
            response = web.Response()
            if raw.transport is not None:
                raw.transport.abort()
        principal, seconds = raw.get(_PRINCIPAL, ""), time.monotonic() - began
        self.calls.append(Call(came, principal, raw.method, raw.path, status, seconds))
        return response

    async def _respond(self, raw: web.Request) -> web.Response:
        """The answer as it goes out. ConnectionLostError if a fault lets none go out."""
        correlation = raw.headers.get("x-ms-correlation-request-id") or str(uuid.uuid4())
        private_dns = "/privatednszones" in raw.path.lower()
        scene, fault, asked = self.faults.scene, NO_FAULT, None
        left: dict[str, str] = {}
        try:
            raw[_PRINCIPAL] = principal = self._authenticate(raw)
            request = await self._read(raw, principal, correlation)
            left = self.faults.throttle.admit(request)
            fault = self.faults.strike(request)
            await self._world.clock.sleep(self._world.latency.request)
            await fault.before(request, scene)
            with scene.history.hearing(request) as asked:
                answer = fault.answer(request, self._answer, scene)
        except ArmError as error:
            answer = Answer(error.status, error.body, error.headers)
            private_dns = error.flat
        except ConnectionLostError:
            raise
        except Exception:  # noqa: BLE001 - a bug here is a 500 to the client, as on Azure
            _log.exception("%s %s broke", raw.method, raw.path)
            broken = ArmError(500, "InternalServerError", "The server encountered an error.")
            answer, private_dns = Answer(broken.status, broken.body), False
        if asked is not None:
            asked.answered(answer.status, answer.body)
        answer = replace(answer, headers={**left, **answer.headers})
        response = respond(answer, correlation, private_dns=private_dns)
        await fault.after(scene)
        return fault.send(response)

    def _authenticate(self, raw: web.Request) -> str:
        kind, _, token = raw.headers.get("Authorization", "").partition(" ")
        tenant = self._world.tenant_id
        if kind.lower() != "bearer" or not token:
            message = "Authentication failed. The 'Authorization' header is missing."
            raise errors.unauthenticated("AuthenticationFailed", message, tenant)
        principal = self._identity.principal_of(token)
        if principal is None:
            expiry = self._identity.expiry_of(token)
            raise errors.bad_token(expiry, self._world.clock.now(), tenant)
        return principal

    async def _read(self, raw: web.Request, principal: str, correlation: str) -> Request:
        query = {name.lower(): value for name, value in raw.query.items()}
        version = query.get("api-version", "")
        if not version:
            message = (
                "The api-version query parameter (?api-version=) is required for all requests."
            )
            raise ArmError(400, "MissingApiVersionParameter", message, gateway=True)
        if not _API_VERSION.fullmatch(version):
            raise invalid(version)
        segments = [unquote(part) for part in raw.rel_url.raw_path.strip("/").split("/")]
        return Request(
            raw.method,
            f"{self.url}{raw.path_qs}",
            self.url,
            parse(segments, version),
            principal,
            correlation,
            version,
            query,
            {name.lower(): value for name, value in raw.headers.items()},
            await _body(raw),
        )

    def _answer(self, request: Request) -> Answer:
        """Check in Resource Manager's order, then let the provider answer."""
        self._check_subscription(request.target)
        route, request = self._route(request)
        check_version(self._world, request)
        target = request.target
        # Everyone may ask which subscriptions there are; the list shows only the caller's.
        if target.scope and not self.roles.may(request.principal, route.action, target.scope):
            raise errors.forbidden(request.principal, route.action, target.scope)
        refuse_locked(self._world, route.verb, target)
        provider = target.namespace not in _GATEWAYS_OWN and not route.polling
        if provider and route.verb is Verb.PUT:
            self._resources.ensure_group(request)
        elif provider:
            self._resources.need_group(target)
        if provider and len(target.types) > 1 and self._world.get(target.parent) is None:
            verb = route.action.rpartition("/")[2]
            raise errors.parent_not_found(verb, "/".join(target.types), target.parent)
        answer = by_provider(route.handler(request), request)
        written = route.verb in (Verb.PUT, Verb.PATCH) and answer.operation is not None
        if written and self._world.habits.early_events:
            self._fabric.happened(request, existed=answer.status == 200)  # noqa: PLR2004 - HTTP's OK
        return answer

    def _dispatch(self, request: Request) -> Answer:
        """Let a group's delete reach the providers, with the rights it was begun with."""
        route, request = self._route(request)
        return route.handler(request)

    def _types(self) -> set[str]:
        """Every type that somebody here answers for."""
        return {route.type for served in self._routes.values() for route in served.values()}

    def _check_subscription(self, target: Target) -> None:
        subscription = target.subscription
        if not subscription:
            return
        if not _GUID.fullmatch(subscription):
            message = (
                f"The provided subscription identifier '{subscription}' is malformed or invalid."
            )
            raise ArmError(400, "InvalidSubscriptionId", message, gateway=True)
        if subscription.lower() not in {known.lower() for known in self._world.subscriptions}:
            raise errors.subscription_not_found(subscription)

    def _route(self, request: Request) -> tuple[Route, Request]:
        """Who answers, and the request with the type in Azure's own case."""
        target, method = request.target, request.method
        verb = "LIST" if method == "GET" and not target.is_item else method
        served = self._routes.get(target.type.lower())
        if served is None:
            namespace = target.namespace.lower()
            if not any(name.startswith(f"{namespace}/") for name in self._routes):
                raise errors.namespace_not_found(target.namespace)
            types = "/".join(target.types)
            raise errors.type_not_found(target.namespace, types, request.api_version)
        route = served.get(verb)
        if route is None or (verb != "LIST" and not target.is_item):
            allowed = tuple(sorted({"GET" if each == "LIST" else each for each in served}))
            raise errors.method_not_allowed(method, allowed)
        namespace, *types_as_known = route.type.split("/")
        return route, replace(
            request, target=replace(target, namespace=namespace, types=tuple(types_as_known))
        )


def _table(*parts: list[Route]) -> dict[str, dict[str, Route]]:
    table: dict[str, dict[str, Route]] = {}
    for part in parts:
        for route in part:
            table.setdefault(route.type.lower(), {})[route.verb] = route
    return table


async def _body(raw: web.Request) -> Json:
    if raw.method not in {"PUT", "PATCH"}:
        return {}
    try:
        body = parse_json(await raw.read())
    except (ValueError, asyncio.IncompleteReadError) as error:
        raise errors.invalid_content(str(error)) from error
    if not isinstance(body, dict):
        raise errors.invalid_content("a JSON object is expected")
    check(body)
    return body
