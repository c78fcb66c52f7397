"""Situations that several tests begin with, and what they look at in the end."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from shared.domain.findings import FindingKind
from shared.domain.ownership import Adopt
from shared.domain.reading import Reading
from shared.domain.resource_id import ENDPOINT, INTERFACE, NETWORK, REGISTRY, ZONE, ResourceId
from shared.domain.resources import Endpoint, Interface, Member, Status
from shared.domain.scope import EndpointScope, RegistryScope
from shared.domain.zone import Selector, Zone, with_other_selectors
from shared.engine.context import make_context
from shared.engine.deadline import Deadline
from shared.engine.options import RunOptions
from shared.engine.result import ZoneResult
from shared.engine.runner import run_scope
from shared.errors import TransientError
from tests.simulation.azure import ZONE_KEPT, Azure, an_id
from tests.simulation.run import FakeTime, run

LINK_A = "acr-private-dns-"


def kinds(result: object) -> set[FindingKind]:
    return {finding.kind for finding in result.findings}  # type: ignore[attr-defined]


def codes(*results: ZoneResult) -> set[str]:
    """The codes of all findings."""
    return {finding.kind.code for result in results for finding in result.findings}


GEO = Member("registry_westeurope", "myregistry.westeurope.geo.azurecr.io", "10.1.0.9")


NAMES = ["myregistry", "myregistry.westeurope.data"]


class Case:
    """One registry and one endpoint, and the levers that the cases need."""

    def __init__(self, *regions: str) -> None:
        self.azure = Azure()
        self.registry = self.azure.add_registry("myregistry", *(regions or ("westeurope",)))
        self.endpoint = self.azure.add_endpoint("pe-a", self.registry, "10.1.0.4")

    @property
    def nic(self) -> ResourceId:
        """The endpoint's interface."""
        return self.azure.endpoints[self.endpoint].interfaces[0]

    @property
    def deletes(self) -> list[str]:
        """Names that were deleted."""
        return [name for method, name, _ in self.azure.writes if method == "delete"]

    async def publish(self) -> None:
        """Handle the endpoint's creation."""
        await run(self.azure, EndpointScope(self.endpoint))
        self.azure.writes.clear()

    def damage_marks(self) -> None:
        """Take the entries out of every mark; owner and registry stay."""
        for name, record in self.azure.sets.items():
            kept = {k: v for k, v in record.metadata.items() if "Address" not in k}
            self.azure.sets[name] = replace(record, metadata=kept)

    def after(self, count: int, method: str, change: Callable[[], object]) -> None:
        """Let something happen right before the nth call of a method."""
        calls = 0

        def before(called: str, _what: object) -> None:
            nonlocal calls
            calls += called == method
            if called == method and calls == count:
                change()

        self.azure.before = before

    def add_geo(self) -> None:
        """A regional member, whose name no document of the registry tells."""
        old = self.azure.interfaces[self.nic]
        self.azure.interfaces[self.nic] = replace(old, members=(*old.members, GEO))


def answering(value: Reading[Any]) -> Callable[..., Awaitable[Reading[Any]]]:
    async def answer(*_args: object) -> Reading[Any]:
        await asyncio.sleep(0)
        return value

    return answer


def made_again_elsewhere(case: Case) -> ResourceId:
    """The registry again, in another group, with an endpoint of its own; returns that one's ID."""
    azure, elsewhere = case.azure, an_id(REGISTRY, "myregistry", "other-group")
    azure.registries[elsewhere] = replace(
        azure.registries[case.registry], id=elsewhere, connections={}
    )
    new, nic = an_id(ENDPOINT, "pe-b"), an_id(INTERFACE, "pe-b.nic")
    azure.endpoints[new] = Endpoint(
        id=new,
        guid="ff",
        etag="x",
        state="Succeeded",
        region="westeurope",
        network=an_id(NETWORK, "b"),
        interfaces=(nic,),
        connections={elsewhere: Status.APPROVED},
    )
    azure.interfaces[nic] = Interface(
        "Succeeded",
        (
            Member("registry", "myregistry.azurecr.io", "10.2.0.4"),
            Member("registry_data_westeurope", "myregistry.westeurope.data.azurecr.io", "10.2.0.5"),
        ),
    )
    azure.connect(elsewhere, new, Status.APPROVED)
    return new


class Overtaken:
    """Lets a whole other run, which finds a newer address, happen right before the nth call.

    Attributes:
        calls: how many were made, those of the other run left out.
    """

    def __init__(self, case: Case, number: int) -> None:
        self._case = case
        self._number = number
        self._inside = False
        self.calls = 0

    async def turn(self) -> None:
        """Before each call."""
        if self._inside:
            return
        self.calls += 1
        if self.calls == self._number:
            self._inside = True
            case = self._case
            case.azure.drop_member(case.endpoint, "registry")
            case.azure.add_member(case.endpoint, case.registry, "registry", "10.1.0.77")
            await run(case.azure, EndpointScope(case.endpoint))
            self._inside = False


def raise_transient() -> None:
    raise TransientError("503")


NORTH = an_id(ZONE, "privatelink.azurecr.io", "north")


NET_A = an_id(NETWORK, "net-a")


PUBLISHED = {"myregistry": ["10.1.0.4"], "myregistry.westeurope.data": ["10.1.0.5"]}


def one() -> tuple[Azure, ResourceId, ResourceId]:
    """An Azure with one registry behind one endpoint, not published yet."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    return azure, registry, azure.add_endpoint("pe-a", registry, "10.1.0.4")


def regional(*networks: str) -> tuple[Zone, ...]:
    """The zone that is kept by default for the rest, and one in the group `north` for networks."""
    is_zone_for = Selector(networks=frozenset(an_id(NETWORK, name) for name in networks))
    return with_other_selectors((ZONE_KEPT, replace(ZONE_KEPT, id=NORTH, selector=is_zone_for)))


def north(azure: Azure) -> dict[str, list[str]]:
    """What the zone in the group `north` answers."""
    return azure.zone(NORTH)


async def visited(
    azure: Azure, scope: EndpointScope | RegistryScope, *zones: Zone, **options: Any
) -> list[ZoneResult]:
    """One run by hand."""
    time, zones = FakeTime(), zones or (ZONE_KEPT,)
    run_options = RunOptions(**{"adopt": Adopt.EMPTY, **options})
    context = make_context(azure, zones, run_options.adopt_from)
    return await run_scope(scope, context, run_options, Deadline(60, time.clock, time.sleep))


def shows(azure: Azure, network: ResourceId) -> Mapping[str, list[str]]:
    """What a network's clients see, by its links: the records of the zone it is linked to."""
    for zone, contents in azure.zones.items():
        if any(link.network == network for link in contents.links.values()):
            return azure.zone(zone)
    return {}
