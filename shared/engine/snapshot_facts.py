"""Link facts of a full sync: everything watched has been listed, so nothing is asked again."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from shared.domain.changes import Change, RecordChange
from shared.domain.good_answers import GoodAnswers
from shared.domain.link_holds import NameFacts
from shared.domain.observation import EndpointReading, Observation, ZoneState
from shared.domain.ownership import Owners, registry_of
from shared.domain.reading import Absent, Found, Reading
from shared.domain.resource_id import ResourceId
from shared.domain.resources import Network
from shared.domain.zone import RecordSet, Zone
from shared.engine.link_facts import LinkFacts
from shared.engine.snapshot import Snapshot, ZoneSnapshot


class SnapshotFacts:
    """For a full sync: everything watched, as it was listed, and what was written since.

    Args:
        snapshot: everything watched.
        kept_zones: every zone of the name.
        owners: whose ownership counts as ours.
        facts: those of events, which are to hear of what was written.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        kept_zones: tuple[Zone, ...],
        owners: Owners,
        facts: LinkFacts,
    ) -> None:
        self._snapshot = snapshot
        self._kept_zones = kept_zones
        self._owners = owners
        self._facts = facts
        self._records_since = defaultdict[ResourceId, dict[str, RecordSet | None]](dict)
        self._promised_networks = defaultdict[ResourceId, frozenset[ResourceId]](frozenset)

    def promised_networks(self, zone: ResourceId) -> frozenset[ResourceId]:
        """The networks that other registries' runs are about to link to a zone, or have linked."""
        return self._promised_networks[zone]

    def promise(
        self, zone: ResourceId, changes: Sequence[RecordChange], networks: frozenset[ResourceId]
    ) -> None:
        """Registries are judged side by side, so each must see what the others will write."""
        self._promised_networks[zone] |= networks
        self._note(zone, [change for change in changes if change.after])

    def record(self, zone: Zone, changes: Sequence[Change]) -> None:
        """Keep what was listed true to what was written since."""
        self._facts.record(zone, changes)
        self._note(zone.id, changes)

    def _note(self, zone: ResourceId, changes: Sequence[Change]) -> None:
        for change in changes:
            if isinstance(change, RecordChange):
                self._records_since[zone][change.name] = change.after

    async def records(self, zone: Zone) -> Mapping[str, RecordSet]:
        """What stands in a zone."""
        snapshot = self._snapshot.zones[zone.id]
        records = snapshot.listing.records if isinstance(snapshot, ZoneSnapshot) else {}
        all_records = {**records, **self._records_since[zone.id]}
        return {name: record for name, record in all_records.items() if record is not None}

    async def networks(
        self, network: ResourceId, others: Iterable[str]
    ) -> Mapping[ResourceId, Reading[Network]]:
        """All watched networks."""
        del network, others
        return self._snapshot.networks

    def names(self, zone: Zone) -> frozenset[str]:
        """All public names of registries, since a wildcard answers for them all."""
        return self._snapshot.public_names(zone.suffix)

    async def facts(self, zone: Zone, names: Iterable[str]) -> Mapping[str, NameFacts]:
        """What the snapshot says of names."""
        del zone
        suffix = self._kept_zones[0].suffix
        return {name: self._good_answers.facts(f"{name}.{suffix}") for name in names}

    async def public(self, zone: Zone, names: Iterable[str]) -> Mapping[str, bool | None]:
        """What the snapshot says of the registries of names."""
        facts = await self.facts(zone, names)
        return {name: one.is_public for name, one in facts.items()}

    @cached_property
    def _good_answers(self) -> GoodAnswers:
        snapshot = self._snapshot
        states = {
            id_: Found(ZoneState(zone.zone, dict(zone.listing.records), zone.listing.links))
            for id_, zone in snapshot.zones.items()
            if isinstance(zone, ZoneSnapshot) and zone.zone.suffix == self._kept_zones[0].suffix
        }
        registries = dict(snapshot.registries)
        for state in states.values():
            for record in state.value.records.values():
                id_ = record and registry_of(record, self._owners)
                unread = snapshot.unread.get(id_.subscription) if id_ else None
                if id_ and unread:
                    registries.setdefault(id_, unread)
        readings = {
            id_: EndpointReading(id_, reading, snapshot.interfaces.get(id_, Absent()))
            for id_, reading in snapshot.endpoints.items()
        }
        return GoodAnswers(
            Observation(self._kept_zones, self._owners, states, registries, readings)
        )
