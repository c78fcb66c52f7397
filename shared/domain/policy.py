"""Policy: what a run may take away, by the settings and the delete threshold; who may ask more."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

from shared.domain.plan import Plan


class Policy(StrEnum):
    """Whether a run may take away what is proven over."""

    SYNC = "sync"
    UPSERT_ONLY = "upsert-only"


class Permission(StrEnum):
    """What a request over HTTP may ask for beyond the settings, if the setting ALLOW names it."""

    OVERRIDE_DELETE_THRESHOLD = "overrideDeleteThreshold"
    ADOPT = "adopt"


def restrict(plan: Plan, policy: Policy) -> Plan:
    """The part of the plan that the policy allows, in the same order."""
    match policy:
        case Policy.SYNC:
            return plan
        case Policy.UPSERT_ONLY:
            # Findings stay: what is not taken away is still wrong.
            return replace(
                plan,
                records=tuple(change for change in plan.records if not change.is_removal),
                links=tuple(change for change in plan.links if not change.is_removal),
            )
        case _:
            assert_never(policy)


@dataclass(frozen=True, slots=True)
class DeleteThreshold:
    """How many deletes a full sync may plan before it makes none at all (delete-threshold).

    Attributes:
        percent: of the managed records and links in the zone.
        min_deletes: deletes that are always allowed, however small the zone.
    """

    percent: int = 10
    min_deletes: int = 3

    def allowed(self, count: int) -> int:
        """How many deletes one run may make in a zone with so many managed records and links."""
        # A share alone would let a zone of four records lose none, not even one registry's
        # (docs/decisions/0007-delete-threshold.md).
        return max(self.min_deletes, count * self.percent // 100)
