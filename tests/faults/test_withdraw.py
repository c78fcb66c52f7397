"""Whoever takes the app out is told the truth at any fault, and the same command again ends it."""

import asyncio

import pytest

from shared.domain.findings import FindingKind
from shared.domain.withdrawal import KeptReason
from simulator.faults import parse_rule
from simulator.history import Asked
from simulator.world import Resource
from tests.faults.enumeration import EVERYTHING, tale
from tests.faults.invariants import quiet
from tests.faults.kinds import LOGIN, PE_A, PE_B, UNMANAGED_RECORDS, WEST, two_endpoints
from tests.faults.mishaps import MISHAPS, Mishap
from tests.faults.stage import WRITTEN, ZONE, Process, RunContext, Stage, context
from tests.virtual_time import run


async def estate(common: RunContext) -> list[Resource]:
    """Two endpoints published and linked, beside what others have in the zone."""
    async with Stage(common, []) as stage:
        await two_endpoints(stage)
        async with Process(stage) as process:
            for endpoint in (PE_A, PE_B):
                assert await process.handle((WRITTEN, endpoint)), stage.said
        return stage.resources()


def ours(stage: Stage) -> set[str]:
    """What the zone holds of ours: records and linked networks."""
    return (stage.records().keys() - UNMANAGED_RECORDS.keys()) | (stage.linked() - {"net-hub"})


async def calls_of(common: RunContext, resources: list[Resource]) -> list[Asked]:
    """The calls of a withdrawal without a fault."""
    async with Stage(common, resources) as stage, Process(stage) as process:
        stage.history.begin()
        result = await process.withdraw()
        assert (result.run.has_failed, ours(stage)) == (False, set())
        me = common.identity.app_principal
        mine = [one for one in stage.history.asked if one.principal == me]
        return list({(one.call, one.method, one.path.lower()): one for one in mine}.values())


async def suffer(
    common: RunContext, resources: list[Resource], mishap: Mishap, place: int
) -> list[str]:
    """What is wrong after a withdrawal with a fault at one call, and another in a quiet world."""
    problems = []
    async with Stage(common, resources) as stage, Process(stage) as process:
        stage.history.begin()
        others = _others(stage)
        rule = parse_rule({"principal": "app", "nth": place, **mishap.rule})
        stage.faults.add(rule)
        result = (await process.withdraw()).run
        stage.faults.clear()
        if not rule.struck:
            problems.append("the fault struck nothing")
        is_left = result.has_failed or result.remaining
        if ours(stage) and not is_left and not mishap.deceives:
            problems.append(f"in silence: {sorted(ours(stage))}")
        if result.bugs:
            problems.append(f"a bug: {result.bugs}")
        told = tale(stage)
        problems += [f"quiet: {one}" for one in quiet(told, (common.identity.app_header,))]
        me = common.identity.app_principal
        if any((one.principal, one.method) == (me, "PUT") for one in told.asked):
            problems.append("something was written")
        # What Azure had begun ends by itself.
        await asyncio.sleep(60)
        again = (await process.withdraw()).run
        if again.has_failed or again.remaining or ours(stage):
            problems.append(f"not gone after all: {sorted(ours(stage))} {again}")
        if _others(stage) != others:
            problems.append("others' records or links changed")
    return [f"{mishap.name} at call {place}: {problem}" for problem in problems]


def _others(stage: Stage) -> tuple[object, ...]:
    return (
        {name: found for name, found in stage.records().items() if name in UNMANAGED_RECORDS},
        "net-hub" in stage.linked(),
    )


@pytest.mark.parametrize("mishap", MISHAPS, ids=lambda mishap: mishap.name)
def test_a_fault_at_any_call_of_a_withdrawal_is_told(mishap: Mishap) -> None:
    """What stays is never said to be gone, others' things stay, and once more takes the rest.

    Invariant: others-untouched, confirmed.
    """

    async def suffered() -> list[str]:
        async with context() as common:
            resources = await estate(common)
            calls = await calls_of(common, resources)
            fit = [place for place, call in enumerate(calls, 1) if mishap.strikes(call)]
            chosen = fit if EVERYTHING else fit[MISHAPS.index(mishap) % max(len(fit), 1) :][:1]
            return [
                problem
                for place in chosen
                for problem in await suffer(common, resources, mishap, place)
            ]

    problems = run(suffered())
    assert not problems, "\n".join(problems)


def test_what_somebody_changed_meanwhile_stays() -> None:
    """A record that was written after the plan is somebody's again: 412, and it is told as kept."""

    async def change_meanwhile() -> None:
        async with context() as common:
            resources = await estate(common)
            async with Stage(common, resources) as stage, Process(stage) as process:
                planned = await process.plan_withdrawal()
                body = {
                    "ttl": 5,
                    "aRecords": [{"ipv4Address": "10.7.7.7"}],
                    "metadata": {"acrPrivateDns": "owner", "note": "mine"},
                }
                await stage.put(f"{ZONE}/A/{LOGIN}", {"properties": body})
                result = await process.withdraw(planned)
                assert stage.records()[LOGIN] == ("10.7.7.7",)
                (zone,) = result.zones
                changed = [one for one in zone.kept_resources if one.reason is KeptReason.CHANGED]
                assert [(one.kind, one.name) for one in changed] == [
                    ("record", LOGIN),
                    ("record", WEST),
                ]
                assert (result.run.remaining, ours(stage)) == (2, {LOGIN, WEST})

    run(change_meanwhile())


def test_a_locked_zone_keeps_everything_and_says_so() -> None:
    """A lock is somebody's word: Azure refuses each delete, and each is a finding."""

    async def locked() -> None:
        async with context() as common:
            resources = await estate(common)
            async with Stage(common, resources) as stage, Process(stage) as process:
                before = ours(stage)
                lock = f"{ZONE}/providers/Microsoft.Authorization/locks/keep"
                await stage.put(lock, {"properties": {"level": "CanNotDelete"}})
                result = (await process.withdraw()).run
                assert ours(stage) == before
                assert result.remaining == 4
                (zone,) = result.results
                assert {one.kind for one in zone.findings} == {FindingKind.LOCKED}
                await stage.delete(lock)
                assert not (await process.withdraw()).run.has_failed
                assert ours(stage) == set()

    run(locked())
