"""Microsoft's Bicep compiler, kept warm: one process answers many questions.

A call of `bicep` takes seconds, most of them to start; as a JSON-RPC server (messages
behind a Content-Length header, on standard input and output) it starts once.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class CompilerError(Exception):
    """The compiler refused; the message has its own words."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """What came of a file.

    Attributes:
        text: the JSON; empty if there is none.
        diagnostics: all that the compiler and its linter say, one line each.
    """

    text: str
    diagnostics: tuple[str, ...]


def find_compiler() -> str | None:
    """Where the compiler is; None if it is not on PATH."""
    return shutil.which("bicep")


class Compiler:
    """A running compiler; a context manager that ends it.

    Args:
        executable: where it is.
        environment: what parameter files may read; None for our own environment.
    """

    def __init__(self, executable: str, environment: Mapping[str, str] | None = None) -> None:
        # It would not start on a machine without ICU, and it ends too soon to gain from a profile
        # of itself; what it writes is the same.
        own = {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1", "DOTNET_TieredPGO": "0"}
        self._process = subprocess.Popen(  # noqa: S603 - found on PATH, with arguments of our own
            (executable, "jsonrpc", "--stdio"),
            env=own | dict(os.environ if environment is None else environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._calls = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate()  # it ends when its standard input does

    def ask_version(self) -> str:
        """The compiler's version."""
        return str(self._ask("version", {})["version"])

    def compile(self, path: Path) -> Compiled:
        """A template as JSON."""
        answer = self._ask("compile", {"path": str(path)})
        return Compiled(answer.get("contents") or "", _read_diagnostics(answer))

    def compile_parameters(self, path: Path) -> Compiled:
        """A parameter file as JSON."""
        answer = self._ask("compileParams", {"path": str(path), "parameterOverrides": {}})
        return Compiled(answer.get("parameters") or "", _read_diagnostics(answer))

    def take_snapshot(self, path: Path, metadata: Mapping[str, str]) -> str:
        """What a deployment of a parameter file would make, as JSON.

        Args:
            path: the parameter file.
            metadata: where it would be deployed.

        Raises:
            CompilerError: it cannot be foretold; a mistake that is no diagnostic is found so.
        """
        question = {"path": str(path), "metadata": dict(metadata), "externalInputs": []}
        return str(self._ask("getSnapshot", question)["snapshot"])

    def list_references(self, path: Path) -> list[Path]:
        """The file itself, and every file that it is made of, by name."""
        answer = self._ask("getFileReferences", {"path": str(path)})
        return sorted(Path(name) for name in answer["filePaths"])

    def format(self, path: Path) -> str:
        """The file's text as it should be laid out."""
        return str(self._ask("format", {"path": str(path)})["contents"])

    def _ask(self, method: str, parameters: Mapping[str, object]) -> dict[str, Any]:
        self._calls += 1
        question = {"jsonrpc": "2.0", "id": self._calls, "method": f"bicep/{method}"}
        body = json.dumps(question | {"params": parameters}).encode()
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise CompilerError("the compiler has no standard input or output")
        try:
            stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
            stdin.flush()
        except BrokenPipeError:
            raise CompilerError("the compiler has ended by itself") from None
        length = 0
        while header := stdout.readline().strip():
            name, _, value = header.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        if not length:
            raise CompilerError("the compiler has ended without an answer")
        answer = json.loads(stdout.read(length))
        if "error" in answer:
            raise CompilerError(answer["error"]["message"])
        result: dict[str, Any] = answer["result"]
        return result


def _read_diagnostics(answer: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(
        f"{Path(one['source']).name}({one['range']['start']['line'] + 1}): "
        f"{one['level']} {one['code']}: {one['message']}"
        for one in answer["diagnostics"]
    )
