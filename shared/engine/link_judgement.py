"""Link judgement: which links of a plan are made now, held back, or left to a later run.

Judged on the zones as the plan's records leave them, before anything is written: what an endpoint
gives may have to wait with its network's link.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from shared.domain.client_view import Client, Outcome, PrivateZone
from shared.domain.findings import Finding, FindingKind
from shared.domain.good_answers import GoodAnswers
from shared.domain.link_holds import (
    Hold,
    Loss,
    NameFacts,
    ReachableAnswers,
    find_losses,
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

# Of a thousand names a finding names so many.
_MAX_NAMES = 5


@dataclass(slots=True)
class ZoneJudgement:
    """What becomes of the new links to one zone.

    Attributes:
        networks: those whose links are not made now.
        endpoints: those that are not published anew before their networks' links are made.
        findings: who would lose what.
        reasons: what is left to a later run.
    """

    networks: set[ResourceId] = field(default_factory=set)
    endpoints: set[ResourceId] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def leave(self, network: ResourceId, why: str) -> None:
        """Leave a network's link to a later run."""
        self.networks.add(network)
        reason = f"network {network.name} is not linked yet: {why}; the full sync will judge it"
        self.reasons.append(reason)

    def apply(self, plan: Plan) -> Plan:
        """The plan less the links that are not made, with what a person should know."""
        return replace(
            plan,
            links=tuple(
                one for one in plan.links if one.before or one.network not in self.networks
            ),
            findings=(*plan.findings, *self.findings),
            in_progress=(*plan.in_progress, *self.reasons),
        )


async def judge_links(
    observation: Observation,
    plans: Mapping[ResourceId, Plan],
    good_answers: GoodAnswers,
    facts: LinkFacts,
) -> Mapping[ResourceId, ZoneJudgement]:
    """Judge the links that plans would make, one after another, by zone and network.

    Args:
        observation: what the pass has read.
        plans: by zone.
        good_answers: what the pass knows of the names that it has read.
        facts: what is known of other names.
    """
    judgements = {}
    for state in observation.zone_states:
        plan = plans.get(state.zone.id, Plan())
        judge = _Judge(observation, state, plan, good_answers, facts)
        for change in plan.links:
            if change.before is None and not change.is_move and change.network:
                await judge.judge(change.network)
        judgements[state.zone.id] = judge.judgement
    return judgements


@dataclass(frozen=True, slots=True)
class _View:
    """What is known for the judgement of one network's link.

    Attributes:
        client: who asks.
        reach: which networks reach which; None where every network reaches every other.
        facts: by name.
        records: what stands in the zone, or will.
    """

    client: Client
    reach: Reach | None
    facts: Mapping[str, NameFacts]
    records: Mapping[str, RecordSet | None]


class _Judge:
    """Judges new links to one zone."""

    def __init__(
        self,
        observation: Observation,
        state: ZoneState,
        plan: Plan,
        good_answers: GoodAnswers,
        facts: LinkFacts,
    ) -> None:
        self.judgement = ZoneJudgement()
        self._observation = observation
        self._state = state
        self._good_answers = good_answers
        self._facts = facts
        # What this pass has read, and will write, is newer than any listing.
        self._records = {**state.records, **{one.name: one.after for one in plan.records}}

    async def judge(self, network: ResourceId) -> None:
        """Judge one network's link, and note what comes of it."""
        judgement = self.judgement
        try:
            view = await self._view(network)
            losses = tuple(self._find_losses(view, view.facts))
            view = await self._read_registries(view, losses)
        except TransientError as error:
            judgement.leave(network, str(error))
            return
        losses = tuple(self._find_losses(view, {self._name(loss) for loss in losses}))
        hold = judge_link(losses, self._public_states(view))
        judgement.findings += self._loss_findings(view, losses, hold)
        if hold is Hold.MAKE:
            return
        judgement.networks.add(network)
        if hold is Hold.LEAVE:
            names = ", ".join(sorted(self._name(loss) for loss in losses)[:_MAX_NAMES])
            judgement.leave(network, f"what it would get for {names} is not known")
        linked_networks = [
            id_ for id_, link in self._state.link_by_network.items() if link.is_working
        ]
        if must_wait(network, linked_networks, view.reach):
            judgement.endpoints |= self._endpoints(network)

    async def _view(self, network: ResourceId) -> _View:
        """What is known without any registry's own word, since most names need none."""
        zone = self._state.zone
        records = {**await self._facts.records(zone), **self._records}
        # What stands at the zone's own name answers for no registry.
        names = (self._facts.names(zone) | records.keys()) - {"@"}
        others = await self._facts.facts(zone, names - self._records.keys())
        facts = {**others, **{name: self._own_facts(name) for name in self._records}}
        hashes = {hash_ for one in facts.values() for hash_ in one.networks}
        networks = await self._facts.networks(network, hashes)
        reading = networks.get(network)
        return _View(
            Client(network, isinstance(reading, Found) and reading.value.has_own_dns),
            None if zone.reach is ZoneReach.ASSUMED else Reach(networks),
            facts,
            records,
        )

    async def _read_registries(self, view: _View, losses: Iterable[Loss]) -> _View:
        """The view with the word of the registries that matter: who would lose, and who is here."""
        names = {self._name(loss) for loss in losses}
        if names:
            names |= set(_names_in(view))
        public = await self._facts.public(self._state.zone, names - self._records.keys())
        facts = {
            name: replace(one, is_public=public.get(name, one.is_public))
            for name, one in view.facts.items()
        }
        return replace(view, facts=facts)

    def _own_facts(self, name: str) -> NameFacts:
        return self._good_answers.facts(self._fqdn(name))

    def _find_losses(self, view: _View, names: Iterable[str]) -> Iterator[Loss]:
        zone, client = self._state.zone, view.client
        link = Link("", "", client.network, {})
        before = PrivateZone(zone.id.name, view.records, {})
        after = PrivateZone(zone.id.name, view.records, {client.network: link})
        good = ReachableAnswers(lambda fqdn: view.facts[self._relative(fqdn)], view.reach)
        yield from find_losses([before], [after], client, map(self._fqdn, names), good)

    def _loss_findings(self, view: _View, losses: Iterable[Loss], hold: Hold) -> Iterator[Finding]:
        """Who would lose what, or will."""
        network = view.client.network
        fate = "its link is made all the same" if hold is Hold.MAKE else "its link is held back"
        far_losses = [loss for loss in losses if loss.is_out_of_reach and loss.is_certain]
        if far_losses:
            names = ", ".join(loss.fqdn for loss in far_losses[:_MAX_NAMES])
            more = (
                f" and {len(far_losses) - _MAX_NAMES} more" if len(far_losses) > _MAX_NAMES else ""
            )
            detail = (
                f"{names}{more} would resolve to {far_losses[0].words}, out of its reach; {fate}"
            )
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

    def _public_states(self, view: _View) -> Iterator[bool | None]:
        """Of each registry with a ready endpoint in the network: is its public access on?"""
        return (view.facts[name].is_public for name in _names_in(view))

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
