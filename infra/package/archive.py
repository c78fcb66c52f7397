"""A zip that depends on its content alone."""

import io
import stat
from collections.abc import Mapping
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

# The earliest that a zip can say.
_TIME = (1980, 1, 1, 0, 0, 0)
_MODE = stat.S_IFREG | 0o644
_UNIX = 3


def pack(files: Mapping[str, bytes]) -> bytes:
    """A zip of files: sorted by name, all of one time and mode.

    The same zlib makes the same bytes of the same files, on any machine and day.

    Args:
        files: their contents, by name.
    """
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name, content in sorted(files.items()):
            archive.writestr(_describe(name), content, ZIP_DEFLATED, compresslevel=9)
    return buffer.getvalue()


def _describe(name: str) -> ZipInfo:
    entry = ZipInfo(name, _TIME)
    entry.create_system = _UNIX
    entry.external_attr = _MODE << 16
    return entry
