"""A link is not made while it would take somebody's good answer (client-never-worse).

Each link is judged as it is made, by the judge that stands beside every Azure here.
"""

from collections.abc import Callable

import pytest

from shared.domain.findings import Severity
from shared.domain.reading import Unknown, UnknownReason
from shared.domain.resource_id import NETWORK, REGISTRY, ResourceId
from shared.domain.scope import EndpointScope
from tests.simulation.azure import ZONE_KEPT, Azure, an_id
from tests.simulation.full_syncs import full_sync
from tests.simulation.judging import order
from tests.simulation.situations import one
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
CREATOR = (
    "created by private endpoint pe-old with resource guid 99999999-0000-0000-0000-000000000000"
)


def wrong_login(azure: Azure) -> None:
    put_record(azure, KEPT, LOGIN, "10.9.9.9", creator=CREATOR)


def right_and_dead(azure: Azure) -> None:
    put_record(azure, KEPT, LOGIN, "10.1.0.4", "10.9.9.9")


def wrong_data(azure: Azure) -> None:
    put_record(azure, KEPT, LOGIN, "10.1.0.4")
    put_record(azure, KEPT, DATA, "10.9.9.9")


def empty_login(azure: Azure) -> None:
    put_record(azure, KEPT, LOGIN)


def other_owners_login(azure: Azure) -> None:
    put_record(azure, KEPT, LOGIN, "10.9.9.9", acrPrivateDns="another-deployment")


def other_registry(azure: Azure) -> None:
    other = azure.add_registry("other")
    azure.add_endpoint("pe-o", other, "10.8.0.4", "net-o")
    azure.open_to_public(other)
    put_record(azure, KEPT, "other", "10.9.9.9", creator=CREATOR)


def wildcard(azure: Azure) -> None:
    other = azure.add_registry("other")
    azure.add_endpoint("pe-o", other, "10.8.0.4", "net-o")
    azure.open_to_public(other)
    put_record(azure, KEPT, "*", "10.9.9.9")


LEFTOVERS = [
    wrong_login,
    right_and_dead,
    wrong_data,
    empty_login,
    other_owners_login,
    other_registry,
]


@pytest.mark.parametrize("leave", LEFTOVERS, ids=lambda one: one.__name__)
async def test_f01_no_link_is_made_onto_a_leftover_record(leave: Callable[[Azure], None]) -> None:
    """While a name stands wrong that the app may not correct, who resolves publicly stays so."""
    azure, registry, endpoint = one()
    azure.open_to_public(registry)
    leave(azure)
    found = await handle(azure, EndpointScope(endpoint))
    assert "net-a" not in linked(azure)
    assert told(found, "unmanaged-record")


async def test_no_link_is_made_to_a_wildcard() -> None:
    """A wildcard in the zone answers for every registry that has no record there."""
    azure, registry, endpoint = one()
    azure.open_to_public(registry)
    wildcard(azure)
    found = await handle(azure, EndpointScope(endpoint))
    assert "net-a" not in linked(azure)
    assert mentions(found, "10.9.9.9")


async def test_a_held_link_is_made_once_the_record_is_right() -> None:
    """Whoever corrects the record gets the link with the next full sync (liveness)."""
    azure, registry, endpoint = one()
    azure.open_to_public(registry)
    wrong_login(azure)
    await handle(azure, EndpointScope(endpoint))
    azure.sets.pop(LOGIN)
    await full_sync(azure)
    assert gets(azure, "net-a") == "10.1.0.4"


async def test_a_link_is_held_by_a_pending_address() -> None:
    """An address of an endpoint that is Pending again is not worth a public answer."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    azure.open_to_public(registry)
    first = azure.add_endpoint("pe-a", registry, "10.1.0.4", "net-a")
    await full_sync(azure)
    set_pending(azure, registry, first)
    azure.peer("net-a", "net-b")
    azure.add_endpoint("pe-b", registry, "10.2.0.4", "net-b")
    await full_sync(azure)
    assert gets(azure, "net-b") == PUBLIC


async def test_a_registry_without_public_access_gets_its_link() -> None:
    """It resolves nowhere else, so nobody's leftover holds its network; the finding says so."""
    azure, _, endpoint = one()
    other_registry(azure)
    found = await handle(azure, EndpointScope(endpoint))
    assert gets(azure, "net-a") == "10.1.0.4"
    assert told(found, "unmanaged-record")


def two_networks(*, public: bool = True) -> tuple[Azure, ResourceId]:
    """Two registries, each with an endpoint in a network of its own; returns the second's."""
    azure, registry, _ = one()
    other = azure.add_registry("other")
    azure.open_to_public(registry, *([other] if public else []))
    return azure, azure.add_endpoint("pe-b", other, "10.2.0.4", "net-b")


@pytest.mark.parametrize("how", ["event", "full-sync"])
async def test_no_link_takes_a_network_to_addresses_out_of_its_reach(how: str) -> None:
    """Of two networks that are not joined neither gets the other's private address for public ones.

    The first to come is linked; the other's link is held, and its record waits with it.
    """
    azure, registry, first = one()
    azure.open_to_public(registry)
    await handle(azure, EndpointScope(first))
    other = azure.add_registry("other")
    azure.open_to_public(other)
    second = azure.add_endpoint("pe-b", other, "10.2.0.4", "net-b")
    found = await (handle(azure, EndpointScope(second)) if how == "event" else full_sync(azure))
    assert linked(azure) == {"net-a"}
    assert "other" not in azure.sets
    assert told(found, "link-out-of-reach")


async def test_two_networks_out_of_reach_of_each_other_in_one_full_sync() -> None:
    """The links of one plan are judged one after another: one of the two is made."""
    azure, _ = two_networks()
    found = await full_sync(azure)
    assert len(linked(azure)) == 1
    assert told(found, "link-out-of-reach")


