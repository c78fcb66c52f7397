"""Fixtures of the contract tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.arm_estate import Cloud, running


@pytest.fixture
async def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Cloud]:
    """A running Resource Manager and token endpoint, with the real clients for them."""
    async with running(tmp_path, monkeypatch) as cloud:
        yield cloud
