"""Mandate: how far a run may go; an event's own, a timer's, or what a request asked for."""

from dataclasses import dataclass, field
from enum import Enum, auto
from math import inf

from shared.domain.changes import Patience
from shared.domain.plan import Plan
from shared.domain.policy import Policy, permitted


class Effect(Enum):
    """Whether a run writes."""

    WRITE = auto()
    NONE = auto()


class Stay(Enum):
    """Whether a run waits for what is on its way while its budget lasts."""

    UNTIL_SETTLED = auto()
    BRIEFLY = auto()


class Allowance:
    """What all runs of one sweep may do together (S6, S10).

    Args:
        writes: how many changes may be made.
        deletes: how many of them may take something away.
    """

    def __init__(self, writes: float = inf, deletes: float = inf) -> None:
        self._writes = writes
        self._deletes = deletes

    def grant(self, plan: Plan) -> Plan:
        """What of a plan may be done: all of it, its upserts alone, or nothing for now.

        A plan is never cut anywhere else: half a registry is worse than none yet (S7).
        """
        if plan.deletes > self._deletes:
            plan = permitted(plan, Policy.UPSERT_ONLY)
        size = len(plan.records) + len(plan.links)
        if size > self._writes:
            return Plan(notices=plan.notices)
        self._writes -= size
        self._deletes -= plan.deletes
        return plan


@dataclass(frozen=True, slots=True)
class Mandate:
    """How far a run may go.

    Attributes:
        policy: whether it may take away.
        effect: whether it writes at all.
        patience: whether it may still hope for members that are on their way.
        stay: whether it waits for them.
        allowance: what it may do together with others.
    """

    policy: Policy = Policy.SYNC
    effect: Effect = Effect.WRITE
    patience: Patience = Patience.WAIT
    stay: Stay = Stay.UNTIL_SETTLED
    allowance: Allowance = field(default_factory=Allowance)

    def permit(self, plan: Plan) -> Plan:
        """The part of a plan that may be done now."""
        return self.allowance.grant(permitted(plan, self.policy))
