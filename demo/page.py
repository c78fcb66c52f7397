"""Prints the story: a terminal page that a person reads from top to bottom."""

import re

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from demo.dig import Answer
from demo.operator import Json
from demo.scene import Scene

_WIDTH = 100
# The log names resources by their whole ID; on this page their own name is enough.
_ID = re.compile(r"/subscriptions/[^ ]*/")


class Page:
    """Prints scenes one after another.

    Args:
        console: where to; by default standard output, in colour where it is a terminal.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, width=_WIDTH)

    def opening(self, zone: str) -> None:
        """What the story is about."""
        self._console.print()
        self._console.print(Text("ACR Private DNS, on the local Azure", style="bold"))
        self._console.print(f"zone {zone}, asked with dig inside each network", style="dim")

    def scene(self, number: int, scene: Scene) -> None:
        """One step: what happened, what the app did, what resolves now."""
        rows = Table.grid(padding=(0, 2))
        rows.add_column(style="cyan", width=7, no_wrap=True)
        rows.add_column(overflow="fold")
        rows.add_row("Azure", scene.happened)
        _add(rows, "event", [_event(event) for event in scene.events])
        _add(rows, "app", [_line(line) for line in scene.said])
        rows.add_row("calls", _calls(scene.calls))
        if scene.to_records is not None or scene.to_links is not None:
            rows.add_row("time", _time(scene))
        rows.add_row("dig", _resolution(scene))
        if scene.answered:
            rows.add_row("asked", _answered(scene))
        self._console.print()
        self._console.rule(
            Text(f"{number}  {scene.step.title}", style="bold"), align="left", style="dim"
        )
        self._console.print(Group(Padding(rows, (1, 0, 1, 1)), _verdict(scene)))

    def closing(self, scenes: list[Scene]) -> None:
        """How the story ended."""
        good = sum(scene.came_out for scene in scenes)
        self._console.print()
        style = "bold green" if good == len(scenes) else "bold red"
        self._console.print(f"{good} of {len(scenes)} steps came out as they should", style=style)


def _add(rows: Table, label: str, lines: list[Text]) -> None:
    for index, line in enumerate(lines):
        rows.add_row("" if index else label, line)


def _event(event: Json) -> Text:
    kind = event["operation"].removeprefix("Microsoft.")
    name = event["subject"].rpartition("/")[2]
    delivery = next(step for step in event["history"] if step["step"] == "delivered")
    text = Text(f"{kind} {name}")
    tries = f", attempt {delivery['attempts']}" if delivery["attempts"] > 1 else ""
    seconds = delivery["milliseconds"] / 1000
    text.append(f"  → {delivery['function']}, acknowledged in {seconds:.2f} s{tries}", style="dim")
    return text


def _line(line: str) -> Text:
    line = _ID.sub("", line)
    what, _, why = line.partition(": ")
    style = "green" if what.startswith(("created", "linked")) else ""
    style = "yellow" if what.startswith(("deleted", "unlinked", "updated")) else style
    return Text.assemble((what, style), (f": {why}" if why else "", "dim"))


def _calls(calls: list[Json]) -> str:
    writes = sum(call["method"] in ("PUT", "DELETE", "PATCH") for call in calls)
    return f"{_count(len(calls) - writes, 'read')} and {_count(writes, 'write')} by the app"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def _time(scene: Scene) -> str:
    parts = (
        (scene.to_records, "from the event to the last record"),
        (scene.to_links, "to the link"),
    )
    return ", ".join(f"{seconds:.2f} s {what}" for seconds, what in parts if seconds is not None)


def _resolution(scene: Scene) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_row(Text(f"inside {scene.step.network}", style="dim"))
    for name in scene.step.expected:
        table.add_row(Text(name, style="bold"))
        before, after = scene.before[name], scene.after[name]
        told = (("still ", after),) if before == after else (("before", before), ("after ", after))
        for when, answer in told:
            table.add_row(Text.assemble((f"  {when}  ", "dim"), _answer(answer)))
    return table


def _answer(answer: Answer) -> Text:
    if not answer.addresses:
        return Text(answer.status, style="red")
    where = ("private", "green") if answer.private else ("public", "dim")
    hops = [name for name in answer.names if ".privatelink." in name]
    chain = "".join(f"CNAME {name}  " for name in hops)
    return Text.assemble((chain, "dim"), ", ".join(answer.addresses), "  ", where)


def _answered(scene: Scene) -> str:
    """What came back to the name that was asked all the way through."""
    answers = ", ".join(f"{answer} ({times} times)" for answer, times in scene.answered.items())
    return f"{scene.step.asked} all the way through: {answers}"


def _verdict(scene: Scene) -> Text:
    if scene.came_out:
        return Text.assemble(("  ✓ ", "bold green"), scene.step.verdict)
    return Text.assemble(("  ✗ ", "bold red"), f"did not come out: {scene.step.verdict}")
