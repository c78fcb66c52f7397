"""`python -m tests.planted [bug …]`: plants each bug in a copy of the tree, and shows who notices.

The tests that a bug names run in the copy, so nothing here is touched. They all run
in a copy without a bug, too: a test that fails anyhow has caught nothing.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tests.planted.bugs import Bug, StalePatchError, bugs, copy_tree, plant

_AT_ONCE = 2
_MOST_SECONDS = 900
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+::.+?)(?: - .*)?$", re.MULTILINE)
_PASSED_STATUS, _FAILED_STATUS = 0, 1


class Outcome(StrEnum):
    """How the tests took it."""

    CAUGHT = "caught by"
    SURVIVED = "SURVIVED"
    STALE = "DOES NOT APPLY"
    BROKEN = "TESTS DID NOT RUN"


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of one bug.

    Attributes:
        name: the bug's.
        outcome: how its tests took it.
        detail: the first test that failed, or what went wrong.
        seconds: how long it took.
    """

    name: str
    outcome: Outcome
    detail: str
    seconds: float

    def __str__(self) -> str:
        return f"{self.name:<38} {self.outcome} {self.detail} ({self.seconds:.1f} s)"


def main() -> int:
    """Plant the bugs that the command line names, or all; 0 if each one was caught."""
    parser = argparse.ArgumentParser(prog="planted", description=__doc__)
    parser.add_argument("bug", nargs="*", help="a patch's name without its ending (all)")
    asked, known = parser.parse_args().bug, bugs()
    if unknown := set(asked) - {bug.name for bug in known}:
        parser.error(f"there is no bug {', '.join(sorted(unknown))}")
    chosen = [bug for bug in known if not asked or bug.name in asked]
    began = time.monotonic()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        control = pool.submit(_passing, {test for bug in chosen for test in bug.tests})
        caught = [_shown(trial) for trial in pool.map(_trial, chosen)]
    print(f"without a bug: {control.result() or 'all of these tests pass'}")  # noqa: T201
    numbers = f"{sum(caught)} of {len(chosen)} bugs caught"
    print(f"{numbers} ({time.monotonic() - began:.0f} s)")  # noqa: T201
    return int(bool(control.result()) or not all(caught))


def _shown(trial: Trial) -> bool:
    print(trial, flush=True)  # noqa: T201 - the command's own output
    return trial.outcome is Outcome.CAUGHT


def _passing(tests: Iterable[str]) -> str:
    """Why the tests do not all pass in a copy without a bug; empty if they do."""
    outcome, detail = _tried(None, sorted(tests))
    return "" if outcome is Outcome.SURVIVED else f"NOT ALL PASS: {detail}"


def _trial(bug: Bug) -> Trial:
    began = time.monotonic()
    outcome, detail = _tried(bug, bug.tests)
    return Trial(bug.name, outcome, detail, time.monotonic() - began)


def _tried(bug: Bug | None, tests: Iterable[str]) -> tuple[Outcome, str]:
    """How tests end in a copy of the tree with the bug in it, and the first that fails."""
    with tempfile.TemporaryDirectory(prefix="planted-") as folder:
        tree = Path(folder)
        copy_tree(tree)
        try:
            if bug is not None:
                plant(bug, tree)
        except StalePatchError as error:
            return Outcome.STALE, str(error)
        return _run(tree, tests)


def _run(tree: Path, tests: Iterable[str]) -> tuple[Outcome, str]:
    # pytest imports what lies beside its ini file, and nothing else may lead to `shared`.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    quietly = ("-x", "-q", "-rfE", "--tb=line", "-p", "no:cacheprovider")
    try:
        done = subprocess.run(
            (sys.executable, "-m", "pytest", *quietly, *tests),
            cwd=tree,
            env=inherited,
            check=False,
            capture_output=True,
            text=True,
            timeout=_MOST_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return Outcome.BROKEN, f"no end within {_MOST_SECONDS} s"
    failed = _FAILED.search(done.stdout)
    if done.returncode == _FAILED_STATUS and failed:
        return Outcome.CAUGHT, failed[1]
    if done.returncode == _PASSED_STATUS:
        return Outcome.SURVIVED, ""
    return Outcome.BROKEN, " ".join((done.stdout + done.stderr).split())[-300:]


if __name__ == "__main__":
    sys.exit(main())
