"""From an observation to what the zone should hold: records, links, and what must wait.

Pure, whole, and by name: a name's addresses are computed from all endpoints of
its registry at once, so removing one endpoint never takes an address that
another still needs (never-empty).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from shared.domain.changes import DesiredRecord, Patience
from shared.domain.conflict import chosen
from shared.domain.family import Family, Name, Publication, families, source_of
from shared.domain.findings import Finding, Notice
from shared.domain.marks import MAX_ADDRESSES, ownership
from shared.domain.model import (
    SUCCEEDED,
    Doubt,
    DoubtedEntry,
    Entry,
    Found,
    Half,
    Interface,
    Links,
    Observation,
    Reading,
    Registry,
    Unknown,
)
from shared.domain.names import ResourceId, network_hash, record_name
from shared.domain.notices import family_notices, orphan_notices, source_notices
from shared.domain.standing import (
    Gone,
    Held,
    Live,
    Outlook,
    Routed,
    fate,
    lacking,
    lingering,
    moved,
    standing,
)


@dataclass(frozen=True, slots=True)
class Desired:
    """What an observation asks for.

    Attributes:
        records: what each name that somebody answers for should be.
        networks: the networks to be linked, and why.
        leaving: hashes of networks whose last known endpoint is proven gone.
        notices: findings.
        waiting: what is on its way and worth reading again soon.
        missing: what is in service, but lacks a member or a link; worth sending a young
            event again for.
        doubts: names and entries that one side alone says are over, and which side; or
            that are about to be.
    """

    records: tuple[DesiredRecord, ...] = ()
    networks: Mapping[ResourceId, str] = field(default_factory=dict)
    leaving: frozenset[str] = frozenset()
    notices: tuple[Notice, ...] = ()
    waiting: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    doubts: frozenset[DoubtedEntry] = frozenset()


def desired(observation: Observation, patience: Patience) -> Desired:
    """What the observed part of the zone should be.

    Args:
        observation: one look, zone first.
        patience: `WAIT` changes nothing of a registry that is only appearing until
            every member is there; `LAST` takes what there is.
    """
    found, orphans = families(observation)
    parts = [family_desired(observation, family, patience) for family in found]
    leaving = observation.leaving.union(*(part.leaving for part in parts))
    networks = {id_: why for part in parts for id_, why in part.networks.items()}
    # A link that is being deleted must end before it can be made again.
    going = tuple(
        f"the link of network {link.network.name} is being deleted"
        for link in sorted(observation.links, key=lambda link: link.name)
        if link.going and link.network in networks
    )
    return Desired(
        records=tuple(chain.from_iterable(part.records for part in parts)),
        networks=networks,
        leaving=leaving - _staying(observation, parts),
        notices=tuple(
            chain(
                source_notices(observation),
                orphan_notices(orphans),
                chain.from_iterable(part.notices for part in parts),
            )
        ),
        waiting=(*going, *chain.from_iterable(part.waiting for part in parts)),
        missing=(*going, *chain.from_iterable(part.missing for part in parts)),
        doubts=frozenset().union(*(part.doubts for part in parts)),
    )


def family_desired(observation: Observation, family: Family, patience: Patience) -> Desired:
    """What one registry's names should be; what is said of links holds for it alone."""
    judged = {name.name: tuple(_judge(observation, family, name)) for name in family.names}
    picked = _picked(observation, family, judged)
    missing = tuple(_missing(family, picked))
    on_its_way = (*_incomplete(family), *missing)
    hoping = patience is Patience.WAIT and bool(on_its_way)
    held_back = hoping and _appearing(family, judged)
    unsettled = hoping or _unsettled(family, observation)
    records = {} if held_back else _records(family, judged, picked, unsettled=unsettled)
    return Desired(
        records=tuple(records.values()),
        networks={} if held_back else _networks(observation, family),
        leaving=_leaving(judged, records),
        notices=tuple(chain(family_notices(family, picked, missing), _one_sided(judged))),
        waiting=(*on_its_way, *_lingering(family), *_leaving_slowly(judged)),
        missing=missing,
        doubts=frozenset(
            (name, entry, end.half)
            for name, ends in judged.items()
            for entry, end in ends
            if isinstance(end, Held) and (end.half or end.outlook is Outlook.LEAVING)
        ),
    )


