"""A network's link moves to another zone only for the better (client-never-worse).

Each write is judged as it is made, by the judge that stands beside every Azure here. What a
network's clients had counts through the gap between two links, until the new one is made.
"""

from dataclasses import replace

import pytest

from shared.domain.ownership import Adopt
from shared.domain.reading import Unknown, UnknownReason
from shared.domain.resource_id import NETWORK, ResourceId
from shared.domain.resources import Status
from shared.domain.scope import FormerEndpointScope
from shared.domain.zone import Links, Selection, Zone
from tests.simulation.azure import ZONE_KEPT, Azure, an_id
from tests.simulation.full_syncs import full_sync
from tests.simulation.judging import order
from tests.simulation.situations import NORTH, PUBLISHED, north, one, regional
from tests.simulation.views import (
    DATA,
    LOGIN,
    PUBLIC,
    gets,
    handle,
    is_served,
    linked,
    mentions,
    put_link,
    put_record,
    set_pending,
    told,
)

KEPT = ZONE_KEPT.id
NET_A = an_id(NETWORK, "net-a")


async def moved() -> tuple[Azure, tuple[Zone, ...]]:
    """An endpoint in net-a, published and linked; from now on the zone `north` serves net-a."""
    azure, _, _ = one()
    await full_sync(azure)
    return azure, regional("net-a")


async def test_a_move_that_azure_refuses_is_undone() -> None:
    """The refusal shows only when the old link is gone: it goes back at once, and bears a note."""
    azure, zones = await moved()
    azure.refused_links[NORTH, NET_A] = "the zone has reached its limit of links"
    found = await full_sync(azure, *zones)
    assert gets(azure, "net-a") == "10.1.0.4"
    assert linked(azure, KEPT) == {"net-a"}
    assert told(found, "link-refused")


async def test_a_refused_move_is_not_tried_again_the_same_day() -> None:
    """The note on the link that was put back keeps the next full sync from a second gap."""
    azure, zones = await moved()
    azure.refused_links[NORTH, NET_A] = "the zone has reached its limit of links"
    await full_sync(azure, *zones)
    azure.writes.clear()
    await full_sync(azure, *zones)
    assert azure.writes == []
    assert gets(azure, "net-a") == "10.1.0.4"


async def test_no_network_moves_to_a_pending_address() -> None:
    """The new zone's record holds an address that waits for approval: the move is held."""
    azure, _ = await moved()
    (registry,) = azure.registries
    other = azure.add_endpoint("pe-n", registry, "10.2.0.4", "net-n")
    azure.peer("net-a", "net-n")
    await full_sync(azure, *regional("net-n"))
    set_pending(azure, registry, other)
    await full_sync(azure, *regional("net-a", "net-n"))
    assert gets(azure, "net-a") == "10.1.0.4"


async def test_no_network_moves_to_an_address_out_of_its_reach() -> None:
    """Published in the new zone is an endpoint in a network that this one does not reach."""
    azure, _ = await moved()
    (registry,) = azure.registries
    azure.add_endpoint("pe-n", registry, "10.2.0.4", "net-n")
    await full_sync(azure, *regional("net-n"))
    await full_sync(azure, *regional("net-a", "net-n"))
    assert gets(azure, "net-a") == "10.1.0.4"


def three_registries() -> tuple[Azure, ResourceId]:
    """Three registries with an endpoint each in net-a; returns the last one's endpoint."""
    azure, _, _ = one()
    azure.add_endpoint("pe-o", azure.add_registry("other"), "10.1.0.24")
    return azure, azure.add_endpoint("pe-z", azure.add_registry("zregistry"), "10.1.0.14")


def hold(azure: Azure, why: str) -> None:
    """Keep the move of net-a from being made."""
    registry, endpoint = next(iter(azure.registries)), next(iter(azure.endpoints))
    match why:
        case "wrong record":
            put_record(azure, NORTH, LOGIN, "10.9.9.9")
        case "pending":
            set_pending(azure, registry, endpoint)
        case "unreadable":
            azure.unknown[endpoint] = Unknown(UnknownReason.FORBIDDEN, "test")


