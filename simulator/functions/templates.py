"""Route templates of HTTP functions: `explain/{name}`, `items/{id:int?}`, `files/{*path}`.

The rules of ASP.NET Core's routing: literals in any case, parameters of a whole segment.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

_PARAMETER = re.compile(r"\{(\*{0,2})(\w+)(?::(\w+))?(\?)?\}")
_CONSTRAINTS = {
    "": r".+",
    "alpha": r"[A-Za-z]*",
    "bool": r"(?i:true|false)",
    "guid": r"(?i:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})",
    "int": r"-?\d{1,10}",
    "long": r"-?\d{1,19}",
}


class TemplateError(Exception):
    """A route template that cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class _Segment:
    """A literal, or a parameter with a constraint."""

    name: str
    literal: bool = False
    constraint: str = ""
    rest: bool = False
    optional: bool = False

    def takes(self, value: str) -> bool:
        """Whether a segment of a path fits."""
        if self.literal:
            return value.lower() == self.name.lower()
        return re.fullmatch(_CONSTRAINTS[self.constraint], value, re.ASCII | re.DOTALL) is not None


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed template; use `Template.parse`."""

    segments: tuple[_Segment, ...]

    @classmethod
    def parse(cls, text: str) -> "Template":
        """A template as an HTTP trigger's `route` has it.

        Raises:
            TemplateError: it is malformed, or uses what this host does not know.
        """
        segments = tuple(_segment(one) for one in text.strip("/").split("/") if one)
        if any(one.rest or one.optional for one in segments[:-1]):
            raise TemplateError(f"only the last segment of '{text}' may be optional")
        return cls(segments)

    def match(self, path: Iterable[str]) -> dict[str, str] | None:
        """The parameters that a path gives, None if it does not fit.

        Args:
            path: its segments, decoded by `split`.
        """
        left, values = list(path), dict[str, str]()
        for segment in self.segments:
            if segment.rest:
                return values | ({segment.name: "/".join(left)} if left else {})
            if not left:
                return values if segment.optional else None
            value = left.pop(0)
            if not segment.takes(value):
                return None
            if not segment.literal:
                values[segment.name] = value
        return None if left else values


def split(raw_path: str) -> list[str]:
    """The segments of a path as it was sent, decoded, but for `%2F`, which Kestrel leaves alone."""
    kept = re.sub("%2f", "%252F", raw_path.strip("/"), flags=re.IGNORECASE)
    return [unquote(one) for one in kept.split("/")] if kept else []


def _segment(text: str) -> _Segment:
    if "{" not in text and "}" not in text:
        return _Segment(text, literal=True)
    match = _PARAMETER.fullmatch(text)
    if match is None:
        raise TemplateError(f"the segment '{text}' is neither a literal nor one parameter")
    stars, name, constraint, optional = match.groups(default="")
    if constraint not in _CONSTRAINTS:
        raise TemplateError(f"the constraint '{constraint}' of '{text}' is not known here")
    return _Segment(name, constraint=constraint, rest=bool(stars), optional=bool(optional))
