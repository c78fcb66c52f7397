"""`python -m shared`: what ends it before Azure is asked, and its help."""

import json
from pathlib import Path

import pytest

from shared.__main__ import main
from tests.unit.test_settings import GOOD


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["delete"], "invalid choice: 'delete'"),
        (["plan", "--policy", "all"], "invalid choice: 'all'"),
        (["plan", "--adopt", "a b"], "argument --adopt: invalid owner value"),
        (["plan", "--registry", "x", "--endpoint", "y"], "not allowed with argument"),
        (["plan", "--yes"], "unrecognized arguments: --yes"),
        (["withdraw", "--registry", "x"], "unrecognized arguments: --registry x"),
        (["explain"], "the following arguments are required: NAME"),
    ],
)
def test_a_mistake_ends_with_one(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two means that drift was found, so a wrong command line must end with something else."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 1
    assert told in capsys.readouterr().err


def test_wrong_settings_are_told_as_the_app_tells_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All mistakes at once, each by its name, and no trace of the program."""
    for name, value in {
        **GOOD,
        "ACR_PRIVATE_DNS_TTL": "ten",
        "ACR_PRIVATE_DNS_POLICY": "x",
    }.items():
        monkeypatch.setenv(name, value)
    assert main(["plan"]) == 1
    err = capsys.readouterr().err
    assert "ACR_PRIVATE_DNS_TTL is 'ten'" in err
    assert "ACR_PRIVATE_DNS_POLICY is 'x'" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("text", [None, "{", "[]", '{"Values": 7}', '{"IsEncrypted": false}'])
def test_a_file_that_holds_no_settings_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None
) -> None:
    """The file's name stands in the message, its content does not."""
    file = tmp_path / "local.settings.json"
    if text is not None:
        file.write_text(text, "utf-8")
    assert main(["status", "--settings", str(file)]) == 1
    assert f"{file} cannot be read as a local.settings.json" in capsys.readouterr().err


def test_a_file_stands_for_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a file its Values alone count, whatever the shell has set."""
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    file = tmp_path / "local.settings.json"
    file.write_text(json.dumps({"Values": {"ACR_PRIVATE_DNS_OWNER": "a b"}}), "utf-8")
    assert main(["status", "--settings", str(file)]) == 1
    err = capsys.readouterr().err
    assert "ACR_PRIVATE_DNS_OWNER is 'a b'" in err
    assert "ACR_PRIVATE_DNS_ZONES is not set" in err


def test_the_help_says_what_the_exit_status_means(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever scripts it finds there what 0, 1 and 2 mean."""
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert "exit status: 0 in step, 2 drift found" in out
    assert all(verb in out for verb in ("plan", "reconcile", "explain", "status", "withdraw"))
