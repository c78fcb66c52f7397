"""What a person should know about what was read, whether or not it changes anything."""

from collections.abc import Iterable, Iterator

from shared.domain.findings import Finding, FindingKind
from shared.domain.observation import EndpointReading, Observation
from shared.domain.ownership import MAX_ADDRESSES, OwnershipStatus, ownership_status
from shared.domain.reading import Found, Reading, Unknown, UnknownReason
from shared.domain.registry_state import Name, RegistryState
from shared.domain.resource_id import ResourceId
from shared.domain.zone import record_name

# Of two hundred endpoints a line names so many.
_SHOWN = 5


def registry_findings(
    registry_state: RegistryState, picked: frozenset[ResourceId], missing: tuple[str, ...]
) -> Iterator[Finding]:
    """About a registry: what its interfaces lack, and endpoints that share its names."""
    for what in missing:
        yield Finding(FindingKind.MEMBER_MISSING, str(registry_state.id), what)
    if len(registry_state.live) > 1:
        names = [id_.name for id_ in sorted(registry_state.live)]
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        detail = f"endpoints {', '.join(names[:_SHOWN])}{more} are live"
        yield Finding(FindingKind.SEVERAL_ENDPOINTS, str(registry_state.id), detail)
    for name in registry_state.names:
        member_addresses = registry_state.member_addresses.get(name.name, {})
        wanted = [claim for claim in member_addresses if claim.endpoint in picked]
        if len(wanted) > MAX_ADDRESSES:
            detail = f"{len(wanted)} addresses, {MAX_ADDRESSES} are published"
            yield Finding(FindingKind.TOO_MANY_ADDRESSES, name.name, detail)


def orphan_findings(orphans: Iterable[Name]) -> Iterator[Finding]:
    """About records of ours of which no registry can be told any more."""
    for name in orphans:
        has = ", ".join(sorted(name.published)) or "nothing"
        yield Finding(FindingKind.ORPHANED, name.name, f"it holds {has}")


def endpoint_findings(observation: Observation) -> Iterator[Finding]:
    """About single sources: what could not be read, and what zone groups keep."""
    for registry_id, registry in sorted(observation.registries.items()):
        yield from _doubt(registry, registry_id)
    for endpoint_reading in (
        observation.endpoint_readings[id_] for id_ in sorted(observation.endpoint_readings)
    ):
        yield from _doubt(endpoint_reading.endpoint, endpoint_reading.id)
        yield from _doubt(endpoint_reading.interface, endpoint_reading.id)
        yield from _ipv6_findings(observation, endpoint_reading)
        yield from _routed(observation, endpoint_reading)
        match endpoint_reading.zone_group:
            case Found(True):
                yield Finding(
                    FindingKind.ZONE_GROUP, str(endpoint_reading.id), "a zone group is attached"
                )
                yield from _drift(observation, endpoint_reading)
            case Unknown(cause) if cause is not UnknownReason.TRANSIENT:
                yield Finding(FindingKind.ZONE_GROUP_UNKNOWN, str(endpoint_reading.id), f"{cause}")


def _ipv6_findings(
    observation: Observation, endpoint_reading: EndpointReading
) -> Iterator[Finding]:
    """Names that it gives at addresses which no A record can hold."""
    ipv6_fqdns = (
        endpoint_reading.interface.value.ipv6_fqdns
        if isinstance(endpoint_reading.interface, Found)
        else ()
    )
    names = [fqdn for fqdn in ipv6_fqdns if record_name(fqdn, observation.zone.suffix)]
    if names:
        yield Finding(
            FindingKind.IPV6_MEMBER, str(endpoint_reading.id), ", ".join(sorted(names)[:_SHOWN])
        )


def _routed(observation: Observation, endpoint_reading: EndpointReading) -> Iterator[Finding]:
    """Where another zone, or none, serves the endpoint's network, and something is amiss."""
    if endpoint_reading.elsewhere is None or not isinstance(endpoint_reading.endpoint, Found):
        return
    network = endpoint_reading.endpoint.value.network
    link = observation.linked.get(network)
    if endpoint_reading.elsewhere.zone is None:
        yield Finding(
            FindingKind.NO_ZONE, str(network), f"endpoint {endpoint_reading.id.name} is in it"
        )
    elif link and ownership_status(link.tags, observation.zone) is not OwnershipStatus.MANAGED:
        detail = (
            f"link {link.name} is not ours, endpoint {endpoint_reading.id.name} is in the network"
        )
        yield Finding(FindingKind.STILL_LINKED, str(network), detail)


def _drift(observation: Observation, endpoint_reading: EndpointReading) -> Iterator[Finding]:
    """The records that Azure should keep for the endpoint, but does not."""
    members = (
        endpoint_reading.interface.value.members
        if isinstance(endpoint_reading.interface, Found)
        else ()
    )
    for member in members:
        name = record_name(member.fqdn, observation.zone.suffix)
        if name is None or name not in observation.records:
            continue
        record = observation.records[name]
        has = record.addresses if record else ()
        if member.address not in has:
            detail = f"it holds {', '.join(has) or 'nothing'}, the endpoint has {member.address}"
            yield Finding(FindingKind.ZONE_GROUP_DRIFT, name, detail)


def _doubt(reading: Reading[object], resource: ResourceId) -> Iterator[Finding]:
    """A doubt that lasts is a finding; a passing one is a gap, and brings the event again."""
    match reading:
        case Unknown(UnknownReason.UNWATCHED as cause):
            yield Finding(FindingKind.ENDPOINT_UNWATCHED, str(resource), f"{cause}")
        case Unknown(UnknownReason.FORBIDDEN | UnknownReason.UNREADABLE as cause, detail):
            yield Finding(FindingKind.UNREADABLE, str(resource), f"{cause} ({detail})")


def find_unread(readings: Iterable[tuple[ResourceId, Reading[object]]]) -> tuple[str, ...]:
    """What Azure did not answer, though it may later."""
    return tuple(
        f"{id_.name}: {reading.detail}"
        for id_, reading in readings
        if isinstance(reading, Unknown) and reading.reason is UnknownReason.TRANSIENT
    )
