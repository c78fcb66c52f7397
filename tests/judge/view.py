"""Which answers are good, and what a change takes from whom (client-never-worse)."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from tests.judge.answers import Answer, Outcome, Resolver
from tests.judge.documents import NETWORK, REGISTRY, Documents, last_segment
from tests.judge.reach import reached
from tests.judge.registries import Member, is_own_name, is_public, members, names


@dataclass(frozen=True)
class Loss:
    """A good answer that a client had before a change, and what it gets after it.

    Attributes:
        network: ID of the virtual network, in lower case.
        name: FQDN in lower case.
        before: the good answer.
        after: what took its place.
    """

    network: str
    name: str
    before: Answer
    after: Answer

    def __str__(self) -> str:
        where = last_segment(self.network)
        return f"{self.name} in {where} was {self.before}, and is {self.after}"


class View:
    """What clients get in each network of an estate, and whether it is good.

    Args:
        documents: the estate at one moment.
    """

    def __init__(self, documents: Documents) -> None:
        self.documents = documents
        self.resolver = Resolver(documents)
        self.networks = {network["id"].lower() for network in documents.of(NETWORK)}

    @cached_property
    def names(self) -> set[str]:
        """Every name of every registry."""
        return names(self.documents)

    @cached_property
    def members(self) -> dict[str, list[Member]]:
        """What ready endpoints give, by name."""
        found = defaultdict(list)
        for member in members(self.documents):
            if member.is_ready:
                found[member.name].append(member)
        return found

    def reached(self, network: str) -> set[str]:
        """The networks that one reaches, itself among them."""
        if network not in self._reached:
            self._reached[network] = reached(self.documents, network)
        return self._reached[network]

    @cached_property
    def _reached(self) -> dict[str, set[str]]:
        return {}

    def answer(self, network: str, name: str) -> Answer:
        """What a client in a network gets for a name."""
        return self.resolver.answer(network, name)

    def is_good(self, network: str, name: str, got: Answer) -> bool:
        """Whether an answer leads to the name's registry.

        An address does that a ready endpoint of that registry gives and that the network
        reaches, if each of several does; and the public answer, if that registry takes
        public traffic.
        """
        match got.outcome:
            case Outcome.ADDRESSES:
                return got.addresses <= self.good_addresses(network, name)
            case Outcome.PUBLIC:
                return is_public(self.documents, name)
            case _:
                return False

    def good_addresses(self, network: str, name: str) -> set[str]:
        """The addresses for a name that ready endpoints give and the network reaches."""
        near = self.reached(network)
        return {member.address for member in self.members[name] if member.network in near}

    def has_endpoint(self, network: str, name: str) -> bool:
        """Whether a ready endpoint of the name's registry stands in the network."""
        return any(member.network == network for member in self.members[name])

    def private_names(self, network: str) -> set[str]:
        """The names that ready endpoints in a network give of registries without public access."""
        return {
            name
            for name, found in self.members.items()
            if any(member.network == network for member in found)
            and not is_public(self.documents, name)
        }

    def registry_ids(self, name: str) -> set[str]:
        """IDs, in lower case, of the registries whose own the name is."""
        registries = self.documents.of(REGISTRY)
        return {one["id"].lower() for one in registries if is_own_name(one, name)}


def worsened(
    before: View,
    after: View,
    networks: Collection[str] | None = None,
    names: Collection[str] | None = None,
) -> list[Loss]:
    """The good answers of the first view that the second has not.

    Where a network asks servers of its own nothing is known, so nothing is judged.

    Args:
        before: the view before a change.
        after: the view after it.
        networks: those that the change can concern; by default all.
        names: likewise.
    """
    common = before.networks & after.networks
    return [
        Loss(network, name, had, gets)
        for network in sorted(common if networks is None else common & set(networks))
        for name in sorted(before.names if names is None else names)
        if (had := before.answer(network, name)) != (gets := after.answer(network, name))
        and before.is_good(network, name, had)
        and gets.outcome is not Outcome.UNKNOWN
        and not after.is_good(network, name, gets)
    ]
