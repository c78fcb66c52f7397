"""DNS messages: bytes to a question, an answer to bytes."""

import logging
from collections.abc import Callable

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from simulator.dns.records import Answer, Question, Record

type Resolve = Callable[[Question], Answer]

_log = logging.getLogger(__name__)

_HEADER = 12
_PLAIN_UDP = 512
_LARGEST_UDP = 1232
_LARGEST_TCP = 65_535


def answer_udp(packet: bytes, resolve: Resolve) -> bytes | None:
    """The datagram that answers a datagram, truncated to what its sender can take.

    None if there is nothing to answer: noise, or itself an answer.
    """
    return _answer(packet, resolve, udp=True)


def answer_tcp(packet: bytes, resolve: Resolve) -> bytes | None:
    """The message that answers a message on a TCP connection, None as for `answer_udp`."""
    return _answer(packet, resolve, udp=False)


def _answer(packet: bytes, resolve: Resolve, *, udp: bool) -> bytes | None:
    if len(packet) < _HEADER or packet[2] & 0x80:
        return None
    try:
        query = dns.message.from_wire(packet)
    except (dns.exception.DNSException, ValueError, IndexError):
        return _format_error(packet)
    response = _respond(query, resolve)
    size = _LARGEST_TCP
    if udp:
        size = max(_PLAIN_UDP, min(query.payload, _LARGEST_UDP))
    return response.to_wire(max_size=size, prefer_truncation=True)


def _respond(query: dns.message.Message, resolve: Resolve) -> dns.message.Message:
    response = dns.message.make_response(query, recursion_available=True, our_payload=_LARGEST_UDP)
    if query.opcode() != dns.opcode.QUERY:
        response.set_rcode(dns.rcode.NOTIMP)
    elif len(query.question) != 1:
        response.set_rcode(dns.rcode.FORMERR)
    elif query.question[0].rdclass != dns.rdataclass.IN:
        response.set_rcode(dns.rcode.REFUSED)
    else:
        asked = query.question[0]
        name = asked.name.to_text(omit_final_dot=True).lower()
        _fill_from(response, resolve, Question(name, dns.rdatatype.to_text(asked.rdtype)))
    return response


def _fill_from(response: dns.message.Message, resolve: Resolve, question: Question) -> None:
    try:
        _fill(response, resolve(question))
    except Exception:  # noqa: BLE001 - no client shall wait for an answer that never comes
        _log.exception("cannot resolve %s", question)
        response.set_rcode(dns.rcode.SERVFAIL)


def _fill(response: dns.message.Message, answer: Answer) -> None:
    response.set_rcode(dns.rcode.from_text(answer.code))
    for record in answer.records:
        _add(response, response.answer, record)
    if answer.authority is not None:
        _add(response, response.authority, answer.authority)


def _add(response: dns.message.Message, section: list[dns.rrset.RRset], record: Record) -> None:
    name = dns.name.from_text(record.name)
    data = dns.rdata.from_text("IN", record.type, _data(record))
    known = response.find_rrset(section, name, data.rdclass, data.rdtype, create=True)
    known.add(data, record.ttl)


def _data(record: Record) -> str:
    return f"{record.data}." if record.type == "CNAME" else record.data


def _format_error(packet: bytes) -> bytes:
    """A header with the query's ID and FORMERR, all that can be said to a broken query."""
    flags = 0x8080 | ((packet[2] & 0x79) << 8) | int(dns.rcode.FORMERR)
    return packet[:2] + flags.to_bytes(2) + bytes(8)
