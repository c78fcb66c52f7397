"""Azure in memory, behind the loop's port: what a fake must know, and no more.

It holds an estate in the words of the domain, gives out new etags, honours
conditions, and keeps a history of every call, so that tests can drive the loop
through thousands of interleavings without a wire.
"""

import itertools
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace

from shared.domain.reading import Absent, Found, Reading, Unknown, UnknownReason
from shared.domain.resource_id import ENDPOINT, INTERFACE, NETWORK, REGISTRY, ZONE, ResourceId
from shared.domain.resources import Endpoint, Interface, Member, Network, Registry, Replica, Status
from shared.domain.zone import Link, RecordSet, Zone
from shared.engine.azure import Counts, LinkOutcome, Listed, Pacing, WatchedSubscriptions
from shared.engine.deadline import Deadline
from shared.errors import LockedError, PreconditionFailedError

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
SUFFIX = "azurecr.io"


def an_id(kind: str, name: str, group: str = "rg") -> ResourceId:
    """An ID in the tests' one subscription."""
    return ResourceId(SUBSCRIPTION, group, kind, (name,))


ZONE_KEPT = Zone(an_id(ZONE, "privatelink.azurecr.io", "dns"), SUFFIX, owner="owner")


@dataclass
class ZoneContents:
    """What a zone holds, by name.

    Attributes:
        records: its A record sets.
        links: its virtual network links.
    """

    records: dict[str, RecordSet] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)


