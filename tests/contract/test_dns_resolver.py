from typing import Any

import pytest

from simulator.clock import Clock
from simulator.dns.records import Answer, Code, Question
from simulator.dns.resolver import resolve
from simulator.world import Resource, World

SUBSCRIPTION = "0f2b7d5e-7c5d-4f0a-9a53-3a3d6b8f9e01"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/dns/providers"
NETWORK = f"{GROUP}/Microsoft.Network/virtualNetworks/hub"
REGISTRY = f"{GROUP}/Microsoft.ContainerRegistry/registries/MyRegistry"
ZONES = f"{GROUP}/Microsoft.Network/privateDnsZones"
ZONE = f"{ZONES}/privatelink.azurecr.io"
LOGIN = "myregistry.azurecr.io"
PRIVATE = "myregistry.privatelink.azurecr.io"


def put(world: World, type_: str, id_: str, properties: dict[str, Any], **top: str) -> None:
    body = {"id": id_, "name": id_.rsplit("/", 1)[1], "type": type_, **top}
    world.put(Resource(id_, type_, body | {"properties": properties}))


def put_registry(world: World, login: str = LOGIN, **properties: Any) -> None:
    shown = {"loginServer": login, "regionalEndpoints": "Disabled"} | properties
    put(world, "Microsoft.ContainerRegistry/registries", REGISTRY, shown, location="West Europe")


def put_replica(world: World, region: str, state: str = "Succeeded") -> None:
    type_ = "Microsoft.ContainerRegistry/registries/replications"
    shown = {"provisioningState": state}
    put(world, type_, f"{REGISTRY}/replications/{region}", shown, location=region)


def put_connection(world: World) -> None:
    type_ = "Microsoft.ContainerRegistry/registries/privateEndpointConnections"
    put(world, type_, f"{REGISTRY}/privateEndpointConnections/pe.1", {})


def put_zone(world: World, zone: str = ZONE) -> None:
    put(world, "Microsoft.Network/privateDnsZones", zone, {}, location="global")


def put_link(world: World, zone: str = ZONE, state: str = "Completed", policy: str = "") -> None:
    properties: dict[str, Any] = {
        "virtualNetwork": {"id": NETWORK.upper()},
        "virtualNetworkLinkState": state,
    }
    if policy:
        properties["resolutionPolicy"] = policy
    type_ = "Microsoft.Network/privateDnsZones/virtualNetworkLinks"
    put(world, type_, f"{zone}/virtualNetworkLinks/l", properties)


def put_record(world: World, name: str, *addresses: str, zone: str = ZONE, ttl: int = 10) -> None:
    properties = {"ttl": ttl, "aRecords": [{"ipv4Address": one} for one in addresses]}
    put(world, "Microsoft.Network/privateDnsZones/A", f"{zone}/A/{name}", properties)


@pytest.fixture
def world() -> World:
    made = World(Clock(), "5c1d9a6e-3e0f-4a37-8a7d-1f3e6f5b2c10", (SUBSCRIPTION,))
    put_registry(made)
    put_connection(made)
    put_zone(made)
    put_link(made)
    return made


def ask(world: World, name: str, type_: str = "A", network: str | None = NETWORK) -> Answer:
    return resolve(world, network, Question(name, type_))


def shown(answer: Answer) -> list[tuple[str, int, str, str]]:
    return [(one.name, one.ttl, one.type, one.data) for one in answer.records]


def is_public(answer: Answer) -> bool:
    last = answer.records[-1]
    documentation = last.data.startswith(("203.0.113.", "198.51.100."))
    return answer.code is Code.NOERROR and last.type == "A" and documentation


def test_a_record_in_the_linked_zone_ends_the_alias(world: World) -> None:
    """Inside the network the registry is at its private address, as in Microsoft's guide."""
    put_record(world, "myregistry", "10.0.0.7")
    assert shown(ask(world, "MyRegistry.AzureCR.io")) == [
        (LOGIN, 1783, "CNAME", PRIVATE),
        (PRIVATE, 10, "A", "10.0.0.7"),
    ]


