"""The ownership index: what the records of each zone say of themselves, listed once for many."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from math import inf

from shared.domain.changes import Change, RecordChange
from shared.domain.ownership import Owners, Ownership, decode_ownership
from shared.domain.resource_id import ResourceId
from shared.domain.zone import Zone
from shared.engine.azure import Azure
from shared.engine.deadline import loop_time

# From so many records of ours on, 20 pages, a listing is worth keeping for a minute
# (docs/decisions/0010-a-large-listing-serves-a-minute.md).
_MIN_RECORDS = 2_000
_FRESH_SECONDS = 60.0

type Ownerships = list[tuple[str, Ownership]]


@dataclass(slots=True)
class _Listing:
    """What one listing said of a zone's record sets of ours, and what was written here since.

    Attributes:
        start: when it began, in monotonic seconds.
        entries: by name: ownership, and the addresses that stand there.
        registries: all that are or were named.
    """

    start: float = -inf
    entries: dict[str, tuple[Ownership, frozenset[str]]] = field(default_factory=dict)
    registries: set[ResourceId | None] = field(default_factory=set)

    @property
    def ownerships(self) -> Ownerships:
        """The names of all record sets, with their ownership."""
        return [(name, ownership) for name, (ownership, _) in self.entries.items()]

    def add(self, name: str, ownership: Ownership, addresses: Iterable[str]) -> None:
        """Note what stands at a name."""
        self.entries[name] = ownership, frozenset(addresses)
        self.registries.add(ownership.registry)


class OwnershipIndex:
    """The ownership in each zone, listed once for everyone who asked before the listing began.

    Args:
        azure: Azure.
        owners: whose ownership counts as ours.
        clock: monotonic seconds.
    """

    def __init__(
        self, azure: Azure, owners: Owners, clock: Callable[[], float] = loop_time
    ) -> None:
        self._azure = azure
        self._owners = owners
        self._clock = clock
        self._listings: dict[ResourceId, _Listing] = {}
        # For each zone the listing that has begun last, and the one that is to begin after it.
        self._tasks: dict[ResourceId, asyncio.Task[Ownerships]] = {}
        self._next_tasks: dict[ResourceId, asyncio.Task[Ownerships]] = {}

    async def fresh(self, zone: Zone) -> Ownerships:
        """The names of all record sets of ours, with their ownership, read after this call began.

        Raises:
            TransientError: the zone could not be listed whole.
        """
        # A listing that has begun may have passed what this caller must see; one that has
        # not begun serves everybody who comes until then.
        task = self._next_tasks.get(zone.id)
        if task is None:
            task = asyncio.create_task(self._list(zone, self._tasks.get(zone.id)))
            # Whoever waits may give up first; a failure nobody hears of is no news.
            task.add_done_callback(lambda task: task.cancelled() or task.exception())
            self._next_tasks[zone.id] = task
        # Shielded, since one caller that gives up must not end it for the others.
        return await asyncio.shield(task)

    async def cached(self, zone: Zone, min_records: int = _MIN_RECORDS) -> Ownerships:
        """As `fresh`, but the listing of a large zone serves for a minute.

        For a deletion that most likely concerns nobody: a full zone has 250 pages, half of
        what Azure grants in five minutes. What it misses is a claim that another worker
        wrote within the minute, and the timer finds it.

        Args:
            zone: the zone.
            min_records: how many records of ours make it large.

        Raises:
            TransientError: the zone could not be listed whole.
        """
        listing = self._listings.get(zone.id, _Listing())
        if len(listing.entries) >= min_records and self._is_fresh(listing):
            return listing.ownerships
        return await self.fresh(zone)

    async def addresses(self, zone: Zone) -> Mapping[str, frozenset[str]]:
        """What the record sets of ours hold, by name, as a listing of the last minute says.

        Raises:
            TransientError: the zone could not be listed whole.
        """
        await self.cached(zone, min_records=0)
        entries = self._listings[zone.id].entries
        return {name: addresses for name, (_, addresses) in entries.items()}

    def has_named(self, zone: Zone, registries: AbstractSet[ResourceId]) -> bool:
        """Whether a listing of the last minute, if there is one, names one of these registries."""
        listing = self._listings.get(zone.id, _Listing())
        return self._is_fresh(listing) and bool(registries & listing.registries)

    def record(self, zone: Zone, changes: Iterable[Change]) -> None:
        """Keep the last listing true to what was written here since."""
        listing = self._listings.get(zone.id, _Listing())
        for change in changes:
            if not isinstance(change, RecordChange):
                continue
            ownership = change.after and decode_ownership(change.after, self._owners)
            if change.after and ownership:
                listing.add(change.name, ownership, change.after.addresses)
            elif change.after is None:
                listing.entries.pop(change.name, None)

    async def _list(self, zone: Zone, before: asyncio.Task[Ownerships] | None) -> Ownerships:
        if before is not None:
            await asyncio.wait((before,))
        self._tasks[zone.id] = self._next_tasks.pop(zone.id)
        listing = _Listing(self._clock())
        for record in await self._azure.records(zone):
            ownership = decode_ownership(record, self._owners)
            if ownership:
                listing.add(record.name, ownership, record.addresses)
        self._listings[zone.id] = listing
        return listing.ownerships

    def _is_fresh(self, listing: _Listing) -> bool:
        return self._clock() - listing.start < _FRESH_SECONDS
