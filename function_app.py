"""Triggers only: each hands its event to the loop, and returns or raises.

Settings are read here, once: a mistake stops the app at start, with one message.
"""

import logging
import os

import azure.functions as func

from shared.arm.connect import connect
from shared.settings import load
from shared.surface.run import EventRunner

# The libraries log answers as they came. What matters in them is raised, and told in our
# own words (S11).
for chatter in ("azure.core", "azure.identity", "azure.mgmt", "msal"):
    logging.getLogger(chatter).setLevel(logging.CRITICAL)

settings = load(os.environ)
runner = EventRunner(settings.zones, connect(settings))
app = func.FunctionApp()


# The events are taken as text, and not as func.EventGridEvent, whose binding raises on
# a malformed event before the app can acknowledge it: see shared/surface/events.py.


@app.function_name("registry_changed")
@app.event_grid_trigger(arg_name="event")
async def registry_changed(event: str) -> None:
    """A registry, a replica or a connection of one was written or deleted."""
    await runner.handle(event)


@app.function_name("endpoint_written")
@app.event_grid_trigger(arg_name="event")
async def endpoint_written(event: str) -> None:
    """A private endpoint was created or updated, of a registry or of anything else."""
    await runner.handle(event)


@app.function_name("endpoint_deleted")
@app.event_grid_trigger(arg_name="event")
async def endpoint_deleted(event: str) -> None:
    """A private endpoint was deleted, of a registry or of anything else."""
    await runner.handle(event)
