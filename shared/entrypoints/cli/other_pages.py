"""The pages of `explain` and `status`."""

from collections.abc import Iterator

from shared.entrypoints.cli.page import Block, Heading, Line, Table, Tone
from shared.entrypoints.cli.run_page import changes_table, findings_blocks, place, short
from shared.render.result_json import Json

_TONES = {"right": Tone.GOOD, "wrong": Tone.CAREFUL, "unknown": Tone.BAD, "unmanaged": Tone.PLAIN}


def explain_page(told: Json) -> Iterator[Block]:
    """The page of an explanation, as `explain_json.shown` makes it."""
    yield Heading(told["name"])
    yield Line(f"{told['verdict'].capitalize()}. {told['why']}", _TONES[told["verdict"]])
    for zone in told["zones"]:
        record = zone["record"]
        yield Heading(place(zone["zone"]))
        if len(told["zones"]) > 1:
            yield Line(f"{zone['verdict'].capitalize()}. {zone['why']}", _TONES[zone["verdict"]])
        holds = record["holds"]
        has = f"{', '.join(holds['addresses']) or 'nothing'}, TTL {holds['ttl']}" if holds else ""
        kept = f"{has} ({record['keeper']})" if holds else "no record"
        yield Line(f"Record {record['name']}: {kept}.")
        if zone["sources"]:
            yield _sources(zone["sources"])
        if zone["changes"]:
            yield changes_table(zone["changes"])
        yield from findings_blocks(zone["findings"])
    for text in told["unread"]:
        yield Line(f"Not answered: {text}.", Tone.BAD)


def _sources(endpoint_readings: list[Json]) -> Table:
    columns = ("registry", "endpoint", "state", "member", "address", "network")
    return Table(
        columns,
        tuple(
            (
                short(one["registry"]).rpartition("/")[2],
                short(one["endpoint"]).rpartition("/")[2],
                f"{one['state']}: {one['reason']}" if one["reason"] else one["state"],
                one["member"] or "",
                one["address"] or "",
                _network(one),
            )
            for one in endpoint_readings
        ),
    )


def _network(endpoint_reading: Json) -> str:
    if endpoint_reading["network"] is None:
        return ""
    linked = "linked" if endpoint_reading["linked"] else "not linked"
    return f"{endpoint_reading['network'].rpartition('/')[2]}, {linked}"


def status_page(told: Json) -> Iterator[Block]:
    """The page of a status, as `status.shown` makes it."""
    settings = told["settings"]
    threshold = settings["deleteThreshold"]
    yield Heading(f"ACR Private DNS {told['version']}")
    rows = [
        ("owner", settings["owner"]),
        ("cloud", settings["cloud"]),
        ("policy", settings["policy"] + (", dry run" if settings["dryRun"] else "")),
        ("delete threshold", f"{threshold['percent']} % of what is managed, or {threshold['min']}"),
        ("schedule", settings["schedule"]),
    ]
    yield Table(("setting", "in force"), tuple(rows))
    for zone in told["zones"]:
        yield Heading(place(zone["id"]))
        yield from _zone(zone)
    yield Heading("Watched subscriptions")
    subscriptions = told["subscriptions"]
    readable = [(one["id"], "yes" if one["readable"] else one["reason"]) for one in subscriptions]
    yield Table(("subscription", "readable"), tuple(readable))


def _zone(zone: Json) -> Iterator[Block]:
    if not zone["readable"]:
        yield Line(f"Cannot be read: {zone['reason']}.", Tone.BAD)
        return
    yield Line(
        f"TTL {zone['ttl']}, selection {zone['selection']}, links {zone['links']}, "
        f"peered {zone['peered']}, serves {_serves(zone['serves'])}."
    )
    for what, count in zone["counts"].items():
        near = " (near the limit)" if count["nearLimit"] else ""
        tone = Tone.CAREFUL if near else Tone.PLAIN
        yield Line(f"{count['number']} of {count['limit']} {what}{near}.", tone)


def _serves(is_serving: Json) -> str:
    told = [f"{kind} {', '.join(map(short, ids))}" for kind, ids in is_serving.items() if ids]
    return "; ".join(told) or "every network that no other zone serves"
