"""What holds for full syncs in every estate and every zone, whatever went wrong before."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.desired import make_registry_desired
from shared.domain.good_answers import GoodAnswers
from shared.domain.ownership import Adopt
from shared.domain.plan import make_plan
from shared.domain.policy import Policy
from shared.domain.registry_state import registry_states
from shared.domain.resource_id import ResourceId
from shared.domain.resources import Status
from shared.domain.zone import Selection, Zone
from shared.engine.context import make_context
from shared.engine.deadline import Deadline
from shared.engine.drift import observe_snapshot
from shared.engine.fast_path import FastPath, ZoneRest, find_in_step
from shared.engine.result import ChangeState
from shared.engine.snapshot import ZoneSnapshot, take_snapshot
from tests.simulation.azure import Azure
from tests.simulation.estates import Estate, estates, provenance, readable, zones
from tests.simulation.full_syncs import full_sync

OVER = (Status.REJECTED, Status.DISCONNECTED)


def unmarked(azure: Azure) -> dict[str, object]:
    """Record sets without this deployment's mark, less the empty ones that a full sync may fill."""
    return {
        name: record
        for name, record in azure.sets.items()
        if record.metadata.get("acrPrivateDns", "") != "owner"
        and (record.addresses or {"acrPrivateDns", "creator"} & record.metadata.keys())
    }


def live(azure: Azure) -> list[ResourceId]:
    """Endpoints that nothing keeps from being published, told without the product's code."""
    return [
        id_
        for id_, endpoint in azure.endpoints.items()
        if id_ not in azure.unknown and id_ not in azure.grouped
        for registry, status in endpoint.connections.items()
        if status is Status.APPROVED
        and registry not in azure.unknown
        and azure.registries[registry].connections.get(id_) is Status.APPROVED
    ]


def differ(estate: Estate, endpoint: ResourceId) -> bool:
    """Whether endpoints of the same registry give different members, or one does not answer."""
    (registry,) = estate.azure.endpoints[endpoint].connections
    beside = [other for other in estate.azure.endpoints.values() if registry in other.connections]
    given = {
        frozenset(member.name for member in estate.azure.interfaces[other.interfaces[0]].members)
        for other in beside
    }
    return len(given) > 1 or any(other.id in estate.azure.unknown for other in beside)


@given(estates(), zones)
@settings(max_examples=40)
async def test_one_full_sync_makes_the_zone_what_it_should_be(estate: Estate, zone: Zone) -> None:
    """Each name of a live endpoint resolves to one, and where all are merged to each of them.

    Where one endpoint is published for all, it decides which names there are, and the one that
    is published keeps its place while it does not answer.
    """
    await estate.trouble(zone)
    await full_sync(estate.azure, zone, override_threshold=True)
    foreign = unmarked(estate.azure)
    for endpoint in live(estate.azure):
        for name, address in provenance(estate.azure, zone, endpoint):
            if name in foreign or (zone.selection is Selection.FIRST and differ(estate, endpoint)):
                continue
            published = estate.azure.sets[name].addresses
            assert published
            if zone.selection is Selection.MERGE:
                assert address in published


@given(estates(), zones)
@settings(max_examples=40)
async def test_the_full_sync_after_a_full_sync_writes_nothing(estate: Estate, zone: Zone) -> None:
    """A full sync does all that it can, so that the next one has nothing to write (idempotent)."""
    await estate.trouble(zone)
    await full_sync(estate.azure, zone, override_threshold=True)
    estate.azure.writes.clear()
    (result,) = await full_sync(estate.azure, zone, override_threshold=True)
    assert estate.azure.writes == []
    assert result.in_state(ChangeState.DONE) == []


@given(estates(), zones)
@settings(max_examples=40)
async def test_what_is_not_ours_stays_byte_identical(estate: Estate, zone: Zone) -> None:
    """No full sync touches a record set without our mark, unless it is empty and unmarked.

    Invariant: others-untouched.
    """
    await estate.trouble(zone)
    before = unmarked(estate.azure)
    await full_sync(estate.azure, zone, override_threshold=True)
    assert {name: estate.azure.sets[name] for name in before} == before


@given(estates(), zones)
@settings(max_examples=40)
async def test_a_full_sync_empties_no_live_name(estate: Estate, zone: Zone) -> None:
    """A name that an Approved endpoint gives, and that resolves, always resolves (never-empty)."""
    await estate.trouble(zone)
    resolving = {name for name, record in estate.azure.sets.items() if record.addresses}
    given_names = readable(estate.azure, zone)
    doubtful = {
        name
        for id_, endpoint in estate.azure.endpoints.items()
        if id_ not in live(estate.azure)
        for name, _ in provenance(estate.azure, zone, id_)
        if endpoint.connections
    }
    estate.azure.writes.clear()
    await full_sync(estate.azure, zone, override_threshold=True)
    for method, name, addresses in estate.azure.writes:
        if name in (resolving & given_names) - doubtful:
            assert method == "write"
            assert addresses


