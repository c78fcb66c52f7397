"""Answers on their way out: bodies and the headers of every answer."""

import json
import uuid

from aiohttp import web

from simulator.arm.wire import Answer

_WRITES = frozenset({"PUT", "PATCH", "POST", "DELETE"})


def respond(answer: Answer, method: str, correlation: str, *, private_dns: bool) -> web.Response:
    """Put an answer on the wire, with the headers that every answer has.

    Args:
        answer: what the provider, or the gateway, says.
        method: the request's method.
        correlation: the request's correlation ID.
        private_dns: whether the Private DNS provider speaks, which has habits of its own.
    """
    headers = {
        "x-ms-request-id": str(uuid.uuid4()),
        "x-ms-correlation-request-id": correlation,
        "x-ms-routing-request-id": f"LOCAL:{uuid.uuid4()}",
        "Cache-Control": "no-cache",
        **_remaining(method, private_dns=private_dns),
        **answer.headers,
    }
    if answer.body == "":
        return web.Response(status=answer.status, headers=headers)
    text = json.dumps(answer.body)
    if private_dns:
        # Private DNS escapes slashes in its JSON (recorded).
        text = text.replace("/", "\\/")
    return web.Response(
        status=answer.status, headers=headers, text=text, content_type="application/json"
    )


def _remaining(method: str, *, private_dns: bool) -> dict[str, str]:
    """What is left of the caller's allowance: Azure's recorded numbers, which never shrink here."""
    prefix = "x-ms-ratelimit-remaining-subscription"
    if method in _WRITES:
        headers = {f"{prefix}-writes": "199", f"{prefix}-global-writes": "2999"}
    else:
        headers = {f"{prefix}-reads": "249", f"{prefix}-global-reads": "3749"}
    if private_dns:
        headers[f"{prefix}-resource-requests"] = "499"
    return headers
