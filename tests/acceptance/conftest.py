"""A local Azure, and the acceptance run as a process beside it, as somebody would call it."""

import asyncio
import contextlib
import os
import re
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.conftest import Stage, staged

_REPOSITORY = Path(__file__).resolve().parents[2]
_ROW = re.compile(r"^(\S+) +(pass|FAIL|not checkable here|by hand) +(.*)$", re.MULTILINE)
GROUP = "rg-acr-private-dns-acceptance"


@dataclass(frozen=True)
class Ended:
    """How a run ended.

    Attributes:
        status: exit status.
        out: what it printed.
        err: its steps.
    """

    status: int | None
    out: str
    err: str

    @property
    def rows(self) -> dict[str, tuple[str, str]]:
        """The table: result and what was seen, by the check's name."""
        return {name: (result, seen) for name, result, seen in _ROW.findall(self.out)}

    def names(self, result: str) -> set[str]:
        """The checks of one result."""
        return {name for name, (word, _) in self.rows.items() if word == result}


class Runner:
    """Calls `python -m infra.acceptance.run` as the operator of a stage's local Azure."""

    def __init__(self, stage: Stage) -> None:
        line = stage.operator.line
        self.stage = stage
        self._environment = {
            "PATH": os.environ["PATH"],
            "AZURE_SUBSCRIPTION_ID": line["subscriptions"][0],
            "ACR_PRIVATE_DNS_CLOUD": line["arm"],
            "ACR_PRIVATE_DNS_APP_KEY": line["functionsDefaultKey"],
            "IDENTITY_ENDPOINT": line["identityEndpoint"],
            "IDENTITY_HEADER": line["operatorIdentityHeader"],
            "SSL_CERT_FILE": line["caFile"],
            "REQUESTS_CA_BUNDLE": line["caFile"],
        }

    async def start(self, *words: str, **more: str) -> asyncio.subprocess.Process:
        """Begin a run; whoever begins it ends it."""
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "infra.acceptance.run", "--pause", "0.1", *words),
            cwd=_REPOSITORY,
            env=self._environment | more,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def run(self, *words: str, **more: str) -> Ended:
        """A run, to its end."""
        return await self.end(await self.start(*words, **more))

    @staticmethod
    async def end(process: asyncio.subprocess.Process, err: str = "") -> Ended:
        """Wait for a run's end.

        Args:
            process: the run.
            err: what was read of its steps before.
        """
        out, rest = await process.communicate()
        return Ended(process.returncode, out.decode(), err + rest.decode())

    @staticmethod
    async def until(process: asyncio.subprocess.Process, step: str) -> str:
        """Wait until a run tells a step; gives all that it told."""
        told = ""
        assert process.stderr
        while step not in told:
            line = await process.stderr.readline()
            assert line, told
            told += line.decode()
        return told

    def ids(self) -> set[str]:
        """Everything that stands in the local Azure."""
        return {resource.id.lower() for resource in self.stage.azure.world.everything()}

    def writes(self) -> list[str]:
        """What anybody wrote, or wanted to."""
        return [c.path for c in self.stage.azure.arm.calls if c.method in {"PUT", "DELETE"}]


@contextlib.asynccontextmanager
async def running(*, deliver: bool) -> AsyncIterator[Runner]:
    """A swift local Azure; `deliver` says whether events reach the app in it."""
    async with staged(deliver=deliver) as stage:
        await stage.hurry()
        yield Runner(stage)


@pytest.fixture
async def runner() -> AsyncIterator[Runner]:
    """Nobody but the run's own engine keeps records."""
    async with running(deliver=False) as runner:
        yield runner


@pytest.fixture
async def app_runner() -> AsyncIterator[Runner]:
    """The app that is deployed in the local Azure hears of everything."""
    async with running(deliver=True) as runner:
        yield runner
