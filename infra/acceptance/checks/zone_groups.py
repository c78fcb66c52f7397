"""What a zone group does with the records of the throw-away zone, tried on pe-b."""

from collections.abc import Iterator
from contextlib import contextmanager

from infra.acceptance.azure import ABSENT, Answer
from infra.acceptance.check import Check, DifferenceError, NotCheckableError, demand
from infra.acceptance.checks import records
from infra.acceptance.estate import LOCKS, Estate

_ENDPOINT = "pe-b"
_KEY = "acceptance"


def _record(estate: Estate) -> str:
    """The login record that the group keeps."""
    return estate.registry


def _attach(estate: Estate) -> Answer:
    """Give pe-b a zone group, over a record of somebody's; gives the record afterwards."""
    estate.endpoint(_ENDPOINT)
    records.drop(estate, _record(estate))
    records.put(estate, _record(estate), "10.91.202.1", metadata={_KEY: "kept"})
    config = {"name": "default", "properties": {"privateDnsZoneId": estate.zone}}
    body = {"properties": {"privateDnsZoneConfigs": [config]}}
    groups = estate.azure.networks.private_dns_zone_groups
    groups.begin_create_or_update(estate.group, _ENDPOINT, "default", body).result()

    def is_kept() -> bool:
        return "creator" in _metadata(records.get(estate, _record(estate)))

    if not estate.until(is_kept):
        raise DifferenceError(f"its record bears {_metadata(records.get(estate, _record(estate)))}")
    return records.get(estate, _record(estate))


def _detach(estate: Estate) -> None:
    groups = estate.azure.networks.private_dns_zone_groups
    groups.begin_delete(estate.group, _ENDPOINT, "default").result()


def _metadata(answer: Answer) -> dict[str, str]:
    return answer.body.get("properties", {}).get("metadata") or {}


def _keeps_metadata(estate: Estate) -> str:
    metadata = _metadata(_attach(estate))
    return demand(_KEY not in metadata, f"afterwards the record bears {', '.join(metadata)}")


def _creator(estate: Estate) -> str:
    creator = _metadata(records.get(estate, _record(estate))).get("creator", "")
    guid = estate.endpoint(_ENDPOINT)["properties"]["resourceGuid"]
    wanted = f"created by private endpoint {_ENDPOINT} with resource guid {guid}"
    return demand(creator == wanted, f"{creator!r}")


def _leaves_empty(estate: Estate) -> str:
    _detach(estate)
    answer = records.get(estate, _record(estate))
    standing = answer.body.get("properties", {}).get("aRecords")
    return demand(answer.status == ABSENT, f"{answer}, holding {standing}")


def _lock(estate: Estate) -> str:
    """Lock the zone, let the group go, and see whether its record goes all the same."""
    _attach(estate)
    with _locked(estate):
        _detach(estate)
        answer = records.get(estate, _record(estate))
    records.drop(estate, _record(estate))
    standing = answer.body.get("properties", {}).get("aRecords")
    seen = f"under CanNotDelete a group that goes leaves {answer}, holding {standing}"
    return demand(not standing, seen)


@contextmanager
def _locked(estate: Estate) -> Iterator[None]:
    """A CanNotDelete lock on the zone for a while."""
    path = f"{estate.zone}/providers/Microsoft.Authorization/locks/acceptance"
    answer = estate.azure.send("PUT", path, LOCKS, {"properties": {"level": "CanNotDelete"}})
    if not answer.is_good:
        _detach(estate)
        raise NotCheckableError(f"a lock cannot be made: {answer}")
    try:
        yield
    finally:
        estate.azure.send("DELETE", path, LOCKS)


CHECKS = (
    Check("group-keeps-metadata", "its write wipes what others noted", _keeps_metadata),
    Check(
        "group-creator-metadata",
        "created by private endpoint <name> with resource guid <resourceGuid>",
        _creator,
    ),
    Check("group-leaves-empty-set", "a group that goes deletes its record sets", _leaves_empty),
    Check("lock-and-service", "a lock does not stop what the group does", _lock),
)
