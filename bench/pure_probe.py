"""`python bench/pure_probe.py REGISTRIES CHANGES`: our desired and plan; prints seconds as JSON.

From the estate and the zone as they were read to the changes that are due: what a
full sync computes between its reads and its writes.
"""

import gc
import json
import sys
import time

from bench import pure_records
from shared.domain.ownership import (
    OWNER_KEY,
    Adopt,
    Claim,
    Ownership,
    encode_ownership,
    link_name,
    network_hash,
)
from shared.domain.reading import Found
from shared.domain.resource_id import ENDPOINT, INTERFACE, NETWORK, REGISTRY, ZONE, ResourceId
from shared.domain.resources import (
    SUCCEEDED,
    Endpoint,
    Interface,
    Member,
    Registry,
    Replica,
    Status,
)
from shared.domain.zone import Link, RecordSet, Zone
from shared.engine.context import make_context
from shared.engine.drift import find_drift
from shared.engine.snapshot import Snapshot, ZoneSnapshot
from shared.engine.target import ZoneListing

_SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
_ROUNDS = 3


def _id(kind: str, name: str) -> ResourceId:
    return ResourceId(_SUBSCRIPTION, "rg", kind, (name,))


_KEPT = Zone(_id(ZONE, "privatelink.azurecr.io"), "azurecr.io", "bench")


def _estate(registries: int, changes: int) -> Snapshot:
    endpoints, interfaces, found = {}, {}, {}
    records: dict[str, RecordSet] = {}
    absent = pure_records.lacking(registries, changes)
    links: dict[ResourceId, Link] = {}
    for number in range(registries):
        names, addresses = pure_records.registry_names(number), pure_records.addresses(number)
        registry_id, endpoint_id = _id(REGISTRY, names[0]), _id(ENDPOINT, f"pe-{number:05}")
        network = _id(NETWORK, f"net-{number % 200}")
        guid = f"{number:08x}-0000-0000-0000-000000000000"
        nic = _id(INTERFACE, f"pe-{number:05}.nic")
        kinds = ("registry", *(f"registry_data_{region}" for region in pure_records.REGIONS))
        fqdns = [f"{name}.azurecr.io" for name in names]
        members = tuple(map(Member, kinds, fqdns, addresses))
        found[registry_id] = Found(
            Registry(
                registry_id,
                fqdns[0],
                pure_records.REGIONS[0],
                SUCCEEDED,
                {endpoint_id: Status.APPROVED},
                tuple(Replica(region, SUCCEEDED) for region in pure_records.REGIONS),
            )
        )
        endpoints[endpoint_id] = Found(
            Endpoint(
                id=endpoint_id,
                guid=guid,
                etag="e",
                state=SUCCEEDED,
                region=pure_records.REGIONS[0],
                network=network,
                interfaces=(nic,),
                connections={registry_id: Status.APPROVED},
            )
        )
        interfaces[endpoint_id] = Found(Interface(SUCCEEDED, members))
        name = link_name(network_hash(network))
        links[network] = Link(name, "e", network, {OWNER_KEY: "bench"})
        for name, address in zip(names, addresses, strict=True):
            if name not in absent:
                claim = Claim(endpoint_id, address, guid[:8], network_hash(network))
                ownership = encode_ownership(Ownership("bench", registry_id, (claim,)))
                records[name] = RecordSet(name, "e", 10, (address,), ownership)
    zone = ZoneSnapshot(
        _KEPT, frozenset({"bench"}), ZoneListing(records, tuple(links.values())), None
    )
    return Snapshot(
        zones={_KEPT.id: zone},
        endpoints=endpoints,
        interfaces=interfaces,
        groups={},
        registries=found,
        networks={},
        unread={},
        subscriptions=frozenset((_SUBSCRIPTION,)),
    )


def main() -> None:
    """Plan a few times, and print the processor seconds of each and the changes found."""
    registries, changes = map(int, sys.argv[1:])
    snapshot = _estate(registries, changes)
    context = make_context(None, (_KEPT,))  # type: ignore[arg-type] # nothing is read
    seconds, found = [], 0
    for _ in range(_ROUNDS):
        gc.collect()
        began = time.process_time()
        case = find_drift(snapshot, (_KEPT,), context, Adopt.EMPTY)
        seconds.append(time.process_time() - began)
        found = sum(drifted.size for drifted in case.drifted_registries)
    print(json.dumps({"plan": min(seconds), "changes": found}))  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
