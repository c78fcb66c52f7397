"""Run options: how far a run may go; an event's own, the timer's, or what a request asks for."""

from collections.abc import Hashable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from math import inf

from shared.domain.changes import Change
from shared.domain.ownership import Adopt
from shared.domain.plan import Plan
from shared.domain.policy import Policy, restrict

# A record takes a write, of which Azure grants 60 a minute and kind for each zone
# (docs/azure.md#private-dns): 500 fit into a full sync, and bound the harm of a wrong one.
MAX_CHANGES = 500


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How far one run may go.

    Attributes:
        policy: whether it may take away.
        dry_run: whether it only says what it would do.
        adopt: which unmanaged record sets it may make ours.
        adopt_from: a former owner whose records and links it makes ours; empty for none.
        override_threshold: whether it may delete more than the delete threshold allows.
        accept_partial: whether it takes what there is, instead of hoping for members that are
            on their way.
        limit: how many changes a full sync may make.
        shown_effects: of the changes that a person was shown and said yes to, and no others
            may be made; None where nobody was asked.
    """

    policy: Policy = Policy.SYNC
    dry_run: bool = False
    adopt: Adopt = Adopt.NONE
    adopt_from: str = ""
    override_threshold: bool = False
    accept_partial: bool = False
    limit: float = MAX_CHANGES
    shown_effects: AbstractSet[Hashable] | None = None

    def is_shown(self, change: Change) -> bool:
        """Whether a change was shown to whoever was asked, if somebody was."""
        return self.shown_effects is None or change.effect in self.shown_effects


class ChangeLimit:
    """What all zones of a full sync may still do together (bounded).

    Args:
        changes: how many may still be made.

    Attributes:
        remaining: the same, less the changes that were counted.
    """

    def __init__(self, changes: float = inf) -> None:
        self.remaining = changes


class ZoneLimit:
    """What all runs over one zone may still do together.

    Args:
        total: what all zones may still do.
        removals: how many record sets may lose something (delete-threshold).
        policy: whether anything may be taken away.

    Attributes:
        policy: the same.
    """

    def __init__(
        self,
        total: ChangeLimit | None = None,
        removals: float = inf,
        policy: Policy = Policy.SYNC,
    ) -> None:
        self._total = total or ChangeLimit()
        self._max_removals = removals
        self.policy = policy
        self._removals: set[str] = set()
        self._changes: set[tuple[type, str]] = set()

    @property
    def remaining(self) -> float:
        """How many changes may still be made."""
        return self._total.remaining

    def permit(self, plan: Plan, options: RunOptions) -> Plan | None:
        """What of a plan may be made now: what is allowed and was shown, or nothing.

        Records are cut nowhere else: half a registry is worse than none yet (no-half-registry).
        """
        plan = self.restrict(plan, options)
        if not all(map(options.is_shown, plan.records)):
            return None
        plan = replace(plan, links=tuple(filter(options.is_shown, plan.links)))
        return plan if len(self._new_changes(plan)) <= self.remaining else None

    def restrict(self, plan: Plan, options: RunOptions) -> Plan:
        """What of a plan is allowed: all of it, or its upserts alone."""
        plan = restrict(restrict(plan, options.policy), self.policy)
        if len(self._removals | _removals(plan)) > self._max_removals:
            # Upserts take nothing from anybody, so they need not wait for a person.
            plan = restrict(plan, Policy.UPSERT_ONLY)
        return plan

    def spend(self, plan: Plan) -> None:
        """Count a plan that is about to be made.

        A change that is planned again, since somebody else wrote first, counts once.
        """
        changes = self._new_changes(plan)
        self._total.remaining -= len(changes)
        self._changes |= changes
        self._removals |= _removals(plan)

    def _new_changes(self, plan: Plan) -> set[tuple[type, str]]:
        # By type as well: a record and a link can have one name.
        return {(type(change), change.name) for change in plan.changes} - self._changes


def _removals(plan: Plan) -> set[str]:
    return {change.name for change in plan.records if change.is_removal}
