"""What a failed call to Azure means, and whether it passes by itself.

Invariants: no-unproven-delete, confirmed, nothing-silent.

status  Azure's code                               means
──────  ─────────────────────────────────────────  ─────────────────────────────────────────────
404     ResourceNotFound, ResourceGroupNotFound    absent: a source is not there
404     NotFound; ResourceNotFound                 absent: of a record; of a link
409     MissingSubscriptionRegistration            of a list: nothing, since the subscription has
                                                   no resources of that provider
412     any; or PreconditionFailed in a poll       conflict: somebody else wrote first
any     ScopeLocked                                locked, until a person lifts the lock
403     AuthorizationFailed                        spreading: lasts, but a right that was just given
                                                   may be on its way
401     InvalidAuthenticationTokenTenant           lasting: a subscription of another tenant
401     any other                                  passing
408     any; 425, 429, 5xx                         passing
409     AnotherOperationInProgress, Retryable…     passing
none    no answer, no token, a web page            passing
400     any, of a list's later page                passing: Azure's own link was wrong (`paging`)
200     a failed poll, with one of the codes of    lasting
        `_LASTING_POLLS`; else                     passing
4xx     any other, with a code                     lasting
4xx     any other, without a code: a web page      passing

What passes is tried again. What lasts is a finding with Azure's own code, and everything else of a
run is made: tried again it would be refused again, and only a person can help.
"""

import re
from enum import Enum, auto
from http import HTTPStatus
from typing import assert_never

from azure.core.exceptions import AzureError, HttpResponseError

from shared.domain.reading import Absent, Unknown, UnknownReason
from shared.errors import LastingError, LockedError, PreconditionFailedError, TransientError


class Meaning(Enum):
    """What a failure means to whoever called; the table at the head of this file."""

    ABSENT = auto()
    CONFLICT = auto()
    LOCKED = auto()
    SPREADING = auto()
    LASTING = auto()
    PASSING = auto()


# The wire's own words for a resource that is not there (docs/azure.md#private-dns).
_ABSENT_CODES = frozenset({"ResourceNotFound", "ResourceGroupNotFound"})
# These alone: a zone that is missing is 404 as well, and says nothing of its records.
RECORD_ABSENT_CODE = "NotFound"
LINK_ABSENT_CODE = "ResourceNotFound"
_UNREGISTERED_CODE = "MissingSubscriptionRegistration"
_MEANING_BY_CODE = {
    "PreconditionFailed": Meaning.CONFLICT,
    "ScopeLocked": Meaning.LOCKED,
    "AuthorizationFailed": Meaning.SPREADING,
    "InvalidAuthenticationTokenTenant": Meaning.LASTING,
    "AnotherOperationInProgress": Meaning.PASSING,
}
_RETRYABLE = "Retryable"
_PASSING_STATUSES = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)
# A poll tells its failure with status 200, so that only the code says which
# (docs/azure.md#clients). A link, for one, is refused for these (docs/azure.md#private-dns).
_LASTING_POLLS = frozenset(
    {
        "BadRequest",
        "Conflict",
        "LinkedAuthorizationFailed",
        "RequestDisallowedByPolicy",
        "DenyAssignmentAuthorizationFailed",
    }
)
# What Microsoft's clients raise where a document has another shape than they expect.
CLIENT_ERRORS = (AttributeError, KeyError, RecursionError, TypeError, ValueError)
# A code is one word; nothing else of an answer is told (quiet).
_CODE = re.compile(r"[A-Za-z]{1,64}")


def code_of(error: AzureError) -> str:
    """Azure's error code, or "" where there is none; never any other word of its answer."""
    # Anything may stand there in the body of a proxy: only a plain word is taken for a code.
    code = getattr(getattr(error, "error", None), "code", None)
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""


def error_text(error: AzureError) -> str:
    """The failure in one phrase that is fit for a log: kind, status and code alone (quiet)."""
    status = getattr(error, "status_code", None)
    return " ".join(str(word) for word in (type(error).__name__, status, code_of(error)) if word)


def meaning_of(error: AzureError) -> Meaning:
    """What the failure means, by the table at the head of this file."""
    code = code_of(error)
    status = getattr(error, "status_code", None)
    if not isinstance(error, HttpResponseError) or status is None:
        return Meaning.PASSING
    if status == HTTPStatus.PRECONDITION_FAILED:
        return Meaning.CONFLICT
    if code in _MEANING_BY_CODE:
        return _MEANING_BY_CODE[code]
    if status == HTTPStatus.NOT_FOUND and code in _ABSENT_CODES:
        return Meaning.ABSENT
    if status == HTTPStatus.OK:
        return Meaning.LASTING if code in _LASTING_POLLS else Meaning.PASSING
    is_passing = status in _PASSING_STATUSES or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    # What a proxy says in Azure's place has no code of Azure's.
    is_passing = is_passing or not code or code.startswith(_RETRYABLE)
    return Meaning.PASSING if is_passing else Meaning.LASTING


def reading(error: AzureError) -> Absent | Unknown:
    """What a failed read of a source says about it."""
    match meaning_of(error):
        case Meaning.ABSENT:
            return Absent()
        case Meaning.SPREADING:
            return Unknown(UnknownReason.FORBIDDEN, error_text(error), can_pass=True)
        case Meaning.LASTING | Meaning.LOCKED:
            return Unknown(UnknownReason.FORBIDDEN, error_text(error))
        case Meaning.PASSING | Meaning.CONFLICT:
            return Unknown(UnknownReason.TRANSIENT, error_text(error))
        case _ as meaning:
            assert_never(meaning)


def is_absent(error: HttpResponseError, *codes: str) -> bool:
    """Whether the answer is a 404 with one of the codes."""
    return error.status_code == HTTPStatus.NOT_FOUND and code_of(error) in codes


def is_unregistered(error: HttpResponseError) -> bool:
    """Whether a subscription has never had a resource of the provider that was asked."""
    return error.status_code == HTTPStatus.CONFLICT and code_of(error) == _UNREGISTERED_CODE


def zone_error(error: AzureError, what: str) -> TransientError | LockedError:
    """The error to raise where a call to a zone failed."""
    text = f"{what}: {error_text(error)}"
    match meaning_of(error):
        case Meaning.LOCKED:
            return LockedError(f"{what}: a lock forbids it")
        case Meaning.CONFLICT:
            return PreconditionFailedError(f"{what}: somebody else wrote first")
        case Meaning.SPREADING:
            return LastingError(text, can_pass=True)
        # A zone that is gone is no record or link that is gone: it is there again or in the
        # settings by mistake.
        case Meaning.LASTING | Meaning.ABSENT:
            return LastingError(text)
        case Meaning.PASSING:
            return TransientError(text)
        case _ as meaning:
            assert_never(meaning)
