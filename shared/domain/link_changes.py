"""Which links come, go and move, for all zones of a name together. Pure.

A network can be linked to one zone of a name only, so with its link all names that its clients
resolve change zones at once. A move is judged by what they get, before it and after, on the zones
as the plan's records leave them (client-never-worse).
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from shared.domain.changes import LinkChange, RecordChange
from shared.domain.client_view import Client, PrivateZone, answer, with_records, worsens
from shared.domain.desired import Desired
from shared.domain.findings import Finding, FindingKind
from shared.domain.good_answers import GoodAnswers
from shared.domain.observation import Observation, ZoneState
from shared.domain.ownership import Owners, encode_refusal, link_name, network_hash
from shared.domain.resource_id import ResourceId
from shared.domain.routing import is_managed_link
from shared.domain.zone import Link, Links, Zone


@dataclass(slots=True)
class LinkPlan:
    """What becomes of one zone's links.

    Attributes:
        changes: those that come, then those that go.
        findings: what a person should know.
        in_progress: what waits, and for what.
    """

    changes: list[LinkChange] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    in_progress: list[str] = field(default_factory=list)


def plan_links(
    observation: Observation,
    desired: Mapping[ResourceId, Desired],
    records: Mapping[ResourceId, tuple[RecordChange, ...]],
    good_answers: GoodAnswers,
) -> Mapping[ResourceId, LinkPlan]:
    """The link changes of each zone for which something is desired, or from which a link moves.

    Args:
        observation: what was read.
        desired: what should be, by zone.
        records: what the plan makes of each zone's records, which come first.
        good_answers: tells what clients may not lose.
    """
    plans = defaultdict[ResourceId, LinkPlan](LinkPlan, ((id_, LinkPlan()) for id_ in desired))
    # Of links that could not be read none is known to be missing, or not to be needed.
    states = [
        state
        for state in observation.zone_states
        if state.zone.id in desired and state.link_error is None
    ]
    views = _Views(observation, records, good_answers)
    for state in states:
        for network, reason in sorted(desired[state.zone.id].link_reasons.items()):
            link = state.link_by_network.get(network)
            # Whosever link there is: a second one to the same zone Azure would refuse.
            if link is None or link.is_broken:
                _plan_link(state, network, reason, views, plans)
            elif link.is_working and not link.is_as_made:
                _plan_update(state.zone, link, observation.owners, plans[state.zone.id])
    for state in states:
        plan = plans[state.zone.id]
        names = {change.name for change in plan.changes if change.is_move}
        for hash_ in sorted(desired[state.zone.id].abandoned_networks):
            link = state.link_by_name.get(link_name(hash_))
            if link is None or link.name in names or link.is_deleting:
                continue
            if is_managed_link(link, observation.owners):
                reason = "its last endpoint is gone"
                plan.changes.append(LinkChange(state.zone, link.name, link.network, link, reason))
    for plan in plans.values():
        plan.changes.sort(key=lambda change: change.before is not None)
    return plans


def _plan_update(zone: Zone, link: Link, owners: Owners, plan: LinkPlan) -> None:
    """A link that somebody changed gets our values back; another's is left, and told elsewhere."""
    if is_managed_link(link, owners):
        what = "lets machines register" if link.has_registration else "has no public fallback"
        reason = f"somebody changed it: it {what}"
        plan.changes.append(LinkChange(zone, link.name, link.network, link, reason, is_update=True))


