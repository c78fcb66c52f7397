"""Every command line that watch.py can make is one that the real az takes."""

import ast
import json
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.deployment.stage import GROUP, INFRA, A, B, Stage, answer, copy_infra, topic
from tests.deployment.worlds import furnish_group, furnish_group_roles, furnish_subscription

_REPOSITORY = Path(__file__).resolve().parents[2]
_AZ = _REPOSITORY / ".az"
_NETWORK = f"/subscriptions/{A}/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/n"

# Together they reach every call in the source, which a test below makes sure of.
_RUNS = (
    ("add", "-s", A, "--network", _NETWORK),
    ("add", "--management-group", "corp"),
    ("add", "-s", B, "--dead-letter-group", GROUP),
    ("list", "-s", A),
    ("remove",),
    ("remove", "-s", A, "--dead-letter-group", GROUP),
    ("remove", "--management-group", "corp"),
)


def _refusals(lines: Iterable[list[str]]) -> dict[str, str]:
    """What azure-cli's own parser says of the lines that it does not take, by command."""
    known = list(lines)
    parsed = subprocess.run(
        (_AZ / "bin" / "python", "-W", "ignore", Path(__file__).with_name("parse.py")),
        input=json.dumps(known),
        env={"AZURE_CONFIG_DIR": str(_AZ / "config"), "AZURE_CORE_COLLECT_TELEMETRY": "no"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    answers = json.loads(parsed.stdout)
    return {_command(line): text for line, text in zip(known, answers, strict=True) if text}


def _command(line: Iterable[str]) -> str:
    return " ".join(line).partition(" --")[0]


def _record(folder: Path, copy: Path, runs: Iterable[tuple[str, ...]]) -> list[list[str]]:
    """The command lines of some runs of watch.py, where Azure holds something of everything."""
    lines: list[list[str]] = []
    for number, arguments in enumerate(runs):
        (folder / str(number)).mkdir()
        stage = Stage(folder / str(number), copy)
        furnish_group(stage)
        furnish_group_roles(stage)
        furnish_subscription(stage)
        stage.tell("system-topic list", answer([]), answer([topic(B)]), about=B)
        stage.tell("member check", answer({"value": "remove" in arguments}))
        stage.run(*arguments)
        lines += stage.calls()
    return lines


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> list[list[str]]:
    """The command lines of watch.py as it is."""
    folder = tmp_path_factory.mktemp("runs")
    return _record(folder, copy_infra(folder), _RUNS)


def _written() -> Iterator[str]:
    """The command of each call of az in the source."""
    for path in (INFRA / "watch").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if ast.unparse(node.func) in {"az.read", "az.change", "run.az.read", "run.az.change"}:
                yield _command(_constants(node.args))


def _constants(arguments: Iterable[ast.expr]) -> Iterator[str]:
    for argument in arguments:
        match argument:
            case ast.Constant(value=str(word)):
                yield word
            case ast.Starred(value=ast.Tuple(elts=elements)):
                yield from _constants(elements)
            case _:
                yield "--"


def test_az_takes_every_line(recorded: list[list[str]]) -> None:
    """No person's deployment ends at a flag that their az does not know."""
    assert _refusals(recorded) == {}


def test_every_call_was_made(recorded: list[list[str]]) -> None:
    """A call that no run reaches would be one that az never saw."""
    assert {_command(line) for line in recorded} == set(_written())


@pytest.mark.parametrize(
    ("right", "wrong", "refusal"),
    [
        ('"--yes")', '"--sure")', "unrecognized arguments: --sure"),
        ('"--system-topic-name"', '"--topic"', "required: --system-topic-name"),
    ],
    ids=["unknown", "missing"],
)
def test_a_wrong_flag_is_refused(tmp_path: Path, right: str, wrong: str, refusal: str) -> None:
    """Planted in the source, a wrong flag is found: so the parser really looks."""
    copy = copy_infra(tmp_path)
    source = copy / "watch" / "removal.py"
    text = source.read_text("utf-8")
    assert right in text
    source.write_text(text.replace(right, wrong), "utf-8")
    (said,) = set(_refusals(_record(tmp_path, copy, [("remove", "-s", A)])).values())
    assert refusal in said
