"""The command line, as a process of its own, against the local Azure: day 0 from a laptop."""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.e2e.conftest import PUBLISHED, Stage, staged

pytestmark = pytest.mark.asyncio(loop_scope="module")

_REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass
class Ended:
    """How a command ended."""

    status: int | None
    out: str
    err: str


class Shell:
    """Runs `python -m shared` with the settings of a stage's app, as an operator would."""

    def __init__(self, stage: Stage) -> None:
        line = stage.operator.line
        self.stage = stage
        self.settings = {
            "ACR_PRIVATE_DNS_OWNER": "acr-private-dns",
            "ACR_PRIVATE_DNS_SUBSCRIPTIONS": ",".join(line["subscriptions"]),
            "ACR_PRIVATE_DNS_ZONES": json.dumps([{"id": line["zone"]}]),
            "ACR_PRIVATE_DNS_CLOUD": line["arm"],
        }
        self.signed_in = {
            "IDENTITY_ENDPOINT": line["identityEndpoint"],
            "IDENTITY_HEADER": line["operatorIdentityHeader"],
            "SSL_CERT_FILE": line["caFile"],
        }

    async def run(self, *arguments: str, **more: str) -> Ended:
        """Run a command to its end."""
        environment = {"PATH": os.environ["PATH"], **self.settings, **self.signed_in, **more}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "shared", *arguments),
            cwd=_REPOSITORY,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        return Ended(process.returncode, out.decode(), err.decode())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shell() -> AsyncIterator[Shell]:
    """A stage with a registry behind an endpoint, of which no event has told."""
    async with staged(deliver=False) as stage:
        await stage.hurry()
        await stage.publish()
        yield Shell(stage)


def report(ended: Ended) -> Any:
    """What the command printed, as JSON."""
    return json.loads(ended.out)


async def test_from_the_first_plan_to_in_step(shell: Shell) -> None:
    """Plan finds drift and writes nothing, reconcile removes it, and the next plan finds none."""
    operator = shell.stage.operator
    planned = await shell.run("plan", "--output", "json")
    assert planned.status == 2
    # Who asked for what, in one line, and nothing else.
    assert re.fullmatch(r"plan of everything: policy sync, dry run true, .+\n", planned.err)
    states = [one["state"] for one in report(planned)["zones"][0]["changes"]]
    assert states == ["planned"] * 3
    assert await operator.records() == {}
    refused = await shell.run("reconcile")
    assert (refused.status, refused.out) == (1, "")
    assert "nobody can be asked here" in refused.err
    assert await operator.records() == {}
    registry = operator.id_of("Microsoft.ContainerRegistry/registries", "myregistry")
    done = await shell.run("reconcile", "--yes", "--registry", registry, "--output", "json")
    assert (done.status, report(done)["inStep"]) == (0, True)
    assert await operator.records() == PUBLISHED
    again = await shell.run("plan", "--output", "markdown")
    assert again.status == 0
    assert "**In step (no changes; " in again.out


async def test_a_table_is_drawn_for_a_person(shell: Shell) -> None:
    """By default a table, which fits the terminal and says how the estate stands."""
    status = await shell.run("status", COLUMNS="100")
    assert (status.status, status.err) == (0, "")
    assert max(map(len, status.out.splitlines())) <= 100
    assert "of 25000 records" in status.out


async def test_the_way_out(shell: Shell) -> None:
    """Withdraw shows what goes, and after a word it goes, on the wire: the links, then records."""
    operator = shell.stage.operator
    assert (await shell.run("reconcile", "--yes")).status == 0
    shown = await shell.run("withdraw", "--output", "markdown")
    assert (shown.status, await operator.records()) == (2, PUBLISHED)
    assert "**Stop the app first: while it runs, it makes everything again.**" in shown.out
    assert "--yes" in shown.err
    withdrawn = await shell.run("withdraw", "--yes", "--output", "json")
    assert withdrawn.status == 0
    assert withdrawn.err.startswith("withdraw of everything: policy sync, dry run false, ")
    changes = report(withdrawn)["zones"][0]["changes"]
    assert [(one["kind"], one["action"], one["state"]) for one in changes] == [
        ("link", "delete", "done"),
        ("record", "delete", "done"),
        ("record", "delete", "done"),
    ]
    assert await operator.records() == {}
    again = await shell.run("withdraw", "--output", "json")
    assert (again.status, report(again)["zones"][0]["managed"]) == (0, 0)


async def test_who_is_not_signed_in_is_told(shell: Shell) -> None:
    """What Azure refuses is a failure, and not a zone that is in step."""
    ended = await shell.run("plan", "--output", "json", IDENTITY_HEADER="somebody")
    assert ended.status == 1
    assert "az login" in ended.err
    assert report(ended)["zones"][0]["errors"]
