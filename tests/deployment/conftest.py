"""The artefacts as they are committed, and the compiler where there is one."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.build.artefacts import COMPILED, INFRA, SOURCES
from infra.build.compiler import Compiler, find_compiler
from tests.deployment.deployment import Deployment
from tests.deployment.environments import VARIABLES
from tests.deployment.stage import Stage, copy_infra


@pytest.fixture(scope="session")
def artefacts() -> dict[str, str]:
    """The committed artefacts' texts, by file name."""
    return {path.name: path.read_text() for path in COMPILED.iterdir()}


@pytest.fixture(scope="session")
def deployment(artefacts: dict[str, str]) -> Deployment:
    """What the committed artefacts tell."""
    return Deployment.of(INFRA, artefacts)


@pytest.fixture(scope="session")
def compiler(artefacts: dict[str, str]) -> Iterator[Compiler]:
    """A running compiler; where there is none, the test is left out, and a line says so."""
    executable = find_compiler()
    expected = artefacts[SOURCES].partition("\n")[0].removeprefix("bicep ")
    if executable is None:
        pytest.skip("bicep is not on PATH")
    with Compiler(executable, os.environ | VARIABLES) as running:
        # Others know other rules, and write another version into everything.
        if running.ask_version() != expected:
            pytest.skip(f"bicep is not on PATH in version {expected}")
        yield running


@pytest.fixture(scope="session")
def infra_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of infra/, for copies of it."""
    return copy_infra(tmp_path_factory.mktemp("copy"))


@pytest.fixture
def stage(tmp_path: Path, infra_copy: Path) -> Stage:
    """A machine with infra/ and a recording az."""
    return Stage(tmp_path, infra_copy)
