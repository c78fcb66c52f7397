"""One long-running operation, as the answer that begins it carries it and its polls show it."""

import asyncio
from dataclasses import dataclass, field

from simulator.arm.dialects import Dialect
from simulator.arm.errors import ArmError


@dataclass(slots=True)
class Operation:
    """One operation, from the answer that began it to its outcome.

    Attributes:
        name: last segment of its URLs.
        dialect: the provider's face.
        resource_id: what it works on.
        running: the word for "not yet", as "InProgress" or "Updating".
        status_url: value of `Azure-AsyncOperation`.
        result_url: value of `Location`.
        error: why it failed, if it did.
        ended: set at the end, whatever the outcome.
    """

    name: str
    dialect: Dialect
    resource_id: str
    running: str
    status_url: str
    result_url: str
    error: ArmError | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def status_header(self) -> dict[str, str]:
        """The header that leads to the operation's status."""
        return {"Azure-AsyncOperation": self.status_url}

    @property
    def location_header(self) -> dict[str, str]:
        """The header that leads to the operation's result."""
        return {"Location": self.result_url}

    @property
    def headers(self) -> dict[str, str]:
        """Both polling headers."""
        return self.status_header | self.location_header

    @property
    def word(self) -> str:
        """What a status poll says now."""
        if not self.ended.is_set():
            return self.running
        return "Failed" if self.error else "Succeeded"
