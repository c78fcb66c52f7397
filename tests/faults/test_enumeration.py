"""Every fault at every call of every kind of run: in the end all is right, and nobody was fooled.

`ACR_PRIVATE_DNS_FAULTS=all` runs every case, some thousands; else each fault
strikes one call of each kind, of each full sync every second fault does.
"""

import pytest

from tests.faults.enumeration import EVERYTHING, Left, calls_of, places, suffer
from tests.faults.full_syncs import ALL
from tests.faults.kinds import Kind
from tests.faults.mishaps import MISHAPS, Mishap
from tests.faults.stage import context
from tests.virtual_time import run

CASES = [
    pytest.param(kind, mishap, id=f"{kind.name}-{mishap.name}")
    for turn, kind in enumerate(ALL)
    for number, mishap in enumerate(MISHAPS)
    if EVERYTHING or not kind.whole or (turn + number) % 2
]


def may_be_left(kind: Kind, mishap: Mishap) -> set[Left]:
    """What the timer may have to find after such a fault in such a run: these, and no more."""
    if kind.whole:
        return set()
    allowed: set[Left] = {Left.UNUSED_LINK} if kind.unlinked else set()
    if mishap.deceives:
        allowed.add(Left.DECEIVED)
    if mishap.refuses:
        allowed.add(Left.REFUSED)
    return allowed


@pytest.mark.parametrize(("kind", "mishap"), CASES)
def test_a_fault_at_any_call_does_no_harm(kind: Kind, mishap: Mishap) -> None:
    """Once it clears and the events came again all is right, and nothing false was done or said."""

    async def suffered() -> list[str]:
        found = []
        async with context() as common:
            await calls_of(common, kind)
            for place in places(kind, mishap):
                run_result = await suffer(common, kind, mishap, place)
                if run_result.remaining and run_result.remaining not in may_be_left(kind, mishap):
                    run_result.problems.append(f"left to a later run: {run_result.remaining}")
                if run_result.problems:
                    found.append(str(run_result))
        return found

    problems = run(suffered())
    assert not problems, "\n".join(problems)
