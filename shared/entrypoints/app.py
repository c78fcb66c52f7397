"""What all triggers of one process share: the settings, Azure, and what this process remembers."""

import asyncio
import datetime as dt
from dataclasses import dataclass, field

from shared.engine.azure import Azure
from shared.engine.backlog import Backlog
from shared.engine.context import RunContext, make_context
from shared.engine.options import RunOptions
from shared.settings import Settings


def utc_now() -> dt.datetime:
    """The time in UTC."""
    return dt.datetime.now(dt.UTC)


@dataclass(slots=True)
class App:
    """One running app.

    Attributes:
        settings: what the deployment decides.
        azure: Azure.
        start_time: when this process began.
        sync_time: when a full sync of this process last made everything right. It goes
            with the process, and other instances of the app have their own.
        backlog: which registries wait for a full sync.
        full_run: held while a request over everything, or over a subscription, is carried out:
            each lists all that is watched, so there is one at a time (bounded).
    """

    settings: Settings
    azure: Azure
    start_time: dt.datetime = field(default_factory=utc_now)
    sync_time: dt.datetime | None = None
    backlog: Backlog = field(default_factory=Backlog)
    full_run: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def options(self) -> RunOptions:
        """How far a run may go, if nothing else is asked for."""
        return RunOptions(policy=self.settings.policy, dry_run=self.settings.dry_run)

    def context(self, adopt_from: str = "") -> RunContext:
        """What runs share, one ownership index among it.

        Args:
            adopt_from: a former owner whose ownership counts as ours; empty for none.
        """
        # Made anew for each request and timer run: only events share one.
        settings = self.settings
        return make_context(self.azure, settings.zones, adopt_from, settings.delete_threshold)
