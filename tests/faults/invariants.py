"""The design's invariants, checked from the world's own history.

Each checker takes a tale and gives its violations in words; none means that the
invariant held at every moment. They import nothing of the product.
"""

from collections.abc import Callable, Iterator, Mapping

from simulator.history import Asked, Change
from tests.faults.tale import (
    ENDPOINT,
    INTERFACE,
    LINK,
    OWNER_KEY,
    A,
    Claim,
    State,
    Tale,
    addresses,
    claims,
    name_of,
    network_hash,
    ownership_entries,
    registry_of,
)
from tests.judge.documents import Documents
from tests.judge.judge import Judge

type Checker = Callable[[Tale], Iterator[str]]


def no_unproven_delete(tale: Tale) -> Iterator[str]:
    """An address of ours leaves only if both sides let it go, or its region is gone."""
    for state, change in tale.writes(A):
        before, after = change.old, change.new
        noted = {claim.address: claim for claim in claims(before)}
        for address in addresses(before) - addresses(after):
            name = name_of(change)
            others = addresses(after) & state.live(name)
            if len(addresses(before) & state.live(name)) > 1 and others:
                continue  # narrowed down to one of several live ones: the zone's policy
            claim = noted.get(address)
            if claim is None:
                if address in state.live(name):
                    yield f"{name} lost {address}, which is live"
            elif why := _still_claimed(state, name, claim, registry_of(before)):
                yield f"{name} lost {address}, though {why}"


def _still_claimed(state: State, name: str, claim: Claim, registry: str) -> str:
    """Who still holds on to an address, or nobody."""
    endpoint = state.get(claim.endpoint)
    if endpoint is not None and endpoint["properties"]["resourceGuid"][:8] != claim.guid:
        return ""
    theirs = state.registry_says(registry, claim.endpoint)
    if endpoint is None:
        return "the registry lists its endpoint as approved" if theirs else ""
    ours = state.endpoint_says(claim.endpoint, claim.guid)
    stands = any(
        (member.name, member.address, member.endpoint) == (name, claim.address, claim.endpoint)
        for member in state.members()
    )
    if stands:
        if ours:
            return "it stands on the interface of an endpoint that approves"
        return "the registry approves" if theirs else ""
    readdressed = any(
        (member.name, member.endpoint) == (name, claim.endpoint) for member in state.members()
    )
    region = name.split(".")[1] if "." in name else ""
    if (ours or theirs) and not readdressed and (not region or region in state.regions(registry)):
        return "its region is in service"
    return ""


def no_stale_overwrite(tale: Tale) -> Iterator[str]:
    """The record is read, then its sources, then it is written under the etag that was read."""
    asked = {one.number: one for one in tale.asked}
    for state, change in tale.writes(A):
        put = asked.get(change.request)
        if put is None:
            continue
        name = name_of(change)
        condition = put.conditions.get("if-match") or put.conditions.get("if-none-match")
        if not condition:
            yield f"{name} was written without a condition"
            continue
        read = _read_before(tale, put, change)
        if read is None:
            yield f"{name} was written under {condition}, which was never read"
            continue
        # That a connection is over, the endpoint tells; what it gives, its interface.
        endpoint_readings = {claim.endpoint for claim in claims(change.old)}
        endpoint_readings |= _with_interfaces(
            state, {claim.endpoint for claim in claims(change.new)}
        )
        for endpoint_reading in sorted(endpoint_readings):
            if not any(
                one.path.lower() == endpoint_reading and read.number < one.number < put.number
                for one in _reads(tale)
            ):
                short = endpoint_reading.rpartition("/")[2]
                yield f"{name} was written, and {short} not read between its record and the write"


def _reads(tale: Tale) -> Iterator[Asked]:
    return (one for one in tale.asked if one.principal == tale.app and one.method == "GET")


