"""Confirmation: what a person was not shown is not done, and is told (nothing-silent)."""

from shared.domain.changes import LinkChange
from shared.domain.findings import Finding, FindingKind
from shared.domain.plan import Plan
from shared.domain.zone import Zone
from shared.engine.apply_links import prove_links
from shared.engine.context import RunContext
from shared.engine.options import RunOptions
from shared.engine.result import ZoneResult
from shared.errors import TransientError


async def note_unshown(
    plan: Plan,
    kept_zones: tuple[Zone, ...],
    options: RunOptions,
    context: RunContext,
    result: ZoneResult,
) -> None:
    """Note each change that the run would make, had it been shown to whoever said yes.

    Args:
        plan: what there is to change now in one zone.
        kept_zones: every zone of the name.
        options: the run's, with what was shown.
        context: Azure, and what the run may do in this zone.
        result: gets a finding for each.
    """
    plan = context.limit_of(result.zone.id).restrict(plan, options)
    unshown_changes = [change for change in plan.changes if not options.is_shown(change)]
    if not unshown_changes:
        return
    # A plan shows no link that is in use, so one must first be proven not to be.
    links = tuple(change for change in unshown_changes if isinstance(change, LinkChange))
    proven_links: list[LinkChange] = []
    try:
        proven_links = await prove_links(Plan(links=links), kept_zones, context.azure, result)
    except TransientError as error:
        # The records, which were shown, need not wait for a link that would go last of all.
        result.unread += (str(error),)
    names = [
        change.name
        for change in unshown_changes
        if not isinstance(change, LinkChange) or change in proven_links
    ]
    detail = "this is not what was shown"
    result.findings += tuple(Finding(FindingKind.PLAN_CHANGED, name, detail) for name in names)
    result.remaining = max(result.remaining, len(names))
