"""Resource IDs and DNS names: the only parser of strings that others wrote.

Everything that a stranger can send (event subjects, IDs in documents and in
claims) passes through here, and comes out in lower case, since Azure compares
IDs without regard to case and writes them in several (docs/azure.md#resource-manager). Of ASCII
alone: other letters stay as Azure wrote them, in comparisons and in requests.
"""

import ipaddress
import re
import string
from dataclasses import dataclass, field
from functools import lru_cache

ENDPOINT = "Microsoft.Network/privateEndpoints"
ZONE_GROUP = "Microsoft.Network/privateEndpoints/privateDnsZoneGroups"
INTERFACE = "Microsoft.Network/networkInterfaces"
NETWORK = "Microsoft.Network/virtualNetworks"
SUBNET = "Microsoft.Network/virtualNetworks/subnets"
REGISTRY = "Microsoft.ContainerRegistry/registries"
REPLICATION = "Microsoft.ContainerRegistry/registries/replications"
CONNECTION = "Microsoft.ContainerRegistry/registries/privateEndpointConnections"
ZONE = "Microsoft.Network/privateDnsZones"

# What is lower case on arrival gets back the spelling that Azure's documents have.
_TYPES = {
    kind.lower(): kind
    for kind in (
        ENDPOINT,
        ZONE_GROUP,
        INTERFACE,
        NETWORK,
        SUBNET,
        REGISTRY,
        REPLICATION,
        CONNECTION,
        ZONE,
    )
}
# More than any ID of these types has; what is longer never reaches a pattern (bounded).
_MAX_ID = 1024
_MAX_FQDN = 253  # DNS
_GUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# A group's name may hold letters of any script, a resource's of the types above may not.
_GROUP = r"[\w().-]{0,89}[\w()-]"
_ID = re.compile(
    rf"/subscriptions/({_GUID})/resourcegroups/({_GROUP})/providers/([a-z.]+)((?:/[^/]+/[^/]+)+)"
)
_COMPACT_SUBSCRIPTION = re.compile(
    r"([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})"
)
_SHORT = re.compile(rf"({_GUID})/({_GROUP})/([^/]+)")
_NAME = re.compile(r"[a-z0-9_][a-z0-9_.()-]{0,127}")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_LOWER_CASE = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


class InvalidNameError(ValueError):
    """A string of others is not what it should be; the message never repeats the string."""


@dataclass(frozen=True, slots=True, order=True)
class ResourceId:
    """A resource's ID, which compares as Azure's do: without regard to case.

    Attributes:
        subscription: subscription GUID.
        group: resource group.
        type: full type in Azure's own spelling, as "Microsoft.Network/privateEndpoints".
        names: one name for each level of the type.
    """

    subscription: str
    group: str
    type: str
    names: tuple[str, ...]
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Whole zones look IDs up a hundred thousand times; their parts never change.
        value = hash((self.subscription, self.group, self.type, self.names))
        object.__setattr__(self, "_hash", value)

    def __hash__(self) -> int:
        return self._hash

    @property
    def name(self) -> str:
        """The resource's own name, without its parents'."""
        return self.names[-1]

    @property
    def short(self) -> str:
        """`<subscription>/<group>/<name>`."""
        return "/".join((self.subscription, self.group, *self.names))

    @property
    def compact(self) -> str:
        """The same without the subscription's dashes, as claims write it."""
        return "/".join((self.subscription.replace("-", ""), self.group, *self.names))

    @property
    def parent(self) -> "ResourceId":
        """The ID one level up: a replication's registry, a subnet's network."""
        kind = self.type.rpartition("/")[0]
        return ResourceId(self.subscription, self.group, kind, self.names[:-1])

    def __str__(self) -> str:
        """The ID as Resource Manager writes it."""
        provider, *kinds = self.type.split("/")
        path = "/".join(f"{kind}/{name}" for kind, name in zip(kinds, self.names, strict=True))
        group = f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"
        return f"{group}/providers/{provider}/{path}"


