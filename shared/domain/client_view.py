"""The client's view: what a client in a network gets for a name, by zones and links. Pure.

A linked network's question is answered by the private zone that has the longest suffix of the
name, and by no other (docs/azure.md#private-dns):

    record set, or the wildcard that covers the name    its addresses; if none, it is no data
    neither, the link falls back (NxDomainRedirect)     the public answer
    neither, the link does not                          no such name
    no zone of that suffix is linked                    the public answer
    the network asks DNS servers of its own             what those say: links decide nothing

A public name is asked for first, and then the `privatelink` name that the public DNS leads to, so
that a zone called like a registry comes before all `privatelink` zones.
"""

from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import cast

from shared.domain.resource_id import ResourceId
from shared.domain.zone import PRIVATE_LINK, Link, RecordSet


class Outcome(StrEnum):
    """What a client gets where no record set answers."""

    PUBLIC = "the public answer"
    NO_SUCH_NAME = "no such name"
    UNSEEN = "what its own DNS servers say"


# The addresses of a record set, or why there are none.
type Answer = frozenset[str] | Outcome


@dataclass(frozen=True, slots=True)
class PrivateZone:
    """A private DNS zone, as far as clients are concerned.

    Attributes:
        name: of the zone.
        records: by name, relative to the zone; None, or nothing, where no record set stands.
        links: by network.
    """

    name: str
    records: Mapping[str, RecordSet | None]
    links: Mapping[ResourceId, Link]


@dataclass(frozen=True, slots=True)
class Client:
    """Any client in a network.

    Attributes:
        network: the network.
        has_own_dns: whether the network names DNS servers other than Azure's.
    """

    network: ResourceId
    has_own_dns: bool = False


# Whether an answer for a name is good for a client; None where that is not known.
type IsGood = Callable[[Client, str, Answer], bool | None]


def answer(zones: Iterable[PrivateZone], client: Client, name: str) -> Answer:
    """What a client gets.

    Args:
        zones: every private zone that is known.
        client: who asks.
        name: the name as the public knows it.
    """
    if client.has_own_dns:
        return Outcome.UNSEEN
    candidates = (
        (is_private_link, -len(zone.name), zone, relative, link)
        for zone in zones
        if (link := zone.links.get(client.network)) and link.is_working
        for is_private_link, relative in _relative_names(zone, name)
    )
    # The longest suffix answers; of zones of one name, only one can be linked.
    best = min(candidates, key=lambda candidate: candidate[:2], default=None)
    if best is None:
        return Outcome.PUBLIC
    _, _, zone, relative, link = best
    for record in map(zone.records.get, (relative, *_wildcards(relative))):
        if record is not None:
            return frozenset(record.addresses)
    return Outcome.PUBLIC if link.has_fallback else Outcome.NO_SUCH_NAME


def worsens(
    before: Iterable[PrivateZone],
    after: Iterable[PrivateZone],
    client: Client,
    name: str,
    good: IsGood,
) -> bool:
    """Whether a client loses a good answer.

    What is not known counts as good before and as not good after, so that no write rests on it.

    Args:
        before: every private zone that is known, as it is.
        after: the same, as a write would leave them.
        client: who asks.
        name: the name as the public knows it.
        good: whether an answer is a good one.
    """
    former, latter = answer(before, client, name), answer(after, client, name)
    return (
        former != latter
        and good(client, name, former) is not False
        and good(client, name, latter) is not True
    )


def with_records(zone: PrivateZone, records: Mapping[str, RecordSet | None]) -> PrivateZone:
    """The zone with other record sets at some of its names; None where none would stand."""
    # Laid over the others, since a zone can have 25,000.
    others = cast("dict[str, RecordSet | None]", zone.records)
    return replace(zone, records=ChainMap(dict(records), others))


def _relative_names(zone: PrivateZone, name: str) -> Iterator[tuple[bool, str]]:
    """The name relative to the zone, if the zone can hold it, and whether it is asked for last."""
    _, mark, suffix = f".{zone.name}".rpartition(f".{PRIVATE_LINK}")
    if mark and not name.endswith(f".{suffix}"):
        return
    question = f"{name.removesuffix(suffix)}{PRIVATE_LINK}{suffix}" if mark else name
    if question == zone.name:
        yield bool(mark), "@"
    elif question.endswith(f".{zone.name}"):
        yield bool(mark), question.removesuffix(f".{zone.name}")


def _wildcards(name: str) -> Iterator[str]:
    """The wildcards that may cover a name, the closest first."""
    while name:
        _, _, name = name.partition(".")
        yield f"*.{name}" if name else "*"
