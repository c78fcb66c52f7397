"""The judge of `client-never-worse` says what `dig` says, in every network of the local Azure."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demo.dig import dig
from simulator.clock import Clock
from simulator.dns.records import Answer as Resolved
from simulator.dns.records import Question
from simulator.dns.resolver import resolve
from simulator.dns.server import DnsServer
from simulator.world import Resource, World
from tests.contract.arm_estate import SUBSCRIPTION, TENANT, Cloud
from tests.judge.answers import Answer, Outcome
from tests.judge.documents import Documents, Json, last_segment
from tests.judge.view import View

RG = f"/subscriptions/{SUBSCRIPTION}/resourceGroups"
NETWORKING = f"{RG}/net-rg/providers/Microsoft.Network"
REGISTRIES = f"{RG}/net-rg/providers/Microsoft.ContainerRegistry/registries"
PRIVATE, DATA = "privatelink.azurecr.io", "westeurope.data.privatelink.azurecr.io"

NETWORKS: dict[str, list[tuple[str, str, str | None]]] = {
    # By name: the zone (by group and name) that it is linked to, and the link's resolution policy.
    "hub": [("dns", PRIVATE, "NxDomainRedirect")],
    "spoke": [("dns", PRIVATE, "Default")],
    "north": [("north", PRIVATE, "NxDomainRedirect")],
    "wild": [("wild", PRIVATE, "NxDomainRedirect")],
    "hidden": [("dns", PRIVATE, "NxDomainRedirect"), ("team", DATA, None)],
    "named": [("dns", PRIVATE, "NxDomainRedirect"), ("team", "contoso.azurecr.io", None)],
    "inner": [("team", "contoso.privatelink.azurecr.io", None)],
    "alone": [],
    "own-dns": [("dns", PRIVATE, "NxDomainRedirect")],
    "azure-dns": [("dns", PRIVATE, "NxDomainRedirect")],
}
RECORDS = {
    ("dns", PRIVATE): {
        "contoso": ["10.1.0.5"],
        "contoso.westeurope.data": ["10.1.0.4"],
        "fabrikam": [],
        "lonely": ["10.9.9.9"],
    },
    ("north", PRIVATE): {"contoso": ["10.1.0.5", "10.2.0.5"]},
    ("wild", PRIVATE): {"*": ["10.9.9.9"], "@": ["10.9.9.8"], "a.westeurope.data": ["10.9.9.7"]},
    ("team", DATA): {"fabrikam": ["10.3.0.4"]},
    ("team", "contoso.azurecr.io"): {"@": ["10.8.0.1"]},
    ("team", "contoso.privatelink.azurecr.io"): {"northeurope.data": ["10.8.0.2"]},
}
NAMES = (
    "contoso.azurecr.io",
    "contoso.westeurope.data.azurecr.io",
    "contoso.northeurope.data.azurecr.io",
    "contoso.northeurope.geo.azurecr.io",
    "fabrikam.azurecr.io",
    "Fabrikam.WestEurope.data.azurecr.io",
    "lonely.azurecr.io",
    "nobody.azurecr.io",
    "contoso.privatelink.azurecr.io",
    "nobody.privatelink.azurecr.io",
    "westeurope.data.privatelink.azurecr.io",
    "privatelink.azurecr.io",
)


def zone_id(group: str, name: str) -> str:
    return f"{RG}/{group}/providers/Microsoft.Network/privateDnsZones/{name}"


def network_id(name: str) -> str:
    return f"{NETWORKING}/virtualNetworks/{name}"


async def build(cloud: Cloud) -> None:
    """Everything above, over the wire, as an operator would."""
    await build_networks(cloud)
    await build_registries(cloud)
    for (group, name), records in RECORDS.items():
        await cloud.put(zone_id(group, name), {"location": "global"})
        for record, addresses in records.items():
            properties = {"ttl": 10, "aRecords": a_records(addresses)}
            await cloud.put(f"{zone_id(group, name)}/A/{record}", {"properties": properties})
    for network, links in NETWORKS.items():
        for group, name, policy in links:
            link: Json = {"virtualNetwork": {"id": network_id(network)}}
            if policy:
                link["resolutionPolicy"] = policy
            link_id = f"{zone_id(group, name)}/virtualNetworkLinks/{network}"
            await cloud.put(link_id, {"location": "global", "properties": link})


async def build_networks(cloud: Cloud) -> None:
    """Networks, of which a hub has two spokes, and one a half-made peering with the hub."""
    for number, name in enumerate(NETWORKS, 1):
        prefix = f"10.{number}.0.0/24"
        subnet = {"name": "default", "properties": {"addressPrefix": prefix}}
        properties: Json = {"addressSpace": {"addressPrefixes": [prefix]}, "subnets": [subnet]}
        if servers := {"own-dns": ["10.1.0.53"], "azure-dns": ["168.63.129.16"]}.get(name):
            properties["dhcpOptions"] = {"dnsServers": servers}
        await cloud.put(network_id(name), {"location": "westeurope", "properties": properties})
    both_ways = ("hub", "spoke"), ("spoke", "hub"), ("hub", "north"), ("north", "hub")
    for one, other in (*both_ways, ("alone", "hub")):
        body = {"properties": {"remoteVirtualNetwork": {"id": network_id(other)}}}
        await cloud.put(f"{network_id(one)}/virtualNetworkPeerings/to-{other}", body)


async def build_registries(cloud: Cloud) -> None:
    """One public registry with a replica, one private, one without endpoints; and the endpoints."""
    more: dict[str, Json] = {
        "contoso": {"regionalEndpoints": "Enabled"},
        "fabrikam": {"publicNetworkAccess": "Disabled"},
        "lonely": {},
    }
    for name, properties in more.items():
        body = {"location": "westeurope", "sku": {"name": "Premium"}, "properties": properties}
        await cloud.put(f"{REGISTRIES}/{name}", body)
    await cloud.put(f"{REGISTRIES}/contoso/replications/northeurope", {"location": "northeurope"})
    for network, registry in (("hub", "contoso"), ("spoke", "fabrikam"), ("alone", "fabrikam")):
        endpoint_id = f"{NETWORKING}/privateEndpoints/pe-{network}"
        await cloud.put(endpoint_id, endpoint(network, registry))


def a_records(addresses: list[str]) -> list[Json]:
    return [{"ipv4Address": address} for address in addresses]


def endpoint(network: str, registry: str) -> Json:
    connection = {
        "name": "to-registry",
        "properties": {
            "privateLinkServiceId": f"{REGISTRIES}/{registry}",
            "groupIds": ["registry"],
        },
    }
    properties = {
        "subnet": {"id": f"{network_id(network)}/subnets/default"},
        "privateLinkServiceConnections": [connection],
    }
    return {"location": "westeurope", "properties": properties}


def view_of(world: World) -> View:
    return View(Documents(resource.body for resource in world.everything()))


@dataclass(frozen=True)
class Digger:
    """`dig`, in each network of a running DNS server."""

    server: DnsServer

    async def ask(self, name: str, network: str | None = None) -> tuple[str, frozenset[str]]:
        """The status, and the addresses at the end."""
        address = self.server.public_address
        if network is not None:
            address = await self.server.address_of(network)
        answer = await dig(address, self.server.port, name)
        return answer.status, frozenset(answer.addresses)


type Seen = tuple[str, frozenset[str]]


def expected(answer: Answer, public: Seen) -> Seen:
    """Status and addresses where the judge says so, and the public DNS says that."""
    match answer.outcome:
        case Outcome.ADDRESSES:
            return "NOERROR", answer.addresses
        case Outcome.NO_DATA:
            return "NOERROR", frozenset()
        case Outcome.NO_SUCH_NAME:
            return "NXDOMAIN", frozenset()
        case _:
            return public


@pytest.fixture
async def digger(cloud: Cloud) -> AsyncIterator[Digger]:
    """The estate above, and its DNS."""
    await build(cloud)
    server = DnsServer(cloud.world)
    await server.start()
    yield Digger(server)
    await server.stop()


async def test_the_judge_says_what_dig_says(cloud: Cloud, digger: Digger) -> None:
    """In each network, for each name: the address, no data, no such name, or the public answer.

    Where a network asks servers of its own the judge says that it does not know; the local Azure
    answers there as Azure's own resolver would.
    """
    view, differences, outcomes = view_of(cloud.world), [], set()
    public = {name: await digger.ask(name) for name in NAMES}
    for network in NETWORKS:
        for name in NAMES:
            said = view.answer(network_id(network), name)
            outcomes.add(said.outcome)
            if said.outcome is Outcome.UNKNOWN:
                assert network == "own-dns"
                continue
            seen = await digger.ask(name, network_id(network))
            if seen != expected(said, public[name]):
                differences.append(f"{name} in {network}: {said}, and dig says {seen}")
    assert differences == []
    assert outcomes == set(Outcome)


async def test_the_judge_knows_what_a_network_reaches(cloud: Cloud, digger: Digger) -> None:
    """Along Connected peerings, spokes of a hub included; a half-made peering leads nowhere."""
    del digger
    view = view_of(cloud.world)
    near = {
        name: sorted(last_segment(one) for one in view.reached(network_id(name)))
        for name in ("spoke", "north", "alone")
    }
    joined = ["hub", "north", "spoke"]
    assert near == {"spoke": joined, "north": joined, "alone": ["alone"]}


GOOD = {
    ("contoso.azurecr.io", "hub"): True,  # its own endpoint
    ("contoso.azurecr.io", "spoke"): True,  # through the hub
    ("contoso.azurecr.io", "azure-dns"): False,  # an address that this network does not reach
    ("contoso.azurecr.io", "alone"): True,  # public
    ("contoso.azurecr.io", "north"): False,  # one of two addresses stands on no interface
    ("contoso.westeurope.data.azurecr.io", "hidden"): False,  # a more specific zone denies it
    ("contoso.westeurope.data.azurecr.io", "hub"): True,
    ("fabrikam.azurecr.io", "hub"): False,  # an empty record set
    ("fabrikam.azurecr.io", "alone"): False,  # public, and without public access
    ("lonely.azurecr.io", "hub"): True,  # without endpoints no private zone is asked
}


async def test_the_judge_knows_a_good_answer(cloud: Cloud, digger: Digger) -> None:
    """What leads to the name's registry is good, and nothing else is."""
    del digger
    view = view_of(cloud.world)
    found = {
        (name, network): view.is_good(
            network_id(network), name, view.answer(network_id(network), name)
        )
        for name, network in GOOD
    }
    assert found == GOOD


