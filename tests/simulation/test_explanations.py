"""Explain: of any name where it comes from, whether it is right, and what would change and why."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.reading import Unknown, UnknownReason
from shared.domain.resource_id import ENDPOINT, INTERFACE, REGISTRY, ZONE
from shared.domain.resources import Status
from shared.domain.zone import Selector, Zone, with_other_selectors
from shared.errors import TransientError
from tests.simulation.app import Door
from tests.simulation.azure import SUBSCRIPTION, ZONE_KEPT, Azure, an_id

LOGIN = "myregistry.azurecr.io"
DATA = "myregistry.westeurope.data.azurecr.io"
PE = an_id(ENDPOINT, "pe-a")
MYREGISTRY = an_id(REGISTRY, "myregistry")


@pytest.fixture
def azure() -> Azure:
    """One registry with one endpoint, nothing published yet."""
    azure = Azure()
    azure.add_endpoint("pe-a", azure.add_registry("myregistry"), "10.1.0.4")
    return azure


@pytest.fixture
async def door(azure: Azure) -> Door:
    """The app, which has published it."""
    door = Door(azure)
    await door.post("reconcile", scope="all")
    azure.writes.clear()
    return door


async def explain(door: Door, name: str = LOGIN) -> Any:
    """What is said of a name; nothing may be written for it."""
    status, told = await door.get("explain", name)
    assert status == 200
    assert door.azure.writes == []
    return told


@pytest.mark.parametrize(
    "name", [DATA, DATA.upper(), f"{DATA}.", "myregistry.westeurope.data.privatelink.azurecr.io"]
)
async def test_a_name_is_followed_from_registry_to_record(door: Door, name: str) -> None:
    """Registry, endpoint, interface, member, replica, zone and record, however it is spelt."""
    told = await explain(door, name)
    assert (told["name"], told["verdict"]) == (DATA, "right")
    (zone,) = told["zones"]
    assert zone["zone"] == str(ZONE_KEPT.id)
    assert zone["record"]["name"] == "myregistry.westeurope.data"
    assert zone["record"]["managedBy"] == "this-deployment"
    assert zone["record"]["holds"]["addresses"] == ["10.1.0.5"]
    assert [one["id"] for one in zone["registries"]] == [str(MYREGISTRY)]
    (endpoint_reading,) = zone["sources"]
    assert endpoint_reading["endpoint"] == str(PE)
    assert endpoint_reading["interface"] == str(an_id(INTERFACE, "pe-a.nic"))
    assert (endpoint_reading["member"], endpoint_reading["region"]) == (
        "registry_data_westeurope",
        "westeurope",
    )
    assert (endpoint_reading["state"], endpoint_reading["address"]) == ("ready", "10.1.0.5")
    assert endpoint_reading["published"]
    assert endpoint_reading["linked"]
    assert zone["changes"] == []


# ── What is wrong, and what would change ────────────────────────────────────


def _missing(azure: Azure) -> None:
    del azure.sets["myregistry"]


def _emptied(azure: Azure) -> None:
    azure.put_record("myregistry")


def _other_address(azure: Azure) -> None:
    azure.sets["myregistry"] = replace(azure.sets["myregistry"], addresses=("10.9.9.9",))


def _other_ttl(azure: Azure) -> None:
    azure.sets["myregistry"] = replace(azure.sets["myregistry"], ttl=5)


def _unlinked(azure: Azure) -> None:
    azure.zone_links.clear()


def _gone(azure: Azure) -> None:
    azure.delete_endpoint(PE)


def _foreign(azure: Azure) -> None:
    azure.put_record("myregistry", "10.9.9.9")


def _anothers(azure: Azure) -> None:
    azure.put_record("myregistry", "10.9.9.9", metadata={"acrPrivateDns": "another"})


def _damaged(azure: Azure) -> None:
    azure.sets["myregistry"] = replace(
        azure.sets["myregistry"], metadata={"acrPrivateDns": "owner"}
    )


@pytest.mark.parametrize(
    ("damage", "why", "change"),
    [
        (_missing, "The record is missing, and will be created with 10.1.0.4", "create"),
        (_emptied, "The record will hold 10.1.0.4: ", "update"),
        (_other_address, "The record will hold 10.1.0.4: ", "update"),
        (_other_ttl, "The addresses are right, but the TTL or our ownership", "update"),
        (_damaged, "The addresses are right, but the TTL or our ownership", "update"),
        (_unlinked, "The record is right, but networks are not linked yet: net-a", "create"),
        (_gone, "The record will be deleted: 10.1.0.4 of endpoint pe-a goes: the", "delete"),
        (_foreign, "A record set that is not ours stands at a name of a registry", None),
        (_anothers, "A record set that is not ours stands at a name of a registry", None),
    ],
)
async def test_what_is_wrong_is_told_with_what_will_change(
    door: Door, damage: Callable[[Azure], None], why: str, change: str | None
) -> None:
    """A person learns what is amiss, and whether the app or they themselves put it right."""
    damage(door.azure)
    told = await explain(door)
    assert told["verdict"] == "wrong"
    assert told["why"].startswith(why), told["why"]
    (zone,) = told["zones"]
    assert [one["action"] for one in zone["changes"]][:1] == ([change] if change else [])
    assert {one["state"] for one in zone["changes"]} <= {"planned"}
    assert ("unmanaged-record" in [one["code"] for one in zone["findings"]]) == (change is None)


async def test_what_the_policy_withholds_is_told(door: Door) -> None:
    """Under upsert-only a stale record stays, and the explanation says who holds it back."""
    door.azure.delete_endpoint(PE)
    careful = Door(door.azure, settings={"policy": "upsert-only"})
    told = await explain(careful)
    assert [one["state"] for one in told["zones"][0]["changes"]][:1] == ["withheld"]


# ── Why a name is not kept ──────────────────────────────────────────────────


async def test_a_name_of_no_kept_zone(door: Door) -> None:
    """The answer says which names the app keeps, and costs no call."""
    door.azure.calls.clear()
    told = await explain(door, "myvault.vault.azure.net")
    assert (told["verdict"], told["zones"]) == ("unmanaged", [])
    assert "they end in azurecr.io" in told["why"]
    assert door.azure.calls == []


async def test_a_registry_that_nobody_watches(door: Door) -> None:
    """Without a registry of that login server there is nothing to publish."""
    told = await explain(door, "other.azurecr.io")
    assert told["verdict"] == "unmanaged"
    assert told["why"].startswith("No registry in the watched subscriptions has a login server")
    door.azure.put_record("other", "10.9.9.9")
    told = await explain(door, "other.azurecr.io")
    assert told["why"].endswith("the record is not ours and is left alone.")
    assert told["zones"][0]["record"]["managedBy"] == "nobody"


async def test_a_registry_without_endpoint(azure: Azure) -> None:
    """Its names are public, and that is as it should be."""
    azure.add_registry("lonely")
    told = await explain(Door(azure), "lonely.azurecr.io")
    assert told["verdict"] == "unmanaged"
    assert told["why"] == "Registry lonely has no private endpoint, so its names are public."


async def test_a_region_that_the_registry_has_not(door: Door) -> None:
    """The endpoint is ready, but no member of it has the name."""
    told = await explain(door, "myregistry.uksouth.data.azurecr.io")
    assert told["verdict"] == "unmanaged"
    assert told["why"] == "Endpoint pe-a is ready, but its interface has no member of that name."


async def test_an_endpoint_that_waits_for_approval(azure: Azure) -> None:
    """Pending is the reason, and a person at the registry can change it."""
    azure.set_status(PE, Status.PENDING)
    azure.connect(MYREGISTRY, PE, Status.PENDING)
    told = await explain(Door(azure))
    assert told["verdict"] == "unmanaged"
    assert "has not decided on the connection" in told["why"]
    assert told["zones"][0]["sources"][0]["state"] == "undetermined"


async def test_a_zone_group_keeps_it(azure: Azure) -> None:
    """Azure keeps the record; if it stopped to, that would be wrong."""
    azure.attach_zone_group(PE, wipe=True)
    door = Door(azure)
    told = await explain(door)
    assert (told["verdict"], told["zones"][0]["record"]["managedBy"]) == ("right", "zone-group")
    assert "A zone group keeps" in told["why"]
    azure.sets["myregistry"] = replace(azure.sets["myregistry"], addresses=("10.9.9.9",))
    told = await explain(door)
    assert told["verdict"] == "wrong"
    assert "zone-group-drift" in [one["code"] for one in told["zones"][0]["findings"]]


async def test_another_zone_serves_the_network(azure: Azure) -> None:
    """Of two zones of one name each says whether it is the one, and the whole is right."""
    east = replace(
        ZONE_KEPT,
        id=an_id(ZONE, "privatelink.azurecr.io", "east"),
        selector=Selector(regions=frozenset({"westeurope"})),
    )
    door = Door(azure, zones=with_other_selectors((ZONE_KEPT, east)))
    await door.post("reconcile", scope="all")
    azure.writes.clear()
    told = await explain(door)
    assert told["verdict"] == "right"
    rest, served = told["zones"]
    assert (rest["verdict"], served["verdict"]) == ("unmanaged", "right")
    assert rest["sources"][0]["state"] == "routed"
    assert rest["why"] == f"Endpoint pe-a: {east.id} serves the endpoint's network."


async def test_a_second_endpoint_stands_by(door: Door) -> None:
    """Both are shown, one published, with the finding that names them."""
    door.azure.add_endpoint("pe-b", MYREGISTRY, "10.2.0.4", "net-b")
    await door.post("reconcile", scope="all")
    door.azure.writes.clear()
    (zone,) = (await explain(door))["zones"]
    assert [one["published"] for one in zone["sources"]] == [True, False]
    assert "several-endpoints" in [one["code"] for one in zone["findings"]]


# ── What cannot be told ─────────────────────────────────────────────────────


async def test_what_did_not_answer_leaves_the_verdict_open(door: Door) -> None:
    """Silence is no verdict: neither that nobody keeps a name, nor that all is well."""
    door.azure.unread[SUBSCRIPTION] = Unknown(UnknownReason.TRANSIENT, "429")
    told = await explain(door, "other.azurecr.io")
    assert (told["verdict"], len(told["unread"])) == ("unknown", 1)
    # What the mark knows is still read directly.
    assert (await explain(door))["verdict"] == "right"
    door.azure.unknown[an_id(INTERFACE, "pe-a.nic")] = Unknown(UnknownReason.TRANSIENT, "500")
    told = await explain(door)
    assert told["verdict"] == "unknown"
    assert "pe-a: 500" in told["why"]


async def test_a_zone_that_cannot_be_read(door: Door) -> None:
    """The zone's silence is told as such."""

    def broken(method: str, _what: object) -> None:
        if method == "record":
            raise TransientError("read record myregistry: 503")

    door.azure.before = broken
    told = await explain(door)
    assert told["verdict"] == "unknown"
    assert told["why"] == "The zone could not be read: read record myregistry: 503."


@pytest.mark.parametrize("name", [None, "", "x", "a..b", "<script>.azurecr.io", "a." * 200, "-.io"])
async def test_what_is_no_name_is_refused(door: Door, name: str | None) -> None:
    """A person learns how a name looks; what was sent is not repeated."""
    door.azure.calls.clear()
    status, problem = await door.get("explain", name)
    assert status == 400
    assert "myregistry.azurecr.io" in problem["detail"]
    assert "script" not in problem["detail"]
    assert door.azure.calls == []


async def test_only_registries_of_the_same_cloud_are_meant(door: Door) -> None:
    """A zone of another cloud's suffix holds names of its own."""
    china = Zone(an_id(ZONE, "privatelink.azurecr.cn"), "azurecr.cn", owner="owner")
    both = Door(door.azure, zones=(ZONE_KEPT, china))
    told = await explain(both, "myregistry.azurecr.cn")
    (zone,) = told["zones"]
    assert (zone["zone"], told["verdict"]) == (str(china.id), "unmanaged")
    assert zone["registries"] == []