class Azure:
    """An estate that can be read and written through the port, and changed by the test.

    Attributes:
        before: called with the method's name and first argument before every call; a test
            changes the estate there, or raises, as Azure would between two calls.
        calls: every call, as (method, what).
        writes: every write that took effect, as (method, name, addresses).
        zones: every zone by its ID; one that nobody wrote to is empty.
        unlisted: what lists leave out though it is there.
        unread: subscriptions that cannot be listed.
        unlisted_registries: those of which registries alone cannot be listed.
        group_zone: the zone at which zone groups point.
        full: zones that take no more links.
        locked: record sets and links that a lock protects.
        dns_servers: custom DNS servers by network.
        peerings: the pairs of networks that are peered, both ways and Connected.
        refused_links: what Azure says, by zone and network, to who would link them.
        around: entered around the effect of every write.
        watched: the watched subscriptions; what lies in others is unknown.
    """

    def __init__(self) -> None:
        self.endpoints: dict[ResourceId, Endpoint] = {}
        self.interfaces: dict[ResourceId, Interface] = {}
        self.registries: dict[ResourceId, Registry] = {}
        self.peered: set[ResourceId] = set()
        self.grouped: set[ResourceId] = set()
        self.unknown: dict[ResourceId, Unknown] = {}
        self.zones: defaultdict[ResourceId, ZoneContents] = defaultdict(ZoneContents)
        self.unlisted: set[ResourceId] = set()
        self.unread: dict[str, Unknown] = {}
        self.unlisted_registries: dict[str, Unknown] = {}
        self.group_zone = ZONE_KEPT.id
        self.full: set[ResourceId] = set()
        self.locked: set[str] = set()
        self.dns_servers: dict[ResourceId, tuple[str, ...]] = {}
        self.peerings: set[frozenset[ResourceId]] = set()
        self.refused_links: dict[tuple[ResourceId, ResourceId], str] = {}
        self.around: Callable[[], AbstractContextManager[None]] = nullcontext
        self.watched = WatchedSubscriptions(frozenset({SUBSCRIPTION}))
        self.before: Callable[[str, object], None] = lambda _method, _what: None
        self.calls: list[tuple[str, object]] = []
        self.writes: list[tuple[str, str, tuple[str, ...]]] = []
        self._numbers = itertools.count(1)

    # ── The test's side ─────────────────────────────────────────────────────

    @property
    def sets(self) -> dict[str, RecordSet]:
        """The record sets of the zone that is kept by default."""
        return self.zones[ZONE_KEPT.id].records

    @sets.setter
    def sets(self, records: dict[str, RecordSet]) -> None:
        self.zones[ZONE_KEPT.id].records = records

    @property
    def zone_links(self) -> dict[str, Link]:
        """The links of the zone that is kept by default."""
        return self.zones[ZONE_KEPT.id].links

    @zone_links.setter
    def zone_links(self, links: dict[str, Link]) -> None:
        self.zones[ZONE_KEPT.id].links = links

    def add_registry(self, name: str, *regions: str) -> ResourceId:
        """A registry at home in the first region, with a replica in each of the others."""
        id_ = an_id(REGISTRY, name)
        home, *others = regions or ("westeurope",)
        listed = [home, *others] if others else []
        self.registries[id_] = Registry(
            id_,
            f"{name}.{SUFFIX}",
            home,
            "Succeeded",
            {},
            tuple(Replica(region, "Succeeded") for region in listed),
        )
        return id_

    def add_replica(self, registry: ResourceId, region: str) -> None:
        """A replica that is Succeeded, while no interface has its member yet."""
        old = self.registries[registry]
        home = () if old.replicas else (Replica(old.region, "Succeeded"),)
        replicas = (*old.replicas, *home, Replica(region, "Succeeded"))
        self.registries[registry] = replace(old, replicas=replicas)

    def drop_replica(self, registry: ResourceId, region: str) -> None:
        """A replica deleted, with its members."""
        old = self.registries[registry]
        kept = tuple(replica for replica in old.replicas if replica.region != region)
        self.registries[registry] = replace(old, replicas=kept)
        for endpoint in old.connections:
            self.drop_member(endpoint, f"registry_data_{region}")

    def add_endpoint(
        self, name: str, registry: ResourceId, address: str, network: str = "net-a"
    ) -> ResourceId:
        """An endpoint approved on both sides, with every member: login first, then data."""
        id_ = an_id(ENDPOINT, name)
        nic = an_id(INTERFACE, f"{name}.nic")
        number = next(self._numbers)
        self.endpoints[id_] = Endpoint(
            id=id_,
            guid=f"{number:08x}-0000-0000-0000-000000000000",
            etag=f"pe-{number}",
            state="Succeeded",
            region="westeurope",
            network=an_id(NETWORK, network),
            interfaces=(nic,),
            connections={registry: Status.APPROVED},
        )
        self.interfaces[nic] = Interface("Succeeded", ())
        self.add_member(id_, registry, "registry", address)
        for region in self._regions(registry):
            self.add_member(id_, registry, f"registry_data_{region}")
        self.connect(registry, id_, Status.APPROVED)
        return id_

    def _regions(self, registry: ResourceId) -> list[str]:
        found = self.registries[registry]
        return sorted({found.region, *(replica.region for replica in found.replicas)})

    def add_member(
        self, endpoint: ResourceId, registry: ResourceId, name: str, address: str | None = None
    ) -> None:
        """A member on the endpoint's interface; by default at its next address."""
        nic = self.endpoints[endpoint].interfaces[0]
        members = self.interfaces[nic].members
        label, suffix = self.registries[registry].login_server.split(".", 1)
        region = name.removeprefix("registry_data_")
        fqdn = f"{label}.{suffix}" if name == "registry" else f"{label}.{region}.data.{suffix}"
        if address is None:
            base, last = members[-1].address.rsplit(".", 1)
            address = f"{base}.{int(last) + 1}"
        self.interfaces[nic] = Interface("Succeeded", (*members, Member(name, fqdn, address)))
        self._touch(endpoint)

    def drop_member(self, endpoint: ResourceId, name: str) -> None:
        """A member gone from the endpoint's interface."""
        nic = self.endpoints[endpoint].interfaces[0]
        kept = tuple(m for m in self.interfaces[nic].members if m.name != name)
        self.interfaces[nic] = replace(self.interfaces[nic], members=kept)
        self._touch(endpoint)

    def set_status(self, endpoint: ResourceId, status: Status) -> None:
        """The connection's status on the endpoint's side alone."""
        old = self.endpoints[endpoint]
        self.endpoints[endpoint] = replace(old, connections=dict.fromkeys(old.connections, status))
        self._touch(endpoint)

    def connect(self, registry: ResourceId, endpoint: ResourceId, status: Status) -> None:
        """The connection's status on the registry's side alone."""
        old = self.registries[registry]
        self.registries[registry] = replace(old, connections={**old.connections, endpoint: status})

    def disconnect(self, registry: ResourceId, endpoint: ResourceId) -> None:
        """The connection gone from the registry's side."""
        old = self.registries[registry]
        kept = {id_: status for id_, status in old.connections.items() if id_ != endpoint}
        self.registries[registry] = replace(old, connections=kept)

    def delete_endpoint(self, endpoint: ResourceId) -> None:
        """The endpoint, its interface and its connection gone, on both sides."""
        gone = self.endpoints.pop(endpoint)
        self.interfaces.pop(gone.interfaces[0], None)
        for registry in gone.connections:
            if registry in self.registries:
                self.disconnect(registry, endpoint)

    def peer(self, *names: str) -> None:
        """Peerings, both ways, between the first network and each of the others."""
        hub, *spokes = (an_id(NETWORK, name) for name in names)
        self.peerings |= {frozenset((hub, spoke)) for spoke in spokes}
        self.peered |= {hub, *spokes}

    def open_to_public(self, *registries: ResourceId) -> None:
        """Registries take traffic from public networks as well."""
        for id_ in registries:
            self.registries[id_] = replace(self.registries[id_], is_public=True)

    def attach_zone_group(self, endpoint: ResourceId, *, wipe: bool) -> None:
        """A zone group, and the records that Azure then writes over whatever is there.

        Whether that keeps metadata of others is not documented; `wipe` chooses.
        """
        self.grouped.add(endpoint)
        found = self.endpoints[endpoint]
        creator = f"created by private endpoint {endpoint.name} with resource guid {found.guid}"
        for member in self.interfaces[found.interfaces[0]].members:
            name = member.fqdn.removesuffix(f".{SUFFIX}")
            before = self.sets.get(name)
            kept = dict(before.metadata) if before and not wipe else {}
            self.put_record(name, member.address, metadata={**kept, "creator": creator}, ttl=10)

    def detach_zone_group(self, endpoint: ResourceId, *, clear: bool) -> None:
        """The zone group gone, and its records deleted, or left behind empty."""
        self.grouped.discard(endpoint)
        guid = self.endpoints[endpoint].guid
        for name, record in list(self.sets.items()):
            if record.metadata.get("creator", "").endswith(guid):
                if clear:
                    self.sets[name] = replace(record, addresses=(), etag=f"e-{next(self._numbers)}")
                else:
                    del self.sets[name]

    def put_record(
        self, name: str, *addresses: str, metadata: dict[str, str] | None = None, ttl: int = 3600
    ) -> RecordSet:
        """A record set as somebody else would write it."""
        record = RecordSet(name, f"etag-{next(self._numbers)}", ttl, addresses, metadata or {})
        self.sets[name] = record
        return record

    def zone(self, zone: ResourceId = ZONE_KEPT.id) -> dict[str, list[str]]:
        """What a zone answers: addresses by name."""
        records = self.zones[zone].records
        return {name: sorted(record.addresses) for name, record in sorted(records.items())}

    def _touch(self, endpoint: ResourceId) -> None:
        etag = f"pe-{next(self._numbers)}"
        self.endpoints[endpoint] = replace(self.endpoints[endpoint], etag=etag)

    # ── The port ────────────────────────────────────────────────────────────

    def _called(self, method: str, what: object) -> None:
        self.before(method, what)
        self.calls.append((method, what))

    async def subscriptions(self) -> WatchedSubscriptions:
        """The port's `subscriptions`; with IDs in the settings it is no call."""
        self.before("subscriptions", None)
        return self.watched

    async def is_watched(self, subscription: str) -> bool:
        """The port's `is_watched`."""
        return subscription in (await self.subscriptions()).ids

    def _listed[T](self, subscription: str, values: Mapping[ResourceId, Reading[T]]) -> Listed[T]:
        """A list leaves out what is `unlisted`, and needs the subscription to answer."""
        if subscription in self.unread:
            return self.unread[subscription]
        inside = {id_: value for id_, value in values.items() if id_.subscription == subscription}
        return Found({id_: value for id_, value in inside.items() if id_ not in self.unlisted})

    async def list_endpoints(self, subscription: str) -> Listed[Endpoint]:
        """The port's `list_endpoints`."""
        self._called("list_endpoints", subscription)
        return self._listed(subscription, {i: Found(e) for i, e in self.endpoints.items()})

    async def list_registries(self, subscription: str) -> Listed[Registry]:
        """The port's `list_registries`: without their replicas."""
        self._called("list_registries", subscription)
        if subscription in self.unlisted_registries:
            return self.unlisted_registries[subscription]
        bare = {i: Found(replace(r, replicas=())) for i, r in self.registries.items()}
        return self._listed(subscription, bare)

    async def list_networks(self, subscription: str) -> Listed[Network]:
        """The port's `list_networks`."""
        self._called("list_networks", subscription)
        ids = {endpoint.network for endpoint in self.endpoints.values()} | self.peered
        return self._listed(subscription, {id_: Found(self._network(id_)) for id_ in ids})

    async def list_replicas(self, registry: ResourceId) -> Reading[tuple[Replica, ...]]:
        """The port's `list_replicas`."""
        self._called("list_replicas", registry)
        reading = self._read(registry, self.registries)
        return Found(reading.value.replicas) if isinstance(reading, Found) else reading

    async def probe(self, subscription: str) -> Reading[None]:
        """The port's `probe`."""
        self._called("probe", subscription)
        return self.unread.get(subscription, Found(None))

    async def counts(self, zone: Zone) -> Counts:
        """The port's `counts`."""
        self._called("counts", zone)
        return Counts(
            len(self.zones[zone.id].records), 25_000, len(self.zones[zone.id].links), 1_000
        )

    def _read[T](self, id_: ResourceId, values: dict[ResourceId, T]) -> Reading[T]:
        if id_ in self.unknown:
            return self.unknown[id_]
        if id_.subscription not in self.watched.ids:
            return Unknown(UnknownReason.UNWATCHED)
        return Found(values[id_]) if id_ in values else Absent()

    async def endpoint(self, endpoint: ResourceId) -> Reading[Endpoint]:
        """The port's `endpoint`."""
        self._called("endpoint", endpoint)
        return self._read(endpoint, self.endpoints)

    async def interface(self, interface: ResourceId) -> Reading[Interface]:
        """The port's `interface`."""
        self._called("interface", interface)
        return self._read(interface, self.interfaces)

    async def group_zones(self, endpoint: ResourceId) -> Reading[frozenset[ResourceId]]:
        """The port's `group_zones`."""
        self._called("group_zones", endpoint)
        if endpoint.subscription not in self.watched.ids:
            return Unknown(UnknownReason.UNWATCHED)
        zones = frozenset((self.group_zone,)) if endpoint in self.grouped else frozenset()
        return self.unknown.get(endpoint) or Found(zones)

    async def registry(self, registry: ResourceId) -> Reading[Registry]:
        """The port's `registry`."""
        self._called("registry", registry)
        return self._read(registry, self.registries)

    async def network(self, network: ResourceId) -> Reading[Network]:
        """The port's `network`; a network is there while it is peered or holds an endpoint."""
        self._called("network", network)
        if network.subscription not in self.watched.ids:
            return Unknown(UnknownReason.UNWATCHED)
        return Found(self._network(network))

    def _network(self, network: ResourceId) -> Network:
        inside = tuple(id_ for id_, e in self.endpoints.items() if e.network == network)
        return Network(network, network in self.peered, inside, self.dns_servers.get(network, ()))

    async def record(self, zone: Zone, name: str) -> RecordSet | None:
        """The port's `record`."""
        self._called("record", name)
        return self.zones[zone.id].records.get(name)

    async def records(self, zone: Zone, turn: Pacing = Pacing.NOW) -> list[RecordSet]:
        """The port's `records`."""
        del turn
        self._called("records", zone)
        return list(self.zones[zone.id].records.values())

    async def link(self, zone: Zone, name: str) -> Link | None:
        """The port's `link`."""
        self._called("link", name)
        return self.zones[zone.id].links.get(name)

    async def links(self, zone: Zone, turn: Pacing = Pacing.NOW) -> list[Link]:
        """The port's `links`."""
        del turn
        self._called("links", zone)
        return list(self.zones[zone.id].links.values())

    async def write_record(self, zone: Zone, record: RecordSet) -> None:
        """The port's `write_record`: conditional, as Azure's PUT is."""
        self._called("write_record", record.name)
        self._check(zone, record)
        written = replace(record, etag=f"etag-{next(self._numbers)}")
        with self.around():
            self.zones[zone.id].records[record.name] = written
        self.writes.append(("write", record.name, record.addresses))

    async def delete_record(self, zone: Zone, record: RecordSet) -> None:
        """The port's `delete_record`: conditional, as Azure's DELETE is."""
        self._called("delete_record", record.name)
        self._check(zone, record)
        with self.around():
            del self.zones[zone.id].records[record.name]
        self.writes.append(("delete", record.name, ()))

    def _check(self, zone: Zone, record: RecordSet) -> None:
        if record.name in self.locked:
            raise LockedError(f"{record.name}: a lock forbids it")
        now = self.zones[zone.id].records.get(record.name)
        if (now.etag if now else "") != record.etag:
            raise PreconditionFailedError("somebody else wrote first")

    async def create_link(
        self,
        zone: Zone,
        name: str,
        network: ResourceId,
        deadline: Deadline,
        tags: Mapping[str, str] | None = None,
    ) -> tuple[LinkOutcome, str]:
        """The port's `create_link`."""
        del deadline
        self._called("create_link", name)
        if name in self.zones[zone.id].links:
            raise PreconditionFailedError("somebody else wrote first")
        if zone.id in self.full:
            return LinkOutcome.REFUSED, "no more links"
        if any(
            link.network == network
            for id_, contents in self.zones.items()
            for link in contents.links.values()
            if id_.name == zone.id.name
        ):
            return LinkOutcome.REFUSED, "linked already"
        if words := self.refused_links.get((zone.id, network)):
            return LinkOutcome.REFUSED, words
        tags = {**(tags or {}), "acrPrivateDns": zone.owner}
        link = Link(name, f"etag-{next(self._numbers)}", network, tags)
        with self.around():
            self.zones[zone.id].links[name] = link
        self.writes.append(("link", name, ()))
        return LinkOutcome.DONE, ""

    async def update_link(
        self, zone: Zone, link: Link, deadline: Deadline
    ) -> tuple[LinkOutcome, str]:
        """The port's `update_link`."""
        del deadline
        self._called("update_link", link.name)
        if link.name in self.locked:
            raise LockedError(f"{link.name}: a lock forbids it")
        now = self.zones[zone.id].links.get(link.name)
        if now is None or now.etag != link.etag:
            raise PreconditionFailedError("somebody else wrote first")
        etag = f"etag-{next(self._numbers)}"
        with self.around():
            self.zones[zone.id].links[link.name] = replace(
                now, etag=etag, has_fallback=True, has_registration=False
            )
        self.writes.append(("link", link.name, ()))
        return LinkOutcome.DONE, ""

    async def delete_link(
        self, zone: Zone, link: Link, deadline: Deadline
    ) -> tuple[LinkOutcome, str]:
        """The port's `delete_link`."""
        del deadline
        self._called("delete_link", link.name)
        if link.name in self.locked:
            raise LockedError(f"{link.name}: a lock forbids it")
        now = self.zones[zone.id].links.get(link.name)
        if now is not None and now.etag != link.etag:
            raise PreconditionFailedError("somebody else wrote first")
        with self.around():
            self.zones[zone.id].links.pop(link.name, None)
        self.writes.append(("unlink", link.name, ()))
        return LinkOutcome.DONE, ""
