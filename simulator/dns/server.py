"""A resolver for each virtual network, at a loopback address of its own.

The public view is at 127.53.0.1; all addresses share one port, over UDP and TCP.
"""

import asyncio
import contextlib
import socket
from collections.abc import Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any

from simulator.dns import wire
from simulator.dns.records import Answer, Code, Question
from simulator.dns.resolver import resolve
from simulator.world import Happened, Kind, World

NETWORK = "Microsoft.Network/virtualNetworks"
_PUBLIC = "127.53.0.1"
_PORT_TRIALS = 50
_IDLE_SECONDS = 10.0
_NETWORKS_PER_BLOCK = 250


@dataclass(frozen=True, slots=True)
class _Door:
    """The open sockets of one address."""

    address: str
    udp: asyncio.DatagramTransport
    tcp: asyncio.Server


class _Datagrams(asyncio.DatagramProtocol):
    """Answers each datagram by itself."""

    def __init__(self, resolve_: wire.Resolve) -> None:
        self._resolve = resolve_
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the socket to answer on."""
        if isinstance(transport, asyncio.DatagramTransport):
            self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        """Answer, if there is something to answer."""
        answer = wire.answer_udp(data, self._resolve)
        if answer is not None and self._transport is not None:
            self._transport.sendto(answer, addr)


class DnsServer:
    """Answers for every virtual network of a world, and for the internet.

    Args:
        world: whose registries, zones and links to answer from.
    """

    def __init__(self, world: World) -> None:
        self.port = 0
        self._world = world
        self._doors: dict[str | None, _Door] = {}
        self._opening = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def public_address(self) -> str:
        """Where the internet's view is."""
        return _PUBLIC

    async def start(self) -> None:
        """Open the public view and one for each network, now and as they appear."""
        udp, tcp = _free_port()
        self.port = tcp.getsockname()[1]
        self._doors[None] = await self._open(None, _PUBLIC, udp, tcp)
        self._world.listen(self._heard)
        for network in self._world.of_type(NETWORK):
            await self.address_of(network.id)

    async def stop(self) -> None:
        """Close everything."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for door in self._doors.values():
            door.udp.close()
            door.tcp.close()
            door.tcp.close_clients()
            await door.tcp.wait_closed()
        self._doors.clear()

    async def address_of(self, network_id: str) -> str:
        """The address that answers for a network, opened now if it is not open yet.

        A network keeps its address when it is deleted and created again.
        """
        async with self._opening:
            key = network_id.lower()
            if key not in self._doors:
                address = _nth_address(len(self._doors) - 1)
                udp, tcp = _listening(address, self.port)
                self._doors[key] = await self._open(key, address, udp, tcp)
            return self._doors[key].address

    def _heard(self, what: Happened) -> None:
        if what.kind is Kind.WRITE and what.operation.lower() == f"{NETWORK}/write".lower():
            self._own(self._greet(what.resource_id))

    async def _greet(self, network_id: str) -> None:
        await self.address_of(network_id)

    def _own(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _answer(self, network_id: str | None, question: Question) -> Answer:
        if network_id is not None and self._world.get(network_id) is None:
            return Answer(Code.REFUSED)
        return resolve(self._world, network_id, question)

    async def _open(
        self, network_id: str | None, address: str, udp: socket.socket, tcp: socket.socket
    ) -> _Door:
        answer = partial(self._answer, network_id)
        loop = asyncio.get_running_loop()
        datagrams, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(answer), sock=udp)
        streams = await asyncio.start_server(partial(self._converse, answer), sock=tcp)
        return _Door(address, datagrams, streams)

    async def _converse(
        self, answer: wire.Resolve, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Answer the queries of one TCP connection until its client is done."""
        if (task := asyncio.current_task()) is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        gone = (asyncio.IncompleteReadError, TimeoutError, ConnectionError)
        try:
            with contextlib.suppress(*gone):
                while (answered := wire.answer_tcp(await _next_query(reader), answer)) is not None:
                    writer.write(len(answered).to_bytes(2) + answered)
                    await writer.drain()
        finally:
            writer.close()


async def _next_query(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(_IDLE_SECONDS):
        length = int.from_bytes(await reader.readexactly(2))
        return await reader.readexactly(length)


def _nth_address(index: int) -> str:
    return f"127.53.{index // _NETWORKS_PER_BLOCK}.{index % _NETWORKS_PER_BLOCK + 2}"


def _free_port() -> tuple[socket.socket, socket.socket]:
    """Sockets of the public view, on a port that is free for both protocols."""
    for _ in range(_PORT_TRIALS):
        with socket.create_server((_PUBLIC, 0)) as trial:
            port = trial.getsockname()[1]
        with contextlib.suppress(OSError):
            return _listening(_PUBLIC, port)
    raise OSError(f"no port of {_PUBLIC} is free for both UDP and TCP")


def _listening(address: str, port: int) -> tuple[socket.socket, socket.socket]:
    tcp = socket.create_server((address, port))
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        udp.bind((address, port))
    except OSError:
        udp.close()
        tcp.close()
        raise
    udp.setblocking(False)  # noqa: FBT003 - the socket module's own signature
    return udp, tcp
