"""The pages of `explain` and `status`."""

from collections.abc import Iterator

from shared.entrypoints.cli.page import Block, Heading, Line, Table, Tone
from shared.entrypoints.cli.run_page import changes_table, findings_blocks, place, short
from shared.render.result_json import Json

_TONES = {"right": Tone.GOOD, "wrong": Tone.CAREFUL, "unknown": Tone.BAD, "unmanaged": Tone.PLAIN}


def explain_page(explanation: Json) -> Iterator[Block]:
    """The page of an explanation, as `explanation_json` makes it."""
    yield Heading(explanation["name"])
    yield Line(
        f"{explanation['verdict'].capitalize()}. {explanation['why']}",
        _TONES[explanation["verdict"]],
    )
    for zone in explanation["zones"]:
        record = zone["record"]
        yield Heading(place(zone["zone"]))
        # With one zone the verdict above is this one.
        if len(explanation["zones"]) > 1:
            yield Line(f"{zone['verdict'].capitalize()}. {zone['why']}", _TONES[zone["verdict"]])
        holds = record["holds"]
        text = "no record"
        if holds:
            addresses = ", ".join(holds["addresses"]) or "nothing"
            text = f"{addresses}, TTL {holds['ttl']} ({record['managedBy']})"
        yield Line(f"Record {record['name']}: {text}.")
        if zone["sources"]:
            yield _sources(zone["sources"])
        if zone["changes"]:
            yield changes_table(zone["changes"])
        yield from findings_blocks(zone["findings"])
    for text in explanation["unread"]:
        yield Line(f"Not answered: {text}.", Tone.BAD)


def status_page(status: Json) -> Iterator[Block]:
    """The page of a status, as `status_json` makes it."""
    settings = status["settings"]
    threshold = settings["deleteThreshold"]
    yield Heading(f"ACR Private DNS {status['version']}")
    rows = [
        ("owner", settings["owner"]),
        ("cloud", settings["cloud"]),
        ("policy", settings["policy"] + (", dry run" if settings["dryRun"] else "")),
        ("delete threshold", f"{threshold['percent']} % of what is managed, or {threshold['min']}"),
        ("allowed over HTTP", ", ".join(settings["allow"]) or "nothing beyond these settings"),
        ("schedule", settings["schedule"]),
    ]
    yield Table(("setting", "in force"), tuple(rows))
    for zone in status["zones"]:
        yield Heading(place(zone["id"]))
        yield from _zone(zone)
    yield Heading("Watched subscriptions")
    subscriptions = status["subscriptions"]
    rows = [(one["id"], "yes" if one["readable"] else one["reason"]) for one in subscriptions]
    yield Table(("subscription", "readable"), tuple(rows))


def _sources(sources: list[Json]) -> Table:
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
            for one in sources
        ),
    )


def _network(source: Json) -> str:
    if source["network"] is None:
        return ""
    state = "linked" if source["linked"] else "not linked"
    return f"{source['network'].rpartition('/')[2]}, {state}"


def _zone(zone: Json) -> Iterator[Block]:
    if not zone["readable"]:
        yield Line(f"Cannot be read: {zone['reason']}.", Tone.BAD)
        return
    yield Line(
        f"TTL {zone['ttl']}, selection {zone['selection']}, links {zone['links']}, "
        f"peered {zone['peered']}, serves {_selector_words(zone['serves'])}."
    )
    for what, count in zone["counts"].items():
        note = " (near the limit)" if count["nearLimit"] else ""
        tone = Tone.CAREFUL if note else Tone.PLAIN
        yield Line(f"{count['number']} of {count['limit']} {what}{note}.", tone)


def _selector_words(selector: Json) -> str:
    parts = [f"{kind} {', '.join(map(short, ids))}" for kind, ids in selector.items() if ids]
    return "; ".join(parts) or "every network that no other zone serves"
