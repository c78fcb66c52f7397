"""What a check is, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError, HttpResponseError

from infra.acceptance.azure import UnfinishedError
from infra.acceptance.text import one_line

if TYPE_CHECKING:
    from infra.acceptance.estate import Estate


class DifferenceError(Exception):
    """Azure does otherwise than the check expects; the message says what was seen."""


class NotCheckableError(Exception):
    """Nothing can be said here; the message says what is missing."""


class Result(StrEnum):
    """What became of a check."""

    PASS = "pass"  # noqa: S105 - no word of anybody
    FAIL = "FAIL"
    NOT_CHECKABLE = "not checkable here"
    BY_HAND = "by hand"


@dataclass(frozen=True, slots=True)
class Check:
    """Something that only an Azure can tell.

    Attributes:
        name: that of its line in docs/azure.md, or `walk-…` for a step of the app's own story.
        expectation: what is expected, which is what the local Azure does.
        look: gives what was seen, or raises DifferenceError or NotCheckableError; None where
            a person must do what the expectation says.
    """

    name: str
    expectation: str
    look: Callable[[Estate], str] | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table at the end."""

    name: str
    result: Result
    seen: str


def run_check(check: Check, estate: Estate) -> Row:
    """Make a check; what Azure refuses, and any mistake of the check's own, fails it."""
    if check.look is None:
        return Row(check.name, Result.BY_HAND, check.expectation)
    try:
        return Row(check.name, Result.PASS, check.look(estate))
    except NotCheckableError as error:
        return Row(check.name, Result.NOT_CHECKABLE, str(error))
    except DifferenceError as error:
        return Row(check.name, Result.FAIL, f"{error}; expected: {check.expectation}")
    except HttpResponseError as error:
        code = error.error.code if error.error else error.reason
        text = f"Azure answered {error.status_code} {code}: {one_line(error.message)}"
        return Row(check.name, Result.FAIL, text)
    except (AzureError, UnfinishedError, LookupError, TypeError, ValueError) as error:
        # An answer in a form that the check does not know is a difference, and no end of the run.
        return Row(check.name, Result.FAIL, f"{type(error).__name__}: {one_line(str(error))}")


def demand(is_so: bool, seen: str) -> str:  # noqa: FBT001 - the truth that is demanded
    """What was seen, if it is as it should be.

    Raises:
        DifferenceError: it is not.
    """
    if not is_so:
        raise DifferenceError(seen)
    return seen
