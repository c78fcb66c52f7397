"""The engine's port, `Azure`, over Azure Resource Manager."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Protocol, Self

from azure.core.async_paging import AsyncItemPaged
from azure.core.exceptions import AzureError, HttpResponseError
from azure.core.polling import AsyncLROPoller
from azure.mgmt.privatedns.aio.operations import (
    RecordSetsOperations,
    VirtualNetworkLinksOperations,
)
from azure.mgmt.privatedns.models import RecordSet as RecordSetDocument
from azure.mgmt.privatedns.models import VirtualNetworkLink as LinkDocument

from shared.arm import documents, paging
from shared.arm.clients import NETWORK_API_VERSION, REGISTRY_API_VERSION, ZONE_API_VERSION, Clients
from shared.arm.documents import Document, UnreadableError
from shared.arm.failures import (
    CLIENT_ERRORS,
    LINK_ABSENT_CODE,
    RECORD_ABSENT_CODE,
    is_absent,
    is_unregistered,
    reading,
    zone_error,
)
from shared.arm.paging import MAX_PAGES
from shared.arm.rate_limit import RateLimiter
from shared.arm.subscriptions import SubscriptionList, list_subscriptions
from shared.domain.reading import Absent, Found, Reading, Unknown, UnknownReason
from shared.domain.resource_id import ENDPOINT, NETWORK, REGISTRY, ZONE, ResourceId
from shared.domain.resources import Endpoint, Interface, Network, Registry, Replica
from shared.domain.zone import Link, RecordSet, Zone
from shared.engine.azure import Counts, LinkOutcome, Listed, Pacing, WatchedSubscriptions
from shared.engine.deadline import Deadline
from shared.errors import LastingError, TransientError

# Calls at once to one subscription: 200 endpoints take seconds, and Azure is not stormed.
_CALLS_AT_ONCE = 24
# Kept back from a wait for a link, so that the run can still say that it is pending.
_LAST_SECONDS = 1.5


class _Model(Protocol):
    """A document as Microsoft's clients hand it out."""

    def as_dict(self) -> Mapping[str, object]:
        """The document's own JSON."""


