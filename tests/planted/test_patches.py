"""The planted bugs themselves: `make planted` shows each one caught, this keeps them plantable."""

import ast
from pathlib import Path

import pytest

from tests.planted.bugs import ROOT, Bug, bugs, check

BUGS = bugs()


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
    assert all(path.startswith(("a/shared/", "b/shared/")) for path in changed)
    assert bug.words.endswith(").")


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
