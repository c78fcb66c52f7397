"""The tale of a run: what the world's history holds of it, and what was true at each moment.

It imports nothing of the product: what is true is read from Azure's own
documents, by the names and fields that Microsoft gives them.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator.history import Asked, Change
from simulator.world import Json

A = "microsoft.network/privatednszones/a"
LINK = "microsoft.network/privatednszones/virtualnetworklinks"
ENDPOINT = "microsoft.network/privateendpoints"
ZONE_GROUP = "microsoft.network/privateendpoints/privatednszonegroups"
INTERFACE = "microsoft.network/networkinterfaces"
REGISTRY = "microsoft.containerregistry/registries"
REPLICATION = "microsoft.containerregistry/registries/replications"

OWNER_KEY = "acrPrivateDns"
_ENTRY = re.compile(r"(\S+) ([^/]+)/([^/]+)/(\S+) (\w{8}) (\w{26})")


@dataclass(frozen=True)
class Tale:
    """One history, and what is needed to judge it.

    Attributes:
        zone: ID of the zone that the app keeps.
        owner: what its marks say.
        app: object ID of its identity.
        start: every document at the beginning, with its type, by ID.
        asked: the requests.
        changes: the changes.
        said: what was logged.
        stale_since: if reads were stale, the number of the history that they were stale from.
    """

    zone: str
    owner: str
    app: str
    start: Mapping[str, tuple[str, Json]] = field(default_factory=dict)
    asked: tuple[Asked, ...] = ()
    changes: tuple[Change, ...] = ()
    said: tuple[str, ...] = ()
    stale_since: int | None = None

    def first(self) -> "State":
        """All that was there at the beginning."""
        return State(self.zone, dict(self.start))

    def moments(self) -> Iterator[tuple["State", Change]]:
        """Each change, with all that was there just before it."""
        state = self.first()
        for change in sorted(self.changes, key=lambda one: one.number):
            yield state, change
            state = state.after(change)

    def writes(self, kind: str) -> Iterator[tuple["State", Change]]:
        """As `moments`, but only what the app changed of that type in the zone."""
        for state, change in self.moments():
            ours = change.type.lower() == kind and change.principal == self.app
            if ours and change.id.lower().startswith(f"{self.zone.lower()}/"):
                yield state, change

    def states(self, first: int, last: int) -> Iterator["State"]:
        """What was there at each moment from before one number to before another."""
        state = self.first()
        previous = state
        for change in sorted(self.changes, key=lambda one: one.number):
            if change.number > last:
                break
            if change.number >= first:
                yield state
            previous, state = state, state.after(change)
        yield state if self.changes else previous

    def is_ours(self, document: Json | None) -> bool:
        """Whether a record set or a link bears the app's mark."""
        return bool(document) and ownership_entries(document).get(OWNER_KEY) == self.owner


@dataclass(frozen=True)
class Member:
    """A name and address that an endpoint's interface gives.

    Attributes:
        name: relative to the zone.
        address: IPv4.
        endpoint: the endpoint's ID in lower case.
        registry: its registry's ID in lower case.
        approved: whether both sides approve the connection.
    """

    name: str
    address: str
    endpoint: str
    registry: str
    approved: bool


@dataclass(frozen=True)
class Claim:
    """One address of a mark, as it stands in the metadata."""

    address: str
    endpoint: str
    guid: str
    network: str


