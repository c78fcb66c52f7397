"""Every scenario runs in virtual time and is judged: no write of ours takes a good answer."""

from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterator, Mapping
from unittest.mock import patch

import pytest

from tests.simulation.azure import Azure
from tests.simulation.judging import Judged
from tests.virtual_time import VirtualTimeLoop

UNJUDGED = {
    "test_withdraw.py": "an operator orders what these runs take away",
    "test_withdraw_properties.py": "as above",
    "test_judge.py": "the judge itself is tried, with writes that break the invariant",
}


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[None]:
    """Set a judge beside each Azure that a test makes (client-never-worse)."""
    if pyfuncitem.path.name in UNJUDGED:
        return (yield)
    all_judged, make = list[Judged](), Azure.__init__

    def make_judged(azure: Azure) -> None:
        make(azure)
        all_judged.append(Judged(azure))

    def verdict() -> str:
        taken = {one for judged in all_judged for one in judged.violations()}
        return "\n".join(["client-never-worse:", *sorted(taken)]) if taken else ""

    with patch.object(Azure, "__init__", make_judged):
        try:
            result = yield
        except AssertionError as error:
            error.add_note(verdict())
            raise
    assert not verdict(), verdict()
    return result


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], AbstractEventLoop]]:
    """Deadlines pass only while everybody waits, so a busy machine fails no test."""
    return {"virtual": VirtualTimeLoop}
