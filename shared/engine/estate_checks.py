"""Checks beside the records: limits, DNS servers, public access, and what is unread."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from shared.domain.checks import find_unread
from shared.domain.client_view import record_names
from shared.domain.findings import Finding, FindingKind, shorten
from shared.domain.ownership import Owners
from shared.domain.reading import Found, Unknown, UnknownReason
from shared.domain.resource_id import ResourceId
from shared.domain.resources import Status
from shared.domain.routing import is_managed_link
from shared.engine.snapshot import Snapshot, ZoneSnapshot

# From here on a limit counts as near, in percent.
_LIMIT_PERCENT = 90


def check_limits(zone: ZoneSnapshot) -> Iterator[Finding]:
    """How near the zone is to Azure's limits."""
    if zone.counts is None:
        detail = "how full it is could not be read"
        yield Finding(FindingKind.UNREADABLE, str(zone.zone.id), detail)
        return
    for kind, number, limit in (
        ("record sets", zone.counts.records, zone.counts.max_records),
        ("virtual network links", zone.counts.links, zone.counts.max_links),
    ):
        if number * 100 >= limit * _LIMIT_PERCENT:
            yield Finding(FindingKind.ZONE_LIMIT, str(zone.zone.id), f"{number} of {limit} {kind}")


def check_links(networks: set[ResourceId], zone: ZoneSnapshot, owners: Owners) -> Iterator[Finding]:
    """The links that do not do what ours do, and that no run puts right."""
    for link in zone.listing.links:
        is_put_right = link.network in networks and is_managed_link(link, owners)
        if link.is_as_made or not link.is_working or is_put_right:
            continue
        what = "lets machines register" if link.has_registration else "has no public fallback"
        resource = str(link.network or link.name)
        yield Finding(FindingKind.LINK_CHANGED, resource, f"link {link.name} {what}")


def check_dns_servers(networks: set[ResourceId], snapshot: Snapshot) -> Iterator[Finding]:
    """About the networks that this zone serves and links: whom do their clients ask?"""
    for id_ in sorted(networks):
        match snapshot.networks.get(id_):
            case Found(network) if network.has_own_dns:
                servers = ", ".join(network.dns_servers)
                yield Finding(FindingKind.CUSTOM_DNS, str(id_), f"its DNS servers are {servers}")
            case _:
                continue


def check_public_access(snapshot: Snapshot, zone: ZoneSnapshot) -> Iterator[Finding]:
    """The registries with names in the zone that still take requests from public networks."""
    public = (
        id_
        for id_, reading in snapshot.registries.items()
        if isinstance(reading, Found)
        and reading.value.is_public
        and zone.zone.can_hold(reading.value.login_server)
        and Status.APPROVED in reading.value.connections.values()
    )
    for id_ in sorted(public):
        yield Finding(FindingKind.PUBLIC_ACCESS, str(id_), "public network access is enabled")


def check_wildcards(zone: ZoneSnapshot) -> Iterator[Finding]:
    """Wildcards, which answer for names that have no record, whoever put them there."""
    for name, record in sorted(zone.listing.records.items()):
        if name == "*" or name.startswith("*."):
            text = ", ".join(record.addresses) or "nothing"
            yield Finding(FindingKind.WILDCARD, name, f"names without a record resolve to {text}")


def check_hidden_names(
    zone: ZoneSnapshot, networks: AbstractSet[ResourceId], snapshot: Snapshot
) -> Iterator[Finding]:
    """Names that other private zones answer for, in networks that this one serves or links."""
    suffix = zone.zone.suffix
    names = (zone.listing.records.keys() | snapshot.public_names(suffix)) - {"@", "*"}
    fqdns = sorted(f"{name}.{suffix}" for name in names)
    networks = networks | {link.network for link in zone.listing.links if link.network}
    for id_, reading in sorted(snapshot.private_zones.items(), key=lambda item: item[0]):
        hidden_fqdns = [fqdn for fqdn in fqdns if any(record_names(id_.name, fqdn))]
        match reading:
            case Found(links) if hidden_fqdns:
                for link in links:
                    if link.is_working and link.network and link.network in networks:
                        detail = (
                            f"link {link.name} shows it to network {link.network.name}, "
                            f"where it answers for {shorten(hidden_fqdns)}"
                        )
                        yield Finding(FindingKind.HIDDEN_BY_ZONE, str(id_), detail)
            case _:
                continue


def check_unlisted_zones(snapshot: Snapshot) -> Iterator[Finding]:
    """Where private zones or their links cannot be read: what hides names there is not told."""
    unlisted_zones = dict(snapshot.unlisted_zones)
    for id_, reading in snapshot.private_zones.items():
        if isinstance(reading, Unknown):
            unlisted_zones.setdefault(id_.subscription, reading)
    for subscription, unknown in sorted(unlisted_zones.items()):
        if unknown.reason is not UnknownReason.TRANSIENT:
            detail = f"its private DNS zones, or their links: {unknown.reason} ({unknown.detail})"
            yield Finding(FindingKind.UNREADABLE, f"/subscriptions/{subscription}", detail)


def check_unread(snapshot: Snapshot) -> Iterator[Finding]:
    """The watched subscriptions that cannot be listed, for a reason that lasts."""
    for subscription, unknown in sorted(snapshot.unread.items()):
        if unknown.reason is not UnknownReason.TRANSIENT:
            detail = f"{unknown.reason} ({unknown.detail})"
            yield Finding(FindingKind.UNREADABLE, f"/subscriptions/{subscription}", detail)
    for subscription in sorted(snapshot.unassigned_ids):
        detail = "neither its endpoints nor its registries may be listed"
        yield Finding(FindingKind.UNASSIGNED, f"/subscriptions/{subscription}", detail)


def list_unread(snapshot: Snapshot) -> Iterator[str]:
    """What did not answer; whose names could not be judged for that is not known to be right."""
    if snapshot.list_failure:
        # A new subscription may be missing on an old list, and nobody looks after it.
        yield f"/subscriptions: {snapshot.list_failure}"
    # A subscription counts whatever the reason: what depends on it was not made right.
    for subscription, unknown in sorted(snapshot.unread.items()):
        yield f"/subscriptions/{subscription}: {unknown.detail}"
    yield from find_unread(
        item
        for readings in (snapshot.registries, snapshot.interfaces, snapshot.groups)
        for item in sorted(readings.items(), key=lambda item: item[0])
    )
