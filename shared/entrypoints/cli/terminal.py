"""Draws pages and progress in a terminal, with rich; the only module that needs it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress
from rich.table import Table as RichTable
from rich.text import Text

from shared.engine.full_sync import Progress
from shared.entrypoints.cli.page import Block, Heading, Line, Table, Tone

# Of a column that does not wrap, in characters.
_MAX_WIDTH = 30
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


@contextmanager
def progress() -> Iterator[Progress]:
    """What long work is at, on standard error while that is a terminal."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with RichProgress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks = {}

        def update(stage: str, count: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage)
            bars.update(tasks[stage], completed=count, total=total)

        yield update


def _table(table: Table) -> RichTable:
    rich_table = RichTable(box=SIMPLE_HEAD, header_style="dim", pad_edge=False, padding=(0, 1))
    for number, column in enumerate(table.columns):
        # Names and addresses should stay whole, so the last column's prose makes room for them.
        width = max((len(row[number]) for row in table.rows), default=0)
        is_last = number == len(table.columns) - 1
        rich_table.add_column(
            column, overflow="fold", min_width=None if is_last else min(width, _MAX_WIDTH)
        )
    for row in table.rows:
        rich_table.add_row(*map(Text, row))
    return rich_table
