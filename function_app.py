"""Triggers only: each hands its event, its tick or its request on, and returns or raises.

Settings are read here, once: a mistake stops the app at start, with one message. What
only the timer or a request needs is imported when the first of them comes: an event's
cold start counts in Event Grid's 30 seconds.
"""

import os

import azure.functions as func

from shared.arm.connect import connect
from shared.entrypoints.app import App
from shared.entrypoints.event import EventHandler
from shared.entrypoints.log import set_log_levels
from shared.settings import load

set_log_levels()
settings = load(os.environ)
private_dns = App(settings, connect(settings))
# One context for all events of the process: they share runs and listings
# (docs/decisions/0005-bursts-join-at-passes.md).
handler = EventHandler(private_dns.context(), private_dns.options)
app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)


# The events are taken as text, and not as func.EventGridEvent, whose binding raises on
# a malformed event before the app can acknowledge it (docs/decisions/0001-events-as-text.md).


@app.function_name("registry_changed")
@app.event_grid_trigger(arg_name="event")
async def registry_changed(event: str) -> None:
    """A registry, a replica or a connection of one was written or deleted."""
    await handler.handle(event)


@app.function_name("endpoint_written")
@app.event_grid_trigger(arg_name="event")
async def endpoint_written(event: str) -> None:
    """A private endpoint was created or updated, of a registry or of anything else."""
    await handler.handle(event)


@app.function_name("endpoint_deleted")
@app.event_grid_trigger(arg_name="event")
async def endpoint_deleted(event: str) -> None:
    """A private endpoint was deleted, of a registry or of anything else."""
    await handler.handle(event)


@app.function_name("full_sync")
# Not at startup, which is whenever an instance starts: most often for events.
@app.timer_trigger(arg_name="timer", schedule=settings.schedule, run_on_startup=False)
async def full_sync(timer: func.TimerRequest) -> None:
    """Everything watched is made right, whatever events were lost."""
    from shared.entrypoints import timer as full_syncs  # noqa: PLC0415 - see above

    del timer
    await full_syncs.full_sync(private_dns)


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
@app.function_name("no_such_route")
@app.route("{*route}")
async def no_such_route(req: func.HttpRequest) -> func.HttpResponse:
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
    )
    answer = await http.answer(request, private_dns)
    return func.HttpResponse(
        answer.body,
        status_code=answer.status,
        headers=answer.headers,
        mimetype=answer.media_type,
    )
