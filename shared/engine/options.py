"""Mandate: how far a run may go; an event's own, a timer's, or what a request asked for."""

from dataclasses import dataclass
from enum import Enum, auto
from math import inf

from shared.domain.changes import Patience
from shared.domain.plan import Plan
from shared.domain.policy import Policy, restrict


class Effect(Enum):
    """Whether a run writes."""

    WRITE = auto()
    NONE = auto()


class Stay(Enum):
    """Whether a run waits for what is on its way while its budget lasts."""

    UNTIL_SETTLED = auto()
    BRIEFLY = auto()


@dataclass(slots=True)
class Cap:
    """How many writes the zones of a sweep may still make together (bounded)."""

    remaining: float = inf


class Allowance:
    """What all runs over one zone may do together.

    Args:
        cap: how many changes may be made.
        deletes: how many of them may take something away (delete-threshold).
    """

    def __init__(self, cap: Cap, deletes: float = inf) -> None:
        self._cap = cap
        self._deletes = deletes
        self._taken: set[str] = set()

    @property
    def writes(self) -> float:
        """How many changes may still be made."""
        return self._cap.remaining

    def grant(self, plan: Plan) -> Plan | None:
        """What of a plan may be done: all of it, its upserts alone, or nothing for now.

        A plan is cut nowhere else: half a registry is worse than none yet (no-half-registry).
        """
        # A name that is looked at again, since somebody else wrote first, counts once.
        taken = {change.name for change in plan.records if change.is_removal}
        if len(self._taken | taken) > self._deletes:
            plan, taken = restrict(plan, Policy.UPSERT_ONLY), set()
        if plan.size > self._cap.remaining:
            return None
        self._cap.remaining -= plan.size
        self._taken |= taken
        return plan


@dataclass(frozen=True, slots=True)
class Mandate:
    """How far a run may go.

    Attributes:
        policy: whether it may take away.
        effect: whether it writes at all.
        patience: whether it may still hope for members that are on their way.
        stay: whether it waits for them.
        allowance: what it may do together with others; None for no bound but its own.
    """

    policy: Policy = Policy.SYNC
    effect: Effect = Effect.WRITE
    patience: Patience = Patience.WAIT
    stay: Stay = Stay.UNTIL_SETTLED
    allowance: Allowance | None = None

    @property
    def is_spent(self) -> bool:
        """Whether nothing may be written any more, so that looking is of no use."""
        return self.allowance is not None and self.allowance.writes < 1

    def room(self, plan: Plan) -> int:
        """How many of a plan's changes may still be made."""
        return int(min(self.allowance.writes if self.allowance else inf, plan.size))

    def permit(self, plan: Plan) -> Plan | None:
        """The part of a plan that may be done; None if it must wait for the next run."""
        plan = restrict(plan, self.policy)
        return self.allowance.grant(plan) if self.allowance else plan


MOST_WRITES = 500
