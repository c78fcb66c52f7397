"""Links held back: tables of who holds, who is held and who never is; and every order of events.

Registry r has an endpoint in network a, at 10.1.0.4; registry s one in network b, at 10.2.0.4.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import Any, NamedTuple

import pytest

from shared.domain import link_holds
from shared.domain.client_view import Client, PrivateZone
from shared.domain.link_holds import (
    Hold,
    Loss,
    NameFacts,
    ReachableAnswers,
    find_losses,
    has_gain,
    judge_link,
    must_wait,
)
from shared.domain.ownership import network_hash
from shared.domain.reach import Reach
from shared.domain.reading import Found
from shared.domain.resources import Network, Peering
from shared.domain.zone import Link, RecordSet
from tests.unit.observations import network_id
from tests.unit.test_client_view import private_zone

A, B = network_id("a"), network_id("b")
HOME = {"r": A, "s": B}
ADDRESS = {"r": "10.1.0.4", "s": "10.2.0.4"}
CLIENT = Client(A)
JOINED, APART = [A, B], list[Any]()


def reach_of(joined: list[Any]) -> Reach:
    """Networks a and b, both read, and peered if they are joined."""
    peers = {A: (Peering(B),), B: (Peering(A),)} if joined else {}
    return Reach({one: Found(Network(one, peers.get(one, ()), ())) for one in (A, B)})


def facts(words: str, name: str) -> NameFacts:
    """What is known of a registry: "public", "private", "unread"; "gone" without an endpoint."""
    is_public = None if "unread" in words else "public" in words
    ready = {} if "gone" in words else {ADDRESS[name]: frozenset({network_hash(HOME[name])})}
    unread = frozenset({ADDRESS[name]}) if "doubtful" in words else frozenset[str]()
    return NameFacts(is_public, {} if unread else ready, unread)


def answers(r: str = "public", s: str = "public", reach: Reach | None = None) -> ReachableAnswers:
    """Good answers for the names of r and s."""
    known = {"r.azurecr.io": facts(r, "r"), "s.azurecr.io": facts(s, "s")}
    return link_holds.ReachableAnswers(lambda fqdn: known[fqdn], reach)


def losses(records: str, good: ReachableAnswers, client: Client = CLIENT) -> list[Loss]:
    """What network a loses with a link to a zone that holds these records."""
    before, after = private_zone(f"{records}; "), private_zone(f"{records}; a")
    fqdns = [f"{name}.azurecr.io" for name in "rs"]
    return list(find_losses([before], [after], client, fqdns, good))


@pytest.mark.parametrize(
    ("records", "r", "s", "joined", "expected"),
    [
        # Nothing stands there, or what helps.
        ("", "public", "public", APART, ""),
        ("r -> 10.1.0.4", "public", "public", APART, ""),
        ("s -> 10.2.0.4", "public", "public", JOINED, ""),
        # Out of reach: who is public loses, who is not has nothing to lose.
        ("s -> 10.2.0.4", "public", "public", APART, "s far"),
        ("s -> 10.2.0.4", "public", "private", APART, ""),
        # A leftover, an empty set, a wildcard, a CNAME's place: of any registry.
        ("r -> 10.9.9.9", "public", "public", JOINED, "r"),
        ("s -> 10.9.9.9", "public", "public", JOINED, "s"),
        ("r -> nothing", "public", "public", JOINED, "r"),
        ("* -> 10.9.9.9", "public", "public", JOINED, "r s"),
        ("r -> 10.1.0.4", "public gone", "public", JOINED, "r"),
        # One good address of two: whoever gets the other one loses.
        ("r -> 10.1.0.4 10.9.9.9", "public", "public", JOINED, "r?"),
        # What is not known.
        ("r -> 10.1.0.4", "public doubtful", "public", JOINED, "r?"),
        ("r -> 10.9.9.9", "unread", "public", JOINED, "r?"),
        ("r -> 10.1.0.4", "unread", "public", JOINED, ""),
    ],
)
def test_what_a_link_takes(records: str, r: str, s: str, joined: list[Any], expected: str) -> None:
    """A good answer is lost to whatever stands in the zone and is not known to be as good."""
    found = losses(records, answers(r, s, reach_of(joined)))
    words = [
        one.fqdn[0] + ("" if one.is_certain else "?") + (" far" if one.is_out_of_reach else "")
        for one in found
    ]
    assert " ".join(words) == expected


def test_reach_that_is_not_known_is_no_good_answer() -> None:
    """Where the peerings of both sides were not read, nothing is certain."""
    (found,) = losses("s -> 10.2.0.4", answers(reach=Reach({})))
    assert (found.is_certain, found.is_out_of_reach) == (False, True)


def test_reach_that_is_assumed_holds_nothing() -> None:
    """An operator's word joins what peerings do not show; a leftover it does not make right."""
    assert losses("s -> 10.2.0.4", answers(reach=None)) == []
    assert losses("s -> 10.9.9.9", answers(reach=None)) != []


