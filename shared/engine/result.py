"""What a run did, what it found, and what it must leave to a later one."""

from dataclasses import dataclass, field
from enum import StrEnum

from shared.domain.changes import Change
from shared.domain.findings import Finding
from shared.domain.observation import DoubtedClaim
from shared.domain.policy import Policy
from shared.domain.scope import EndpointScope, RegistryScope, WholeScope
from shared.domain.zone import Foreign, Zone
from shared.engine.options import MOST_WRITES, Effect
from shared.engine.request_count import RequestCounter


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
        observations: how many were made; 0 if the scope has nothing to do with the zone.
        changes: each with what became of it, in order.
        findings: of the last observation.
        unread: what Azure did not answer in the last observation.
        in_progress: what was still on its way in the last observation.
        missing: regions in service that lack a member in the last observation.
        remaining: how many changes the limit or the time left for the next run; at least so
            many, where the time ended within an observation.
        errors: what Azure did not answer or refused, in our own words.
        bugs: what should never have been raised.
        managed: in a full sync, how many records and links bear this owner.
        unmanaged: in a full sync, how many record sets bear no owner.
        other_owner: in a full sync, how many record sets bear another.
        doubts: names and entries that are half proven over, or about to be, in the last look.
    """

    zone: Zone
    observations: int = 0
    changes: list[tuple[Change, ChangeState]] = field(default_factory=list)
    findings: tuple[Finding, ...] = ()
    unread: tuple[str, ...] = ()
    in_progress: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    remaining: int = 0
    errors: tuple[str, ...] = ()
    bugs: tuple[Exception, ...] = ()
    managed: int = 0
    unmanaged: int = 0
    other_owner: int = 0
    doubts: frozenset[DoubtedClaim] = frozenset()

    def add(self, state: ChangeState, *changes: Change) -> None:
        """Note what became of changes."""
        self.changes.extend((change, state) for change in changes)

    def in_state(self, state: ChangeState) -> list[Change]:
        """The changes of which that became, in order."""
        return [change for change, one in self.changes if one is state]

    def drop(self, state: ChangeState) -> None:
        """Forget the changes of which that became: a newer observation plans anew."""
        self.changes = [(change, one) for change, one in self.changes if one is not state]


type RunScope = EndpointScope | RegistryScope | WholeScope


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What is to be made right, and how far that may go.

    Attributes:
        scope: what it is about.
        effect: whether it writes.
        policy: whether it may take away.
        foreign: what it may do with record sets that carry no mark.
        former: an owner whose marks it takes over; empty for none.
        is_threshold_on: whether the delete threshold holds.
        cap: how many writes a full sync may make.
    """

    scope: RunScope
    effect: Effect
    policy: Policy
    foreign: Foreign = Foreign.FILL
    former: str = ""
    is_threshold_on: bool = True
    cap: float = MOST_WRITES


@dataclass(frozen=True, slots=True)
class RunResult:
    """How an order was carried out.

    Attributes:
        run_request: the order.
        results: one for each zone.
        calls: requests to Azure.
        seconds: how long it took.
        watched: the watched subscriptions.
    """

    run_request: RunRequest
    results: tuple[ZoneResult, ...]
    calls: RequestCounter
    seconds: float
    watched: frozenset[str]

    @property
    def remaining(self) -> int:
        """How many changes are left for another run, those that still run in Azure included."""
        return sum(
            result.remaining + len(result.in_state(ChangeState.PENDING)) for result in self.results
        )

    @property
    def bugs(self) -> tuple[Exception, ...]:
        """What should never have been raised."""
        return tuple(bug for result in self.results for bug in result.bugs)

    @property
    def failed(self) -> bool:
        """Whether something could not be read or written."""
        return any(result.errors or result.unread or result.bugs for result in self.results)

    @property
    def blind(self) -> bool:
        """Whether nothing could be read: no zone, or no subscription."""
        return all(map(self._is_blind, self.results))

    @property
    def drifted(self) -> bool:
        """Whether something is not as it should be, and was not made so."""
        return bool(self.remaining) or any(
            state in (ChangeState.PLANNED, ChangeState.WITHHELD)
            for result in self.results
            for _, state in result.changes
        )

    def _is_blind(self, result: ZoneResult) -> bool:
        if result.errors and not (
            result.observations or result.managed or result.unmanaged or result.other_owner
        ):
            return True
        silent = {gap.partition(":")[0] for gap in result.unread}
        return silent >= {f"/subscriptions/{id_}" for id_ in self.watched}
