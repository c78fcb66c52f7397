"""Every line of docs/azure.md that nobody could verify has its check, and every check its line."""

import re
from collections import Counter
from pathlib import Path

from infra.acceptance.run import CHECKS

_DOCS = Path(__file__).resolve().parents[2] / "docs"
_LINE = re.compile(r"^- `([a-z0-9-]+)`: ", re.MULTILINE)
# It may only fall: whoever finds a way for a script to look lowers it.
MOST_BY_HAND = 24


def unverified() -> list[str]:
    """The names of the lines, in their order."""
    text = (_DOCS / "azure.md").read_text("utf-8").partition("\n## Unverified\n")[2]
    assert text.count("\n- `") == len(_LINE.findall(text))
    return _LINE.findall(text)


def test_each_unverified_line_has_a_check_and_each_check_a_line() -> None:
    """Whoever notes a doubt says how a live Azure settles it, and nothing is checked in silence."""
    facts = [check.name for check in CHECKS if not check.name.startswith("walk-")]
    assert Counter(facts) == Counter(unverified())
    assert facts


def test_few_checks_are_left_to_a_person() -> None:
    """Most doubts are settled by the run itself; the rest say in a sentence what to do."""
    by_hand = [check for check in CHECKS if check.look is None]
    assert len(by_hand) <= MOST_BY_HAND
    assert all(len(check.expectation.split()) > 3 for check in by_hand)


def test_names_of_doubts_in_the_guide_lead_to_lines() -> None:
    """docs/deploy.md names doubts by their lines in docs/azure.md, the one list of them."""
    text = (_DOCS / "deploy.md").read_text("utf-8")
    named = set(re.findall(r"\(`([a-z]+(?:-[a-z]+)+)`\)", text)) - {"no-access"}
    assert named
    assert named <= set(unverified())
