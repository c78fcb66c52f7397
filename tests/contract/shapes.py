"""How what the local Azure answers differs in shape from what Azure answered.

Two documents have one shape if they nest the same names, with values of the
same JSON types and text of the same forms: an ID with the same types along its
way, an etag with the same quotes, a time with the same ending. Words that are
Azure's own (a state, a type, an error code) must be the same words, and error
messages the same sentences but for what they name.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

WORDS = frozenset(
    {
        "actionsRequired",
        "code",
        "defaultAction",
        "description",
        "displayStatus",
        "groupId",
        "privateIPAddressVersion",
        "privateIPAllocationMethod",
        "provisioningState",
        "recordType",
        "resolutionPolicy",
        "status",
        "type",
        "virtualNetworkLinkState",
    }
)
"""Fields whose text is Azure's and not the caller's."""

FREE = ("metadata", "tags")
"""Objects whose names are the caller's."""

TELLING = ("azure-asyncoperation", "location", "x-ms-failure-cause")
"""Headers that steer a client: where a document has none of them, neither may the answer."""

_GUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_FORMS = {
    "nothing": r"",
    "a GUID": _GUID,
    "a weak etag": f'W/"{_GUID}"',
    "a quoted etag": f'"{_GUID}"',
    "a number": r"\d+",
    "a time in Z": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,7}Z",
    "a time with an offset": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,7}\+00:00",
    "an IPv4 address": r"\d{1,3}(\.\d{1,3}){3}",
    "a MAC address": r"[0-9A-F]{2}(-[0-9A-F]{2}){5}",
    "an absolute name": r"([\w-]+\.)+",
    "a name with 32 hexadecimal digits": r"\w+\.[0-9a-f]{32}",
    "a name with a GUID": f"[\\w.-]+-{_GUID}|[\\w-]+\\.nic\\.{_GUID}",
    "a domain name": r"([A-Za-z0-9-]+\.)+[a-z]+",
}
_NAMES_SOMETHING = re.compile(r"\S*\d\S*")


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """One way in which the local Azure's answer is not Azure's.

    Attributes:
        where: names on the way, joined by dots; `each` stands for a list's items.
        what: missing, extra, empty, filled, type, form or word.
        detail: theirs and ours, for a person; it makes no difference of its own.
    """

    where: str
    what: str
    detail: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.where}: {self.what} {self.detail}".rstrip()


def differences(theirs: Any, ours: Any, where: str = "body") -> set[Difference]:
    """Every difference between a document and an answer, deepest first where they nest.

    Args:
        theirs: JSON that Azure answered.
        ours: JSON that the local Azure answers.
        where: the way to both.
    """
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return set(_of_objects(theirs, ours, where))
    if isinstance(theirs, list) and isinstance(ours, list):
        return _of_lists(theirs, ours, where)
    if type(theirs) is not type(ours):
        return {Difference(where, "type", f"is {_named(ours)}, and {_named(theirs)} there")}
    if isinstance(theirs, str) and isinstance(ours, str):
        return set(_of_texts(theirs, ours, where))
    return set()


def of_headers(theirs: Mapping[str, str], ours: Mapping[str, str]) -> set[Difference]:
    """Every difference between the headers of a document and those of an answer."""
    known = {name.lower(): value for name, value in theirs.items()}
    found = {name: ours[name] for name in ours if name in known or name in TELLING}
    return set(_of_objects(known, found, "headers"))


def _of_objects(
    theirs: Mapping[str, Any], ours: Mapping[str, Any], where: str
) -> Iterator[Difference]:
    if where.rpartition(".")[2] in FREE:
        yield from _of_lists(list(theirs.values()), list(ours.values()), where)
        return
    for name in theirs.keys() | ours.keys():
        at = f"{where}.{name}"
        if name not in ours:
            yield Difference(at, "missing", f"there it is {theirs[name]!r}"[:160])
        elif name not in theirs:
            yield Difference(at, "extra", f"here it is {ours[name]!r}"[:160])
        else:
            yield from differences(theirs[name], ours[name], at)


def _of_lists(theirs: list[Any], ours: list[Any], where: str) -> set[Difference]:
    """Each item of ours against that of theirs which it is most like."""
    if theirs and not ours:
        return {Difference(where, "empty", "so that nothing can be compared")}
    if ours and not theirs:
        return {Difference(where, "filled", f"here it has {ours[0]!r}"[:160])}
    found: set[Difference] = set()
    for item in ours:
        found |= min((differences(their, item, f"{where}.each") for their in theirs), key=len)
    return found


def _of_texts(theirs: str, ours: str, where: str) -> Iterator[Difference]:
    name = where.rpartition(".")[2]
    if name in WORDS and "headers" not in where:
        if theirs != ours:
            yield Difference(where, "word", f"is {ours!r}, and {theirs!r} there")
    elif name == "message":
        sentence, other = (_NAMES_SOMETHING.sub("…", text) for text in (theirs, ours))
        if sentence != other:
            yield Difference(where, "word", f"is {other!r}, and {sentence!r} there")
    elif (there := form_of(theirs)) != (here := form_of(ours)):
        yield Difference(where, "form", f"is {here}, and {there} there")


def form_of(text: str) -> str:
    """What kind of text it is: one of the known forms, an ID or a URL by its way, or just text."""
    if text.startswith("/subscriptions/"):
        return f"the ID {_way(text)}"
    if text.startswith("https://"):
        parts = urlsplit(text)
        return f"the URL {_way(parts.path)}?{'&'.join(sorted(parse_qs(parts.query)))}"
    known = (form for form, pattern in _FORMS.items() if re.fullmatch(pattern, text))
    return next(known, "text")


def _way(path: str) -> str:
    """An ID's types, with its names left out."""
    segments, named = path.strip("/").split("/"), False
    shown = []
    for segment in segments:
        shown.append("…" if named else segment)
        named = not named and segment != "providers" and "Microsoft." not in segment
    return "/".join(shown)


def _named(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "a truth", int: "a number"}
    return "null" if value is None else names.get(type(value), type(value).__name__)