def test_a_network_that_asks_other_servers_loses_nothing() -> None:
    """Its clients do not see the zone through its link."""
    assert losses("r -> 10.9.9.9", answers(), Client(A, has_own_dns=True)) == []


def test_the_words_of_a_loss() -> None:
    """A finding says what clients would get."""
    (loss,) = losses("r -> 10.9.9.9 10.9.9.8", answers())
    (empty,) = losses("r -> nothing", answers())
    assert (loss.words, empty.words) == ("10.9.9.8, 10.9.9.9", "nothing")


CERTAIN, DOUBTFUL = Loss("r", frozenset()), Loss("r", frozenset(), is_certain=False)
FAR = Loss("r", frozenset(), is_out_of_reach=True)


@pytest.mark.parametrize(
    ("found", "public", "expected"),
    [
        ([], [], Hold.MAKE),
        ([], [None], Hold.MAKE),
        ([CERTAIN], [], Hold.HOLD),
        ([CERTAIN], [True, True], Hold.HOLD),
        ([CERTAIN, DOUBTFUL], [True], Hold.HOLD),
        # A registry that resolves nowhere else needs its link, whoever loses.
        ([CERTAIN], [True, False], Hold.MAKE),
        ([CERTAIN], [None, False], Hold.MAKE),
        # What may be known later is left to later.
        ([CERTAIN], [True, None], Hold.LEAVE),
        ([DOUBTFUL], [True], Hold.LEAVE),
        ([DOUBTFUL], [False], Hold.MAKE),
    ],
)
def test_who_holds_a_link(found: list[Loss], public: list[bool | None], expected: Hold) -> None:
    """Nobody's registry can hold a network that needs its link."""
    assert judge_link(found, public) is expected


@pytest.mark.parametrize(
    ("networks", "joined", "expected"),
    [
        ([], APART, False),
        ([A], APART, False),
        ([B], APART, True),
        ([B], JOINED, False),
        ([A, B], APART, True),
    ],
)
def test_what_waits_with_a_link(networks: list[Any], joined: list[Any], *, expected: bool) -> None:
    """What network a's endpoints give is published where nobody sees it, or somebody reaches it."""
    assert must_wait([FAR], A, networks, reach_of(joined)) is expected
    assert not must_wait([FAR], A, networks, None)
    assert not must_wait([CERTAIN], A, networks, reach_of(joined))


def test_a_move_that_is_needed() -> None:
    """A name that resolves nowhere else begins to: no move that does so is held for reach."""
    old, new = private_zone("; a"), private_zone("r -> 10.1.0.4; ")
    moved = private_zone("; "), private_zone("r -> 10.1.0.4; a")
    names = ["r.azurecr.io"]
    assert has_gain([old, new], moved, Client(A), names, answers("private"))
    assert not has_gain([old, new], moved, Client(A), names, answers("public"))
    assert not has_gain(moved, moved, Client(A), names, answers("private"))


