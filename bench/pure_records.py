"""The records that the planners are compared on: what there should be, and what lacks.

Knows nothing but the standard library, since it also runs in octoDNS's environment.
"""

from collections.abc import Iterator

REGIONS = ("westeurope", "northeurope", "eastus", "southeastasia")
NAMES_OF_A_REGISTRY = 1 + len(REGIONS)


def registry_names(number: int) -> list[str]:
    """The names of a registry: its login server's, and one data endpoint a region."""
    name = f"registry{number:05}"
    return [name, *(f"{name}.{region}.data" for region in REGIONS)]


def addresses(number: int) -> list[str]:
    """Their addresses, in the same order."""
    base = 4 + number * NAMES_OF_A_REGISTRY
    ten = 10 << 24
    return [
        ".".join(str(byte) for byte in (ten + base + part).to_bytes(4))
        for part in range(NAMES_OF_A_REGISTRY)
    ]


def wanted(registries: int) -> Iterator[tuple[str, str]]:
    """Each name that there should be, with its address."""
    for number in range(registries):
        yield from zip(registry_names(number), addresses(number), strict=True)


def lacking(registries: int, changes: int) -> frozenset[str]:
    """The names that the zone lacks: the last of so many registries, spread over all of them."""
    step = max(registries // changes, 1)
    return frozenset(registry_names(number * step)[-1] for number in range(changes))
