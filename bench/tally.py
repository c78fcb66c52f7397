"""Calls to Azure, told apart by provider and kind."""

from collections import Counter
from collections.abc import Iterable

from simulator.arm.server import Call

ZONE = "zone"
NETWORK = "network"
REGISTRY = "registry"
READS = ("GET", "LIST")
WRITES = ("PUT", "DELETE")
POLL = "poll"

type Tally = Counter[tuple[str, str]]


def tally(calls: Iterable[Call]) -> Tally:
    """How many calls of each provider and kind; a page of a list counts as one."""
    return Counter((_provider(call.path), _kind(call)) for call in calls)


def _provider(path: str) -> str:
    lowered = path.lower()
    if "microsoft.containerregistry" in lowered:
        return REGISTRY
    return ZONE if "privatedns" in lowered.partition("/privateendpoints/")[0] else NETWORK


def _kind(call: Call) -> str:
    """The method; for a GET, whether it reads one resource, a page, or how an operation stands."""
    if call.method != "GET":
        return call.method
    if "operation" in call.path.lower():
        return POLL
    types_and_names = call.path.partition("/providers/")[2].split("/")[1:]
    return "LIST" if len(types_and_names) % 2 else "GET"
