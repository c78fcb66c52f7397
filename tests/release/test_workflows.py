"""The workflows: what they run, with which rights, and whose code they trust."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pathspec
import pytest
import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".github" / "workflows"
TEXTS = {path.stem: path.read_text() for path in FOLDER.iterdir()}
WORKFLOWS: dict[str, dict[str, Any]] = {
    # Not safe_load, which takes the key `on` for a truth; this loader knows nothing but texts.
    name: yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506
    for name, text in TEXTS.items()
}
PINNED = re.compile(r"(?:- )?uses: actions/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
# Publishing alone writes, and it runs nothing of the repository.
RIGHTS = {
    ("test", "test"): {"contents": "read"},
    ("scan", "scan"): {"contents": "read"},
    ("release", "build"): {"contents": "read"},
    ("release", "rebuild"): {"contents": "read"},
    ("release", "publish"): {"attestations": "write", "contents": "write", "id-token": "write"},
}


def list_jobs() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every job behind the names of its workflow and itself."""
    for workflow, document in WORKFLOWS.items():
        for name, job in document["jobs"].items():
            yield workflow, name, job


def list_steps(job: dict[str, Any], action: str) -> list[dict[str, Any]]:
    """The steps of a job that use an action."""
    return [step for step in job["steps"] if step.get("uses", "").startswith(f"{action}@")]


def list_commands(workflow: str, job: str) -> list[str]:
    """What a job runs in a shell."""
    steps = WORKFLOWS[workflow]["jobs"][job]["steps"]
    return [step["run"] for step in steps if "run" in step]


def test_the_linter_has_nothing_to_say() -> None:
    """No injection, no credentials left lying about, no cache that could be poisoned."""
    linter = Path(sys.executable).with_name("zizmor")
    quietly = ("--offline", "--no-progress", "--quiet", "--persona", "auditor")
    done = subprocess.run(
        (linter, *quietly, FOLDER), capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_action_is_pinned() -> None:
    """A tag can be moved to other code, a commit cannot; GitHub's own actions, and no others."""
    lines = "\n".join(TEXTS.values()).splitlines()
    used = [line.strip() for line in lines if "uses:" in line]
    assert len(used) > 5
    assert [line for line in used if not PINNED.fullmatch(line)] == []
    commits: dict[str, set[str]] = {}
    for line in used:
        name, _, commit = line.partition("uses: ")[2].partition("@")
        commits.setdefault(name, set()).add(commit)
    assert [name for name, pins in commits.items() if len(pins) > 1] == []


def test_no_job_has_more_rights_than_it_needs() -> None:
    """A workflow has none; each job names its own, and only what publishes may write."""
    assert [name for name, document in WORKFLOWS.items() if document["permissions"] != {}] == []
    assert {(workflow, name): job["permissions"] for workflow, name, job in list_jobs()} == RIGHTS
    publish = WORKFLOWS["release"]["jobs"]["publish"]
    assert list_steps(publish, "actions/checkout") == []


def test_no_token_is_left_in_a_checkout() -> None:
    """What runs after a checkout, a test of a stranger's change perhaps, finds no credentials."""
    checkouts = [step for *_, job in list_jobs() for step in list_steps(job, "actions/checkout")]
    assert len(checkouts) == len(RIGHTS) - 1
    assert {step["with"]["persist-credentials"] for step in checkouts} == {"false"}


def test_a_strangers_change_runs_without_secrets() -> None:
    """No workflow is started by what strangers write and run with the repository's own rights."""
    triggers = {trigger for document in WORKFLOWS.values() for trigger in document["on"]}
    assert triggers == {"pull_request", "push", "schedule", "workflow_dispatch"}
    assert "secrets." not in "".join(TEXTS.values())


def test_what_is_tested_is_what_is_tested_here() -> None:
    """The workflows call the repository's own commands, so anybody can run the same at home."""
    assert list_commands("test", "test") == [".ci/run"]
    assert list_commands("scan", "scan") == ["make scan"]
    assert "pip-audit --strict " in (ROOT / "Makefile").read_text()  # else what it skips is silent
    assert list_commands("release", "build")[1:] == [".ci/run", "make package"]
    ci = (ROOT / ".ci" / "run").read_text().splitlines()
    assert [line for line in ci if line.startswith("make ")] == [
        "make test",
        "make test-az",
        "make test-package",
        "make test-acceptance",
    ]


def test_a_release_is_built_on_two_machines() -> None:
    """What is published was built twice, and both builds were the same."""
    assert list_commands("release", "rebuild") == ["make package", "diff -r first dist"]
    assert WORKFLOWS["release"]["jobs"]["publish"]["needs"] == ["build", "rebuild"]


@pytest.mark.parametrize(("tag", "is_version"), [("v{}", True), ("v9.9.9", False), ("{}", False)])
def test_a_tag_is_the_version(tag: str, *, is_version: bool) -> None:
    """Nobody releases a package whose app says that it is another."""
    version = re.findall(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    done = subprocess.run(
        ("bash", "-c", list_commands("release", "build")[0]),
        env={"TAG": tag.format(*version), "PATH": "/usr/bin:/bin"},
        check=False,
        cwd=ROOT,
    )
    assert (done.returncode == 0) is is_version


@pytest.mark.parametrize(
    "path",
    [
        "infra/roles/keeper.json",
        "infra/modules/access.bicep",
        "infra/compiled/main.json",
        "shared/arm/adapter.py",
        "function_app.py",
        "requirements.txt",
        "requirements-uv.txt",
        "bench/requirements-octodns.txt",
        ".github/workflows/release.yml",
        "Makefile",
    ],
)
def test_what_matters_has_an_owner(path: str) -> None:
    """Rights, the way to Azure, and what is installed change only before a second pair of eyes."""
    lines = (ROOT / ".github" / "CODEOWNERS").read_text().splitlines()
    rules = [line.split() for line in lines if line and not line.startswith("#")]
    assert {len(rule) for rule in rules} == {2}
    assert (ROOT / path).is_file()
    owned = pathspec.GitIgnoreSpec.from_lines(pattern for pattern, _ in rules)
    assert owned.match_file(path)
