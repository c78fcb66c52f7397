"""Claims: what becomes of each that a record bears, once its endpoint is judged. Pure.

A claim is all that is known of an endpoint that is gone, so it is judged even where neither
the endpoint nor its registry answers (no-unproven-delete).
"""

from collections.abc import Iterator, Mapping

from shared.domain.endpoint_state import (
    Ready,
    Removed,
    Retry,
    Routed,
    Undetermined,
    judge_endpoint,
    removal_by_move,
    removal_of,
)
from shared.domain.observation import Observation
from shared.domain.ownership import Claim, network_hash, ownership_status
from shared.domain.reading import Found, Reading
from shared.domain.registry_state import (
    MemberAddress,
    Name,
    RegistryState,
    reading_of,
    registry_of_claims,
)
from shared.domain.resources import Interface, Registry
from shared.domain.zone import record_name

# What becomes of a claim: a ready endpoint gives its address, or why none does.
type ClaimState = MemberAddress | Undetermined | Removed
# By name: the claims of its record's ownership.
type ClaimStates = Mapping[str, tuple[tuple[Claim, ClaimState], ...]]


def judge_claims(
    observation: Observation, registry_state: RegistryState, name: Name
) -> Iterator[tuple[Claim, ClaimState]]:
    """For each claim to an address of the name: who still gives it, or what becomes of it."""
    if name.ownership is None:
        return
    member_addresses = registry_state.member_addresses.get(name.name, {})
    # The endpoint knows the registry that the ownership names, be the names another one's now.
    registry_id = registry_of_claims(observation, name) or registry_state.id
    registry = registry_state.registry
    if not isinstance(registry, Found):
        registry = observation.registries.get(registry_id, registry)
    for claim in name.ownership.claims:
        if claim in member_addresses:
            yield claim, member_addresses[claim]
            continue
        sides = observation.evidence.sides_over.get((name.name, claim), frozenset())
        endpoint_reading = reading_of(observation, claim.endpoint)
        state = judge_endpoint(endpoint_reading, registry_id, registry, sides)
        if isinstance(state, Routed):
            yield claim, _judge_routed(observation, claim, name, state, registry)
        else:
            yield claim, removal_of(claim, name.name, endpoint_reading, state, registry, sides)
    for claim, state in _missing_claims(observation, registry_state, name):
        yield claim, _judge_routed(observation, claim, name, state, registry)


def _judge_routed(
    observation: Observation,
    claim: Claim,
    name: Name,
    state: Routed,
    registry: Reading[Registry],
) -> Undetermined | Removed:
    """What becomes of a claim of an endpoint that is another zone's; it may be over as well."""
    addresses = frozenset(_member_addresses(observation, state, name))
    interface = state.interface
    # An endpoint made again, or a member that is lost, the other zone will never hold: waiting
    # for it would keep the address here for good.
    if state.endpoint.guid[:8] != claim.guid or (isinstance(interface, Found) and not addresses):
        value = interface.value if isinstance(interface, Found) else Interface("", ())
        endpoint_reading = reading_of(observation, claim.endpoint)
        sides = observation.evidence.sides_over.get((name.name, claim), frozenset())
        ready = Ready(state.endpoint, value)
        return removal_of(claim, name.name, endpoint_reading, ready, registry, sides)
    if observation.link_error is not None:
        return Undetermined("the links of this zone cannot be read", Retry.UNREAD)
    link = observation.link_by_hash.get(claim.network)
    status = ownership_status(link.tags, observation.owners) if link else None
    return removal_by_move(claim, name.name, state.elsewhere, addresses, status)


def _member_addresses(observation: Observation, state: Routed, name: Name) -> Iterator[str]:
    """The addresses that the interface of an endpoint gives for a name."""
    if isinstance(state.interface, Found):
        for member in state.interface.value.members:
            if record_name(member.fqdn, observation.zone.suffix) == name.name:
                yield member.address


def _missing_claims(
    observation: Observation, registry_state: RegistryState, name: Name
) -> Iterator[tuple[Claim, Routed]]:
    """Claims of endpoints routed elsewhere, whose addresses are here, that damage has lost."""
    claims = name.ownership.claims if name.ownership else ()
    pairs = {(claim.endpoint, claim.address) for claim in claims}
    for id_, state in registry_state.endpoint_states.items():
        if isinstance(state, Routed):
            endpoint = state.endpoint
            for address in _member_addresses(observation, state, name):
                if address in name.addresses and (id_, address) not in pairs:
                    network = network_hash(endpoint.network)
                    yield Claim(id_, address, endpoint.guid[:8], network), state
