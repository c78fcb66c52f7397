"""Claims: what becomes of each that a record bears, once its endpoint is judged. Pure.

A claim is all that is known of an endpoint that is gone, so it is judged even where neither
the endpoint nor its registry answers (no-unproven-delete).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeGuard

from shared.domain.client_view import Client, answer, with_records
from shared.domain.endpoint_state import (
    EndpointState,
    Ready,
    Removed,
    Retry,
    Undetermined,
    judge_endpoint,
    removal_of,
)
from shared.domain.good_answers import GoodAnswers
from shared.domain.observation import Observation, ZoneState
from shared.domain.ownership import Claim
from shared.domain.reading import Found
from shared.domain.registry_state import (
    MemberAddress,
    Name,
    RegistryState,
    member_addresses,
    reading_of,
    registry_of_claims,
)
from shared.domain.resource_id import ResourceId
from shared.domain.resources import Endpoint
from shared.domain.routing import (
    LinkNeed,
    holds_names,
    is_managed_link,
    link_need,
    serving_zone,
)
from shared.domain.zone import Links

# What becomes of a claim: a ready endpoint gives its address, or why none does.
type ClaimState = MemberAddress | Undetermined | Removed
# By name: the claims of its record's ownership.
type ClaimStates = Mapping[str, tuple[tuple[Claim, ClaimState], ...]]


def judge_claims(
    observation: Observation,
    zone_state: ZoneState,
    registry_state: RegistryState,
    name: Name,
    good_answers: GoodAnswers,
) -> Iterator[tuple[Claim, ClaimState]]:
    """For each claim to an address of the name: who still gives it, or what becomes of it."""
    if name.ownership is None:
        return
    by_claim = registry_state.member_addresses.get(name.name, {})
    # The endpoint knows the registry that the ownership names, be the names another one's now.
    registry_id = registry_of_claims(observation, name) or registry_state.id
    registry = registry_state.registry
    if not isinstance(registry, Found):
        registry = observation.registries.get(registry_id, registry)
    for claim in (*name.ownership.claims, *_missing_claims(zone_state, registry_state, name)):
        if claim in by_claim:
            yield claim, by_claim[claim]
            continue
        key = (zone_state.zone.id, name.name, claim)
        sides = observation.evidence.sides_over.get(key, frozenset())
        reading = reading_of(observation, claim.endpoint)
        state = judge_endpoint(reading, registry_id, registry, sides, zone_state.zone.id)
        if _is_elsewhere(state, claim, name, zone_state, observation):
            view = _View(observation, zone_state, registry_state, good_answers)
            yield claim, _judge_move(view, name, state.endpoint)
        else:
            yield claim, removal_of(claim, name.name, reading, state, registry, sides)


@dataclass(frozen=True, slots=True)
class _View:
    """All that decides whether a claim may leave a zone."""

    observation: Observation
    zone_state: ZoneState
    registry_state: RegistryState
    good_answers: GoodAnswers


def _is_elsewhere(
    state: EndpointState, claim: Claim, name: Name, zone_state: ZoneState, observation: Observation
) -> TypeGuard[Ready]:
    """Whether the claim's endpoint goes on to give the name, in another zone."""
    if not isinstance(state, Ready) or holds_names(zone_state, state.endpoint, observation):
        return False
    # An endpoint made again, or a member that is lost, the other zone will never hold: waiting
    # for it would keep the address here for good.
    names = {one.name for one in member_addresses([state], zone_state.zone.suffix)}
    return state.endpoint.guid[:8] == claim.guid and name.name in names


