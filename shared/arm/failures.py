"""What a failed call to Azure means: gone, forbidden, or not known (no-unproven-delete, confirmed).

404 ResourceNotFound, ResourceGroupNotFound   absent
other 404s (SubscriptionNotFound, …)          unknown, and lasting
400, 403                                      unknown, and lasting
these without Azure's own code: a web page    unknown, and may pass
412                                           somebody else wrote first
401, 408, 409, 429, 5xx, no answer, no token  unknown, and may pass
"""

import re
from http import HTTPStatus

from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError

from shared.domain.reading import Absent, Unknown, UnknownReason
from shared.errors import LockedError, PreconditionFailedError, TransientError

# The wire's own words for a resource that is not there (docs/azure.md#private-dns).
_ABSENT_CODES = frozenset({"ResourceNotFound", "ResourceGroupNotFound"})
RECORD_ABSENT_CODE = "NotFound"
LINK_ABSENT_CODE = "ResourceNotFound"
PRECONDITION_FAILED = "PreconditionFailed"
LOCKED = "ScopeLocked"

_LASTING = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})
# A link refused for these will be refused again: only a person can help
# (docs/azure.md#private-dns).
REFUSAL_CODES = frozenset({"BadRequest", "Conflict", "LinkedAuthorizationFailed"})
# What Microsoft's clients raise where a document has another shape than they expect.
GARBLED = (AttributeError, KeyError, RecursionError, TypeError, ValueError)
_CODE = re.compile(r"[A-Za-z]{1,64}")


def code_of(error: AzureError) -> str:
    """Azure's error code, or "" where there is none; never any other word of its answer."""
    inner = getattr(error, "error", None)
    code = getattr(inner, "code", None)
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""


def in_words(error: AzureError) -> str:
    """The failure in one phrase that is fit for a log: kind, status and code alone (quiet)."""
    status = getattr(error, "status_code", None)
    return " ".join(str(word) for word in (type(error).__name__, status, code_of(error)) if word)


def reading(error: AzureError) -> Absent | Unknown:
    """What a failed read of a source says about it."""
    if isinstance(error, HttpResponseError) and not isinstance(error, ClientAuthenticationError):
        if error.status_code == HTTPStatus.NOT_FOUND and code_of(error) in _ABSENT_CODES:
            return Absent()
        if error.status_code in _LASTING and code_of(error):
            return Unknown(UnknownReason.FORBIDDEN, in_words(error))
    return Unknown(UnknownReason.TRANSIENT, in_words(error))


def is_absent(error: HttpResponseError, *codes: str) -> bool:
    """Whether the answer is a 404 with one of the codes."""
    return error.status_code == HTTPStatus.NOT_FOUND and code_of(error) in codes


def on_zone(error: AzureError, what: str) -> TransientError | LockedError:
    """The error to raise where a call to a zone failed."""
    if code_of(error) == LOCKED:
        return LockedError(f"{what}: a lock forbids it")
    if isinstance(error, HttpResponseError) and (
        error.status_code == HTTPStatus.PRECONDITION_FAILED or code_of(error) == PRECONDITION_FAILED
    ):
        return PreconditionFailedError(f"{what}: somebody else wrote first")
    return TransientError(f"{what}: {in_words(error)}")