def _plan_link(
    state: ZoneState,
    network: ResourceId,
    reason: str,
    views: "_Views",
    plans: Mapping[ResourceId, LinkPlan],
) -> None:
    """A link that is missing: made, moved here, or waited for while another zone has it."""
    zone, plan, observation = state.zone, plans[state.zone.id], views.observation
    change = LinkChange(zone, link_name(network_hash(network)), network, None, reason)
    former = next((s for s in observation.zone_states if network in s.link_by_network), None)
    other = state.link_by_name.get(change.name)
    # Made all the same, it would be refused at every event (others-untouched).
    if other is not None and other.network != network:
        leads_to = other.network.name if other.network else "none that can be read"
        detail = f"link {other.name} leads to another network: {leads_to}"
        plan.findings.append(Finding(FindingKind.LINK_NAME_TAKEN, str(network), detail))
        return
    if former is None:
        former_zone = views.find_former_zone(network, state)
        plan.changes.append(replace(change, former_zone=former_zone))
        return
    link, group = former.link_by_network[network], former.zone.id.group
    if not is_managed_link(link, observation.owners):
        detail = f"link {link.name} ties it to the zone in resource group {group}, and is not ours"
        plan.findings.append(Finding(FindingKind.LINK_REFUSED, str(network), detail))
    elif link.is_broken:
        _plan_move(change, former, f"it was never made: Azure calls it {link.state}", plans)
    elif encode_refusal(zone.id, observation.day).items() <= link.tags.items():
        # Each try has a gap, so one that Azure has refused is not made again at every full sync.
        detail = "Azure refused it today, and the old link came back; it is tried again tomorrow"
        plan.findings.append(Finding(FindingKind.LINK_REFUSED, str(network), detail))
    elif link.is_deleting:
        plan.in_progress.append(f"the link of network {network.name} is being deleted")
    elif name := views.find_obstacle(network, former, state):
        why = f"network {network.name} is not linked yet: {name} is not published here"
        plan.in_progress.append(why)
    else:
        why = f"the zone in resource group {zone.id.group} serves the network"
        _plan_move(change, former, why, plans)


def _plan_move(
    change: LinkChange, former: ZoneState, reason: str, plans: Mapping[ResourceId, LinkPlan]
) -> None:
    """The two halves of a move: one link is made in the place of another."""
    if change.network is None:
        raise ValueError("a link is made for a network")
    link = former.link_by_network[change.network]
    plans[change.zone.id].changes.append(replace(change, is_move=True))
    removal = LinkChange(former.zone, link.name, change.network, link, reason, is_move=True)
    plans[former.zone.id].changes.append(removal)


class _Views:
    """What clients get, once the plan's records are written."""

    def __init__(
        self,
        observation: Observation,
        records: Mapping[ResourceId, tuple[RecordChange, ...]],
        good_answers: GoodAnswers,
    ) -> None:
        self.observation = observation
        self._good_answers = good_answers
        self._records = records

    def find_obstacle(self, network: ResourceId, former: ZoneState, latter: ZoneState) -> str:
        """A name whose good answer a network loses if its link moves; empty if it loses none.

        Nothing holds a move that gives a registry without public access, with an endpoint there,
        the good answer that it lacks.
        """
        zones = {one.zone.id: self._private_zone(one) for one in self.observation.zone_states}
        link = former.link_by_network[network]
        old, new = zones[former.zone.id], zones[latter.zone.id]
        links = {other: one for other, one in old.links.items() if other != network}
        new_links = {**new.links, network: replace(link, has_fallback=True)}
        moved_zones = zones | {
            former.zone.id: replace(old, links=links),
            latter.zone.id: replace(new, links=new_links),
        }
        before, after, client = tuple(zones.values()), tuple(moved_zones.values()), Client(network)
        names = sorted(self._good_answers.names_of(network))
        if any(self._gains(before, after, client, name) for name in names):
            return ""
        return next(
            (
                name
                for name in names
                if worsens(before, after, client, self._fqdn(name), self._good_answers)
            ),
            "",
        )

    def find_former_zone(self, network: ResourceId, latter: ZoneState) -> Zone | None:
        """Another zone that holds names which endpoints in the network claim, if one does."""
        hash_, networks = network_hash(network), self.observation.claim_networks
        return next(
            (
                state.zone
                for state in self.observation.zone_states
                if state is not latter
                and state.zone.links is Links.MANAGE
                and hash_ in networks[state.zone.id]
            ),
            None,
        )

    def _gains(
        self,
        before: tuple[PrivateZone, ...],
        after: tuple[PrivateZone, ...],
        client: Client,
        name: str,
    ) -> bool:
        """Whether a name that resolves nowhere else begins to resolve."""
        fqdn = self._fqdn(name)
        former, latter = (
            self._good_answers(client, fqdn, answer(zones, client, fqdn))
            for zones in (before, after)
        )
        return former is False and latter is True and self._good_answers.is_public(name) is False

    def _private_zone(self, state: ZoneState) -> PrivateZone:
        changes = self._records.get(state.zone.id, ())
        return with_records(state.private_zone, {one.name: one.after for one in changes})

    def _fqdn(self, name: str) -> str:
        return f"{name}.{self.observation.suffix}"
