"""Own names: which FQDNs a registry's endpoints may give (own-names-only). Pure.

What an interface lists is its endpoint's word alone; which names a registry has, only its login
server tells (docs/azure.md#container-registry).
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from shared.domain.observation import EndpointReading
from shared.domain.reading import Found, Reading, Unknown, UnknownReason
from shared.domain.resource_id import ResourceId
from shared.domain.resources import Member, Registry

type Registries = Mapping[ResourceId, Reading[Registry]]

_UNREAD = Unknown(UnknownReason.TRANSIENT, "was not read")
# What stands between a region and the suffix, for data and regional endpoints.
_SERVICES = ("data", "geo")


def is_own_name(fqdn: str, registry_id: ResourceId, registry: Reading[Registry]) -> bool:
    """Whether a name is one of a registry's own, by its login server.

    Own are the login server, and its first label with `.<region>.data` or `.<region>.geo` before
    the suffix. Of a registry that cannot be read, the ID has the last word.
    """
    if not isinstance(registry, Found):
        return is_named_after(fqdn, registry_id)
    label, _, suffix = registry.value.login_server.partition(".")
    own_label, _, rest = fqdn.partition(".")
    _, _, service = rest.partition(".")
    return fqdn == registry.value.login_server or (
        own_label == label and service in {f"{one}.{suffix}" for one in _SERVICES}
    )


def is_named_after(fqdn: str, registry_id: ResourceId) -> bool:
    """Whether a name begins with the registry's, as all of its own do.

    A domain name label adds a hash; no registry's name holds a `-`.
    """
    label = fqdn.partition(".")[0]
    return label == registry_id.name or label.startswith(f"{registry_id.name}-")


def with_own_names(
    endpoint_reading: EndpointReading, registry_id: ResourceId, registry: Reading[Registry]
) -> EndpointReading:
    """The reading without members at names that are not the registry's own."""
    if not isinstance(endpoint_reading.interface, Found):
        return endpoint_reading
    interface = endpoint_reading.interface.value
    fqdns = tuple(
        one.fqdn for one in interface.members if not is_own_name(one.fqdn, registry_id, registry)
    )
    if not fqdns:
        return endpoint_reading
    members = tuple(one for one in interface.members if one.fqdn not in fqdns)
    interface = replace(interface, members=members, others_fqdns=fqdns)
    return replace(endpoint_reading, interface=Found(interface))


def own_members(endpoint_reading: EndpointReading, registries: Registries) -> Iterator[Member]:
    """The members of an endpoint at own names of a registry that it is connected to."""
    yield from (one for one, is_own in _members(endpoint_reading, registries) if is_own)


def others_members(endpoint_reading: EndpointReading, registries: Registries) -> Iterator[Member]:
    """The members of an endpoint at names of others."""
    yield from (one for one, is_own in _members(endpoint_reading, registries) if not is_own)


def _members(
    endpoint_reading: EndpointReading, registries: Registries
) -> Iterator[tuple[Member, bool]]:
    """Each member, and whether it stands at an own name."""
    if isinstance(endpoint_reading.endpoint, Found) and isinstance(
        endpoint_reading.interface, Found
    ):
        ids = endpoint_reading.endpoint.value.connections
        for member in endpoint_reading.interface.value.members:
            own = (is_own_name(member.fqdn, id_, registries.get(id_, _UNREAD)) for id_ in ids)
            yield member, any(own)