type _End = Publication | Held | Gone
type _Judged = Mapping[str, tuple[tuple[Entry, _End], ...]]


def _judge(observation: Observation, family: Family, name: Name) -> Iterator[tuple[Entry, _End]]:
    """For each address in the name's mark: who still gives it, or what becomes of it."""
    if name.mark is None:
        return
    giving = family.giving.get(name.name, {})
    # The endpoint knows the registry that the mark notes; the names are the family's own now.
    noted = name.mark.registry or family.id
    registry = family.registry
    if not isinstance(registry, Found):
        registry = observation.registries.get(noted, registry)
    for entry in name.mark.entries:
        if entry in giving:
            yield entry, giving[entry]
            continue
        source = source_of(observation, entry.endpoint)
        stand = standing(source, noted, registry)
        if isinstance(stand, Routed):
            end = _moved(observation, entry, name, stand, registry)
        else:
            end = fate(entry, name.name, source, stand, registry)
        # The same side must say it again: two that are wrong once each prove nothing.
        if (
            isinstance(end, Held)
            and end.half
            and (name.name, entry, end.half) in observation.doubted
        ):
            end = Gone(f"{end.reason}, twice half a minute apart", alone=True)
        yield entry, end
    for entry, stand in _without_entry(observation, family, name):
        yield entry, _moved(observation, entry, name, stand, registry)


def _moved(
    observation: Observation,
    entry: Entry,
    name: Name,
    stand: Routed,
    registry: Reading[Registry],
) -> Held | Gone:
    """What becomes of an address of an endpoint that is another zone's; it may be over as well."""
    given = frozenset(_given(observation, stand, name))
    interface = stand.interface
    if stand.endpoint.guid[:8] != entry.guid or (isinstance(interface, Found) and not given):
        there = interface.value if isinstance(interface, Found) else Interface("", ())
        source = source_of(observation, entry.endpoint)
        return fate(entry, name.name, source, Live(stand.endpoint, there), registry)
    link = observation.linked_hashes.get(entry.network)
    shown = ownership(link.tags, observation.zone) if link else None
    return moved(entry, name.name, stand.elsewhere, given, shown)


def _given(observation: Observation, stand: Routed, name: Name) -> Iterator[str]:
    """The addresses that the interface of an endpoint gives for a name."""
    if isinstance(stand.interface, Found):
        for member in stand.interface.value.members:
            if record_name(member.fqdn, observation.zone.suffix) == name.name:
                yield member.address


def _without_entry(
    observation: Observation, family: Family, name: Name
) -> Iterator[tuple[Entry, Routed]]:
    """Addresses of endpoints routed elsewhere that a damaged mark knows no more."""
    known = {(e.endpoint, e.address) for e in (name.mark.entries if name.mark else ())}
    for id_, stand in family.standings.items():
        if isinstance(stand, Routed):
            endpoint = stand.endpoint
            for address in _given(observation, stand, name):
                if address in name.published and (id_, address) not in known:
                    network = network_hash(endpoint.network)
                    yield Entry(id_, address, endpoint.guid[:8], network), stand


def _one_sided(judged: _Judged) -> Iterator[Notice]:
    """What goes on one side's word alone, since it said so twice."""
    for name, ends in judged.items():
        for entry, end in ends:
            if isinstance(end, Gone) and end.alone:
                detail = f"{entry.address} of endpoint {entry.endpoint.name}: {end.reason}"
                yield Notice(Finding.ONE_SIDED, name, detail)


def _picked(observation: Observation, family: Family, judged: _Judged) -> frozenset[ResourceId]:
    """The endpoints to publish, by the zone's conflict policy."""
    held = {
        entry.endpoint
        for ends in judged.values()
        for entry, end in ends
        if isinstance(end, Held) and not _is_unwatched(observation, entry.endpoint)
    }
    published = [
        entry.endpoint
        for name in family.names
        for entry, end in judged[name.name]
        if entry.address in name.published and not isinstance(end, Gone)
    ]
    return chosen(observation.zone.conflict, family.live.keys(), held, published)


