"""What a run did, what it found, and what it must leave to a later one."""

from dataclasses import dataclass, field

from shared.domain.changes import Change, LinkChange
from shared.domain.findings import Notice
from shared.domain.model import DoubtedEntry, Zone


@dataclass(slots=True)
class Report:
    """One run of the loop over one zone.

    Attributes:
        zone: where.
        looks: observations made; 0 if the scope has nothing to do with the zone.
        done: changes that Azure confirmed, in order.
        pending: link operations still running when the run ended.
        notices: findings of the last look.
        gaps: what Azure did not answer in the last look.
        waiting: what was still on its way in the last look.
        missing: regions in service that lack a member in the last look.
        planned: changes that a run which may not write would have made.
        withheld: record changes that the policy or the delete threshold kept from being made.
        left: how many changes the cap on writes or the time left for the next run; at
            least so many, where the time ended within a look.
        errors: what Azure did not answer or refused, in our own words.
        bugs: what should never have been raised.
        managed: in a full sync, how many records and links bear this owner.
        unmanaged: in a full sync, how many record sets bear no owner.
        other_owner: in a full sync, how many record sets bear another.
        doubts: names and entries that are half proven over, or about to be, in the last look.
    """

    zone: Zone
    looks: int = 0
    done: list[Change] = field(default_factory=list)
    pending: list[LinkChange] = field(default_factory=list)
    notices: tuple[Notice, ...] = ()
    gaps: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    planned: list[Change] = field(default_factory=list)
    withheld: tuple[Change, ...] = ()
    left: int = 0
    errors: tuple[str, ...] = ()
    bugs: tuple[Exception, ...] = ()
    managed: int = 0
    unmanaged: int = 0
    other_owner: int = 0
    doubts: frozenset[DoubtedEntry] = frozenset()
