"""Observations in words, and what follows from them in words again.

One place knows the shape of an observation; the tables beside it know only words. A record:

    "r, r.we.data -> a"          both names hold what endpoint a gives for them, claimed by it
    "r -> a, (b)"                b stands by: claimed, not published
    "r -> nothing, (a)"          claimed by a, and no address at all
    "r -> a2"                    claimed by the endpoint that was created again under a's name
    "r -> a@77, 10.9.9.9"        a at 10.1.0.77 (or at any whole address), and one typed by hand
    "r -> a; by hand"            nobody's; or "by other", "by old"; "ours" beside "created by"
    "r -> a; damaged"            ours, but the claims are lost; "no registry": that note is lost
    "r -> a; created by a"       a zone group of a wrote it; of "somebody", or of "?" (unreadable)
    "r -> a; ttl 60; 13 keys"    another TTL, and metadata of others

Registry r has the login server r.azurecr.io, home in region we. Endpoint a, the first letter, is
in network a, and gives r at 10.1.0.4, r.we.data at 10.1.0.5, r.ne.data at 10.1.0.6:

    "a: approved"                by both sides, with a member for each region in service
    "a b: approved/pending"      two endpoints, each by the endpoint's word, then by the registry's;
                                 "gone": the endpoint is 404, the registry has no such connection;
                                 "transient", "forbidden", "unreadable", "unwatched": not known
    "a2: approved; of s"         created again under a's name, an endpoint of registry s
    "a: approved; lacks r.ne.data; gives r.we.geo; r at 77; ipv6 r"
    "a: approved; interface empty"    or "updating", "gone", "transient", "forbidden"
    "a: approved; zone group"         or "zone group forbidden", "zone group transient"
    "a: approved; is Updating; in b"  its own state; its network is that of b
    "a: approved; north"              zone north serves its network, or "no zone" does

Zone north is there once something is said of it; its records and links are in the same words.

A registry is "r: we, ne, se Creating", or "r: gone" (404), "r: transient" and so on; with "; login
q" or "; login q.azurecr.cn" it has another login server. A link is "a" (ours), "a by hand", "a by
other", "a untagged" (under our name), "a deleting", "a other name"; "nowhere" names no network.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest

from shared.domain.changes import DesiredRecord, LinkChange, RecordChange
from shared.domain.desired import Desired
from shared.domain.endpoint_state import (
    EndpointState,
    Ready,
    Removed,
    Retry,
    Undetermined,
    judge_endpoint,
    removal_of,
)
from shared.domain.findings import Finding
from shared.domain.observation import (
    EndpointReading,
    Evidence,
    Observation,
    Side,
    ZoneState,
)
from shared.domain.ownership import (
    Claim,
    Ownership,
    decode_ownership,
    encode_ownership,
    link_name,
    network_hash,
)
from shared.domain.plan import Plan
from shared.domain.reading import Absent, Found, Reading, Unknown, UnknownReason
from shared.domain.registry_state import reading_of
from shared.domain.resource_id import ENDPOINT, INTERFACE, NETWORK, REGISTRY, ZONE, ResourceId
from shared.domain.resources import (
    SUCCEEDED,
    Endpoint,
    Interface,
    Member,
    Registry,
    Replica,
    Status,
)
from shared.domain.zone import (
    Link,
    Links,
    RecordSet,
    Selection,
    Selector,
    Zone,
    record_name,
    with_other_selectors,
)

SUFFIX = "azurecr.io"
_TTL = 10
_SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
_OCTETS = {"": 4, "we.data": 5, "ne.data": 6, "se.data": 7, "we.geo": 9, "ne.geo": 10}
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def _id(kind: str, name: str, group: str = "rg") -> ResourceId:
    return ResourceId(_SUBSCRIPTION, group, kind, (name,))


def endpoint_id(word: str) -> ResourceId:
    """The ID of endpoint a, which a2 has again."""
    return _id(ENDPOINT, word[0])


def registry_id(word: str) -> ResourceId:
    """The ID of registry r."""
    return _id(REGISTRY, word)


def network_id(word: str) -> ResourceId:
    """The ID of endpoint a's network."""
    return _id(NETWORK, word)


KEPT = _id(ZONE, f"privatelink.{SUFFIX}", "dns")
NORTH = _id(ZONE, f"privatelink.{SUFFIX}", "north")
_HASHES = {network_hash(network_id(letter)): letter for letter in _LETTERS}


