"""Ceilings: the settings are as far as a request over HTTP may go; it may only be stricter.

The command line is bound by the operator's own rights alone; events and the timer run with the
settings themselves.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from shared.domain.ownership import Adopt
from shared.domain.policy import Permission, Policy
from shared.engine.options import RunOptions


@dataclass(frozen=True, slots=True)
class Excess:
    """One way in which a request goes beyond the settings.

    Attributes:
        option: the field of its body.
        ceiling: the setting that it goes beyond, without the prefix.
    """

    option: str
    ceiling: str


_DRY_RUN = Excess("dryRun", "DRY_RUN")
_POLICY = Excess("policy", "POLICY")
_ADOPT = Excess(str(Permission.ADOPT), "ALLOW")
_OVERRIDE = Excess(str(Permission.OVERRIDE_DELETE_THRESHOLD), "ALLOW")


def find_excess(
    deployment: RunOptions, request: RunOptions, permissions: AbstractSet[Permission]
) -> tuple[Excess, ...]:
    """In what a request goes beyond the settings; nothing if it may be carried out.

    Args:
        deployment: how far the settings go.
        request: how far the request would go.
        permissions: what it may ask for beyond them.
    """
    # What never writes may ask anything.
    if request.dry_run:
        return ()
    adopts_all = request.adopt is Adopt.ALL and deployment.adopt is not Adopt.ALL
    is_beyond = {
        _DRY_RUN: deployment.dry_run,
        _POLICY: request.policy is Policy.SYNC and deployment.policy is not Policy.SYNC,
        _ADOPT: adopts_all or request.adopt_from not in {"", deployment.adopt_from},
        _OVERRIDE: request.override_threshold and not deployment.override_threshold,
    }
    return tuple(
        excess for excess, holds in is_beyond.items() if holds and excess.option not in permissions
    )
