"""The runner: pass after pass over a target, until nothing is left that waiting would help.

event ────> SharedRuns.run ──> resolve ──> find_target ──> work queue ──> run_passes
request ──> run_scope ───────> resolve ──> find_target ──> complete ────> run_passes
full sync ──────────────────────────────────────────────────────────────> run_passes
"""

import asyncio
from collections import ChainMap
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial, reduce

from shared.domain.findings import Finding
from shared.domain.observation import Evidence
from shared.domain.scope import EndpointScope, FormerEndpointScope, Scope
from shared.domain.zone import Zone, group_by_name
from shared.engine.context import RunContext
from shared.engine.deadline import Deadline
from shared.engine.options import RunOptions
from shared.engine.reconcile import IN_PROGRESS, RESERVE, Pass, reconcile
from shared.engine.result import ZoneResult, ZoneResults, make_results
from shared.engine.target import ScopeReading, Target, complete_names, find_target, resolve
from shared.engine.workqueue import Batch, WorkQueue
from shared.errors import TransientError

# Each pause is twice the one before: only a run whose deadline cuts them short, while others
# write all the time, comes to so many.
_MAX_PASSES = 12
# After a conflict one more pass comes even if hardly any time remains for it.
_MIN_PAUSE = 0.2

type _Start = Callable[[Target, ZoneResults], Awaitable[ZoneResults]]


async def run_passes(  # noqa: PLR0913 - as for a pass
    batch: Batch[Target],
    context: RunContext,
    options: RunOptions,
    deadline: Deadline,
    results: ZoneResults,
    *,
    evidence: Evidence | None = None,
    waits: bool = True,
) -> Pass:
    """Make the batch's targets right, pass after pass; the only driver of the loop.

    Args:
        batch: targets in zones of one name, at least one; more may come while the run goes on.
        context: Azure, and what runs share of it.
        options: how far the run may go.
        deadline: the run's seconds.
        results: what is done and found is there at once, by zone.
        evidence: what an earlier run over the same target saw.
        waits: whether to wait for what is in progress, while the deadline lasts, and to take
            in the end what there is; else that is left to the caller.

    Returns:
        the last pass.

    Raises:
        TransientError: Azure could not be read or written, or changed during every pass.
    """
    last_pass = Pass(reduce(Target.union, batch.take()), evidence or Evidence())
    backoff = 1.0
    for _ in range(_MAX_PASSES):
        target = reduce(Target.union, batch.take(), last_pass.target)
        before = deadline.remaining
        last_pass = await reconcile(target, last_pass.evidence, context, options, deadline, results)
        if last_pass.requeue_after is None:
            return last_pass
        # However slow Azure is today, there must be time for one more pass and its writes.
        seconds = min(deadline.remaining, batch.remaining)
        seconds -= max(RESERVE, 2 * (before - deadline.remaining))
        if last_pass.requeue_after < IN_PROGRESS:
            await deadline.sleep(min(last_pass.requeue_after * backoff, max(seconds, _MIN_PAUSE)))
        elif not waits:
            return last_pass
        elif seconds > 0:
            await deadline.sleep(min(last_pass.requeue_after * backoff, seconds))
        else:
            # The last pass takes what there is; what was waited for is a later run's.
            options = replace(options, accept_partial=True)
        backoff *= 2
    raise TransientError(f"the zones or their sources changed during each of {_MAX_PASSES} passes")


async def run_scope(
    scope: Scope, context: RunContext, options: RunOptions, deadline: Deadline
) -> list[ZoneResult]:
    """Make right, by direct reads, all that ownership knows of what somebody names by hand.

    Args:
        scope: an endpoint, ready or removed; or a registry.
        context: Azure, and the zones.
        options: how far the run may go.
        deadline: the run's seconds.

    Returns:
        a result for each zone; what goes wrong in one stays with it.
    """
    if options.dry_run:
        # A plan waits for nothing, so it shows what a run would take in the end.
        options = replace(options, accept_partial=True)

    async def start(target: Target, results: ZoneResults) -> ZoneResults:
        # Who asks by hand wants everything right, not only what an event would touch.
        index = context.ownership_index
        all_names = await complete_names(target, target.kept_zones, index)
        if all_names.zones:
            await run_passes(batch_of(all_names, deadline), context, options, deadline, results)
        return results

    return await _run(scope, context, deadline, start, accept_former=True)


