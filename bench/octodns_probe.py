"""`python bench/octodns_probe.py REGISTRIES CHANGES`: octoDNS's plan of the same records, as JSON.

Runs in octoDNS's own environment. A source holds what there should be, a provider what
there is; both are in memory, so that nothing but octoDNS's own work is measured.
"""

import gc
import json
import logging
import sys
import time
from typing import Any

import pure_records
from octodns.provider.base import BaseProvider
from octodns.record import Record
from octodns.zone import Zone

_ROUNDS = 3
_ZONE = "privatelink.azurecr.io."


class _InMemory(BaseProvider):  # type: ignore[misc] # octoDNS is not in the bench's environment
    """A provider of A records out of a dictionary."""

    SUPPORTS = {"A"}  # noqa: RUF012 - octoDNS's own form
    SUPPORTS_GEO = False
    SUPPORTS_DYNAMIC = False
    SUPPORTS_ROOT_NS = False
    log = logging.getLogger("memory")

    def __init__(self, records: dict[str, str]) -> None:
        super().__init__("memory")
        self._records = records

    def populate(
        self,
        zone: Any,  # noqa: ANN401 - octoDNS is untyped
        target: bool = False,  # noqa: FBT001, FBT002, ARG002 - octoDNS's own form
        lenient: bool = False,  # noqa: FBT001, FBT002, ARG002
    ) -> bool:
        """Fill the zone with record objects, as every provider does."""
        for name, address in self._records.items():
            data = {"type": "A", "ttl": 10, "values": [address]}
            record = Record.new(zone, name, data, source=self, lenient=True)
            zone.add_record(record, lenient=True)
        return True


def main() -> None:
    """Plan a few times, and print the processor seconds of each step and the changes found."""
    registries, changes = map(int, sys.argv[1:])
    source = _InMemory(dict(pure_records.wanted(registries)))
    absent = pure_records.lacking(registries, changes)
    there = {n: a for n, a in pure_records.wanted(registries) if n not in absent}
    target = _InMemory(there)
    desired, plan, compare, found = [], [], [], 0
    for _ in range(_ROUNDS):
        gc.collect()
        began = time.process_time()
        zone = Zone(_ZONE, [])
        source.populate(zone, lenient=True)
        populated = time.process_time()
        found = len(target.plan(zone).changes)
        planned = time.process_time()
        existing = Zone(_ZONE, [])
        target.populate(existing, target=True, lenient=True)
        loaded = time.process_time()
        existing.changes(zone, target)
        desired.append(populated - began)
        plan.append(planned - populated)
        compare.append(time.process_time() - loaded)
    cost = {"desired": min(desired), "plan": min(plan), "compare": min(compare), "changes": found}
    print(json.dumps(cost))  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
