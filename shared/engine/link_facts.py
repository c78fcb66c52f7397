"""What decides about a new link beside a pass's own registry: other names, and other networks.

A pass observes the names of one registry. A new link shows its network all names of the zone, so
whoever is about to make one asks here: an event asks Azure, as little as will do; a full sync has
listed everything already.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from shared.domain.changes import Change, RecordChange
from shared.domain.link_holds import NameFacts
from shared.domain.ownership import Ownership
from shared.domain.reach import Reach
from shared.domain.reading import Found, Reading, Unknown, UnknownReason
from shared.domain.resource_id import ResourceId
from shared.domain.resources import Network, Registry
from shared.domain.zone import RecordSet, Zone, record_name
from shared.engine.azure import Azure
from shared.engine.ownership_index import OwnershipIndex
from shared.errors import TransientError

# One read of a hub gives all its spokes; whoever is joined in a longer way waits for the full
# sync, which has listed all networks.
_MAX_NETWORKS = 10
# Registries whose names would turn: one that is public is enough to hold a link.
_MAX_REGISTRIES = 10
# Whose name it is that a record of others stands at only a list of each subscription tells.
_MAX_SUBSCRIPTIONS = 10


class LinkFacts(Protocol):
    """What is known beside a pass's own observation."""

    async def records(self, zone: Zone) -> Mapping[str, RecordSet]:
        """What stands in a zone, by name, as it was listed within the last minute or this run.

        Raises:
            TransientError: the zone could not be listed whole.
        """

    async def networks(
        self, network: ResourceId, others: Iterable[str]
    ) -> Mapping[ResourceId, Reading[Network]]:
        """Readings of a network, and of what may join it to others (by `network_hash`).

        Raises:
            TransientError: one was not answered, and may be later.
        """

    def names(self, zone: Zone) -> frozenset[str]:
        """Names that clients may ask for, beside those that stand in a zone."""

    async def facts(self, zone: Zone, names: Iterable[str]) -> Mapping[str, NameFacts]:
        """What is known of names in a zone; whether they are public may not be known yet."""

    async def public(self, zone: Zone, names: Iterable[str]) -> Mapping[str, bool | None]:
        """Whether the registries of names answer in public; None where that is not known.

        Raises:
            TransientError: one was not answered, and may be later.
        """

    def promised_networks(self, zone: ResourceId) -> frozenset[ResourceId]:
        """The networks that other runs are about to link to a zone."""

    def promise(
        self, zone: ResourceId, changes: Sequence[RecordChange], networks: frozenset[ResourceId]
    ) -> None:
        """Tell other runs what this one is about to write, and which networks it links."""

    def record(self, zone: Zone, changes: Sequence[Change]) -> None:
        """Keep what is known of a zone true to what was written there since."""