def _guid(word: str) -> str:
    return f"{int(word[1:] or 1):04x}{ord(word[0]):04x}-0000-4000-8000-000000000000"


def address(word: str, name: str = "r") -> str:
    """What endpoint a gives for a name, or a@77 at another address."""
    letter, _, other = word.partition("@")
    if "." in other:
        return other
    octet = other or str(_OCTETS[name.partition(".")[2]])
    return f"10.{_LETTERS.index(letter[0]) + 1}.0.{octet}"


def claim(word: str, name: str = "r", networks: Mapping[str, str] | None = None) -> Claim:
    """The claim of endpoint a, a2 or a@77 to a name."""
    letter = word.partition("@")[0]
    network = network_id((networks or {}).get(letter, word[0]))
    return Claim(endpoint_id(word), address(word, name), _guid(letter)[:8], network_hash(network))


# ── Words in ────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Part:
    """Some lines about one kind of thing."""

    kind: str
    lines: tuple[str, ...]


def zone(*lines: str) -> Part:
    """Record sets that stand in the zone."""
    return Part("zone", lines)


def endpoints(*lines: str) -> Part:
    """What was read of endpoints."""
    return Part("endpoints", lines)


def registries(*lines: str) -> Part:
    """What was read of registries; one that is not told of is at home in we, without replicas."""
    return Part("registries", lines)


def links(*lines: str) -> Part:
    """Links of the zone."""
    return Part("links", lines)


def said(*lines: str) -> Part:
    """What a side said half a minute ago: "r a by endpoint"."""
    return Part("said", lines)


def left(*networks: str) -> Part:
    """Networks that lost an endpoint in an earlier pass of the run."""
    return Part("left", networks)


def settings(*words: str) -> Part:
    """Of the zone: "merge", "leave links"; or of the run: "adopt from old"."""
    return Part("settings", words)


def unread(*names: str) -> Part:
    """Names that were not read, though an endpoint gives them."""
    return Part("unread", names)


def north(*lines: str) -> Part:
    """Record sets that stand in zone north."""
    return Part("north", lines)


def north_links(*lines: str) -> Part:
    """Links of zone north."""
    return Part("north links", lines)


def observation(*parts: Part) -> Observation:
    """The observation that these words tell of."""
    told: dict[str, tuple[str, ...]] = {part.kind: part.lines for part in parts}
    words = told.get("settings", ())
    seen = [one for line in told.get("endpoints", ()) for one in _endpoint_words(line)]
    asked = dict.fromkeys(one.registry for one in seen) or {"r": None}
    registry_lines = {**{name: f"{name}: we" for name in asked}}
    registry_lines |= {line.partition(":")[0]: line for line in told.get("registries", ())}
    read = {name: _registry(line, seen) for name, line in registry_lines.items()}
    logins = {name: _login_server(line) for name, line in registry_lines.items()}
    networks = {one.word: one.network for one in seen}
    readings = [_endpoint(one, read, logins[one.registry]) for one in seen if one.ours != "unread"]
    names = {name for reading in readings for name in _names_of(reading)}
    names -= set(told.get("unread", ()))
    owners = {"owner", "old"} if "adopt from old" in words else {"owner"}
    zones = _zones(seen, words, has_north={"north", "north links"} & told.keys() != set())
    states: dict[ResourceId, Reading[ZoneState]] = {
        one.id: Found(
            _zone_state(
                one,
                names,
                told.get("zone" if one.id == KEPT else "north", ()),
                told.get("links" if one.id == KEPT else "north links", ()),
                networks,
            )
        )
        for one in zones
    }
    if "north unread" in words:
        states[NORTH] = Unknown(UnknownReason.TRANSIENT, "503")
    return Observation(
        kept_zones=zones,
        owners=frozenset(owners),
        zones=states,
        registries={registry_id(name): reading for name, reading in read.items()},
        endpoint_readings={reading.id: reading for reading in readings},
        evidence=Evidence(
            frozenset(network_hash(network_id(word)) for word in told.get("left", ())),
            _said(told.get("said", ()), networks),
        ),
    )


