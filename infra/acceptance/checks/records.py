"""What Private DNS does with record sets, tried on record sets of names that nobody uses."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from infra.acceptance.azure import ABSENT, TOO_MANY, Answer, Json
from infra.acceptance.check import Check, DifferenceError, NotCheckableError, demand
from infra.acceptance.estate import PRIVATE_DNS, Estate
from infra.acceptance.text import count, one_line

_ADDRESS = "10.91.200.1"
_MANY = 105  # more than a page of 100 holds
_MINUTE = 60  # creates of record sets a minute that Azure's limits name
_CYCLES = 10
# The app takes a 404 for a proof only if a second look, so much later, says it again.
_SECONDS_BETWEEN_PROOFS = 30.0


def _send(
    estate: Estate,
    method: str,
    name: str,
    body: object = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    """One request about a record set, asked again while the zone's rate is used up."""
    answer = _send_once(estate, method, name, body, headers)
    end = time.monotonic() + estate.options.patience
    while answer.status == TOO_MANY and time.monotonic() < end:
        time.sleep(estate.options.pause)
        answer = _send_once(estate, method, name, body, headers)
    return answer


def _send_once(
    estate: Estate, method: str, name: str, body: object, headers: dict[str, str] | None = None
) -> Answer:
    return estate.azure.send(method, f"{estate.zone}/A/{name}", PRIVATE_DNS, body, headers)


