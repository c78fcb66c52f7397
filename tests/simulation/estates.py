"""Random estates and zones, for the properties that hold in all of them."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from shared.domain.reading import Unknown, UnknownReason
from shared.domain.resource_id import ResourceId
from shared.domain.resources import Status
from shared.domain.scope import EndpointScope, FormerEndpointScope, RegistryScope, Scope
from shared.domain.zone import Selection, Zone
from shared.errors import TransientError
from tests.simulation.azure import ZONE_KEPT, Azure
from tests.simulation.run import run

REGIONS = ("westeurope", "northeurope", "eastus")
FOREIGN: tuple[dict[str, str], ...] = (
    {},
    {"owner": "somebody"},
    {"acrPrivateDns": "another-deployment"},
    {"creator": "created by private endpoint pe with resource guid 1"},
)
DAMAGED = (
    {"acrPrivateDns": "owner"},
    {"acrPrivateDns": "owner", "acrPrivateDnsAddress01": "10.1.0.4 nonsense"},
    {"acrPrivateDns": "owner", "acrPrivateDnsRegistry": "nonsense", "team": "x"},
)

zones = st.sampled_from(list(Selection)).map(lambda policy: replace(ZONE_KEPT, selection=policy))


@dataclass(frozen=True)
class Estate:
    """A healthy Azure, and what will go wrong with it."""

    azure: Azure
    registries: list[ResourceId]
    endpoints: list[ResourceId]
    troubles: list[Callable[[], None]]

    @property
    def scopes(self) -> list[Scope]:
        """Every scope that an event could name."""
        return [
            *(EndpointScope(endpoint) for endpoint in self.endpoints),
            *(FormerEndpointScope(endpoint) for endpoint in self.endpoints),
            *(
                RegistryScope(registry, region)
                for registry in self.registries
                for region in REGIONS
            ),
        ]

    async def run_all(self, zone: Zone) -> None:
        """Run every scope once; where Azure does not answer, go on with the next."""
        for scope in self.scopes:
            with contextlib.suppress(TransientError):
                await run(self.azure, scope, zone)

    async def trouble(self, zone: Zone) -> None:
        """Publish the healthy estate, then let everything go wrong that will."""
        await self.run_all(zone)
        for happen in self.troubles:
            happen()


@st.composite
def estates(draw: st.DrawFn) -> Estate:
    """An estate of one or two registries, and any troubles with it and with its zone."""
    azure = Azure()
    registries, endpoints, troubles = [], [], []
    for number in range(draw(st.integers(1, 2))):
        regions = draw(st.lists(st.sampled_from(REGIONS), min_size=1, max_size=3, unique=True))
        registry = azure.add_registry(f"registry{number}", *regions)
        registries.append(registry)
        for index in range(draw(st.integers(0, 3))):
            address = f"10.{number}.{index}.4"
            network = f"net-{draw(st.sampled_from('ab'))}"
            endpoint = azure.add_endpoint(f"pe-{number}-{index}", registry, address, network)
            endpoints.append(endpoint)
            troubles.append(_endpoint_trouble(draw, azure, registry, endpoint))
    troubles.append(_zone_trouble(draw, azure))
    return Estate(azure, registries, endpoints, troubles)


def _endpoint_trouble(
    draw: st.DrawFn, azure: Azure, registry: ResourceId, endpoint: ResourceId
) -> Callable[[], None]:
    """Whatever can come between an endpoint and its registry."""
    ours, theirs = (draw(st.sampled_from([Status.APPROVED, *Status])) for _ in range(2))
    member = draw(st.sampled_from(["registry", *(f"registry_data_{r}" for r in REGIONS)]))
    cause = Unknown(draw(st.sampled_from(list(UnknownReason))), "test")
    which = draw(st.integers(0, 9))

    def happen() -> None:
        azure.set_status(endpoint, ours)
        azure.connect(registry, endpoint, theirs)
        match which:
            case 0:
                azure.drop_member(endpoint, member)
            case 1:
                azure.unknown[endpoint] = cause
            case 2:
                azure.grouped.add(endpoint)
            case 3:
                azure.disconnect(registry, endpoint)
            case 4:
                azure.delete_endpoint(endpoint)
            case 5:
                azure.endpoints[endpoint] = replace(azure.endpoints[endpoint], guid="f" * 36)
            case 6:
                azure.unknown[registry] = cause
            case 7:
                del azure.endpoints[endpoint]

    return happen


def _zone_trouble(draw: st.DrawFn, azure: Azure) -> Callable[[], None]:
    """Whatever a person or another tool can do to the zone."""
    names = [
        f"registry{n}{tail}" for n in (0, 1) for tail in ("", *(f".{r}.data" for r in REGIONS))
    ]
    touched = draw(st.lists(st.sampled_from([*names, "somebody.else"]), unique=True, max_size=4))
    edits = [
        (
            name,
            draw(st.lists(st.sampled_from(["10.0.0.4", "10.9.9.9"]), unique=True)),
            draw(st.sampled_from((*FOREIGN, *DAMAGED))),
        )
        for name in touched
    ]
    deleted = draw(st.lists(st.sampled_from(names), unique=True, max_size=2))

    def happen() -> None:
        for name in deleted:
            azure.sets.pop(name, None)
        for name, addresses, metadata in edits:
            azure.put_record(name, *addresses, metadata=dict(metadata))

    return happen


def readable(azure: Azure, zone: Zone) -> set[str]:
    """The names that some Approved endpoint gives which no right or zone group keeps from us."""
    return {
        name
        for endpoint in azure.endpoints.values()
        if endpoint.id not in azure.grouped
        if azure.unknown.get(endpoint.id, Unknown(UnknownReason.TRANSIENT)).reason
        is UnknownReason.TRANSIENT
        for name, _ in provenance(azure, zone, endpoint.id)
    }


def provenance(azure: Azure, zone: Zone, only: ResourceId | None = None) -> set[tuple[str, str]]:
    """Every (name, address) on the interface of an endpoint Approved on its own side."""
    return {
        (member.fqdn.removesuffix(f".{zone.suffix}"), member.address)
        for endpoint in azure.endpoints.values()
        if Status.APPROVED in endpoint.connections.values() and only in (None, endpoint.id)
        for member in azure.interfaces[endpoint.interfaces[0]].members
    }
