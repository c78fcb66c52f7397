"""Planted bugs: small mutations of the product, each a patch that says what must catch it.

A patch says what must catch it. It begins with comment lines: first what the bug is and which
invariant it breaks, then `# Caught by:` with test files or node IDs, one or more a line.
"""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_CAUGHT_BY = "# Caught by:"


@dataclass(frozen=True, slots=True)
class Bug:
    """One mutation.

    Attributes:
        patch: the file with its unified diff.
        words: what the bug is, and which invariant it breaks.
        tests: test files and node IDs of which one must fail because of it.
    """

    patch: Path
    words: str
    tests: tuple[str, ...]

    @property
    def name(self) -> str:
        """What the bug is called."""
        return self.patch.stem


class StalePatchError(Exception):
    """A patch does not apply any more; the message has git's reason."""


def bugs() -> list[Bug]:
    """Every planted bug, by name."""
    return [_bug(patch) for patch in sorted(Path(__file__).parent.glob("*.patch"))]


def _bug(patch: Path) -> Bug:
    comments = [line for line in patch.read_text().splitlines() if line.startswith("#")]
    words = " ".join(line[2:] for line in comments if not line.startswith(_CAUGHT_BY))
    caught_by = (line for line in comments if line.startswith(_CAUGHT_BY))
    tests = (test for line in caught_by for test in line.removeprefix(_CAUGHT_BY).split())
    return Bug(patch, words, tuple(tests))


def copy_tree(target: Path) -> None:
    """Copy what git knows of the working tree, as it stands now."""
    for name in _git("ls-files", "-z", cwd=ROOT).split("\0"):
        source = ROOT / name
        if name and source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target / name)


def plant(bug: Bug, tree: Path) -> None:
    """Apply the bug's patch to a tree.

    Raises:
        StalePatchError: it does not apply there.
    """
    _git("apply", str(bug.patch), cwd=tree)


def check(bug: Bug) -> None:
    """Make sure that the bug's patch applies to the working tree, and change nothing.

    Raises:
        StalePatchError: it does not apply there.
    """
    _git("apply", "--check", str(bug.patch), cwd=ROOT)


def _git(*arguments: str, cwd: Path) -> str:
    done = subprocess.run(("git", *arguments), cwd=cwd, check=False, capture_output=True, text=True)
    if done.returncode:
        raise StalePatchError(" ".join(done.stderr.split()))
    return done.stdout