def _zones(
    seen: Iterable["_EndpointWords"], words: tuple[str, ...], *, has_north: bool
) -> tuple[Zone, ...]:
    kept = Zone(
        KEPT,
        SUFFIX,
        owner="owner",
        ttl=_TTL,
        selection=Selection.MERGE if "merge" in words else Selection.FIRST,
        links=Links.LEAVE if "leave links" in words else Links.MANAGE,
        # Where no zone serves a network, this one serves another region.
        selector=Selector(
            regions=frozenset(("xx",) if any("; no zone" in one.line for one in seen) else ())
        ),
    )
    networks = frozenset(network_id(one.network) for one in seen if "; north" in one.line)
    if not networks and not has_north:
        return (kept,)
    north_zone = replace(
        kept,
        id=NORTH,
        links=Links.LEAVE if "north leaves links" in words else Links.MANAGE,
        selector=Selector(networks=networks or frozenset((network_id("z"),))),
    )
    return with_other_selectors((kept, north_zone))


def _zone_state(
    the_zone: Zone,
    names: Iterable[str],
    lines: Iterable[str],
    linked: Iterable[str],
    networks: Mapping[str, str],
) -> ZoneState:
    records: dict[str, RecordSet | None] = dict.fromkeys(sorted(names))
    for line in lines:
        records |= {record.name: record for record in _records(line, the_zone, networks)}
    return ZoneState(the_zone, records, tuple(map(_link, linked)))


def kept_state(seen: Observation) -> ZoneState:
    """What was read of the zone that is no other."""
    reading = seen.zones[KEPT]
    assert isinstance(reading, Found)
    return reading.value


def case(what: str, *values: object) -> object:
    """A row of a table, called by what it says."""
    return pytest.param(*values, id=what)


def _extra(line: str, word: str) -> str:
    """What follows a word among the extras of a line; nothing if it is not there."""
    _, *extras = line.split("; ")
    return next((e.removeprefix(word).strip() for e in extras if e.startswith(word)), "")


_STATUS = {
    "approved": Status.APPROVED,
    "pending": Status.PENDING,
    "other": Status.OTHER,
    "rejected": Status.REJECTED,
    "disconnected": Status.DISCONNECTED,
}


def _unknown(word: str) -> Unknown | None:
    return Unknown(UnknownReason[word.upper()], "503") if word.upper() in _REASONS else None


_REASONS = {reason.name for reason in UnknownReason}


@dataclass(frozen=True, slots=True)
class _EndpointWords:
    """One endpoint of a line."""

    word: str
    ours: str
    theirs: str
    line: str

    @property
    def registry(self) -> str:
        return _extra(self.line, "of ") or "r"

    @property
    def network(self) -> str:
        return _extra(self.line, "in ") or self.word[0]


def _endpoint_words(line: str) -> Iterator[_EndpointWords]:
    words, _, rest = line.partition(": ")
    ours, _, theirs = rest.partition("; ")[0].partition("/")
    for word in words.split():
        yield _EndpointWords(word, ours, theirs or ours, line)


def _login_server(line: str) -> str:
    login = _extra(line, "login") or line.partition(":")[0]
    return login if "." in login else f"{login}.{SUFFIX}"


def _registry(line: str, seen: Iterable[_EndpointWords]) -> Reading[Registry]:
    name, _, rest = line.partition(": ")
    word = rest.partition("; ")[0]
    if word == "gone":
        return Absent()
    if unknown := _unknown(word):
        return unknown
    home, *others = word.split(", ")
    replicas = (other.partition(" ") for other in others)
    return Found(
        Registry(
            id=registry_id(name),
            login_server=_login_server(line),
            region=home,
            state=SUCCEEDED,
            connections={
                endpoint_id(one.word): _STATUS[one.theirs]
                for one in seen
                if one.registry == name and one.theirs in _STATUS
            },
            replicas=tuple(Replica(region, state or SUCCEEDED) for region, _, state in replicas),
        )
    )


def _endpoint(
    one: _EndpointWords, read: Mapping[str, Reading[Registry]], login: str
) -> EndpointReading:
    id_ = endpoint_id(one.word)
    if one.ours == "gone":
        return EndpointReading(id_, Absent())
    if unknown := _unknown(one.ours):
        return EndpointReading(id_, unknown)
    connections = {} if one.ours == "none" else {registry_id(one.registry): _STATUS[one.ours]}
    endpoint = Endpoint(
        id=id_,
        guid=_guid(one.word),
        etag="",
        state=_extra(one.line, "is ") or SUCCEEDED,
        region="we",
        network=network_id(one.network),
        interfaces=(_id(INTERFACE, one.word[0]),),
        connections=connections,
    )
    group = _extra(one.line, "zone group") if "; zone group" in one.line else None
    return EndpointReading(
        id_,
        Found(endpoint),
        _interface(one, read[one.registry], login),
        _unknown(group or "") or Found(frozenset((KEPT,) if group == "" else ())),
    )