class SharedRuns:
    """Runs for events: those about one registry in zones of one name share a run.

    Args:
        context: Azure, and what runs share of it.
        options: how far runs may go.
        make_deadline: gives one run its seconds, when it begins.
        watch: hears of each run's result, however it ended.
    """

    def __init__(
        self,
        context: RunContext,
        options: RunOptions,
        make_deadline: Callable[[], Deadline],
        watch: Callable[[ZoneResult], None],
    ) -> None:
        self._context = context
        self._options = options
        self._make_deadline = make_deadline
        self._progress = watch
        self._queue = WorkQueue[Target]()

    async def run(self, scope: Scope, deadline: Deadline) -> list[ZoneResult]:
        """Make right what an event hints at.

        Args:
            scope: what it is about.
            deadline: how long it can wait.

        Returns:
            a result for each zone; what goes wrong in one stays with it.
        """

        async def start(target: Target, results: ZoneResults) -> ZoneResults:
            if not target.zones:
                return results
            # By registry, since all of an endpoint's events, and its registry's, then meet.
            key = (target.kept_zones[0].suffix, min(target.registries))
            return await self._queue.submit(
                key, target, deadline, partial(self._run_batch, target.kept_zones)
            )

        return await _run(scope, self._context, deadline, start)

    async def _run_batch(self, zones: tuple[Zone, ...], batch: Batch[Target]) -> ZoneResults:
        """One run, for every event that came in time for one of its passes."""
        results, deadline = make_results(zones), self._make_deadline()
        # So that a run which only waits for a link makes room for who comes.
        deadline.newcomer = batch.newcomer
        try:
            await _run_in_time(
                run_passes(batch, self._context, self._options, deadline, results),
                deadline,
                results,
            )
        finally:
            for result in results.values():
                if result.passes or result.errors or result.remaining or result.bugs:
                    self._progress(result)
        return results


def batch_of(target: Target, deadline: Deadline) -> Batch[Target]:
    """A batch of one target, that nobody else joins."""
    batch = Batch[Target]()
    batch.add(target, deadline)
    return batch


async def _run(
    scope: Scope,
    context: RunContext,
    deadline: Deadline,
    start: _Start,
    *,
    accept_former: bool = False,
) -> list[ZoneResult]:
    """Learn what a scope is about, once, and start a run for each name of zones."""
    groups = group_by_name(context.zones)
    has_several_zones = len(groups) < len(context.zones)
    try:
        async with asyncio.timeout(max(deadline.remaining, 0)):
            reading = await resolve(scope, context.azure, has_several_zones=has_several_zones)
    except (TransientError, TimeoutError) as error:
        detail = str(error) or "it was not read within its time"
        return [ZoneResult(zone, errors=(detail,)) for zone in context.zones]
    if isinstance(reading, Finding):
        return [ZoneResult(zone, findings=(reading,)) for zone in context.zones]
    if reading is None and accept_former and isinstance(scope, EndpointScope):
        # It is gone, or no registry's: if ownership knows it, it knows what it was for.
        reading = ScopeReading(FormerEndpointScope(scope.endpoint))
    if reading is None:
        return [ZoneResult(zone) for zone in context.zones]
    runs = (_run_zones(reading, zones, context, deadline, start) for zones in groups)
    results = ChainMap(*map(dict, await asyncio.gather(*runs)))
    return [results[zone.id] for zone in context.zones]


async def _run_zones(
    reading: ScopeReading,
    zones: tuple[Zone, ...],
    context: RunContext,
    deadline: Deadline,
    start: _Start,
) -> ZoneResults:
    results = make_results(zones)

    async def run() -> ZoneResults:
        target = await find_target(reading, zones, context.ownership_index)
        return results if target is None else await start(target, results)

    return await _run_in_time(run(), deadline, results) or results


async def _run_in_time[T](run: Awaitable[T], deadline: Deadline, results: ZoneResults) -> T | None:
    """Await a run while its deadline lasts; how else it ends is in the results."""
    try:
        async with asyncio.timeout(max(deadline.remaining, 0)):
            return await run
    except TransientError as error:
        for result in _concerned_results(results):
            result.fail(error)
    except TimeoutError:
        # Nothing failed: a later run goes on from what is in Azure.
        for result in _concerned_results(results):
            result.remaining = max(result.remaining, 1)
    except Exception as error:  # noqa: BLE001 - one poisoned name never blocks the others
        for result in _concerned_results(results):
            result.bugs += (error,)
    return None


def _concerned_results(results: ZoneResults) -> list[ZoneResult]:
    """The results of zones that the run has read; before its first pass, of all of them."""
    return [one for one in results.values() if one.passes] or list(results.values())
