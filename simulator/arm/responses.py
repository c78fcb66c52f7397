"""Answers on their way out: bodies and the headers of every answer."""

import json
import uuid

from aiohttp import web

from simulator.arm.wire import Answer


def respond(answer: Answer, correlation: str, *, private_dns: bool) -> web.Response:
    """Put an answer on the wire, with the headers that every answer has.

    Args:
        answer: what the provider, or the gateway, says.
        correlation: the request's correlation ID.
        private_dns: whether the Private DNS provider speaks, which has habits of its own.
    """
    headers = {
        "x-ms-request-id": str(uuid.uuid4()),
        "x-ms-correlation-request-id": correlation,
        "x-ms-routing-request-id": f"LOCAL:{uuid.uuid4()}",
        "Cache-Control": "no-cache",
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
