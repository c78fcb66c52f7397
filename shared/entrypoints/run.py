"""A run request, carried out for a trigger, and remembered if everything is right now."""

from shared.domain.scope import FullScope
from shared.engine.deadline import Deadline
from shared.engine.full_sync import Progress, ignore_progress
from shared.engine.run_request import RunRequest, RunResult, carry_out
from shared.entrypoints.app import App, utc_now


async def run(
    request: RunRequest, app: App, deadline: Deadline, progress: Progress = ignore_progress
) -> RunResult:
    """Carry out a request, and remember it if everything is right now.

    Args:
        request: what to make right.
        app: the app.
        deadline: the run's seconds.
        progress: hears of it.

    Raises:
        UnwatchedScopeError: the request names what is not watched.
    """
    context = app.context(request.options.adopt_from)
    result = await carry_out(request, context, deadline, app.backlog, progress)
    # Only a run over everything can say that everything is right (confirmed).
    if request.scope == FullScope() and not result.has_failed and not result.has_drifted:
        app.sync_time = utc_now()
    return result
