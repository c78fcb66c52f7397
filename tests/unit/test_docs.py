"""The pages: what they point to is there, and what points to them is right."""

import json
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
_CITING = ("shared", "tests", "bench", "demo", "simulator", "infra", "function_app.py")
# Pages that speak of files in other people's repositories as well, each with those it has here.
_SOURCES = {"docs/azure.md", "tests/contract/payloads/SOURCES.md"}
_FENCE = re.compile(r"^( *)(`{3,}|~{3,}).*?^ *\2[`~]* *$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{1,6} +(.+?) *#* *$", re.MULTILINE)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)[^)]*\)")
_CODE = re.compile(r"`([^`\n]+)`")
_FILE = re.compile(r"(?:[\w.*-]+/)+[\w.*-]*\.(?:py|md|json|toml|txt|patch)(?:#[\w-]+)?")
_MODULE = re.compile(r"\w+\.py")
_CITATION = re.compile(r"docs/[\w./-]+?\.md(?:#[\w-]+)?")
_ALIEN = re.compile(
    r"\bS(?:[1-9]|1[01])\b(?![\"'/])|\bdesign(?:\.md)?, \d|\bazure[-]facts\b|\bfield[-]notes\b"
)
# Hyphened words in parentheses, as `(never-empty)` or `(never-empty, quiet)`.
_SLUGS = re.compile(r"(?<=\s)\(((?:[a-z]+, )*[a-z]+(?:-[a-z]+)+(?:, [a-z]+(?:-[a-z]+)*)*)\)")
_INVARIANT = re.compile(r"\bInvariants?: ([a-z]+(?:-[a-z]+)*)")


@cache
def _tracked() -> frozenset[str]:
    """Every file that git knows or would take, by its path."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return frozenset(name for name in listed.split("\0") if (ROOT / name).is_file())


def _pages() -> Iterator[tuple[str, str]]:
    for name in sorted(_tracked()):
        if name.endswith(".md"):
            yield name, (ROOT / name).read_text("utf-8")


def _citing() -> Iterator[tuple[str, str]]:
    """Code, tests and patches, and the pages themselves, but for the recordings of Azure."""
    for name in sorted(_tracked()):
        ours = name.startswith(_CITING) and not name.startswith("tests/contract/payloads/")
        if ours and name.endswith((".py", ".patch", ".json")):
            yield name, (ROOT / name).read_text("utf-8")
    yield from _pages()


@cache
def _anchors(page: str) -> frozenset[str]:
    """The anchors that GitHub gives the headings of a page."""
    text = _FENCE.sub("", (ROOT / page).read_text("utf-8"))
    anchors: list[str] = []
    for heading in _HEADING.findall(text):
        # Letters, digits, `_`, `-` and blanks stay; a link leaves its text.
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        seen = sum(re.fullmatch(rf"{re.escape(slug)}(-\d+)?", one) is not None for one in anchors)
        anchors.append(f"{slug}-{seen}" if seen else slug)
    return frozenset(anchors)


def _resolves(target: str, page: str) -> bool:
    """Whether a path, from the root or from a page's folder, is there, and its anchor too."""
    path, _, anchor = target.partition("#")
    if not path:
        return anchor in _anchors(page)
    for folder in (ROOT, (ROOT / page).parent, ROOT / "shared"):
        found = sorted(folder.glob(path.rstrip("/"))) if "*" in path else [folder / path]
        if found and found[0].exists() and found[0].resolve().is_relative_to(ROOT):
            name = str(found[0].resolve().relative_to(ROOT))
            return not anchor or anchor in _anchors(name)
    return False


def _slugs() -> frozenset[str]:
    text = (ROOT / "docs" / "invariants.md").read_text("utf-8")
    return frozenset(re.findall(r"^## ([a-z]+(?:-[a-z]+)*)$", text, re.MULTILINE))


def test_every_link_of_a_page_leads_somewhere() -> None:
    """Who follows a link in a page arrives at a file that is there, and at the heading it names."""
    broken = [
        f"{page}: {target}"
        for page, text in _pages()
        for target in _LINK.findall(_FENCE.sub("", text))
        if "://" not in target and not _resolves(target, page)
    ]
    assert not broken


def test_every_file_that_a_page_names_is_there() -> None:
    """A page never sends its reader to a file that was renamed or removed."""
    own = ("docs/", "infra/", *(f"{folder}/" for folder in _CITING))
    names = {Path(name).name for name in _tracked()}
    broken = []
    for page, text in _pages():
        drawn = [word for fence in _FENCE.finditer(text) for word in fence[0].split()]
        for code in (*_CODE.findall(_FENCE.sub("", text)), *drawn):
            if _FILE.fullmatch(code) and (page not in _SOURCES or code.startswith(own)):
                broken += [] if _resolves(code, page) else [f"{page}: {code}"]
            elif _MODULE.fullmatch(code) and code not in names:
                broken.append(f"{page}: {code}")
    assert not broken


