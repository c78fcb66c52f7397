"""What holds for all tests."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# These machines are shared: how long an example takes says nothing about the code. What is red once
# is red again: `make faults` draws other examples each time.
settings.register_profile(
    "project", deadline=None, derandomize=os.environ.get("ACR_PRIVATE_DNS_FAULTS") != "all"
)
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


def known_reds() -> dict[str, str]:
    """Why tests are red, by their IDs, from a list that is compared exactly."""
    text = Path(__file__).with_name("known_reds.txt").read_text()
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return dict(line.split(" | ") for line in lines)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Every test states in one sentence the truth that it protects; what is red is listed."""
    silent = [
        item.nodeid for item in items if not getattr(getattr(item, "obj", None), "__doc__", None)
    ]
    if silent:
        raise pytest.UsageError(f"tests without a docstring: {', '.join(silent)}")
    reds, found = known_reds(), {item.nodeid: item for item in items}
    for id_ in reds.keys() & found.keys():
        # A listed test that passes fails the suite, and so does one that fails otherwise.
        mark = pytest.mark.xfail(reason=reds[id_], strict=True, raises=AssertionError)
        found[id_].add_marker(mark)
    files = {id_.partition("::")[0] for id_ in found}
    unknown = [id_ for id_ in reds.keys() - found.keys() if id_.partition("::")[0] in files]
    is_part = (
        config.option.keyword
        or getattr(config.option, "lf", False)
        or any("::" in arg for arg in config.args)
    )
    if unknown and not is_part:
        raise pytest.UsageError(f"known_reds.txt lists what is no test: {', '.join(unknown)}")
