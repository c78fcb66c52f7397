"""The rights that are deployed are what the app needs, each action of them, and nothing else.

A small story is told to the real product: event runner, adapter and Microsoft's
clients, over the wire, signed in as the app. With all actions the zone comes
out right in silence; with any one of them taken away at one scope, it does not,
or the app says that something is amiss.
"""

import contextlib
import datetime as dt
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from azure.core.pipeline.transport import AioHttpTransport
from azure.identity.aio import ManagedIdentityCredential

from shared.arm.adapter import AzureAdapter
from shared.arm.clients import Clients
from shared.domain.resource_id import ZONE as ZONE_TYPE
from shared.domain.resource_id import parse_id
from shared.domain.zone import Links, Zone
from shared.engine.context import make_context
from shared.entrypoints import timer
from shared.entrypoints.app import App
from shared.entrypoints.event import EventHandler
from shared.errors import TransientError
from shared.settings import Settings
from shared.settings.values import PUBLIC
from simulator.arm.roles import Assignment
from simulator.deployment import load_deployment
from simulator.eventgrid.schema import event_of
from tests.contract.arm_estate import (
    OTHER,
    SCOPES,
    SUBSCRIPTION,
    TENANT,
    Cloud,
    endpoint_body,
)

SPARE_GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/spare"
DNS_GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/dns"
ZONE = f"{DNS_GROUP}/providers/Microsoft.Network/privateDnsZones/privatelink.azurecr.io"
NEIGHBOUR = ZONE.replace("azurecr.io", "blob.core.windows.net")
DEPLOYMENT = load_deployment("app", ZONE, (SUBSCRIPTION, OTHER))
TAKEN = [(one.scope, action) for one in DEPLOYMENT.assignments for action in one.role_actions]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a story is set: a subscription with a network, a registry and an endpoint in it.

    Attributes:
        subscription: its ID.
    """

    subscription: str

    def id(self, rest: str) -> str:
        """The ID of something in its one group."""
        return f"/subscriptions/{self.subscription}/resourceGroups/app/providers/{rest}"

    @property
    def network(self) -> str:
        """The endpoint's network."""
        return self.id("Microsoft.Network/virtualNetworks/hub")

    @property
    def registry(self) -> str:
        """The registry."""
        return self.id("Microsoft.ContainerRegistry/registries/contoso")

    @property
    def endpoint(self) -> str:
        """The endpoint."""
        return self.id("Microsoft.Network/privateEndpoints/contoso-pe")


def give_rights(cloud: Cloud, *, without: tuple[str, str] = ("", "")) -> None:
    """Give the app what is deployed, less one action at one scope, and nothing else."""
    app = cloud.identity.app_principal
    place, taken = without
    rights = [
        Assignment(
            app,
            # What is given on a subscription is given on a zone in it.
            tuple(
                action
                for action in one.role_actions
                if action != taken or not place.startswith(one.scope)
            ),
            one.scope,
        )
        for one in DEPLOYMENT.assignments
    ]
    cloud.arm.roles.replace(app, rights)


class Story:
    """The product before a local Azure, with the events that Event Grid would deliver.

    Args:
        cloud: the local Azure.
        runner: the product, for events.
        deployment: the product, for the timer.
    """

    def __init__(self, cloud: Cloud, runner: EventHandler, deployment: App) -> None:
        self._cloud = cloud
        self._runner = runner
        self._deployment = deployment
        self._told = len(cloud.events)
        self.raised: list[str] = []

    async def deliver(self) -> None:
        """Hand over every event since the last time that a deployed filter lets pass."""
        happened, self._told = self._cloud.events[self._told :], len(self._cloud.events)
        for one in happened:
            event = event_of(one, TENANT, dt.datetime.now(dt.UTC))
            if any(filter_.passes(event) for filter_ in DEPLOYMENT.filters.values()):
                try:
                    await self._runner.handle(json.dumps(event))
                except TransientError as error:
                    self.raised.append(str(error))

    async def full_sync(self) -> None:
        """Let the timer make everything right, and tell of nothing that happened before."""
        self._told = len(self._cloud.events)
        try:
            await timer.full_sync(self._deployment)
        except TransientError as error:
            self.raised.append(str(error))

    async def zone(self) -> tuple[dict[str, list[str]], list[str]]:
        """The zone's addresses by name, and the networks that are linked."""
        records = (await self._cloud.get(f"{ZONE}/A"))["value"]
        links = (await self._cloud.get(f"{ZONE}/virtualNetworkLinks"))["value"]
        return (
            {
                item["name"]: [one["ipv4Address"] for one in item["properties"]["aRecords"]]
                for item in records
            },
            [item["properties"]["virtualNetwork"]["id"] for item in links],
        )


