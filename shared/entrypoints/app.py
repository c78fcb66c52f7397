"""What all triggers of one process share: the settings, Azure, and what this process remembers."""

import datetime as dt
from dataclasses import dataclass, field

from shared.engine.azure import Azure
from shared.engine.backlog import Backlog
from shared.engine.options import Effect, Mandate
from shared.settings import Settings


def now() -> dt.datetime:
    """The time in UTC."""
    return dt.datetime.now(dt.UTC)


@dataclass(slots=True)
class Deployment:
    """One running app.

    Attributes:
        settings: what the deployment decides.
        azure: Azure.
        started: when this process began.
        synced: when a full sync of this process last made everything right. It goes
            with the process, and other instances of the app have their own.
        backlog: which registries wait for a full sync.
    """

    settings: Settings
    azure: Azure
    started: dt.datetime = field(default_factory=now)
    synced: dt.datetime | None = None
    backlog: Backlog = field(default_factory=Backlog)

    @property
    def effect(self) -> Effect:
        """Whether runs write, if nothing else is asked for."""
        return Effect.NONE if self.settings.dry_run else Effect.WRITE

    @property
    def mandate(self) -> Mandate:
        """How far a run for an event may go."""
        return Mandate(policy=self.settings.policy, effect=self.effect)