def _interface(one: _EndpointWords, registry: Reading[Registry], login: str) -> Reading[Interface]:
    extras = one.line.split("; ")[1:]
    word = _extra(one.line, "interface")
    if unknown := _unknown(word):
        return unknown
    if word == "gone":
        return Absent()
    regions = ["we"]
    if isinstance(registry, Found):
        replicas = registry.value.replicas
        regions = [registry.value.region, *(r.region for r in replicas if r.state == SUCCEEDED)]
    label, _, suffix = login.partition(".")
    names = [label, *(f"{label}.{region}.data" for region in regions)]
    names += [extra.removeprefix("gives ") for extra in extras if extra.startswith("gives ")]
    lacks = {extra.removeprefix("lacks ") for extra in extras if extra.startswith("lacks ")}
    octets = dict(extra.split(" at ") for extra in extras if " at " in extra)
    members = tuple(
        Member(
            _member(name),
            f"{name}.{suffix}",
            address(f"{one.word}@{octets[name]}" if name in octets else one.word, name),
        )
        for name in dict.fromkeys(names)
        if name not in lacks
    )
    ipv6 = _extra(one.line, "ipv6")
    return Found(
        Interface(
            "Updating" if word in {"updating", "empty"} else SUCCEEDED,
            () if word == "empty" else members,
            (f"{ipv6}.{SUFFIX}",) if ipv6 else (),
        )
    )


def _member(name: str) -> str:
    _, _, rest = name.partition(".")
    region, _, kind = rest.partition(".")
    return {"": "registry", "data": f"registry_data_{region}", "geo": f"registry_{region}"}[kind]


def _names_of(reading: EndpointReading) -> Iterator[str]:
    if isinstance(reading.interface, Found):
        for member in reading.interface.value.members:
            if name := record_name(member.fqdn, SUFFIX):
                yield name


def _addresses(
    words: str, name: str, networks: Mapping[str, str]
) -> tuple[tuple[str, ...], tuple[Claim, ...]]:
    """The addresses that such words tell of, and the claims."""
    addresses, claims = dict[str, None](), list[Claim]()
    for word in words.split(", "):
        if word[0].isdigit():
            addresses[word] = None
        elif word != "nothing":
            bare = word.strip("()")
            claims.append(claim(bare, name, networks))
            if bare == word:
                addresses[claims[-1].address] = None
    return tuple(addresses), tuple(sorted(claims))


def _records(line: str, the_zone: Zone, networks: Mapping[str, str]) -> Iterator[RecordSet]:
    names, _, rest = line.partition(" -> ")
    extras = rest.split("; ")[1:]
    for name in names.split(", "):
        addresses, claims = _addresses(rest.partition("; ")[0], name, networks)
        note = registry_id(_extra(line, "of ") or name.partition(".")[0])
        owner = next((e[3:] for e in extras if e in {"by other", "by old"}), the_zone.owner)
        ownership = Ownership(
            owner,
            None if "no registry" in extras else note,
            () if "damaged" in extras else claims,
        )
        creator = _extra(line, "created by ")
        ours = "by hand" not in extras and (not creator or "ours" in extras)
        metadata = encode_ownership(ownership) if ours else {}
        if creator:
            metadata["creator"] = _creator(creator)
        metadata |= {f"key{number}": "x" for number in range(int(_count(extras)))}
        yield RecordSet(name, "etag", int(_extra(line, "ttl") or the_zone.ttl), addresses, metadata)


def _count(extras: Iterable[str]) -> str:
    return next((extra.removesuffix(" keys") for extra in extras if extra.endswith(" keys")), "0")


def _creator(word: str) -> str:
    guid = _guid("z9") if word == "somebody" else "nonsense" if word == "?" else _guid(word)
    return f"created by private endpoint {word} with resource guid {guid}"


def _link(words: str) -> Link:
    word, _, how = words.partition(" ")
    network = None if word == "nowhere" else network_id(word)
    ours = link_name(network_hash(network_id(word)))
    name = {"by hand": f"hub-{word}", "other name": f"hub-{word}"}.get(how, ours)
    owner = {"by hand": None, "untagged": None, "by other": "other"}.get(how, "owner")
    tags = {"acrPrivateDns": owner} if owner else {}
    return Link(name, "etag", network, tags, "Deleting" if how == "deleting" else SUCCEEDED)