# ── Every order of the app's writes and of the world's moves ────────────────


class World(NamedTuple):
    """Of registries r and s each: whether ...; and of their home networks."""

    ready: tuple[bool, ...]
    public: tuple[bool, ...]
    by_hand: tuple[bool, ...]  # a wrong record of somebody else stands at its name
    record: tuple[bool, ...]  # its endpoint's address is published
    link: tuple[bool, ...]  # its home network is linked
    is_joined: bool
    unread: int  # the registry whose public access cannot be read now; 2 for none


NAMES = ("r", "s")
NONE = (False, False)
START = World(NONE, (True, True), NONE, NONE, NONE, is_joined=False, unread=2)


def swap(items: tuple[bool, ...], index: int) -> tuple[bool, ...]:
    return tuple(one != (i == index) for i, one in enumerate(items))


def is_good(world: World, network: int, registry: int) -> bool:
    """Whether a network gets a good answer for a registry's name, told without the product."""
    if not world.link[network] or not (world.record[registry] or world.by_hand[registry]):
        return world.public[registry]
    near = network == registry or world.is_joined
    return not world.by_hand[registry] and world.ready[registry] and near


def judge(world: World, index: int) -> tuple[Hold, list[Loss]]:
    """What the product says of the link of a registry's home network, by its own functions."""
    r, s = (
        ("unread" if i == world.unread else "public" if world.public[i] else "private")
        + ("" if world.ready[i] else " gone")
        for i in (0, 1)
    )
    good = answers(r, s, reach_of(JOINED if world.is_joined else APART))
    # Judged with the record that comes with the link.
    if world.ready[index] and not world.record[index]:
        world = world._replace(record=swap(world.record, index))
    zone, new_zone = (private_zone_of(one, index) for one in (world, linked(world, index)))
    fqdns = [f"{name}.azurecr.io" for name in NAMES]
    client = Client((A, B)[index])
    found = list(link_holds.find_losses([zone], [new_zone], client, fqdns, good))
    is_public = None if index == world.unread else world.public[index]
    return link_holds.judge_link(found, [is_public] if world.ready[index] else []), found


def linked(world: World, index: int) -> World:
    """The same with one link more."""
    return world if world.link[index] else world._replace(link=swap(world.link, index))


def private_zone_of(world: World, index: int) -> PrivateZone:
    """The zone, as far as one network sees it."""
    held = {
        name: "10.9.9.9" if world.by_hand[i] else ADDRESS[name]
        for i, name in enumerate(NAMES)
        if world.by_hand[i] or world.record[i]
    }
    records = {name: RecordSet(name, "", 10, (one,), {}) for name, one in held.items()}
    network = (A, B)[index]
    links = {network: Link("", "", network, {})} if world.link[index] else {}
    return PrivateZone("privatelink.azurecr.io", records, links)


def waits(world: World, index: int) -> bool:
    """Whether what an endpoint gives waits with its network's link."""
    networks = [(A, B)[i] for i in (0, 1) if world.link[i]]
    reach = reach_of(JOINED if world.is_joined else APART)
    hold, found = judge(world, index)
    is_held = not world.link[index] and hold is not Hold.MAKE
    return is_held and link_holds.must_wait(found, (A, B)[index], networks, reach)


def writes(world: World) -> Iterator[tuple[str, int, World]]:
    """What the app may write next; records before links."""
    is_settled = True
    for i in (0, 1):
        wanted = world.ready[i] and (world.record[i] or not waits(world, i))
        if not world.by_hand[i] and wanted != world.record[i]:
            is_settled = False
            yield "record", i, world._replace(record=swap(world.record, i))
    for i in (0, 1):
        if is_settled and world.ready[i] and not world.link[i] and judge(world, i)[0] is Hold.MAKE:
            yield "link", i, linked(world, i)


