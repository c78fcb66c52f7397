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
from tests.simulation.app import App
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
async def app(azure: Azure) -> App:
    """The app, which has published it."""
    app = App(azure)
    await app.post("reconcile", scope="all")
    azure.writes.clear()
    return app


async def explain(app: App, name: str = LOGIN) -> Any:
    """What is said of a name; nothing may be written for it."""
    status, told = await app.get("explain", name)
    assert status == 200
    assert app.azure.writes == []
    return told


@pytest.mark.parametrize(
    "name", [DATA, DATA.upper(), f"{DATA}.", "myregistry.westeurope.data.privatelink.azurecr.io"]
)
async def test_a_name_is_followed_from_registry_to_record(app: App, name: str) -> None:
    """Registry, endpoint, interface, member, replica, zone and record, however it is spelt."""
    told = await explain(app, name)
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
    app: App, damage: Callable[[Azure], None], why: str, change: str | None
) -> None:
    """A person learns what is amiss, and whether the app or they themselves put it right."""
    damage(app.azure)
    told = await explain(app)
    assert told["verdict"] == "wrong"
    assert told["why"].startswith(why), told["why"]
    (zone,) = told["zones"]
    assert [one["action"] for one in zone["changes"]][:1] == ([change] if change else [])
    assert {one["state"] for one in zone["changes"]} <= {"planned"}
    assert ("unmanaged-record" in [one["code"] for one in zone["findings"]]) == (change is None)


async def test_what_the_policy_withholds_is_told(app: App) -> None:
    """Under upsert-only a stale record stays, and the explanation says who holds it back."""
    app.azure.delete_endpoint(PE)
    careful = App(app.azure, settings={"policy": "upsert-only"})
    told = await explain(careful)
    assert [one["state"] for one in told["zones"][0]["changes"]][:1] == ["withheld"]


# ── Why a name is not kept ──────────────────────────────────────────────────


async def test_a_name_of_no_kept_zone(app: App) -> None:
    """The answer says which names the app keeps, and costs no call."""
    app.azure.calls.clear()
    told = await explain(app, "myvault.vault.azure.net")
    assert (told["verdict"], told["zones"]) == ("unmanaged", [])
    assert "they end in azurecr.io" in told["why"]
    assert app.azure.calls == []


async def test_a_registry_that_nobody_watches(app: App) -> None:
    """Without a registry of that login server there is nothing to publish."""
    told = await explain(app, "other.azurecr.io")
    assert told["verdict"] == "unmanaged"
    assert told["why"].startswith("No registry in the watched subscriptions has a login server")
    app.azure.put_record("other", "10.9.9.9")
    told = await explain(app, "other.azurecr.io")
    assert told["why"].endswith("the record is not ours and is left alone.")
    assert told["zones"][0]["record"]["managedBy"] == "nobody"


async def test_a_registry_without_endpoint(azure: Azure) -> None:
    """Its names are public, and that is as it should be."""
    azure.add_registry("lonely")
    told = await explain(App(azure), "lonely.azurecr.io")
    assert told["verdict"] == "unmanaged"
    assert told["why"] == "Registry lonely has no private endpoint, so its names are public."


async def test_a_region_that_the_registry_has_not(app: App) -> None:
    """The endpoint is live, but no member of it has the name."""
    told = await explain(app, "myregistry.uksouth.data.azurecr.io")
    assert told["verdict"] == "unmanaged"
    assert told["why"] == "Endpoint pe-a is live, but its interface has no member of that name."


async def test_an_endpoint_that_waits_for_approval(azure: Azure) -> None:
    """Pending is the reason, and a person at the registry can change it."""
    azure.set_status(PE, Status.PENDING)
    azure.connect(MYREGISTRY, PE, Status.PENDING)
    told = await explain(App(azure))
    assert told["verdict"] == "unmanaged"
    assert "has not decided on the connection" in told["why"]
    assert told["zones"][0]["sources"][0]["state"] == "undetermined"


