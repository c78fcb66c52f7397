"""findings: the catalogue is what operators search for and alert on."""

import logging
from pathlib import Path

from shared.domain.findings import Finding, FindingKind, Severity
from shared.render.log_lines import finding_line


def test_every_kind_says_what_it_means_and_what_to_do() -> None:
    """A person who meets a code for the first time learns both, in whole sentences."""
    for kind in (kind for kind in FindingKind):
        assert kind.meaning.endswith(".")
        assert kind.remedy.endswith(".")
        assert kind.code == kind.code.lower()
        assert " " not in kind.code


def test_codes_are_unique_and_stable() -> None:
    """Alerts are built on these words; renaming one is a breaking change."""
    assert sorted(kind.code for kind in FindingKind) == [
        "claim-too-long",
        "custom-dns",
        "delete-threshold",
        "endpoint-unwatched",
        "hidden-by-zone",
        "ipv6-member",
        "link-changed",
        "link-kept",
        "link-name-taken",
        "link-out-of-reach",
        "link-refused",
        "locked",
        "member-missing",
        "metadata-full",
        "name-moved",
        "no-zone",
        "one-sided",
        "orphaned",
        "others-name",
        "plan-changed",
        "public-access",
        "refused",
        "several-endpoints",
        "still-linked",
        "too-many-addresses",
        "unassigned",
        "unmanaged-record",
        "unreadable",
        "unsettled",
        "wildcard",
        "zone-group",
        "zone-group-clash",
        "zone-group-drift",
        "zone-group-elsewhere",
        "zone-group-unknown",
        "zone-limit",
    ]


def test_operations_explains_every_code() -> None:
    """An operator who looks a code up in the documentation finds it, once."""
    text = (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8")
    rows = [line.split("|")[1].strip(" `") for line in text.splitlines() if line.startswith("| `")]
    codes = [code for code in rows if code in {kind.code for kind in FindingKind}]
    assert codes == sorted(kind.code for kind in FindingKind)


def test_a_finding_is_one_line_at_the_level_of_its_severity() -> None:
    """Each finding reaches the log in one line: code, place, what was seen, what to do."""
    level, line = finding_line(Finding(FindingKind.MEMBER_MISSING, "r1", "no member for region x"))
    assert level == logging.WARNING
    assert line.startswith("finding member-missing at r1: no member for region x. Free an address")
    assert "\n" not in line
    assert {kind.severity for kind in FindingKind} == set(Severity)
