"""clean: text of others on one line, with nothing in it that acts on who reads it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.render.clean import clean


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("myregistry.azurecr.io → 10.1.0.4, größer", "myregistry.azurecr.io → 10.1.0.4, größer"),
        ("a\nforged line\r\n", r"a\nforged line\r\n"),
        ("\x1b[31mred\x1b]0;title\x07", r"\x1b[31mred\x1b]0;title\x07"),
        ("\u202egpj", r"\u202egpj"),
        ("half a letter: \ud800", r"half a letter: \ud800"),
        ("\u2028\x85\x9b\x00\t", r"\u2028\x85\x9b\x00\t"),
    ],
)
def test_what_cannot_be_printed_is_shown_as_its_escape_sequence(raw: str, shown: str) -> None:
    """A reader sees that there was something, and what it was; it does nothing."""
    assert clean(raw) == shown


@given(st.text())
def test_whatever_comes_in_one_printable_line_comes_out(text: str) -> None:
    """No text at all gets past; and what could be printed is as it was."""
    assert clean(text).isprintable()
    assert clean(text).encode().decode() == clean(text)
    assert clean(clean(text)) == clean(text)
    assert text.isprintable() <= (clean(text) == text)
