"""A run's result as a page: the changes of each zone, what was found, and how it ended."""

from collections import Counter
from collections.abc import Iterator

from shared.entrypoints.cli.page import Block, Heading, Line, Table, Tone
from shared.render.result_json import Json

# Of one kind of finding so many are shown; the rest is counted.
_MAX_ROWS = 10
_SIGNS = {"create": "+", "update": "~", "delete": "-"}
# Why a withdrawal leaves something, what concerns its owner most first.
_KEPT_REASONS = {
    "changed": "it changed since it was read, or a record of its registry did",
    "deleting": "it is being deleted already",
    "zone-group": "a zone group wrote it, and may keep it",
    "other-owner": "it bears another owner's name",
    "unmanaged": "it bears nobody's ownership",
}
# Worst first.
_ORDER = ("error", "warning", "info")


def run_page(result: Json) -> Iterator[Block]:
    """The page of a plan or a reconcile.

    Args:
        result: as `run_result_json` makes it.
    """
    for zone in result["zones"]:
        yield Heading(place(zone["zone"]))
        yield from _zone(zone)
    yield from _verdict(result)


def withdraw_page(result: Json) -> Iterator[Block]:
    """The page of a withdrawal: as of a run, with what stays in each zone.

    Args:
        result: as `withdraw_json` makes it.
    """
    if any(one["state"] == "planned" for zone in result["zones"] for one in zone["changes"]):
        yield Line("Stop the app first: while it runs, it makes everything again.", Tone.CAREFUL)
    for zone in result["zones"]:
        yield Heading(place(zone["zone"]))
        yield from _zone(zone)
        yield from _kept_blocks(zone["kept"])
    if any(one["reason"] == "changed" for zone in result["zones"] for one in zone["kept"]):
        yield Line("Some of it changed meanwhile and was left: run this again.", Tone.CAREFUL)
    yield from _verdict(result)


def place(id_: str) -> str:
    """A resource by its name and where it is."""
    _, _, subscription, _, group, *_, name = id_.split("/")
    return f"{name} in resource group {group} of {subscription}"


def short(id_: str) -> str:
    """A resource by its type and name; anything else as it is."""
    return "/".join(id_.split("/")[-2:]) if id_.startswith("/subscriptions/") else id_


def changes_table(changes: list[Json]) -> Table:
    """What changes, or would."""
    rows = (
        (f"{_SIGNS[one['action']]} {one['state']}", _what(one), _step(one), one["reason"])
        for one in changes
    )
    return Table(("", "record or link", "holds", "why"), tuple(rows))


def findings_blocks(findings: list[Json]) -> Iterator[Block]:
    """What a person should know, worst first, and what to do about it."""
    if not findings:
        return
    rows, remedies, counts = list[tuple[str, ...]](), dict[str, str](), Counter[str]()
    for one in sorted(findings, key=lambda f: (_ORDER.index(f["severity"]), f["code"])):
        code = one["code"]
        counts[code] += 1
        remedies[code] = one["remedy"]
        if counts[code] <= _MAX_ROWS:
            rows.append((one["severity"], code, short(one["resource"]), one["detail"]))
    more = ((code, count - _MAX_ROWS) for code, count in counts.items() if count > _MAX_ROWS)
    rows.extend(("", code, f"and {count} more", "") for code, count in more)
    yield Table(("severity", "finding", "where", "what was seen"), tuple(rows))
    # Once for each kind: a remedy in every row would leave no room for the names.
    yield Table(("finding", "what to do"), tuple(remedies.items()))


def _kept_blocks(kept_resources: list[Json]) -> Iterator[Block]:
    """What a withdrawal leaves, and why."""
    if not kept_resources:
        return
    rows, counts = list[tuple[str, ...]](), Counter[str]()
    for one in sorted(kept_resources, key=lambda one: list(_KEPT_REASONS).index(one["reason"])):
        counts[one["reason"]] += 1
        if counts[one["reason"]] <= _MAX_ROWS:
            rows.append((one["name"], one["kind"], _KEPT_REASONS[one["reason"]]))
    more = ((reason, count - _MAX_ROWS) for reason, count in counts.items() if count > _MAX_ROWS)
    rows.extend((f"and {count} more", "", _KEPT_REASONS[reason]) for reason, count in more)
    yield Table(("stays", "", "why"), tuple(rows))


def _zone(zone: Json) -> Iterator[Block]:
    if zone["changes"]:
        yield changes_table(zone["changes"])
    elif not (zone["errors"] or zone["unread"] or zone["remaining"]):
        yield Line("Nothing to change.")
    yield from findings_blocks(zone["findings"])
    for text in zone["inProgress"]:
        yield Line(f"On its way: {text}.")
    for text in zone["unread"]:
        yield Line(f"Not answered: {text}.", Tone.BAD)
    for text in zone["errors"]:
        yield Line(f"Failed: {text}.", Tone.BAD)
    if zone["remaining"]:
        yield Line(f"Left for another run: at least {zone['remaining']} changes.", Tone.CAREFUL)


def _what(one: Json) -> str:
    """What a change is about: a record's name, or the network that a link is for."""
    if one["kind"] == "record":
        return str(one["name"])
    network = (one["after"] or one["before"])["network"] or one["name"]
    return f"link to {network.rpartition('/')[2]}"


def _step(one: Json) -> str:
    """From what a record set holds to what it will."""
    before, after = one["before"], one["after"]
    if one["kind"] == "link":
        return ""
    if before is None or after is None:
        return _addresses(after) if after else f"was {_addresses(before)}"
    if before["addresses"] != after["addresses"]:
        return f"{_addresses(before)} → {_addresses(after)}"
    if before["ttl"] != after["ttl"]:
        return f"{_addresses(after)}, TTL {before['ttl']} → {after['ttl']}"
    return f"{_addresses(after)}, ownership {'repaired' if after['ownership'] else 'removed'}"


def _addresses(record: Json | None) -> str:
    return ", ".join(record["addresses"] if record else ()) or "nothing"


def _verdict(result: Json) -> Iterator[Block]:
    states = Counter(one["state"] for zone in result["zones"] for one in zone["changes"])
    parts = [f"{count} {state}" for state, count in states.items()]
    if result["remaining"]:
        parts.append(f"{result['remaining']} left")
    calls = result["requests"]
    requests_text = (
        f"{calls['reads']} reads and {calls['writes']} writes in {result['seconds']:.1f} s"
    )
    text = f"{', '.join(parts) or 'no changes'}; {requests_text}"
    if any(zone["errors"] or zone["unread"] for zone in result["zones"]):
        yield Line(f"Failed: not everything could be read or written ({text}).", Tone.BAD)
    elif result["inStep"]:
        yield Line(f"In step ({text}).", Tone.GOOD)
    else:
        yield Line(f"Not in step ({text}).", Tone.CAREFUL)
