"""The package that `make package` has just built: what is in it, and whether it runs.

It runs in Microsoft's worker, on an interpreter that has nothing installed: what is not in the
package is not there.
"""

import hashlib
import io
import json
import os
import re
import shutil
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from infra.package.content import SITE_PACKAGES
from tests.e2e.conftest import PUBLISHED, Stage, staged

ROOT = Path(__file__).parents[2]
DIST = ROOT / "dist"
PACKAGE = DIST / "acr-private-dns.zip"
X86_64 = 62
OLDEST_GLIBC = (2, 28)
# Azure's SDK, its transport, Microsoft's runtime, and the app's own loop.
USED = (
    f"{SITE_PACKAGES}/aiohttp",
    f"{SITE_PACKAGES}/azure/functions",
    f"{SITE_PACKAGES}/azure/identity",
    f"{SITE_PACKAGES}/azure/mgmt/network",
    f"{SITE_PACKAGES}/azure_functions_runtime",
    "shared/engine",
)


@pytest.fixture(scope="module")
def contents() -> dict[str, bytes]:
    """Every file in the package, by its name."""
    with zipfile.ZipFile(PACKAGE) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """The package, unpacked as the host unpacks it."""
    with zipfile.ZipFile(PACKAGE) as archive:
        archive.extractall(tmp_path / "wwwroot")
    return tmp_path / "wwwroot"


@pytest.fixture
def bare(app: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Settings of a worker that finds the package, the host's half of the worker, and no more."""
    shutil.copytree(ROOT / "simulator", tmp_path / "host" / "simulator")
    monkeypatch.setattr(sys, "executable", str(Path(sys.base_prefix) / "bin" / "python3.13"))
    path = os.pathsep.join((str(app / SITE_PACKAGES), str(tmp_path / "host")))
    # Python leaves a cache beside each module that it imports, which tells where it found them.
    return {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "", "PYTHONNOUSERSITE": "1"}


async def has_published(stage: Stage) -> bool:
    """Whether the zone has the story's records."""
    return await stage.operator.records() == PUBLISHED


def list_libraries(process: int | None) -> set[str]:
    """The compiled parts of distributions that a process has loaded."""
    maps = Path(f"/proc/{process}/maps").read_text().splitlines()
    return {line.split()[-1] for line in maps if "site-packages" in line}


@pytest.mark.timeout(300)
async def test_the_package_runs(app: Path, bare: dict[str, str]) -> None:
    """An event makes records, and every module that did it came out of the package."""
    async with staged(app_directory=app, settings=bare) as stage:
        await stage.publish()
        await stage.until(lambda: has_published(stage), 120)
        libraries = list_libraries(stage.azure.functions.worker_pid)
    assert libraries
    assert [path for path in libraries if not path.startswith(str(app))] == []
    assert [name for name in USED if not any((app / name / "__pycache__").glob("*.pyc"))] == []


def test_the_package_holds_what_is_locked(contents: dict[str, bytes]) -> None:
    """The wheels in it, the bill beside it and the lock name the same parts and versions."""
    installed = set()
    for name, content in contents.items():
        if name.endswith(".dist-info/METADATA"):
            headers = Parser().parsestr(content.decode(), headersonly=True)
            installed.add((re.sub(r"[-_.]+", "-", headers["Name"]).lower(), headers["Version"]))
    bill = json.loads((DIST / "acr-private-dns.cdx.json").read_text())
    listed = {(one["name"], one["version"]) for one in bill["components"]}
    locked = re.findall(r"^([\w.-]+)==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert installed == listed == set(locked)
    digest = hashlib.sha256(PACKAGE.read_bytes()).hexdigest()
    assert bill["metadata"]["component"]["hashes"] == [{"alg": "SHA-256", "content": digest}]


def test_the_hashes_are_those_of_the_files() -> None:
    """Whoever checks a download by `sha256sum --check` is told the truth."""
    lines = (DIST / "SHA256SUMS").read_text().splitlines()
    for line in lines:
        digest, name = line.split("  ")
        assert hashlib.sha256((DIST / name).read_bytes()).hexdigest() == digest
    assert {line.split("  ")[1] for line in lines} | {"SHA256SUMS"} == {
        path.name for path in DIST.iterdir()
    }


def test_the_package_tells_nothing_of_the_machine(contents: dict[str, bytes]) -> None:
    """Neither a path of the machine that built it nor what Python left there is in it."""
    with zipfile.ZipFile(PACKAGE) as archive:
        entries = archive.infolist()
    assert {(entry.date_time, entry.external_attr) for entry in entries} == {
        ((1980, 1, 1, 0, 0, 0), 0o100644 << 16)
    }
    assert [entry.filename for entry in entries] == sorted(contents)
    assert [name for name in contents if "__pycache__" in name or name.endswith("/RECORD")] == []
    places = [str(ROOT).encode(), sys.prefix.encode()]
    assert [name for name, text in contents.items() if any(one in text for one in places)] == []


def test_the_libraries_fit_where_the_app_runs(contents: dict[str, bytes]) -> None:
    """Compiled code is for Linux on x86-64, for this Python, and for the C library of 2018."""
    libraries = {name: text for name, text in contents.items() if name.endswith(".so")}
    assert len(libraries) > 5
    for name, text in libraries.items():
        file = io.BytesIO(text)
        assert file.read(4) == b"\x7fELF", name
        assert int.from_bytes(text[18:20], "little") == X86_64, name
        assert re.search(r"\.(cpython-313-x86_64-linux-gnu|abi3)\.so$", name)
        versions = re.findall(rb"GLIBC_(\d+)\.(\d+)", text)
        assert max((int(major), int(minor)) for major, minor in versions) <= OLDEST_GLIBC, name
