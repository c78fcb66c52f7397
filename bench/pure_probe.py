"""`python bench/pure_probe.py REGISTRIES CHANGES`: our desired and plan; prints seconds as JSON.

From the estate and the zone as they were read to the changes that are due: what a
full sync computes between its reads and its writes.
"""

import gc
import json
import sys
import time

from bench import pure_records
from shared.domain import marks
from shared.domain.model import (
    SUCCEEDED,
    Endpoint,
    Entry,
    Found,
    Interface,
    Link,
    Mark,
    Member,
    RecordSet,
    Registry,
    Replica,
    Status,
    Zone,
)
from shared.domain.names import (
    ENDPOINT,
    INTERFACE,
    NETWORK,
    REGISTRY,
    ZONE,
    ResourceId,
    network_hash,
)
from shared.engine.bursts import Ground, Listings
from shared.engine.lead import Known
from shared.engine.overview import Survey, ZoneSurvey
from shared.engine.suspicion import investigate

_SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
_ROUNDS = 3


def _id(kind: str, name: str) -> ResourceId:
    return ResourceId(_SUBSCRIPTION, "rg", kind, (name,))


_KEPT = Zone(_id(ZONE, "privatelink.azurecr.io"), "azurecr.io", "bench")


def _estate(registries: int, changes: int) -> tuple[Survey, ZoneSurvey]:
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
        name = marks.link_name(network_hash(network))
        links[network] = Link(name, "e", network, {marks.OWNER_KEY: "bench"})
        for name, address in zip(names, addresses, strict=True):
            if name not in absent:
                entry = Entry(endpoint_id, address, guid[:8], network_hash(network))
                mark = marks.encode(Mark("bench", registry_id, (entry,)))
                records[name] = RecordSet(name, "e", 10, (address,), mark)
    zone = ZoneSurvey(_KEPT, Known(records, tuple(links.values())), None)
    survey = Survey(
        zones={_KEPT.id: zone},
        endpoints=endpoints,
        interfaces=interfaces,
        groups={},
        registries=found,
        networks={},
        silent={},
        watched=frozenset((_SUBSCRIPTION,)),
    )
    return survey, zone


def main() -> None:
    """Plan a few times, and print the processor seconds of each and the changes found."""
    registries, changes = map(int, sys.argv[1:])
    survey, zone = _estate(registries, changes)
    ground = Ground(None, Listings(None), (_KEPT,))  # type: ignore[arg-type] # nothing is read
    seconds, found = [], 0
    for _ in range(_ROUNDS):
        gc.collect()
        began = time.process_time()
        case = investigate(survey, zone, ground)
        seconds.append(time.process_time() - began)
        found = sum(suspect.plan.size for suspect in case.suspects)
    print(json.dumps({"plan": min(seconds), "changes": found}))  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
