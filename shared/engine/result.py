"""What a run did, what it found, and what it must leave to a later one."""

from dataclasses import dataclass, field

from shared.domain.changes import Change, LinkChange
from shared.domain.findings import Finding
from shared.domain.observation import DoubtedClaim
from shared.domain.policy import Policy
from shared.domain.scope import EndpointScope, RegistryScope, WholeScope
from shared.domain.zone import Foreign, Zone
from shared.engine.options import MOST_WRITES, Effect
from shared.engine.request_count import RequestCounter


@dataclass(slots=True)
class ZoneResult:
    """One run of the loop over one zone.

    Attributes:
        zone: where.
        observations: observations made; 0 if the scope has nothing to do with the zone.
        done: changes that Azure confirmed, in order.
        pending: link operations still running when the run ended.
        findings: findings of the last look.
        unread: what Azure did not answer in the last look.
        in_progress: what was still on its way in the last look.
        missing: regions in service that lack a member in the last look.
        planned: changes that a run which may not write would have made.
        withheld: record changes that the policy or the delete threshold kept from being made.
        remaining: how many changes the cap on writes or the time left for the next run; at
            least so many, where the time ended within a look.
        errors: what Azure did not answer or refused, in our own words.
        bugs: what should never have been raised.
        managed: in a full sync, how many records and links bear this owner.
        unmanaged: in a full sync, how many record sets bear no owner.
        other_owner: in a full sync, how many record sets bear another.
        doubts: names and entries that are half proven over, or about to be, in the last look.
    """

    zone: Zone
    observations: int = 0
    done: list[Change] = field(default_factory=list)
    pending: list[LinkChange] = field(default_factory=list)
    findings: tuple[Finding, ...] = ()
    unread: tuple[str, ...] = ()
    in_progress: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    planned: list[Change] = field(default_factory=list)
    withheld: tuple[Change, ...] = ()
    remaining: int = 0
    errors: tuple[str, ...] = ()
    bugs: tuple[Exception, ...] = ()
    managed: int = 0
    unmanaged: int = 0
    other_owner: int = 0
    doubts: frozenset[DoubtedClaim] = frozenset()


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
        return sum(result.remaining + len(result.pending) for result in self.results)

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
        return bool(self.remaining) or any(r.planned or r.withheld for r in self.results)

    def _is_blind(self, result: ZoneResult) -> bool:
        if result.errors and not (
            result.observations or result.managed or result.unmanaged or result.other_owner
        ):
            return True
        silent = {gap.partition(":")[0] for gap in result.unread}
        return silent >= {f"/subscriptions/{id_}" for id_ in self.watched}