def test_a_missing_record_is_nxdomain_behind_the_alias(world: World) -> None:
    """The `unresolvable host` of Microsoft's guide: the zone denies and nobody else is asked."""
    answer = ask(world, LOGIN)
    assert answer.code is Code.NXDOMAIN
    assert shown(answer) == [(LOGIN, 1783, "CNAME", PRIVATE)]
    assert answer.authority is not None
    assert (answer.authority.name, answer.authority.type) == ("privatelink.azurecr.io", "SOA")


def test_an_empty_record_set_is_no_data(world: World) -> None:
    """An emptied set is not a missing one, and NxDomainRedirect does not help it."""
    put_record(world, "myregistry")
    put_link(world, policy="NxDomainRedirect")
    answer = ask(world, LOGIN)
    assert answer.code is Code.NOERROR
    assert shown(answer) == [(LOGIN, 1783, "CNAME", PRIVATE)]


@pytest.mark.parametrize("case", ["redirected", "unlinked", "linking", "elsewhere", "internet"])
def test_without_a_zone_that_denies_the_public_answer_stands(world: World, case: str) -> None:
    """NxDomainRedirect, no link, a link not ready: the registry still resolves publicly."""
    match case:
        case "redirected":
            put_link(world, policy="NxDomainRedirect")
        case "unlinked":
            world.remove(f"{ZONE}/virtualNetworkLinks/l")
        case "linking":
            put_link(world, state="InProgress")
    network = {"elsewhere": NETWORK + "2", "internet": None}.get(case, NETWORK)
    answer = ask(world, LOGIN, network=network)
    assert is_public(answer)
    assert answer.records[0].data == PRIVATE
    assert answer.records[-1].name.endswith(".westeurope.cloudapp.azure.com")
    assert answer == ask(world, LOGIN, network=network)


def test_without_private_endpoints_there_is_no_privatelink_name(world: World) -> None:
    """The alias appears with the first connection and goes with the last."""
    world.remove(f"{REGISTRY}/privateEndpointConnections/pe.1")
    put_record(world, "myregistry", "10.0.0.7")
    answer = ask(world, LOGIN)
    assert is_public(answer)
    assert "privatelink" not in str(answer)
    assert ask(world, "other.azurecr.io").code is Code.NXDOMAIN


def test_every_ready_region_has_a_data_endpoint(world: World) -> None:
    """The home region and each Succeeded replica, no region before that."""
    put_replica(world, "northeurope")
    put_replica(world, "eastus", state="Creating")
    put_record(world, "myregistry.northeurope.data", "10.0.0.9")
    assert shown(ask(world, "myregistry.northeurope.data.azurecr.io")) == [
        (
            "myregistry.northeurope.data.azurecr.io",
            1783,
            "CNAME",
            "myregistry.northeurope.data.privatelink.azurecr.io",
        ),
        ("myregistry.northeurope.data.privatelink.azurecr.io", 10, "A", "10.0.0.9"),
    ]
    home = ask(world, "myregistry.westeurope.data.azurecr.io")
    assert home.code is Code.NXDOMAIN
    assert len(home.records) == 1
    assert ask(world, "myregistry.eastus.data.azurecr.io", network=None).records == ()


def test_regional_endpoints_resolve_only_when_switched_on(world: World) -> None:
    """The .geo names follow the registry's regionalEndpoints."""
    geo = "myregistry.westeurope.geo.azurecr.io"
    assert ask(world, geo).records == ()
    put_registry(world, regionalEndpoints="Enabled")
    put_record(world, "myregistry.westeurope.geo", "10.0.0.8")
    assert ask(world, geo).records[-1].data == "10.0.0.8"