def _judge_move(view: _View, name: Name, endpoint: Endpoint) -> Undetermined | Removed:
    """What becomes of a claim whose endpoint's network another zone serves.

    It leaves once its network, and each network linked here with an endpoint of the registry,
    gets a good answer without it; of others, the selector is the operator's word
    (docs/decisions/0009-a-network-moves-link-first.md).
    """
    zone = serving_zone(view.observation.kept_zones, endpoint)
    if zone is None:
        return Undetermined("no zone serves the endpoint's network", Retry.NONE)
    text = f"the zone in resource group {zone.id.group} serves the endpoint's network"
    reading = view.observation.zones.get(zone.id)
    if not isinstance(reading, Found) or reading.value.link_error is not None:
        return Undetermined(f"{text}, but cannot be read", Retry.UNREAD)
    if view.zone_state.link_error is not None:
        return Undetermined(f"{text}, but the links of this one cannot be read", Retry.UNREAD)
    link = view.zone_state.link_by_network.get(endpoint.network)
    # What others have linked, only they can take away.
    if link and link.is_working and not is_managed_link(link, view.observation.owners):
        return Undetermined(f"{text}, but the network is still linked to this one", Retry.NONE)
    if not _has_good_answer(view, name, endpoint.network, reading.value):
        return Undetermined(
            f"{text}, but clients do not get the name there yet", Retry.BEING_REMOVED
        )
    return _judge_others(view, name, text) or Removed(f"{text}, and clients get the name there")


def _judge_others(view: _View, name: Name, text: str) -> Undetermined | None:
    """Why a claim stays for the sake of other networks that see this zone; None if it need not."""
    # An endpoint that may be read later can be in such a network.
    states = view.registry_state.endpoint_states.values()
    if any(isinstance(one, Undetermined) and one.retry is Retry.UNREAD for one in states):
        return Undetermined(f"{text}, but not every endpoint could be read", Retry.UNREAD)
    for network in sorted(_linked_networks(view)):
        if not _is_good(view, name, network):
            return Undetermined(f"{text}, but network {network.name} needs it here", Retry.NONE)
    return None


def _has_good_answer(
    view: _View, name: Name, network: ResourceId, serving_state: ZoneState
) -> bool:
    """Whether a network gets a good answer without this zone, as far as its links are known."""
    if serving_state.zone.links is Links.LEAVE:
        # People link it, so whether they have is not asked.
        record = serving_state.records.get(name.name)
        addresses = frozenset(record.addresses if record else ())
        return view.good_answers(Client(network), _fqdn(view, name), addresses) is True
    is_linked = network in serving_state.link_by_network
    return (is_linked or view.zone_state.zone.links is Links.MANAGE) and _is_good(
        view, name, network
    )


def _is_good(view: _View, name: Name, network: ResourceId) -> bool:
    """Whether a network gets a good answer once this zone holds only what its endpoints give."""
    others = {claim.address for claim in view.registry_state.member_addresses.get(name.name, {})}
    record = name.record and replace(name.record, addresses=tuple(others)) if others else None
    zones = [
        with_records(state.private_zone, {name.name: record})
        if state is view.zone_state
        else state.private_zone
        for state in view.observation.zone_states
    ]
    client, fqdn = Client(network), _fqdn(view, name)
    return view.good_answers(client, fqdn, answer(zones, client, fqdn)) is True


def _linked_networks(view: _View) -> frozenset[ResourceId]:
    """The networks that see this zone and have a ready endpoint of the registry.

    Less those that are to be linked by people to the zone that serves them: here they are not.
    """
    return frozenset(
        state.endpoint.network
        for state in view.registry_state.endpoint_states.values()
        if isinstance(state, Ready)
        and state.endpoint.network in view.zone_state.link_by_network
        and link_need(Found(state.endpoint), view.zone_state.zone, view.observation.kept_zones)
        is not LinkNeed.NONE
    )


def _fqdn(view: _View, name: Name) -> str:
    return f"{name.name}.{view.zone_state.zone.suffix}"


def _missing_claims(
    zone_state: ZoneState, registry_state: RegistryState, name: Name
) -> Iterator[Claim]:
    """Claims that damage has lost, of endpoints elsewhere whose addresses are here."""
    claims = name.ownership.claims if name.ownership else ()
    pairs = {(claim.endpoint, claim.address) for claim in claims}
    states = (registry_state.endpoint_states[id_] for id_ in registry_state.routes)
    for one in member_addresses(states, zone_state.zone.suffix):
        pair = (one.claim.endpoint, one.claim.address)
        if one.name == name.name and one.claim.address in name.addresses and pair not in pairs:
            yield one.claim