class AzureAdapter:
    """Azure, over Microsoft's management clients.

    Args:
        clients: signed-in clients.
        subscriptions: those whose resources may be read; None for all that can be listed.
    """

    def __init__(self, clients: Clients, subscriptions: frozenset[str] | None) -> None:
        self._clients = clients
        self._subscriptions = SubscriptionList(
            subscriptions, lambda: list_subscriptions(self._clients)
        )
        # One subscription that hangs must not hold up the others.
        self._rate_limiters = defaultdict[str, RateLimiter](RateLimiter)
        self._calls = defaultdict[str, asyncio.Semaphore](lambda: asyncio.Semaphore(_CALLS_AT_ONCE))

    async def __aenter__(self) -> Self:
        await self._clients.__aenter__()
        return self

    async def __aexit__(self, *why: object) -> None:
        await self._clients.__aexit__(*why)

    # ── What is watched ─────────────────────────────────────────────────────

    async def subscriptions(self) -> WatchedSubscriptions:
        """The watched subscriptions."""
        return await self._subscriptions.all()

    async def is_watched(self, subscription: str) -> bool:
        """Whether a subscription is watched."""
        return await self._subscriptions.has(subscription)

    # ── Sources: answer with a reading ──────────────────────────────────────

    async def endpoint(self, endpoint: ResourceId) -> Reading[Endpoint]:
        """Read a private endpoint."""

        async def read() -> Endpoint:
            client = self._clients.network(endpoint.subscription)
            model = await client.private_endpoints.get(endpoint.group, endpoint.name)
            return documents.endpoint(endpoint, model.as_dict())

        return await self._read(endpoint, read)

    async def interface(self, interface: ResourceId) -> Reading[Interface]:
        """Read an endpoint's network interface."""

        async def read() -> Interface:
            client = self._clients.network(interface.subscription)
            model = await client.network_interfaces.get(interface.group, interface.name)
            return documents.interface(model.as_dict())

        return await self._read(interface, read)

    async def group_zones(self, endpoint: ResourceId) -> Reading[frozenset[ResourceId]]:
        """Read in which zones the endpoint's zone groups keep records."""

        async def read() -> frozenset[ResourceId]:
            client = self._clients.network(endpoint.subscription)
            groups = client.private_dns_zone_groups.list(endpoint.name, endpoint.group)
            return documents.group_zones(await _all(groups))

        return await self._read(endpoint, read)

    async def registry(self, registry: ResourceId) -> Reading[Registry]:
        """Read a registry, its connections and its replicas."""

        async def read() -> Document:
            client = self._clients.registry(registry.subscription)
            return (await client.registries.get(registry.group, registry.name)).as_dict()

        # A registry's own document does not name its replicas.
        async def read_replications() -> list[Document]:
            client = self._clients.registry(registry.subscription)
            return await _all(client.replications.list(registry.group, registry.name))

        document = await self._read(registry, read)
        if not isinstance(document, Found):
            return document
        replications = await self._read(registry, read_replications)
        if isinstance(replications, Absent):
            # Only the registry's own 404 says that it is gone; its child's says nothing
            # (no-unproven-delete).
            return Unknown(UnknownReason.TRANSIENT, "its replications answered 404")
        if not isinstance(replications, Found):
            return replications
        return _decode(lambda: documents.registry(registry, document.value, replications.value))

    async def network(self, network: ResourceId) -> Reading[Network]:
        """Read a virtual network."""

        async def read() -> Network:
            client = self._clients.network(network.subscription)
            model = await client.virtual_networks.get(network.group, network.name)
            return documents.network(network, model.as_dict())

        return await self._read(network, read)

    # ── Lists: they prove nothing, so they answer with a reading as well ──────

    async def list_endpoints(self, subscription: str) -> Listed[Endpoint]:
        """List a subscription's private endpoints; one that cannot be understood is unknown."""
        return await self._list(subscription, ENDPOINT, documents.endpoint)

    async def list_registries(self, subscription: str) -> Listed[Registry]:
        """List a subscription's registries, without their replicas."""
        return await self._list(subscription, REGISTRY, documents.registry)

    async def list_networks(self, subscription: str) -> Listed[Network]:
        """List a subscription's virtual networks."""
        return await self._list(subscription, NETWORK, documents.network)

    async def _list[T](
        self, subscription: str, kind: str, decode: Callable[[ResourceId, Document], T]
    ) -> Listed[T]:
        async def read() -> dict[ResourceId, Reading[T]]:
            # Decoded one by one, so that no whole list of documents is kept.
            items = self._items(subscription, kind)
            readings = [documents.item_reading(item, kind, decode) async for item in items]
            return dict(one for one in readings if one)

        return await self._read_in(subscription, read)

    async def list_private_zones(self, subscription: str) -> Reading[tuple[ResourceId, ...]]:
        """List a subscription's private DNS zones, of whatever name."""

        async def read() -> tuple[ResourceId, ...]:
            ids = [documents.zone_id(item) async for item in self._items(subscription, ZONE)]
            return tuple(id_ for id_ in ids if id_)

        return await self._read_in(subscription, read)

    async def list_zone_links(self, zone: ResourceId) -> Reading[tuple[Link, ...]]:
        """List the links of a zone that the app does not keep."""

        async def read() -> tuple[Link, ...]:
            client = self._clients.zone(zone.subscription)
            items = paging.each_item(client, f"{zone}/virtualNetworkLinks", ZONE_API_VERSION)
            return tuple([documents.link(item) async for item in items])

        return await self._read(zone, read)

    async def _items(self, subscription: str, kind: str) -> AsyncIterator[Document]:
        path = f"/subscriptions/{subscription}/providers/{kind}"
        if kind == REGISTRY:
            items = paging.each_item(
                self._clients.registry(subscription), path, REGISTRY_API_VERSION
            )
        elif kind == ZONE:
            items = paging.each_item(self._clients.zone(subscription), path, ZONE_API_VERSION)
        else:
            items = paging.each_item(self._clients.network(subscription), path, NETWORK_API_VERSION)
        count = 0
        try:
            async for item in items:
                count += 1
                yield item
        except HttpResponseError as error:
            # Nobody has used the provider there yet: an empty list, and no failure.
            if count or not is_unregistered(error):
                raise

    async def list_replicas(self, registry: ResourceId) -> Reading[tuple[Replica, ...]]:
        """List a registry's replicas."""

        async def read() -> tuple[Replica, ...]:
            client = self._clients.registry(registry.subscription)
            models = client.replications.list(registry.group, registry.name)
            return documents.replicas(await _all(models))

        return await self._read(registry, read)

    async def probe(self, subscription: str) -> Reading[None]:
        """One read that tells whether the subscription can be read at all."""

        async def read() -> None:
            # The first page answers, or says why not.
            async for _ in self._items(subscription, ENDPOINT):
                return

        return await self._read_in(subscription, read)

    async def _read[T](self, id_: ResourceId, read: Callable[[], Awaitable[T]]) -> Reading[T]:
        return await self._read_in(id_.subscription, read)

    async def _read_in[T](self, subscription: str, read: Callable[[], Awaitable[T]]) -> Reading[T]:
        try:
            # Here, once for every read: no caller can forget it (bounded).
            if not await self.is_watched(subscription):
                return Unknown(UnknownReason.UNWATCHED)
            async with self._calls[subscription]:
                return Found(await read())
        except TransientError as error:
            return Unknown(UnknownReason.TRANSIENT, str(error))
        except AzureError as error:
            return reading(error)
        except UnreadableError as error:
            return Unknown(UnknownReason.UNREADABLE, str(error))
        except CLIENT_ERRORS as error:
            return Unknown(UnknownReason.TRANSIENT, type(error).__name__)

    # ── The zone: answers or raises ─────────────────────────────────────────

    async def record(self, zone: Zone, name: str) -> RecordSet | None:
        """Read one A record set; None if there is none."""
        async with self._on_zone(zone, f"read record {name}"):
            self._rate_limiters[zone.id.subscription].note()
            try:
                model = await self._sets(zone).get(*_names(zone), "A", name)
            except HttpResponseError as error:
                if is_absent(error, RECORD_ABSENT_CODE):
                    return None
                raise
            return documents.record_set(model.as_dict())

    async def records(self, zone: Zone, turn: Pacing = Pacing.NOW) -> list[RecordSet]:
        """List every A record set of the zone, all pages of it."""
        async with self._on_zone(zone, "list records"):
            client = self._clients.zone(zone.id.subscription)
            rate_limiter = self._rate_limiters[zone.id.subscription].before(turn)
            items = paging.each_item(client, f"{zone.id}/A", ZONE_API_VERSION, rate_limiter)
            return [documents.record_set(item) async for item in items]

    async def link(self, zone: Zone, name: str) -> Link | None:
        """Read one link; None if there is none."""
        async with self._on_zone(zone, f"read link {name}"):
            self._rate_limiters[zone.id.subscription].note()
            try:
                model = await self._links(zone).get(*_names(zone), name)
            except HttpResponseError as error:
                if is_absent(error, LINK_ABSENT_CODE):
                    return None
                raise
            return documents.link(model.as_dict())

    async def links(self, zone: Zone, turn: Pacing = Pacing.NOW) -> list[Link]:
        """List every link of the zone, all pages of it."""
        async with self._on_zone(zone, "list links"):
            client = self._clients.zone(zone.id.subscription)
            rate_limiter = self._rate_limiters[zone.id.subscription].before(turn)
            items = paging.each_item(
                client, f"{zone.id}/virtualNetworkLinks", ZONE_API_VERSION, rate_limiter
            )
            return [documents.link(item) async for item in items]

    async def counts(self, zone: Zone) -> Counts:
        """Read how full the zone is."""
        async with self._on_zone(zone, "read the zone"):
            client = self._clients.zone(zone.id.subscription)
            return documents.counts((await client.private_zones.get(*_names(zone))).as_dict())

    async def write_record(self, zone: Zone, record: RecordSet) -> None:
        """Create the record set if its etag is empty, else replace the one with that etag."""
        # Bare, through `headers=`: the client's own option would add quotes
        # (docs/azure.md#private-dns).
        headers = {"If-Match": record.etag} if record.etag else {"If-None-Match": "*"}
        body = RecordSetDocument(documents.record_body(record))
        async with self._on_zone(zone, f"write record {record.name}"):
            await self._sets(zone).create_or_update(
                *_names(zone), "A", record.name, body, headers=headers
            )

    async def delete_record(self, zone: Zone, record: RecordSet) -> None:
        """Delete the record set if it still has that etag."""
        headers = {"If-Match": record.etag}
        async with self._on_zone(zone, f"delete record {record.name}"):
            await self._sets(zone).delete(*_names(zone), "A", record.name, headers=headers)

    async def create_link(
        self,
        zone: Zone,
        name: str,
        network: ResourceId,
        deadline: Deadline,
        tags: Mapping[str, str] | None = None,
    ) -> tuple[LinkOutcome, str]:
        """Link a network, unless the link exists; wait while time lasts and nobody else waits."""
        # If-None-Match: a link that somebody made meanwhile stays as it is (others-untouched).
        body = LinkDocument(documents.link_body(network, zone.owner, tags))

        async def begin() -> AsyncLROPoller[LinkDocument]:
            return await self._links(zone).begin_create_or_update(
                *_names(zone), name, body, headers={"If-None-Match": "*"}
            )

        return await self._operation(
            zone, begin, f"create link {name}", deadline, deadline.newcomer
        )

    async def update_link(
        self, zone: Zone, link: Link, deadline: Deadline
    ) -> tuple[LinkOutcome, str]:
        """Write a link as ours are made if it still has that etag; its tags stay."""
        if link.network is None:
            raise ValueError("a link without a network cannot be written")
        body = LinkDocument(documents.link_body(link.network, zone.owner, link.tags))

        async def begin() -> AsyncLROPoller[LinkDocument]:
            return await self._links(zone).begin_create_or_update(
                *_names(zone), link.name, body, headers={"If-Match": link.etag}
            )

        return await self._operation(
            zone, begin, f"update link {link.name}", deadline, deadline.newcomer
        )

    async def delete_link(
        self, zone: Zone, link: Link, deadline: Deadline
    ) -> tuple[LinkOutcome, str]:
        """Delete a link if it still has that etag; wait while time lasts."""

        async def begin() -> AsyncLROPoller[None]:
            return await self._links(zone).begin_delete(
                *_names(zone), link.name, headers={"If-Match": link.etag}
            )

        # Seen to its end, whoever waits: who comes may need the link again
        # (docs/decisions/0005-bursts-join-at-passes.md). So no newcomer is heard of.
        return await self._operation(
            zone, begin, f"delete link {link.name}", deadline, asyncio.Event()
        )

    async def _operation[T](
        self,
        zone: Zone,
        begin: Callable[[], Awaitable[AsyncLROPoller[T]]],
        what: str,
        deadline: Deadline,
        newcomer: asyncio.Event,
    ) -> tuple[LinkOutcome, str]:
        try:
            # Left before the wait, which takes minutes: it must not hold the place of a call.
            async with self._on_zone(zone, what):
                poller = await begin()
            if not await _is_done(poller, deadline, newcomer):
                return LinkOutcome.PENDING, ""
        except (AzureError, LastingError) as error:
            failure = zone_error(error, what) if isinstance(error, AzureError) else error
            # Tried again it would be refused again: no failure, but a finding for a person.
            if isinstance(failure, LastingError) and not failure.can_pass:
                return LinkOutcome.REFUSED, str(failure)
            raise failure from error
        except CLIENT_ERRORS as error:
            raise TransientError(f"{what}: {type(error).__name__}") from error
        return LinkOutcome.DONE, ""

    @asynccontextmanager
    async def _on_zone(self, zone: Zone, what: str) -> AsyncIterator[None]:
        """One call to a zone; whatever fails in it is raised as one of the app's errors."""
        try:
            async with self._calls[zone.id.subscription]:
                yield
        except AzureError as error:
            raise zone_error(error, what) from error
        except CLIENT_ERRORS as error:
            raise TransientError(f"{what}: {type(error).__name__}") from error

    def _sets(self, zone: Zone) -> RecordSetsOperations:
        return self._clients.zone(zone.id.subscription).record_sets

    def _links(self, zone: Zone) -> VirtualNetworkLinksOperations:
        return self._clients.zone(zone.id.subscription).virtual_network_links


