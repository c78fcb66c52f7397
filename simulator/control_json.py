"""JSON in and out of the control surface."""

import json

from aiohttp import web

from simulator.json_text import parse_json
from simulator.world import Json


async def json_body(request: web.Request, required: set[str] | None = None) -> Json:
    """The JSON object that was sent, with exactly the required keys if any are."""
    try:
        body = parse_json(await request.read())
    except ValueError as error:
        raise bad(f"the body cannot be read: {error}") from error
    if not isinstance(body, dict):
        raise bad("the body must be a JSON object")
    if required is not None and set(body) != required:
        raise bad(f"the body must have {sorted(required)} and nothing else, not {sorted(body)}")
    return body


def bad(message: str) -> web.HTTPBadRequest:
    """The 400 that says what is wrong with a request."""
    body = {"error": {"code": "BadRequest", "message": message}}
    return web.HTTPBadRequest(text=json.dumps(body), content_type="application/json")


def since(request: web.Request) -> int:
    """The number in ?since=, 0 without."""
    given = request.query.get("since", "0")
    if not given.isdecimal():
        raise bad(f"since must be a number from 0 up, not {given!r}")
    return int(given)
