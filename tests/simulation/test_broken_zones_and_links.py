"""A zone that is gone or refuses its reads, and links that failed, stop nobody else."""

from dataclasses import replace

import pytest

from shared.domain.resource_id import NETWORK
from shared.domain.scope import EndpointScope
from shared.domain.zone import Link, Zone
from shared.errors import TransientError
from tests.simulation.azure import ZONE_KEPT, Azure, an_id
from tests.simulation.full_syncs import full_sync
from tests.simulation.situations import NORTH, one, regional
from tests.simulation.views import (
    DATA,
    LOGIN,
    gets,
    handle,
    is_served,
    linked,
    mentions,
)

KEPT = ZONE_KEPT.id


@pytest.mark.parametrize("broken", ["gone", "unreadable"])
@pytest.mark.parametrize("how", ["event", "full-sync"])
async def test_g18_a_zone_that_cannot_be_read_holds_back_only_itself(broken: str, how: str) -> None:
    """One of two zones is gone, or refuses its reads: the good one is kept right all the same."""
    azure, registry, endpoint = one()
    azure.add_endpoint("pe-n", registry, "10.2.0.4", "net-n")
    cause = "404 ParentResourceNotFound" if broken == "gone" else "403 AuthorizationFailed"

    def refuse(azure: Azure, method: str) -> None:
        call = getattr(azure, method)

        async def refused(zone: Zone, *args: object) -> object:
            if zone.id == NORTH:
                raise TransientError(cause)
            return await call(zone, *args)

        setattr(azure, method, refused)

    for method in ("record", "records", "link", "links", "counts", "create_link", "write_record"):
        refuse(azure, method)
    zones = regional("net-n")
    if how == "event":
        await handle(azure, EndpointScope(endpoint), *zones)
    else:
        await full_sync(azure, *zones)
    assert azure.zone() == {LOGIN: ["10.1.0.4"], DATA: ["10.1.0.5"]}
    assert linked(azure) == {"net-a"}


async def test_g18_an_event_moves_a_network_though_a_third_zone_is_gone() -> None:
    """A move between two good zones does not wait for one that has nothing to do with it."""
    azure, _, _ = one()
    await full_sync(azure)
    zones = regional("net-a")
    third = an_id(KEPT.type, KEPT.name, "gone")
    selector = replace(zones[1].selector, networks=frozenset((an_id(NETWORK, "net-x"),)))
    call = azure.records

    async def refused(zone: Zone, *args: object) -> object:
        if zone.id == third:
            raise TransientError("404 ParentResourceNotFound")
        return await call(zone, *args)  # type: ignore[arg-type]

    azure.records = refused  # type: ignore[assignment]
    all_zones = (*zones, replace(zones[1], id=third, selector=selector))
    await full_sync(azure, *all_zones)
    assert linked(azure, NORTH) == {"net-a"}
    assert gets(azure, "net-a") == "10.1.0.4"


@pytest.mark.parametrize("state", ["Failed", "Canceled", "Deleting"])
async def test_g04_a_link_counts_only_if_it_is_made(state: str) -> None:
    """A link whose creation failed or was cancelled is healed or told; one that goes is awaited."""
    azure, _, _ = one()
    await full_sync(azure)
    ((name, link),) = azure.zone_links.items()
    azure.zone_links[name] = replace(link, state=state)
    found = await full_sync(azure)
    if state == "Deleting":
        azure.zone_links.pop(name, None)
        found = await full_sync(azure)
    healed = is_served(azure, "net-a") and azure.zone_links[name].state == "Succeeded"
    assert healed or mentions(found, "net-a")


async def test_g04_a_phantom_that_no_list_shows_is_no_link() -> None:
    """A read by its name finds it, Failed, and the zone's list does not: healed, or told."""
    azure, _, _ = one()
    await full_sync(azure)
    ((name, link),) = azure.zone_links.items()
    azure.zone_links[name] = replace(link, state="Failed")

    async def listed(_zone: Zone, *_turn: object) -> list[Link]:
        return [one for one in azure.zone_links.values() if one.state != "Failed"]

    azure.links = listed  # type: ignore[assignment, method-assign]
    found = await full_sync(azure)
    assert azure.zone_links[name].state == "Succeeded" or mentions(found, "net-a")