def _said(
    lines: Iterable[str], networks: Mapping[str, str]
) -> dict[tuple[ResourceId, str, Claim], frozenset[Side]]:
    sides_over = defaultdict[tuple[ResourceId, str, Claim], frozenset[Side]](frozenset)
    for line in lines:
        name, word, _, side = line.split(" ", 3)
        sides_over[KEPT, name, claim(word, name, networks)] |= _sides([side])
    return dict(sides_over)


def desired(*lines: str) -> Desired:
    """What should be: records as in a zone, "link a", "leave a"."""
    records, reasons, abandoned = list[DesiredRecord](), dict[ResourceId, str](), set[str]()
    for line in lines:
        word, _, rest = line.partition(" ")
        if word == "link":
            reasons[network_id(rest)] = f"endpoint {rest} is in it"
        elif word == "leave":
            abandoned.add(network_hash(network_id(rest)))
        else:
            names, _, words = line.partition(" -> ")
            for name in names.split(", "):
                addresses, claims = _addresses(words, name, {})
                registry = registry_id(name.partition(".")[0])
                records.append(
                    DesiredRecord(name, registry, tuple(sorted(addresses)), claims, ("because",))
                )
    return Desired(tuple(records), reasons, frozenset(abandoned))


def after(seen: Observation, plans: Mapping[ResourceId, Plan]) -> Observation:
    """What is observed once the plans were applied, and nothing else has happened."""
    zones = dict(seen.zones)
    for state in seen.zone_states:
        plan = plans[state.zone.id]
        records, standing = dict(state.records), {link.name: link for link in state.links}
        for change in plan.records:
            records[change.name] = change.after
        for link in plan.links:
            if link.before is not None:
                del standing[link.name]
            else:
                tags = {"acrPrivateDns": state.zone.owner}
                standing[link.name] = Link(link.name, "etag", link.network, tags)
        zones[state.zone.id] = Found(ZoneState(state.zone, records, tuple(standing.values())))
    return replace(seen, zones=zones)


def backwards(seen: Observation) -> Observation:
    """The same observation, with everything in the opposite order."""
    zones = {
        state.zone.id: Found(
            replace(
                state,
                records=dict(reversed(list(state.records.items()))),
                links=state.links[::-1],
            )
        )
        for state in reversed(seen.zone_states)
    }
    return replace(
        seen,
        zones={**zones, **{id_: one for id_, one in seen.zones.items() if id_ not in zones}},
        registries=dict(reversed(list(seen.registries.items()))),
        endpoint_readings=dict(reversed(list(seen.endpoint_readings.items()))),
    )


# ── Words out ───────────────────────────────────────────────────────────────

_RETRIES = {
    Retry.BECOMING_READY: "soon",
    Retry.BEING_REMOVED: "ending",
    Retry.UNREAD: "unread",
    Retry.NONE: "stays",
}


def _sides(words: Iterable[str]) -> frozenset[Side]:
    return frozenset(Side[word.upper()] for word in words)


def endpoint_state(
    seen: Observation, word: str = "a", registry: str = "r", *sides: str
) -> EndpointState:
    """How an endpoint stands with a registry, after some sides said that it is over."""
    reading = reading_of(seen, endpoint_id(word))
    id_ = registry_id(registry)
    return judge_endpoint(reading, id_, seen.registries[id_], _sides(sides), KEPT)


def removal(seen: Observation, word: str, name: str, *sides: str) -> Undetermined | Removed:
    """What becomes of a claim to a name that no ready endpoint gives."""
    registry = seen.registries[registry_id("r")]
    state = endpoint_state(seen, word, "r", *sides)
    reading, said_so = reading_of(seen, endpoint_id(word)), _sides(sides)
    return removal_of(claim(word, name), name, reading, state, registry, said_so)


def state_words(state: EndpointState) -> str:
    """Ready or removed; else what may come, and which sides say that it is over."""
    match state:
        case Ready():
            return "ready"
        case Removed(_, witness):
            return f"removed by {witness.name.lower()}" if witness else "removed"
        case Undetermined(_, retry, sides):
            return "-".join((_RETRIES[retry], *(side[4] for side in sorted(sides))))


