"""The judge of client-never-worse notices what a write takes, and excuses what may be taken.

What the app might do is done here by hand, write by write, through the port.
"""

from dataclasses import replace

import pytest

from shared.domain.resource_id import NETWORK, ResourceId
from shared.domain.zone import RecordSet
from shared.engine.deadline import Deadline
from tests.simulation.azure import ZONE_KEPT, Azure, an_id
from tests.simulation.judging import Judged, order, verdict
from tests.simulation.situations import NORTH
from tests.simulation.views import put_link, put_record

KEPT = ZONE_KEPT.id
NET_A, NET_B = (an_id(NETWORK, name) for name in ("net-a", "net-b"))
LOGIN = "myregistry"


class Bench:
    """A judged estate: one public registry with an endpoint in net-a and one in net-b."""

    def __init__(self, *, public: bool = True) -> None:
        self.azure = Azure()
        self.registry = self.azure.add_registry(LOGIN)
        self.azure.add_endpoint("pe-a", self.registry, "10.1.0.4", "net-a")
        self.azure.add_endpoint("pe-b", self.registry, "10.2.0.4", "net-b")
        if public:
            self.azure.open_to_public(self.registry)
        Judged(self.azure)

    async def write(self, *addresses: str, zone: ResourceId = KEPT, name: str = LOGIN) -> None:
        """Write a record as the app would; without addresses, delete it."""
        kept = replace(ZONE_KEPT, id=zone)
        old = self.azure.zones[zone].records.get(name)
        record = RecordSet(name, old.etag if old else "", 10, addresses, {})
        if addresses:
            await self.azure.write_record(kept, record)
        else:
            await self.azure.delete_record(kept, record)

    async def link(self, network: ResourceId, zone: ResourceId = KEPT) -> None:
        """Link a network as the app would."""
        await self.azure.create_link(
            replace(ZONE_KEPT, id=zone), f"to-{network.name}", network, Deadline(60)
        )

    async def unlink(self, network: ResourceId, zone: ResourceId = KEPT) -> None:
        """Remove its link."""
        link = self.azure.zones[zone].links[f"to-{network.name}"]
        await self.azure.delete_link(replace(ZONE_KEPT, id=zone), link, Deadline(60))

    def taken(self) -> bool:
        """Whether the judge has something to say, now that the run ends."""
        return bool(verdict(self.azure))


@pytest.mark.parametrize("after", [[], ["10.9.9.9"], ["10.1.0.4", "10.9.9.9"], ["10.2.0.4"]])
async def test_a_record_that_takes_a_good_address_is_noticed(after: list[str]) -> None:
    """Gone, wrong, half wrong, or another endpoint's that the network does not reach."""
    bench = Bench(public=False)
    put_record(bench.azure, KEPT, LOGIN, "10.1.0.4")
    put_link(bench.azure, KEPT, "net-a")
    await bench.write(*after)
    assert bench.taken()


async def test_what_is_over_may_be_taken() -> None:
    """An address of no ready endpoint is no good answer."""
    bench = Bench()
    put_record(bench.azure, KEPT, LOGIN, "10.1.0.4")
    put_link(bench.azure, KEPT, "net-a")
    bench.azure.delete_endpoint(next(iter(bench.azure.endpoints)))
    await bench.write()
    assert not bench.taken()


async def test_a_link_that_takes_the_public_answer_is_noticed() -> None:
    """Onto another network's address; along a peering the same address is good."""
    for joined in (False, True):
        bench = Bench()
        put_record(bench.azure, KEPT, LOGIN, "10.1.0.4")
        if joined:
            bench.azure.peer("net-a", "net-b")
        await bench.link(NET_B)
        assert bench.taken() is not joined


async def test_a_registry_without_public_access_may_have_its_link() -> None:
    """Whatever others lose: it resolves nowhere else."""
    bench = Bench()
    private = bench.azure.add_registry("private")
    bench.azure.add_endpoint("pe-p", private, "10.2.0.9", "net-b")
    put_record(bench.azure, KEPT, LOGIN, "10.1.0.4")
    await bench.link(NET_B)
    assert not bench.taken()


