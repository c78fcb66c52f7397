"""Mistakes that compile clean: the templates make none, and each one would be noticed."""

import shutil
from pathlib import Path

import pytest

from infra.build.artefacts import INFRA, compile_template, find_template, take_snapshot
from infra.build.compiler import Compiler, CompilerError
from tests.deployment.checks import CHECKS, FROM_TEMPLATES, Check
from tests.deployment.decisions import GRANTS
from tests.deployment.deployment import Deployment
from tests.deployment.traps import TRAPS, Trap


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_templates_make_no_silent_mistake(check: Check, deployment: Deployment) -> None:
    """What Azure alone would notice, in the middle of a deployment, is noticed here."""
    assert list(check(deployment)) == []


def test_every_shape_is_checked(deployment: Deployment) -> None:
    """A shape whose rights nobody decided on would give rights that nobody looks at."""
    assert deployment.snapshots.keys() == GRANTS.keys()


def test_every_check_is_tried() -> None:
    """A check that no planted mistake has ever set off may be blind."""
    assert {trap.check for trap in TRAPS} == {*CHECKS, None}


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.name.replace(" ", "-"))
def test_a_planted_mistake_is_noticed(trap: Trap, compiler: Compiler, tmp_path: Path) -> None:
    """Each mistake, planted in a copy of the sources, is told by the check that is there for it."""
    infra = tmp_path / "infra"
    shutil.copytree(INFRA, infra, ignore=shutil.ignore_patterns("compiled", "*.py", "__pycache__"))
    source = infra / trap.file
    text = source.read_text()
    assert trap.right in text
    source.write_text(text.replace(trap.right, trap.wrong), newline="")
    shape = infra / "shapes" / f"{trap.shape}.bicepparam"
    if trap.check is None:
        with pytest.raises(CompilerError, match=trap.words):
            compile_template(find_template(shape), compiler)
        return
    if trap.check in FROM_TEMPLATES:
        template = find_template(shape)
        made = {f"{template.stem}.json": compile_template(template, compiler)}
    else:
        made = {f"{shape.stem}.snapshot.json": take_snapshot(shape, compiler)}
    said = list(trap.check(Deployment.of(infra, made)))
    assert any(trap.words in sentence for sentence in said), said