def _is_unwatched(observation: Observation, endpoint: ResourceId) -> bool:
    """An endpoint outside the watched subscriptions blocks its own addresses only."""
    match source_of(observation, endpoint).endpoint:
        case Unknown(doubt):
            return doubt is Doubt.UNWATCHED
        case _:
            return False


def _appearing(family: Family, judged: _Judged) -> bool:
    """Whether no login record stands yet, or only that of an endpoint that is gone."""
    return not any(
        name.login and name.published and not _all_gone(judged[name.name]) for name in family.names
    )


def _all_gone(ends: tuple[tuple[Entry, _End], ...]) -> bool:
    return bool(ends) and all(isinstance(end, Gone) for _, end in ends)


def _unsettled(family: Family, observation: Observation) -> bool:
    """Whether an endpoint may yet take over that is neither live nor gone now."""
    doubted = {(entry.endpoint, half) for _, entry, half in observation.doubted}
    return any(
        isinstance(stand, Held)
        and stand.outlook in (Outlook.COMING, Outlook.UNANSWERED)
        and not (stand.half and (id_, stand.half) in doubted)
        for id_, stand in family.standings.items()
    )


def _records(
    family: Family, judged: _Judged, picked: frozenset[ResourceId], *, unsettled: bool
) -> dict[str, DesiredRecord]:
    wanted = (_record(family, name, judged[name.name], picked) for name in family.names)
    return {
        record.name: record
        for record in wanted
        # A name keeps its last address while another endpoint may yet take over in one write
        # (never-empty).
        if record is not None and (record.addresses or not unsettled)
    }


def _record(
    family: Family,
    name: Name,
    judged: tuple[tuple[Entry, _End], ...],
    picked: frozenset[ResourceId],
) -> DesiredRecord | None:
    """What one name should be, or None if nobody answers for it.

    The mark holds an entry for every endpoint that gives the name or may give it
    again, published or standing by: so its deletion finds the way back here.
    """
    given = family.giving.get(name.name, {})
    if not given and name.mark is None:
        return None
    proven = {entry for entry in given if entry.endpoint in picked}
    verdicts = [_verdict(entry, end, proven) for entry, end in judged if entry not in proven]
    kept = {verdict.entry for verdict in verdicts if verdict.stays}
    noted = {entry for entry, end in judged if entry in kept or not isinstance(end, Held | Gone)}
    entries = sorted(
        given.keys() | noted,
        key=lambda e: (e not in proven, e not in kept or e.address not in name.published, e),
    )[:MAX_ADDRESSES]
    typed = name.published - {entry.address for entry, _ in judged} if name.mark else frozenset()
    gap = bool(kept) or _has_gap(family)
    addresses = {entry.address for entry in entries if entry in proven}
    addresses |= {entry.address for entry in entries if entry in kept} & name.published
    return DesiredRecord(
        name=name.name,
        registry=family.id,
        addresses=tuple(sorted(addresses | (typed if gap else frozenset()))),
        entries=tuple(sorted(entries)),
        reasons=(
            *(_gives(given[entry]) for entry in sorted(proven)),
            *_standing_by(sorted(given.keys() - proven - noted)),
            *(verdict.reason for verdict in verdicts if verdict.reason),
            *(f"{address} was typed by hand" for address in sorted(typed - addresses) if not gap),
        ),
    )


def _has_gap(family: Family) -> bool:
    """Whether the registry or an endpoint of it may give something that we do not see."""
    return not isinstance(family.registry, Found) or any(
        isinstance(stand, Held) for stand in family.standings.values()
    )


@dataclass(frozen=True, slots=True)
class _Verdict:
    """Whether an address that no picked endpoint gives stays published, and why."""

    entry: Entry
    stays: bool
    reason: str


