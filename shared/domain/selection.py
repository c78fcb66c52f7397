"""Which of several ready endpoints is published behind one registry's names."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import assert_never

from shared.domain.resource_id import ResourceId
from shared.domain.zone import Selection


def select_endpoints(
    selection: Selection,
    ready: AbstractSet[ResourceId],
    others: AbstractSet[ResourceId],
    published_endpoints: Sequence[ResourceId],
) -> frozenset[ResourceId]:
    """The endpoints whose addresses stand behind a registry's names.

    Args:
        selection: the zone's setting.
        ready: endpoints that may be published.
        others: endpoints that cannot be published anew, nor proven removed.
        published_endpoints: the endpoints that are published now, the login record's first.

    Under `first` that is one endpoint for login and data records together: the
    one published now while it is not removed, else the ready one with the
    lowest ID. A client that reached the login server at one endpoint can then
    reach the data there too.
    """
    match selection:
        case Selection.MERGE:
            return frozenset(ready)
        case Selection.FIRST:
            # What is published stays, so that clients change endpoints only when they must.
            endpoints = [
                endpoint
                for endpoint in published_endpoints
                if endpoint in ready or endpoint in others
            ]
            # Without one, the lowest ID: every run and every worker must come to the same.
            return frozenset(endpoints[:1] or sorted(ready)[:1])
        case _:
            assert_never(selection)