async def _is_done[T](
    poller: AsyncLROPoller[T], deadline: Deadline, newcomer: asyncio.Event
) -> bool:
    """Whether the operation ended before the deadline, and before a newcomer; or its error."""
    operation = asyncio.ensure_future(poller.wait())
    arrival = asyncio.ensure_future(newcomer.wait())
    seconds = max(deadline.remaining - _LAST_SECONDS, 0)
    try:
        await asyncio.wait(
            (operation, arrival), timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
        if operation.done():
            # Azure refuses a link through the poll only (docs/azure.md#private-dns).
            operation.result()
        return operation.done()
    finally:
        for task in (operation, arrival):
            task.cancel()
        await asyncio.gather(operation, arrival, return_exceptions=True)


def _decode[T](decode: Callable[[], T]) -> Reading[T]:
    try:
        return Found(decode())
    except UnreadableError as error:
        return Unknown(UnknownReason.UNREADABLE, str(error))


def _names(zone: Zone) -> tuple[str, str]:
    """How the clients name a zone: by group and name."""
    return zone.id.group, zone.id.name


async def _all[M: _Model](models: AsyncItemPaged[M]) -> list[Document]:
    """Every item of every page; a page that fails, or a list without end, fails the whole."""
    items: list[Document] = []
    number = 0
    async for page in models.by_page():
        number += 1
        if number > MAX_PAGES:
            raise UnreadableError(f"more than {MAX_PAGES} pages")
        items.extend([model.as_dict() async for model in page])
    return items
