"""A run's result as lines for the log: what changed and why, what a person should know."""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator

from shared.domain.changes import Action, Change, LinkChange, RecordChange
from shared.domain.findings import Finding, Severity
from shared.domain.zone import RecordSet
from shared.engine.result import ChangeState, ZoneResult

_LEVELS = {
    Severity.INFO: logging.INFO,
    Severity.WARNING: logging.WARNING,
    Severity.ERROR: logging.ERROR,
}
# Of a run's findings so many have a line each.
_MAX_LINES = 50
_MAX_TEXTS = 10
_DONE_VERBS = {
    "create": "created",
    "update": "updated",
    "delete": "deleted",
    "link": "linked",
    "unlink": "unlinked",
}
_LINK_VERBS = {Action.CREATE: "link", Action.UPDATE: "update", Action.DELETE: "unlink"}


def lines(result: ZoneResult) -> Iterator[tuple[int, str]]:
    """One log level and line for each change, done or not, pending link and finding of the run."""
    yield from change_lines(result)
    yield from finding_lines(result, result.findings)


def finding_lines(result: ZoneResult, findings: Iterable[Finding]) -> Iterator[tuple[int, str]]:
    """A line each for the first of these findings, the worst first; all others are counted."""
    order = sorted(findings, key=lambda one: -_LEVELS[one.kind.severity])
    yield from map(finding_line, order[:_MAX_LINES])
    # Anybody can cause hundreds, and among these what matters would not be seen (bounded).
    first = set(order[:_MAX_LINES])
    counts = Counter(one.kind.code for one in result.findings if one not in first)
    if counts:
        text = ", ".join(f"{count} {code}" for code, count in sorted(counts.items()))
        yield logging.INFO, f"findings not shown, in {result.zone.id.name}: {text}"


def few(texts: Iterable[str]) -> str:
    """Some of the texts, and how many more there are."""
    texts = tuple(dict.fromkeys(texts))
    more = f"; and {len(texts) - _MAX_TEXTS} more" if len(texts) > _MAX_TEXTS else ""
    return "; ".join(texts[:_MAX_TEXTS]) + more


def change_lines(result: ZoneResult) -> Iterator[tuple[int, str]]:
    """One log level and line for each change, done or not."""
    for change, state in result.changes:
        match state:
            case ChangeState.DONE:
                line = done_text(change)
            # Azure has not confirmed it yet, and may still refuse (confirmed).
            case ChangeState.PENDING:
                line = f"still running: {done_text(change)}"
            case ChangeState.PLANNED:
                line = f"dry run, {planned_text(change)}"
            case ChangeState.WITHHELD:
                line = f"withheld, {planned_text(change)}"
        yield logging.INFO, line


def summary(result: ZoneResult) -> str:
    """The run in one phrase."""
    counts = (
        (len(result.in_state(ChangeState.DONE)), "changed"),
        (len(result.in_state(ChangeState.PLANNED)), "to change"),
        (len(result.in_state(ChangeState.WITHHELD)), "withheld"),
        (len(result.in_state(ChangeState.PENDING)), "still running"),
        (result.remaining, "left"),
        (len(result.findings), "found"),
        (len(result.in_progress), "on its way"),
        (len(result.unread), "not answered"),
        (len(result.errors), "failed"),
        (len(result.bugs), "ended by a bug"),
    )
    text = ", ".join(f"{count} {what}" for count, what in counts if count)
    # A run that passed over nothing, in a zone without anything of ours, has seen nothing right.
    return text or ("already right" if result.passes or result.managed else "nothing to do")


def done_text(change: Change) -> str:
    """One change that was made: what it did to what, and why."""
    verb, rest = _words(change)
    return f"{_DONE_VERBS[verb]} {rest}"


def planned_text(change: Change) -> str:
    """One change that was not made: what it would have done to what, and why."""
    verb, rest = _words(change)
    return f"would {verb} {rest}"


def address_words(record: RecordSet | None) -> str:
    """A record set's addresses in words."""
    return ", ".join(record.addresses if record else ()) or "nothing"


def finding_line(finding: Finding) -> tuple[int, str]:
    """One log level and line for a finding."""
    kind = finding.kind
    line = f"finding {kind.code} at {finding.resource}: {finding.detail}. {kind.remedy}"
    return _LEVELS[kind.severity], line


def _words(change: Change) -> tuple[str, str]:
    """The verb, and the rest of the sentence."""
    if isinstance(change, LinkChange):
        verb = _LINK_VERBS[change.action]
        what = f"network {change.network.name if change.network else change.name}"
        if change.action is Action.UPDATE:
            what = f"the link of {what}"
    else:
        verb, what = str(change.action), f"A {change.name}{_step(change)}"
    return verb, f"{what} in {change.zone.id.name}: {change.reason}"


def _step(change: RecordChange) -> str:
    """From what a record set holds to what it will."""
    before, after = change.before, change.after
    if after is None:
        return f", was {address_words(before)}"
    if before is None:
        return f" -> {address_words(after)}"
    if before.addresses == after.addresses:
        return f", still {address_words(after)},"
    return f" -> {address_words(after)}, was {address_words(before)}"
