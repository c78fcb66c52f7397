"""Withdraw: take all links and records of one owner away, links first, whoever uses them.

No endpoint and no registry is asked: the owner leaves, so neither no-unproven-delete nor
delete-threshold applies. What was planned is what is done: each write carries the ETag that
the plan was made from, and what has changed since is left.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from shared.domain.changes import LinkChange
from shared.domain.plan import Plan
from shared.domain.scope import FullScope
from shared.domain.withdrawal import KeptReason, KeptResource, Withdrawal, make_withdrawal
from shared.domain.zone import Zone
from shared.engine.apply import apply_records
from shared.engine.apply_links import delete_link
from shared.engine.azure import Azure, Pacing
from shared.engine.context import RunContext
from shared.engine.deadline import Deadline
from shared.engine.options import RunOptions
from shared.engine.request_count import count_requests
from shared.engine.result import ChangeState, ZoneResult
from shared.engine.run_request import RunRequest, RunResult
from shared.errors import PreconditionFailedError, TransientError


@dataclass(slots=True)
class ZoneWithdrawal:
    """A withdrawal from one zone, and what came of it.

    Attributes:
        withdrawal: what goes and what stays.
        result: what was done, true at any moment.
        kept_resources: what stays, also of what should have gone.
    """

    withdrawal: Withdrawal
    result: ZoneResult
    kept_resources: tuple[KeptResource, ...] = ()


@dataclass(frozen=True, slots=True)
class WithdrawResult:
    """A withdrawal from all zones that the app keeps, planned or carried out.

    Attributes:
        run: the same as the result of a run over everything.
        zones: for each zone what goes, what stays and what came of it.
    """

    run: RunResult
    zones: tuple[ZoneWithdrawal, ...]


async def plan_withdrawal(context: RunContext, deadline: Deadline) -> WithdrawResult:
    """Read all zones, and say what would go; writes nothing.

    Args:
        context: Azure, the zones and whose ownership is to go.
        deadline: the run's seconds.
    """

    async def read_zone(zone: Zone) -> ZoneWithdrawal:
        # A person's command has time: the pages leave their turn to the app's own runs.
        result = ZoneResult(zone)
        try:
            async with asyncio.timeout(deadline.remaining):
                records = await context.azure.records(zone, Pacing.WAIT)
                links = await context.azure.links(zone, Pacing.WAIT)
        except TransientError as error:
            result.errors = (str(error),)
            return ZoneWithdrawal(Withdrawal(zone), result)
        except TimeoutError:
            result.errors = ("not read within its time",)
            return ZoneWithdrawal(Withdrawal(zone), result)
        withdrawal = make_withdrawal(zone, records, links, context.owners)
        result = _result(withdrawal)
        result.add(ChangeState.PLANNED, *withdrawal.plan.links, *withdrawal.plan.records)
        return ZoneWithdrawal(withdrawal, result, withdrawal.kept_resources)

    return await _each(context.zones, read_zone, deadline, dry_run=True)


async def withdraw(
    planned_result: WithdrawResult, context: RunContext, deadline: Deadline
) -> WithdrawResult:
    """Do what was planned, zone by zone; what fails in one stays with it.

    Args:
        planned_result: as `plan_withdrawal` gives it.
        context: Azure.
        deadline: the run's seconds.
    """

    async def withdraw_zone(planned_zone: ZoneWithdrawal) -> ZoneWithdrawal:
        withdrawal, errors = planned_zone.withdrawal, planned_zone.result.errors
        result = _result(withdrawal)
        # What could not be read has no plan, and its failure is still one.
        result.errors = errors
        zone = ZoneWithdrawal(withdrawal, result, withdrawal.kept_resources)
        try:
            await _withdraw(zone, context.azure, deadline)
        except Exception as error:  # noqa: BLE001 - one poisoned zone never blocks the others
            result.bugs = (error,)
        changes = (*result.in_state(ChangeState.DONE), *result.in_state(ChangeState.PENDING))
        result.remaining = withdrawal.plan.size - len(changes)
        return zone

    return await _each(planned_result.zones, withdraw_zone, deadline, dry_run=False)


async def _each[T](
    items: tuple[T, ...],
    work: Callable[[T], Awaitable[ZoneWithdrawal]],
    deadline: Deadline,
    *,
    dry_run: bool,
) -> WithdrawResult:
    with count_requests() as requests:
        zones = tuple(await asyncio.gather(*map(work, items)))
    request = RunRequest(FullScope(), RunOptions(dry_run=dry_run))
    results = tuple(zone.result for zone in zones)
    # No subscription is asked: who leaves need not know what the records were for.
    run = RunResult(request, results, requests, deadline.elapsed, subscriptions=frozenset())
    return WithdrawResult(run, zones)


def _result(withdrawal: Withdrawal) -> ZoneResult:
    return ZoneResult(
        withdrawal.zone,
        managed=withdrawal.managed,
        unmanaged=withdrawal.unmanaged,
        other_owner=withdrawal.other_owner,
    )


async def _withdraw(zone: ZoneWithdrawal, azure: Azure, deadline: Deadline) -> None:
    """Links, and once Azure has answered for each of them, records, registry by registry."""
    errors = await _withdraw_links(zone, azure, deadline)
    zone.result.errors += errors
    if errors:
        return
    for changes in zone.withdrawal.registries:
        if deadline.remaining <= 0:
            return
        try:
            await apply_records(Plan(changes), azure, zone.result)
        except PreconditionFailedError:
            names = (change.name for change in changes if not _is_done(change.name, zone.result))
            _keep_changed(zone, "record", *names)
        except TransientError as error:
            zone.result.errors += (str(error),)
            return


async def _withdraw_links(
    zone: ZoneWithdrawal, azure: Azure, deadline: Deadline
) -> tuple[str, ...]:
    """Delete the links side by side, since each is long-running; gives what failed."""

    async def try_delete(change: LinkChange) -> str:
        try:
            await delete_link(change, azure, deadline, zone.result)
        except PreconditionFailedError:
            _keep_changed(zone, "link", change.name)
        except TransientError as error:
            return str(error)
        return ""

    errors = await asyncio.gather(*map(try_delete, zone.withdrawal.plan.links))
    return tuple(filter(None, errors))


def _is_done(name: str, result: ZoneResult) -> bool:
    return any(change.name == name for change in result.in_state(ChangeState.DONE))


def _keep_changed(zone: ZoneWithdrawal, kind: str, *names: str) -> None:
    zone.kept_resources += tuple(KeptResource(kind, name, KeptReason.CHANGED) for name in names)