@given(estates(), zones)
@settings(max_examples=40)
async def test_every_address_that_a_full_sync_writes_has_its_provenance(
    estate: Estate, zone: Zone
) -> None:
    """Each address that a full sync adds stands on the interface of an Approved endpoint.

    Invariant: provenance.
    """
    await estate.trouble(zone)
    there = {(name, a) for name, record in estate.azure.sets.items() for a in record.addresses}
    estate.azure.writes.clear()
    await full_sync(estate.azure, zone, override_threshold=True)
    written = {(name, a) for _, name, addresses in estate.azure.writes for a in addresses}
    assert written - there <= provenance(estate.azure, zone)


@given(estates(), zones)
@settings(max_examples=40)
async def test_no_address_goes_while_either_side_may_still_want_it(
    estate: Estate, zone: Zone
) -> None:
    """What goes, goes since a side said so; what both may still want, or nobody could read, stays.

    One side's word suffices here since a full sync hears it twice, and so does a guid that
    is another than the mark's (no-unproven-delete).
    """
    await estate.trouble(zone)
    azure, before = estate.azure, dict(estate.azure.sets)
    wanted = {
        (name, address)
        for id_, endpoint in azure.endpoints.items()
        if id_ not in azure.unknown and endpoint.guid != "f" * 36
        for registry, status in endpoint.connections.items()
        if registry not in azure.unknown
        and status not in OVER
        and azure.registries[registry].connections.get(id_, Status.DISCONNECTED) not in OVER
        for member in azure.interfaces[endpoint.interfaces[0]].members
        for name, address in ((member.fqdn.removesuffix(f".{zone.suffix}"), member.address),)
    }
    await full_sync(azure, zone, override_threshold=True)
    for name, record in before.items():
        if any((name, address) in wanted for address in record.addresses):
            assert azure.sets[name].addresses, f"{name} lost its last address"


@given(estates(), zones, st.booleans())
@settings(max_examples=40)
async def test_nothing_goes_and_nothing_is_written_where_it_must_not(
    estate: Estate, zone: Zone, dry: bool
) -> None:
    """A dry run writes nothing, and upsert-only takes no name and no last address away."""
    await estate.trouble(zone)
    before = dict(estate.azure.sets)
    estate.azure.writes.clear()
    if dry:
        await full_sync(estate.azure, zone, override_threshold=True, dry_run=True)
        assert estate.azure.sets == before
        assert estate.azure.writes == []
    else:
        await full_sync(estate.azure, zone, policy=Policy.UPSERT_ONLY)
        assert before.keys() <= estate.azure.sets.keys()
        for name, record in before.items():
            assert not set(estate.azure.sets[name].addresses) < set(record.addresses)


@given(estates(), zones)
@settings(max_examples=40)
async def test_lists_alone_take_nothing(estate: Estate, zone: Zone) -> None:
    """Whatever lists leave out, no name goes that would have stayed otherwise.

    Invariant: no-unproven-delete.
    """
    await estate.trouble(zone)
    azure, before = estate.azure, dict(estate.azure.sets)
    links = dict(azure.zone_links)
    await full_sync(azure, zone, override_threshold=True)
    kept = {name for name in before if name in azure.sets and azure.sets[name].addresses}
    azure.sets, azure.zone_links = dict(before), links
    azure.unlisted = {*estate.endpoints, *estate.registries}
    await full_sync(azure, zone, override_threshold=True)
    assert all(azure.sets[name].addresses for name in kept if before[name].addresses)


@given(estates(), zones)
@settings(max_examples=40)
async def test_what_passes_on_the_fast_path_has_nothing_to_change(
    estate: Estate, zone: Zone
) -> None:
    """The fast path is never more lenient than the full judgement: who passes has an empty plan."""
    await estate.trouble(zone)
    azure = estate.azure
    context = make_context(azure, (zone,))
    seen = await take_snapshot(context, Deadline(60))
    found = seen.zones[zone.id]
    assert isinstance(found, ZoneSnapshot)
    fast_path = find_in_step(seen, (zone,), [found], context.owners)
    everything = ZoneRest(found.listing.records, {}, frozenset(), 0)
    observation = observe_snapshot(seen, (zone,), context, FastPath({}, {zone.id: everything}))
    (zone_state,) = observation.zone_states
    for registry_state in registry_states(observation, zone_state)[0]:
        if registry_state.id in fast_path.registries:
            desired = replace(
                make_registry_desired(
                    observation,
                    zone_state,
                    registry_state,
                    GoodAnswers(observation),
                    accept_partial=True,
                ),
                abandoned_networks=frozenset(),
            )
            plans = make_plan(observation, {zone.id: desired}, Adopt.EMPTY)
            assert plans[zone.id].changes == ()
            assert desired.sides_over == {}
            assert desired.findings == ()
            assert (
                frozenset(name.name for name in registry_state.names)
                == fast_path.registries[registry_state.id].names
            )
