"""Azure's documents in the words of the domain.

Sources are read strictly: a document that lacks what decides about a record
raises `UnreadableError`, and becomes an unknown, never an absence. The zone's
documents are read leniently: what is odd in them is somebody else's, and stays.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from shared.domain.ownership import OWNER_KEY
from shared.domain.reading import Found, Reading, Unknown, UnknownReason
from shared.domain.resource_id import (
    ENDPOINT,
    INTERFACE,
    NETWORK,
    REGISTRY,
    SUBNET,
    ZONE,
    InvalidNameError,
    ResourceId,
    fold_case,
    parse_address,
    parse_fqdn,
    parse_guid,
    parse_id,
    region_name,
)
from shared.domain.resources import (
    SUCCEEDED,
    Endpoint,
    Interface,
    Member,
    Network,
    Peering,
    Registry,
    Replica,
    Status,
)
from shared.domain.zone import Link, RecordSet
from shared.engine.azure import Counts

type Document = Mapping[str, object]

# A name that the zone does not hold is asked for in public (docs/azure.md#private-dns).
_FALLBACK = "NxDomainRedirect"
# What a private link names as its group where it leads to a registry.
_GROUP = "registry"


class UnreadableError(ValueError):
    """Azure's document is not as documented; the message says where, not what it held."""


def endpoint(id_: ResourceId, document: Document) -> Endpoint:
    """A private endpoint; connections to anything but registries are left out."""
    properties = _part(document, "properties")
    subnet = _id(_part(properties, "subnet").get("id"), SUBNET)
    return Endpoint(
        id=id_,
        guid=_parse(parse_guid, properties.get("resourceGuid"), "resourceGuid"),
        etag=_text(document, "etag"),
        state=_text(properties, "provisioningState"),
        region=region_name(_text(document, "location")),
        network=subnet.parent,
        interfaces=tuple(
            _id(item.get("id"), INTERFACE) for item in _items(properties, "networkInterfaces")
        ),
        connections=_merge(_endpoint_connections(properties)),
    )


def interface(document: Document) -> Interface:
    """A network interface; configurations that are no member of a registry are left out."""
    properties = _part(document, "properties")
    members: list[Member] = []
    ipv6_fqdns: list[str] = []
    for config in map(_properties, _items(properties, "ipConfigurations")):
        link = _optional(config, "privateLinkConnectionProperties")
        if link.get("groupId") != _GROUP:
            continue
        # Only A records are kept: names at IPv6 addresses become a finding, not a member.
        if config.get("privateIPAddressVersion") == "IPv6":
            ipv6_fqdns.extend(_fqdns(link))
        else:
            members.extend(_members(config, link))
    return Interface(_text(properties, "provisioningState"), tuple(members), tuple(ipv6_fqdns))


def registry(
    id_: ResourceId, document: Document, replications: list[Document] | None = None
) -> Registry:
    """A registry with its replications; connections from endpoints with odd IDs are left out."""
    properties = _part(document, "properties")
    return Registry(
        id=id_,
        login_server=_parse(parse_fqdn, properties.get("loginServer"), "loginServer"),
        region=region_name(_text(document, "location")),
        state=_text(properties, "provisioningState"),
        connections=_merge(_registry_connections(properties)),
        replicas=replicas(replications or []),
        # Further words are not verified (docs/azure.md#unverified); they count as closed.
        is_public=properties.get("publicNetworkAccess") == "Enabled",
    )


def replicas(replications: list[Document]) -> tuple[Replica, ...]:
    """A registry's replicas, from the list of its replications."""
    return tuple(
        Replica(
            region_name(_text(item, "location")),
            _text(_properties(item), "provisioningState"),
        )
        for item in replications
    )


def network(id_: ResourceId, document: Document) -> Network:
    """A virtual network, with the endpoints that its subnets name."""
    properties = _part(document, "properties")
    # Silence about the subnets must not read as "nobody in it": links go by this
    # (client-never-worse).
    if properties.get("subnets") is None:
        raise UnreadableError("`subnets` is missing")
    subnets = map(_properties, _items(properties, "subnets"))
    dns_servers = _optional(properties, "dhcpOptions").get("dnsServers")
    return Network(
        id=id_,
        peerings=tuple(map(_network_peering, _items(properties, "virtualNetworkPeerings"))),
        endpoints=tuple(
            _id(item.get("id"), ENDPOINT)
            for subnet in subnets
            for item in _items(subnet, "privateEndpoints")
        ),
        dns_servers=tuple(map(str, dns_servers)) if isinstance(dns_servers, list) else (),
        prefixes=_prefixes(properties, "addressSpace"),
    )


