"""Fixtures for the tests of what deploys the app."""

from pathlib import Path

import pytest

from tests.deployment.stage import Stage, copy_infra


@pytest.fixture(scope="session")
def infra_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of infra/, for copies of it."""
    return copy_infra(tmp_path_factory.mktemp("copy"))


@pytest.fixture
def stage(tmp_path: Path, infra_copy: Path) -> Stage:
    """A machine with infra/ and a recording az."""
    return Stage(tmp_path, infra_copy)
