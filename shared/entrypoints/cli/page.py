"""A page for a person, before anybody draws it: headings, lines and tables. As Markdown as well."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto

from shared.render.clean import clean


class Tone(Enum):
    """How a line is meant."""

    PLAIN = auto()
    GOOD = auto()
    CAREFUL = auto()
    BAD = auto()


@dataclass(frozen=True, slots=True)
class Heading:
    """What follows."""

    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """One paragraph."""

    text: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


type Block = Heading | Line | Table


def clean_page(blocks: Iterable[Block]) -> Iterator[Block]:
    """The page with nothing in it that could act on a terminal (quiet)."""
    for block in blocks:
        match block:
            case Heading(text):
                yield Heading(clean(text))
            case Line(text, tone):
                yield Line(clean(text), tone)
            case Table(columns, rows):
                yield Table(columns, tuple(tuple(map(clean, row)) for row in rows))


def markdown(blocks: Iterable[Block]) -> str:
    """The page in Markdown."""
    return "\n\n".join("\n".join(_markdown(block)) for block in blocks) + "\n"


def _markdown(block: Block) -> Iterator[str]:
    match block:
        case Heading(text):
            yield f"## {text}"
        case Line(text, Tone.PLAIN):
            yield text
        case Line(text):
            yield f"**{text}**"
        case Table(columns, rows):
            yield f"| {' | '.join(columns)} |"
            yield f"|{'---|' * len(columns)}"
            for row in rows:
                # A bar of its own would end the cell.
                yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
