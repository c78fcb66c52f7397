import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from typing import Any

import dns.asyncquery
import dns.flags
import dns.message
import dns.rcode
import pytest

from simulator.clock import Clock
from simulator.dns.server import DnsServer
from simulator.world import Happened, Kind, Resource, World

SUBSCRIPTION = "0f2b7d5e-7c5d-4f0a-9a53-3a3d6b8f9e01"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/dns/providers"
NETWORKS = f"{GROUP}/Microsoft.Network/virtualNetworks"
ZONE = f"{GROUP}/Microsoft.Network/privateDnsZones/privatelink.azurecr.io"


def put(world: World, type_: str, id_: str, properties: dict[str, Any] | None = None) -> None:
    body = {"id": id_, "name": id_.rsplit("/", 1)[1], "location": "westeurope"}
    world.put(Resource(id_, type_, body | {"properties": properties or {}}))


def put_network(world: World, name: str) -> str:
    put(world, "Microsoft.Network/virtualNetworks", f"{NETWORKS}/{name}")
    return f"{NETWORKS}/{name}"


@pytest.fixture
def world() -> World:
    made = World(Clock(), "5c1d9a6e-3e0f-4a37-8a7d-1f3e6f5b2c10", (SUBSCRIPTION,))
    registry = f"{GROUP}/Microsoft.ContainerRegistry/registries/myregistry"
    registries = "Microsoft.ContainerRegistry/registries"
    zones = "Microsoft.Network/privateDnsZones"
    put(made, registries, registry, {"loginServer": "myregistry.azurecr.io"})
    put(made, f"{registries}/privateEndpointConnections", f"{registry}/pec/1")
    put(made, zones, ZONE)
    link = {
        "virtualNetwork": {"id": put_network(made, "hub")},
        "virtualNetworkLinkState": "Completed",
    }
    put(made, f"{zones}/virtualNetworkLinks", f"{ZONE}/virtualNetworkLinks/hub", link)
    put_addresses(made, "10.0.0.7")
    return made


def put_addresses(world: World, *addresses: str) -> None:
    properties = {"ttl": 10, "aRecords": [{"ipv4Address": one} for one in addresses]}
    put(world, "Microsoft.Network/privateDnsZones/A", f"{ZONE}/A/myregistry", properties)


@pytest.fixture
async def server(world: World) -> AsyncIterator[DnsServer]:
    running = DnsServer(world)
    await running.start()
    yield running
    await running.stop()


async def over_udp(
    server: DnsServer, address: str, query: dns.message.Message
) -> dns.message.Message:
    return await dns.asyncquery.udp(query, address, timeout=30, port=server.port)


async def over_tcp(
    server: DnsServer, address: str, query: dns.message.Message
) -> dns.message.Message:
    return await dns.asyncquery.tcp(query, address, timeout=30, port=server.port)


def asking(name: str = "myregistry.azurecr.io", **options: Any) -> dns.message.Message:
    return dns.message.make_query(name, "A", **options)


def final(answer: dns.message.Message) -> list[str]:
    return [item.to_text() for item in answer.answer[-1]]


async def test_networks_and_the_internet_see_different_addresses(server: DnsServer) -> None:
    """The same name is private in the linked network and public outside, over UDP and TCP."""
    hub = await server.address_of(f"{NETWORKS}/HUB")
    assert hub == "127.53.0.2"
    for way in (over_udp, over_tcp):
        assert final(await way(server, hub, asking())) == ["10.0.0.7"]
        outside = final(await way(server, server.public_address, asking()))
        assert outside[0].startswith(("203.0.113.", "198.51.100."))


@pytest.mark.skipif(
    shutil.which("dig") is None,
    reason="dig is not installed and could not be; the other tests ask with dnspython",
)
async def test_dig_prints_what_microsofts_guide_prints(server: DnsServer) -> None:
    """The guide's own check, `dig`, shows the guide's own answer."""
    hub = await server.address_of(f"{NETWORKS}/hub")
    command = ["dig", f"@{hub}", "-p", str(server.port), "myregistry.azurecr.io"]
    printed = (
        await asyncio.to_thread(subprocess.run, command, capture_output=True)
    ).stdout.decode()
    assert "status: NOERROR" in printed
    assert ";; flags: qr rd ra; QUERY: 1, ANSWER: 2, AUTHORITY: 0, ADDITIONAL: 1" in printed
    lines = [line.split() for line in printed.splitlines() if line.startswith("myregistry.")]
    assert lines == [
        ["myregistry.azurecr.io.", "1783", "IN", "CNAME", "myregistry.privatelink.azurecr.io."],
        ["myregistry.privatelink.azurecr.io.", "10", "IN", "A", "10.0.0.7"],
    ]
    tcp = await asyncio.to_thread(subprocess.run, [*command, "+tcp", "+short"], capture_output=True)
    assert tcp.stdout.decode().split() == ["myregistry.privatelink.azurecr.io.", "10.0.0.7"]


async def test_a_network_that_appears_answers_at_once(world: World, server: DnsServer) -> None:
    """A test or a person never waits for a new network's resolver."""
    spoke = put_network(world, "spoke")
    world.happened(
        Happened(
            kind=Kind.WRITE,
            resource_id=spoke,
            operation="Microsoft.Network/virtualNetworks/write",
            existed=False,
            method="PUT",
            url="https://127.0.0.1:1/",
            principal="p",
        )
    )
    await asyncio.sleep(0.05)
    assert len(final(await over_udp(server, "127.53.0.3", asking()))) == 1
    assert await server.address_of(spoke) == "127.53.0.3"


