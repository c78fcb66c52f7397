"""Findings: what a person should know, each kind with its meaning and its remedy."""

from dataclasses import dataclass
from enum import Enum, StrEnum


class Severity(StrEnum):
    """How much a finding matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of finding.

    Attributes:
        code: stable, for alerts and searches.
        severity: how much it matters.
        meaning: what it says about the estate.
        remedy: what to do.
    """

    code: str
    severity: Severity
    meaning: str
    remedy: str


class Finding(Enum):
    """The catalogue of findings."""

    MEMBER_MISSING = Kind(
        "member-missing",
        Severity.WARNING,
        "A region of the registry has no member on the endpoint's network interface, so pulls of "
        "layers from that region fail.",
        "Free an address in the endpoint's subnet, or recreate an endpoint with static addresses.",
    )
    SEVERAL_ENDPOINTS = Kind(
        "several-endpoints",
        Severity.WARNING,
        "Several endpoints of one registry share names in one zone, where they can resolve only "
        "to one of them, or unpredictably.",
        "Keep one endpoint for each zone, or give each region a zone of its own.",
    )
    FOREIGN_RECORD = Kind(
        "foreign-record",
        Severity.WARNING,
        "A record set that is not ours stands at a name of a registry, with other addresses.",
        "Delete it, or correct it, or let a run adopt it.",
    )
    ZONE_GROUP = Kind(
        "zone-group",
        Severity.INFO,
        "A zone group keeps the endpoint's records, so the app leaves them to Azure.",
        "Nothing; delete the zone group if the app should take over.",
    )
    ZONE_GROUP_DRIFT = Kind(
        "zone-group-drift",
        Severity.WARNING,
        "A zone group keeps the endpoint's records, but one of them does not hold its address.",
        "Write the zone group again, or delete it: then the app takes over.",
    )
    ZONE_GROUP_CLASH = Kind(
        "zone-group-clash",
        Severity.WARNING,
        "A zone group wrote over a record that the app keeps for another endpoint of the registry.",
        "Delete the zone group, or give its endpoint's network a zone of its own.",
    )
    ZONE_GROUP_UNKNOWN = Kind(
        "zone-group-unknown",
        Severity.WARNING,
        "Whether a zone group keeps the endpoint's records could not be read, so nothing new is "
        "published for it.",
        "Give the app's identity the reader role on the endpoint's subscription.",
    )
    ENDPOINT_UNWATCHED = Kind(
        "endpoint-unwatched",
        Severity.INFO,
        "An endpoint of the registry lies outside the watched subscriptions.",
        "Nothing, or add its subscription to the watched ones.",
    )
    UNREADABLE = Kind(
        "unreadable",
        Severity.WARNING,
        "The app could not read something, or not understand it, so what depends on it stays.",
        "If a right is missing, give the app's identity the reader role there.",
    )
    METADATA_FULL = Kind(
        "metadata-full",
        Severity.ERROR,
        "The record set has so much metadata of others that our mark does not fit beside it.",
        "Remove some of its metadata; Azure takes 15 entries.",
    )
    TOO_MANY_ADDRESSES = Kind(
        "too-many-addresses",
        Severity.WARNING,
        "More endpoints stand behind one name than a mark has room for.",
        "Give the registry's regions zones of their own.",
    )
    LINK_REFUSED = Kind(
        "link-refused",
        Severity.ERROR,
        "Azure refused to link the network to the zone, most often since it is linked to another "
        "zone of the same name.",
        "Remove the other link, or route the network to the other zone. If a right is missing, "
        "give the app's identity the network joiner role.",
    )
    LINK_KEPT = Kind(
        "link-kept",
        Severity.INFO,
        "A link of ours has no endpoint left behind it but stays, since the network is peered, or "
        "not everything in it could be read.",
        "Nothing, or delete the link by hand if nobody resolves through it.",
    )


@dataclass(frozen=True, slots=True)
class Notice:
    """A finding, at a place.

    Attributes:
        finding: its kind.
        resource: the resource ID or record name that it is about.
        detail: what was seen there.
    """

    finding: Finding
    resource: str
    detail: str