def counts(document: Document) -> Counts:
    """How full a zone is."""
    properties = _properties(document)
    return Counts(
        records=_number(properties, "numberOfRecordSets"),
        max_records=_number(properties, "maxNumberOfRecordSets"),
        links=_number(properties, "numberOfVirtualNetworkLinks"),
        max_links=_number(properties, "maxNumberOfVirtualNetworkLinks"),
    )


def item_reading[T](
    document: Document, kind: str, decode: Callable[[ResourceId, Document], T]
) -> tuple[ResourceId, Reading[T]] | None:
    """A list's item with its ID; one that cannot be understood is unknown, not missing.

    Of an item whose ID is none of the kind, None: nothing of ours can point to it.
    """
    try:
        id_ = parse_id(document.get("id"), kind)
    except InvalidNameError:
        return None
    try:
        return id_, Found(decode(id_, document))
    except UnreadableError as error:
        return id_, Unknown(UnknownReason.UNREADABLE, str(error))


def group_zones(groups: list[Document]) -> frozenset[ResourceId]:
    """The zones that an endpoint's zone groups point at."""
    configs = (
        config
        for group in groups
        for config in _items(_part(group, "properties"), "privateDnsZoneConfigs")
    )
    return frozenset(
        _id(_part(config, "properties").get("privateDnsZoneId"), ZONE) for config in configs
    )


def zone_id(document: Document) -> ResourceId | None:
    """The ID of a listed zone; None if it cannot be understood: then it is no zone of ours."""
    try:
        return parse_id(document.get("id"), ZONE)
    except InvalidNameError:
        return None


def record_set(document: Document) -> RecordSet:
    """An A record set, whoever made it."""
    properties = _optional(document, "properties")
    ttl = properties.get("ttl")
    metadata = properties.get("metadata")
    return RecordSet(
        name=fold_case(str(document.get("name", ""))),
        etag=str(document.get("etag", "")),
        # 0 differs from every TTL of ours, so an odd one is repaired if the record is ours.
        ttl=ttl if isinstance(ttl, int) else 0,
        addresses=tuple(str(item.get("ipv4Address")) for item in _items(properties, "aRecords")),
        metadata=_texts(metadata),
    )


def record_body(record: RecordSet) -> dict[str, object]:
    """The body of a PUT that makes the record set what it says: data and ownership in one."""
    return {
        "properties": {
            "ttl": record.ttl,
            "aRecords": [{"ipv4Address": address} for address in record.addresses],
            "metadata": dict(record.metadata),
        }
    }


def link_body(
    network_id: ResourceId, owner: str, tags: Mapping[str, str] | None = None
) -> dict[str, object]:
    """The body of a PUT that links a network.

    `NxDomainRedirect` lets a registry without a record still resolve publicly
    (docs/azure.md#private-dns).
    """
    return {
        "location": "global",
        "tags": {**(tags or {}), OWNER_KEY: owner},
        "properties": {
            "virtualNetwork": {"id": str(network_id)},
            "registrationEnabled": False,
            "resolutionPolicy": _FALLBACK,
        },
    }


def link(document: Document) -> Link:
    """A virtual network link, whoever made it."""
    properties = _optional(document, "properties")
    try:
        network_id = parse_id(_optional(properties, "virtualNetwork").get("id"), NETWORK)
    except InvalidNameError:
        network_id = None
    policy = properties.get("resolutionPolicy")
    return Link(
        name=fold_case(str(document.get("name", ""))),
        etag=str(document.get("etag", "")),
        network=network_id,
        tags=_texts(document.get("tags")),
        state=str(properties.get("provisioningState", SUCCEEDED)),
        # An older API version leaves the policy out (docs/azure.md#private-dns).
        has_fallback=None if policy is None else policy == _FALLBACK,
        has_registration=properties.get("registrationEnabled") is True,
    )