async def test_a_deleted_network_has_no_resolver(world: World, server: DnsServer) -> None:
    """Its address refuses, and is the same again when the network comes back."""
    hub = await server.address_of(f"{NETWORKS}/hub")
    world.remove(f"{NETWORKS}/hub")
    assert (await over_udp(server, hub, asking())).rcode() == dns.rcode.REFUSED
    assert await server.address_of(put_network(world, "hub")) == hub
    assert final(await over_udp(server, hub, asking())) == ["10.0.0.7"]


async def test_a_denial_comes_with_its_zones_soa(world: World, server: DnsServer) -> None:
    """Resolvers need the SOA to know how long to remember a denial."""
    world.remove(f"{ZONE}/A/myregistry")
    hub = await server.address_of(f"{NETWORKS}/hub")
    answer = await over_udp(server, hub, asking())
    assert answer.rcode() == dns.rcode.NXDOMAIN
    assert answer.authority[0].to_text().startswith("privatelink.azurecr.io. 10 IN SOA ")


async def test_a_large_answer_is_truncated_over_udp_only(world: World, server: DnsServer) -> None:
    """A client without EDNS gets 512 bytes and the hint to come again over TCP."""
    put_addresses(world, *(f"10.0.1.{n}" for n in range(40)))
    hub = await server.address_of(f"{NETWORKS}/hub")
    small = await over_udp(server, hub, asking(use_edns=False))
    assert small.flags & dns.flags.TC
    assert len(small.to_wire()) <= 512
    large = await over_udp(server, hub, asking(use_edns=0, payload=4096))
    assert not large.flags & dns.flags.TC
    assert len(final(large)) == 40
    assert len(final(await over_tcp(server, hub, asking()))) == 40


async def test_edns_options_are_tolerated(server: DnsServer) -> None:
    """A modern client's cookie or DNSSEC wish does no harm."""
    hub = await server.address_of(f"{NETWORKS}/hub")
    answer = await over_udp(server, hub, asking(want_dnssec=True, payload=1232))
    assert answer.edns == 0
    assert final(answer) == ["10.0.0.7"]


@pytest.mark.parametrize(
    ("packet", "code"),
    [
        (b"", None),
        (b"\x12\x34short", None),
        (b"\x12\x34\x81\x00" + bytes(8), None),
        (b"\x12\x34\x01\x00\x00\x01" + bytes(6) + b"\x07broken", 1),
        (b"\x12\x34\x01\x00\x00\x01" + bytes(6) + b"\xc0\x0c\x00\x01\x00\x01", 1),
        (b"\x12\x34\x01\x00" + bytes(8), 1),
        (b"\x12\x34\x10\x00\x00\x01" + bytes(6) + b"\x01a\x00\x00\x01\x00\x01", 4),
        (b"\x12\x34\x01\x00\x00\x01" + bytes(6) + b"\x01a\x00\x00\x01\x00\x03", 5),
    ],
)
async def test_noise_never_stops_the_server(
    server: DnsServer, packet: bytes, code: int | None, caplog: pytest.LogCaptureFixture
) -> None:
    """Malformed packets get FORMERR or nothing, other tricks an error, and queries go on."""
    hub = await server.address_of(f"{NETWORKS}/hub")
    loop = asyncio.get_running_loop()
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    class Listener(asyncio.DatagramProtocol):
        """Keeps what it hears."""

        def datagram_received(self, data: bytes, addr: object) -> None:
            """Keep one datagram."""
            assert addr
            heard.put_nowait(data)

    transport, _ = await loop.create_datagram_endpoint(Listener, remote_addr=(hub, server.port))
    transport.sendto(packet)
    valid = asking()
    transport.sendto(valid.to_wire())
    replies = [await asyncio.wait_for(heard.get(), 30)]
    if code is not None:
        assert replies[0][:2] == b"\x12\x34"
        assert replies[0][3] & 0x0F == code
        replies.append(await asyncio.wait_for(heard.get(), 30))
    assert final(dns.message.from_wire(replies[-1])) == ["10.0.0.7"]
    assert not caplog.records
    transport.close()


async def test_a_tcp_connection_carries_several_queries(server: DnsServer) -> None:
    """Clients that keep their connection are served; one that breaks off does no harm."""
    hub = await server.address_of(f"{NETWORKS}/hub")
    reader, writer = await asyncio.open_connection(hub, server.port)
    for _ in range(2):
        wire = asking().to_wire()
        writer.write(len(wire).to_bytes(2) + wire)
        length = int.from_bytes(await reader.readexactly(2))
        answer = dns.message.from_wire(await reader.readexactly(length))
        assert final(answer) == ["10.0.0.7"]
    writer.write(b"\x00\xff half a query")
    writer.close()
    await writer.wait_closed()
    assert final(await over_tcp(server, hub, asking())) == ["10.0.0.7"]


async def test_a_connection_left_open_does_not_delay_the_end(world: World) -> None:
    """Stopping closes idle clients instead of waiting for them."""
    server = DnsServer(world)
    await server.start()
    _, writer = await asyncio.open_connection(server.public_address, server.port)
    await asyncio.sleep(0.01)
    async with asyncio.timeout(30):
        await server.stop()
    writer.close()


async def test_two_local_azures_run_side_by_side(world: World, server: DnsServer) -> None:
    """Each has a port of its own, so that tests can run in parallel."""
    other = DnsServer(world)
    await other.start()
    assert other.port != server.port
    await other.stop()
