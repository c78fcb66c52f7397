"""Checks beside the records: limits, DNS servers, public access, and what is unread."""

from collections.abc import Iterator

from shared.domain.checks import find_unread
from shared.domain.findings import Finding, FindingKind
from shared.domain.ownership import Owners
from shared.domain.reading import Found, UnknownReason
from shared.domain.resource_id import ResourceId
from shared.domain.resources import Status
from shared.domain.routing import is_managed_link
from shared.engine.snapshot import Snapshot, ZoneSnapshot

# From here on a limit counts as near, in percent.
_LIMIT_PERCENT = 90
# A network with other servers asks them, and these may not know the zone
# (docs/azure.md#private-endpoints).
_AZURE_DNS = "168.63.129.16"


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
            case Found(network) if set(network.dns_servers) - {_AZURE_DNS}:
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
