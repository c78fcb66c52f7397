"""What a person should know about what was read, whether or not it changes anything."""

from collections.abc import Iterable, Iterator

from shared.domain.findings import Finding, FindingKind
from shared.domain.observation import EndpointReading, Observation, SidesOver, ZoneState
from shared.domain.own_names import others_members, own_members
from shared.domain.ownership import MAX_ADDRESSES
from shared.domain.reading import Found, Reading, Unknown, UnknownReason
from shared.domain.registry_state import Name, RegistryState
from shared.domain.resource_id import ResourceId
from shared.domain.routing import is_managed_link, serving_zone
from shared.domain.zone import is_zone_for, record_name

# Of two hundred endpoints a line names so many.
_MAX_NAMES = 5


def registry_findings(
    registry_state: RegistryState, selection: frozenset[ResourceId], missing_lines: tuple[str, ...]
) -> Iterator[Finding]:
    """About a registry: what its interfaces lack, and endpoints that share its names."""
    for line in missing_lines:
        yield Finding(FindingKind.MEMBER_MISSING, str(registry_state.id), line)
    if len(registry_state.ready_endpoints) > 1:
        names = [id_.name for id_ in sorted(registry_state.ready_endpoints)]
        others = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
        detail = f"endpoints {', '.join(names[:_MAX_NAMES])}{others} are ready"
        yield Finding(FindingKind.SEVERAL_ENDPOINTS, str(registry_state.id), detail)
    for name in registry_state.names:
        claims = registry_state.member_addresses.get(name.name, {})
        size = sum(claim.endpoint in selection for claim in claims)
        if size > MAX_ADDRESSES:
            detail = f"{size} addresses, {MAX_ADDRESSES} are published"
            yield Finding(FindingKind.TOO_MANY_ADDRESSES, name.name, detail)


def orphan_findings(orphans: Iterable[Name]) -> Iterator[Finding]:
    """About records of ours of which no registry can be told any more."""
    # Nothing can prove that such a record may go, so a person decides (no-unproven-delete).
    for name in orphans:
        detail = f"it holds {', '.join(sorted(name.addresses)) or 'nothing'}"
        yield Finding(FindingKind.ORPHANED, name.name, detail)


def endpoint_findings(observation: Observation, zone_state: ZoneState) -> Iterator[Finding]:
    """About single sources: what could not be read, and what zone groups keep in a zone."""
    for registry_id, registry in sorted(observation.registries.items()):
        yield from _unknown_findings(registry, registry_id)
    for id_ in sorted(observation.endpoint_readings):
        endpoint_reading = observation.endpoint_readings[id_]
        yield from _unknown_findings(endpoint_reading.endpoint, endpoint_reading.id)
        yield from _unknown_findings(endpoint_reading.interface, endpoint_reading.id)
        yield from _ipv6_findings(observation, endpoint_reading)
        yield from _others_findings(observation, endpoint_reading)
        yield from _zone_findings(observation, zone_state, endpoint_reading)
        match endpoint_reading.group_zones:
            case Found(zones) if zone_state.zone.id in zones:
                yield Finding(
                    FindingKind.ZONE_GROUP, str(endpoint_reading.id), "a zone group is attached"
                )
                yield from _zone_group_findings(observation, zone_state, endpoint_reading)
            case Found(zones):
                yield from _other_group_findings(observation, zone_state, endpoint_reading, zones)
            # A kind of its own: the right to read zone groups is another one than endpoints'.
            case Unknown(reason) if reason is not UnknownReason.TRANSIENT:
                yield Finding(FindingKind.ZONE_GROUP_UNKNOWN, str(endpoint_reading.id), f"{reason}")


def find_unread(readings: Iterable[tuple[ResourceId, Reading[object]]]) -> tuple[str, ...]:
    """What Azure did not answer, though it may later."""
    return tuple(
        f"{id_.name}: {reading.detail}"
        for id_, reading in readings
        if isinstance(reading, Unknown) and reading.reason is UnknownReason.TRANSIENT
    )


def unsettled_findings(sides_over: SidesOver) -> Iterator[Finding]:
    """About claims of which one side alone says that they are over, and which side that is."""
    # Not waited for at every full sync, so it is said which side to clean (nothing-silent).
    for (_, name, claim), sides in sorted(sides_over.items(), key=lambda item: item[0]):
        if sides:
            text = " and ".join(sorted(sides))
            detail = f"{claim.label}: only {text} says that it is over"
            yield Finding(FindingKind.UNSETTLED, name, detail)


