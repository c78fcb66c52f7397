"""Calls az, and makes one sentence of what it says when it fails."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
from typing import Any

_LONGEST = 1800  # seconds; a deployment takes one or two minutes
_WIDEST = 300  # characters of a sentence

# What Azure is known to refuse at first, and why the same call succeeds a little later.
_REFUSED_AT_FIRST = {
    "destination endpoint not found": "Event Grid does not see the functions yet",
    "managed identity authorization error": "the topic's role has not spread yet",
    "resourcedeploymentfailure": "Event Grid could not finish yet",
    "reached terminal provisioning state 'failed'": "Event Grid could not finish yet",
    "deploymentactive": "an earlier deployment is still at work",
    "principalnotfound": "the new identity has not spread yet",
    "queried reference-property objects are not present": "the new identity has not spread yet",
    "roledefinitiondoesnotexist": "the new role has not spread yet",
    "missingsubscriptionregistration": "the resource provider is being registered",
    "toomanyrequests": "Azure asks for a pause",
}
_ABSENT = re.compile(
    r"\((\w*NotFound|ResourceGroupNotFound)\)|could not be found|was not found|does not exist|"
    r'"code": ?"\w*NotFound"',
    re.IGNORECASE,
)
_CODE_AND_MESSAGE = re.compile(r"\(([A-Z]\w+(?: \w+)*)\) (.+)")


class AzError(Exception):
    """az failed.

    Args:
        text: all that az said.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(_sentence(text))

    @property
    def is_absence(self) -> bool:
        """Whether what was asked for is not there."""
        return self.wait_reason is None and _ABSENT.search(self.text) is not None

    @property
    def wait_reason(self) -> str | None:
        """Why the same call may succeed a little later, or None if it will not."""
        text = self.text.lower()
        return next((why for words, why in _REFUSED_AT_FIRST.items() if words in text), None)


class InterruptedRunError(Exception):
    """The run was ended by a person or a pipeline."""


class Az:
    """Microsoft's command line, on this machine and with this person's sign-in.

    Args:
        is_dry: print what would change something, instead of calling it.
    """

    def __init__(self, *, is_dry: bool) -> None:
        self.is_dry = is_dry
        self.interrupted = threading.Event()
        self._program = shutil.which("az")
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()

    def read(self, *arguments: str) -> Any:
        """What az answers, from its JSON; in a dry run too, since nothing changes by it."""
        text = self._run((*arguments, "--output", "json"))
        try:
            return json.loads(text or "null")
        except ValueError:
            raise AzError(f"az {arguments[0]} did not answer in JSON: {text}") from None

    def change(self, *arguments: str) -> None:
        """Something changes in Azure; in a dry run the command line is printed, and that is all."""
        line = (*arguments, "--output", "none")
        if not self.is_dry:
            self._run(line)
            return
        with self._lock:
            print(shlex.join(("az", *line)), flush=True)

    def interrupt(self) -> None:
        """End what runs, start nothing more. Azure finishes a deployment that it has begun."""
        self.interrupted.set()
        with self._lock:
            running = list(self._running)
        for process in running:
            _end(process)

    def pause(self, seconds: float) -> None:
        """Wait, unless the run is interrupted."""
        if self.interrupted.wait(seconds):
            raise InterruptedRunError

    def _run(self, arguments: tuple[str, ...]) -> str:
        if self._program is None:
            raise AzError("az is not on the PATH: install the Azure CLI, then run `az login`")
        with self._lock:
            if self.interrupted.is_set():
                raise InterruptedRunError
            process = subprocess.Popen(  # noqa: S603 - az itself, with arguments that were checked
                (self._program, *arguments),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                env={**os.environ, "AZURE_CORE_ONLY_SHOW_ERRORS": "true"},
                start_new_session=True,  # Ctrl-C reaches az through interrupt() alone
            )
            self._running.add(process)
        try:
            out, error = process.communicate(timeout=_LONGEST)
        except subprocess.TimeoutExpired:
            raise AzError(f"az {arguments[0]} did not end within {_LONGEST // 60} min") from None
        finally:
            _end(process)
            with self._lock:
                self._running.discard(process)
        if self.interrupted.is_set():
            raise InterruptedRunError
        if process.returncode:
            raise AzError(error or f"az {arguments[0]} ended with {process.returncode}")
        return out


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is not None:
        return
    if sys.platform == "win32":
        process.terminate()
    else:
        # az is a script that starts Python: both are of the session that _run began.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)


def _sentence(text: str) -> str:
    """The innermost code and message of an error, whichever way az prints it."""
    said = text.partition("ERROR: ")[2] or text
    start = said.find("{")
    if start >= 0:
        try:
            found, _ = json.JSONDecoder().raw_decode(said[start:])
        except ValueError:
            pass
        else:
            return _line(_innermost(found))
    coded = _CODE_AND_MESSAGE.findall(said)
    return _line(": ".join(coded[-1]) if coded else said.strip().partition("\n")[0])


def _innermost(found: Any) -> str:
    """A deployment's error holds another's, as details or as JSON in the message."""
    error = found.get("error", found)
    details = error.get("details")
    if details:
        return _innermost(details[0])
    message = error.get("message", "")
    if message.startswith("{"):
        try:
            return _innermost(json.loads(message))
        except (ValueError, AttributeError):
            pass
    return f"{error.get('code', 'Error')}: {message}"


def _line(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _WIDEST else f"{words[: _WIDEST - 1]}…"
