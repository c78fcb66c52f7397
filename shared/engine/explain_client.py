"""What clients of one network get for a name, from which zone, and whether they reach it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from shared.domain.client_view import Answer, Client, PrivateZone, answer, find_zone, record_names
from shared.domain.good_answers import GoodAnswers
from shared.domain.link_holds import NameFacts, ReachableAnswers
from shared.domain.reach import Reach
from shared.domain.reading import Found, Reading
from shared.domain.resource_id import ResourceId
from shared.domain.resources import Network
from shared.domain.zone import Link, Zone, ZoneReach, may_hide_names
from shared.engine.context import RunContext
from shared.engine.explain import Explanation


@dataclass(frozen=True, slots=True)
class ClientExplanation:
    """What clients of a network get for a name.

    Attributes:
        network: the network, as it was read.
        zone: the private zone that answers; None if the public DNS does.
        link: that zone's link to the network.
        answer: what it answers; None for a zone that the app does not keep, and so does not read.
        is_good: whether that leads to the name's registry; None where that is not known.
        is_out_of_reach: whether it would, were it in the network's reach.
        is_public: whether the name's registry answers in public; None where that is not known.
    """

    network: Network
    zone: ResourceId | None
    link: Link | None
    answer: Answer | None
    is_good: bool | None
    is_out_of_reach: bool
    is_public: bool | None


async def explain_client(
    explanation: Explanation, network: Network, context: RunContext
) -> ClientExplanation:
    """Find out what a network's clients get for an explained name; nothing is written.

    Raises:
        TransientError: a zone or its links could not be read.
    """
    fqdn, client = explanation.fqdn, Client(network.id, network.has_own_dns)
    kept_zones = {one.zone.id: one.zone for one in explanation.zone_explanations}
    zones = await _linked_zones(tuple(kept_zones.values()), network.id, context)
    best = find_zone(zones.values(), client, fqdn)
    id_ = next((one for one, zone in zones.items() if zone is best), None)
    zone = kept_zones.get(id_) if id_ else None
    if best and zone:
        names = tuple(record_names(best.name, fqdn))
        records = await asyncio.gather(*(context.azure.record(zone, name) for name in names))
        best = replace(best, records=dict(zip(names, records, strict=True)))
    link = best.links[network.id] if best else None
    facts = _facts(explanation)
    networks = await context.link_facts.networks(network.id, facts.networks)
    is_assumed = zone is not None and zone.reach is ZoneReach.ASSUMED
    good = ReachableAnswers(lambda _: facts, None if is_assumed else Reach(networks))
    # What other zones hold the app has no right to read.
    result = None if best and not zone else answer([best] if best else [], client, fqdn)
    return ClientExplanation(
        network,
        None if client.has_own_dns else id_,
        link,
        result,
        None if result is None or client.has_own_dns else good(client, fqdn, result),
        result is not None and good.is_out_of_reach(client, fqdn, result),
        facts.is_public,
    )


async def _linked_zones(
    kept_zones: tuple[Zone, ...], network: ResourceId, context: RunContext
) -> Mapping[ResourceId, PrivateZone]:
    """The private zones that may answer, with the network's link to each and no records."""
    azure = context.azure
    watch = await azure.subscriptions()
    lists = await asyncio.gather(*map(azure.list_private_zones, sorted(watch.ids)))
    ids = [
        id_
        for reading in lists
        if isinstance(reading, Found)
        for id_ in reading.value
        if may_hide_names(id_, kept_zones)
    ]
    readings: list[Reading[tuple[Link, ...]]] = [
        *[Found(tuple(one)) for one in await asyncio.gather(*map(azure.links, kept_zones))],
        *await asyncio.gather(*map(azure.list_zone_links, ids)),
    ]
    return {
        id_: PrivateZone(id_.name, {}, {network: link})
        for id_, reading in zip([*(z.id for z in kept_zones), *ids], readings, strict=True)
        if isinstance(reading, Found)
        for link in reading.value
        if link.network == network
    }


def _facts(explanation: Explanation) -> NameFacts:
    """What is known of the name, in all zones together."""
    for one in explanation.zone_explanations:
        if one.analysis is not None:
            return GoodAnswers(one.analysis.observation).facts(explanation.fqdn)
    return NameFacts(is_public=None)
