"""Packages that only the bench measures, each in an environment of its own under `.bench/`."""

import subprocess
import venv
from pathlib import Path

_FOLDER = Path(__file__).resolve().parents[1] / ".bench"
_INSTALL_SECONDS = 600


class InstallError(Exception):
    """It cannot be installed; the message says why, in a line."""


def python_with(package: str, warm: str) -> str:
    """The interpreter that has a package; installs it first, where that has not been done.

    Args:
        package: its name, which also names the environment, and the lock beside this file.
        warm: code to run once, so that no measured process compiles.

    Raises:
        InstallError: the installation failed.
    """
    folder = _FOLDER / package
    interpreter, ready = folder / "bin" / "python", folder / "ready"
    lock = Path(__file__).with_name(f"requirements-{package}.txt")
    if not ready.exists() or ready.read_text() != lock.read_text():
        try:
            venv.create(folder, clear=True, with_pip=True)
            pip = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
            safely = ("--require-hashes", "--only-binary", ":all:")
            _run(interpreter, *pip, *safely, "--requirement", lock)
            _run(interpreter, "-c", warm)
        except (OSError, subprocess.SubprocessError) as error:
            raise InstallError(_in_a_line(error)) from error
        ready.write_text(lock.read_text())
    return str(interpreter)


def _run(*command: str | Path) -> None:
    subprocess.run(  # noqa: S603 - the bench's own command
        command, check=True, capture_output=True, text=True, timeout=_INSTALL_SECONDS
    )


def _in_a_line(error: OSError | subprocess.SubprocessError) -> str:
    words = getattr(error, "stderr", None) or str(error)
    return str(words).strip().splitlines()[-1]
