"""What a run did, what it found, and what it must leave to a later one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from shared.domain.changes import Change
from shared.domain.findings import Finding, FindingKind
from shared.domain.resource_id import ResourceId
from shared.domain.zone import Zone
from shared.errors import LastingError, LockedError, TransientError

_REFUSALS = (FindingKind.LINK_REFUSED, FindingKind.LOCKED, FindingKind.REFUSED)


class ChangeState(StrEnum):
    """What became of a change.

    Attributes:
        DONE: Azure confirmed it.
        PENDING: a link operation that still ran when the run ended.
        PLANNED: a run that may not write would have made it.
        WITHHELD: the policy or the delete threshold kept it from being made.
    """

    DONE = "done"
    PENDING = "pending"
    PLANNED = "planned"
    WITHHELD = "withheld"


@dataclass(slots=True)
class ZoneResult:
    """What came of a run in one zone, true at any moment, however the run ends.

    Attributes:
        zone: where.
        passes: how many were made; 0 if the scope has nothing to do with the zone.
        changes: each with what became of it, in order.
        findings: of the last observation.
        unread: what Azure did not answer in the last observation.
        in_progress: what was still on its way in the last observation.
        missing_members: regions in service that lack a member in the last observation.
        remaining: how many changes the limit or the time left for the next run; at least so
            many, where the time ended within an observation.
        errors: what Azure did not answer or refused, in our own words.
        bugs: what should never have been raised.
        managed: in a full sync, how many records and links bear this owner.
        unmanaged: in a full sync, how many record sets bear no owner.
        other_owner: in a full sync, how many record sets bear another.
    """

    zone: Zone
    passes: int = 0
    changes: list[tuple[Change, ChangeState]] = field(default_factory=list)
    findings: tuple[Finding, ...] = ()
    unread: tuple[str, ...] = ()
    in_progress: tuple[str, ...] = ()
    missing_members: tuple[str, ...] = ()
    remaining: int = 0
    errors: tuple[str, ...] = ()
    bugs: tuple[Exception, ...] = ()
    managed: int = 0
    unmanaged: int = 0
    other_owner: int = 0

    @property
    def is_stuck(self) -> bool:
        """Whether the same is likely to fail again: then others go first next time."""
        return bool(self.errors or self.bugs or self.has_refusals)

    @property
    def has_refusals(self) -> bool:
        """Whether Azure refused what is still to be done, until a person changes something."""
        return any(finding.kind in _REFUSALS for finding in self.findings)

    def fail(self, error: TransientError) -> None:
        """Note why something of the zone could not be read; what lasts is a finding."""
        if isinstance(error, LastingError):
            self.refuse(str(self.zone.id), error)
        else:
            self.errors += (str(error),)

    def refuse(self, resource: str, error: LastingError | LockedError) -> None:
        """Note what Azure refused for good; the rest of a run is made."""
        if isinstance(error, LastingError):
            finding = Finding(FindingKind.REFUSED, resource, str(error), error.can_pass)
        else:
            finding = Finding(FindingKind.LOCKED, resource, str(error))
        self.findings += (finding,)

    def add(self, state: ChangeState, *changes: Change) -> None:
        """Note what became of changes."""
        self.changes.extend((change, state) for change in changes)

    def in_state(self, state: ChangeState) -> list[Change]:
        """The changes of which that became, in order."""
        return [change for change, one in self.changes if one is state]

    def drop(self, state: ChangeState) -> None:
        """Forget the changes of which that became: a newer observation plans anew."""
        self.changes = [(change, one) for change, one in self.changes if one is not state]

    def merge(self, part: "ZoneResult") -> None:
        """Add what came of one registry to the zone's result; no finding appears twice."""
        self.passes += part.passes
        self.changes += part.changes
        self.remaining += part.remaining
        self.errors += part.errors
        self.bugs += part.bugs
        self.in_progress += part.in_progress
        self.missing_members += part.missing_members
        # Registries can share what these are about, such as a network or a subscription.
        self.findings = tuple(dict.fromkeys((*self.findings, *part.findings)))
        self.unread = tuple(dict.fromkeys((*self.unread, *part.unread)))


# What came of a run, by zone: of every zone of the name.
type ZoneResults = Mapping[ResourceId, ZoneResult]


def make_results(zones: Iterable[Zone]) -> ZoneResults:
    """Results of a run that has not begun."""
    return {zone.id: ZoneResult(zone) for zone in zones}
