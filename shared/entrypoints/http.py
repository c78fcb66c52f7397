"""The HTTP functions: a request in, an answer out; errors are problem details (RFC 9457).

While the settings are wrong every answer is 503, and names the mistakes. Else its status
says of a run, the first that holds:

    403   it goes beyond the settings                problem details; nothing was done
    409   one as large runs already; Retry-After     problem details; nothing was done
    500   a bug                                      problem details, with the result
    503   nothing could be read; Retry-After         problem details, with the result
    502   Azure failed somewhere; the rest is done   problem details, with the result
    202   time or change limit ended; Retry-After    the result: calling again continues
    200   everything was done that may be            the result
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from shared.domain.scope import FullScope
from shared.engine.ceilings import find_excess
from shared.engine.deadline import REQUEST_SECONDS, Deadline
from shared.engine.run_request import RunRequest, RunResult, UnwatchedScopeError
from shared.entrypoints import problem
from shared.entrypoints.app import App
from shared.entrypoints.caller import KEY
from shared.entrypoints.log import error_lines, log
from shared.entrypoints.problem import ProblemError
from shared.entrypoints.request_body import plan_request, reconcile_request
from shared.entrypoints.run import run
from shared.render.log_lines import change_lines, summary
from shared.render.request_line import request_line
from shared.render.result_json import Json, run_result_json
from shared.settings import SettingsError
from shared.settings.catalogue import PREFIX

# After 202 the rest waits for nothing but a call; after 503 Azure needs time.
_RETRY_SOON = {"Retry-After": "5"}
_RETRY_LATER = {"Retry-After": "60"}
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
        has_length: whether its length was said beforehand, in Content-Length.
        caller: whose it is, in words for the log.
    """

    method: str
    route: str
    name: str | None = None
    content_type: str = ""
    body: bytes = b""
    has_length: bool = True
    caller: str = KEY


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


async def answer(request: Request, app: App) -> Answer:
    """Answer a request, whatever it is and whatever becomes of it."""
    try:
        result = await _work(request, app)
    except ProblemError as error:
        return _refuse(error)
    except UnwatchedScopeError as error:
        return _refuse(ProblemError(HTTPStatus.FORBIDDEN, str(error)))
    except Exception as error:  # noqa: BLE001 - a bug's text may hold what others wrote
        log.critical("bug while answering a request: %s", error_lines(error))
        detail = "The app has a bug, which its log describes."
        return _refuse(ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, detail))
    return result if isinstance(result, Answer) else _json(HTTPStatus.OK, result)


def refuse_settings(error: SettingsError) -> Answer:
    """The answer to any request while the settings are wrong."""
    detail = f"{error}. Correct the app's settings: it then starts again by itself."
    more = {"mistakes": error.mistakes}
    return _refuse(ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, detail, _RETRY_LATER, more))


async def _work(request: Request, app: App) -> Answer | Json:
    settings = app.settings
    match request.method, request.route:
        # The host loses a body that is sent in chunks (docs/azure.md#functions).
        case "POST", "plan" | "reconcile" if not (request.body or request.has_length):
            detail = "No body arrived. Send it whole, with its length in Content-Length."
            raise ProblemError(HTTPStatus.LENGTH_REQUIRED, detail)
        case "POST", "plan":
            run_request = plan_request(request.content_type, request.body, settings)
            return await _start(request, run_request, app)
        case "POST", "reconcile":
            run_request = reconcile_request(request.content_type, request.body, settings)
            return await _start(request, run_request, app)
        case "GET", "explain":
            from shared.entrypoints.explain import explain_name  # noqa: PLC0415 - only this needs it

            return await explain_name(request.name, app)
        case "GET", "status":
            from shared.entrypoints.status import read_status  # noqa: PLC0415 - only this needs it

            return await read_status(app)
        case _, route if route in _ROUTES:
            headers = {"Allow": _ROUTES[route]}
            raise ProblemError(
                HTTPStatus.METHOD_NOT_ALLOWED, f"Ask with {_ROUTES[route]}.", headers
            )
        case _:
            routes = ", ".join(f"{method} /api/{route}" for route, method in _ROUTES.items())
            raise ProblemError(HTTPStatus.NOT_FOUND, f"There are {routes}.")


async def _start(request: Request, run_request: RunRequest, app: App) -> Answer:
    """Carry out a run request, if the settings let it and nothing as large is under way."""
    caller = f"over HTTP by {request.caller}"
    log.info("%s", request_line(request.route, run_request, caller))
    _refuse_excess(run_request, app)
    if not isinstance(run_request.scope, FullScope):
        return await _run(run_request, app)
    if app.full_run.locked():
        detail = (
            "This instance of the app is at a run over everything or over a subscription, and "
            "makes one at a time. Try again later; a registry or an endpoint need not wait."
        )
        raise ProblemError(HTTPStatus.CONFLICT, detail, _RETRY_LATER)
    async with app.full_run:
        return await _run(run_request, app)


def _refuse_excess(run_request: RunRequest, app: App) -> None:
    """Refuse what goes beyond the settings, all of it at once."""
    excess = find_excess(app.options, run_request.options, app.settings.permissions)
    if excess:
        what = " and ".join(f"{one.option} beyond {PREFIX}{one.ceiling}" for one in excess)
        detail = (
            f"The request goes beyond the deployment's settings: {what}. Leave that out, let the "
            "settings say so, or use the command line, where your own rights decide."
        )
        raise ProblemError(HTTPStatus.FORBIDDEN, detail)


async def _run(request: RunRequest, app: App) -> Answer:
    run_result = await run(request, app, Deadline(REQUEST_SECONDS))
    for result in run_result.results:
        # What was only planned is in the answer.
        for level, line in () if request.options.dry_run else change_lines(result):
            log.log(level, "%s", line)
        log.info("asked for by a request: %s, in %s", summary(result), result.zone.id.name)
    for bug in run_result.bugs:
        log.critical("bug in a run: %s", error_lines(bug))
    return _answer_run(run_result)


def _answer_run(run_result: RunResult) -> Answer:
    """The answer to a run, by the table above."""
    result = run_result_json(run_result)
    more = {"result": result}
    if run_result.bugs:
        detail = "The app has a bug, which its log describes. What was done is in the result."
        raise ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, detail, more=more)
    if run_result.is_unread:
        detail = "Nothing could be read from Azure, so nothing was done. Try again later."
        raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, detail, _RETRY_LATER, more)
    if run_result.has_failed:
        detail = (
            "Azure could not be read or written everywhere; what failed is in the result's errors "
            "and unread, and the rest was done. Try again later."
        )
        raise ProblemError(HTTPStatus.BAD_GATEWAY, detail, more=more)
    if run_result.remaining:
        return _json(HTTPStatus.ACCEPTED, result, _RETRY_SOON)
    return _json(HTTPStatus.OK, result)


def _refuse(error: ProblemError) -> Answer:
    if error.status is HTTPStatus.FORBIDDEN:
        # The line before says who asked for what.
        log.warning("refused: %s", error)
    answer = _json(error.status, error.body, error.headers)
    return Answer(answer.status, answer.body, problem.MEDIA_TYPE, answer.headers)


def _json(status: HTTPStatus, body: Json, headers: Mapping[str, str] | None = None) -> Answer:
    # An estate's layout is nobody's cache's business.
    all_headers = {"Cache-Control": "no-store", **(headers or {})}
    return Answer(status.value, json.dumps(body), headers=all_headers)