def _read_before(tale: Tale, put: Asked, change: Change) -> Asked | None:
    """The last read before a write that gave what the write rests on; a direct one if any."""
    etag = put.conditions.get("if-match")
    best: Asked | None = None
    for one in _reads(tale):
        if one.number > put.number:
            break
        if one.path.lower() == change.id.lower():
            rests = one.status == 404 if etag is None else _etag(one.body) == etag
        elif one.listed and change.id.lower().startswith(f"{one.path.lower()}/"):
            listed = {item["id"].lower(): item for item in (one.body or {}).get("value", ())}
            now = listed.get(change.id.lower())
            rests = (now is None) if etag is None else (now is not None and now["etag"] == etag)
            rests = rests and (best is None or best.listed)
        else:
            continue
        best = one if rests else best
    return best


def _etag(body: object) -> str:
    return str(body.get("etag")) if isinstance(body, Mapping) else ""


def _with_interfaces(state: State, endpoints: set[str]) -> set[str]:
    found = set(endpoints)
    for endpoint_id in endpoints:
        endpoint = state.get(endpoint_id)
        if endpoint is not None:
            interfaces = endpoint["properties"]["networkInterfaces"]
            found |= {interface["id"].lower() for interface in interfaces}
    return found


def never_empty(tale: Tale) -> Iterator[str]:
    """No empty set is written, and a live name keeps a live address through every write."""
    for state, change in tale.writes(A):
        name = name_of(change)
        if change.new is not None and not addresses(change.new):
            yield f"{name} was written empty"
        live = state.live(name)
        if addresses(change.old) & live and not addresses(change.new) & live:
            yield f"{name} is live, and lost its last good address"


def others_untouched(tale: Tale) -> Iterator[str]:
    """Only what bears our mark changes, and others' metadata keys survive in it."""
    for state, change in tale.writes(A):
        before, name = change.old, name_of(change)
        if before is None:
            continue
        ours, theirs = tale.is_ours(before), _foreign_keys(ownership_entries(before))
        left_over = not addresses(before) and OWNER_KEY not in ownership_entries(before)
        if not ours and not left_over:
            yield f"{name} is not ours, and was written"
        elif change.new is not None and theirs != _foreign_keys(ownership_entries(change.new)):
            yield f"{name} lost or changed metadata of others"
        elif _kept_by_group(state, ownership_entries(before).get("creator", "")):
            yield f"{name} is kept by a zone group, and was written"
    own = set[int]()
    for _, change in tale.writes(LINK):
        if change.old is None:
            own.add(change.request)  # a link that is being made gets its tags at the end
        elif not tale.is_ours(change.old) and change.request not in own:
            yield f"link {name_of(change)} is not ours, and was written"


def _foreign_keys(metadata: dict[str, str]) -> dict[str, str]:
    return {k: v for k, v in metadata.items() if not k.lower().startswith(OWNER_KEY.lower())}


def _kept_by_group(state: State, creator: str) -> bool:
    guid = creator.rpartition(" ")[2]
    return bool(guid) and any(
        endpoint["properties"]["resourceGuid"] == guid and state.grouped(endpoint["id"].lower())
        for endpoint in state.of(ENDPOINT)
    )


def provenance(tale: Tale) -> Iterator[str]:
    """What is published stood on the interface of an Approved endpoint when it was read."""
    for state, change in tale.writes(A):
        name = name_of(change)
        for address in sorted(addresses(change.new) - addresses(change.old)):
            first = _read_of_sources(tale, change)
            window = (state, *tale.states(first, change.number))
            if not any(address in one.live(name) for one in window):
                yield f"{name} got {address}, which no Approved endpoint had"


def own_names_only(tale: Tale) -> Iterator[str]:
    """No name gets an address that only another registry's endpoint gives for it."""
    for state, change in tale.writes(A):
        name = name_of(change)
        for address in sorted(addresses(change.new) - addresses(change.old)):
            registries = {
                member.registry
                for member in state.members()
                if (member.name, member.address) == (name, address)
            }
            if registries and not any(state.owns(registry, name) for registry in registries):
                yield f"{name} got {address} of another registry's endpoint"