def _ipv6_findings(
    observation: Observation, endpoint_reading: EndpointReading
) -> Iterator[Finding]:
    """Names that it gives at addresses which no A record can hold."""
    if not isinstance(endpoint_reading.interface, Found):
        return
    fqdns = endpoint_reading.interface.value.ipv6_fqdns
    names = [fqdn for fqdn in fqdns if record_name(fqdn, observation.suffix)]
    if names:
        detail = ", ".join(sorted(names)[:_MAX_NAMES])
        yield Finding(FindingKind.IPV6_MEMBER, str(endpoint_reading.id), detail)


def _others_findings(
    observation: Observation, endpoint_reading: EndpointReading
) -> Iterator[Finding]:
    """Names that are no own ones of a registry behind the endpoint (own-names-only)."""
    fqdns = sorted(
        member.fqdn
        for member in others_members(endpoint_reading, observation.registries)
        if record_name(member.fqdn, observation.suffix)
    )
    if fqdns:
        more = f" and {len(fqdns) - _MAX_NAMES} more" if len(fqdns) > _MAX_NAMES else ""
        detail = f"its interface gives {', '.join(fqdns[:_MAX_NAMES])}{more}"
        yield Finding(FindingKind.OTHERS_NAME, str(endpoint_reading.id), detail)


def _zone_findings(
    observation: Observation, zone_state: ZoneState, endpoint_reading: EndpointReading
) -> Iterator[Finding]:
    """Where another zone, or none, serves the endpoint's network, and something is amiss."""
    if not isinstance(endpoint_reading.endpoint, Found):
        return
    endpoint = endpoint_reading.endpoint.value
    zone = serving_zone(observation.kept_zones, endpoint)
    link = zone_state.link_by_network.get(endpoint.network)
    if zone is None:
        detail = f"endpoint {endpoint_reading.id.name} is in it"
        yield Finding(FindingKind.NO_ZONE, str(endpoint.network), detail)
    # A link of ours moves by itself, one that others made stays until they take it away
    # (docs/decisions/0009-a-network-moves-link-first.md).
    elif zone.id != zone_state.zone.id and link and not is_managed_link(link, observation.owners):
        detail = (
            f"link {link.name} is not ours, endpoint {endpoint_reading.id.name} is in the network"
        )
        yield Finding(FindingKind.STILL_LINKED, str(endpoint.network), detail)


def _other_group_findings(
    observation: Observation,
    zone_state: ZoneState,
    endpoint_reading: EndpointReading,
    zones: frozenset[ResourceId],
) -> Iterator[Finding]:
    """Zone groups at zones of the name that are not kept, told where the names belong."""
    kept_zones = {zone.id for zone in observation.kept_zones}
    match endpoint_reading.endpoint:
        case Found(endpoint) if is_zone_for(zone_state.zone, endpoint.network, endpoint.region):
            for id_ in sorted(zones - kept_zones):
                if id_.name == zone_state.zone.id.name:
                    kind, detail = FindingKind.ZONE_GROUP_ELSEWHERE, f"it points at {id_}"
                    yield Finding(kind, str(endpoint_reading.id), detail)


def _zone_group_findings(
    observation: Observation, zone_state: ZoneState, endpoint_reading: EndpointReading
) -> Iterator[Finding]:
    """The records that Azure should keep for the endpoint, but does not."""
    for member in own_members(endpoint_reading, observation.registries):
        name = record_name(member.fqdn, zone_state.zone.suffix)
        # A name that this pass did not read is neither right nor wrong.
        if name is None or name not in zone_state.records:
            continue
        record = zone_state.records[name]
        addresses = record.addresses if record else ()
        if member.address not in addresses:
            text = ", ".join(addresses) or "nothing"
            detail = f"it holds {text}, the endpoint has {member.address}"
            yield Finding(FindingKind.ZONE_GROUP_DRIFT, name, detail)


def _unknown_findings(reading: Reading[object], resource: ResourceId) -> Iterator[Finding]:
    """An unknown that lasts is a finding; a passing one is unread, and brings the event again."""
    match reading:
        case Unknown(UnknownReason.UNWATCHED as reason):
            yield Finding(FindingKind.ENDPOINT_UNWATCHED, str(resource), f"{reason}")
        # No event waits for the right to what others have there: that can be missing for good.
        case Unknown(UnknownReason.FORBIDDEN | UnknownReason.UNREADABLE as reason, detail):
            yield Finding(FindingKind.UNREADABLE, str(resource), f"{reason} ({detail})")