@pytest.mark.parametrize("end", ["made", "put back", "left", "wrong"])
async def test_a_moving_link_may_have_a_gap(end: str) -> None:
    """What the old link showed is back, by the new one or by itself, when the run ends."""
    bench = Bench(public=False)
    put_record(bench.azure, KEPT, LOGIN, "10.1.0.4")
    put_record(bench.azure, NORTH, LOGIN, "10.1.0.4" if end == "made" else "10.2.0.4")
    put_link(bench.azure, KEPT, "net-a")
    await bench.unlink(NET_A)
    if end != "left":
        await bench.link(NET_A, KEPT if end == "put back" else NORTH)
    assert bench.taken() is (end in ("left", "wrong"))


async def test_the_old_zone_is_not_emptied_in_the_gap() -> None:
    """Until the new link is made the old zone's names count as if its link were there."""
    bench = Bench(public=False)
    put_record(bench.azure, KEPT, LOGIN, "10.1.0.4")
    put_link(bench.azure, KEPT, "net-a")
    await bench.unlink(NET_A)
    await bench.write()
    assert bench.taken()


@pytest.mark.parametrize("of_use", [True, False])
async def test_a_record_may_turn_others_if_somebody_asked_for_it(*, of_use: bool) -> None:
    """An endpoint's owner asked for its record, and in the end some network reaches it there."""
    bench = Bench()
    put_link(bench.azure, KEPT, "net-x")
    await bench.write("10.2.0.4")
    if of_use:
        await bench.link(NET_B)
    assert bench.taken() is not of_use


async def test_no_record_may_turn_from_one_ready_endpoint_to_another() -> None:
    """Nobody asked for that: an endpoint's owner may have its address, not take another's."""
    bench = Bench(public=False)
    put_record(bench.azure, KEPT, LOGIN, "10.1.0.4")
    put_link(bench.azure, KEPT, "net-a")
    put_link(bench.azure, KEPT, "net-b")
    await bench.write("10.2.0.4")
    assert bench.taken()


@pytest.mark.parametrize("own", [True, False])
async def test_a_claim_may_leave_at_the_selectors_word(*, own: bool) -> None:
    """Networks besides may lose it, but for one with an endpoint of that registry."""
    bench = Bench(public=False)
    bench.azure.peer("net-a", "net-b", "net-x")
    put_record(bench.azure, KEPT, LOGIN, "10.1.0.4")
    put_record(bench.azure, NORTH, LOGIN, "10.1.0.4")
    put_link(bench.azure, NORTH, "net-a")
    put_link(bench.azure, KEPT, "net-b" if own else "net-x")
    order(bench.azure, serving={str(NET_A).lower(): str(NORTH).lower()})
    await bench.write()
    assert bench.taken() is own


@pytest.mark.parametrize("left", [True, False])
async def test_names_and_link_make_room_for_a_link_that_people_make(*, left: bool) -> None:
    """Where the zone to serve a network is for people to link, the selector is their word."""
    bench = Bench(public=False)
    put_record(bench.azure, KEPT, LOGIN, "10.1.0.4")
    put_link(bench.azure, KEPT, "net-a")
    north = str(NORTH).lower()
    order(bench.azure, serving={str(NET_A).lower(): north}, left=frozenset([north] if left else []))
    await bench.write()
    await bench.unlink(NET_A)
    assert bench.taken() is not left


async def test_a_network_with_servers_of_its_own_is_not_judged() -> None:
    """Nobody knows what its clients get."""
    bench = Bench()
    put_record(bench.azure, KEPT, LOGIN, "10.1.0.4")
    bench.azure.dns_servers[NET_B] = ("10.2.0.53",)
    await bench.link(NET_B)
    assert not bench.taken()


@pytest.mark.parametrize("unreadable", [True, False])
async def test_a_registry_that_nobody_can_read_holds_nothing(*, unreadable: bool) -> None:
    """What cannot be read for good may lose its answers."""
    bench = Bench()
    put_record(bench.azure, KEPT, LOGIN, "10.1.0.4")
    if unreadable:
        order(bench.azure, unreadable=frozenset((str(bench.registry).lower(),)))
    await bench.link(NET_B)
    assert bench.taken() is not unreadable
