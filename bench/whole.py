"""A full sync over the wire: the timer, in Microsoft's worker, over zones of three sizes."""

import asyncio
import re
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from bench import page, pure_records
from bench.stage import Stage, claim, staged
from bench.tally import NETWORK, POLL, READS, REGISTRY, WRITES, ZONE, tally
from simulator import crowd
from simulator.arm import record_sets
from simulator.world import Resource

# A full zone has 25,000 record sets, one of which is its SOA; the last rows are nearly there.
_REGISTRIES = (50, 500, 4_990)
_CHANGES = 200
_PATIENCE_SECONDS = 560
_MODEL = "model"
_CALLS_KEPT = 100_000


@dataclass(frozen=True, slots=True)
class _Run:
    """What one full sync took."""

    calls: dict[str, int]
    own: float
    wall: float
    peak: float


async def run() -> None:
    """Fill a zone of each size, take records away, let the timer repair it, and print."""
    page.section(
        "A full sync over the wire",
        "One endpoint and five names a registry; 200 records lack (50 in the smallest zone).",
        "pages: of the zone's records. net: reads of endpoints, interfaces, networks.",
        "acr: of registries, replicas. own: processor time of the app's worker.",
        "peak: its memory in MB; the first row is an app with nothing to do.",
    )
    rows = []
    for registries in (0, *_REGISTRIES):
        page.progress(f"a zone of {registries * pure_records.NAMES_OF_A_REGISTRY:,} records")
        changes = min(_CHANGES, registries)
        async with staged(0) as stage:
            # A full zone's run makes more calls than the local Azure keeps by itself.
            stage.azure.arm.calls = deque(maxlen=_CALLS_KEPT)
            await _furnish(stage, registries, changes)
            first = await _full_sync(stage)
            again = await _full_sync(stage)
            rows += [_row(registries, changes, first), _row(registries, 0, again)]
    columns = ["records", "lack", "pages", "zone", "net", "acr", "PUT", "own", "wall", "peak"]
    page.table(columns, rows[1:])
    page.note("Where 0 lack, the same zone is run over once more, now in step; a second full")
    page.note("list within five minutes waits for its turn (Private DNS grants 500 reads).")


def _row(registries: int, changes: int, run: _Run) -> list[str]:
    records = registries * pure_records.NAMES_OF_A_REGISTRY
    counted = [f"{run.calls[what]:,}" for what in ("pages", "zone", "net", "acr", "writes")]
    figures = [f"{run.own:.1f} s", f"{run.wall:.1f} s", f"{run.peak:.0f}"]
    return [f"{records:,}", f"{changes}", *counted, *figures]


async def _full_sync(stage: Stage) -> _Run:
    """Fire the timer, and wait until its run has ended."""
    calls, host = stage.azure.arm.calls, stage.azure.functions
    calls.clear()
    own, wall = stage.worker_seconds(), time.perf_counter()
    before = len(host.invocations.since(0))
    headers = {"x-functions-key": host.keys.master}
    async with stage.operator.session.post(
        f"{host.url}/admin/functions/full_sync", headers=headers, json={}
    ) as reply:
        reply.raise_for_status()
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not (runs := host.invocations.since(before)) or runs[0].ended is None:
            await asyncio.sleep(0.05)
    if runs[0].error:
        raise RuntimeError(runs[0].error)
    counted = tally(c for c in calls if c.principal == stage.azure.identity.app_principal)
    sums = {
        "pages": sum(call.method == "GET" and call.path.lower().endswith("/a") for call in calls),
        "zone": sum(counted[ZONE, kind] for kind in (*READS, POLL)),
        "net": sum(counted[NETWORK, kind] for kind in READS),
        "acr": sum(counted[REGISTRY, kind] for kind in READS),
        "writes": sum(counted[ZONE, kind] for kind in WRITES),
    }
    return _Run(sums, stage.worker_seconds() - own, time.perf_counter() - wall, _peak(stage))


def _peak(stage: Stage) -> float:
    status = Path(f"/proc/{stage.azure.functions.worker_pid}/status").read_text("utf-8")
    match = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(match[1]) / 1024 if match else 0.0


async def _furnish(stage: Stage, registries: int, changes: int) -> None:
    """Make one registry with an endpoint through the front door, and copy it so many times."""
    operator, world = stage.operator, stage.azure.world
    if registries == 0:
        return
    await operator.create_network("net", "10.0.0.0/16")
    registry = await operator.create_registry(_MODEL)
    for region in pure_records.REGIONS[1:]:
        await operator.create_replica(_MODEL, region)
    await operator.create_endpoint(f"pe-{_MODEL}", "net", registry)
    names = [pure_records.registry_names(number)[0] for number in range(registries)]
    crowd.multiply(world, _MODEL, names, pure_records.addresses)
    await _link(stage)
    _publish(stage, registries, changes)


async def _link(stage: Stage) -> None:
    """Link the network to the zone, as somebody else would: it is in use, and stays."""
    await stage.operator.link("by-hand", "net")


def _publish(stage: Stage, registries: int, changes: int) -> None:
    """The records that the app would write, less those that lack."""
    world = stage.azure.world
    zone = world.get(stage.azure.zone)
    if zone is None:
        raise RuntimeError("the local Azure has no zone")
    absent = pure_records.lacking(registries, changes)
    for endpoint in list(world.of_type("Microsoft.Network/privateEndpoints")):
        (nic,) = endpoint.properties["networkInterfaces"]
        interface = world.get(nic["id"])
        assert interface is not None  # noqa: S101 - it was copied with its endpoint
        for configuration in interface.properties["ipConfigurations"]:
            properties = configuration["properties"]
            (fqdn,) = properties["privateLinkConnectionProperties"]["fqdns"]
            name = fqdn.removesuffix(".azurecr.io")
            if name not in absent:
                content = _content(endpoint, properties["privateIPAddress"])
                record_sets.store(world, zone, name, content)


def _content(endpoint: Resource, address: str) -> dict[str, object]:
    """A record set with its ownership."""
    subscription, group = endpoint.id.split("/")[2], endpoint.id.split("/")[4]
    network = endpoint.properties["subnet"]["id"].partition("/subnets/")[0]
    guid = endpoint.properties["resourceGuid"][:8]
    short = f"{subscription}/{group}".lower()
    name = endpoint.body["name"].removeprefix("pe-")
    return {
        "ttl": 10,
        "aRecords": [{"ipv4Address": address}],
        "metadata": {
            "acrPrivateDns": "acr-private-dns",
            "acrPrivateDnsRegistry": f"{short}/{name}",
            "acrPrivateDnsAddress01": claim(address, f"{short}/pe-{name}", guid, network),
        },
    }
