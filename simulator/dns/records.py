"""Questions, answers and what a look-up can find: DNS without its wire format.

Names are in lower case and without the final dot.
"""

from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """Response codes."""

    NOERROR = "NOERROR"
    NXDOMAIN = "NXDOMAIN"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class Question:
    """What a client asks.

    Attributes:
        name: the name asked for.
        type: the record type in capitals, as "A".
    """

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Record:
    """One record of an answer.

    Attributes:
        name: its owner.
        type: A, CNAME or SOA.
        ttl: seconds.
        data: an address, a target name, or the SOA's fields.
    """

    name: str
    type: str
    ttl: int
    data: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the resolver says.

    Attributes:
        code: the response code.
        records: the answer section, in order.
        authority: the SOA of the zone that denies, in a negative answer.
    """

    code: Code
    records: tuple[Record, ...] = ()
    authority: Record | None = None


@dataclass(frozen=True, slots=True)
class Alias:
    """The name is an alias."""

    target: str
    ttl: int


@dataclass(frozen=True, slots=True)
class Addresses:
    """The name has these IPv4 addresses; none is an empty record set."""

    values: tuple[str, ...]
    ttl: int


@dataclass(frozen=True, slots=True)
class Empty:
    """The name exists and has no data: a zone's apex, or only names below it."""


@dataclass(frozen=True, slots=True)
class Missing:
    """The name does not exist."""


type Found = Alias | Addresses | Empty | Missing


def is_within(name: str, domain: str) -> bool:
    """Whether a name is a domain or below it."""
    return name == domain or name.endswith(f".{domain}")
