"""`python -m infra.package`, which is `make package`: builds the package twice, into `dist/`."""

import hashlib
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path

from infra.package.archive import pack
from infra.package.bill import write_bill
from infra.package.content import PackageError, gather, install_wheels
from infra.package.lock import read_lock

ROOT = Path(__file__).resolve().parents[2]
DIST = ROOT / "dist"
_LOCK = ROOT / "requirements.txt"
_NAME = "acr-private-dns"


def main() -> int:
    """Write the package, its bill and both hashes; 0 if two builds are the same, byte for byte."""
    try:
        package, again = _build(), _build()
    except PackageError as error:
        return _fail(str(error))
    if package != again:
        return _fail("two builds of the package differ: something in it tells of the machine")
    digest = hashlib.sha256(package).hexdigest()
    pins = read_lock(_LOCK.read_text())
    bill = write_bill(pins, _read_version(), digest).encode()
    _write({f"{_NAME}.zip": package, f"{_NAME}.cdx.json": bill})
    _say(f"{digest}  dist/{_NAME}.zip")
    _say(f"{len(package):,} bytes, {_count_files()} files, {len(pins)} components; built twice")
    return 0


def _build() -> bytes:
    with tempfile.TemporaryDirectory(prefix="package-") as folder:
        install_wheels(_LOCK, Path(folder))
        return pack(gather(ROOT, Path(folder)))


def _read_version() -> str:
    with (ROOT / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def _write(files: dict[str, bytes]) -> None:
    """Write files and their hashes, as `sha256sum --check` reads them."""
    DIST.mkdir(exist_ok=True)
    for name, content in files.items():
        (DIST / name).write_bytes(content)
    sums = [f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in files.items()]
    (DIST / "SHA256SUMS").write_text("".join(sums))


def _count_files() -> int:
    with zipfile.ZipFile(DIST / f"{_NAME}.zip") as archive:
        return len(archive.infolist())


def _say(line: str) -> None:
    print(line)  # noqa: T201 - for the person who called it


def _fail(message: str) -> int:
    print(message, file=sys.stderr)  # noqa: T201 - as above
    return 1


if __name__ == "__main__":
    sys.exit(main())
