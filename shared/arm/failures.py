"""What a failed call to Azure means: absent, forbidden, or unknown (no-unproven-delete, confirmed).

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
# These alone: a zone that is missing is 404 as well, and says nothing of its records.
RECORD_ABSENT_CODE = "NotFound"
LINK_ABSENT_CODE = "ResourceNotFound"
PRECONDITION_CODE = "PreconditionFailed"
LOCKED_CODE = "ScopeLocked"

_LASTING_STATUSES = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})
# A link refused for these will be refused again: only a person can help
# (docs/azure.md#private-dns).
REFUSAL_CODES = frozenset({"BadRequest", "Conflict", "LinkedAuthorizationFailed"})
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


def reading(error: AzureError) -> Absent | Unknown:
    """What a failed read of a source says about it."""
    # A sign-in that failed says nothing about the source, whatever its status.
    if isinstance(error, HttpResponseError) and not isinstance(error, ClientAuthenticationError):
        if error.status_code == HTTPStatus.NOT_FOUND and code_of(error) in _ABSENT_CODES:
            return Absent()
        if error.status_code in _LASTING_STATUSES and code_of(error):
            return Unknown(UnknownReason.FORBIDDEN, error_text(error))
    return Unknown(UnknownReason.TRANSIENT, error_text(error))


def is_absent(error: HttpResponseError, *codes: str) -> bool:
    """Whether the answer is a 404 with one of the codes."""
    return error.status_code == HTTPStatus.NOT_FOUND and code_of(error) in codes


def zone_error(error: AzureError, what: str) -> TransientError | LockedError:
    """The error to raise where a call to a zone failed."""
    if code_of(error) == LOCKED_CODE:
        return LockedError(f"{what}: a lock forbids it")
    # A poll tells its failure with status 200, so that only the code says which
    # (docs/azure.md#clients).
    if isinstance(error, HttpResponseError) and (
        error.status_code == HTTPStatus.PRECONDITION_FAILED or code_of(error) == PRECONDITION_CODE
    ):
        return PreconditionFailedError(f"{what}: somebody else wrote first")
    return TransientError(f"{what}: {error_text(error)}")
