"""From an observation to what the zone should hold: records, links, and what must wait.

Pure, whole, and by name: a name's addresses are computed from all endpoints of
its registry at once, so removing one endpoint never takes an address that
another still needs (design, 6).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from shared.domain.family import Family, Name, Publication, families, source_of
from shared.domain.findings import Finding, Notice
from shared.domain.marks import MAX_ADDRESSES
from shared.domain.model import (
    SUCCEEDED,
    DesiredRecord,
    Doubt,
    Entry,
    Found,
    Links,
    Observation,
    Patience,
    Unknown,
)
from shared.domain.names import ResourceId, network_hash
from shared.domain.policy import chosen
from shared.domain.standing import (
    Gone,
    Held,
    Live,
    Outlook,
    Standing,
    fate,
    missing_regions,
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
        missing: regions in service that lack a member, as `<endpoint>: <region>`.
    """

    records: tuple[DesiredRecord, ...] = ()
    networks: Mapping[ResourceId, str] = field(default_factory=dict)
    leaving: frozenset[str] = frozenset()
    notices: tuple[Notice, ...] = ()
    waiting: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def desired(observation: Observation, patience: Patience) -> Desired:
    """What the observed part of the zone should be.

    Args:
        observation: one look, zone first.
        patience: `WAIT` holds a registry's first appearance back until every
            member is there; `LAST` takes what there is.
    """
    parts = [_family(observation, family, patience) for family in families(observation)]
    staying = _staying(observation, parts)
    return Desired(
        records=tuple(chain.from_iterable(part.records for part in parts)),
        networks={id_: why for part in parts for id_, why in part.networks.items()},
        leaving=frozenset(chain.from_iterable(part.leaving for part in parts)) - staying,
        notices=tuple(
            chain(_source_notices(observation), chain.from_iterable(p.notices for p in parts))
        ),
        waiting=tuple(chain.from_iterable(part.waiting for part in parts)),
        missing=tuple(chain.from_iterable(part.missing for part in parts)),
    )


def _family(observation: Observation, family: Family, patience: Patience) -> Desired:
    judged = {name.name: tuple(_judge(observation, family, name)) for name in family.names}
    picked = _picked(observation, family, judged)
    missing = tuple(_missing(observation, family, picked))
    on_its_way = (*_incomplete(observation, family), *missing)
    appearing = not any(name.login and name.published for name in family.names)
    held_back = appearing and patience is Patience.WAIT and bool(on_its_way)
    wanted = (
        _record(family, name, judged[name.name], picked)
        for name in family.names
        if not (held_back and name.record is None)
    )
    unsettled = any(
        _arriving(observation, id_, stand) or _unanswered(observation, id_)
        for id_, stand in family.standings.items()
    )
    records = {
        record.name: record
        for record in wanted
        # A name keeps its last address while another endpoint may yet take over in one write (S3).
        if record is not None and (record.addresses or not unsettled)
    }
    return Desired(
        records=tuple(records.values()),
        networks={} if held_back else _networks(observation, family),
        leaving=_leaving(judged, records),
        notices=tuple(_family_notices(family, picked, missing)),
        waiting=(*on_its_way, *_passing(judged)),
        missing=missing,
    )


type _End = Publication | Held | Gone
type _Judged = Mapping[str, tuple[tuple[Entry, _End], ...]]


def _judge(observation: Observation, family: Family, name: Name) -> Iterator[tuple[Entry, _End]]:
    """For each address in the name's mark: who still gives it, or what becomes of it."""
    if name.mark is None:
        return
    giving = {p.entry: p for p in family.publications if p.name == name.name}
    registry_id = name.mark.registry or family.id
    registry = observation.registries.get(registry_id, family.registry)
    for entry in name.mark.entries:
        if entry in giving:
            yield entry, giving[entry]
        else:
            source = source_of(observation, entry.endpoint)
            stand = standing(source, registry_id, registry)
            yield entry, fate(entry, name.name, source, stand, registry)


def _picked(observation: Observation, family: Family, judged: _Judged) -> frozenset[ResourceId]:
    """The endpoints to publish, by the zone's conflict policy."""
    held = {e.endpoint for ends in judged.values() for e, end in ends if isinstance(end, Held)}
    published = [
        entry.endpoint
        for name in family.names
        for entry, end in judged[name.name]
        if entry.address in name.published and not isinstance(end, Gone)
    ]
    return chosen(observation.zone.conflict, family.live.keys(), held, published)


