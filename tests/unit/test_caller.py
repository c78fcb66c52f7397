"""caller: who is taken to have asked, and what of a stranger's words reaches the log."""

import pytest

from shared.domain.scope import FullScope
from shared.engine.options import RunOptions
from shared.engine.run_request import RunRequest
from shared.entrypoints.caller import find_caller
from shared.render.request_line import request_line

ON = {"WEBSITE_AUTH_ENABLED": "True"}
ALICE = {"x-ms-client-principal-name": "alice@example.com", "x-ms-client-principal-id": "1-2-3"}


@pytest.mark.parametrize(
    "environment",
    [{}, {"WEBSITE_AUTH_ENABLED": ""}, {"WEBSITE_AUTH_ENABLED": "False"}, {"AUTH": "True"}],
)
def test_nobody_takes_a_name_by_sending_it_along(environment: dict[str, str]) -> None:
    """Without App Service authentication the headers are the caller's own, and not believed."""
    assert find_caller(ALICE, environment) == "key"


@pytest.mark.parametrize(
    ("headers", "caller"),
    [
        (ALICE, "principal alice@example.com, 1-2-3"),
        ({"x-ms-client-principal-id": "1-2-3"}, "principal 1-2-3"),
        ({"x-ms-client-principal-name": "key"}, "principal key"),
        ({}, "key"),
    ],
)
@pytest.mark.parametrize("word", ["True", "true"])
def test_a_principal_is_named(headers: dict[str, str], caller: str, word: str) -> None:
    """With it the platform answers for the name; whoever comes without one had a key."""
    assert find_caller(headers, {"WEBSITE_AUTH_ENABLED": word}) == caller


@pytest.mark.parametrize("evil", ["\n", "\r\n", "\x1b[2K", "\x00", "\u2028", "\u202e", "\x85"])
def test_a_name_writes_no_line_of_its_own(evil: str) -> None:
    """A name with line breaks or escapes is one line, and colours and hides nothing of ours."""
    name = f"bob{evil}reconcile of everything: dry run true; asked for over HTTP by key"
    caller = find_caller({"x-ms-client-principal-name": name}, ON)
    line = request_line("plan", RunRequest(FullScope(), RunOptions()), f"over HTTP by {caller}")
    assert line.isprintable()
    assert len(line.splitlines()) == 1
    # What a name holds comes last, so that it can pass for nothing before it.
    assert line.startswith("plan of everything: policy sync, dry run false, ")
    assert line.partition("; asked for ")[2].startswith("over HTTP by principal bob?")


def test_a_name_has_an_end() -> None:
    """However long a header is, the line stays one that can be read."""
    caller = find_caller({"x-ms-client-principal-name": "x" * 100_000}, ON)
    assert len(caller) < 300
