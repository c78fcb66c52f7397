"""docs/deploy.md: what it tells people to type is there, and what it shows is what they see."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from infra.build.artefacts import COMPILED, INFRA
from shared.version import VERSION
from tests.deployment.decisions import ROLE_FILES
from tests.deployment.stage import A, B, C, Stage, answer, topic
from tests.deployment.worlds import READER, furnish_group, furnish_subscription

ROOT = INFRA.parent
PAGE = (ROOT / "docs" / "deploy.md").read_text()
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROSE = FENCE.sub("", PAGE)
CODE = re.findall(r"`([^`\n]+)`", PROSE)
PARAMETER = re.compile(r"^param (\w+) .*?(=|\?$|$)", re.MULTILINE)
DENIAL = (
    "AuthorizationFailed: The client does not have authorization to perform action "
    "'Microsoft.Authorization/roleDefinitions/write'"
)


def list_blocks(language: str) -> list[str]:
    """The page's blocks of a language."""
    return [text for name, text in FENCE.findall(PAGE) if name == language]


def list_commands() -> list[str]:
    """The command lines that the page has people type, each on one line."""
    lines = "\n".join(list_blocks("sh")).replace("\\\n", " ").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def read_parameters(template: Path) -> dict[str, bool]:
    """The parameters of a template, and whether each must be given."""
    return {name: end == "" for name, end in PARAMETER.findall(template.read_text())}


def find_source(template: str) -> Path:
    """What a template that a command line names is compiled from."""
    return (ROOT / template.replace("/compiled", "")).with_suffix(".bicep")


def list_functions() -> set[str]:
    """The functions of the app, and what they are made of."""
    tree = ast.parse((ROOT / "function_app.py").read_text())
    return {node.name for node in tree.body if isinstance(node, ast.AsyncFunctionDef)}


