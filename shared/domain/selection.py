"""Which of several live endpoints is published behind one registry's names."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import assert_never

from shared.domain.resource_id import ResourceId
from shared.domain.zone import Selection


def select_endpoints(
    selection: Selection,
    live: AbstractSet[ResourceId],
    held: AbstractSet[ResourceId],
    published: Sequence[ResourceId],
) -> frozenset[ResourceId]:
    """The endpoints whose addresses stand behind a registry's names.

    Args:
        selection: the zone's policy.
        live: endpoints that may be published.
        held: endpoints that cannot be published anew, nor proven gone.
        published: the endpoints published now, the login record's first.

    Under `first` that is one endpoint for login and data records together: the
    one published now while it is live or held, else the live one with the
    lowest ID. A client that reached the login server at one endpoint can then
    reach the data there too.
    """
    match selection:
        case Selection.MERGE:
            return frozenset(live)
        case Selection.FIRST:
            staying = [endpoint for endpoint in published if endpoint in live or endpoint in held]
            return frozenset(staying[:1] or sorted(live)[:1])
        case _:
            assert_never(selection)