def fold_case(text: str) -> str:
    """The text with the upper case of ASCII alone turned into lower case.

    Python's own folding makes one of different names (`İ`, the Kelvin sign), and changes lengths.
    """
    return text.lower() if text.isascii() else text.translate(_LOWER_CASE)


def parse_id(text: object, *types: str) -> ResourceId:
    """Parse a resource ID, in any case, of one of these types.

    Raises:
        InvalidNameError: it is no resource ID, or the ID of something else.
    """
    if not isinstance(text, str) or len(text) > _MAX_ID:
        raise InvalidNameError(f"not a resource ID of at most {_MAX_ID} characters")
    match = _ID.fullmatch(fold_case(text))
    if match is None:
        raise InvalidNameError("not a resource ID")
    subscription, group, provider, path = match.groups()
    kinds, names = path.split("/")[1::2], tuple(path.split("/")[2::2])
    kind = _TYPES.get("/".join((provider, *kinds)))
    if kind is None or kind not in types:
        raise InvalidNameError("the ID of another type of resource")
    # Names go into URLs and metadata, where a slash or a space would change the meaning.
    if not all(map(_NAME.fullmatch, names)):
        raise InvalidNameError("a resource's name in the ID holds a character that Azure forbids")
    return ResourceId(subscription, group, kind, names)


def parse_short(text: str, kind: str) -> ResourceId:
    """Parse `<subscription>/<group>/<name>` as an ID of that type.

    Raises:
        InvalidNameError: it has another form.
    """
    match = _SHORT.fullmatch(fold_case(text))
    if match is None or not _NAME.fullmatch(match[3]):
        raise InvalidNameError("not <subscription>/<group>/<name>")
    return ResourceId(match[1], match[2], kind, (match[3],))


# A full sync parses each claim of each record, and few endpoints stand behind many records.
@lru_cache(maxsize=16_384)
def parse_compact(text: str, kind: str) -> ResourceId:
    """Parse the form that claims use, whose subscription has no dashes, as an ID of that type.

    Raises:
        InvalidNameError: it has another form.
    """
    subscription, _, rest = text.partition("/")
    match = _COMPACT_SUBSCRIPTION.fullmatch(fold_case(subscription))
    if match is None:
        raise InvalidNameError("not <subscription without dashes>/<group>/<name>")
    return parse_short(f"{'-'.join(match.groups())}/{rest}", kind)


def parse_guid(text: object) -> str:
    """Parse a GUID, in any case.

    Raises:
        InvalidNameError: it has another form.
    """
    if not isinstance(text, str) or not re.fullmatch(_GUID, fold_case(text)):
        raise InvalidNameError("not a GUID")
    return fold_case(text)


def parse_fqdn(text: object) -> str:
    """Parse a fully qualified domain name; a final dot is dropped.

    Raises:
        InvalidNameError: it is no host name of at least two labels.
    """
    if not isinstance(text, str) or len(text) > _MAX_FQDN:
        raise InvalidNameError(f"not a domain name of at most {_MAX_FQDN} characters")
    labels = fold_case(text).removesuffix(".").split(".")
    if len(labels) < 2 or not all(map(_LABEL.fullmatch, labels)):  # noqa: PLR2004 - said above
        raise InvalidNameError("not a domain name")
    return ".".join(labels)


def parse_address(text: object) -> str:
    """Parse an IPv4 address; A records hold no other.

    Raises:
        InvalidNameError: it is none.
    """
    return _ipv4(text if isinstance(text, str) else "")


def region_name(location: str) -> str:
    """A location as names use it: "West Europe" is `westeurope`."""
    return fold_case(location.replace(" ", ""))


# Cached beside `parse_address`, whose argument need not be hashable.
@lru_cache(maxsize=16_384)
def _ipv4(text: str) -> str:
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        # Python's own message repeats the text, and with it what others wrote (quiet).
        raise InvalidNameError("not an IPv4 address") from None
