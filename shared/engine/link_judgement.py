"""Link judgement: which links of a plan are made now, held back, or left to a later run.

Judged on the zones as the plan's records leave them, before anything is written: what an endpoint
gives may have to wait with its network's link.
"""

import asyncio
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from shared.domain.client_view import Client, Outcome, PrivateZone
from shared.domain.findings import Finding, FindingKind, shorten
from shared.domain.good_answers import GoodAnswers
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
from shared.domain.observation import Observation, ZoneState
from shared.domain.ownership import network_hash
from shared.domain.plan import Plan
from shared.domain.reach import Reach
from shared.domain.reading import Found
from shared.domain.resource_id import ResourceId
from shared.domain.zone import Link, RecordSet, ZoneReach
from shared.engine.link_facts import LinkFacts
from shared.errors import TransientError


@dataclass(slots=True)
class LinkJudgement:
    """What becomes of the new links to one zone.

    Attributes:
        networks: those whose links are not made now.
        endpoints: those that are not published anew before their networks' links are made.
        findings: who would lose what.
        reasons: what is left to a later run.
        unread: what Azure did not answer, though it may when asked again.
    """

    networks: set[ResourceId] = field(default_factory=set)
    endpoints: set[ResourceId] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    def leave(self, network: ResourceId, why: str) -> None:
        """Leave a network's link to a later run."""
        self.networks.add(network)
        reason = f"network {network.name} is not linked yet: {why}; the full sync will judge it"
        self.reasons.append(reason)


async def judge_links(
    observation: Observation,
    plans: Mapping[ResourceId, Plan],
    good_answers: GoodAnswers,
    facts: LinkFacts,
    seconds: float,
) -> Mapping[ResourceId, LinkJudgement]:
    """Judge the links that plans would make, one after another; gives what comes of each zone's.

    Args:
        observation: what the pass has read.
        plans: by zone.
        good_answers: what the pass knows of the names that it has read.
        facts: what is known of other names.
        seconds: how long it may take: what is not known by then is left to a later run.
    """
    end = asyncio.get_running_loop().time() + seconds
    judgements = {}
    for state in observation.zone_states:
        judge = _Judge(observation, state, plans, good_answers, facts)
        for change in plans.get(state.zone.id, Plan()).links:
            if change.before is None and change.network:
                await judge.judge(change.network, end)
        judgements[state.zone.id] = judge.judgement
    return judgements


def apply_judgements(
    plans: Mapping[ResourceId, Plan], judgements: Mapping[ResourceId, LinkJudgement]
) -> dict[ResourceId, Plan]:
    """The plans less the links that are not made, with what a person should know."""
    networks = frozenset[ResourceId]().union(*(one.networks for one in judgements.values()))
    # Neither half of a move is made alone.
    return {
        id_: replace(
            plan,
            links=tuple(
                one
                for one in plan.links
                if one.network not in networks or not (one.is_move or one.before is None)
            ),
            findings=(*plan.findings, *judgements[id_].findings),
            in_progress=(*plan.in_progress, *judgements[id_].reasons),
            unread=tuple(judgements[id_].unread),
        )
        for id_, plan in plans.items()
    }


@dataclass(frozen=True, slots=True)
class _View:
    """What is known for the judgement of one network's link.

    Attributes:
        client: who asks.
        before: the zones without the link, as the plans' records leave them.
        after: the same with it.
        facts: by name.
        reach: which networks reach which; None where every network reaches every other.
    """

    client: Client
    before: tuple[PrivateZone, ...]
    after: tuple[PrivateZone, ...]
    facts: Mapping[str, NameFacts]
    reach: Reach | None

    @property
    def is_move(self) -> bool:
        """Whether the network is linked to another zone of the name now."""
        return len(self.before) > 1


