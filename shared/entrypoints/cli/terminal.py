"""Draws pages and progress in a terminal, with rich; the only module that needs it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table as Drawn
from rich.text import Text

from shared.engine.full_sync import Progress as Tell
from shared.entrypoints.cli.page import Block, Heading, Line, Table, Tone

_WHOLE = 30
_STYLES = {Tone.PLAIN: "", Tone.GOOD: "green", Tone.CAREFUL: "yellow", Tone.BAD: "bold red"}


def draw(blocks: Iterable[Block]) -> None:
    """Print a page on standard output."""
    console = Console(highlight=False)
    for block in blocks:
        match block:
            case Heading(text):
                console.print()
                console.print(Text(text, style="bold"))
            case Line(text, tone):
                console.print(Text(text, style=_STYLES[tone]))
            case Table():
                console.print(_table(block))
    console.print()


def _table(table: Table) -> Drawn:
    drawn = Drawn(box=SIMPLE_HEAD, header_style="dim", pad_edge=False, padding=(0, 1))
    for number, column in enumerate(table.columns):
        # Names and addresses are read at a glance, so the last column's prose makes room for them.
        widest = max((len(row[number]) for row in table.rows), default=0)
        last = number == len(table.columns) - 1
        drawn.add_column(column, overflow="fold", min_width=None if last else min(widest, _WHOLE))
    for row in table.rows:
        drawn.add_row(*map(Text, row))
    return drawn


@contextmanager
def progress() -> Iterator[Tell]:
    """What long work is at, on standard error while that is a terminal."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        tasks = {}

        def tell(stage: str, done: int, of: int) -> None:
            if stage not in tasks:
                tasks[stage] = shown.add_task(stage)
            shown.update(tasks[stage], completed=done, total=of)

        yield tell
