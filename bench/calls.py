"""What each kind of event asks of Azure, in small zones and in full ones."""

from bench import page
from bench.stage import Stage, staged
from bench.story import STORY, Event
from bench.tally import NETWORK, POLL, READS, REGISTRY, WRITES, ZONE, Tally, tally

# The last is a full zone (25,000 record sets), less what the story itself writes.
SIZES = (10, 1_000, 24_990)

_COLUMNS = {
    "GET": [(ZONE, "GET")],
    "LIST": [(ZONE, "LIST")],
    "PUT": [(ZONE, "PUT")],
    "DEL": [(ZONE, "DELETE")],
    "poll": [(ZONE, POLL)],
    "net": [(NETWORK, kind) for kind in READS],
    "acr": [(REGISTRY, kind) for kind in READS],
}


async def measure(size: int) -> list[Tally]:
    """The calls of each event of the story, in a zone of so many other records."""
    async with staged(size) as stage:
        return [await _calls_of(event, stage) for event in STORY]


async def _calls_of(event: Event, stage: Stage) -> Tally:
    await event.scene(stage)
    if event.lists:
        await stage.fresh_worker()
    calls = stage.azure.arm.calls
    calls.clear()
    await event.send(stage)
    return tally(call for call in calls if call.principal == stage.azure.identity.app_principal)


def writes(one: Tally) -> int:
    """How many of the calls change something."""
    return sum(count for (_, kind), count in one.items() if kind in WRITES)


async def run() -> None:
    """Measure the story in a zone of each size, and print it."""
    sizes = " · ".join(f"{size:,}" for size in SIZES)
    page.section(
        "Calls to Azure for each kind of event",
        f"One event each, in zones of {sizes} records; one figure where all three agree.",
        "GET to poll: the zone, its records and links; every page of a list counts as one.",
        "net: reads of endpoints, interfaces, zone groups, networks. acr: of registries, replicas.",
    )
    measured = []
    for size in SIZES:
        page.progress(f"a zone of {size:,} records")
        measured.append(await measure(size))
    rows = []
    for event, *tallies in zip(STORY, *measured, strict=True):
        figures = [
            _figure([sum(one[kind] for kind in kinds) for one in tallies])
            for kinds in _COLUMNS.values()
        ]
        total = _figure([one.total() for one in tallies])
        rows.append([f"{event.kind}, {event.case}", *figures, total])
    page.table(["event", *_COLUMNS, "all"], rows)
    grows = any(len({writes(one) for one in each}) > 1 for each in zip(*measured, strict=True))
    page.note(
        "Writes GROW with the zone." if grows else "Writes are the same in zones of every size."
    )


def _figure(counts: list[int]) -> str:
    shown = [f"{count:,}" for count in counts]
    if len(set(shown)) == 1:
        return shown[0] if counts[0] else "-"
    return "·".join(shown)
