"""Problem details (RFC 9457): how a request is refused, in words that a person can act on."""

from collections.abc import Mapping
from http import HTTPStatus

from shared.errors import RefusedError
from shared.render.clean import clean

MEDIA_TYPE = "application/problem+json"


class ProblemError(RefusedError):
    """A request is refused; neither the message nor anything else repeats what it held.

    Args:
        status: of the answer.
        detail: what is wrong, and what to do.
        headers: of the answer.
        more: further members of the body.
    """

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = dict(headers or {})
        self.body: Mapping[str, object] = {
            # No page describes our problems, so their title is the status's own (RFC 9457, 4.2.1).
            "type": "about:blank",
            "title": status.phrase,
            "status": status.value,
            "detail": clean(detail),
            **(more or {}),
        }
