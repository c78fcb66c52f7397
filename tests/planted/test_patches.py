"""The planted bugs themselves: `make planted` shows each one caught, this keeps them plantable."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.planted.bugs import ROOT, Bug, bugs, check, plant

BUGS = bugs()
PRODUCT = (
    "shared/",
    "function_app.py",
    "infra/acceptance/",
    "infra/package/",
    ".github/workflows/",
)


def test_there_are_planted_bugs() -> None:
    """The other tests here say nothing about an empty folder."""
    assert len(BUGS) >= 20


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_can_still_be_planted(bug: Bug) -> None:
    """Each patch applies to the tree, changes the product alone, and says what it breaks."""
    check(bug)
    lines = bug.patch.read_text().splitlines()
    changed = [line.split()[1] for line in lines if line.startswith(("--- ", "+++ "))]
    assert changed
    assert all(path.partition("/")[2].startswith(PRODUCT) for path in changed)
    assert bug.words.endswith(").")


def test_a_planted_bug_is_no_mere_crash(tmp_path: Path) -> None:
    """A name that nothing defines would be caught by any test at all, and prove nothing."""
    for bug in BUGS:
        for path in _touched(bug):
            (tmp_path / bug.name / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / path, tmp_path / bug.name / path)
        plant(bug, tmp_path / bug.name)
    ruff = (sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F821")
    done = subprocess.run((*ruff, str(tmp_path)), check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def _touched(bug: Bug) -> set[str]:
    """The files that a patch changes."""
    lines = bug.patch.read_text().splitlines()
    return {line.removeprefix("--- a/") for line in lines if line.startswith("--- a/")}


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_names_tests_that_exist(bug: Bug) -> None:
    """Who is said to catch a bug is there, file and function."""
    assert bug.tests
    for test in bug.tests:
        path, _, function = test.partition("::")
        functions = _functions(ROOT / path)
        assert functions
        assert not function or function.partition("[")[0] in functions


def _functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return {node.name for node in tree.body if isinstance(node, kinds)}
