"""What `requirements.txt` locks, as `uv pip compile` writes it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from packaging.requirements import Requirement

_NEXT = re.compile(r"\n(?=\S)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_PARENT = re.compile(r"# (?:via|  ) ?(\S+)")


@dataclass(frozen=True, slots=True)
class Pin:
    """One distribution of the lock.

    Attributes:
        name: its normalised name.
        version: the one version that may be installed.
        hashes: SHA-256 of each file that may be installed as it.
        parents: the names of what needs it, the project's own among them.
    """

    name: str
    version: str
    hashes: tuple[str, ...]
    parents: tuple[str, ...]


def read_lock(text: str) -> list[Pin]:
    """The pins of a lock, by name.

    Raises:
        ValueError: a line pins no version, or allows a file without a hash.
    """
    return sorted(_read_pins(text), key=lambda pin: pin.name)


def _read_pins(text: str) -> Iterator[Pin]:
    for block in _NEXT.split(text.strip()):
        line = block.partition("\\")[0].strip()
        requirement = Requirement(line)
        versions = [one.version for one in requirement.specifier if one.operator == "=="]
        hashes = tuple(_HASH.findall(block))
        if len(versions) != 1 or not hashes:
            raise ValueError(f"{line} is not pinned by version and hash")
        yield Pin(requirement.name, versions[0], hashes, tuple(_PARENT.findall(block)))