def _verdict(entry: Entry, end: _End, proven: set[Entry]) -> _Verdict:
    here = f"{entry.address} of endpoint {entry.endpoint.name}"
    successor = next((new for new in sorted(proven) if new.endpoint == entry.endpoint), None)
    match end:
        case Gone(reason):
            return _Verdict(entry, stays=False, reason=f"{here} goes: {reason}")
        case Publication() if proven:
            return _Verdict(entry, stays=False, reason=_stands_by(entry))
        case Publication():
            return _Verdict(entry, stays=True, reason=f"{here} stays: nothing proven replaces it")
        case Held() if successor is not None:
            reason = f"{here} goes: its interface gives {successor.address} now"
            return _Verdict(entry, stays=False, reason=reason)
        case Held(reason):
            return _Verdict(entry, stays=True, reason=f"{here} stays: {reason}")


def _standing_by(entries: list[Entry]) -> list[str]:
    if len(entries) > MAX_ADDRESSES:
        return [f"{len(entries)} endpoints stand by"]
    return [_stands_by(entry) for entry in entries]


def _stands_by(entry: Entry) -> str:
    return f"{entry.address} of endpoint {entry.endpoint.name} stands by"


def _gives(publication: Publication) -> str:
    entry = publication.entry
    return f"{entry.address} is member {publication.member} of endpoint {entry.endpoint.name}"


def _missing(family: Family, picked: frozenset[ResourceId]) -> Iterator[str]:
    """What is in service, but has no member on the interface of an endpoint to be published."""
    for id_, live in sorted(family.live.items()):
        if id_ in picked:
            for what in lacking(live, family.registry):
                yield f"endpoint {id_.name} has no member for {what}"


def _incomplete(family: Family) -> Iterator[str]:
    """What Azure is still busy with."""
    for id_, stand in sorted(family.standings.items()):
        match stand:
            case Live(endpoint) if endpoint.state != SUCCEEDED:
                yield f"endpoint {id_.name} is {endpoint.state}"
            case Held(reason, Outlook.COMING) | Held(reason, Outlook.LEAVING, half=Half()):
                # Sides that disagree may soon agree, be it that a 404 lied (no-unproven-delete).
                yield f"endpoint {id_.name}: {reason}"
            case _:
                continue
    if isinstance(family.registry, Found):
        for replica in family.registry.value.replicas:
            if replica.state in ("Creating", "Updating", "Deleting"):
                yield f"replica {replica.region} is {replica.state}"


def _lingering(family: Family) -> Iterator[str]:
    """Members that outlive their replica for a moment; their records go when they have gone."""
    for id_, live in sorted(family.live.items()):
        for region in lingering(live, family.registry):
            yield f"endpoint {id_.name} still has a member for region {region}"


def _leaving_slowly(judged: _Judged) -> Iterator[str]:
    """Addresses that one side has let go, and the other soon may."""
    for name, ends in judged.items():
        for entry, end in ends:
            if isinstance(end, Held) and end.outlook in (Outlook.LEAVING, Outlook.COMING):
                yield f"{name} {entry.address} of endpoint {entry.endpoint.name}: {end.reason}"


def _networks(observation: Observation, family: Family) -> dict[ResourceId, str]:
    if observation.zone.links is Links.LEAVE:
        return {}
    return {
        live.endpoint.network: f"endpoint {id_.name} is in it"
        for id_, live in sorted(family.live.items())
    }


def _leaving(judged: _Judged, records: Mapping[str, DesiredRecord]) -> frozenset[str]:
    """Networks, by hash, whose endpoint is proven gone and whose address goes with it."""
    return frozenset(
        entry.network
        for name, ends in judged.items()
        for entry, end in ends
        if isinstance(end, Gone) and name in records and _lets_go(records[name], entry)
    )


def _lets_go(record: DesiredRecord, entry: Entry) -> bool:
    """Whether the address goes; while only others may come in its place, the set stays.

    Invariant: never-empty.
    """
    return entry not in record.entries and bool(record.addresses or not record.entries)


def _staying(observation: Observation, parts: list[Desired]) -> frozenset[str]:
    """Networks, by hash, in which something that we know of may still need the link."""
    kept = {e.network for part in parts for record in part.records for e in record.entries}
    there = {
        network_hash(source.endpoint.value.network)
        for source in observation.sources.values()
        if isinstance(source.endpoint, Found)
        and source.endpoint.value.in_use
        and source.elsewhere is None
    }
    return frozenset(kept | there)
