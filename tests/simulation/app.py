"""The app's HTTP functions over the in-memory Azure, held against the OpenAPI document."""

import json
from dataclasses import dataclass, field
from typing import Any

from shared.domain.zone import Zone
from shared.entrypoints.app import App
from shared.entrypoints.http import Request, answer
from shared.settings import Settings
from shared.settings.values import PUBLIC
from tests import document
from tests.simulation.azure import SUBSCRIPTION, ZONE_KEPT, Azure


@dataclass
class Door:
    """The app's HTTP functions, over an Azure."""

    azure: Azure
    zones: tuple[Zone, ...] = (ZONE_KEPT,)
    settings: dict[str, Any] = field(default_factory=dict)
    has_length: bool = True

    def __post_init__(self) -> None:
        watched = frozenset((SUBSCRIPTION,))
        settings = Settings(self.zones, watched, "owner", PUBLIC, None, **self.settings)
        self.app = App(settings, self.azure)

    async def post(self, route: str, **body: Any) -> tuple[int, Any]:
        """Post a JSON body, and give the answer's status and JSON."""
        return await self.send("POST", route, json.dumps(body).encode())

    async def get(
        self, route: str, name: str | None = None, origin: str | None = None
    ) -> tuple[int, Any]:
        """Get a route."""
        return await self._ask(Request("GET", route, name, origin))

    async def send(
        self,
        method: str,
        route: str,
        body: bytes = b"",
        content_type: str = "application/json",
        name: str | None = None,
    ) -> tuple[int, Any]:
        """Send anything."""
        return await self._ask(
            Request(method, route, name, None, content_type, body, self.has_length)
        )

    async def _ask(self, request: Request) -> tuple[int, Any]:
        got = await answer(request, self.app)
        seen = document.Got(got.status, got.media_type, got.headers, got.body)
        document.check(request.method, request.route, seen)
        return got.status, json.loads(got.body)
