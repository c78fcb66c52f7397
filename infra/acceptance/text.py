"""Text of others, made fit for a line of a table."""

_LONGEST = 300


def one_line(text: str) -> str:
    """What Azure says, without breaks and control characters, and no longer than a person reads."""
    words = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"


def count(number: int, noun: str) -> str:
    """As "1 read" or "2 reads"."""
    return f"{number} {noun}{'s' * (number != 1)}"
