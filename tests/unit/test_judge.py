"""What the judge of client-never-worse reads from documents: reach, readiness, own names."""

import pytest

from tests.judge.answers import has_own_servers
from tests.judge.documents import Documents, Json, last_segment, type_of
from tests.judge.reach import reached
from tests.judge.registries import is_own_name, members, public_names

NETWORKING = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network"
REGISTRY = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/acme"
HUB = "/subscriptions/m/resourceGroups/RG_h/providers/Microsoft.Network/virtualNetworks/HV_"


def network(name: str, *remotes: str, state: str = "Connected") -> Json:
    peerings = [
        {"properties": {"peeringState": state, "remoteVirtualNetwork": {"id": remote}}}
        for remote in remotes
    ]
    id_ = f"{NETWORKING}/virtualNetworks/{name}"
    return {"id": id_, "properties": {"virtualNetworkPeerings": peerings}}


def id_of(name: str) -> str:
    return f"{NETWORKING}/virtualNetworks/{name}".upper()


@pytest.mark.parametrize(
    ("documents", "near"),
    [
        ([network("a"), network("b")], {"a"}),
        ([network("a", id_of("b")), network("b")], {"a", "b"}),
        ([network("a"), network("b", id_of("a"))], {"a", "b"}),
        ([network("a", id_of("b"), state="Initiated"), network("b")], {"a"}),
        ([network("a", id_of("b"), state="Disconnected"), network("b")], {"a"}),
        ([network("a", id_of("hub")), network("b", id_of("hub"))], {"a", "hub", "b"}),
        ([network("a", f"{HUB}west_1"), network("b", f"{HUB}north_2")], {"a", "b"}),
    ],
    ids=["alone", "from here", "from there", "half made", "broken", "through a hub", "virtual wan"],
)
def test_reach_follows_connected_peerings_read_from_either_end(
    documents: list[Json], near: set[str]
) -> None:
    """Chains count, hubs of virtual WANs are one, and what is not Connected leads nowhere."""
    found = reached(Documents(documents), id_of("a"))
    assert {last_segment(one) for one in found} == near


def connected(ours: str, theirs: str | None, array: str = "privateLinkServiceConnections") -> Json:
    """An endpoint with one member, its interface, and its registry: by status on both sides."""
    endpoint, interface = f"{NETWORKING}/privateEndpoints/pe", f"{NETWORKING}/networkInterfaces/nic"
    member = {"fqdns": ["Acme.azurecr.io", "other.azurecr.io"]}
    configuration = {"privateIPAddress": "10.1.0.4", "privateLinkConnectionProperties": member}
    connection = {
        "privateLinkServiceId": REGISTRY.upper(),
        "privateLinkServiceConnectionState": {"status": ours},
    }
    their_connection = {
        "privateEndpoint": {"id": endpoint.upper()},
        "privateLinkServiceConnectionState": {"status": theirs},
    }
    return {
        "endpoint": {
            "id": endpoint,
            "properties": {
                "subnet": {"id": f"{id_of('a')}/subnets/default"},
                "networkInterfaces": [{"id": interface}],
                array: [{"properties": connection}],
            },
        },
        "interface": {
            "id": interface,
            "properties": {"ipConfigurations": [{"properties": configuration}]},
        },
        "registry": {
            "id": REGISTRY,
            "location": "West Europe",
            "properties": {
                "loginServer": "acme.azurecr.io",
                "privateEndpointConnections": [{"properties": their_connection}] if theirs else [],
            },
        },
    }


@pytest.mark.parametrize(
    "array", ["privateLinkServiceConnections", "manualPrivateLinkServiceConnections"]
)
@pytest.mark.parametrize(
    ("ours", "theirs", "is_ready"),
    [
        ("Approved", "Approved", True),
        ("Approved", "Pending", False),
        ("Approved", None, False),
        ("Pending", "Approved", False),
        ("Disconnected", "Approved", False),
    ],
)
def test_an_endpoint_is_ready_if_both_sides_approve(
    ours: str, theirs: str | None, array: str, *, is_ready: bool
) -> None:
    """Whichever array holds the connection; and it gives names of its own registry alone."""
    (member,) = members(Documents(connected(ours, theirs, array).values()))
    assert (member.name, member.address) == ("acme.azurecr.io", "10.1.0.4")
    assert last_segment(member.network) == "a"
    assert member.is_ready is is_ready


def test_a_registrys_names_are_its_own() -> None:
    """Its login server, and one for data or region below it; nothing that only begins alike."""
    registry = connected("Approved", "Approved")["registry"]
    own = {"acme.azurecr.io", "acme.westeurope.data.azurecr.io", "acme.x.geo.azurecr.io"}
    others = {"acme2.azurecr.io", "acme.azurecr.cn", "acme.data.azurecr.io", "a.b.c.azurecr.io"}
    assert {name for name in own | others if is_own_name(registry, name)} == own
    assert public_names(Documents([registry]), registry) == {
        "acme.azurecr.io",
        "acme.westeurope.data.azurecr.io",
    }


@pytest.mark.parametrize(
    ("servers", "own"),
    [(None, False), ([], False), (["168.63.129.16"], False), (["10.0.0.4"], True)],
)
def test_servers_of_ones_own_are_others_than_azures(
    servers: list[str] | None, *, own: bool
) -> None:
    """A network that names Azure's resolver asks Azure's resolver."""
    options = {} if servers is None else {"dhcpOptions": {"dnsServers": servers}}
    assert has_own_servers({"id": id_of("a"), "properties": options}) is own


def test_a_type_is_read_from_an_id() -> None:
    """Nested types, in any case."""
    link = f"{NETWORKING}/privateDnsZones/privatelink.azurecr.io/VirtualNetworkLinks/x"
    assert type_of(link) == "microsoft.network/privatednszones/virtualnetworklinks"