class _Judge:
    """Judges new links to one zone."""

    def __init__(
        self,
        observation: Observation,
        state: ZoneState,
        plans: Mapping[ResourceId, Plan],
        good_answers: GoodAnswers,
        facts: LinkFacts,
    ) -> None:
        self.judgement = LinkJudgement()
        self._observation = observation
        self._state = state
        self._plans = plans
        self._good_answers = good_answers
        self._facts = facts

    async def judge(self, network: ResourceId, end: float) -> None:
        """Judge one network's link, and note what comes of it."""
        judgement = self.judgement
        try:
            async with asyncio.timeout_at(end):
                view = await self._view(network)
                losses = tuple(self._find_losses(view, view.facts))
                view = await self._read_registries(view, losses)
        except (TransientError, TimeoutError) as error:
            # A registry that resolves nowhere else needs its link, whatever else is there.
            if not self._has_private_registry(network):
                judgement.leave(network, "what it would get could not be read in time")
                judgement.unread.append(str(error) or "names for a link were not read in time")
            return
        losses = tuple(self._find_losses(view, {self._name(loss) for loss in losses}))
        hold = self._judge(view, losses)
        judgement.findings += self._loss_findings(view, losses, hold)
        if hold is Hold.MAKE:
            return
        judgement.networks.add(network)
        if hold is Hold.LEAVE:
            names = shorten([self._name(loss) for loss in losses])
            judgement.leave(network, f"what it would get for {names} is not known")
        linked_networks = self._facts.promised_networks(self._state.zone.id).union(
            id_ for id_, link in self._state.link_by_network.items() if link.is_working
        )
        if must_wait(losses, network, linked_networks, view.reach):
            judgement.endpoints |= self._endpoints(network)

    def _has_private_registry(self, network: ResourceId) -> bool:
        """Whether a registry of this pass with a ready endpoint there has no public access."""
        hash_ = network_hash(network)
        facts = (self._good_answers.facts(self._fqdn(name)) for name in self._state.records)
        return any(one.is_public is False and hash_ in one.networks for one in facts)

    def _judge(self, view: _View, losses: Collection[Loss]) -> Hold:
        if not view.is_move:
            return judge_link(losses, (view.facts[name].is_public for name in _names_in(view)))
        # All but reach is judged where the move is planned.
        fqdns = map(self._fqdn, _names_in(view))
        if has_gain(view.before, view.after, view.client, fqdns, self._good(view)):
            return Hold.MAKE
        return Hold.HOLD if any(one.is_out_of_reach for one in losses) else Hold.MAKE

    async def _view(self, network: ResourceId) -> _View:
        """What is known without any registry's own word, since most names need none."""
        zone, own_names = self._state.zone, self._state.records.keys()
        former = next((s for s in self._others if network in s.link_by_network), None)
        facts = {name: self._good_answers.facts(self._fqdn(name)) for name in own_names}
        records = self._planned_records(self._state)
        if former is None:
            # What this pass has read, and will write, is newer than any listing.
            records = {**await self._facts.records(zone), **records}
            # What stands at the zone's own name answers for no registry.
            names = (self._facts.names(zone) | records.keys()) - {"@"} - own_names
            facts |= await self._facts.facts(zone, names)
        hashes = {hash_ for one in facts.values() for hash_ in one.networks}
        networks = await self._facts.networks(network, hashes)
        reading = networks.get(network)
        before, after = self._zones(network, former, records)
        return _View(
            Client(network, isinstance(reading, Found) and reading.value.has_own_dns),
            before,
            after,
            facts,
            None if zone.reach is ZoneReach.ASSUMED else Reach(networks),
        )

    @property
    def _others(self) -> Iterator[ZoneState]:
        return (one for one in self._observation.zone_states if one is not self._state)

    def _planned_records(self, state: ZoneState) -> Mapping[str, RecordSet | None]:
        changes = self._plans.get(state.zone.id, Plan()).records
        return {**state.records, **{one.name: one.after for one in changes}}

    def _zones(
        self,
        network: ResourceId,
        former: ZoneState | None,
        records: Mapping[str, RecordSet | None],
    ) -> tuple[tuple[PrivateZone, ...], tuple[PrivateZone, ...]]:
        """The zones that matter, without the link and with it."""
        name = self._state.zone.id.name
        zone = PrivateZone(name, records, {})
        new_zone = replace(zone, links={network: Link("", "", network, {})})
        if former is None:
            return (zone,), (new_zone,)
        links = {network: former.link_by_network[network]}
        former_zone = PrivateZone(name, self._planned_records(former), links)
        return (former_zone, zone), (replace(former_zone, links={}), new_zone)

    async def _read_registries(self, view: _View, losses: Iterable[Loss]) -> _View:
        """The view with the word of the registries that matter: who would lose, and who is here."""
        names = {self._name(loss) for loss in losses}
        if names:
            names |= set(_names_in(view))
        public = await self._facts.public(self._state.zone, names - self._state.records.keys())
        facts = {
            name: replace(one, is_public=public.get(name, one.is_public))
            for name, one in view.facts.items()
        }
        return replace(view, facts=facts)

    def _find_losses(self, view: _View, names: Iterable[str]) -> Iterator[Loss]:
        fqdns = map(self._fqdn, names)
        yield from find_losses(view.before, view.after, view.client, fqdns, self._good(view))

    def _good(self, view: _View) -> ReachableAnswers:
        return ReachableAnswers(lambda fqdn: view.facts[self._relative(fqdn)], view.reach)

    def _loss_findings(self, view: _View, losses: Iterable[Loss], hold: Hold) -> Iterator[Finding]:
        """Who would lose what, or will."""
        network = view.client.network
        fate = "its link is made all the same" if hold is Hold.MAKE else "its link is held back"
        far_losses = [loss for loss in losses if loss.is_out_of_reach and loss.is_certain]
        if far_losses:
            names = shorten([loss.fqdn for loss in far_losses])
            detail = f"{names} would resolve to {far_losses[0].words}, out of its reach; {fate}"
            yield Finding(FindingKind.LINK_OUT_OF_REACH, str(network), detail)
        for loss in losses:
            if not loss.is_out_of_reach and self._is_worth_telling(view, loss):
                detail = f"clients in network {network.name} would get {loss.words}; {fate}"
                yield Finding(FindingKind.UNMANAGED_RECORD, self._name(loss), detail)

    def _is_worth_telling(self, view: _View, loss: Loss) -> bool:
        """Whether a person should look at the name: it is nobody's, as far as we can see."""
        if loss.is_certain or view.reach is None or isinstance(loss.answer, Outcome):
            return loss.is_certain
        return not all(view.reach.holds(view.client.network, one) for one in loss.answer)

    def _endpoints(self, network: ResourceId) -> frozenset[ResourceId]:
        return frozenset(
            reading.id
            for reading in self._observation.endpoint_readings.values()
            if isinstance(reading.endpoint, Found) and reading.endpoint.value.network == network
        )

    def _fqdn(self, name: str) -> str:
        return f"{name}.{self._state.zone.suffix}"

    def _relative(self, fqdn: str) -> str:
        return fqdn.removesuffix(f".{self._state.zone.suffix}")

    def _name(self, loss: Loss) -> str:
        return self._relative(loss.fqdn)


def _names_in(view: _View) -> Iterator[str]:
    """The names that ready endpoints in the client's network give."""
    hash_ = network_hash(view.client.network)
    return (name for name, one in view.facts.items() if hash_ in one.networks)
