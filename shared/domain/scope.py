"""Scopes: what a trigger asks to be made right."""

from dataclasses import dataclass

from shared.domain.resource_id import ResourceId


@dataclass(frozen=True, slots=True)
class EndpointScope:
    """An endpoint that was written, and its registry."""

    endpoint: ResourceId


@dataclass(frozen=True, slots=True)
class FormerEndpointScope:
    """An endpoint that was deleted: only claims in the zone still name it and its registry."""

    endpoint: ResourceId


@dataclass(frozen=True, slots=True)
class RegistryScope:
    """A registry; `region` is that of the replica which the trigger named, if it named one."""

    registry: ResourceId
    region: str | None = None


@dataclass(frozen=True, slots=True)
class FullScope:
    """Everything watched, by a full sync; or of it what touches one subscription."""

    subscription: str | None = None


# Not `FullScope`: a full sync takes that apart into registries first.
type Scope = EndpointScope | FormerEndpointScope | RegistryScope