def _network_peering(document: Document) -> Peering:
    properties = _part(document, "properties")
    return Peering(
        remote=_id(_part(properties, "remoteVirtualNetwork").get("id"), NETWORK),
        is_connected=properties.get("peeringState") == "Connected",
        remote_prefixes=_prefixes(properties, "remoteAddressSpace"),
    )


def _prefixes(properties: Document, key: str) -> tuple[str, ...]:
    prefixes = _optional(properties, key).get("addressPrefixes")
    return tuple(map(str, prefixes)) if isinstance(prefixes, list) else ()


def _endpoint_connections(properties: Document) -> Iterator[tuple[ResourceId, Status]]:
    # A manual connection stays in its array when approved, so both are read
    # (docs/azure.md#private-endpoints).
    for key in ("privateLinkServiceConnections", "manualPrivateLinkServiceConnections"):
        for item in _items(properties, key):
            connection = _part(item, "properties")
            try:
                registry_id = parse_id(connection.get("privateLinkServiceId"), REGISTRY)
            except InvalidNameError:
                continue
            yield registry_id, _status(connection)


def _members(config: Document, link: Document) -> Iterator[Member]:
    for fqdn in _fqdns(link):
        address = config.get("privateIPAddress")
        yield Member(
            name=_text(link, "requiredMemberName"),
            fqdn=fqdn,
            address=_parse(parse_address, address, "privateIPAddress"),
        )


def _fqdns(link: Document) -> list[str]:
    fqdns = link.get("fqdns")
    return [
        _parse(parse_fqdn, fqdn, "fqdns") for fqdn in (fqdns if isinstance(fqdns, list) else ())
    ]


def _registry_connections(properties: Document) -> Iterator[tuple[ResourceId, Status]]:
    # Silence about the connections must not read as "no connection" (no-unproven-delete).
    if properties.get("privateEndpointConnections") is None:
        raise UnreadableError("`privateEndpointConnections` is missing")
    for item in _items(properties, "privateEndpointConnections"):
        connection = _part(item, "properties")
        try:
            id_ = parse_id(_optional(connection, "privateEndpoint").get("id"), ENDPOINT)
        except InvalidNameError as error:
            # Left out, an endpoint that is approved could seem gone.
            if _status(connection) is Status.APPROVED:
                raise UnreadableError("an Approved connection names no endpoint") from error
            continue
        yield id_, _status(connection)


def _merge(connections: Iterable[tuple[ResourceId, Status]]) -> dict[ResourceId, Status]:
    """One status for each; of several connections, an Approved one counts, in any order.

    Invariant: no-unproven-delete.
    """
    statuses: dict[ResourceId, Status] = {}
    order = list(Status)
    for id_, status in connections:
        statuses[id_] = min(status, statuses.get(id_, status), key=order.index)
    return statuses


def _status(connection: Document) -> Status:
    # A word that nobody knows yet approves nothing and ends nothing.
    word = _optional(connection, "privateLinkServiceConnectionState").get("status")
    try:
        return Status(str(word))
    except ValueError:
        return Status.OTHER


def _part(document: Document, key: str) -> Document:
    value = document.get(key)
    if not isinstance(value, Mapping):
        raise UnreadableError(f"`{key}` is missing")
    return value


def _properties(document: Document) -> Document:
    return _part(document, "properties")


def _number(document: Document, key: str) -> int:
    value = document.get(key)
    if not isinstance(value, int):
        raise UnreadableError(f"`{key}` is missing")
    return value


def _optional(document: Document, key: str) -> Document:
    value = document.get(key)
    return value if isinstance(value, Mapping) else {}


def _items(document: Document, key: str) -> list[Document]:
    value = document.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise UnreadableError(f"`{key}` is no list of objects")
    return value


def _text(document: Document, key: str) -> str:
    value = document.get(key)
    if not isinstance(value, str):
        raise UnreadableError(f"`{key}` is missing")
    return value


def _texts(value: object) -> dict[str, str]:
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, Mapping) else {}


def _id(value: object, kind: str) -> ResourceId:
    return _parse(lambda text: parse_id(text, kind), value, f"ID of a {kind}")


def _parse[T](parse: Callable[[object], T], value: object, key: str) -> T:
    try:
        return parse(value)
    except InvalidNameError as error:
        raise UnreadableError(f"`{key}`: {error}") from None