def moves(world: World) -> Iterator[World]:
    """What people and Azure may do."""
    for i in (0, 1):
        yield world._replace(ready=swap(world.ready, i))
        yield world._replace(public=swap(world.public, i))
        if not world.record[i]:
            yield world._replace(by_hand=swap(world.by_hand, i))
    yield world._replace(is_joined=not world.is_joined)
    yield from (world._replace(unread=i) for i in (0, 1, 2))


def is_excused(world: World, kind: str, index: int) -> bool:
    """The exceptions of client-never-worse, told without the product."""
    if kind == "link":
        # A registry without public access needs its link.
        return not world.public[index]
    # Its endpoint is proven gone; or its owner asked for it, and its link is not held back, or
    # somebody who sees the zone reaches it.
    is_seen_near = any(world.link[i] and (i == index or world.is_joined) for i in (0, 1))
    return not world.ready[index] or is_seen_near or not is_held(world, index)


def is_held(world: World, index: int) -> bool:
    """Whether a registry's home network would lose a public answer to an address out of reach."""
    then = linked(
        world._replace(record=(*world.record[:index], True, *world.record[index + 1 :])), index
    )
    return world.public[index] and any(
        is_good(world, index, i) and not is_good(then, index, i)
        for i in (0, 1)
        if then.ready[i] and not then.by_hand[i]
    )


def violations(world: World) -> Iterator[str]:
    """What should never be seen: a good answer taken, or at rest a link held that is needed."""
    steps = list(writes(world))
    for kind, i, then in steps:
        for network, registry in product((0, 1), (0, 1)):
            is_lost = is_good(world, network, registry) and not is_good(then, network, registry)
            if is_lost and not is_excused(world, kind, i):
                yield f"{kind} {NAMES[i]} takes {NAMES[registry]}: {world}"
    for i in (0, 1):
        is_needed = world.ready[i] and not world.public[i] and world.unread != i
        if not steps and is_needed and not world.link[i]:
            yield f"the link that {NAMES[i]} needs is held: {world}"


def explore() -> list[str]:
    """Every state that can come about; gives what should never be seen there."""
    level, worlds = {START}, set[World]()
    while level:
        worlds |= level
        level = {
            then
            for world in level
            for then in (*(then for _, _, then in writes(world)), *moves(world))
        } - worlds
    return [line for world in sorted(worlds) for line in violations(world)]


def test_no_order_of_events_takes_a_good_answer() -> None:
    """Over every state that two networks, two registries and a zone can come to."""
    assert explore() == []


def hold_nothing(_losses: Iterable[Loss], _public: Iterable[bool | None]) -> Hold:
    return Hold.MAKE


def hold_all(found: Iterable[Loss], _public: Iterable[bool | None]) -> Hold:
    return Hold.HOLD if list(found) else Hold.MAKE


def take_doubt_for_nothing(found: Iterable[Loss], public: Iterable[bool | None]) -> Hold:
    known = [one for one in found if one.is_certain]
    return judge_link(known, [one is not False for one in public])


def everybody_reaches(find_facts: Callable[[str], NameFacts], _reach: object) -> ReachableAnswers:
    return ReachableAnswers(find_facts, None)


def nothing_waits(*_: object) -> bool:
    return False


@pytest.mark.parametrize(
    ("rule", "without", "what"),
    [
        ("judge_link", hold_nothing, "link"),
        ("judge_link", hold_all, "is held"),
        ("judge_link", take_doubt_for_nothing, "link"),
        ("ReachableAnswers", everybody_reaches, "takes"),
        ("must_wait", nothing_waits, "record"),
    ],
)
def test_each_rule_is_needed(
    rule: str, without: object, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With any rule taken away some order of events shows it."""
    monkeypatch.setattr(link_holds, rule, without)
    assert any(what in line for line in explore())
