"""What a person should know about what was read, whether or not it changes anything."""

from collections.abc import Iterable, Iterator

from shared.domain.family import Family, Name
from shared.domain.findings import Finding, Notice
from shared.domain.marks import MAX_ADDRESSES, Ownership, ownership
from shared.domain.model import Doubt, Found, Observation, Reading, Source, Unknown
from shared.domain.names import ResourceId, record_name

# Of two hundred endpoints a line names so many.
_SHOWN = 5


def family_notices(
    family: Family, picked: frozenset[ResourceId], missing: tuple[str, ...]
) -> Iterator[Notice]:
    """About a registry: what its interfaces lack, and endpoints that share its names."""
    for what in missing:
        yield Notice(Finding.MEMBER_MISSING, str(family.id), what)
    if len(family.live) > 1:
        names = [id_.name for id_ in sorted(family.live)]
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        detail = f"endpoints {', '.join(names[:_SHOWN])}{more} are live"
        yield Notice(Finding.SEVERAL_ENDPOINTS, str(family.id), detail)
    for name in family.names:
        giving = family.giving.get(name.name, {})
        wanted = [entry for entry in giving if entry.endpoint in picked]
        if len(wanted) > MAX_ADDRESSES:
            detail = f"{len(wanted)} addresses, {MAX_ADDRESSES} are published"
            yield Notice(Finding.TOO_MANY_ADDRESSES, name.name, detail)


def orphan_notices(orphans: Iterable[Name]) -> Iterator[Notice]:
    """About records of ours of which no registry can be told any more."""
    for name in orphans:
        has = ", ".join(sorted(name.published)) or "nothing"
        yield Notice(Finding.ORPHANED, name.name, f"it holds {has}")


def source_notices(observation: Observation) -> Iterator[Notice]:
    """About single sources: what could not be read, and what zone groups keep."""
    for registry_id, registry in sorted(observation.registries.items()):
        yield from _doubt(registry, registry_id)
    for source in (observation.sources[id_] for id_ in sorted(observation.sources)):
        yield from _doubt(source.endpoint, source.id)
        yield from _doubt(source.interface, source.id)
        yield from _beyond(observation, source)
        yield from _routed(observation, source)
        match source.zone_group:
            case Found(True):
                yield Notice(Finding.ZONE_GROUP, str(source.id), "a zone group is attached")
                yield from _drift(observation, source)
            case Unknown(doubt) if doubt is not Doubt.TRANSIENT:
                yield Notice(Finding.ZONE_GROUP_UNKNOWN, str(source.id), f"{doubt}")


def _beyond(observation: Observation, source: Source) -> Iterator[Notice]:
    """Names that it gives at addresses which no A record can hold."""
    beyond = source.interface.value.beyond if isinstance(source.interface, Found) else ()
    names = [fqdn for fqdn in beyond if record_name(fqdn, observation.zone.suffix)]
    if names:
        yield Notice(Finding.IPV6_MEMBER, str(source.id), ", ".join(sorted(names)[:_SHOWN]))


def _routed(observation: Observation, source: Source) -> Iterator[Notice]:
    """Where another zone, or none, serves the endpoint's network, and something is amiss."""
    if source.elsewhere is None or not isinstance(source.endpoint, Found):
        return
    network = source.endpoint.value.network
    link = observation.linked.get(network)
    if source.elsewhere.zone is None:
        yield Notice(Finding.NO_ZONE, str(network), f"endpoint {source.id.name} is in it")
    elif link and ownership(link.tags, observation.zone) is not Ownership.OURS:
        detail = f"link {link.name} is not ours, endpoint {source.id.name} is in the network"
        yield Notice(Finding.STILL_LINKED, str(network), detail)


def _drift(observation: Observation, source: Source) -> Iterator[Notice]:
    """The records that Azure should keep for the endpoint, but does not."""
    members = source.interface.value.members if isinstance(source.interface, Found) else ()
    for member in members:
        name = record_name(member.fqdn, observation.zone.suffix)
        if name is None or name not in observation.records:
            continue
        record = observation.records[name]
        has = record.addresses if record else ()
        if member.address not in has:
            detail = f"it holds {', '.join(has) or 'nothing'}, the endpoint has {member.address}"
            yield Notice(Finding.ZONE_GROUP_DRIFT, name, detail)


def _doubt(reading: Reading[object], resource: ResourceId) -> Iterator[Notice]:
    """A doubt that lasts is a finding; a passing one is a gap, and brings the event again."""
    match reading:
        case Unknown(Doubt.UNWATCHED as doubt):
            yield Notice(Finding.ENDPOINT_UNWATCHED, str(resource), f"{doubt}")
        case Unknown(Doubt.FORBIDDEN | Doubt.UNREADABLE as doubt, detail):
            yield Notice(Finding.UNREADABLE, str(resource), f"{doubt} ({detail})")
