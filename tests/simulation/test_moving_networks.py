"""Networks that another zone serves now: names first, then the link, then the old records."""

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.resource_id import NETWORK, ZONE
from shared.domain.resources import Status
from shared.domain.scope import EndpointScope, RegistryScope
from shared.domain.zone import Link, Links, Selection, Zone
from shared.engine.deadline import Deadline
from shared.errors import TransientError
from tests.simulation.azure import ZONE_KEPT, Azure, an_id
from tests.simulation.full_syncs import full_sync
from tests.simulation.situations import (
    NET_A,
    NORTH,
    PUBLISHED,
    codes,
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
    await full_sync(azure, *regional("net-a"), limit=5)
    assert len(north(azure)) == 2
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


# ── What a move must not take ───────────────────────────────────────────────


async def test_a_refused_move_puts_the_old_link_back() -> None:
    """A zone that takes no more links costs a network none of its names.

    Invariant: client-never-worse.
    """
    azure, _, _ = one()
    await full_sync(azure)
    azure.full = {NORTH}
    zones = regional("net-a")
    results = await full_sync(azure, *zones)
    assert shows(azure, NET_A) == PUBLISHED
    assert "link-refused" in codes(*results)
    assert north(azure) == PUBLISHED
    # Each try has a gap, so there is one a day.
    azure.writes.clear()
    results = await full_sync(azure, *zones)
    assert azure.writes == []
    assert "link-refused" in codes(*results)
    azure.full = set()
    await full_sync(azure, *zones, day="2026-11-24")
    assert (azure.zone(), shows(azure, NET_A)) == ({}, PUBLISHED)


@pytest.mark.parametrize("how", ["event", "lost event"])
async def test_a_held_network_keeps_its_old_link_whatever_else_goes(how: str) -> None:
    """An endpoint that is deleted does not take the link from others whose move is held.

    Invariant: client-never-worse.
    """
    azure, _, _ = one()
    other = azure.add_registry("zregistry")
    endpoint = azure.add_endpoint("pe-z", other, "10.1.0.14")
    await full_sync(azure)
    zones = regional("net-a")
    # A wrong record by hand holds the network's move.
    azure.zones[NORTH].records["myregistry"] = replace(
        azure.sets["myregistry"], addresses=("10.9.9.9",), metadata={}
    )
    await full_sync(azure, *zones)
    azure.delete_endpoint(endpoint)
    if how == "event":
        await visited(azure, EndpointScope(endpoint), *zones)
    for _ in range(3):
        await full_sync(azure, *zones, override_threshold=True)
    assert shows(azure, NET_A) == PUBLISHED


async def test_a_network_does_not_move_to_a_pending_endpoints_address() -> None:
    """Where the new zone holds what a Pending endpoint once gave, the network stays.

    Invariant: client-never-worse.
    """
    azure, registry, _ = one()
    pending = azure.add_endpoint("pe-b", registry, "10.2.0.4", "net-x")
    await full_sync(azure, *regional("net-x"))
    assert north(azure)["myregistry"] == ["10.2.0.4"]
    azure.set_status(pending, Status.PENDING)
    azure.connect(registry, pending, Status.PENDING)
    for _ in range(3):
        await full_sync(azure, *regional("net-x", "net-a"))
    assert shows(azure, NET_A) == PUBLISHED


async def test_a_zone_group_at_another_zone_of_the_name_is_none_of_ours() -> None:
    """What Azure keeps in a zone that the app does not keep says nothing of ours."""
    azure, _, endpoint = one()
    azure.group_zone = an_id(ZONE, "privatelink.azurecr.io", "somebodys")
    azure.grouped.add(endpoint)
    results = await full_sync(azure)
    assert azure.zone() == PUBLISHED
    assert codes(*results) == {"zone-group-elsewhere"}


async def test_names_that_a_zone_group_keeps_in_the_old_zone_move_along() -> None:
    """A network that moves does not lose the names which a zone group keeps where it was.

    Invariant: client-never-worse.
    """
    azure, _, _ = one()
    other = azure.add_registry("zregistry")
    endpoint = azure.add_endpoint("pe-z", other, "10.1.0.14")
    await full_sync(azure)
    azure.attach_zone_group(endpoint, wipe=True)
    await full_sync(azure)
    assert len(shows(azure, NET_A)) == 4
    for _ in range(3):
        await full_sync(azure, *regional("net-a"))
    assert shows(azure, NET_A)["zregistry"] == ["10.1.0.14"]
    assert shows(azure, NET_A)["myregistry"] == ["10.1.0.4"]
    assert len(azure.zones[NORTH].links) == 1


async def test_what_was_taken_over_from_a_zone_group_moves() -> None:
    """Azure's `creator` on a record of ours does not freeze it when its network moves."""
    azure, _, endpoint = one()
    azure.attach_zone_group(endpoint, wipe=True)
    await full_sync(azure)
    azure.detach_zone_group(endpoint, clear=True)
    await full_sync(azure)
    assert all("creator" in record.metadata for record in azure.sets.values())
    for _ in range(3):
        await full_sync(azure, *regional("net-a"))
    assert azure.zone() == {}
    assert shows(azure, NET_A) == PUBLISHED


@pytest.mark.parametrize("selection", list(Selection))
async def test_one_address_in_two_zones_goes_with_its_own_endpoint(selection: Selection) -> None:
    """Networks from one template share addresses: a zone's record goes with its own endpoint."""
    azure, registry, _ = one()
    other = azure.add_endpoint("pe-b", registry, "10.1.0.4", "net-b")
    zones = [replace(zone, selection=selection) for zone in regional("net-b")]
    await full_sync(azure, *zones)
    assert (azure.zone(), north(azure)) == (PUBLISHED, PUBLISHED)
    azure.delete_endpoint(other)
    await full_sync(azure, *zones)
    assert (azure.zone(), north(azure)) == (PUBLISHED, {})


async def test_a_move_from_a_zone_that_leaves_links_comes_to_rest() -> None:
    """Where people link the old zone, its names stay as long as it may be shown, quietly."""
    azure, _, _ = one()
    await full_sync(azure)
    kept, other = regional("net-a")
    zones = (replace(kept, links=Links.LEAVE), other)
    for _ in range(3):
        await full_sync(azure, *zones)
    azure.writes.clear()
    await full_sync(azure, *zones)
    assert azure.writes == []
    assert (north(azure), shows(azure, NET_A)) == (PUBLISHED, PUBLISHED)


async def test_a_zone_that_changes_in_the_gap_of_a_move_is_not_moved_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A record that somebody writes while the old link goes brings the old link back.

    Invariant: client-never-worse.
    """
    azure, _, _ = one()
    await full_sync(azure)
    delete_link = azure.delete_link

    async def delete(zone: Zone, link: Link, deadline: Deadline) -> Any:
        outcome = await delete_link(zone, link, deadline)
        wrong = replace(azure.sets["myregistry"], addresses=("10.9.9.9",), metadata={})
        azure.zones[NORTH].records["myregistry"] = wrong
        return outcome

    monkeypatch.setattr(azure, "delete_link", delete)
    await full_sync(azure, *regional("net-a"))
    assert shows(azure, NET_A) == PUBLISHED


async def test_a_network_that_lost_its_link_in_a_move_gets_it_back() -> None:
    """A run that ended in the gap, and a zone that takes no more links, cost nobody a name.

    Invariant: client-never-worse.
    """
    azure, _, _ = one()
    await full_sync(azure)
    azure.zone_links.clear()
    azure.full = {NORTH}
    await full_sync(azure, *regional("net-a"))
    assert shows(azure, NET_A) == PUBLISHED
    azure.writes.clear()
    await full_sync(azure, *regional("net-a"))
    assert azure.writes == []


async def test_a_network_that_loses_a_name_to_a_selector_is_told() -> None:
    """What leaves a zone with its network leaves others that are linked there: they are named."""
    azure, _, _ = one()
    await full_sync(azure)
    hub = an_id(NETWORK, "hub")
    azure.zone_links["by-hand"] = Link("by-hand", "e", hub, {})
    results = await full_sync(azure, *regional("net-a"))
    assert azure.zone() == {}
    told = [finding for result in results for finding in result.findings]
    assert [(one.kind.code, one.resource) for one in told] == [("name-moved", str(hub))]


async def test_a_zone_that_is_gone_holds_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """A deleted endpoint leaves the zone that answers, though the other one cannot be listed."""
    azure, _, endpoint = one()
    await full_sync(azure, *regional("net-b"))
    azure.delete_endpoint(endpoint)
    ask = azure.records

    async def listed(zone: Zone, *pacing: Any) -> Any:
        if zone.id == NORTH:
            raise TransientError("404")
        return await ask(zone, *pacing)

    monkeypatch.setattr(azure, "records", listed)
    await visited(azure, EndpointScope(endpoint), *regional("net-b"))
    assert azure.zone() == {}


@pytest.mark.parametrize("state", ["Failed", "Canceled"])
async def test_a_link_that_was_never_made_is_made_again(state: str) -> None:
    """What Azure lists as failed or cancelled shows nobody anything (liveness)."""
    azure, _, _ = one()
    await full_sync(azure)
    ((name, link),) = azure.zone_links.items()
    azure.zone_links[name] = replace(link, state=state)
    await full_sync(azure)
    assert [one.state for one in azure.zone_links.values()] == ["Succeeded"]


async def test_an_event_finds_the_link_that_is_in_the_way() -> None:
    """A network whose link is still at another zone moves, though only Azure's refusal tells."""
    azure, registry, _ = one()
    await full_sync(azure)
    await visited(azure, RegistryScope(registry), *regional("net-a"))
    assert (azure.zone(), shows(azure, NET_A)) == ({}, PUBLISHED)


async def test_what_moves_away_counts_for_the_threshold_of_the_zone_that_it_leaves() -> None:
    """A selector that takes many networks from a zone is told before the first record goes.

    Invariant: delete-threshold.
    """
    azure = Azure()
    for number in range(4):
        registry = azure.add_registry(f"registry{number}")
        azure.add_endpoint(f"pe-{number}", registry, f"10.{number}.0.4", f"net-{number}")
    await full_sync(azure)
    before = azure.zone()
    results = await full_sync(azure, *regional("net-1", "net-2", "net-3"))
    assert azure.zone() == before
    assert "delete-threshold" in codes(*results)
    assert len(north(azure)) == 6
    assert shows(azure, an_id(NETWORK, "net-1")) == north(azure)
