"""Private zones that the app does not keep can answer for names, and a full sync says so."""

import pytest

from shared.domain.reading import Unknown, UnknownReason
from shared.domain.resource_id import NETWORK, ZONE, ResourceId
from shared.domain.zone import Link
from tests.simulation.azure import SUBSCRIPTION, Azure, an_id
from tests.simulation.full_syncs import full_sync
from tests.simulation.situations import one

FORBIDDEN = Unknown(UnknownReason.FORBIDDEN, "403")


def put_zone(
    azure: Azure, name: str, network: str = "net-a", state: str = "Succeeded"
) -> ResourceId:
    """A zone of that name in a team's group, linked to a network."""
    zone = an_id(ZONE, name, "team")
    azure.zones[zone].links["theirs"] = Link("theirs", "e", an_id(NETWORK, network), {}, state)
    return zone


async def told(azure: Azure, code: str = "hidden-by-zone") -> list[str]:
    """What a full sync says."""
    (result,) = await full_sync(azure)
    assert not result.errors
    return [f"{f.resource}: {f.detail}" for f in result.findings if f.kind.code == code]


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("westeurope.data.privatelink.azurecr.io", "myregistry.westeurope.data.azurecr.io"),
        ("myregistry.azurecr.io", "myregistry.azurecr.io"),
        ("myregistry.privatelink.azurecr.io", "myregistry.azurecr.io"),
        ("privatelink.azurecr.io", "myregistry.azurecr.io, myregistry.westeurope.data.azurecr.io"),
        ("azurecr.io", "myregistry.azurecr.io, myregistry.westeurope.data.azurecr.io"),
    ],
)
async def test_a_zone_that_hides_names_is_told(name: str, names: str) -> None:
    """Zone, link, network and names are named, in the first full sync and in later ones."""
    azure, _, _ = one()
    zone = put_zone(azure, name)
    for _ in range(2):
        (line,) = await told(azure)
        assert line.startswith(f"{zone}: link theirs shows it to network net-a")
        assert line.split(" answers for ")[1].startswith(names)
    assert azure.zones[zone].records == {}


@pytest.mark.parametrize(
    ("name", "network", "state"),
    [
        # Of other services, or regions, or names that merely end alike.
        ("privatelink.blob.core.windows.net", "net-a", "Succeeded"),
        ("northeurope.data.privatelink.azurecr.io", "net-a", "Succeeded"),
        ("notazurecr.io", "net-a", "Succeeded"),
        # Where nobody asks for a name of ours, or nobody sees it.
        ("azurecr.io", "net-z", "Succeeded"),
        ("azurecr.io", "net-a", "Failed"),
    ],
)
async def test_a_zone_that_hides_nothing_is_not_told(name: str, network: str, state: str) -> None:
    """A finding that concerns nobody would hide those that do."""
    azure, _, _ = one()
    put_zone(azure, name, network, state)
    assert await told(azure) == []


async def test_links_that_nobody_may_read_are_told() -> None:
    """Nothing is known of what such a zone hides, and that is said once for its subscription."""
    azure, _, _ = one()
    for name in ("myregistry.azurecr.io", "azurecr.io"):
        azure.unknown[put_zone(azure, name)] = FORBIDDEN
    (line,) = await told(azure, "unreadable")
    assert line.startswith(f"/subscriptions/{SUBSCRIPTION}: its private DNS zones")
    assert await told(azure) == []


async def test_zones_that_nobody_may_list_are_told() -> None:
    """An older role has no right to list them: everything else is made right all the same."""
    azure, _, _ = one()
    put_zone(azure, "azurecr.io")
    list_private_zones = azure.list_private_zones

    async def refuse(subscription: str) -> Unknown:
        await list_private_zones(subscription)
        return FORBIDDEN

    azure.list_private_zones = refuse  # type: ignore[method-assign]
    assert len(await told(azure, "unreadable")) == 1
    assert "myregistry" in azure.sets
