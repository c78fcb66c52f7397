"""Triggers only: each hands its event, its tick or its request on, and returns or raises.

Settings are read here, once. With a mistake in them every function is there all the same,
and says so. What only the timer or a request needs is imported when the first of them
comes: an event's cold start counts in Event Grid's 30 seconds.
"""

import os

import azure.functions as func

from shared.arm.connect import connect
from shared.entrypoints.log import set_log_levels
from shared.entrypoints.start import Start
from shared.settings import SettingsError

set_log_levels()
start = Start(os.environ, connect)
app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)


# The events are taken as text, and not as func.EventGridEvent, whose binding raises on
# a malformed event before the app can acknowledge it (docs/decisions/0001-events-as-text.md).


@app.function_name("registry_changed")
@app.event_grid_trigger(arg_name="event")
async def registry_changed(event: str) -> None:
    """A registry, a replica or a connection of one was written or deleted."""
    await start.handler.handle(event)


@app.function_name("endpoint_written")
@app.event_grid_trigger(arg_name="event")
async def endpoint_written(event: str) -> None:
    """A private endpoint was created or updated, of a registry or of anything else."""
    await start.handler.handle(event)


@app.function_name("endpoint_deleted")
@app.event_grid_trigger(arg_name="event")
async def endpoint_deleted(event: str) -> None:
    """A private endpoint was deleted, of a registry or of anything else."""
    await start.handler.handle(event)


@app.function_name("full_sync")
# Not at startup, which is whenever an instance starts: most often for events.
@app.timer_trigger(arg_name="timer", schedule=start.schedule, run_on_startup=False)
async def full_sync(timer: func.TimerRequest) -> None:
    """Everything watched is made right, whatever events were lost."""
    from shared.entrypoints import timer as full_syncs  # noqa: PLC0415 - see above

    del timer
    await full_syncs.full_sync(start.app)


@app.function_name("plan")
@app.route("plan", methods=["POST"])
async def plan(req: func.HttpRequest) -> func.HttpResponse:
    """What a reconcile would do."""
    return await _answer(req, "plan")


@app.function_name("reconcile")
@app.route("reconcile", methods=["POST"])
async def reconcile(req: func.HttpRequest) -> func.HttpResponse:
    """A registry, an endpoint, a subscription or everything is made right."""
    return await _answer(req, "reconcile")


@app.function_name("explain")
@app.route("explain", methods=["GET"])
async def explain(req: func.HttpRequest) -> func.HttpResponse:
    """One name: where it comes from, where it stands, and whether that is right."""
    return await _answer(req, "explain")


@app.function_name("status")
@app.route("status", methods=["GET"])
async def status(req: func.HttpRequest) -> func.HttpResponse:
    """The settings in force, how full the zones are, and what can be read."""
    return await _answer(req, "status")


# Without a function of our own the host answers in its own way, which tells nobody what to do.
# The host tries routes in the order of the functions' names, so this name must be the last
# (docs/azure.md#functions).
@app.function_name("unknown_route")
@app.route("{*route}")
async def unknown_route(req: func.HttpRequest) -> func.HttpResponse:
    """Any other route or method."""
    return await _answer(req, req.route_params.get("route", ""))


async def _answer(req: func.HttpRequest, route: str) -> func.HttpResponse:
    from shared.entrypoints import caller, http  # noqa: PLC0415 - see above

    request = http.Request(
        method=req.method.upper(),
        route=route,
        name=req.params.get("name"),
        content_type=req.headers.get("content-type", ""),
        body=req.get_body(),
        caller=caller.find_caller(req.headers, os.environ),
        has_length="content-length" in req.headers,
    )
    try:
        answer = await http.answer(request, start.app)
    except SettingsError as error:
        answer = http.refuse_settings(error)
    return func.HttpResponse(
        answer.body,
        status_code=answer.status,
        headers=answer.headers,
        mimetype=answer.media_type,
    )