def test_names_come_from_the_login_server(world: World) -> None:
    """A domain name label adds a hash to the name; the registry's own name does not resolve."""
    put_registry(world, "myregistry-exfrbuffaye7ceag.azurecr.io")
    put_record(world, "myregistry-exfrbuffaye7ceag.westeurope.data", "10.0.0.4")
    name = "myregistry-exfrbuffaye7ceag.westeurope.data.azurecr.io"
    assert ask(world, name).records[-1].data == "10.0.0.4"
    assert ask(world, LOGIN).code is Code.NXDOMAIN


def test_another_cloud_has_another_suffix(world: World) -> None:
    """The privatelink name is made from the login server's own suffix."""
    put_registry(world, "myregistry.azurecr.cn")
    assert ask(world, "myregistry.azurecr.cn").records[0].data == (
        "myregistry.privatelink.azurecr.cn"
    )


def test_a_name_with_only_names_below_it_is_no_data(world: World) -> None:
    """Names on the way to a record exist, in the zone and in public, and have no data."""
    put_record(world, "myregistry.westeurope.data", "10.0.0.4")
    for name in ("westeurope.data.privatelink.azurecr.io", "privatelink.azurecr.io"):
        assert ask(world, name) == Answer(Code.NOERROR, (), ask(world, PRIVATE).authority)
    assert ask(world, PRIVATE).code is Code.NXDOMAIN
    assert ask(world, "westeurope.data.azurecr.io", network=None).code is Code.NOERROR
    assert ask(world, "data.myregistry.azurecr.io", network=None).code is Code.NXDOMAIN


def test_another_type_of_an_existing_name_is_no_data(world: World) -> None:
    """AAAA is denied without denying the name, or clients would give up on A."""
    put_record(world, "myregistry", "10.0.0.7")
    answer = ask(world, LOGIN, "AAAA")
    assert answer.code is Code.NOERROR
    assert [one.type for one in answer.records] == ["CNAME"]
    assert answer.authority is not None
    assert shown(ask(world, LOGIN, "CNAME")) == [(LOGIN, 1783, "CNAME", PRIVATE)]
    assert ask(world, "privatelink.azurecr.io", "SOA").records[0].type == "SOA"


def test_the_longest_linked_zone_answers(world: World) -> None:
    """A more specific zone hides the shorter one, its missing names included."""
    inner = f"{ZONES}/westeurope.data.privatelink.azurecr.io"
    data = "myregistry.westeurope.data.azurecr.io"
    put_record(world, "myregistry.westeurope.data", "10.0.0.4")
    assert ask(world, data).records[-1].data == "10.0.0.4"
    put_zone(world, inner)
    put_link(world, inner)
    assert ask(world, data).code is Code.NXDOMAIN
    put_record(world, "myregistry", "10.0.0.5", zone=inner)
    assert ask(world, data).records[-1].data == "10.0.0.5"


def test_other_private_zones_answer_directly(world: World) -> None:
    """Any linked zone serves its names, wildcards included; elsewhere they do not exist."""
    zone = f"{ZONES}/corp.example"
    put_zone(world, zone)
    put_link(world, zone)
    put_record(world, "git", "10.9.0.1", "10.9.0.2", zone=zone, ttl=60)
    put_record(world, "*.apps", "10.9.0.3", zone=zone)
    assert shown(ask(world, "git.corp.example")) == [
        ("git.corp.example", 60, "A", "10.9.0.1"),
        ("git.corp.example", 60, "A", "10.9.0.2"),
    ]
    assert shown(ask(world, "a.b.apps.corp.example")) == [
        ("a.b.apps.corp.example", 10, "A", "10.9.0.3")
    ]
    assert ask(world, "a.git.corp.example").code is Code.NXDOMAIN
    assert ask(world, "git.corp.example", network=None).code is Code.NXDOMAIN


def test_storage_names_resolve_publicly(world: World) -> None:
    """Other services keep working in a network that links the registry's zone."""
    assert is_public(ask(world, "layers.blob.core.windows.net"))