def test_every_planted_bug_stands_under_its_invariant() -> None:
    """Who reads an invariant sees each bug that would break it, and tests that would notice."""
    text = (ROOT / "docs" / "invariants.md").read_text("utf-8")
    code = "\n".join((ROOT / name).read_text("utf-8") for name in _tracked() if _is_test(name))
    cited = {word for word in _CODE.findall(text) if re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", word)}
    bugs = {Path(name).stem for name in _tracked() if name.endswith(".patch")}
    assert bugs <= cited
    assert not [word for word in cited - bugs if not re.search(rf"\bdef {re.escape(word)}\b", code)]


def _is_test(name: str) -> bool:
    return name.startswith("tests/") and name.endswith(".py")


def test_every_citation_of_a_page_resolves() -> None:
    """Code and tests that rest on a fact say where it stands, and it stands there."""
    broken = [
        f"{name}: {target}"
        for name, text in _citing()
        if not name.endswith(".md")
        for target in _CITATION.findall(text)
        if not _resolves(target, name)
    ]
    assert not broken


def test_every_invariant_that_is_cited_has_its_heading() -> None:
    """A slug in parentheses, as `(never-empty)`, is found as a heading of docs/invariants.md."""
    slugs = _slugs()
    assert len(slugs) >= 14
    broken = [
        f"{name}: {word}"
        for name, text in _citing()
        for group in (*_SLUGS.findall(text), *_INVARIANT.findall(text))
        for word in group.split(", ")
        if word not in slugs
    ]
    assert not broken


def test_nothing_cites_what_is_not_here() -> None:
    """Every citation can be followed by whoever has the repository and nothing else."""
    alien = [f"{name}: {found[0]}" for name, text in _citing() for found in _ALIEN.finditer(text)]
    assert not alien


def test_nobody_is_told_to_put_a_key_into_a_url() -> None:
    """URLs end in logs and histories: pages and the API description offer the header alone."""
    # What Azure takes is a fact, and its webhook takes nothing else.
    offers = [page for page, text in _pages() if page not in _SOURCES and "?code=" in text]
    assert not offers
    api = json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8"))
    schemes = api["components"]["securitySchemes"]
    assert [(one["in"], one["name"]) for one in schemes.values()] == [("header", "x-functions-key")]
    assert api["security"] == [{name: []} for name in schemes]
    parameters = [
        (one["in"], one["name"])
        for operations in api["paths"].values()
        for operation in operations.values()
        for one in operation.get("parameters", ())
    ]
    assert ("query", "code") not in parameters


def test_every_question_of_a_newcomer_has_its_file() -> None:
    """Names are measured by the questions of CONTRIBUTING.md, and each has a file as its answer."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    section = text.partition("## Do you find it?\n")[2].partition("\n## ")[0]
    items = re.findall(r"^\d+\. (.+(?:\n +.+)*)", section, re.MULTILINE)
    asked = [" ".join(item.split()) for item in items]
    answers = json.loads((ROOT / "tests" / "unit" / "newcomers.json").read_text("utf-8"))
    assert asked == list(answers)
    assert len(asked) == 20
    assert not [file for file in answers.values() if file not in _tracked()]
    assert not [file for file in answers.values() if file in section]


def test_every_promise_of_the_security_page_names_its_tests() -> None:
    """Each row of the table of attackers rests on tests that are there."""
    text = (ROOT / "docs" / "security.md").read_text("utf-8")
    table = text.partition("## Attackers")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 10
    for row in rows:
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row)
        assert named, row
        for path, name in named:
            source = (ROOT / path).read_text("utf-8")
            assert re.search(rf"^(async )?def {name}\(", source, re.MULTILINE), f"{path}::{name}"


def test_the_security_page_explains_every_right() -> None:
    """Each action of each role has a reason, and no other is named."""
    text = (ROOT / "docs" / "security.md").read_text("utf-8")
    table = text.partition("## Rights")[2].partition("\n## ")[0]
    roles = (json.loads(path.read_text("utf-8")) for path in ROOT.glob("infra/roles/*.json"))
    actions = sorted(action for role in roles for action in role["actions"])
    assert sorted(re.findall(r"^\| `([\w./]+)` \|", table, re.MULTILINE)) == actions