def _read_of_sources(tale: Tale, change: Change) -> int:
    """Since when the world may have been as the write took it to be."""
    if tale.stale_since is not None:
        return tale.stale_since
    reads = [
        one.number
        for one in _reads(tale)
        if one.number < change.number and f"/{INTERFACE}/" in f"{one.path.lower()}/"
    ]
    return reads[-1] if reads else change.number


def no_half_registry(tale: Tale) -> Iterator[str]:
    """Data before login; login first when it leaves; records before link, link last."""
    for state, change in tale.writes(A):
        name = name_of(change)
        if "." not in name and not addresses(change.old) and change.new is not None:
            yield from _login_without_data(state, name, addresses(change.new))
        if "." in name and change.new is None:
            login = name.partition(".")[0]
            remaining = tale.is_ours(state.record(login)) and not state.live(login)
            if remaining and registry_of(state.record(login)) == registry_of(change.old):
                yield f"{name} went before {login}, though the registry has left"
    for state, change in tale.writes(LINK):
        if change.old is None and change.new is not None:
            yield from _link_without_records(state, change)
        if change.new is None and change.old is not None:
            network = network_hash(change.old["properties"]["virtualNetwork"]["id"])
            for record in state.of(A, f"{tale.zone.lower()}/"):
                if tale.is_ours(record) and any(
                    claim.network == network and claim.address in addresses(record)
                    for claim in claims(record)
                ):
                    yield f"the link of a network went before {record['name']}, which points there"


def _login_without_data(state: State, login: str, published: set[str]) -> Iterator[str]:
    endpoints = {
        member.endpoint
        for member in state.members()
        if member.name == login and member.address in published and member.approved
    }
    for member in state.members():
        other = member.endpoint in endpoints and member.name != login
        if other and not addresses(state.record(member.name)):
            yield f"{login} was written before {member.name}"


def _link_without_records(state: State, change: Change) -> Iterator[str]:
    network = (change.new or {})["properties"]["virtualNetwork"]["id"].lower()
    for member in state.members():
        endpoint = state.get(member.endpoint) or {}
        inside = endpoint["properties"]["subnet"]["id"].lower().startswith(f"{network}/")
        ours = member.approved and not state.grouped(member.endpoint)
        if inside and ours and not addresses(state.record(member.name)):
            yield f"a network was linked before {member.name} was written"


def client_never_worse(tale: Tale) -> Iterator[str]:
    """No write takes from a client, in any network, a good answer that it had.

    A link that moves has a gap; what it showed must be back when the tale ends.
    """
    judge, now = Judge(), Documents(tale.first().everything())
    for state, change in tale.moments():
        now = Documents(state.after(change).everything())
        if change.principal == tale.app and change.type.lower() in (A, LINK):
            judge.see(Documents(state.everything()), now)
    yield from judge.finish(now)


def idempotent(tale: Tale) -> Iterator[str]:
    """To be asked of a run on a zone that is right: nothing was written, nor tried."""
    for one in tale.asked:
        if one.principal == tale.app and one.method != "GET":
            yield f"{one.method} {one.path.rpartition('/')[2]}"


def quiet(tale: Tale, secrets: tuple[str, ...]) -> Iterator[str]:
    """No token, key or raw foreign text in what was logged."""
    for line in tale.said:
        for secret in secrets:
            if secret.lower() in line.lower():
                yield f"a secret or foreign text was logged: {line[:120]!r}"


ALWAYS: Mapping[str, Checker] = {
    "no-unproven-delete": no_unproven_delete,
    "no-stale-overwrite": no_stale_overwrite,
    "never-empty": never_empty,
    "others-untouched": others_untouched,
    "provenance": provenance,
    "own-names-only": own_names_only,
    "no-half-registry": no_half_registry,
    "client-never-worse": client_never_worse,
}
"""What has to hold in every history, whatever went wrong in it."""


def violations(tale: Tale, *names: str) -> list[str]:
    """Every violation of the named invariants, by default of all that always hold."""
    checked = {name: ALWAYS[name] for name in names or ALWAYS}
    return [f"{name}: {problem}" for name, check in checked.items() for problem in check(tale)]