@pytest.mark.parametrize("how", ["event", "timer"])
@pytest.mark.parametrize("why", ["wrong record", "pending", "unreadable"])
async def test_while_a_move_is_held_nobody_loses_the_old_link(why: str, how: str) -> None:
    """Another registry's endpoint goes meanwhile: the link stays for who still needs it."""
    azure, last = three_registries()
    await full_sync(azure)
    hold(azure, why)
    zones = regional("net-a")
    await full_sync(azure, *zones)
    azure.delete_endpoint(last)
    if how == "event":
        await handle(azure, FormerEndpointScope(last), *zones)
    await full_sync(azure, *zones, override_threshold=True)
    assert gets(azure, "net-a", "other") == "10.1.0.24"
    if why != "pending":
        assert gets(azure, "net-a") == "10.1.0.4"


@pytest.mark.parametrize("leaving", ["old", "new"])
async def test_a_move_between_a_zone_that_manages_links_and_one_that_leaves_them(
    leaving: str,
) -> None:
    """It comes to rest, and the new zone holds the names.

    Where the old zone's link is left to people, its names stay as long as it shows them; where
    the new one's is, the selector makes room for it.
    """
    azure, (old, new) = await moved()
    if leaving == "old":
        old = replace(old, links=Links.LEAVE)
    else:
        new = replace(new, links=Links.LEAVE)
        serving = {str(NET_A).lower(): str(NORTH).lower()}
        order(azure, serving=serving, left=frozenset(serving.values()))
    for _ in range(3):
        await full_sync(azure, old, new)
    if leaving == "old":
        assert gets(azure, "net-a") == "10.1.0.4"
    assert north(azure) == PUBLISHED
    azure.writes.clear()
    await full_sync(azure, old, new)
    assert azure.writes == []


async def test_a_zone_group_keeps_a_registrys_names_in_the_old_zone() -> None:
    """Azure keeps one registry's records in the old zone, so the network's link stays there."""
    azure, second = three_registries()
    await full_sync(azure)
    azure.attach_zone_group(second, wipe=True)
    for _ in range(2):
        await full_sync(azure, *regional("net-a"))
    assert gets(azure, "net-a", "zregistry") == "10.1.0.14"
    assert is_served(azure, "net-a")


@pytest.mark.parametrize("prefix", ["pe-", "pe-n"])
async def test_what_lingers_in_the_old_zone_is_not_written_at_every_sync(prefix: str) -> None:
    """Records stay for the threshold, and an endpoint of the same address comes to the new zone.

    Nothing is written for ever (idempotent), in whichever order the two came.
    """
    azure = Azure()
    registries = [azure.add_registry(f"registry{n}") for n in range(4)]
    for n, registry in enumerate(registries):
        azure.add_endpoint(f"pe-{n}", registry, f"10.{n}.0.4", "net-a")
    await full_sync(azure)
    for endpoint in list(azure.endpoints):
        azure.delete_endpoint(endpoint)
    for n, registry in enumerate(registries):
        azure.add_endpoint(f"{prefix}{n}", registry, f"10.{n}.0.4", "net-n")
    for _ in range(3):
        await full_sync(azure, *regional("net-n"))
    azure.writes.clear()
    await full_sync(azure, *regional("net-n"))
    assert azure.writes == []
    assert gets(azure, "net-n", "registry0") == "10.0.0.4"


