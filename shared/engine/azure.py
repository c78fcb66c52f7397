"""The port: all that the loop asks of Azure, in the words of the domain.

A direct read answers with a `Reading`: found, absent, or unknown with the
reason, since a source that cannot be read must never look like one that is
gone. The zone is different: without it nothing can be done, so its reads raise
`TransientError`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from shared.domain.reading import Reading
from shared.domain.resource_id import ResourceId
from shared.domain.resources import Endpoint, Interface, Network, Registry, Replica
from shared.domain.zone import Link, RecordSet, Zone
from shared.engine.deadline import Deadline


class LinkOutcome(Enum):
    """How far a long-running link operation came until the deadline, or before."""

    DONE = auto()
    PENDING = auto()
    # By a poll of the operation, after Azure had accepted it (docs/azure.md#private-dns).
    REFUSED = auto()


@dataclass(frozen=True, slots=True)
class Counts:
    """How full a zone is, by its own word.

    Attributes:
        records: record sets of all types.
        max_records: how many it may hold.
        links: virtual network links.
        max_links: how many it may have.
    """

    records: int
    max_records: int
    links: int
    max_links: int


@dataclass(frozen=True, slots=True)
class WatchedSubscriptions:
    """The subscriptions that the app looks after.

    Attributes:
        ids: their IDs.
        are_given: whether the settings name them; else they are all that the app's identity
            can list, and it need not be meant to read each.
        failure: why the list is older than it should be; empty if it is not.
    """

    ids: frozenset[str]
    are_given: bool = True
    failure: str = ""


class Pacing(Enum):
    """Whether the pages of a zone's list may wait for their turn (docs/azure.md#private-dns)."""

    # For events, which have seconds; the pages of full syncs leave them room by waiting.
    NOW = auto()
    WAIT = auto()


# Two levels: a whole list that did not come, and one item of it that cannot be understood.
type Listed[T] = Reading[Mapping[ResourceId, Reading[T]]]


class Azure(Protocol):
    """Azure, as far as the loop knows it."""

    async def subscriptions(self) -> WatchedSubscriptions:
        """The watched subscriptions; a read now and then at most.

        Raises:
            TransientError: they could not be listed, and never were before.
        """

    async def is_watched(self, subscription: str) -> bool:
        """Whether a subscription is watched.

        Raises:
            TransientError: whether it is could not be read.
        """

    async def endpoint(self, endpoint: ResourceId) -> Reading[Endpoint]:
        """Read a private endpoint."""

    async def interface(self, interface: ResourceId) -> Reading[Interface]:
        """Read an endpoint's network interface."""

    async def group_zones(self, endpoint: ResourceId) -> Reading[frozenset[ResourceId]]:
        """Read in which zones the endpoint's zone groups keep records."""

    async def registry(self, registry: ResourceId) -> Reading[Registry]:
        """Read a registry, its connections and its replicas."""

    async def network(self, network: ResourceId) -> Reading[Network]:
        """Read a virtual network."""

    async def list_endpoints(self, subscription: str) -> Listed[Endpoint]:
        """List a subscription's private endpoints; one that cannot be understood is unknown."""

    async def list_registries(self, subscription: str) -> Listed[Registry]:
        """List a subscription's registries, without their replicas."""

    async def list_networks(self, subscription: str) -> Listed[Network]:
        """List a subscription's virtual networks."""

    async def list_replicas(self, registry: ResourceId) -> Reading[tuple[Replica, ...]]:
        """List a registry's replicas."""

    async def probe(self, subscription: str) -> Reading[None]:
        """One read that tells whether the subscription can be read at all."""

    async def counts(self, zone: Zone) -> Counts:
        """Read how full the zone is.

        Raises:
            TransientError: the zone could not be read.
        """

    async def record(self, zone: Zone, name: str) -> RecordSet | None:
        """Read one A record set; None if there is none.

        Raises:
            TransientError: the zone could not be read.
        """

    async def records(self, zone: Zone, turn: Pacing = Pacing.NOW) -> list[RecordSet]:
        """List every A record set of the zone, all pages of it.

        Raises:
            TransientError: a page could not be read, so the list would be a part only.
        """

    async def link(self, zone: Zone, name: str) -> Link | None:
        """Read one link; None if there is none.

        Raises:
            TransientError: the zone could not be read.
        """

    async def links(self, zone: Zone, turn: Pacing = Pacing.NOW) -> list[Link]:
        """List every link of the zone, all pages of it.

        Raises:
            TransientError: a page could not be read.
        """

    async def write_record(self, zone: Zone, record: RecordSet) -> None:
        """Create the record set if its etag is empty, else replace the one with that etag.

        Raises:
            PreconditionFailedError: it exists already, or has another etag.
            LockedError: a management lock protects it.
            TransientError: the outcome is not known, or Azure refused.
        """

    async def delete_record(self, zone: Zone, record: RecordSet) -> None:
        """Delete the record set if it still has that etag.

        Raises:
            PreconditionFailedError: it has another etag.
            LockedError: a management lock protects it.
            TransientError: the outcome is not known, or Azure refused.
        """

    async def create_link(
        self,
        zone: Zone,
        name: str,
        network: ResourceId,
        deadline: Deadline,
        tags: Mapping[str, str] | None = None,
    ) -> tuple[LinkOutcome, str]:
        """Link a network, unless the link exists; wait till the deadline, or till a newcomer.

        Args:
            zone: the zone.
            name: the link's name.
            network: the network.
            deadline: how long to wait.
            tags: those that it bears beside the owner.

        Returns:
            the outcome, and Azure's words if it refused.

        Raises:
            TransientError: the outcome is not known, or Azure failed.
        """

    async def update_link(
        self, zone: Zone, link: Link, deadline: Deadline
    ) -> tuple[LinkOutcome, str]:
        """Write a link as ours are made if it still has that etag; its tags stay.

        Returns:
            the outcome, and Azure's words if it refused.

        Raises:
            PreconditionFailedError: the link is not the one that was read.
            TransientError: the outcome is not known, or Azure failed.
        """

    async def delete_link(
        self, zone: Zone, link: Link, deadline: Deadline
    ) -> tuple[LinkOutcome, str]:
        """Delete a link if it still has that etag; wait till the deadline.

        Returns:
            the outcome, and Azure's words if it refused.

        Raises:
            PreconditionFailedError: it has another etag.
            TransientError: the outcome is not known, or Azure failed.
        """
