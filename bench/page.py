"""How the bench speaks: sections of tables and notes, for a terminal of 80 columns or more."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

_console = Console(highlight=False, soft_wrap=False)
_under_way = _console.status("", refresh_per_second=1)


def section(title: str, *notes: str) -> None:
    """Begin a section: what is measured, and how to read it."""
    _under_way.stop()
    _console.print()
    _console.rule(Text(title, "bold"), align="left")
    for note in notes:
        _console.print(Padding(Text(note, "dim"), (0, 1)))


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows: what each is about, then its figures.

    Args:
        columns: the headings.
        rows: as many cells as headings.
    """
    _under_way.stop()
    shown = Table(box=SIMPLE_HEAD, pad_edge=False)
    shown.add_column(columns[0])
    for column in columns[1:]:
        shown.add_column(column, justify="right", no_wrap=True)
    for row in rows:
        shown.add_row(*row)
    _console.print(shown)


def note(text: str) -> None:
    """Print a line under a table."""
    _console.print(Padding(Text(text), (0, 1)))


def progress(text: str) -> None:
    """Say what is under way, until something is printed; only a terminal shows it."""
    _under_way.update(text)
    _under_way.start()


def end() -> None:
    """Close the page."""
    _under_way.stop()
    _console.print()
