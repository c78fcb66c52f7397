"""Between any two calls the process can end: the next run finishes what it left.

`ACR_PRIVATE_DNS_FAULTS=all` ends it at every call, else at every sixth.
"""

import pytest

from tests.faults.crash import crash, places
from tests.faults.enumeration import Left, calls_of
from tests.faults.full_syncs import ALL
from tests.faults.kinds import Kind
from tests.faults.stage import context
from tests.virtual_time import run


@pytest.mark.parametrize("late", [False, True], ids=["before-a-call", "after-its-effect"])
@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)
def test_a_process_that_ends_anywhere_does_no_harm(kind: Kind, late: bool) -> None:
    """A new process that gets the event again makes the zone right, and no invariant broke."""
    allowed = {None, Left.UNUSED_LINK} if kind.unlinked and not kind.whole else {None}

    async def crashed() -> list[str]:
        found = []
        async with context() as common:
            calls = await calls_of(common, kind)
            for place in places(kind, len(calls), late=late):
                run_result = await crash(common, kind, place, late=late)
                if run_result.remaining not in allowed:
                    run_result.problems.append(f"left to a later run: {run_result.remaining}")
                if run_result.problems:
                    found.append(str(run_result))
        return found

    problems = run(crashed())
    assert not problems, "\n".join(problems)
