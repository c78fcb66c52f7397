"""The judge: no write of ours takes a good answer from anybody (client-never-worse).

It is told of each change that takes effect, ours or anybody's, with all documents before and
after it. What section "client-never-worse" of docs/invariants.md excepts is excused here, each
exception by a function of its own, from documents and from what operators ordered.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tests.judge.answers import addresses_of, is_within, network_of
from tests.judge.documents import LINK, A, Documents, Json, last_segment, parent_of, type_of
from tests.judge.view import Loss, View, worsened


@dataclass(frozen=True)
class Orders:
    """What operators ordered, which no document of Azure's says.

    Attributes:
        serving: ID of the zone that is to serve a network, by the network's ID; in lower case.
        left: IDs of zones whose links are left to people; in lower case.
        unreadable: IDs of registries that nobody can read for good; in lower case.
    """

    serving: Mapping[str, str] = field(default_factory=dict)
    left: frozenset[str] = frozenset()
    unreadable: frozenset[str] = frozenset()

    def is_for_people_to_link(self, network: str, zone: str) -> bool:
        """Whether another zone is to serve a network, and people are to link it there.

        Azure takes their link once ours is gone, so names and link make room for it.
        """
        serving = self.serving.get(network, zone)
        return serving != zone and serving in self.left


@dataclass(frozen=True)
class Write:
    """One change of ours of one record set or link.

    Attributes:
        id: its ID.
        old: the document before, None if it was not there.
        new: the document after, None if it is gone.
    """

    id: str
    old: Json | None
    new: Json | None

    @property
    def zone(self) -> str:
        """ID of the zone that holds it, in lower case."""
        return parent_of(self.id).lower()

    @property
    def network(self) -> str:
        """ID of the network, if it is a link."""
        return network_of(self.new or self.old or {})

    @property
    def does(self) -> str:
        """What it does, to what, in words."""
        kind = "link" if type_of(self.id) == LINK else "record"
        deed = "made" if self.old is None else "removed" if self.new is None else "changed"
        return f"{kind} {last_segment(self.id)} {deed} in {self.zone.split('/')[4]}"


def writes(before: Documents, after: Documents) -> Iterator[Write]:
    """What differs between two moments, of record sets and links."""
    for type_ in (A, LINK):
        old = {one["id"].lower(): one for one in before.of(type_)}
        new = {one["id"].lower(): one for one in after.of(type_)}
        for id_ in sorted(old.keys() | new.keys()):
            if old.get(id_) != new.get(id_):
                yield Write(id_, old.get(id_), new.get(id_))


@dataclass(frozen=True)
class _Publication:
    """An address that its owner asked for, though a network lost a good answer to it."""

    write: Write
    loss: Loss
    networks: frozenset[str]


class Judge:
    """Judges one history.

    Args:
        orders: what operators ordered.

    Attributes:
        violations: the good answers that were taken so far, in words.
    """

    def __init__(self, orders: Orders | None = None) -> None:
        self.orders = orders or Orders()
        self.violations: list[str] = []
        # Links of ours that we removed: until the run's end, or until we link the network again,
        # what they showed counts, since a link that moves has a gap.
        self._gaps: dict[str, Json] = {}
        self._publications: list[_Publication] = []

    def see(self, before: Documents, after: Documents) -> None:
        """A write of ours took effect."""
        for write in writes(before, after):
            self._see(before, after, write)

    def _see(self, before: Documents, after: Documents, write: Write) -> None:
        if type_of(write.id) == LINK:
            self._see_link(before, after, write)
        elif type_of(write.id) == A:
            views = self._with_gaps(before), self._with_gaps(after)
            losses = worsened(*views, _sees(views[0], write.zone), _concerned(views[0], write))
            self._judge(*views, write, losses)

    def finish(self, now: Documents) -> list[str]:
        """The history ends: what was to be restored by now is judged; all violations."""
        for network, link in self._gaps.items():
            before, after = self._with_gaps(now), View(now)
            write = Write(link["id"], link, None)
            self._judge(before, after, write, worsened(before, after, {network}))
        self._gaps.clear()
        for one in self._publications:
            if not self._is_of_use(View(now), one):
                self._violate(one.write, one.loss)
        self._publications.clear()
        return self.violations

    def _with_gaps(self, documents: Documents) -> View:
        for link in self._gaps.values():
            documents = documents.replaced(link["id"], link)
        return View(documents)

    def _see_link(self, before: Documents, after: Documents, write: Write) -> None:
        if write.new is None:
            if _is_complete(write.old):
                self._gaps[write.network] = write.old or {}
            return
        if not _is_complete(write.new):
            return
        views = self._with_gaps(before), View(after)
        was = self._gaps.pop(write.network, None)
        views = views[0], self._with_gaps(after)
        gains = _gains(*views, write.network)
        losses = worsened(*views, {write.network})
        needed = gains if was else views[1].private_names(write.network)
        self._judge(*views, write, [] if needed else losses)

    def _judge(self, before: View, after: View, write: Write, losses: list[Loss]) -> None:
        for loss in losses:
            if before.registry_ids(loss.name) & self.orders.unreadable:
                continue
            if type_of(write.id) == LINK:
                if write.new is None and self.orders.is_for_people_to_link(
                    write.network, write.zone
                ):
                    continue
            elif type_of(write.id) == A:
                if self._is_selectors_word(before, write, loss):
                    continue
                if publication := _publication(before, after, write, loss):
                    self._publications.append(publication)
                    continue
            self._violate(write, loss)

    def _violate(self, write: Write, loss: Loss) -> None:
        self.violations.append(f"{write.does}: {loss}")

    def _is_selectors_word(self, before: View, write: Write, loss: Loss) -> bool:
        """Whether claims left that another zone serves, and who loses has none of its own.

        Where people are to link the other zone, those who have one of their own wait for them.
        """
        left = addresses_of(write.old) - addresses_of(write.new)
        networks = {m.network for m in before.members[loss.name] if m.address in left}
        elsewhere = all(self.orders.serving.get(one, write.zone) != write.zone for one in networks)
        by_people = self.orders.is_for_people_to_link(loss.network, write.zone)
        has_own = before.has_endpoint(loss.network, loss.name)
        return bool(networks) and elsewhere and (by_people or not has_own)

    @staticmethod
    def _is_of_use(now: View, one: _Publication) -> bool:
        """Whether some network that sees the zone in the end reaches what was published in it."""
        return any(
            parent_of(link["id"]).lower() == one.write.zone
            and now.reached(network_of(link)) & one.networks
            for link in now.documents.of(LINK)
        )


def _sees(view: View, zone: str) -> set[str]:
    """The networks that see a zone."""
    links = view.documents.of(LINK, f"{zone}/virtualnetworklinks")
    return {network_of(link) for link in links}


def _concerned(view: View, write: Write) -> set[str]:
    """The names whose answers a record can change: its own, and those above and below it.

    A wildcard answers for what is below the name that it stands at.
    """
    record = f"{last_segment(write.id)}.{last_segment(write.zone)}".removeprefix("@.")
    domain = record.removeprefix("*.")
    return {
        name
        for name in view.names
        if any(
            is_within(one, domain) or is_within(domain, one) for one in view.resolver.asked(name)
        )
    }


def _is_complete(link: Json | None) -> bool:
    return bool(link) and link["properties"]["virtualNetworkLinkState"] == "Completed"  # type: ignore[index]


def _gains(before: View, after: View, network: str) -> set[str]:
    """The names of registries without public access that a network's own endpoints now serve."""
    return {
        name
        for name in after.private_names(network)
        if not before.is_good(network, name, before.answer(network, name))
        and after.is_good(network, name, after.answer(network, name))
    }


def _publication(before: View, after: View, write: Write, loss: Loss) -> _Publication | None:
    """The write as one that an endpoint's owner asked for: it adds what is ready, takes nothing."""
    old, new = addresses_of(write.old), addresses_of(write.new)
    ready = {member.address for member in before.members[loss.name]}
    if not new - old or not new - old <= ready or not old & ready <= new:
        return None
    asking = [member for member in after.members[loss.name] if member.address in new - old]
    return _Publication(write, loss, frozenset(member.network for member in asking))