@pytest.mark.parametrize("gone", ["deleted", "rejected", "disconnected"])
@pytest.mark.parametrize("selection", list(Selection))
async def test_one_of_two_regions_with_one_address_goes(selection: Selection, gone: str) -> None:
    """Two regions' endpoints have the same address; the record of the one that went goes."""
    azure, registry, endpoint = one()
    azure.add_endpoint("pe-n", registry, "10.1.0.4", "net-n")
    zones = tuple(replace(zone, selection=selection) for zone in regional("net-n"))
    await full_sync(azure, *zones)
    assert sorted(azure.zone()) == sorted(north(azure)) == [LOGIN, DATA]
    if gone == "deleted":
        azure.delete_endpoint(endpoint)
    else:
        status = Status(gone.capitalize())
        azure.set_status(endpoint, status)
        azure.connect(registry, endpoint, status)
    await full_sync(azure, *zones, override_threshold=True)
    assert azure.zone() == {}
    assert north(azure) == {LOGIN: ["10.1.0.4"], DATA: ["10.1.0.5"]}


@pytest.mark.parametrize("how", ["event", "full-sync"])
@pytest.mark.parametrize("stood_by", [True, False])
async def test_a_pending_endpoints_equal_address_keeps_no_name(how: str, *, stood_by: bool) -> None:
    """Two endpoints at one address in isolated networks: what is published goes with its own."""
    azure, registry, endpoint = one()
    if not stood_by:
        await full_sync(azure)
    other = azure.add_endpoint("pe-b", registry, "10.1.0.4", "net-b")
    await full_sync(azure)
    set_pending(azure, registry, other)
    azure.delete_endpoint(endpoint)
    if how == "event":
        await handle(azure, FormerEndpointScope(endpoint))
    else:
        await full_sync(azure, override_threshold=True)
    assert azure.zone() == {}


async def test_a_record_with_a_creator_moves_with_its_creators_network() -> None:
    """What a zone group wrote and we took over follows its endpoint's network to another zone."""
    azure, _, endpoint = one()
    azure.attach_zone_group(endpoint, wipe=True)
    azure.detach_zone_group(endpoint, clear=True)
    await full_sync(azure)
    for _ in range(3):
        await full_sync(azure, *regional("net-a"))
    assert north(azure) == {LOGIN: ["10.1.0.4"], DATA: ["10.1.0.5"]}
    assert gets(azure, "net-a") == "10.1.0.4"
    assert azure.zone() == {}


async def test_a_record_of_a_zone_group_that_another_zone_serves_can_be_adopted() -> None:
    """The group is gone and its endpoint is another zone's: an adopting run may write it."""
    azure, registry, endpoint = one()
    azure.add_endpoint("pe-n", registry, "10.2.0.4", "net-n")
    guid = azure.endpoints[endpoint].guid
    creator = f"created by private endpoint {endpoint.name} with resource guid {guid}"
    put_record(azure, NORTH, LOGIN, "10.1.0.4", creator=creator)
    await full_sync(azure, *regional("net-n"), adopt=Adopt.ALL)
    assert north(azure)[LOGIN] == ["10.2.0.4"]


async def test_who_is_linked_to_the_old_zone_besides_is_told() -> None:
    """A claim leaves the old zone with its network, at the selector's word.

    A finding names the network that has no endpoint of the registry, and loses the answer.
    """
    azure, _, _ = one()
    azure.peer("net-a", "hub")
    await full_sync(azure)
    put_link(azure, KEPT, "hub")
    order(azure, serving={str(NET_A).lower(): str(NORTH).lower()})
    found = await full_sync(azure, *regional("net-a"))
    found += await full_sync(azure, *regional("net-a"))
    assert gets(azure, "net-a") == "10.1.0.4"
    assert gets(azure, "hub") == PUBLIC
    assert mentions(found, "hub")


async def test_a_network_left_in_the_gap_is_linked_where_its_claims_stand() -> None:
    """A run ended between the old link and the new one, which Azure refuses from now on."""
    azure, zones = await moved()
    azure.zone_links.clear()
    azure.refused_links[NORTH, NET_A] = "the zone has reached its limit of links"
    for _ in range(2):
        await full_sync(azure, *zones)
    assert linked(azure, KEPT) == {"net-a"}
    assert gets(azure, "net-a") == "10.1.0.4"
