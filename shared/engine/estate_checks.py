"""Checks of the estate beside its records: limits, DNS servers, public access, what is unread."""

from collections.abc import Iterator

from shared.domain.findings import Finding, FindingKind
from shared.domain.reading import Found, UnknownReason
from shared.domain.resource_id import ResourceId
from shared.domain.resources import Status
from shared.engine.snapshot import Snapshot, ZoneSnapshot

# From here on a limit counts as near, in percent.
_NEAR = 90


_AZURES_RESOLVER = "168.63.129.16"


def check_limits(zone: ZoneSnapshot) -> Iterator[Finding]:
    """How near the zone is to Azure's limits."""
    if zone.counts is None:
        detail = "how full it is could not be read"
        yield Finding(FindingKind.UNREADABLE, str(zone.zone.id), detail)
        return
    for what, number, most in (
        ("record sets", zone.counts.records, zone.counts.most_records),
        ("virtual network links", zone.counts.links, zone.counts.most_links),
    ):
        if number * 100 >= most * _NEAR:
            yield Finding(FindingKind.ZONE_LIMIT, str(zone.zone.id), f"{number} of {most} {what}")


def check_dns_servers(wanted: set[ResourceId], snapshot: Snapshot) -> Iterator[Finding]:
    """About the networks that this zone serves and links: whom do their clients ask?"""
    for network in sorted(wanted):
        match snapshot.networks.get(network):
            case Found(found) if set(found.dns_servers) - {_AZURES_RESOLVER}:
                servers = ", ".join(found.dns_servers)
                yield Finding(
                    FindingKind.CUSTOM_DNS, str(network), f"its DNS servers are {servers}"
                )
            case _:
                continue


def check_public_access(snapshot: Snapshot, zone: ZoneSnapshot) -> Iterator[Finding]:
    """The registries with names in the zone that still take requests from public networks."""
    public = (
        id_
        for id_, reading in snapshot.registries.items()
        if isinstance(reading, Found)
        and reading.value.public
        and zone.zone.can_hold(reading.value.login_server)
        and Status.APPROVED in reading.value.connections.values()
    )
    for id_ in sorted(public):
        yield Finding(FindingKind.PUBLIC_ACCESS, str(id_), "public network access is enabled")


def check_unread(snapshot: Snapshot) -> Iterator[Finding]:
    """The watched subscriptions that cannot be listed, for a reason that lasts."""
    for subscription, unknown in sorted(snapshot.silent.items()):
        if unknown.reason is not UnknownReason.TRANSIENT:
            detail = f"{unknown.reason} ({unknown.detail})"
            yield Finding(FindingKind.UNREADABLE, f"/subscriptions/{subscription}", detail)
