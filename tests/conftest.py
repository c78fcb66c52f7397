"""What holds for all tests."""

import pytest
from hypothesis import settings

from tests.known_reds import KNOWN_REDS

# These machines are shared: how long an example takes says nothing about the code.
settings.register_profile("project", deadline=None)
settings.load_profile("project")


_WITHOUT_BICEP = "bicep is not on PATH"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was not checked for want of the compiler is said in one line."""
    skipped = terminalreporter.stats.get("skipped", [])
    number = sum(_WITHOUT_BICEP in str(report.longrepr) for report in skipped)
    if number:
        terminalreporter.write_line(
            f"{_WITHOUT_BICEP}: {number} tests did not ask it whether infra/ is clean, whether "
            "infra/compiled is what it makes, and whether planted mistakes are noticed"
        )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test states in one sentence the truth that it protects."""
    silent = [
        item.nodeid for item in items if not getattr(getattr(item, "obj", None), "__doc__", None)
    ]
    for item in items:
        if reason := KNOWN_REDS.get(item.nodeid):
            item.add_marker(pytest.mark.xfail(reason=reason, strict=True, raises=AssertionError))
    if silent:
        raise pytest.UsageError(f"tests without a docstring: {', '.join(silent)}")
