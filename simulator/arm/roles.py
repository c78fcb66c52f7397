"""Roles: who may do what, where."""

import re
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Assignment:
    """A role given to a principal at a scope.

    Attributes:
        principal: object ID.
        role_actions: the role's actions; `*` stands for any run of characters.
        scope: a resource ID, a group, a subscription, or "/" for everything.
    """

    principal: str
    role_actions: tuple[str, ...]
    scope: str


@lru_cache(maxsize=256)
def _pattern(action: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, action.split("*"))), re.IGNORECASE)


def _covers(scope: str, resource_id: str) -> bool:
    """Whether a resource lies at or below a scope."""
    above = scope.lower().rstrip("/") + "/"
    return (resource_id.lower().rstrip("/") + "/").startswith(above)


class Roles:
    """All assignments of the local Azure.

    Args:
        assignments: who got what, where.
    """

    def __init__(self, assignments: list[Assignment]) -> None:
        self._assignments = tuple(assignments)

    def grant(self, assignment: Assignment) -> None:
        """Give one more."""
        self._assignments = (*self._assignments, assignment)

    def revoke(self, principal: str, scope: str) -> None:
        """Take from a principal what was given at exactly that scope."""
        self._assignments = tuple(
            given
            for given in self._assignments
            if (given.principal, given.scope) != (principal, scope)
        )

    def replace(self, principal: str, assignments: list[Assignment]) -> None:
        """Give a principal these assignments, and no others."""
        others = (given for given in self._assignments if given.principal != principal)
        self._assignments = (*others, *assignments)

    def can_list(self, principal: str, action: str, scope: str) -> bool:
        """Whether an assignment holds the action at the scope, above it, or anywhere below it."""
        return self.may(principal, action, scope) or any(
            assignment.principal == principal
            and _covers(scope, assignment.scope)
            and self.may(principal, action, assignment.scope)
            for assignment in self._assignments
        )

    def may(self, principal: str, action: str, scope: str) -> bool:
        """Whether an assignment at or above the scope holds the action."""
        return any(
            assignment.principal == principal
            and _covers(assignment.scope, scope)
            and any(_pattern(allowed).fullmatch(action) for allowed in assignment.role_actions)
            for assignment in self._assignments
        )