class State:
    """Every document at one moment.

    Args:
        zone: ID of the zone.
        documents: type and document by ID in lower case.
    """

    def __init__(self, zone: str, documents: dict[str, tuple[str, Json]]) -> None:
        self._zone = zone.lower()
        self._documents = documents

    def after(self, change: Change) -> "State":
        """The next moment."""
        documents = dict(self._documents)
        if change.new is None:
            documents.pop(change.id.lower(), None)
        else:
            documents[change.id.lower()] = (change.type.lower(), change.new)
        return State(self._zone, documents)

    def get(self, resource_id: str) -> Json | None:
        """A document, whatever the case of its ID."""
        found = self._documents.get(resource_id.lower())
        return found[1] if found else None

    def of(self, kind: str, below: str = "") -> Iterator[Json]:
        """The documents of a type."""
        for id_, (type_, document) in self._documents.items():
            if type_ == kind and id_.startswith(below.lower()):
                yield document

    def everything(self) -> Iterator[Json]:
        """Every document."""
        return (document for _, document in self._documents.values())

    def record(self, name: str) -> Json | None:
        """A record set of the zone."""
        return self.get(f"{self._zone}/a/{name}")

    def members(self) -> Iterator[Member]:
        """What every interface gives, for this zone's suffix."""
        suffix = "." + self._zone.rpartition("/")[2].removeprefix("privatelink.")
        for interface in self.of(INTERFACE):
            owner = interface["properties"].get("privateEndpoint") or {}
            endpoint_id = str(owner.get("id", "")).lower()
            endpoint = self.get(endpoint_id)
            if endpoint is None:
                continue
            registry_id, theirs = _connection(endpoint)
            approved = theirs == "Approved" and self.registry_says(registry_id, endpoint_id)
            for item in interface["properties"]["ipConfigurations"]:
                properties = item["properties"]
                for fqdn in properties["privateLinkConnectionProperties"]["fqdns"]:
                    if fqdn.endswith(suffix):
                        yield Member(
                            fqdn.removesuffix(suffix),
                            properties["privateIPAddress"],
                            endpoint_id,
                            registry_id,
                            approved,
                        )

    def owns(self, registry_id: str, name: str) -> bool:
        """Whether a name is its login server's, or stands before it with a region; or by its ID."""
        registry = self.get(registry_id)
        login = (
            registry["properties"]["loginServer"] if registry else registry_id.rpartition("/")[2]
        )
        label, *rest = name.split(".")
        return label == login.partition(".")[0] and (not rest or rest[1:] in (["data"], ["geo"]))

    def live(self, name: str) -> set[str]:
        """The addresses that an Approved endpoint gives for a name, and no zone group keeps."""
        return {
            member.address
            for member in self.members()
            if member.name == name and member.approved and not self.grouped(member.endpoint)
        }

    def grouped(self, endpoint_id: str) -> bool:
        """Whether a zone group of the endpoint points at a zone of this name."""
        name = self._zone.rpartition("/")[2]
        return any(
            config["properties"]["privateDnsZoneId"].lower().rpartition("/")[2] == name
            for group in self.of(ZONE_GROUP, f"{endpoint_id}/")
            for config in group["properties"]["privateDnsZoneConfigs"]
        )

    def endpoint_says(self, endpoint_id: str, guid: str) -> bool:
        """Whether the endpoint of that guid is there, and its own side approves."""
        endpoint = self.get(endpoint_id)
        if endpoint is None or endpoint["properties"]["resourceGuid"][:8] != guid:
            return False
        return _connection(endpoint)[1] == "Approved"

    def registry_says(self, registry_id: str, endpoint_id: str) -> bool:
        """Whether the registry lists an approved connection to the endpoint."""
        registry = self.get(registry_id)
        connections = registry["properties"]["privateEndpointConnections"] if registry else []
        return any(
            item["properties"]["privateEndpoint"]["id"].lower() == endpoint_id.lower()
            and item["properties"]["privateLinkServiceConnectionState"]["status"] == "Approved"
            for item in connections
        )

    def regions(self, registry_id: str) -> set[str]:
        """Home and replicas of a registry that is there."""
        registry = self.get(registry_id)
        if registry is None:
            return set()
        replicas = self.of(REPLICATION, f"{registry_id}/")
        return {registry["location"], *(replica["location"] for replica in replicas)}


def _connection(endpoint: Json) -> tuple[str, str]:
    """The registry's ID in lower case, and the status, from whichever array holds them."""
    for array in ("privateLinkServiceConnections", "manualPrivateLinkServiceConnections"):
        for item in endpoint["properties"].get(array, ()):
            properties = item["properties"]
            state = properties["privateLinkServiceConnectionState"]
            return properties["privateLinkServiceId"].lower(), state["status"]
    return "", ""


def ownership_entries(document: Any) -> dict[str, str]:
    """The metadata of a record set, or the tags of a link."""
    if not document:
        return {}
    found = document["properties"].get("metadata") or document.get("tags") or {}
    return dict(found)


def claims(document: Json | None) -> list[Claim]:
    """The addresses in a mark."""
    values = (
        v for k, v in ownership_entries(document).items() if k.startswith(f"{OWNER_KEY}Address")
    )
    matches = (match for value in values if (match := _ENTRY.fullmatch(value)))
    return [Claim(m[1], _endpoint_id(m[2], m[3], m[4]), m[5], m[6]) for m in matches]


def registry_of(document: Json | None) -> str:
    """The registry that a mark notes, as an ID in lower case."""
    parts = ownership_entries(document).get(f"{OWNER_KEY}Registry", "").split("/")
    if len(parts) != 3:
        return ""
    subscription, group, name = parts
    providers = f"/subscriptions/{subscription}/resourcegroups/{group}/providers"
    return f"{providers}/{REGISTRY}/{name}".lower()


def _endpoint_id(hexes: str, group: str, name: str) -> str:
    subscription = "-".join((hexes[:8], hexes[8:12], hexes[12:16], hexes[16:20], hexes[20:]))
    return (
        f"/subscriptions/{subscription}/resourcegroups/{group}/providers/{ENDPOINT}/{name}".lower()
    )


def addresses(document: Json | None) -> set[str]:
    """The addresses of a record set, or of none."""
    if not document:
        return set()
    return {item["ipv4Address"] for item in document["properties"].get("aRecords", ())}


def network_hash(network_id: str) -> str:
    """What marks call a network: 128 bits of the SHA-256 of its ID in lower case, in base32."""
    digest = hashlib.sha256(network_id.lower().encode()).digest()
    return base64.b32encode(digest[:16]).decode().lower().rstrip("=")


def name_of(change: Change) -> str:
    """The last segment of what changed."""
    return change.id.rpartition("/")[2].lower()


def described(problems: Iterable[str]) -> str:
    """Problems, one a line."""
    return "\n".join(problems)