@pytest.mark.parametrize("pairs", [[("net-a", "net-b")], [("hub", "net-a"), ("hub", "net-b")]])
async def test_networks_that_are_joined_are_both_linked(pairs: list[tuple[str, str]]) -> None:
    """Along peerings, through a hub as well, an address is in reach, so nothing holds a link."""
    azure, _ = two_networks()
    for pair in pairs:
        azure.peer(*pair)
    await full_sync(azure)
    assert linked(azure) == {"net-a", "net-b"}
    assert is_served(azure, "net-a", "other")
    assert is_served(azure, "net-b", LOGIN)


async def test_a_link_that_is_needed_is_made_and_who_loses_is_told() -> None:
    """A registry without public access needs its link; the finding names whose answers turn."""
    azure, _ = two_networks(public=False)
    found = await full_sync(azure)
    assert is_served(azure, "net-b", "other")
    assert "net-b" in linked(azure)
    assert told(found, "link-out-of-reach")


async def test_a_registrys_second_endpoint_out_of_reach_of_the_first() -> None:
    """Published is the first endpoint's address, which the second one's network cannot reach."""
    azure, registry, _ = one()
    azure.open_to_public(registry)
    await full_sync(azure)
    azure.add_endpoint("pe-b", registry, "10.2.0.4", "net-b")
    await full_sync(azure)
    assert gets(azure, "net-b") == PUBLIC


async def test_a_network_with_dns_servers_of_its_own_is_not_held() -> None:
    """It has no view through its links, so they are neither held nor judged."""
    azure, registry, endpoint = one()
    azure.open_to_public(registry)
    azure.dns_servers[an_id(NETWORK, "net-a")] = ("10.1.0.53",)
    wrong_login(azure)
    await handle(azure, EndpointScope(endpoint))
    assert linked(azure) == {"net-a"}


HIDING = {
    "a zone for one region's data": ("westeurope.data.privatelink.azurecr.io", DATA),
    "a zone named like the registry": ("myregistry.azurecr.io", LOGIN),
    "a zone of the registry's own": ("myregistry.privatelink.azurecr.io", LOGIN),
}


@pytest.mark.parametrize("case", HIDING)
async def test_a_more_specific_zone_is_told(case: str) -> None:
    """Where another private zone answers for a name, a finding names zone, network and name."""
    azure, _, _ = one()
    name, hidden = HIDING[case]
    zone = an_id("Microsoft.Network/privateDnsZones", name, "team")
    put_link(azure, zone, "net-a", "Default")
    found = await full_sync(azure)
    assert not is_served(azure, "net-a", hidden)
    line = told(found, "hidden-by-zone")
    assert all(word in line for word in (name, "net-a", hidden))


async def test_a_split_zone_of_the_name_is_told() -> None:
    """A second zone of the name, kept by nobody, is linked to the network: the names split."""
    azure, _, _ = one()
    zone = an_id("Microsoft.Network/privateDnsZones", "privatelink.azurecr.io", "team")
    put_link(azure, zone, "net-a")
    found = await full_sync(azure)
    assert gets(azure, "net-a") == PUBLIC
    assert mentions(found, "team")


async def test_f17_a_wildcard_is_told() -> None:
    """Names without a record resolve to a wildcard's address, whatever the link's fallback."""
    azure, registry, endpoint = one()
    azure.open_to_public(registry)
    await full_sync(azure)
    put_record(azure, KEPT, "*", "10.9.9.9")
    apex = put_record(azure, KEPT, "@", "10.9.9.8")
    azure.delete_endpoint(endpoint)
    found = await full_sync(azure)
    assert azure.zone() == {"*": ["10.9.9.9"], "@": ["10.9.9.8"]}
    assert azure.sets["@"] == apex
    assert mentions(found, "10.9.9.9")


async def test_a_link_without_fallback_of_somebody_else_is_told() -> None:
    """Registries without a record do not resolve in a network whose link has no fallback."""
    azure, _, _ = one()
    put_link(azure, KEPT, "net-x", "Default")
    found = await full_sync(azure)
    assert mentions(found, "net-x")


@pytest.mark.parametrize(
    "reason", [UnknownReason.FORBIDDEN, UnknownReason.TRANSIENT], ids=["for good", "for now"]
)
async def test_a_registry_that_cannot_be_read(reason: UnknownReason) -> None:
    """One that nobody may read holds no link; while reads fail that will pass, the link waits."""
    azure, registry, endpoint = one()
    azure.open_to_public(registry)
    other_registry(azure)
    other = an_id(REGISTRY, "other")
    azure.unknown[other] = Unknown(reason, "test")
    if reason is UnknownReason.FORBIDDEN:
        order(azure, unreadable=frozenset((str(other).lower(),)))
    await handle(azure, EndpointScope(endpoint))
    assert (linked(azure) == {"net-a"}) is (reason is UnknownReason.FORBIDDEN)


async def test_a_pending_address_that_hides_a_ready_endpoint_is_an_error() -> None:
    """What is published waits for approval again: no takeover, but an error says so."""
    azure, registry, endpoint = one()
    azure.add_endpoint("pe-b", registry, "10.1.0.14", "net-a")
    await full_sync(azure)
    set_pending(azure, registry, endpoint)
    found = await full_sync(azure)
    assert gets(azure, "net-a") == "10.1.0.4"
    errors = [
        finding
        for result in found
        for finding in result.findings
        if finding.kind.severity is Severity.ERROR
    ]
    assert any("pe-a" in f"{finding.resource}: {finding.detail}" for finding in errors)
