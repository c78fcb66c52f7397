"""A run request, from the timer, over HTTP or from the command line, and how it is carried out."""

import asyncio
from dataclasses import dataclass

from shared.domain.scope import EndpointScope, FullScope, RegistryScope
from shared.engine.azure import Azure
from shared.engine.backlog import Backlog
from shared.engine.context import RunContext
from shared.engine.deadline import Deadline
from shared.engine.full_sync import FullSync, Progress, ignore_progress
from shared.engine.options import RunOptions
from shared.engine.request_count import RequestCounter, count_requests
from shared.engine.result import ChangeState, ZoneResult
from shared.engine.runner import run_scope
from shared.errors import RefusedError, TransientError

type RunScope = EndpointScope | RegistryScope | FullScope

# As long as a full sync stays with one registry: what Azure takes longer for, a later
# run finishes.
_SCOPE_SECONDS = 60.0


class UnwatchedScopeError(RefusedError):
    """The scope lies outside the watched subscriptions; the message does not repeat it."""

    def __init__(self) -> None:
        super().__init__(
            "The scope lies outside the watched subscriptions. Name another one, or add its "
            "subscription to the setting ACR_PRIVATE_DNS_SUBSCRIPTIONS."
        )


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What is to be made right, and how far that may go."""

    scope: RunScope
    options: RunOptions


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a request was carried out.

    Attributes:
        request: the request.
        results: one for each zone.
        requests: to Azure.
        seconds: how long it took.
        subscriptions: the watched subscriptions.
    """

    request: RunRequest
    results: tuple[ZoneResult, ...]
    requests: RequestCounter
    seconds: float
    subscriptions: frozenset[str]

    @property
    def remaining(self) -> int:
        """How many changes are left for another run, those that still run in Azure included."""
        return sum(
            result.remaining + len(result.in_state(ChangeState.PENDING)) for result in self.results
        )

    @property
    def bugs(self) -> tuple[Exception, ...]:
        """What should never have been raised."""
        return tuple(bug for result in self.results for bug in result.bugs)

    @property
    def has_failed(self) -> bool:
        """Whether something could not be read or written."""
        return any(result.errors or result.unread or result.bugs for result in self.results)

    @property
    def is_unread(self) -> bool:
        """Whether nothing could be read: no zone, or no subscription."""
        return all(map(self._is_unread, self.results))

    @property
    def has_drifted(self) -> bool:
        """Whether something is not as it should be, and was not made so."""
        return bool(self.remaining) or any(
            result.has_refusals
            or any(
                state in (ChangeState.PLANNED, ChangeState.WITHHELD) for _, state in result.changes
            )
            for result in self.results
        )

    def _is_unread(self, result: ZoneResult) -> bool:
        if result.errors and not (
            result.passes or result.managed or result.unmanaged or result.other_owner
        ):
            return True
        # A run that can read nothing finds nothing wrong: that must not look like success.
        unread = {item.partition(":")[0] for item in result.unread}
        return bool(unread) and unread >= {f"/subscriptions/{id_}" for id_ in self.subscriptions}


async def carry_out(
    request: RunRequest,
    context: RunContext,
    deadline: Deadline,
    backlog: Backlog,
    progress: Progress = ignore_progress,
) -> RunResult:
    """Carry out a request.

    Args:
        request: what to make right.
        context: Azure, the zones and what is watched.
        deadline: the run's seconds.
        backlog: in which order registries have waited for full syncs.
        progress: hears of the progress.

    Raises:
        UnwatchedScopeError: the request names what is not watched; nothing else was asked.
    """
    subscriptions = frozenset[str]()
    with count_requests() as requests:
        try:
            await _refuse_unwatched(request.scope, context.azure)
            subscriptions = (await context.azure.subscriptions()).ids
        except TransientError as error:
            results = [ZoneResult(zone, errors=(str(error),)) for zone in context.zones]
        else:
            results = await _results(request, context, deadline, backlog, progress)
    return RunResult(request, tuple(results), requests, deadline.elapsed, subscriptions)


async def _refuse_unwatched(scope: RunScope, azure: Azure) -> None:
    """Refuse a scope outside the watched subscriptions, before anything is asked about it."""
    match scope:
        case RegistryScope(id_) | EndpointScope(id_):
            subscription = id_.subscription
        case FullScope(None):
            return
        case FullScope(subscription):
            pass
    if not await azure.is_watched(subscription):
        raise UnwatchedScopeError


async def _results(
    request: RunRequest,
    context: RunContext,
    deadline: Deadline,
    backlog: Backlog,
    progress: Progress,
) -> list[ZoneResult]:
    # A part of the zone needs no lists, whose cost grows with all that is watched.
    if isinstance(request.scope, FullScope):
        return await _sync(request.scope, request.options, context, deadline, backlog, progress)
    part = deadline.cut_to(_SCOPE_SECONDS)
    return await run_scope(request.scope, context, request.options, part)


async def _sync(  # noqa: PLR0913, PLR0917 - as a full sync
    scope: FullScope,
    options: RunOptions,
    context: RunContext,
    deadline: Deadline,
    backlog: Backlog,
    progress: Progress,
) -> list[ZoneResult]:
    """A full sync keeps to its deadline by itself, but for its lists, no good in part."""
    try:
        async with asyncio.timeout(deadline.remaining):
            return await FullSync(scope, options, context, deadline, backlog, progress).run()
    except TimeoutError:
        return [ZoneResult(zone, errors=("not read within its time",)) for zone in context.zones]
