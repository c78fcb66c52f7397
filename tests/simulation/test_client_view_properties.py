"""Random estates of several zones and networks, in which nobody may be worse off for our writes."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from shared.domain.resource_id import NETWORK, ZONE, ResourceId
from shared.domain.resources import Status
from shared.domain.scope import EndpointScope, FormerEndpointScope
from shared.domain.zone import Selection, Selector, Zone, with_other_selectors
from tests.simulation.azure import ZONE_KEPT, Azure, an_id
from tests.simulation.full_syncs import full_sync
from tests.simulation.judging import order, verdict
from tests.simulation.views import handle, put_link, put_record

NETWORKS = ("net-a", "net-b", "net-c", "hub")
GROUPS = ("dns", "north", "east")
PEERINGS = [("net-a", "net-b"), ("hub", "net-a"), ("hub", "net-b"), ("hub", "net-c")]
BY_HAND = ["10.9.9.9", "", "10.0.0.4", "10.1.0.4"]


@dataclass
class Estate:
    """An estate, the zones that are kept, and what will happen to it.

    Attributes:
        azure: the estate.
        serving: which zone serves a network, by the zone's place among `GROUPS`.
        zones: how many zones of the name there are.
        selection: of all of them.
        happenings: what people do, one after another, with an event where Azure raises one.
    """

    azure: Azure
    serving: dict[str, int]
    zones: int
    selection: Selection
    happenings: list[Callable[[], EndpointScope | FormerEndpointScope | None]] = field(
        default_factory=list
    )

    def kept(self) -> tuple[Zone, ...]:
        """The zones as the settings have them now."""
        zones = []
        for place, group in enumerate(GROUPS[: self.zones]):
            served = [name for name in NETWORKS if self.serving[name] == place]
            networks = frozenset(an_id(NETWORK, name) for name in served if place)
            zone = replace(ZONE_KEPT, id=zone_id(group), selection=self.selection)
            zones.append(replace(zone, selector=Selector(networks=networks)))
        # A zone whose selector is empty takes the rest, which only the first one may.
        kept = [zone for place, zone in enumerate(zones) if not place or zone.selector]
        return with_other_selectors(kept)

    async def sync(self) -> None:
        """One full sync, judged by what the settings say now."""
        serving = {
            str(an_id(NETWORK, name)).lower(): str(zone_id(GROUPS[place])).lower()
            for name, place in self.serving.items()
        }
        order(self.azure, serving=serving)
        await full_sync(self.azure, *self.kept(), override_threshold=True)


def zone_id(group: str) -> ResourceId:
    return an_id(ZONE, "privatelink.azurecr.io", group)


@st.composite
def estates(draw: st.DrawFn) -> Estate:
    """Registries, some of them public; endpoints; peerings; records and links by hand."""
    azure, zones = Azure(), draw(st.integers(1, 3))
    serving = {name: draw(st.integers(0, zones - 1)) for name in NETWORKS}
    estate = Estate(azure, serving, zones, draw(st.sampled_from(list(Selection))))
    for number in range(draw(st.integers(1, 2))):
        registry = azure.add_registry(f"registry{number}")
        if draw(st.booleans()):
            azure.open_to_public(registry)
        for index, network in enumerate(NETWORKS):
            if draw(st.booleans()):
                azure.add_endpoint(
                    f"pe-{number}-{index}", registry, f"10.{index}.{number}.4", network
                )
    for pair in draw(st.lists(st.sampled_from(PEERINGS), unique=True)):
        azure.peer(*pair)
    for name in draw(st.lists(st.sampled_from(["registry0", "registry1"]), unique=True)):
        address = draw(st.sampled_from(BY_HAND))
        group = draw(st.sampled_from(GROUPS[:zones]))
        put_record(azure, zone_id(group), name, *([address] if address else []))
    if draw(st.booleans()):
        policy = draw(st.sampled_from(["Default", "NxDomainRedirect"]))
        put_link(azure, zone_id(draw(st.sampled_from(GROUPS[:zones]))), "hub", policy)
    estate.happenings += [draw(happenings(estate)) for _ in range(draw(st.integers(0, 3)))]
    return estate


@st.composite
def happenings(
    draw: st.DrawFn, estate: Estate
) -> Callable[[], EndpointScope | FormerEndpointScope | None]:
    """One thing that people do."""
    azure, kind = estate.azure, draw(st.integers(0, 4))
    endpoint = draw(st.sampled_from(sorted(azure.endpoints))) if azure.endpoints else None
    registry = draw(st.sampled_from(sorted(azure.registries)))
    network, place = draw(st.sampled_from(NETWORKS)), draw(st.integers(0, estate.zones - 1))

    def happen() -> EndpointScope | FormerEndpointScope | None:
        match kind:
            case 0 if endpoint in azure.endpoints:
                azure.delete_endpoint(endpoint)
                return FormerEndpointScope(endpoint)
            case 1 if endpoint in azure.endpoints:
                (its,) = azure.endpoints[endpoint].connections
                azure.set_status(endpoint, Status.PENDING)
                azure.connect(its, endpoint, Status.PENDING)
                return EndpointScope(endpoint)
            case 2:
                azure.open_to_public(registry)
            case 3:
                estate.serving[network] = place
            case 4:
                azure.peer("hub", network if network != "hub" else "net-a")
        return None

    return happen


@given(estates())
# Of the estates that `make faults` draws, one in a few hundred is worse off still, each in one of
# the ways that known_reds.txt lists.
@settings(max_examples=60, phases=(Phase.explicit, Phase.generate))
async def test_nobody_is_worse_off_whatever_the_estate(estate: Estate) -> None:
    """After each write, and at the end, whoever had a good answer has one."""
    await estate.sync()
    for happen in estate.happenings:
        scope = happen()
        if scope is not None:
            await handle(estate.azure, scope, *estate.kept())
        await estate.sync()
    taken = verdict(estate.azure)
    assert not taken, "\n".join(taken)