@contextlib.asynccontextmanager
async def on_stage(
    cloud: Cloud, links: Links, subscriptions: frozenset[str] | None
) -> AsyncIterator[Story]:
    """The product, signed in as the app."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IDENTITY_HEADER", cloud.identity.app_header)
        transport = AioHttpTransport(session=cloud.session, session_owner=False)
        clients = Clients(ManagedIdentityCredential(), cloud.arm.url, SCOPES[0], transport)
        zone = Zone(parse_id(ZONE, ZONE_TYPE), "azurecr.io", owner="tests", links=links)
        settings = Settings((zone,), subscriptions, zone.owner, PUBLIC, None)
        async with AzureAdapter(clients, settings.subscriptions) as estate:
            yield Story(cloud, EventHandler(make_context(estate, (zone,))), App(settings, estate))


async def furnish(cloud: Cloud, place: Place) -> None:
    """What is there before the story begins."""
    cloud.world.latency.change(dict.fromkeys(("member", "endpoint", "registry", "replication"), 0))
    await cloud.put(ZONE, {"location": "global"})
    subnet = {"name": "endpoints", "properties": {"addressPrefix": "10.1.0.0/24"}}
    space = {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}, "subnets": [subnet]}
    await cloud.put(place.network, {"location": "westeurope", "properties": space})
    await cloud.put(place.registry, {"location": "westeurope", "sku": {"name": "Premium"}})


async def tell_of_records(story: Story, cloud: Cloud, place: Place) -> AsyncIterator[str]:
    """An endpoint comes, a replica comes, the endpoint goes; yields what is wrong after each."""
    subnet = f"{place.network}/subnets/endpoints"
    published = {"contoso": ["10.1.0.5"], "contoso.westeurope.data": ["10.1.0.4"]}
    await cloud.put(place.endpoint, endpoint_body(subnet=subnet, registry=place.registry))
    await story.deliver()
    if (await story.zone())[0] != published:
        yield "the endpoint is not published"
    replica = {"location": "northeurope"}
    await cloud.put(f"{place.registry}/replications/northeurope", replica)
    await story.deliver()
    if (await story.zone())[0] != published | {"contoso.northeurope.data": ["10.1.0.6"]}:
        yield "the replica is not published"
    await cloud.settle(await cloud.send("DELETE", place.endpoint))
    await story.deliver()
    if (await story.zone())[0] != {}:
        yield "the endpoint's records are still there"


async def tell_of_links(story: Story, cloud: Cloud, place: Place) -> AsyncIterator[str]:
    """An endpoint comes and goes, and with it the link of its network."""
    subnet = f"{place.network}/subnets/endpoints"
    await cloud.put(place.endpoint, endpoint_body(subnet=subnet, registry=place.registry))
    await story.deliver()
    if (await story.zone())[1] != [place.network]:
        yield "the network is not linked"
    await cloud.settle(await cloud.send("DELETE", place.endpoint))
    await story.deliver()
    if await story.zone() != ({}, []):
        yield "the network is still linked"


async def tell_of_the_timer(story: Story, cloud: Cloud, place: Place) -> AsyncIterator[str]:
    """The timer finds an endpoint that no event told of, and later that it is gone."""
    subnet = f"{place.network}/subnets/endpoints"
    await cloud.put(place.endpoint, endpoint_body(subnet=subnet, registry=place.registry))
    await story.full_sync()
    if (await story.zone())[1] != [place.network]:
        yield "the network is not linked"
    await cloud.settle(await cloud.send("DELETE", place.endpoint))
    await story.full_sync()
    if await story.zone() != ({}, []):
        yield "something is still there"


async def tell_of_a_clash(story: Story, cloud: Cloud, place: Place) -> AsyncIterator[str]:
    """The network is linked to another zone of the name: one finding, and no second try."""
    other = f"{SPARE_GROUP}/providers/Microsoft.Network/privateDnsZones/privatelink.azurecr.io"
    await cloud.put(other, {"location": "global"})
    link = {"location": "global", "properties": {"virtualNetwork": {"id": place.network}}}
    await cloud.put(f"{other}/virtualNetworkLinks/taken", link)
    subnet = f"{place.network}/subnets/endpoints"
    await cloud.put(place.endpoint, endpoint_body(subnet=subnet, registry=place.registry))
    await story.deliver()
    if (await story.zone())[1] != []:
        yield "the network is linked twice"


async def tell_of_hidden_names(story: Story, cloud: Cloud, place: Place) -> AsyncIterator[str]:
    """Two zones that nobody keeps hide names in the network: one finding each."""
    subnet = f"{place.network}/subnets/endpoints"
    await cloud.put(place.endpoint, endpoint_body(subnet=subnet, registry=place.registry))
    link = {"location": "global", "properties": {"virtualNetwork": {"id": place.network}}}
    names = ("contoso.azurecr.io", "westeurope.data.privatelink.azurecr.io")
    others = [place.id(f"Microsoft.Network/privateDnsZones/{name}") for name in names]
    for other in others:
        await cloud.put(other, {"location": "global"})
        await cloud.put(f"{other}/virtualNetworkLinks/theirs", link)
    await story.full_sync()
    if (await story.zone())[1] != [place.network]:
        yield "the network is not linked"
    for other in others:
        await cloud.settle(await cloud.send("DELETE", f"{other}/virtualNetworkLinks/theirs"))
        await cloud.settle(await cloud.send("DELETE", other))
    await cloud.settle(await cloud.send("DELETE", place.endpoint))
    await story.full_sync()
    if await story.zone() != ({}, []):
        yield "something is still there"


BOTH = frozenset({SUBSCRIPTION, OTHER})
# How each story is told, whether the app manages links in it, which subscriptions it watches
# (None for all that it can list), and what it must say loudly.
STORIES = (
    (tell_of_records, Links.LEAVE, BOTH, 0),
    (tell_of_links, Links.MANAGE, BOTH, 0),
    (tell_of_the_timer, Links.MANAGE, BOTH, 0),
    (tell_of_links, Links.MANAGE, None, 0),
    (tell_of_hidden_names, Links.MANAGE, BOTH, 2),
    (tell_of_a_clash, Links.MANAGE, BOTH, 1),
)


async def first_trouble(cloud: Cloud, place: Place, caplog: pytest.LogCaptureFixture) -> str:
    """What goes wrong first, or what the app says of it; empty if all stories come out right."""
    await furnish(cloud, place)
    for tell, links, subscriptions, expected in STORIES:
        caplog.clear()
        async with on_stage(cloud, links, subscriptions) as story:
            async for wrong in tell(story, cloud, place):
                return wrong
            if story.raised:
                return f"raised: {story.raised[0]}"
        said = [record for record in caplog.records if record.name == "acr_private_dns"]
        loud = [record.getMessage() for record in said if record.levelno > logging.INFO]
        if len(loud) != expected:
            return f"said: {loud}"
    return ""


def test_rights_are_given_where_they_were_decided() -> None:
    """The keeper on the zone, the status on its group, reading and joining where it watches."""
    assert [(one.scope, len(one.role_actions)) for one in DEPLOYMENT.assignments] == [
        (ZONE, 7),
        (DNS_GROUP, 1),
        (f"/subscriptions/{SUBSCRIPTION}", 9),
        (f"/subscriptions/{SUBSCRIPTION}", 1),
        (f"/subscriptions/{OTHER}", 9),
        (f"/subscriptions/{OTHER}", 1),
    ]


@pytest.mark.parametrize("subscription", [SUBSCRIPTION, OTHER])
async def test_the_roles_suffice(
    cloud: Cloud, subscription: str, caplog: pytest.LogCaptureFixture
) -> None:
    """With the roles, given where they are given, everything comes right, and no call is refused.

    The keeper is given on the zone alone: it is needed nowhere else.
    """
    give_rights(cloud)
    assert await first_trouble(cloud, Place(subscription), caplog) == ""
    mine = [call for call in cloud.arm.calls if call.principal == cloud.identity.app_principal]
    assert mine
    assert [call for call in mine if call.status == 403] == []


@pytest.mark.parametrize(
    "taken",
    TAKEN,
    ids=[
        f"{action.removeprefix('Microsoft.')} on {scope.rpartition('/')[2][:11]}"
        for scope, action in TAKEN
    ],
)
async def test_without_one_action_something_is_amiss(
    cloud: Cloud, taken: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    """Each action is needed at each scope where its role is given."""
    give_rights(cloud, without=taken)
    scope, action = taken
    place = Place(OTHER if scope.endswith(OTHER) else SUBSCRIPTION)
    trouble = await first_trouble(cloud, place, caplog)
    assert trouble, f"nothing needs {action} on {scope}: it should go"


@pytest.mark.parametrize(
    ("method", "below", "body"),
    [
        ("PUT", "/A/contoso", {"properties": {"ttl": 10, "aRecords": []}}),
        ("DELETE", "/A/contoso", None),
        ("PUT", "/virtualNetworkLinks/hub", {"location": "global"}),
        ("DELETE", "/virtualNetworkLinks/hub", None),
        ("GET", "/A", None),
        ("PUT", "", {"location": "global"}),
        ("DELETE", "", None),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
async def test_a_neighbouring_zone_is_out_of_reach(
    cloud: Cloud, method: str, below: str, body: object
) -> None:
    """The zone's group usually holds every other privatelink zone as well, and they stay safe."""
    give_rights(cloud)
    for zone in (ZONE, NEIGHBOUR):
        await cloud.put(zone, {"location": "global"})
        await cloud.put(f"{zone}/A/contoso", {"properties": {"ttl": 10, "aRecords": []}})
    app = cloud.identity.app_header
    refused = await cloud.send(method, f"{NEIGHBOUR}{below}", body, who=app)
    assert (refused.status, refused.body["error"]["code"]) == (403, "AuthorizationFailed")
    record = {"properties": {"ttl": 20, "aRecords": []}}
    assert (await cloud.send("PUT", f"{ZONE}/A/contoso", record, who=app)).status == 200
