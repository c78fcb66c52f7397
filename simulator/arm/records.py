"""Microsoft.Network/privateDnsZones/A: address record sets."""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass

from simulator.arm import record_sets
from simulator.arm.errors import ArmError, flat
from simulator.arm.fabric import Fabric
from simulator.arm.private_dns import SOA, ZONE, A, precondition, top
from simulator.arm.wire import Answer, Request, Route, Verb
from simulator.world import Json, Kind, Resource

MOST_ADDRESSES = 20
MOST_METADATA = 15
LONGEST_VALUE = 256
LARGEST_TTL = 2_147_483_647

_NAME = re.compile(
    r"(@|\*|(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*)"
)
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_LABEL_LIMIT = 63


@dataclass(frozen=True, slots=True)
class Records:
    """A record sets, and the lists that hold a zone's SOA as well.

    Attributes:
        fabric: common ground.
    """

    fabric: Fabric

    def routes(self) -> list[Route]:
        """What this part of the Private DNS provider answers."""
        return [
            Route(A, Verb.LIST, lambda request: self._list(request, A)),
            Route(f"{ZONE}/ALL", Verb.LIST, lambda request: self._list(request, A, SOA)),
            Route(SOA, Verb.LIST, lambda request: self._list(request, SOA)),
            Route(SOA, Verb.GET, self._get),
            Route(A, Verb.GET, self._get),
            Route(A, Verb.PUT, self._put),
            Route(A, Verb.PATCH, self._patch),
            Route(A, Verb.DELETE, self._delete),
        ]

    def _list(self, request: Request, *kinds: str) -> Answer:
        size = top(request)
        suffix = request.query.get("$recordsetnamesuffix", "").lower()

        def listed(after: str) -> Iterator[Resource]:
            world, zone_id = self.fabric.world, request.target.parent
            for kind in sorted(kinds):  # as their IDs are sorted
                for record in world.listed(kind, zone_id, after):
                    if record.body["name"].endswith(suffix):
                        yield record

        return self.fabric.page(request, listed, size)

    def _get(self, request: Request) -> Answer:
        return _shown(200, self._need(request))

    def _need(self, request: Request) -> Resource:
        record = self.fabric.find(request)
        if record is None:
            target = request.target
            raise flat(
                404,
                "NotFound",
                f"The resource record '{target.name}' does not exist in resource group "
                f"'{target.group}' of subscription '{target.subscription}'.",
            )
        return record

    def _put(self, request: Request) -> Answer:
        known = self.fabric.find(request)
        asked = request.body.get("properties") or {}
        if "ttl" not in asked:
            raise flat(400, "BadRequest", "The TTL of a record set is required.")
        _check_name(request.target.name)
        content = _content(asked)
        self._refuse_stale(request, known)
        if known is None:
            self._refuse_full(request)
        return self._write(request, content, existed=known is not None)

    def _patch(self, request: Request) -> Answer:
        record = self._need(request)
        content = _content(request.body.get("properties") or {})
        self._refuse_stale(request, record)
        kept = {key: record.properties.get(key) for key in ("ttl", "aRecords", "metadata")}
        return self._write(request, {**kept, **content}, existed=True)

    def _delete(self, request: Request) -> Answer:
        record = self.fabric.find(request)
        if record is None:
            return Answer(204)
        self._refuse_stale(request, record)
        record_sets.drop(self.fabric.world, self.fabric.parent(request), record.body["name"])
        self.fabric.happened(request, Kind.DELETE, existed=True)
        return Answer(200)

    def _refuse_stale(self, request: Request, known: Resource | None) -> None:
        error = precondition(self.fabric, request, known, f"Record set {request.target.name}")
        if error:
            raise error

    def _refuse_full(self, request: Request) -> None:
        zone = self.fabric.parent(request)
        most = zone.properties["maxNumberOfRecordSets"]
        if zone.properties["numberOfRecordSets"] >= most:
            message = f"The zone {zone.body['name']} has reached its limit of {most} record sets."
            raise flat(400, "BadRequest", message)

    def _write(self, request: Request, content: Json, *, existed: bool) -> Answer:
        zone, name = self.fabric.parent(request), request.target.name
        record = record_sets.store(self.fabric.world, zone, name, content)
        self.fabric.happened(request, existed=existed)
        return _shown(200 if existed else 201, record)


def _shown(status: int, record: Resource) -> Answer:
    return Answer(status, record.body, {"ETag": record.body["etag"]})


def _check_name(name: str) -> None:
    labels = name.split(".")
    if not _NAME.fullmatch(name.lower()) or any(len(label) > _LABEL_LIMIT for label in labels):
        raise flat(400, "BadRequest", f"The record set name '{name}' is not valid.")


def _content(asked: Json) -> Json:
    """What a caller may set, each part checked, and nothing else."""
    content: Json = {}
    if "ttl" in asked:
        content["ttl"] = _ttl(asked["ttl"])
    if "aRecords" in asked:
        content["aRecords"] = _addresses(asked["aRecords"])
    if "metadata" in asked:
        content["metadata"] = _metadata(asked["metadata"])
    return content


def _ttl(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= LARGEST_TTL:
        message = f"The TTL '{value}' is not valid. It must be between 1 and {LARGEST_TTL}."
        raise flat(400, "BadRequest", message)
    return value


def _addresses(value: object) -> list[Json]:
    items = value if isinstance(value, list) else []
    texts = [str(item.get("ipv4Address")) if isinstance(item, dict) else "" for item in items]
    for text in texts:
        try:
            ipaddress.IPv4Address(text)
        except ValueError as error:
            raise flat(400, "BadRequest", f"The IPv4 address '{text}' is not valid.") from error
    if len(set(texts)) < len(texts):
        message = (
            "The list of record sets of type 'A' may not contain multiple entries with the same "
            "'ipv4Address'."  # Azure/azure-cli issue 22886
        )
        raise flat(400, "BadRequest", message)
    if len(texts) > MOST_ADDRESSES:
        message = (
            f"The record set holds {len(texts)} records; at most {MOST_ADDRESSES} are allowed."
        )
        raise flat(409, "Conflict", message)  # the status: terraform-provider-azurerm issue 12406
    return [{"ipv4Address": text} for text in texts]


def _metadata(value: object) -> dict[str, str]:
    pairs = value if isinstance(value, dict) else {}
    if len(pairs) > MOST_METADATA:
        raise _bad_metadata(f"{len(pairs)} entries were given; at most {MOST_METADATA} are allowed")
    for key, text in pairs.items():
        if not _KEY.fullmatch(key):
            raise _bad_metadata(f"the name '{key}' holds a character that is not allowed")
        if not isinstance(text, str) or len(text) > LONGEST_VALUE:
            raise _bad_metadata(f"the value of '{key}' is longer than {LONGEST_VALUE} or no string")
    return dict(pairs)


def _bad_metadata(why: str) -> ArmError:
    return flat(400, "BadRequest", f"The metadata of the record set is not valid: {why}.")