labels = st.sampled_from(["acme", "beta", "*", "westeurope", "data", "privatelink"])
relatives = st.lists(labels, min_size=1, max_size=3).map(".".join) | st.just("@")
# None is about the names that the public chain goes on with, which the local Azure invents.
zone_names = st.sampled_from([PRIVATE, DATA, "acme.privatelink.azurecr.io", "azurecr.io"])
addresses = st.lists(st.sampled_from(["10.1.0.4", "10.2.0.4"]), max_size=2, unique=True)
# By group: zones of one name, of which a network is linked to one at most.
estates = st.dictionaries(
    st.tuples(zone_names, st.sampled_from("ab")),
    st.dictionaries(relatives, addresses, max_size=4),
    max_size=4,
)
links = st.dictionaries(
    zone_names, st.tuples(st.sampled_from("ab"), st.sampled_from(["Default", "NxDomainRedirect"]))
)
asked = st.sampled_from(
    [
        "acme.azurecr.io",
        "acme.westeurope.data.azurecr.io",
        "beta.azurecr.io",
        "acme.privatelink.azurecr.io",
        "x.acme.privatelink.azurecr.io",
        "x.westeurope.data.privatelink.azurecr.io",
        "privatelink.azurecr.io",
    ]
)


def drawn(
    estate: dict[tuple[str, str], dict[str, list[str]]],
    links: dict[str, tuple[str, str]],
    *,
    private: bool,
) -> World:
    """A world of one registry, one network, and the zones and links that were drawn."""
    world = World(Clock(), TENANT, (SUBSCRIPTION,))
    connection: Json = {
        "id": f"{REGISTRIES}/acme/privateEndpointConnections/1",
        "properties": {"privateEndpoint": {"id": "pe"}},
    }
    connections = [connection] if private else []
    registry = {"loginServer": "acme.azurecr.io", "privateEndpointConnections": connections}
    bodies: list[Json] = [
        {"id": f"{REGISTRIES}/acme", "location": "West Europe", "properties": registry},
        {"id": network_id("one"), "properties": {}},
        *connections,
    ]
    for (name, group), records in estate.items():
        zone = zone_id(group, name)
        bodies.append({"id": zone, "name": name, "properties": {}})
        for relative, given_addresses in records.items():
            properties = {"ttl": 10, "aRecords": a_records(given_addresses)}
            bodies.append({"id": f"{zone}/A/{relative}", "properties": properties})
    for name, (group, policy) in links.items():
        link = {
            "virtualNetwork": {"id": network_id("ONE")},
            "virtualNetworkLinkState": "Completed",
            "resolutionPolicy": policy,
        }
        link_id = f"{zone_id(group, name)}/virtualNetworkLinks/one"
        bodies.append({"id": link_id, "properties": link})
    for body in bodies:
        world.put(Resource(body["id"], _full_type(body["id"]), body))
    return world


def _full_type(resource_id: str) -> str:
    provider, *segments = resource_id.rpartition("/providers/")[2].split("/")
    return "/".join([provider, *segments[::2]])


def summary(answer: Resolved) -> Seen:
    found = frozenset(one.data for one in answer.records if one.type == "A")
    return answer.code.value, found


@given(estates, links, asked, st.booleans())
@settings(max_examples=300)
def test_the_judge_and_the_resolver_agree_on_any_zones(
    estate: dict[tuple[str, str], dict[str, list[str]]],
    links: dict[str, tuple[str, str]],
    name: str,
    private: bool,
) -> None:
    """Whatever stands in whichever zones, with wildcards, apexes, empty sets and hidden zones.

    The resolver is the one behind the server that `dig` asks.
    """
    world = drawn(estate, links, private=private)
    said = view_of(world).answer(network_id("one"), name)
    seen = summary(resolve(world, network_id("one"), Question(name, "A")))
    assert seen == expected(said, summary(resolve(world, None, Question(name, "A"))))