def put(
    estate: Estate,
    name: str,
    *addresses: str,
    metadata: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    """Write a record set of the throw-away zone; the answer as it comes."""
    properties: Json = {"ttl": 10, "aRecords": [{"ipv4Address": one} for one in addresses]}
    if metadata:
        properties["metadata"] = metadata
    body = {"properties": properties}
    return _send(estate, "PUT", name, body, headers)


def get(estate: Estate, name: str) -> Answer:
    """Read a record set."""
    return _send(estate, "GET", name)


def drop(estate: Estate, name: str) -> None:
    """Delete a record set, whether it is there or not."""
    _send(estate, "DELETE", name)


@contextmanager
def _record(estate: Estate, name: str, **metadata: str) -> Iterator[str]:
    """A record set that is there for a while; gives its ETag."""
    answer = put(estate, name, _ADDRESS, metadata=metadata)
    if not answer.is_good:
        raise DifferenceError(f"a plain record set was answered with {answer}")
    try:
        yield str(answer.body["etag"])
    finally:
        drop(estate, name)


def _quoted_etag(estate: Estate) -> str:
    with _record(estate, "check-etag") as etag:
        bare = put(estate, "check-etag", _ADDRESS, headers={"If-Match": etag})
        newer = str(bare.body.get("etag"))  # a write gives another one
        quoted = put(estate, "check-etag", _ADDRESS, headers={"If-Match": f'"{newer}"'})
    seen = f"in quotes {quoted}, bare {bare}"
    return demand(quoted.status == 412 and bare.is_good, seen)  # noqa: PLR2004 - HTTP's own


def _metadata_limits(estate: Estate) -> str:
    entries = {f"key{number:02d}": "x" for number in range(16)}
    longest = put(estate, "check-metadata", _ADDRESS, metadata={"key": "x" * 256})
    longer = put(estate, "check-metadata", _ADDRESS, metadata={"key": "x" * 257})
    most = put(estate, "check-metadata", _ADDRESS, metadata=dict(list(entries.items())[:15]))
    more = put(estate, "check-metadata", _ADDRESS, metadata=entries)
    drop(estate, "check-metadata")
    seen = (
        f"256 characters {longest}, 257 {longer}, 15 entries {most}, "
        f"16 {more} ({one_line(more.message)})"
    )
    refused = (longer.status, more.status) == (400, 400)
    return demand(longest.is_good and most.is_good and refused, seen)


def _metadata_key_case(estate: Estate) -> str:
    with _record(estate, "check-case", acrPrivateDns="Owner"):
        metadata = get(estate, "check-case").body["properties"].get("metadata", {})
    return demand(metadata == {"acrPrivateDns": "Owner"}, f"acrPrivateDns came back as {metadata}")


def _error_wording(estate: Estate) -> str:
    many = put(estate, "check-errors", *(f"10.91.200.{number}" for number in range(1, 22)))
    twice = put(estate, "check-errors", _ADDRESS, _ADDRESS)
    path = estate.id_of("privateEndpoints", "check-errors")
    subnet = {"id": f"{estate.network_id('network-other')}/subnets/endpoints"}
    connection = {"privateLinkServiceId": estate.registry_id, "groupIds": ["registry"]}
    outside = {"groupId": "registry", "memberName": "registry", "privateIPAddress": "192.0.2.1"}
    properties = {
        "subnet": subnet,
        "privateLinkServiceConnections": [{"name": "check", "properties": connection}],
        "ipConfigurations": [{"name": "registry", "properties": outside}],
    }
    body = {"location": estate.options.location, "properties": properties}
    static = estate.azure.send("PUT", path, "2023-11-01", body)
    drop(estate, "check-errors")
    if static.is_good:
        estate.azure.finish(static)
        estate.drop_endpoint("check-errors")
    seen = f"21 addresses {many}, one twice {twice}, a static address elsewhere {static}"
    return demand((many.status, twice.status, static.status) == (409, 400, 400), seen)


def _rates(estate: Estate) -> str:
    """Create more record sets than a minute allows; they stay for the two checks behind."""
    began, refusals = time.monotonic(), list[str]()
    before_first, body = 0, {"properties": {"ttl": 10, "aRecords": [{"ipv4Address": _ADDRESS}]}}
    for number in range(_MANY):
        answer = _send_once(estate, "PUT", _many(number), body)
        while answer.status == TOO_MANY:
            before_first = before_first if refusals else number
            wait = answer.headers.get("Retry-After", "")
            refusals.append(f"{answer} Retry-After {wait or 'absent'}")
            if not wait.isdecimal() or len(refusals) > _MANY:
                raise DifferenceError(f"{refusals[-1]} after {count(number, 'create')}")
            time.sleep(int(wait))
            answer = _send_once(estate, "PUT", _many(number), body)
        if not answer.is_good:
            raise DifferenceError(f"create {number + 1} was answered with {answer}")
    seen = f"{_MANY} creates in {time.monotonic() - began:.0f} s, "
    if not refusals:
        return f"{seen}none refused"
    seen += f"{len(refusals)} refused, the first after {before_first}: {refusals[0]}"
    return demand(before_first >= _MINUTE, seen)


def _page_size(estate: Estate) -> str:
    _fill(estate)
    answer = estate.azure.send("GET", f"{estate.zone}/A?$top=1000", PRIVATE_DNS)
    size = len(answer.body["value"])
    seen = f"$top=1000 gave {size} of {_MANY} and more, nextLink {'nextLink' in answer.body}"
    return demand(size == 100 and "nextLink" in answer.body, seen)  # noqa: PLR2004 - the page


def _list_consistency(estate: Estate) -> str:
    """Read a list by small pages while its neighbours come and go."""
    _fill(estate)
    answer = estate.azure.send("GET", f"{estate.zone}/A?$top=20", PRIVATE_DNS)
    names, pages = list[str](), 0
    while True:
        names += [str(one["name"]) for one in answer.body["value"]]
        pages += 1
        link = str(answer.body.get("nextLink") or "")
        if not link:
            break
        put(estate, f"check-00-{pages}", _ADDRESS)
        drop(estate, f"check-00-{pages - 1}")
        answer = estate.azure.follow("GET", link)
    drop(estate, f"check-00-{pages - 1}")
    absent = {_many(number) for number in range(_MANY)} - set(names)
    for number in range(_MANY):
        drop(estate, _many(number))
    doubles = len(names) - len(set(names))
    seen = f"{pages} pages: {count(len(absent), 'record set')} left out, {doubles} twice"
    return demand(not absent and not doubles, seen)


def _many(number: int) -> str:
    return f"check-many-{number:03d}"


def _fill(estate: Estate) -> None:
    """The record sets of `private-dns-rates`, if that check was left out."""
    if get(estate, _many(_MANY - 1)).is_good:
        return
    for number in range(_MANY):
        if not estate.until(partial(_is_put, estate, number)):
            raise NotCheckableError(f"Azure takes no more than {count(number, 'record set')}")


def _is_put(estate: Estate, number: int) -> bool:
    return put(estate, _many(number), _ADDRESS).is_good


def _stale_read(estate: Estate) -> str:
    lies, longest = 0, 0.0
    for cycle in range(_CYCLES):
        address = f"10.91.201.{cycle + 1}"
        put(estate, "check-stale", address)
        lie = _lie(estate, partial(_holds, address))
        drop(estate, "check-stale")
        gone = _lie(estate, lambda answer: answer.status == ABSENT)
        lies += bool(lie) + bool(gone)
        longest = max(longest, lie, gone)
    seen = f"{lies} of {2 * _CYCLES} reads behind a write were stale, {longest:.1f} s at most"
    return demand(longest < _SECONDS_BETWEEN_PROOFS, seen)


def _holds(address: str, answer: Answer) -> bool:
    records = answer.body.get("properties", {}).get("aRecords", [])
    return answer.is_good and records == [{"ipv4Address": address}]


def _lie(estate: Estate, is_true: Callable[[Answer], bool]) -> float:
    """For how many seconds reads say what is not so; 0 if the first is right."""
    began = time.monotonic()
    if is_true(get(estate, "check-stale")):
        return 0.0
    if not estate.until(lambda: is_true(get(estate, "check-stale"))):
        raise DifferenceError(f"a read is still stale after {time.monotonic() - began:.0f} s")
    return time.monotonic() - began


CHECKS = (
    # First, while nothing of the zone's minute is used up; the next two look at what it made.
    Check(
        "private-dns-rates",
        "60 creates and more are taken at once; a refusal is 429 with Retry-After",
        _rates,
    ),
    Check("list-page-size", "100 to a page, whatever $top asks for", _page_size),
    Check("list-consistency", "whatever stood throughout is on the list, once", _list_consistency),
    Check("quoted-etag", "412 for an ETag in quotes, success for the bare one", _quoted_etag),
    Check(
        "metadata-limits",
        "256 characters and 15 entries are taken, one more of either is 400",
        _metadata_limits,
    ),
    Check("metadata-key-case", "keys keep their case", _metadata_key_case),
    Check("stale-read", "no read is stale for 30 s", _stale_read),
)
ERRORS = Check("error-wording", "409, 400 and 400", _error_wording)
