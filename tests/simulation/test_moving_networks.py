"""Networks that another zone serves now: names first, then the link, then the old records."""

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.scope import RegistryScope
from shared.domain.zone import Links, Zone
from shared.errors import TransientError
from tests.simulation.azure import ZONE_KEPT, Azure
from tests.simulation.full_syncs import full_sync
from tests.simulation.situations import (
    NET_A,
    NORTH,
    PUBLISHED,
    north,
    one,
    regional,
    shows,
    visited,
)


async def test_a_network_moves_when_all_that_it_sees_has_moved() -> None:
    """While one registry of a network is not published in the new zone, its link stays.

    Invariant: never-empty.
    """
    azure, _, _ = one()
    azure.add_endpoint("pe-z", azure.add_registry("zregistry"), "10.1.0.14")
    await full_sync(azure)
    seen = dict(shows(azure, NET_A))
    assert len(seen) == 4
    await full_sync(azure, *regional("net-a"), limit=3)
    assert shows(azure, NET_A) == seen


async def test_a_network_does_not_move_to_a_zone_whose_record_is_locked() -> None:
    """A lock that keeps a name out of the new zone keeps the network in the old one.

    Invariant: never-empty.
    """
    azure, _, _ = one()
    await full_sync(azure)
    azure.locked = {"myregistry"}
    await full_sync(azure, *regional("net-a"))
    assert shows(azure, NET_A)["myregistry"] == ["10.1.0.4"]


async def test_a_network_does_not_move_to_a_zone_with_a_foreign_record() -> None:
    """A wrong record of somebody else in the new zone is not what the network should see.

    Invariant: never-empty.
    """
    azure, _, _ = one()
    await full_sync(azure)
    zones = regional("net-a")
    wrong = azure.put_record("myregistry", "10.9.9.9")
    azure.zones[zones[1].id].records["myregistry"] = wrong
    azure.sets.pop("myregistry")
    await full_sync(azure, ZONE_KEPT)
    await full_sync(azure, *zones)
    assert shows(azure, NET_A)["myregistry"] == ["10.1.0.4"]


@pytest.mark.parametrize("how", ["full_sync", "visit", "event"])
async def test_a_foreign_link_keeps_names_whoever_looks(how: str) -> None:
    """A link of any name that shows a network the old zone keeps the names there (decision 9)."""
    azure, registry, _ = one()
    await full_sync(azure)
    ((_, link),) = azure.zone_links.items()
    azure.zone_links = {"hub": replace(link, name="hub", tags={})}
    zones = regional("net-a")
    if how == "full_sync":
        await full_sync(azure, *zones)
    else:
        await visited(azure, RegistryScope(registry), *zones)
        await visited(azure, RegistryScope(registry), *zones)
    assert azure.zone() == PUBLISHED


async def test_an_endpoint_made_again_in_another_zones_network_leaves_the_old_zone() -> None:
    """Another guid than the mark's proves alone that the address is over.

    Invariant: no-unproven-delete, liveness.
    """
    azure, registry, endpoint = one()
    await full_sync(azure)
    azure.delete_endpoint(endpoint)
    azure.add_endpoint("pe-a", registry, "10.2.0.4", "net-b")
    for _ in range(3):
        await full_sync(azure, *regional("net-b"))
    assert azure.zone() == {}


async def test_an_address_that_changed_in_the_new_zone_leaves_the_old_one() -> None:
    """A member that came again at another address is not waited for at its old one (liveness)."""
    azure, registry, endpoint = one()
    await full_sync(azure)
    azure.drop_member(endpoint, "registry_data_westeurope")
    azure.add_member(endpoint, registry, "registry_data_westeurope", "10.1.0.77")
    for _ in range(3):
        await full_sync(azure, *regional("net-a"))
    assert azure.zone() == {}
    assert north(azure)["myregistry.westeurope.data"] == ["10.1.0.77"]


async def test_a_region_that_went_while_its_network_moved_leaves_the_old_zone() -> None:
    """A name that the endpoint has no more anywhere does not stay in the old zone (liveness)."""
    azure = Azure()
    registry = azure.add_registry("myregistry", "westeurope", "northeurope")
    azure.add_endpoint("pe-a", registry, "10.1.0.4")
    await full_sync(azure)
    azure.drop_replica(registry, "northeurope")
    for _ in range(3):
        await full_sync(azure, *regional("net-a"))
    assert azure.zone() == {}


@pytest.mark.parametrize("target", ["locked", "free"])
async def test_a_damaged_mark_does_not_let_a_moving_name_go(target: str) -> None:
    """Without entries an address of a routed endpoint still waits for the other zone.

    Invariant: no-unproven-delete.
    """
    azure, _, _ = one()
    await full_sync(azure)
    for name, record in azure.sets.items():
        azure.sets[name] = replace(record, metadata={"acrPrivateDns": "owner"})
    zones = regional("net-a")
    if target == "locked":
        write = azure.write_record

        async def locked(zone: Zone, record: Any) -> None:
            if zone.id == NORTH:
                raise TransientError("503")
            await write(zone, record)

        azure.write_record = locked  # type: ignore[method-assign]
        await full_sync(azure, *zones)
        assert azure.zone() == PUBLISHED
    else:
        for _ in range(3):
            await full_sync(azure, *zones)
        assert azure.zone() == {}
        assert north(azure) == PUBLISHED


@pytest.mark.parametrize("there", [(), ("pe-x",)])
async def test_endpoints_that_stand_by_move_as_well(there: tuple[str, ...]) -> None:
    """What is not the published one of its new zone is not waited for in the old (liveness)."""
    azure, registry, _ = one()
    azure.add_endpoint("pe-b", registry, "10.2.0.4", "net-a")
    azure.peer("net-a", "net-x")
    for name in there:
        azure.add_endpoint(name, registry, "10.3.0.4", "net-x")
    await full_sync(azure, *regional("net-x"))
    for _ in range(3):
        await full_sync(azure, *regional("net-x", "net-a"))
    assert azure.zone() == {}
    assert north(azure)["myregistry"] == ["10.3.0.4" if there else "10.1.0.4"]


async def test_a_zone_that_leaves_links_alone_loses_none_to_another() -> None:
    """A zone whose links are left alone loses none to another zone of its name."""
    azure, _, _ = one()
    await full_sync(azure)
    kept, other = regional("net-a")
    await full_sync(azure, replace(kept, links=Links.LEAVE), other)
    assert len(azure.zone_links) == 1
