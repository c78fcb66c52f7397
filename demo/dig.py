"""Asks a network's DNS, with `dig` where it is installed."""

import asyncio
import shutil
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

import dns.asyncquery
import dns.message
import dns.rcode

_PRIVATE = IPv4Network("10.0.0.0/8")
_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """What a name resolves to.

    Attributes:
        status: as dig's header has it: "NOERROR", "NXDOMAIN", …
        lines: the answer section, one record a line, as (name, ttl, type, data).
    """

    status: str
    lines: tuple[tuple[str, int, str, str], ...]

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses at the end of the chain."""
        return tuple(data for _, _, kind, data in self.lines if kind == "A")

    @property
    def names(self) -> tuple[str, ...]:
        """The chain of names that led there."""
        return tuple(data.rstrip(".") for _, _, kind, data in self.lines if kind == "CNAME")

    @property
    def private(self) -> bool:
        """Whether it resolves, and to private addresses only."""
        return bool(self.addresses) and all(IPv4Address(a) in _PRIVATE for a in self.addresses)


async def dig(address: str, port: int, name: str) -> Answer:
    """Resolve a name at one DNS server.

    Args:
        address: the server's IPv4 address.
        port: its port.
        name: the FQDN.
    """
    binary = shutil.which("dig")
    if binary is None:
        return await _without_dig(address, port, name)
    process = await asyncio.create_subprocess_exec(
        binary, f"@{address}", "-p", str(port), name, "A", "+noall", "+comments", "+answer",
        f"+time={_SECONDS}", stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    return _parse(out.decode())


def _parse(text: str) -> Answer:
    status, lines = "no answer", []
    for line in text.splitlines():
        if "status: " in line:
            status = line.partition("status: ")[2].partition(",")[0]
        elif line and not line.startswith(";"):
            name, ttl, _, kind, data = line.split(None, 4)
            lines.append((name, int(ttl), kind, data))
    return Answer(status, tuple(lines))


async def _without_dig(address: str, port: int, name: str) -> Answer:
    """The same question and the same lines, where no dig is installed."""
    question = dns.message.make_query(name, "A")
    reply = await dns.asyncquery.udp(question, address, port=port, timeout=_SECONDS)
    text = "\n".join(rrset.to_text() for rrset in reply.answer)
    return _parse(f";; status: {dns.rcode.to_text(reply.rcode())},\n{text}")
