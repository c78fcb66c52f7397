"""What holds in every estate and every zone, whatever goes wrong with them."""

import random
from collections.abc import Mapping
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.desired import make_desired
from shared.domain.observation import Evidence, Observation
from shared.domain.ownership import (
    Adopt,
    Claim,
    Ownership,
    OwnershipStatus,
    decode_ownership,
    ownership_status,
)
from shared.domain.plan import Plan, make_plan
from shared.domain.reading import Found
from shared.domain.resource_id import ResourceId
from shared.domain.resources import Status
from shared.domain.zone import Zone
from shared.engine.context import make_context
from shared.engine.observe import observe
from shared.engine.target import Target
from tests.simulation.estates import Estate, estates, provenance, readable, zones


async def look_at(estate: Estate, zone: Zone) -> Observation:
    names, registries = frozenset(estate.azure.sets), frozenset(estate.registries)
    target = Target((zone,), frozenset((zone.id,)), registries, names=names)
    return await observe(target, Evidence(), make_context(estate.azure, (zone,)))


def planned(observation: Observation) -> Mapping[ResourceId, Plan]:
    return make_plan(observation, make_desired(observation, accept_partial=True), Adopt.NONE)


@given(estates(), zones)
async def test_the_plan_after_an_apply_is_empty(estate: Estate, zone: Zone) -> None:
    """From any state, a run does all it can, and the next writes nothing (idempotent)."""
    await estate.trouble(zone)
    await estate.run_all(zone)
    estate.azure.writes.clear()
    await estate.run_all(zone)
    assert estate.azure.writes == []


@given(estates(), zones)
async def test_foreign_record_sets_stay_byte_identical(estate: Estate, zone: Zone) -> None:
    """No run touches what does not carry our mark, whatever it holds (others-untouched)."""
    await estate.trouble(zone)
    foreign = {
        name: record
        for name, record in estate.azure.sets.items()
        if ownership_status(record.metadata, frozenset((zone.owner,)))
        is not OwnershipStatus.MANAGED
    }
    await estate.run_all(zone)
    assert {name: estate.azure.sets[name] for name in foreign} == foreign


@given(estates(), zones)
async def test_every_address_has_its_provenance(estate: Estate, zone: Zone) -> None:
    """Each address that a run adds stands on the interface of an Approved endpoint (provenance)."""
    await estate.trouble(zone)
    there = {(name, a) for name, record in estate.azure.sets.items() for a in record.addresses}
    estate.azure.writes.clear()
    await estate.run_all(zone)
    written = {(name, a) for _, name, addresses in estate.azure.writes for a in addresses}
    assert written - there <= provenance(estate.azure, zone)


@given(estates(), zones)
async def test_a_live_name_is_never_emptied(estate: Estate, zone: Zone) -> None:
    """A name that an Approved endpoint gives, and that resolves, always resolves (never-empty)."""
    await estate.trouble(zone)
    resolving = {name for name, record in estate.azure.sets.items() if record.addresses}
    given_names = readable(estate.azure, zone)
    estate.azure.writes.clear()
    await estate.run_all(zone)
    for method, name, addresses in estate.azure.writes:
        if name in resolving & given_names:
            assert method == "write"
            assert addresses


@given(estates(), zones)
async def test_no_address_goes_without_proof(estate: Estate, zone: Zone) -> None:
    """An address leaves only if its mark is ours and both sides, read directly, let it go.

    Invariant: no-unproven-delete.
    """
    await estate.trouble(zone)
    before = dict(estate.azure.sets)
    await estate.run_all(zone)
    for name, record in before.items():
        now = estate.azure.sets.get(name)
        remaining = set(now.addresses) if now else set()
        ownership = decode_ownership(record, frozenset((zone.owner,)))
        if ownership is None:
            assert set(record.addresses) <= remaining
        for claim in ownership.claims if ownership else ():
            if claim.address in record.addresses and must_stay(estate, ownership, claim):
                assert remaining, f"{name} lost its last address though {claim} must stay"


def must_stay(estate: Estate, ownership: Ownership | None, claim: Claim) -> bool:
    """Whether no-unproven-delete keeps the last address, told without the product's own code."""
    azure = estate.azure
    registry = ownership.registry if ownership else None
    endpoint = azure.endpoints.get(claim.endpoint)
    if claim.endpoint in azure.unknown or registry is None or registry in azure.unknown:
        return endpoint is None or endpoint.guid.startswith(claim.guid)
    if endpoint is not None and not endpoint.guid.startswith(claim.guid):
        return False
    over = (Status.REJECTED, Status.DISCONNECTED)
    ours_over = endpoint is None or endpoint.connections[registry] in over
    theirs = azure.registries[registry].connections.get(claim.endpoint)
    return not ours_over or theirs is Status.APPROVED


@given(estates(), zones, st.randoms(use_true_random=False))
async def test_the_order_of_what_was_read_does_not_matter(
    estate: Estate, zone: Zone, chance: random.Random
) -> None:
    """Whatever order Azure lists things in, the plan is the same, to the last byte."""
    await estate.trouble(zone)
    observation = await look_at(estate, zone)

    def shuffled[K, V](items: dict[K, V]) -> dict[K, V]:
        pairs = list(items.items())
        chance.shuffle(pairs)
        return dict(pairs)

    (state,) = observation.zone_states
    links = list(state.links)
    chance.shuffle(links)
    mixed_state = replace(state, records=shuffled(dict(state.records)), links=tuple(links))
    mixed = replace(
        observation,
        zones={zone.id: Found(mixed_state)},
        registries=shuffled(dict(observation.registries)),
        endpoint_readings=shuffled(dict(observation.endpoint_readings)),
    )
    assert planned(mixed) == planned(observation)


@given(estates(), zones)
async def test_planning_is_pure(estate: Estate, zone: Zone) -> None:
    """Planning twice from one look gives one plan, and asks Azure nothing."""
    await estate.trouble(zone)
    observation = await look_at(estate, zone)
    calls = len(estate.azure.calls)
    assert planned(observation) == planned(observation)
    assert len(estate.azure.calls) == calls