def _record(
    family: Family,
    name: Name,
    judged: tuple[tuple[Entry, _End], ...],
    picked: frozenset[ResourceId],
) -> DesiredRecord | None:
    """What one name should be, or None if nobody answers for it."""
    proven = {
        p.entry: p
        for p in family.publications
        if p.name == name.name and p.entry.endpoint in picked
    }
    if not proven and name.mark is None:
        return None
    verdicts = [_verdict(entry, end, proven) for entry, end in judged if entry not in proven]
    kept = {verdict.entry for verdict in verdicts if verdict.stays}
    old = {entry for entry, _ in judged}
    entries = sorted(
        proven.keys() | kept, key=lambda e: (e not in old or e.address not in name.published, e)
    )[:MAX_ADDRESSES]
    typed = name.published - {entry.address for entry in old} if name.mark else frozenset()
    gap = bool(kept) or any(isinstance(stand, Held) for stand in family.standings.values())
    addresses = {entry.address for entry in entries if entry in proven}
    addresses |= {entry.address for entry in entries} & name.published
    return DesiredRecord(
        name=name.name,
        registry=family.id,
        addresses=tuple(sorted(addresses | (typed if gap else frozenset()))),
        entries=tuple(sorted(entries)),
        reasons=(
            *(_gives(p) for p in proven.values()),
            *(verdict.reason for verdict in verdicts),
            *(f"{address} was typed by hand" for address in sorted(typed - addresses) if not gap),
        ),
    )


@dataclass(frozen=True, slots=True)
class _Verdict:
    """Whether an address that no picked endpoint gives stays, and why."""

    entry: Entry
    stays: bool
    reason: str


def _verdict(entry: Entry, end: _End, proven: Mapping[Entry, Publication]) -> _Verdict:
    here = f"{entry.address} of endpoint {entry.endpoint.name}"
    successor = next((new for new in proven if new.endpoint == entry.endpoint), None)
    match end:
        case Gone(reason):
            return _Verdict(entry, stays=False, reason=f"{here} goes: {reason}")
        case Publication() if proven:
            return _Verdict(entry, stays=False, reason=f"{here} gives way to the one published")
        case Publication():
            return _Verdict(entry, stays=True, reason=f"{here} stays: nothing proven replaces it")
        case Held() if successor is not None:
            reason = f"{here} goes: its interface gives {successor.address} now"
            return _Verdict(entry, stays=False, reason=reason)
        case Held(reason):
            return _Verdict(entry, stays=True, reason=f"{here} stays: {reason}")


def _gives(publication: Publication) -> str:
    entry = publication.entry
    return f"{entry.address} is member {publication.member} of endpoint {entry.endpoint.name}"


def _missing(
    observation: Observation, family: Family, picked: frozenset[ResourceId]
) -> Iterator[str]:
    """Regions in service that lack a member on the interface of an endpoint to publish."""
    if not isinstance(family.registry, Found):
        return
    for id_, stand in sorted(family.standings.items()):
        expected = id_ in picked or (isinstance(stand, Live) and not stand.members)
        if isinstance(stand, Live) and expected and _unkept(observation, id_):
            for region in missing_regions(stand.members, family.registry.value):
                yield f"endpoint {id_.name} has no member for region {region}"


def _incomplete(observation: Observation, family: Family) -> Iterator[str]:
    """What Azure is still busy with."""
    for id_, stand in sorted(family.standings.items()):
        match stand:
            case Live(endpoint) if endpoint.state != SUCCEEDED:
                yield f"endpoint {id_.name} is {endpoint.state}"
            case Held(reason) if _arriving(observation, id_, stand):
                yield f"endpoint {id_.name}: {reason}"
            case _:
                continue
    if isinstance(family.registry, Found):
        for replica in family.registry.value.replicas:
            if replica.state in ("Creating", "Updating"):
                yield f"replica {replica.region} is {replica.state}"


