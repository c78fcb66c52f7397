"""The bill of materials: what is in the package, as CycloneDX 1.6."""

import uuid
import zlib
from collections.abc import Iterable

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from infra.package.lock import Pin

_NAME = "acr-private-dns"


def write_bill(pins: Iterable[Pin], version: str, digest: str) -> str:
    """The bill of a package, as JSON; the same for the same arguments.

    A component has the hash of each file that the lock allows for it: the wheel in the
    package is one of them, since no other is installed.

    Args:
        pins: what is locked.
        version: the app's.
        digest: SHA-256 of the package.
    """
    app = Component(
        name=_NAME,
        version=version,
        type=ComponentType.APPLICATION,
        bom_ref=_NAME,
        hashes=[_hash(digest)],
        properties=[Property(name=f"{_NAME}:zlib", value=zlib.ZLIB_RUNTIME_VERSION)],
    )
    parts = {pin: _describe(pin) for pin in pins}
    bill = Bom(
        components=parts.values(), serial_number=uuid.uuid5(uuid.NAMESPACE_URL, f"sha256:{digest}")
    )
    bill.metadata.component = app
    _tell_needs(bill, {_NAME: app} | {pin.name: part for pin, part in parts.items()}, parts)
    # The day of the build is no part of what was built; CycloneDX does not ask for it.
    bill.metadata.timestamp = None  # type: ignore[assignment]
    return JsonV1Dot6(bill).output_as_string(indent=2) + "\n"


def _tell_needs(bill: Bom, known: dict[str, Component], pins: Iterable[Pin]) -> None:
    """Note who needs whom."""
    for name, component in known.items():
        needed = [known[pin.name] for pin in pins if name in pin.parents]
        bill.register_dependency(component, needed)


def _describe(pin: Pin) -> Component:
    url = PackageURL("pypi", name=pin.name, version=pin.version)
    return Component(
        name=pin.name,
        version=pin.version,
        type=ComponentType.LIBRARY,
        purl=url,
        bom_ref=url.to_string(),
        hashes=[_hash(one) for one in pin.hashes],
    )


def _hash(digest: str) -> HashType:
    return HashType(alg=HashAlgorithm.SHA_256, content=digest)