async def test_a_zone_group_keeps_it(azure: Azure) -> None:
    """Azure keeps the record; if it stopped to, that would be wrong."""
    azure.attach_zone_group(PE, wipe=True)
    app = App(azure)
    told = await explain(app)
    assert (told["verdict"], told["zones"][0]["record"]["managedBy"]) == ("right", "zone-group")
    assert "A zone group keeps" in told["why"]
    azure.sets["myregistry"] = replace(azure.sets["myregistry"], addresses=("10.9.9.9",))
    told = await explain(app)
    assert told["verdict"] == "wrong"
    assert "zone-group-drift" in [one["code"] for one in told["zones"][0]["findings"]]


async def test_another_zone_serves_the_network(azure: Azure) -> None:
    """Of two zones of one name each says whether it is the one, and the whole is right."""
    east = replace(
        ZONE_KEPT,
        id=an_id(ZONE, "privatelink.azurecr.io", "east"),
        selector=Selector(regions=frozenset({"westeurope"})),
    )
    app = App(azure, zones=with_other_selectors((ZONE_KEPT, east)))
    await app.post("reconcile", scope="all")
    azure.writes.clear()
    told = await explain(app)
    assert told["verdict"] == "right"
    rest, served = told["zones"]
    assert (rest["verdict"], served["verdict"]) == ("unmanaged", "right")
    assert rest["sources"][0]["state"] == "routed"
    assert rest["why"] == f"Endpoint pe-a: {east.id} serves the endpoint's network."


async def test_a_second_endpoint_stands_by(app: App) -> None:
    """Both are shown, one published, with the finding that names them."""
    app.azure.add_endpoint("pe-b", MYREGISTRY, "10.2.0.4", "net-b")
    await app.post("reconcile", scope="all")
    app.azure.writes.clear()
    (zone,) = (await explain(app))["zones"]
    assert [one["published"] for one in zone["sources"]] == [True, False]
    assert "several-endpoints" in [one["code"] for one in zone["findings"]]


# ── What cannot be told ─────────────────────────────────────────────────────


async def test_what_did_not_answer_leaves_the_verdict_open(app: App) -> None:
    """Silence is no verdict: neither that nobody keeps a name, nor that all is well."""
    app.azure.silent[SUBSCRIPTION] = Unknown(UnknownReason.TRANSIENT, "429")
    told = await explain(app, "other.azurecr.io")
    assert (told["verdict"], len(told["unread"])) == ("unknown", 1)
    # What the mark knows is still read directly.
    assert (await explain(app))["verdict"] == "right"
    app.azure.unknown[an_id(INTERFACE, "pe-a.nic")] = Unknown(UnknownReason.TRANSIENT, "500")
    told = await explain(app)
    assert told["verdict"] == "unknown"
    assert "pe-a: 500" in told["why"]


async def test_a_zone_that_cannot_be_read(app: App) -> None:
    """The zone's silence is told as such."""

    def broken(method: str, _what: object) -> None:
        if method == "record":
            raise TransientError("read record myregistry: 503")

    app.azure.before = broken
    told = await explain(app)
    assert told["verdict"] == "unknown"
    assert told["why"] == "The zone could not be read: read record myregistry: 503."


@pytest.mark.parametrize("name", [None, "", "x", "a..b", "<script>.azurecr.io", "a." * 200, "-.io"])
async def test_what_is_no_name_is_refused(app: App, name: str | None) -> None:
    """A person learns how a name looks; what was sent is not repeated."""
    app.azure.calls.clear()
    status, problem = await app.get("explain", name)
    assert status == 400
    assert "myregistry.azurecr.io" in problem["detail"]
    assert "script" not in problem["detail"]
    assert app.azure.calls == []


async def test_only_registries_of_the_same_cloud_are_meant(app: App) -> None:
    """A zone of another cloud's suffix holds names of its own."""
    china = Zone(an_id(ZONE, "privatelink.azurecr.cn"), "azurecr.cn", owner="owner")
    both = App(app.azure, zones=(ZONE_KEPT, china))
    told = await explain(both, "myregistry.azurecr.cn")
    (zone,) = told["zones"]
    assert (zone["zone"], told["verdict"]) == (str(china.id), "unmanaged")
    assert zone["registries"] == []
