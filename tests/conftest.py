"""What holds for all tests."""

import pytest
from hypothesis import settings

# These machines are shared: how long an example takes says nothing about the code.
settings.register_profile("project", deadline=None)
settings.load_profile("project")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test states in one sentence the truth that it protects."""
    silent = [
        item.nodeid for item in items if not getattr(getattr(item, "obj", None), "__doc__", None)
    ]
    if silent:
        raise pytest.UsageError(f"tests without a docstring: {', '.join(silent)}")
