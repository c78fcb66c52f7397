"""Suspicion: which registries look wrong by a survey, how wrong, how many deletes it is. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain

from shared.domain.changes import (
    CreateLink,
    Patience,
    RecordChange,
    UpdateRecord,
    takes_away,
)
from shared.domain.desired import family_desired
from shared.domain.family import Family, families
from shared.domain.findings import Finding, Notice
from shared.domain.marks import Ownership, link_name, ownership
from shared.domain.model import Doubt, Found, Links, Mark, Observation, Peered, Status, Zone
from shared.domain.names import ResourceId, network_hash
from shared.domain.notices import orphan_notices, source_notices
from shared.domain.plan import Plan, is_ours, plan
from shared.domain.policy import DeleteThreshold
from shared.engine.bursts import Ground
from shared.engine.glance import glance
from shared.engine.lead import Lead
from shared.engine.overview import Survey, ZoneSurvey, observation
from shared.engine.reconcile import unanswered

# From here on a limit counts as near, in percent.
_NEAR = 90
_AZURES_RESOLVER = "168.63.129.16"


@dataclass(frozen=True, slots=True)
class Suspect:
    """A registry whose names look wrong in a zone.

    Attributes:
        registry: whose names they are; there is one suspect for it in a zone.
        lead: where to look.
        plan: what the lists suggest; the loop decides.
        harm: 0 if a record does not answer as it should, 1 if a network lacks its link,
            which Azure may refuse for ever, 2 if only a mark or a TTL is to be put right, 3 if
            something is only to be taken away.
        subscriptions: those of the registry and its endpoints.
    """

    registry: ResourceId
    lead: Lead
    plan: Plan
    harm: int
    subscriptions: frozenset[str]


@dataclass(frozen=True, slots=True)
class Case:
    """What a survey says about one zone.

    Attributes:
        suspects: registries that look wrong.
        notices: findings about everything else.
        idle: networks whose link of ours no endpoint in sight needs, by their hashes.
        managed: how many records and links bear this owner.
        unmanaged: how many record sets bear no owner.
        other_owner: how many record sets bear another.
        deletes: how many deletes the lists suggest, before any proof.
        marks: our marks on the records that did not pass at a glance.
        waiting: what is on its way at the registries that do not look wrong.
        gaps: what Azure did not answer about them.
    """

    suspects: tuple[Suspect, ...]
    notices: tuple[Notice, ...]
    idle: Mapping[str, ResourceId]
    managed: int
    unmanaged: int
    other_owner: int
    deletes: int
    marks: Mapping[str, Mark]
    waiting: tuple[str, ...]
    gaps: tuple[str, ...]


def investigate(survey: Survey, zone: ZoneSurvey, ground: Ground) -> Case:
    """What the survey says about the zone.

    Args:
        survey: the survey.
        zone: the zone's own part of it.
        ground: names the other zones.
    """
    seen = glance(survey, zone)
    look = observation(survey, zone, ground, seen)
    found, orphans = families(look)
    suspects: list[Suspect] = []
    notices: list[Notice] = [*source_notices(look), *orphan_notices(orphans)]
    waiting: list[str] = []
    gaps: list[str] = []
    wanted = set(seen.networks)
    doubts = 0
    for family in found:
        # Whether a link may go is asked of the whole zone, below.
        want = replace(family_desired(look, family, Patience.LAST), leaving=frozenset())
        wish = plan(look, want)
        wanted |= want.networks.keys()
        if wish.size or want.doubts:
            suspects.append(_suspect(family, wish, zone))
            doubts += len(want.doubts)
        else:
            notices.extend(wish.notices)
            waiting.extend(want.waiting)
            gaps.extend(_gaps(look, family, survey))
    idle = _idle(look, wanted, zone)
    stale = idle.keys() - noted(seen.marks.values())
    records = len(seen.marks) + sum(map(len, seen.passed.values()))
    others = sum(
        ownership(record.metadata, look.zone) is Ownership.ANOTHER_OWNER
        for record in seen.rest.values()
    )
    links = sum(is_ours(link, look.zone) for link in zone.known.links)
    # A link that will be kept is no candidate, or the threshold would hold for ever.
    going = sum(not _kept_for_peers(idle[hash_], survey, zone.zone) for hash_ in stale)
    deletes = sum(suspect.plan.deletes for suspect in suspects) + doubts + going
    return Case(
        suspects=tuple(suspects),
        notices=(
            *notices,
            *_limits(zone),
            *_custom_dns(wanted, survey),
            *_public(survey, zone),
            *_unreadable(survey),
        ),
        idle=idle,
        managed=records + links,
        unmanaged=len(zone.known.records) - records - others,
        other_owner=others,
        deletes=deletes,
        marks=seen.marks,
        waiting=tuple(waiting),
        gaps=tuple(gaps),
    )


def threshold_finding(case: Case, threshold: DeleteThreshold, zone: ResourceId) -> Notice | None:
    """The finding if more deletes are suggested than the threshold allows (delete-threshold)."""
    allowed = threshold.allowed(case.managed)
    if case.deletes <= allowed:
        return None
    detail = (
        f"{case.deletes} deletes planned of {case.managed} records and links, {allowed} allowed"
    )
    return Notice(Finding.DELETE_THRESHOLD, str(zone), detail)


def _gaps(look: Observation, family: Family, survey: Survey) -> list[str]:
    """What Azure did not answer of one registry, in subscriptions that could be listed."""
    registries = {family.id: family.registry}
    sources = {id_: look.sources[id_] for id_ in family.standings}
    asked = replace(
        look,
        registries={k: v for k, v in registries.items() if k.subscription not in survey.silent},
        sources={k: v for k, v in sources.items() if k.subscription not in survey.silent},
    )
    return unanswered(asked)


def _suspect(family: Family, wish: Plan, zone: ZoneSurvey) -> Suspect:
    marked = (name.mark.registry for name in family.names if name.mark and name.mark.registry)
    registries = frozenset((family.id, *marked))
    endpoints = frozenset(
        chain(
            family.standings,
            (e.endpoint for name in family.names if name.mark for e in name.mark.entries),
        )
    )
    lead = Lead(
        registries=registries,
        endpoints=endpoints,
        names=frozenset(name.name for name in family.names),
        whole=True,
        known=zone.known,
    )
    ids = (*registries, *endpoints)
    subscriptions = frozenset(id_.subscription for id_ in ids)
    return Suspect(family.id, lead, wish, _harm(wish), subscriptions)


def _harm(wish: Plan) -> int:
    """How much it matters to clients that the plan is not applied yet; 0 is worst."""
    kept = [change for change in wish.records if not takes_away(change)]
    if any(_changes_addresses(change) for change in kept):
        return 0
    if any(isinstance(change, CreateLink) for change in wish.links):
        return 1
    return 2 if kept else 3


def _changes_addresses(change: RecordChange) -> bool:
    match change:
        case UpdateRecord(before, after):
            return set(before.addresses) != set(after.addresses)
        case _:
            return True


def noted(marks: Iterable[Mark]) -> frozenset[str]:
    """The networks, by hash, that marks name; while one does, a link is not stale.

    Invariant: no-half-registry.
    """
    return frozenset(entry.network for mark in marks for entry in mark.entries)


def _idle(look: Observation, wanted: set[ResourceId], zone: ZoneSurvey) -> dict[str, ResourceId]:
    if look.zone.links is Links.LEAVE:
        return {}
    there = {
        source.endpoint.value.network
        for source in look.sources.values()
        if isinstance(source.endpoint, Found)
        and source.endpoint.value.in_use
        and source.elsewhere is None
    }
    needed = {network_hash(network) for network in wanted | there}
    ours = {
        network_hash(link.network): link
        for link in zone.known.links
        if link.network and is_ours(link, look.zone)
    }
    return {
        hash_: link.network
        for hash_, link in ours.items()
        if link.network and hash_ not in needed and link.name == link_name(hash_)
    }


def _kept_for_peers(network: ResourceId, survey: Survey, zone: Zone) -> bool:
    match survey.networks.get(network):
        case Found(found):
            return found.peered and zone.peered is Peered.KEEP
        case _:
            return False


def _limits(zone: ZoneSurvey) -> Iterator[Notice]:
    if zone.counts is None:
        detail = "how full it is could not be read"
        yield Notice(Finding.UNREADABLE, str(zone.zone.id), detail)
        return
    for what, number, most in (
        ("record sets", zone.counts.records, zone.counts.most_records),
        ("virtual network links", zone.counts.links, zone.counts.most_links),
    ):
        if number * 100 >= most * _NEAR:
            yield Notice(Finding.ZONE_LIMIT, str(zone.zone.id), f"{number} of {most} {what}")


def _custom_dns(wanted: set[ResourceId], survey: Survey) -> Iterator[Notice]:
    """About the networks that this zone serves and links: whom do their clients ask?"""
    for network in sorted(wanted):
        match survey.networks.get(network):
            case Found(found) if set(found.dns_servers) - {_AZURES_RESOLVER}:
                servers = ", ".join(found.dns_servers)
                yield Notice(Finding.CUSTOM_DNS, str(network), f"its DNS servers are {servers}")
            case _:
                continue


def _public(survey: Survey, zone: ZoneSurvey) -> Iterator[Notice]:
    public = (
        id_
        for id_, reading in survey.registries.items()
        if isinstance(reading, Found)
        and reading.value.public
        and zone.zone.holds(reading.value.login_server)
        and Status.APPROVED in reading.value.connections.values()
    )
    for id_ in sorted(public):
        yield Notice(Finding.PUBLIC_ACCESS, str(id_), "public network access is enabled")


def _unreadable(survey: Survey) -> Iterator[Notice]:
    for subscription, unknown in sorted(survey.silent.items()):
        if unknown.doubt is not Doubt.TRANSIENT:
            detail = f"{unknown.doubt} ({unknown.detail})"
            yield Notice(Finding.UNREADABLE, f"/subscriptions/{subscription}", detail)
