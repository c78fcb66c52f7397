"""Links held back: a new link is not made while it would take a good answer. Pure.

With its first link to a zone, a network's clients leave the public answers for all that the zone
holds. A name of a registry whose public access is on may stand there with what helps nobody (a
leftover, the address of a Pending endpoint, no address at all, a wildcard), or with an address
out of the network's reach: who could pull in public could pull no more (client-never-worse).

    no such name                                          made
    a registry with a ready endpoint in the network is    made, and told who loses what: it
    known to have no public access                        resolves nowhere else
    whether it has, or whether somebody loses, may be     left to a later run
    known later
    else                                                  held, and told

So nobody's registry can hold a network that needs its link.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from shared.domain.client_view import Answer, Client, Outcome, PrivateZone, answer
from shared.domain.ownership import network_hash
from shared.domain.reach import Reach
from shared.domain.resource_id import ResourceId


@dataclass(frozen=True, slots=True)
class NameFacts:
    """What is known of one name, beside what stands in zones.

    Attributes:
        is_public: whether its registry answers in public; None where that may be known later.
        ready: by address, the networks (as hashes) of the ready endpoints that give it.
        unread: further addresses that may be good; whether they are cannot be read.
    """

    is_public: bool | None = False
    ready: Mapping[str, frozenset[str]] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()

    @property
    def networks(self) -> frozenset[str]:
        """The networks (as hashes) of the ready endpoints that give the name."""
        return frozenset().union(*self.ready.values())


class ReachableAnswers:
    """Tells good answers, an address only where the client reaches it; an `IsGood`.

    Args:
        find_facts: what is known of a name, by its FQDN.
        reach: which networks reach which; None where every network reaches every other.
    """

    def __init__(self, find_facts: Callable[[str], NameFacts], reach: Reach | None) -> None:
        self._find_facts = find_facts
        self._reach = reach

    def __call__(self, client: Client, fqdn: str, answer: Answer) -> bool | None:
        """Whether an answer is good for a client; None where that is not known."""
        facts = self._find_facts(fqdn)
        if answer is Outcome.PUBLIC:
            return facts.is_public
        if isinstance(answer, Outcome) or not answer:
            return False
        verdicts = {self._judge(client, facts, address) for address in answer}
        if len(verdicts) == 1:
            return verdicts.pop()
        # Of several addresses a client may get any: a good one among them can be lost.
        return None

    def is_out_of_reach(self, client: Client, fqdn: str, answer: Answer) -> bool:
        """Whether an answer is good for some other client, and this one does not reach it."""
        ready = self._find_facts(fqdn).ready
        return (
            not isinstance(answer, Outcome)
            and bool(answer)
            and answer <= ready.keys()
            and self(client, fqdn, answer) is not True
        )

    def _judge(self, client: Client, facts: NameFacts, address: str) -> bool | None:
        networks = facts.ready.get(address)
        if networks is None:
            return None if address in facts.unread else False
        if self._reach is None:
            return True
        verdicts = {self._reach.joins(client.network, network) for network in networks}
        return True if True in verdicts else None if None in verdicts else False


@dataclass(frozen=True, slots=True)
class Loss:
    """A good answer that a link would take.

    Attributes:
        fqdn: the name.
        answer: what clients would get instead of the public answer.
        is_certain: whether it is known that the public answer is good, and that this is not.
        is_out_of_reach: whether this is good as well, for who reaches it.
    """

    fqdn: str
    answer: Answer
    is_certain: bool = True
    is_out_of_reach: bool = False

    @property
    def words(self) -> str:
        """The answer in words."""
        if isinstance(self.answer, Outcome):
            return self.answer.value
        return ", ".join(sorted(self.answer)) or "nothing"


class Hold(Enum):
    """What becomes of a link that is not there yet."""

    MAKE = auto()
    HOLD = auto()
    LEAVE = auto()  # to a later run, which may know more


def find_losses(
    before: Iterable[PrivateZone],
    after: Iterable[PrivateZone],
    client: Client,
    fqdns: Iterable[str],
    good: ReachableAnswers,
) -> Iterator[Loss]:
    """The good answers that a network's clients lose, by name.

    Args:
        before: every private zone that is known, as it will be without the link.
        after: the same with it.
        client: who asks.
        fqdns: the names that may be asked for.
        good: tells good answers.
    """
    before, after = tuple(before), tuple(after)
    for fqdn in sorted(fqdns):
        former, latter = answer(before, client, fqdn), answer(after, client, fqdn)
        if former == latter:
            continue
        was, becomes = good(client, fqdn, former), good(client, fqdn, latter)
        if was is not False and becomes is not True:
            is_certain = was is True and becomes is False
            yield Loss(fqdn, latter, is_certain, good.is_out_of_reach(client, fqdn, latter))


def has_gain(
    before: Iterable[PrivateZone],
    after: Iterable[PrivateZone],
    client: Client,
    fqdns: Iterable[str],
    good: ReachableAnswers,
) -> bool:
    """Whether a name that does not resolve now begins to, as it does nowhere else.

    Args: as of `find_losses`.
    """
    before, after = tuple(before), tuple(after)
    return any(
        good(client, fqdn, Outcome.PUBLIC) is False
        and good(client, fqdn, answer(before, client, fqdn)) is False
        and good(client, fqdn, answer(after, client, fqdn)) is True
        for fqdn in fqdns
    )


def judge_link(losses: Iterable[Loss], public: Iterable[bool | None]) -> Hold:
    """Whether a new link is made.

    Args:
        losses: the good answers that it would take.
        public: of each registry with a ready endpoint in the network, whether its public access is
            on; None where that may be known later.
    """
    losses, public = tuple(losses), tuple(public)
    if not losses or False in public:
        return Hold.MAKE
    if None in public or not any(loss.is_certain for loss in losses):
        return Hold.LEAVE
    return Hold.HOLD


def must_wait(
    losses: Iterable[Loss],
    network: ResourceId,
    linked_networks: Iterable[ResourceId],
    reach: Reach | None,
) -> bool:
    """Whether what an endpoint gives waits with its network's link, which is held back for reach.

    It is published all the same where nobody sees the zone yet, or where somebody who does
    reaches it; and where the link is held back for anything else, since its owner asked for it.

    Args:
        losses: the good answers that the link would take.
        network: the endpoint's.
        linked_networks: the networks that are linked to the zone.
        reach: which networks reach which; None where every network reaches every other.
    """
    others = [one for one in linked_networks if one != network]
    key = network_hash(network)
    return (
        any(loss.is_out_of_reach for loss in losses)
        and bool(others)
        and not any(reach is None or reach.joins(other, key) is True for other in others)
    )
