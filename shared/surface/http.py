"""The HTTP functions: a request in, an answer out; errors are problem details (RFC 9457).

What the answer's status says of a run, the first that holds:

    500   a bug                                      problem details, with the report
    503   nothing could be read; Retry-After         problem details, with the report
    502   Azure failed somewhere; the rest is done   problem details, with the report
    202   time or cap ended first; Retry-After       the report: calling again continues
    200   everything was done that may be            the report
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from shared.engine.budget import REQUEST_SECONDS, Budget
from shared.engine.mandate import Effect
from shared.surface import problem, report_json
from shared.surface.body import plan_order, reconcile_order
from shared.surface.deployment import Deployment
from shared.surface.log import log, where
from shared.surface.order import Order, Outcome, carry_out
from shared.surface.problem import ProblemError
from shared.surface.report import change_lines, summary
from shared.surface.report_json import Json

_SOON = {"Retry-After": "5"}
_LATER = {"Retry-After": "60"}
_ROUTES = {"plan": "POST", "reconcile": "POST", "explain": "GET", "status": "GET"}


@dataclass(frozen=True, slots=True)
class Request:
    """A request.

    Attributes:
        method: in capitals.
        route: what follows /api/.
        name: the query's `name`, if it has one.
        content_type: of the body, or "".
        body: its bytes.
    """

    method: str
    route: str
    name: str | None = None
    content_type: str = ""
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back.

    Attributes:
        status: HTTP status.
        body: JSON.
        media_type: of the body.
        headers: further ones.
    """

    status: int
    body: str
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


async def answer(request: Request, deployment: Deployment) -> Answer:
    """Answer a request, whatever it is and whatever becomes of it."""
    try:
        done = await _work(request, deployment)
    except ProblemError as error:
        return _refused(error)
    except Exception as error:  # noqa: BLE001 - a bug's text may be foreign, and must not go out
        log.critical("bug while answering a request: %s", where(error))
        detail = "The app has a bug, which its log describes."
        return _refused(ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, detail))
    return done if isinstance(done, Answer) else _json(HTTPStatus.OK, done)


async def _work(request: Request, deployment: Deployment) -> Answer | Json:
    settings = deployment.settings
    match request.method, request.route:
        case "POST", "plan":
            return await _run(plan_order(request.content_type, request.body, settings), deployment)
        case "POST", "reconcile":
            order = reconcile_order(request.content_type, request.body, settings)
            return await _run(order, deployment)
        case "GET", "explain":
            from shared.surface.explain import explained  # noqa: PLC0415 - only this needs it

            return await explained(request.name, deployment)
        case "GET", "status":
            from shared.surface.status import shown  # noqa: PLC0415 - only this needs it

            return await shown(deployment)
        case _, route if route in _ROUTES:
            takes = {"Allow": _ROUTES[route]}
            raise ProblemError(HTTPStatus.METHOD_NOT_ALLOWED, f"Ask with {_ROUTES[route]}.", takes)
        case _:
            routes = ", ".join(f"{method} /api/{route}" for route, method in _ROUTES.items())
            raise ProblemError(HTTPStatus.NOT_FOUND, f"There are {routes}.")


async def _run(order: Order, deployment: Deployment) -> Answer:
    outcome = await carry_out(order, deployment, Budget(REQUEST_SECONDS))
    for report in outcome.reports:
        # What was only planned is in the answer.
        for level, line in change_lines(report) if order.effect is Effect.WRITE else ():
            log.log(level, "%s", line)
        log.info("asked for by a request: %s, in %s", summary(report), report.zone.id.name)
    for bug in outcome.bugs:
        log.critical("bug in a run: %s", where(bug))
    return _told(outcome)


def _told(outcome: Outcome) -> Answer:
    """The answer that a run deserves."""
    report = report_json.outcome(outcome)
    more = {"result": report}
    if outcome.bugs:
        detail = "The app has a bug, which its log describes. What was done is in the result."
        raise ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, detail, more=more)
    if outcome.blind:
        detail = "Nothing could be read from Azure, so nothing was done. Try again later."
        raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, detail, _LATER, more)
    if outcome.failed:
        detail = (
            "Azure could not be read or written everywhere; what failed is in the result's errors "
            "and unread, and the rest was done. Try again later."
        )
        raise ProblemError(HTTPStatus.BAD_GATEWAY, detail, more=more)
    if outcome.left:
        return _json(HTTPStatus.ACCEPTED, report, _SOON)
    return _json(HTTPStatus.OK, report)


def _refused(error: ProblemError) -> Answer:
    answer = _json(error.status, error.body, error.headers)
    return Answer(answer.status, answer.body, problem.MEDIA_TYPE, answer.headers)


def _json(status: HTTPStatus, body: Json, headers: Mapping[str, str] | None = None) -> Answer:
    # An estate's layout is nobody's cache's business.
    all_headers = {"Cache-Control": "no-store", **(headers or {})}
    return Answer(status.value, json.dumps(body), headers=all_headers)
