"""Findings: what a person should know, each kind with its meaning and its remedy."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum


class Severity(StrEnum):
    """How much a finding matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class FindingKind(Enum):
    """The catalogue of findings, each kind with its meaning and its remedy.

    Attributes:
        code: never changes, since alerts and searches rest on it.
        severity: how much it matters.
        meaning: what it says about the estate.
        remedy: what to do.
    """

    MEMBER_MISSING = (
        "member-missing",
        Severity.WARNING,
        (
            "A region of the registry has no member on the endpoint's network interface, so "
            "pulls of layers from that region fail."
        ),
        "Free an address in the endpoint's subnet, or recreate an endpoint with static addresses.",
    )
    OTHERS_NAME = (
        "others-name",
        Severity.ERROR,
        (
            "The endpoint's interface gives a name that is not its registry's own, so the name is "
            "not published for it."
        ),
        "Find out who made the endpoint and why it gives that name, then create it again.",
    )
    SEVERAL_ENDPOINTS = (
        "several-endpoints",
        Severity.WARNING,
        (
            "Several endpoints of one registry share names in one zone, where they can resolve "
            "only to one of them, or unpredictably."
        ),
        "Keep one endpoint for each zone, or give each region a zone of its own.",
    )
    UNMANAGED_RECORD = (
        "unmanaged-record",
        Severity.WARNING,
        "A record set that is not ours stands at a name of a registry, with other addresses.",
        "Delete it, or correct it, or let a run adopt it.",
    )
    ZONE_GROUP = (
        "zone-group",
        Severity.INFO,
        "A zone group keeps the endpoint's records, so the app leaves them to Azure.",
        "Nothing; delete the zone group if the app should take over.",
    )
    ZONE_GROUP_DRIFT = (
        "zone-group-drift",
        Severity.WARNING,
        "A zone group keeps the endpoint's records, but one of them does not hold its address.",
        "Write the zone group again, or delete it: then the app takes over.",
    )
    ZONE_GROUP_CLASH = (
        "zone-group-clash",
        Severity.WARNING,
        "A zone group wrote over a record that the app keeps for another endpoint of the registry.",
        "Delete the zone group, or give its endpoint's network a zone of its own.",
    )
    ZONE_GROUP_ELSEWHERE = (
        "zone-group-elsewhere",
        Severity.WARNING,
        (
            "A zone group keeps the endpoint's records in a zone of the same name that the app "
            "does not keep, so they stand there and in the kept zone."
        ),
        "Delete the zone group, let it point at the kept zone, or add that zone to the settings.",
    )
    ZONE_GROUP_UNKNOWN = (
        "zone-group-unknown",
        Severity.WARNING,
        (
            "Whether a zone group keeps the endpoint's records could not be read, so nothing "
            "new is published for it."
        ),
        "Give the app's identity the reader role on the endpoint's subscription.",
    )
    ENDPOINT_UNWATCHED = (
        "endpoint-unwatched",
        Severity.INFO,
        "An endpoint of the registry lies outside the watched subscriptions.",
        "Nothing, or add its subscription to the watched ones.",
    )
    UNREADABLE = (
        "unreadable",
        Severity.WARNING,
        "The app could not read something, or not understand it, so what depends on it stays.",
        "If a right is missing, give the app's identity the reader role there.",
    )
    UNASSIGNED = (
        "unassigned",
        Severity.INFO,
        (
            "All subscriptions are watched, and the app's identity can list this one but read "
            "nothing in it, so nothing is looked after there."
        ),
        "Nothing, or give the app's identity the reader role there.",
    )
    METADATA_FULL = (
        "metadata-full",
        Severity.ERROR,
        "The record set has so much metadata of others that our ownership does not fit beside it.",
        "Remove some of its metadata; Azure takes 15 entries.",
    )
    CLAIM_TOO_LONG = (
        "claim-too-long",
        Severity.ERROR,
        (
            "The names of an endpoint and its resource group are so long that a record cannot note "
            "the endpoint, so the record is not written."
        ),
        "Give the endpoint or its group a shorter name; Azure takes 256 characters an entry.",
    )
    TOO_MANY_ADDRESSES = (
        "too-many-addresses",
        Severity.WARNING,
        "More endpoints stand behind one name than its metadata has room for.",
        "Give the registry's regions zones of their own.",
    )
    LINK_REFUSED = (
        "link-refused",
        Severity.ERROR,
        (
            "Azure refused to link the network to the zone, most often since it is linked to "
            "another zone of the same name."
        ),
        (
            "Remove the other link, or route the network to the other zone. If a right is "
            "missing, give the app's identity the network joiner role."
        ),
    )
    HIDDEN_BY_ZONE = (
        "hidden-by-zone",
        Severity.WARNING,
        (
            "A private zone that the app does not keep is linked to a network and answers there "
            "for names of registries, in place of the zone that the app keeps."
        ),
        "Delete the zone or its link, or let the app keep it if it has the same name.",
    )
    WILDCARD = (
        "wildcard",
        Severity.WARNING,
        (
            "A wildcard record set stands in the zone: names without a record resolve to its "
            "addresses, and no link's fallback to the public DNS acts on them."
        ),
        "Delete it, unless those addresses are meant for every registry without a record.",
    )
    LINK_OUT_OF_REACH = (
        "link-out-of-reach",
        Severity.ERROR,
        (
            "With the network's link, names of registries with public access would resolve to "
            "private addresses that it is not known to reach, and pulls that work now would "
            "hang. The link is held back, unless a registry without public access needs it."
        ),
        (
            "Peer the networks, or give the network a zone of its own, or set the zone's reach "
            "to assumed if its networks are joined in a way that peerings do not show."
        ),
    )
    LINK_NAME_TAKEN = (
        "link-name-taken",
        Severity.ERROR,
        (
            "A link to another network has the name that our link for this one would have, so this "
            "network is not linked."
        ),
        "Delete that link if it is not needed; the app then links the network.",
    )
    REFUSED = (
        "refused",
        Severity.ERROR,
        (
            "Azure refused to read or write something in a zone, and will refuse it again, so what "
            "depends on it stays as it is."
        ),
        (
            "Azure's own code says why: a policy, a missing right, a CNAME at the name, a full "
            "zone. Remove the cause; the next full sync tries again."
        ),
    )
    ONE_SIDED = (
        "one-sided",
        Severity.WARNING,
        (
            "An address went on the word of one side alone, endpoint or registry, which said so "
            "twice half a minute apart while the other disagreed or could not be read."
        ),
        (
            "Look whether the endpoint and the registry are as they should be, and delete the "
            "connection that is left."
        ),
    )
    UNSETTLED = (
        "unsettled",
        Severity.WARNING,
        (
            "A connection is over by one side's word, or about to be removed, and the other side "
            "has not followed, so its address stays."
        ),
        "Delete what is left of the connection on the side that has not followed.",
    )
    ORPHANED = (
        "orphaned",
        Severity.WARNING,
        (
            "A record set is ours, but its ownership is damaged and no watched registry gives "
            "the name, so nothing proves that it may go."
        ),
        "Delete it by hand if nobody needs it.",
    )
    NO_ZONE = (
        "no-zone",
        Severity.WARNING,
        "No zone's selector takes the endpoint's network, so its names are published nowhere.",
        (
            "Give a zone a selector that takes the network, or one zone none at all: it then "
            "serves the rest."
        ),
    )
    STILL_LINKED = (
        "still-linked",
        Severity.WARNING,
        (
            "Another zone serves the network now and holds its names, but somebody else's link "
            "still ties the network to this zone, so the names stay here as well."
        ),
        "Delete that link; the app links the network to the zone that serves it.",
    )
    NAME_MOVED = (
        "name-moved",
        Severity.WARNING,
        (
            "Names of a registry left a zone with their endpoint's network, as the zones' "
            "selectors say, and another network that is linked to the zone gets them no more."
        ),
        (
            "Link that network to the zone that holds the names now, or let a selector route "
            "both networks to one zone."
        ),
    )
    DELETE_THRESHOLD = (
        "delete-threshold",
        Severity.ERROR,
        (
            "More deletes were planned at once than the delete threshold allows, so none was "
            "made; the rest was."
        ),
        (
            "Look at the plan. If the deletes are right, reconcile once with "
            "--override-delete-threshold."
        ),
    )
    PLAN_CHANGED = (
        "plan-changed",
        Severity.WARNING,
        (
            "What is to change is no longer what was shown and said yes to, so nothing more of it "
            "was made than was shown."
        ),
        "Plan again, and look at what it shows now.",
    )
    LOCKED = (
        "locked",
        Severity.WARNING,
        "A management lock keeps the app from changing a record set or link.",
        "Remove the lock, or keep it and change the record by hand.",
    )
    CUSTOM_DNS = (
        "custom-dns",
        Severity.INFO,
        (
            "The network uses DNS servers of its own, so its clients see the zone only if those "
            "servers forward to Azure's resolver."
        ),
        "Let them forward azurecr.io to 168.63.129.16, from a network that is linked to the zone.",
    )
    PUBLIC_ACCESS = (
        "public-access",
        Severity.INFO,
        "The registry has private endpoints, but its public network access is still on.",
        "Switch it off once every client resolves the private addresses.",
    )
    IPV6_MEMBER = (
        "ipv6-member",
        Severity.WARNING,
        (
            "The endpoint's interface gives a name at an IPv6 address, which no A record can "
            "hold; the app keeps A records only."
        ),
        "Use an IPv4 subnet for the endpoint, or add the AAAA record by hand.",
    )
    ZONE_LIMIT = (
        "zone-limit",
        Severity.WARNING,
        "The zone nears Azure's limit of record sets or virtual network links.",
        "Ask Azure to raise the limit, or give parts of the estate zones of their own.",
    )
    LINK_CHANGED = (
        "link-changed",
        Severity.WARNING,
        (
            "A link that the app does not keep has no public fallback, so registries without an "
            "endpoint do not resolve in its network; or it lets machines register in the zone."
        ),
        (
            "Unless you want it so: az network private-dns link vnet update --resolution-policy "
            "NxDomainRedirect --registration-enabled false."
        ),
    )
    LINK_KEPT = (
        "link-kept",
        Severity.INFO,
        (
            "A link of ours has no endpoint left behind it but stays, since the network is "
            "peered, or not everything in it could be read."
        ),
        "Nothing, or delete the link by hand if nobody resolves through it.",
    )

    # Four fields in one enum: a kind cannot be added without its meaning and remedy.
    def __init__(self, code: str, severity: Severity, meaning: str, remedy: str) -> None:
        self.code = code
        self.severity = severity
        self.meaning = meaning
        self.remedy = remedy


# Of a thousand names a finding names so many.
_MAX_NAMES = 5


def shorten(names: Sequence[str]) -> str:
    """Names in a line, the first few of many."""
    rest = len(names) - _MAX_NAMES
    return ", ".join(names[:_MAX_NAMES]) + (f" and {rest} more" if rest > 0 else "")


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding, at a place.

    Attributes:
        kind: which.
        resource: the resource ID or record name that it is about.
        detail: what was seen there.
        can_pass: whether it may pass by itself within minutes: a right that was just given.
    """

    kind: FindingKind
    resource: str
    detail: str
    can_pass: bool = False
