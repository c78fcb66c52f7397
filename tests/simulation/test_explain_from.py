"""Explain from a network: what its clients get for a name, from which zone, and why."""

from typing import Any

import pytest

from shared.domain.reading import Unknown, UnknownReason
from shared.domain.resource_id import NETWORK, ZONE
from shared.domain.resources import Status
from shared.domain.zone import Link
from tests.simulation.app import Door
from tests.simulation.azure import SUBSCRIPTION, ZONE_KEPT, Azure, an_id

LOGIN = "myregistry.azurecr.io"
LINK = "to-net-x"


@pytest.fixture
async def door() -> Door:
    """A public registry with an endpoint in net-a, published and linked."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    azure.open_to_public(registry)
    azure.add_endpoint("pe-a", registry, "10.1.0.4")
    door = Door(azure)
    await door.post("reconcile", scope="all")
    azure.writes.clear()
    return door


async def view(door: Door, network: str, name: str = LOGIN) -> Any:
    """What a network's clients get; nothing may be written for it."""
    status, told = await door.get("explain", name, str(an_id(NETWORK, network)))
    assert (status, door.azure.writes) == (200, [])
    assert told["from"]["network"] == str(an_id(NETWORK, network))
    return told["from"]


def link(azure: Azure, zone: str, network: str = "net-x", *, has_fallback: bool = True) -> None:
    """Somebody links a network to a zone: the kept one, or one of a team."""
    id_ = ZONE_KEPT.id if zone == "kept" else an_id(ZONE, zone, "team")
    made = Link(f"to-{network}", "e", an_id(NETWORK, network), {}, has_fallback=has_fallback)
    azure.zones[id_].links[made.name] = made


async def test_a_network_gets_its_own_endpoints_address(door: Door) -> None:
    """Zone, link and address are named, and that it leads to the registry."""
    told = await view(door, "net-a")
    assert (told["addresses"], told["answer"], told["good"]) == (["10.1.0.4"], None, True)
    assert told["zone"] == str(ZONE_KEPT.id)
    assert told["link"].startswith("acr-private-dns-")
    assert told["why"].startswith("A ready endpoint of the registry gives it")


async def test_a_network_without_a_link_asks_the_public_dns(door: Door) -> None:
    """And whether that is of use the registry's public access says."""
    told = await view(door, "net-x")
    assert (told["answer"], told["zone"], told["good"]) == ("the public answer", None, True)
    assert "no private zone" in told["why"].lower()
    assert "public access is on" in told["why"]


@pytest.mark.parametrize("is_joined", [False, True])
async def test_an_address_is_good_where_it_is_reached(door: Door, *, is_joined: bool) -> None:
    """In the words of the finding, and right once a peering shows the way."""
    link(door.azure, "kept")
    if is_joined:
        door.azure.peer("net-x", "net-a")
    told = await view(door, "net-x")
    assert (told["addresses"], told["link"], told["good"]) == (["10.1.0.4"], LINK, is_joined)
    assert ("(link-out-of-reach)" in told["why"]) is not is_joined


@pytest.mark.parametrize(
    ("has_fallback", "answer"), [(True, "the public answer"), (False, "no such name")]
)
async def test_a_name_without_a_record(door: Door, *, has_fallback: bool, answer: str) -> None:
    """What a zone does not hold the link lets through to the public DNS, or does not."""
    link(door.azure, "kept", has_fallback=has_fallback)
    told = await view(door, "net-x", "other.azurecr.io")
    assert (told["answer"], told["addresses"]) == (answer, [])
    assert told["zone"] == str(ZONE_KEPT.id)


async def test_f17_a_wildcard_answers_where_there_is_no_record(door: Door) -> None:
    """Not the public DNS: no fallback acts on a name that a wildcard covers."""
    door.azure.put_record("*", "10.9.9.9")
    told = await view(door, "net-a", "other.azurecr.io")
    assert (told["addresses"], told["good"]) == (["10.9.9.9"], False)


async def test_a_leftover_is_told_as_what_it_is(door: Door) -> None:
    """An address that no ready endpoint gives leads nowhere, whoever wrote it."""
    door.azure.put_record("myregistry", "10.9.9.9")
    told = await view(door, "net-a")
    assert (told["addresses"], told["good"]) == (["10.9.9.9"], False)
    assert told["why"] == "No ready endpoint of the registry gives it."


async def test_an_empty_record_set_is_no_data(door: Door) -> None:
    """And no fallback acts on it."""
    door.azure.put_record("myregistry")
    told = await view(door, "net-a")
    assert (told["addresses"], told["answer"], told["good"]) == ([], None, False)
    assert "no data" in told["why"]


async def test_a_zone_that_hides_the_name_is_named(door: Door) -> None:
    """What it holds the app has no right to read."""
    link(door.azure, LOGIN, "net-a")
    told = await view(door, "net-a")
    assert (told["addresses"], told["answer"], told["good"]) == ([], None, None)
    assert told["zone"] == str(an_id(ZONE, LOGIN, "team"))
    assert "(hidden-by-zone)" in told["why"]


async def test_a_network_with_dns_servers_of_its_own(door: Door) -> None:
    """What those say nobody can tell."""
    door.azure.dns_servers[an_id(NETWORK, "net-a")] = ("10.1.0.53",)
    told = await view(door, "net-a")
    assert (told["answer"], told["zone"]) == ("what its own DNS servers say", None)
    assert told["good"] is None
    assert "10.1.0.53" in told["why"]


async def test_a_pending_endpoints_address_is_not_good(door: Door) -> None:
    """It stays published, and leads nowhere until somebody approves it."""
    (endpoint,), (registry,) = door.azure.endpoints, door.azure.registries
    door.azure.set_status(endpoint, Status.PENDING)
    door.azure.connect(registry, endpoint, Status.PENDING)
    assert (await view(door, "net-a"))["good"] is False


NET_A = an_id(NETWORK, "net-a")
OTHERS = str(NET_A).replace(SUBSCRIPTION, "22222222-2222-2222-2222-222222222222")


@pytest.mark.parametrize(
    ("origin", "reason", "expected", "words"),
    [
        ("net-a", None, 400, "resource ID of a virtual network"),
        ("", None, 400, "resource ID of a virtual network"),
        (str(ZONE_KEPT.id), None, 400, "the ID of another type"),
        (str(an_id(NETWORK, "gone")), None, 404, "There is no network"),
        (OTHERS, None, 403, "it lies outside the watched subscriptions"),
        (str(NET_A), UnknownReason.FORBIDDEN, 403, "the app may not read it"),
        (str(NET_A), UnknownReason.TRANSIENT, 503, "Try again later"),
    ],
)
async def test_a_network_that_is_none_is_one_clear_error(
    door: Door, origin: str, reason: UnknownReason | None, expected: int, words: str
) -> None:
    """What was wrong, and what to ask instead."""
    if reason:
        door.azure.unknown[NET_A] = Unknown(reason)
    door.azure.absent_networks.add(an_id(NETWORK, "gone"))
    status, problem = await door.get("explain", LOGIN, origin)
    assert status == expected
    assert words in problem["detail"]


async def test_without_a_network_nothing_is_said_of_one(door: Door) -> None:
    """Who asks as before is answered as before."""
    _, told = await door.get("explain", LOGIN)
    assert "from" not in told
