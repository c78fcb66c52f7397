"""c7n_azure, Cloud Custodian's Azure support, in an environment of its own under `.bench/`."""

import subprocess
import venv
from pathlib import Path

PACKAGE = "c7n-azure"
_FOLDER = Path(__file__).resolve().parents[1] / ".bench" / "custodian"
_INSTALL_SECONDS = 600


class InstallError(Exception):
    """It cannot be installed; the message says why, in a line."""


def python() -> Path:
    """The interpreter that has it; installs it first, where that has not been done.

    Raises:
        InstallError: the installation failed.
    """
    interpreter = _FOLDER / "bin" / "python"
    ready = _FOLDER / "ready"
    if ready.exists():
        return interpreter
    try:
        venv.create(_FOLDER, clear=True, with_pip=True)
        _run(interpreter, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PACKAGE)
        # Once, so that no measured process compiles.
        _run(interpreter, "-c", "import c7n_azure.handler, c7n_azure.entry")
    except (OSError, subprocess.SubprocessError) as error:
        raise InstallError(_in_a_line(error)) from error
    ready.touch()
    return interpreter


def _run(*command: str | Path) -> None:
    subprocess.run(  # noqa: S603 - the bench's own command
        command, check=True, capture_output=True, text=True, timeout=_INSTALL_SECONDS
    )


def _in_a_line(error: OSError | subprocess.SubprocessError) -> str:
    words = getattr(error, "stderr", None) or str(error)
    return str(words).strip().splitlines()[-1]
