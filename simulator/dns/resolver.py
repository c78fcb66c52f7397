"""What Azure's resolver, 168.63.129.16, answers inside a virtual network.

Pure: the answer follows from the world, the network and the question alone.
"""

from typing import assert_never

from simulator.dns import private, public
from simulator.dns.records import (
    Addresses,
    Alias,
    Answer,
    Code,
    Empty,
    Found,
    Missing,
    Question,
    Record,
)
from simulator.world import World

_LONGEST_CHAIN = 8


def resolve(world: World, network_id: str | None, question: Question) -> Answer:
    """Follow aliases from the question's name to its answer.

    Args:
        world: the registries, zones and links that there are.
        network_id: the virtual network to ask from; None asks from the internet.
        question: the name, in any case, and the record type.

    Returns:
        The aliases passed on the way and the records at the end. If the end is
        a denial, the aliases stay in the answer, as resolvers leave them.
    """
    name = question.name.lower()
    records: tuple[Record, ...] = ()
    for _ in range(_LONGEST_CHAIN):
        found, soa = _look_up(world, network_id, name)
        match found:
            case Alias(target, ttl):
                records += (Record(name, "CNAME", ttl, target),)
                if question.type == "CNAME":
                    return Answer(Code.NOERROR, records)
                name = target
            case Addresses(values, ttl) if values and question.type == "A":
                ends = tuple(Record(name, "A", ttl, value) for value in values)
                return Answer(Code.NOERROR, records + ends)
            case Addresses() | Empty():
                return _denied(Code.NOERROR, question, name, records, soa)
            case Missing():
                return _denied(Code.NXDOMAIN, question, name, records, soa)
            case _:
                assert_never(found)
    raise RecursionError(f"the aliases of {question.name} have no end")


def _look_up(world: World, network_id: str | None, name: str) -> tuple[Found, Record]:
    """What is found for one name, and the SOA of who says so."""
    linked = private.zone_for(world, network_id, name) if network_id else None
    if linked is not None:
        found = private.look_up(world, linked, name)
        if not (isinstance(found, Missing) and linked.redirects):
            return found, linked.soa()
    return public.look_up(world, name), public.soa(name)


def _denied(
    code: Code, question: Question, name: str, records: tuple[Record, ...], soa: Record
) -> Answer:
    if question.type == "SOA" and name == soa.name and code is Code.NOERROR:
        return Answer(code, (*records, soa))
    return Answer(code, records, soa)
