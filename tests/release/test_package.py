"""What goes into the package, how it is packed, and what its bill of materials says."""

import hashlib
import importlib.resources
import io
import json
import re
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import jsonschema_rs
import pathspec
import pytest

from infra.package.archive import pack
from infra.package.bill import write_bill
from infra.package.content import gather, list_app_files
from infra.package.lock import read_lock

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.txt").read_text()
PIN = re.compile(r"^([\w.-]+)==(\S+)(.*?)(?=^\S|\Z)", re.MULTILINE | re.DOTALL)
DIGEST = "ab" * 32


@pytest.fixture(scope="module")
def bill() -> dict[str, Any]:
    """The bill of a package with that hash."""
    document: dict[str, Any] = json.loads(write_bill(read_lock(LOCK), "1.2.3", DIGEST))
    return document


def list_parts() -> set[tuple[str, str, frozenset[str]]]:
    """Name, version and hashes of everything in the lock, read by other means."""
    return {
        (name, version, frozenset(re.findall(r"sha256:(\w{64})", rest)))
        for name, version, rest in PIN.findall(LOCK)
    }


def test_the_app_is_what_is_published_without_a_package_too() -> None:
    """What the app imports, and what `.funcignore` leaves, are the same files."""
    command = ("git", "ls-files", "-z")
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    ignored = pathspec.GitIgnoreSpec.from_lines((ROOT / ".funcignore").read_text().splitlines())
    published = {name for name in listed.split("\0") if name and not ignored.match_file(name)}
    assert set(list_app_files(ROOT)) == published


def test_what_git_ignores_is_not_published() -> None:
    """Caches, environments and local settings stay at home, but for wheels that func installs."""
    ignored = pathspec.GitIgnoreSpec.from_lines((ROOT / ".funcignore").read_text().splitlines())
    names = [line.lstrip("/") for line in (ROOT / ".gitignore").read_text().splitlines()]
    assert [name for name in names if not ignored.match_file(name)] == [".python_packages/"]


def test_the_app_cannot_withdraw() -> None:
    """No request, event or stolen key reaches what only an operator's command line may do."""
    files = list_app_files(ROOT)
    assert "shared/engine/apply.py" in files
    assert [name for name in files if "withdraw" in name or "/cli/" in name] == []
    assert "shared/__main__.py" not in files


def test_the_machine_leaves_no_trace(tmp_path: Path) -> None:
    """Scripts, their record, locks and caches differ from machine to machine, and stay out."""
    for name in (
        "some/module.py",
        "some/__pycache__/module.cpython-313.pyc",
        "some/old.pyc",
        "some-1.dist-info/METADATA",
        "some-1.dist-info/RECORD",
        "bin/some",
        ".lock",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    names = {name for name in gather(ROOT, tmp_path) if name.startswith(".python_packages/")}
    folder = ".python_packages/lib/site-packages"
    assert names == {f"{folder}/some/module.py", f"{folder}/some-1.dist-info/METADATA"}


def test_a_zip_depends_on_its_content_alone() -> None:
    """Order, time, mode and system are the same, so that anybody can build the same bytes."""
    files = {"b/x.py": b"x", "a.py": b"a" * 1000, "b.json": b""}
    package = pack(files)
    assert package == pack(dict(reversed(files.items())))
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        entries = archive.infolist()
        assert {name: archive.read(name) for name in archive.namelist()} == files
    assert [entry.filename for entry in entries] == ["a.py", "b.json", "b/x.py"]
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {(entry.create_system, entry.external_attr) for entry in entries} == {
        (3, 0o100644 << 16)
    }
    assert {entry.compress_type for entry in entries} == {zipfile.ZIP_DEFLATED}


def test_the_bill_is_the_lock(bill: dict[str, Any]) -> None:
    """Every part of the package is on its bill, as it is locked, and nothing else is."""
    listed = [
        (one["name"], one["version"], frozenset(hash_["content"] for hash_ in one["hashes"]))
        for one in bill["components"]
    ]
    assert len(listed) == len(list_parts()) > 20
    assert set(listed) == list_parts()
    for one in bill["components"]:
        assert one["purl"] == f"pkg:pypi/{one['name']}@{one['version']}"
        assert {hash_["alg"] for hash_ in one["hashes"]} == {"SHA-256"}


def test_the_bill_says_what_it_is_of(bill: dict[str, Any]) -> None:
    """It names the app, its version and the package's own hash, and who needs whom."""
    app = bill["metadata"]["component"]
    assert (app["name"], app["version"], app["type"]) == ("acr-private-dns", "1.2.3", "application")
    assert app["hashes"] == [{"alg": "SHA-256", "content": DIGEST}]
    needs = {one["ref"]: one.get("dependsOn", []) for one in bill["dependencies"]}
    reached, todo = set(), [app["bom-ref"]]
    while todo:
        ref = todo.pop()
        reached.add(ref)
        todo += [need for need in needs[ref] if need not in reached]
    assert reached == {app["bom-ref"], *(one["bom-ref"] for one in bill["components"])}
    aiohttp = next(ref for ref in needs if ref.startswith("pkg:pypi/aiohttp@"))
    assert aiohttp in needs[app["bom-ref"]]
    assert any(ref.startswith("pkg:pypi/yarl@") for ref in needs[aiohttp])


def test_the_bill_is_cyclonedx(bill: dict[str, Any]) -> None:
    """Whoever reads bills of materials by CycloneDX's own schema can read this one."""
    folder = importlib.resources.files("cyclonedx.schema") / "_res"
    files = [f"{name}.SNAPSHOT.schema.json" for name in ("bom-1.6", "jsf-0.82", "spdx")]
    schemas = [json.loads((folder / name).read_text()) for name in files]
    # The first refers to the others by the names of their files.
    addresses = [f"http://cyclonedx.org/schema/{name}" for name in files]
    registry = jsonschema_rs.Registry(zip(addresses, schemas, strict=True))
    validator = jsonschema_rs.validator_for(schemas[0], registry=registry)
    assert bill["specVersion"] == "1.6"
    assert [error.message for error in validator.iter_errors(bill)] == []
    assert not validator.is_valid(bill | {"components": [{"name": "without a type"}]})


def test_the_bill_is_the_same_each_time() -> None:
    """No day and no chance is in it, so it can be compared as the package can."""
    pins = read_lock(LOCK)
    assert write_bill(pins, "1.2.3", DIGEST) == write_bill(reversed(pins), "1.2.3", DIGEST)
    other = hashlib.sha256(b"other").hexdigest()
    assert json.loads(write_bill(pins, "1.2.3", other))["serialNumber"].startswith("urn:uuid:")
    assert write_bill(pins, "1.2.3", other) != write_bill(pins, "1.2.3", DIGEST)