def _arriving(observation: Observation, endpoint: ResourceId, stand: Standing) -> bool:
    """Whether an endpoint is there, and will soon be live or refused."""
    passing = isinstance(stand, Held) and stand.outlook is Outlook.PASSING
    return passing and isinstance(source_of(observation, endpoint).endpoint, Found)


def _unanswered(observation: Observation, endpoint: ResourceId) -> bool:
    """Whether Azure did not answer for an endpoint, though it may later."""
    source = source_of(observation, endpoint)
    readings = (source.endpoint, source.interface)
    return any(isinstance(r, Unknown) and r.doubt is Doubt.TRANSIENT for r in readings)


def _passing(judged: _Judged) -> Iterator[str]:
    for name, ends in judged.items():
        for entry, end in ends:
            if isinstance(end, Held) and end.outlook is Outlook.PASSING:
                yield f"{name} {entry.address} of endpoint {entry.endpoint.name}: {end.reason}"


def _unkept(observation: Observation, endpoint: ResourceId) -> bool:
    """Whether no zone group keeps the endpoint's names."""
    return source_of(observation, endpoint).zone_group is False


def _networks(observation: Observation, family: Family) -> dict[ResourceId, str]:
    if observation.zone.links is Links.LEAVE:
        return {}
    return {
        stand.endpoint.network: f"endpoint {id_.name} is in it"
        for id_, stand in sorted(family.live.items())
    }


def _leaving(judged: _Judged, records: Mapping[str, DesiredRecord]) -> frozenset[str]:
    """Networks, by hash, whose endpoint is proven gone and whose address goes with it."""
    return frozenset(
        entry.network
        for name, ends in judged.items()
        for entry, end in ends
        if isinstance(end, Gone) and name in records and entry not in records[name].entries
    )


def _staying(observation: Observation, parts: list[Desired]) -> frozenset[str]:
    """Networks, by hash, in which something that we know of may still need the link."""
    kept = {e.network for part in parts for record in part.records for e in record.entries}
    there = {
        network_hash(source.endpoint.value.network)
        for source in observation.sources.values()
        if isinstance(source.endpoint, Found) and source.endpoint.value.in_use
    }
    return frozenset(kept | there)


def _family_notices(
    family: Family, picked: frozenset[ResourceId], missing: tuple[str, ...]
) -> Iterator[Notice]:
    for what in missing:
        yield Notice(Finding.MEMBER_MISSING, str(family.id), what)
    if len(family.live) > 1:
        names = ", ".join(id_.name for id_ in sorted(family.live))
        yield Notice(Finding.SEVERAL_ENDPOINTS, str(family.id), f"endpoints {names} are live")
    for name in family.names:
        wanted = [
            p for p in family.publications if p.name == name.name and p.entry.endpoint in picked
        ]
        if len(wanted) > MAX_ADDRESSES:
            detail = f"{len(wanted)} addresses, {MAX_ADDRESSES} are published"
            yield Notice(Finding.TOO_MANY_ADDRESSES, name.name, detail)


def _source_notices(observation: Observation) -> Iterator[Notice]:
    for registry_id, registry in sorted(observation.registries.items()):
        if isinstance(registry, Unknown):
            yield from _doubt(registry, registry_id)
    for source in (observation.sources[id_] for id_ in sorted(observation.sources)):
        for reading in (source.endpoint, source.interface):
            if isinstance(reading, Unknown):
                yield from _doubt(reading, source.id)
        if isinstance(source.endpoint, Found):
            if source.zone_group:
                yield Notice(Finding.ZONE_GROUP, str(source.id), "a zone group is attached")
            elif source.zone_group is None:
                yield Notice(Finding.ZONE_GROUP_UNKNOWN, str(source.id), "could not be read")


def _doubt(reading: Unknown, resource: ResourceId) -> Iterator[Notice]:
    """A doubt that lasts is a finding; a passing one is a gap, which the run retries."""
    match reading.doubt:
        case Doubt.UNWATCHED:
            yield Notice(Finding.ENDPOINT_UNWATCHED, str(resource), reading.doubt)
        case Doubt.FORBIDDEN | Doubt.UNREADABLE:
            yield Notice(Finding.UNREADABLE, str(resource), f"{reading.doubt} {reading.detail}")
        case Doubt.TRANSIENT:
            return
