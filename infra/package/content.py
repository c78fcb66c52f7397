"""What is in the package: what `function_app.py` imports, and the wheels of the lock."""

import subprocess
import sys
from modulefinder import ModuleFinder
from pathlib import Path

UV = Path(__file__).resolve().parents[2] / ".tools" / "bin" / "uv"
SITE_PACKAGES = ".python_packages/lib/site-packages"
"""Where the host looks for wheels in an app that is not built where it runs.

https://learn.microsoft.com/azure/azure-functions/python-build-options
"""

_ENTRY = "function_app.py"
_OTHERS = ("LICENSE", "host.json", "requirements.txt")
_PYTHON = "3.13"
# glibc 2.28 of 2018: older than that of any system which has Python 3.13 as a function app.
_PLATFORM = "x86_64-manylinux_2_28"
_INSTALL_SECONDS = 600
# They tell of the machine that installed: its paths, its Python. The host needs none of them.
_TRACES = frozenset({".lock", "bin", "RECORD"})


class PackageError(Exception):
    """There can be no package; the message says why."""


def list_app_files(root: Path) -> list[str]:
    """The app's own files, by name; so the command line, which it never imports, is not there.

    Args:
        root: the repository.
    """
    finder = ModuleFinder(path=[str(root)])
    finder.run_script(str(root / _ENTRY))
    paths = [Path(path) for one in finder.modules.values() if (path := vars(one)["__file__"])]
    return sorted([*_OTHERS, *(path.relative_to(root).as_posix() for path in paths)])


def install_wheels(lock: Path, folder: Path) -> None:
    """Install what a lock names, for the machines that run function apps.

    Args:
        lock: requirements with hashes; a file without one of them is refused.
        folder: where to.

    Raises:
        PackageError: uv refused, in its own words.
    """
    done = subprocess.run(  # noqa: S603 - make's own uv, with arguments of our own
        (
            *(UV, "pip", "install", "--quiet", "--target", folder, "--python", sys.executable),
            *("--python-version", _PYTHON, "--python-platform", _PLATFORM),
            *("--only-binary", ":all:", "--require-hashes", "--requirements", lock),
        ),
        check=False,
        capture_output=True,
        text=True,
        timeout=_INSTALL_SECONDS,
    )
    if done.returncode:
        raise PackageError(f"the wheels cannot be installed: {done.stderr.strip()}")


def gather(root: Path, wheels: Path) -> dict[str, bytes]:
    """The content of every file in the package, by its name there.

    Args:
        root: the repository.
        wheels: where the wheels are installed.
    """
    return {name: (root / name).read_bytes() for name in list_app_files(root)} | {
        f"{SITE_PACKAGES}/{path.relative_to(wheels).as_posix()}": path.read_bytes()
        for path in wheels.rglob("*")
        if path.is_file() and not _is_trace(path.relative_to(wheels))
    }


def _is_trace(path: Path) -> bool:
    """Whether a file is there for the machine that installed, or for a Python that ran."""
    is_cache = "__pycache__" in path.parts or path.suffix == ".pyc"
    return is_cache or path.parts[0] in _TRACES or path.name in _TRACES