@dataclass
class _Lines:
    """Lines, in which names that hold the same stand together."""

    _names: dict[str, list[str]] = field(default_factory=dict)

    def add(self, verb: str, name: str, rest: str) -> None:
        """One name more."""
        self._names.setdefault(f"{verb}|{rest}", []).append(name)

    def __iter__(self) -> Iterator[str]:
        for key, names in self._names.items():
            verb, _, rest = key.partition("|")
            yield f"{verb}{', '.join(names)}{rest}"


def _address_words(name: str, addresses: Sequence[str], claims: Iterable[Claim]) -> str:
    claims = sorted(claims)
    published = [_claim_words(name, c) for c in claims if c.address in addresses]
    typed = sorted(set(addresses) - {c.address for c in claims})
    by = [f"({_claim_words(name, c)})" for c in claims if c.address not in addresses]
    return ", ".join([*published, *typed, *([] if addresses else ["nothing"]), *by])


def _claim_words(name: str, one: Claim) -> str:
    letter, number = one.endpoint.name, int(one.guid[:4], 16)
    word = letter if number == 1 else f"{letter}{number}"
    usual = address(word, name)
    if one.address == usual:
        return word
    same = one.address.rpartition(".")[0] == usual.rpartition(".")[0]
    return f"{word}@{one.address.rpartition('.')[2] if same else one.address}"


def record_words(records: Iterable[RecordSet | None], owner: str = "owner") -> list[str]:
    """Record sets in the words of a zone."""
    lines = _Lines()
    for record in records:
        if record is not None:
            lines.add("", record.name, f" -> {_record_words(record, owner)}")
    return list(lines)


def _record_words(record: RecordSet, owner: str) -> str:
    ownership = decode_ownership(record, frozenset({owner}))
    keys = sum(key.startswith("key") for key in record.metadata)
    extras = [
        "" if ownership else "by hand",
        f"ttl {record.ttl}" if record.ttl != _TTL else "",
        f"{keys} keys" if keys else "",
        "keeps its creator" if "creator" in record.metadata else "",
    ]
    words = _address_words(record.name, record.addresses, ownership.claims if ownership else ())
    return "; ".join([words, *filter(None, extras)])


def finding_words(findings: Iterable[Finding]) -> list[str]:
    """Findings: code and place."""
    lines = _Lines()
    for finding in findings:
        lines.add(f"{finding.kind.code}: ", finding.resource.rpartition("/")[2], "")
    return list(lines)


def desired_words(wanted: Desired) -> tuple[str, ...]:
    """All that is desired: records, links to have and to leave, findings, what is waited for."""
    records, over = _Lines(), _Lines()
    for record in wanted.records:
        words = _address_words(record.name, record.addresses, record.claims)
        records.add("", record.name, f" -> {words}")
    for (_, name, one), sides in wanted.sides_over.items():
        what = f" of {_claim_words(name, one)}"
        over.add("", name, f"{what} is over by {' and '.join(sorted(sides)) or 'nobody yet'}")
    return (
        *records,
        *(f"link {network.name}" for network in sorted(wanted.link_reasons)),
        *(f"leave {_HASHES[network]}" for network in sorted(wanted.abandoned_networks)),
        *finding_words(wanted.findings),
        *over,
        *(f"missing: {what}" for what in wanted.missing_members),
        *(("in progress",) if wanted.in_progress else ()),
    )


def reason_words(wanted: Desired) -> tuple[str, ...]:
    """Why the login records are as they are desired."""
    return tuple(
        f"{record.name}: {reason}"
        for record in wanted.records
        if "." not in record.name
        for reason in record.reasons
    )


def plan_words(plan: Plan) -> tuple[str, ...]:
    """All that a plan does and tells, in its order."""
    return (
        *(word for change in plan.records for word in _change_words(change)),
        *map(_link_words, plan.links),
        *finding_words(plan.findings),
        *(("in progress",) if plan.in_progress else ()),
    )


def _change_words(change: RecordChange) -> Iterator[str]:
    if change.after is None:
        yield f"delete {change.name}"
    else:
        for words in record_words([change.after]):
            yield f"{change.action} {words}"


def _link_words(change: LinkChange) -> str:
    network = change.network.name if change.network else "nowhere"
    verb = "link" if change.before is None else "unlink"
    return f"{verb} {network}" + (" as it moves" if change.is_move else "")