class DirectFacts:
    """For an event: direct reads, and what our ownership says of records of ours.

    What a record of ours holds is taken to be right: to prove it is the full sync's. Whose name
    another record stands at lists of registries tell, where there are few subscriptions.

    Args:
        azure: Azure.
        ownership_index: lists zones for many.
    """

    def __init__(self, azure: Azure, ownership_index: OwnershipIndex) -> None:
        self._azure = azure
        self._index = ownership_index

    async def records(self, zone: Zone) -> Mapping[str, RecordSet]:
        """What stands in a zone, as a listing of the last minute says."""
        addresses = await self._index.addresses(zone)
        ours = {name: RecordSet(name, "", 0, tuple(one), {}) for name, one in addresses.items()}
        return {**await self._index.others(zone), **ours}

    async def networks(
        self, network: ResourceId, others: Iterable[str]
    ) -> Mapping[ResourceId, Reading[Network]]:
        """The network, its peers, theirs, and so on, until all others are reached or many read."""
        others = frozenset(others)
        (reading,) = _raise_transient([await self._azure.network(network)])
        readings = {network: reading}
        while True:
            reach = Reach(readings)
            rest = [id_ for id_ in reach.unread(network) if id_ not in readings]
            is_known = all(reach.joins(network, other) is not None for other in others)
            if is_known or not rest or len(readings) + len(rest) > _MAX_NETWORKS:
                return readings
            answers = await asyncio.gather(*map(self._azure.network, rest))
            readings |= dict(zip(rest, _raise_transient(answers), strict=True))

    def names(self, zone: Zone) -> frozenset[str]:
        """None that few reads could tell."""
        del zone
        return frozenset()

    async def facts(self, zone: Zone, names: Iterable[str]) -> Mapping[str, NameFacts]:
        """What our ownership says of names."""
        ownerships = dict(await self._index.cached(zone, min_records=0))
        return {
            name: NameFacts(None, _claimed_networks(ownerships[name]))
            if name in ownerships
            else NameFacts(None)
            for name in names
        }

    async def public(self, zone: Zone, names: Iterable[str]) -> Mapping[str, bool | None]:
        """What direct reads say of registries that our ownership names, and lists of all others."""
        ownerships = dict(await self._index.cached(zone, min_records=0))
        registry_ids = {name: ownerships[name].registry for name in names if name in ownerships}
        ids = sorted({id_ for id_ in registry_ids.values() if id_})[:_MAX_REGISTRIES]
        readings = _raise_transient(await asyncio.gather(*map(self._azure.registry, ids)))
        public = dict(zip(ids, map(_is_public, readings), strict=True))
        others = [name for name in names if name not in ownerships]
        return {
            **{name: public.get(id_) if id_ else None for name, id_ in registry_ids.items()},
            **(await self._public_by_lists(zone, others) if others else {}),
        }

    async def _public_by_lists(self, zone: Zone, names: Iterable[str]) -> dict[str, bool | None]:
        """Of names at which records of others stand: a printer's is no registry's."""
        subscriptions = sorted((await self._azure.subscriptions()).ids)
        if len(subscriptions) > _MAX_SUBSCRIPTIONS:
            return dict.fromkeys(names)
        lists = _raise_transient(
            await asyncio.gather(*map(self._azure.list_registries, subscriptions))
        )
        labels = {
            record_name(reading.value.login_server, zone.suffix)
            for one in lists
            if isinstance(one, Found)
            for reading in one.value.values()
            if isinstance(reading, Found) and reading.value.is_public
        }
        # For whom a wildcard answers depends on all other names, so that is not told here.
        return {
            name: (None if labels else False) if name.startswith("*") else _label(name) in labels
            for name in names
        }

    def promised_networks(self, zone: ResourceId) -> frozenset[ResourceId]:
        """None: events run in many processes, which cannot tell each other in time."""
        del zone
        return frozenset()

    def promise(
        self, zone: ResourceId, changes: Sequence[RecordChange], networks: frozenset[ResourceId]
    ) -> None:
        """Nobody hears of it."""

    def record(self, zone: Zone, changes: Sequence[Change]) -> None:
        """Keep the last listing true to what was written since."""
        self._index.record(zone, changes)


def _label(name: str) -> str:
    return name.partition(".")[0]


def _is_public(reading: Reading[Registry]) -> bool:
    # One that cannot be read for good holds nothing.
    return isinstance(reading, Found) and reading.value.is_public


def _raise_transient[T](readings: Sequence[Reading[T]]) -> Sequence[Reading[T]]:
    """The readings; what may be answered when asked again is worth asking again."""
    for reading in readings:
        if isinstance(reading, Unknown) and reading.reason is UnknownReason.TRANSIENT:
            raise TransientError(reading.detail)
    return readings


def _claimed_networks(ownership: Ownership) -> Mapping[str, frozenset[str]]:
    """By address, the networks (as hashes) of the claims to it."""
    networks: dict[str, frozenset[str]] = {}
    for claim in ownership.claims:
        networks[claim.address] = networks.get(claim.address, frozenset()) | {claim.network}
    return networks
