"""What is installed is pinned: every version, and every file by its hash."""

import re
from pathlib import Path

import pytest

from infra.package.lock import read_lock

ROOT = Path(__file__).parents[2]
LOCKS = sorted([*ROOT.glob("requirements*.txt"), *ROOT.glob("bench/requirements-*.txt")])
MAKEFILE = (ROOT / "Makefile").read_text()


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.stem)
def test_every_file_is_pinned(path: Path) -> None:
    """Whoever owns a registry's name tomorrow cannot put other code behind it."""
    pins = read_lock(path.read_text())
    assert len(pins) == len(re.findall(r"^[^\s#]", path.read_text(), re.MULTILINE)) > 0


def test_the_locks_are_renewed_together() -> None:
    """No lock is forgotten when the others are renewed, or it would keep what was mended."""
    assert {path.name for path in LOCKS} >= {"requirements.txt", "requirements-uv.txt"}
    recipe = MAKEFILE.partition("\nlock: ")[2].partition("\n\n")[0]
    names = re.findall(r"for name in (.*?);", recipe)[0].split()
    written = {
        name.replace("$$name", other)
        for name in re.findall(r"-o (\S+\.txt)", recipe)
        for other in names
    }
    assert written == {path.relative_to(ROOT).as_posix() for path in LOCKS}


@pytest.mark.parametrize("text", ["aiohttp\n", "aiohttp==3.14.5\n", "aiohttp>=3 \\\n"])
def test_what_is_not_pinned_is_refused(text: str) -> None:
    """A lock that lost a version or a hash makes no package."""
    with pytest.raises(ValueError, match=r"aiohttp.* is not pinned by version and hash"):
        read_lock(text)


def test_nothing_is_installed_without_hashes() -> None:
    """Each command that installs refuses a file whose hash is not in its lock."""
    bench = (ROOT / "bench" / "environments.py").read_text()
    content = (ROOT / "infra" / "package" / "content.py").read_text()
    installing = re.findall(r"pip (?:sync|install)(?:[^\n]*\\\n)*[^\n]*", MAKEFILE)
    assert len(installing) == 4
    assert [one for one in installing if "--require-hashes" not in one] == []
    assert '"--require-hashes"' in bench
    assert '"--require-hashes"' in content


def test_what_apt_installs_is_told_before() -> None:
    """Nobody's machine gets a package of the system without a line that says so first."""
    recipe = MAKEFILE.partition("\ndig:\n")[2].partition("\n\n")[0]
    said, _, done = recipe.partition("trying apt-get install bind9-dnsutils")
    assert "apt-get" not in said
    assert "apt-get install" in done
    assert MAKEFILE.count("apt-get install") == 2