def list_table_cells(column: int, heading: str) -> Iterator[str]:
    """The names in a column of the first table under a heading."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [line.split("|") for line in section.splitlines() if line.startswith("| `")]
    for row in rows:
        yield from re.findall(r"`([^`]+)`", row[column])


def list_options(*command: object) -> set[str]:
    """The options that a command's help names."""
    ended = subprocess.run(
        (sys.executable, *map(str, command), "--help"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", ended.stdout))


def test_the_options_are_there() -> None:
    """Nobody is sent to an option that watch.py, or the acceptance run, does not have."""
    known = list_options(INFRA / "watch" / "watch.py")
    lines = [line for line in (*list_commands(), *CODE) if "watch.py" in line]
    named = {word for line in lines for word in line.split() if re.match(r"--?[a-z]", word)}
    assert named <= known
    alone = {word for code in CODE for word in code.split()[:1] if re.match(r"--?[a-z]", word)}
    assert {"--dry-run", "--hub", "--management-group", "--no-access", "-s"} <= named | alone
    assert alone <= known | list_options("-m", "infra.acceptance.run")
    commands = set(re.findall(r"watch\.py (?!-)(\w+)", "\n".join(lines)))
    assert commands == {"add", "list", "remove"}


def test_the_variables_are_read() -> None:
    """A variable that nothing reads would be set in vain, and its default hold."""
    files = (
        "main.bicepparam",
        "subscription.bicepparam",
        "watch/app.py",
        "watch/arguments.py",
        "acceptance/arguments.py",
        "acceptance/check.py",
    )
    text = "\n".join((INFRA / name).read_text() for name in files)
    read = set(re.findall(r"['\"]([A-Z][A-Z_]+)['\"]", text))
    given = set(re.findall(r"^output ([A-Z_]+) ", (INFRA / "main.bicep").read_text(), re.MULTILINE))
    of_the_app = {"ACR_PRIVATE_DNS_OWNER"}
    named = set(re.findall(r"(?<![\w<])[A-Z]+(?:_[A-Z]+)+\b", PAGE))
    named |= {code for code in CODE if re.fullmatch(r"[A-Z]{2,}", code)}
    assert given <= named
    assert named <= read | given | of_the_app
    assert set(list_table_cells(1, "Variables and parameters")) == set(
        re.findall(r"Variable\(\s*'(\w+)'", (INFRA / "main.bicepparam").read_text())
    )


def test_the_parameters_are_declared() -> None:
    """All that main takes is named, each with its variable or as a line to write."""
    (lines,) = list_blocks("bicep")
    named = set(re.findall(r"^param (\w+) =", lines, re.MULTILINE))
    named |= set(list_table_cells(2, "Variables and parameters"))
    assert named == set(read_parameters(INFRA / "main.bicep"))


def test_the_templates_take_what_is_typed() -> None:
    """A parameter that is missing or mistyped ends a deployment that somebody waited for."""
    seen = set()
    for line in list_commands():
        for template in re.findall(r"--template-file (\S+)", line):
            parameters = read_parameters(find_source(template))
            given = set(re.findall(r" (\w+)=", line.partition("--parameters")[2]))
            assert given <= parameters.keys(), line
            assert {name for name, needed in parameters.items() if needed} <= given, line
            seen.add(Path(template).stem)
    assert seen == {"management_group", "zone", "zone_access"}


def test_the_roles_are_those_of_the_app() -> None:
    """Who signs off the rights reads how many actions each role really has."""
    files = [json.loads((INFRA / "roles" / f"{name}.json").read_text()) for name in ROLE_FILES]
    named = re.findall(r"\*\*(ACR Private DNS [\w ]+)\*\* \((\d+) actions?\)", PAGE)
    assert sorted(named) == sorted((file["name"], str(len(file["actions"]))) for file in files)


def test_the_functions_are_there() -> None:
    """Each function that events go to is named, and none that is not there."""
    named = {code for code in CODE if re.fullmatch(r"[a-z]+_[a-z_]+", code)}
    assert {path.stem for path in (INFRA / "events").glob("*.json")} <= named <= list_functions()


def test_the_button_leads_to_what_is_released() -> None:
    """A click deploys the compiled template of this version, and the code of no other."""
    address = f"https://raw.githubusercontent.com/OWNER/acr-private-dns/v{VERSION}/"
    link = re.compile(r"\]\(https://portal\.azure\.com/#create/[\w.]+/uri/(\S+)\)")
    for page in (PAGE, (ROOT / "README.md").read_text()):
        (button,) = link.findall(page)
        path = unquote(button).removeprefix(address)
        assert path == (COMPILED / "main.json").relative_to(ROOT).as_posix()
    (package,) = re.findall(r"PACKAGE_URI=(\S+)", PAGE)
    releases = "https://github.com/OWNER/acr-private-dns/releases/download"
    assert package == f"{releases}/v{VERSION}/acr-private-dns.zip"


def test_the_files_are_there() -> None:
    """A path on the page leads somewhere."""
    paths = set(re.findall(r"\binfra(?:/\w+)+(?:\.\w+)?", PAGE))
    assert "infra/watch/watch.py" in paths
    assert {path for path in paths if not (ROOT / path).exists()} == set()


@pytest.mark.parametrize("shown", ["one", "three", "group", "removal"])
def test_the_tables_are_what_is_printed(stage: Stage, shown: str) -> None:
    """What a reader compares their own output with is what the script prints."""
    arguments: tuple[str, ...] = ("add",)
    if shown == "three":
        arguments = ("add", "-s", A, "-s", B, "-s", C)
        code, _, message = DENIAL.partition(": ")
        stage.tell("deployment sub create", answer(error=f"ERROR: ({code}) {message}"), about=B)
        theirs = topic(C, "evgt-monitoring", "rg-monitoring", identity=None)
        stage.tell("system-topic list", answer([theirs]), about=C)
    elif shown == "group":
        arguments = ("add", "--management-group", "corp")
        furnish_group(stage)
    elif shown == "removal":
        arguments = ("remove",)
        furnish_subscription(stage)
        stage.tell("role definition list", answer([READER]))
    assert stage.run(*arguments).out in list_blocks("")
