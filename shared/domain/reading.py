"""Readings: nothing is believed but what Azure said, and silence is not absence.

Three answers instead of a value or None, so that whoever reads one must say what an unknown means.
"""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Found[T]:
    """Azure answered with the resource."""

    value: T


@dataclass(frozen=True, slots=True)
class Absent:
    """A direct read answered 404 `ResourceNotFound` or `ResourceGroupNotFound`."""


class UnknownReason(StrEnum):
    """Why something is not known."""

    # Only this one is worth reading again; the others wait for a person.
    TRANSIENT = "Azure did not answer properly; it may later"
    FORBIDDEN = "the app may not read it"
    UNREADABLE = "Azure's answer could not be understood"
    UNWATCHED = "it lies outside the watched subscriptions"


@dataclass(frozen=True, slots=True)
class Unknown:
    """Neither there nor gone, as far as we can tell; unknown deletes nothing.

    Invariant: no-unproven-delete.
    """

    reason: UnknownReason
    detail: str = ""
    # Of a right that was just given: roles spread slowly (docs/azure.md#roles).
    can_pass: bool = False


type Reading[T] = Found[T] | Absent | Unknown
