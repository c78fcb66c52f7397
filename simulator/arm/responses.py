"""Answers on their way out: bodies and the headers of every answer."""

import json
import uuid
from dataclasses import replace

from aiohttp import web

from simulator.arm.wire import Answer, Request


def by_provider(answer: Answer, request: Request) -> Answer:
    """The answer with the headers that its provider adds (recorded)."""
    headers: dict[str, str] = {}
    namespace, kind = request.target.namespace, request.target.types[0]
    if namespace == "Microsoft.ContainerRegistry":
        headers["api-supported-versions"] = request.api_version
    elif namespace == "Microsoft.Network" and not kind.startswith("privateDns"):
        headers["x-ms-arm-service-request-id"] = str(uuid.uuid4())
    if request.method == "GET" and isinstance(answer.body, dict) and "etag" in answer.body:
        headers["ETag"] = answer.body["etag"]
    return replace(answer, headers=headers | answer.headers)


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
        "Cache-Control": "private" if private_dns else "no-cache",
        "Pragma": "no-cache",
        "Expires": "-1",
        "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
        "X-Content-Type-Options": "nosniff",
        **answer.headers,
    }
    if answer.body == "":
        return web.Response(status=answer.status, headers=headers)
    text = json.dumps(answer.body)
    if private_dns:
        # Private DNS escapes slashes in its JSON (recorded).
        text = text.replace("/", "\\/")
    return web.Response(
        status=answer.status,
        headers=headers,
        text=text,
        content_type="application/json",
        charset="utf-8",
    )
