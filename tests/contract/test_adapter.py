"""The adapter over the wire: what Azure answers, in the words of the loop."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from azure.core.pipeline.transport import AioHttpTransport
from azure.identity.aio import ManagedIdentityCredential

from shared.arm.adapter import AzureAdapter
from shared.arm.clients import Clients
from shared.domain.ownership import network_hash
from shared.domain.reading import Absent, Found, Unknown, UnknownReason
from shared.domain.resource_id import ENDPOINT as ENDPOINT_TYPE
from shared.domain.resource_id import INTERFACE, ResourceId, parse_id
from shared.domain.resource_id import NETWORK as NETWORK_TYPE
from shared.domain.resource_id import REGISTRY as REGISTRY_TYPE
from shared.domain.resource_id import ZONE as ZONE_TYPE
from shared.domain.resources import Replica, Status
from shared.domain.zone import RecordSet, Zone
from shared.engine.azure import Counts, LinkOutcome
from shared.engine.deadline import Deadline
from shared.errors import LockedError, PreconditionFailedError, TransientError
from simulator.faults import parse_rule
from tests.contract.arm_estate import (
    ENDPOINT,
    GROUP,
    NETWORK,
    OTHER,
    REGISTRY,
    SCOPES,
    SUBSCRIPTION,
    ZONE,
    Cloud,
    endpoint_body,
    running,
)

ENDPOINT_ID = parse_id(ENDPOINT, ENDPOINT_TYPE)
REGISTRY_ID = parse_id(REGISTRY, REGISTRY_TYPE)
NETWORK_ID = parse_id(NETWORK, NETWORK_TYPE)
KEPT = Zone(parse_id(ZONE, ZONE_TYPE), "azurecr.io", owner="tests")
RECORD = RecordSet("contoso", "", 10, ("10.1.0.5",), {"acrPrivateDns": "tests", "team": "x"})


def connected(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> AzureAdapter:
    """The product's adapter, signed in as the app, with the app's roles and no more."""
    monkeypatch.setenv("IDENTITY_HEADER", cloud.identity.app_header)
    transport = AioHttpTransport(session=cloud.session, session_owner=False)
    clients = Clients(ManagedIdentityCredential(), cloud.arm.url, SCOPES[0], transport)
    return AzureAdapter(clients, frozenset({SUBSCRIPTION, OTHER}))


@pytest.fixture
async def estate(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AzureAdapter]:
    """The adapter before an estate of network, registry, endpoint and zone."""
    await cloud.estate()
    await cloud.zone()
    async with connected(cloud, monkeypatch) as estate:
        yield estate


def sibling(id_: ResourceId, name: str) -> ResourceId:
    return replace(id_, names=(name,))


async def test_an_endpoint_is_read_whole(cloud: Cloud, estate: AzureAdapter) -> None:
    """State, guid, network, interface and both sides' status come over the wire."""
    document = await cloud.get(ENDPOINT)
    reading = await estate.endpoint(ENDPOINT_ID)
    assert isinstance(reading, Found)
    endpoint = reading.value
    assert (endpoint.state, endpoint.guid) == ("Succeeded", document["properties"]["resourceGuid"])
    assert (endpoint.etag, endpoint.network) == (document["etag"], NETWORK_ID)
    assert endpoint.connections == {REGISTRY_ID: Status.APPROVED}
    interface = await estate.interface(endpoint.interfaces[0])
    assert isinstance(interface, Found)
    assert [(m.name, m.fqdn, m.address) for m in interface.value.members] == [
        ("registry_data_westeurope", "contoso.westeurope.data.azurecr.io", "10.1.0.4"),
        ("registry", "contoso.azurecr.io", "10.1.0.5"),
    ]
    assert await estate.group_zones(ENDPOINT_ID) == Found(frozenset())


async def test_the_interface_is_the_truth_and_not_custom_dns_configs(
    cloud: Cloud, estate: AzureAdapter
) -> None:
    """A zone group empties `customDnsConfigs`; the interface has every member all the same."""
    configs = [{"name": "acr", "properties": {"privateDnsZoneId": ZONE}}]
    group = {"properties": {"privateDnsZoneConfigs": configs}}
    await cloud.put(f"{ENDPOINT}/privateDnsZoneGroups/default", group)
    assert (await cloud.get(ENDPOINT))["properties"]["customDnsConfigs"] == []
    reading = await estate.endpoint(ENDPOINT_ID)
    assert isinstance(reading, Found)
    (nic,) = reading.value.interfaces
    interface = await estate.interface(nic)
    assert isinstance(interface, Found)
    assert {m.name for m in interface.value.members} == {"registry", "registry_data_westeurope"}


async def test_a_registry_is_read_with_its_replicas(cloud: Cloud, estate: AzureAdapter) -> None:
    """Login server, home, connections and every replica come over the wire."""
    reading = await estate.registry(REGISTRY_ID)
    assert isinstance(reading, Found)
    assert (reading.value.login_server, reading.value.region) == (
        "contoso.azurecr.io",
        "westeurope",
    )
    assert reading.value.connections == {ENDPOINT_ID: Status.APPROVED}
    assert reading.value.replicas == ()
    await cloud.put(f"{REGISTRY}/replications/northeurope", {"location": "northeurope"})
    reading = await estate.registry(REGISTRY_ID)
    assert isinstance(reading, Found)
    assert sorted(reading.value.replicas, key=lambda replica: replica.region) == [
        Replica("northeurope", "Succeeded"),
        Replica("westeurope", "Succeeded"),
    ]


async def test_a_manual_connection_is_pending_on_both_sides(
    cloud: Cloud, estate: AzureAdapter
) -> None:
    """The manual array counts, and so does the registry's own list."""
    manual = ENDPOINT.replace("contoso-pe", "manual-pe")
    await cloud.put(manual, endpoint_body(manual=True))
    manual_id = sibling(ENDPOINT_ID, "manual-pe")
    reading, registry = await estate.endpoint(manual_id), await estate.registry(REGISTRY_ID)
    assert isinstance(reading, Found)
    assert isinstance(registry, Found)
    assert reading.value.connections == {REGISTRY_ID: Status.PENDING}
    assert registry.value.connections[manual_id] is Status.PENDING


async def test_a_network_names_the_endpoints_in_it(estate: AzureAdapter) -> None:
    """Whether a link is still of use can be told from the network's own document."""
    reading = await estate.network(NETWORK_ID)
    assert isinstance(reading, Found)
    assert (reading.value.is_peered, reading.value.endpoints) == (False, (ENDPOINT_ID,))


@pytest.mark.parametrize(
    "missing", [sibling(ENDPOINT_ID, "no-such"), replace(ENDPOINT_ID, group="no-such-group")]
)
async def test_a_missing_resource_is_absent(estate: AzureAdapter, missing: ResourceId) -> None:
    """A 404 for the resource or its group says that it is gone."""
    assert await estate.endpoint(missing) == Absent()
    assert (
        await estate.registry(replace(REGISTRY_ID, group=missing.group, names=("x",))) == Absent()
    )


async def test_what_may_not_be_read_is_unknown(estate: AzureAdapter) -> None:
    """A 403 in a watched subscription is a doubt, and never an absence (no-unproven-delete)."""
    reading = await estate.endpoint(replace(ENDPOINT_ID, subscription=OTHER))
    assert reading == Unknown(
        UnknownReason.FORBIDDEN, "HttpResponseError 403 AuthorizationFailed", can_pass=True
    )


async def test_a_web_page_in_azures_place_may_pass(cloud: Cloud, estate: AzureAdapter) -> None:
    """A 404 without Azure's own words, as a proxy sends it, is no absence and no lost right."""
    cloud.arm.faults.add(parse_rule({"fault": "notJson", "content_type": "text/html"}))
    reading = await estate.endpoint(sibling(ENDPOINT_ID, "no-such"))
    assert reading == Unknown(UnknownReason.TRANSIENT, "ResourceNotFoundError 404")


async def test_what_is_not_watched_is_not_asked_for(cloud: Cloud, estate: AzureAdapter) -> None:
    """An endpoint outside the watched subscriptions costs no call."""
    before = len(cloud.arm.calls)
    stranger = replace(ENDPOINT_ID, subscription="99999999-9999-9999-9999-999999999999")
    assert await estate.endpoint(stranger) == Unknown(UnknownReason.UNWATCHED)
    assert len(cloud.arm.calls) == before


async def test_a_subscription_that_does_not_exist_is_unknown(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`SubscriptionNotFound` is a 404 too, and proves nothing about an endpoint.

    Invariant: no-unproven-delete.
    """
    monkeypatch.setenv("IDENTITY_HEADER", cloud.identity.app_header)
    gone = "99999999-9999-9999-9999-999999999999"
    transport = AioHttpTransport(session=cloud.session, session_owner=False)
    clients = Clients(ManagedIdentityCredential(), cloud.arm.url, SCOPES[0], transport)
    async with AzureAdapter(clients, frozenset({gone})) as estate:
        reading = await estate.endpoint(replace(ENDPOINT_ID, subscription=gone))
    assert isinstance(reading, Unknown)


async def test_a_record_is_written_read_and_deleted(cloud: Cloud, estate: AzureAdapter) -> None:
    """Data and mark travel in one PUT, and come back as they were sent."""
    assert await estate.record(KEPT, "contoso") is None
    await estate.write_record(KEPT, RECORD)
    now = await estate.record(KEPT, "contoso")
    assert now is not None
    assert replace(now, etag="") == RECORD
    assert now.etag == (await cloud.get(f"{ZONE}/A/contoso"))["etag"]
    assert await estate.records(KEPT) == [now]
    await estate.delete_record(KEPT, now)
    assert await estate.record(KEPT, "contoso") is None


@pytest.mark.parametrize("quoted", [False, True])
async def test_writes_are_conditional(cloud: Cloud, estate: AzureAdapter, quoted: bool) -> None:
    """A record that exists, or has changed since it was read, is never overwritten.

    Invariant: no-stale-overwrite.
    """
    cloud.world.habits.change({"quoted_etags": quoted})
    await estate.write_record(KEPT, RECORD)
    with pytest.raises(PreconditionFailedError):
        await estate.write_record(KEPT, RECORD)
    read = await estate.record(KEPT, "contoso")
    assert read is not None
    await estate.write_record(KEPT, replace(read, addresses=("10.1.0.6",)))
    with pytest.raises(PreconditionFailedError):
        await estate.write_record(KEPT, replace(read, addresses=("10.1.0.7",)))
    with pytest.raises(PreconditionFailedError):
        await estate.delete_record(KEPT, read)
    now = await estate.record(KEPT, "contoso")
    assert now is not None
    assert now.addresses == ("10.1.0.6",)


async def test_every_page_of_a_zone_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list is the whole list, however many pages it has (no-unproven-delete)."""
    async with running(tmp_path, monkeypatch, page_size=2) as cloud:
        await cloud.zone()
        async with connected(cloud, monkeypatch) as estate:
            for number in range(120):
                name = f"name{number:03}"
                await estate.write_record(KEPT, replace(RECORD, name=name))
            names = [record.name for record in await estate.records(KEPT)]
    assert sorted(names) == [f"name{number:03}" for number in range(120)]


async def test_every_page_of_replications_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A region that stands on the second page is in service as well (no-unproven-delete)."""
    regions = {"northeurope", "eastus", "westus"}
    async with (
        running(tmp_path, monkeypatch, page_size=2) as cloud,
        connected(cloud, monkeypatch) as estate,
    ):
        await cloud.estate()
        for region in sorted(regions):
            await cloud.put(f"{REGISTRY}/replications/{region}", {"location": region})
        reading = await estate.registry(REGISTRY_ID)
    assert isinstance(reading, Found)
    assert reading.value.regions == {"westeurope", *regions}


async def test_a_missing_zone_is_an_error_and_not_an_empty_zone(estate: AzureAdapter) -> None:
    """A zone that is not there raises; it must never look like one without records."""
    nowhere = replace(KEPT, id=sibling(KEPT.id, "privatelink.azurecr.cn"))
    for call in (estate.record(nowhere, "contoso"), estate.records(nowhere), estate.links(nowhere)):
        with pytest.raises(TransientError):
            await call


async def test_a_link_is_made_found_and_removed(estate: AzureAdapter) -> None:
    """The long-running operations are followed to their end, with the app's roles alone."""
    name = f"acr-private-dns-{network_hash(NETWORK_ID)}"
    assert await estate.link(KEPT, name) is None
    assert await estate.create_link(KEPT, name, NETWORK_ID, Deadline(20)) == (LinkOutcome.DONE, "")
    link = await estate.link(KEPT, name)
    assert link is not None
    assert (link.network, link.tags) == (NETWORK_ID, {"acrPrivateDns": "tests"})
    assert await estate.links(KEPT) == [link]
    assert await estate.delete_link(KEPT, link, Deadline(20)) == (LinkOutcome.DONE, "")
    assert await estate.links(KEPT) == []


async def test_a_link_that_takes_too_long_is_pending(cloud: Cloud, estate: AzureAdapter) -> None:
    """A link still running when the budget ends is reported as that, and not as done.

    Invariant: confirmed.
    """
    cloud.world.latency.link = 3600.0
    run_result, _ = await estate.create_link(KEPT, "slow", NETWORK_ID, Deadline(2))
    assert run_result is LinkOutcome.PENDING


async def test_nobody_waits_for_a_link_while_others_wait_for_the_run(
    cloud: Cloud, estate: AzureAdapter
) -> None:
    """A link that is under way can be read by the next run; whoever waits for it need not."""
    cloud.world.latency.link = 3600.0
    deadline = Deadline(3600)
    deadline.newcomer.set()
    run_result, _ = await estate.create_link(KEPT, "slow", NETWORK_ID, deadline)
    assert run_result is LinkOutcome.PENDING
    link = await estate.link(KEPT, "slow")
    assert link is not None
    assert link.network == NETWORK_ID


async def test_a_network_linked_twice_is_refused(estate: AzureAdapter) -> None:
    """Azure's refusal, which comes through the poll, is told apart from a failure."""
    await estate.create_link(KEPT, "first", NETWORK_ID, Deadline(20))
    run_result, words = await estate.create_link(KEPT, "second", NETWORK_ID, Deadline(20))
    assert run_result is LinkOutcome.REFUSED
    assert words == "create link second: HttpResponseError 200 BadRequest"
    with pytest.raises(PreconditionFailedError):
        await estate.create_link(KEPT, "first", NETWORK_ID, Deadline(20))


async def test_an_interface_that_is_gone_is_absent(cloud: Cloud, estate: AzureAdapter) -> None:
    """Between two reads an interface can go; that is an absence like any other."""
    reading = await estate.endpoint(ENDPOINT_ID)
    assert isinstance(reading, Found)
    answer = await cloud.send("DELETE", ENDPOINT)
    await cloud.settle(answer)
    assert await estate.interface(reading.value.interfaces[0]) == Absent()
    assert reading.value.interfaces[0].type == INTERFACE
    assert reading.value.interfaces[0].group == GROUP


async def test_a_subscription_is_listed_to_its_last_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lists give what direct reads give, all pages of it, but for a registry's replicas."""
    async with (
        running(tmp_path, monkeypatch, page_size=2) as cloud,
        connected(cloud, monkeypatch) as estate,
    ):
        await cloud.estate()
        for number in range(3):
            await cloud.put(ENDPOINT.replace("contoso-pe", f"pe-{number}"), endpoint_body())
        await cloud.put(f"{REGISTRY}/replications/northeurope", {"location": "northeurope"})
        # The replica's members are on their way, and each gives an endpoint another etag.
        with cloud.frozen():
            await _compare_lists(estate)


async def _compare_lists(estate: AzureAdapter) -> None:
    endpoints = await estate.list_endpoints(SUBSCRIPTION)
    assert isinstance(endpoints, Found)
    assert sorted(id_.name for id_ in endpoints.value) == ["contoso-pe", "pe-0", "pe-1", "pe-2"]
    assert endpoints.value[ENDPOINT_ID] == await estate.endpoint(ENDPOINT_ID)
    registries, one = await estate.list_registries(SUBSCRIPTION), await estate.registry(REGISTRY_ID)
    assert isinstance(registries, Found)
    assert isinstance(one, Found)
    assert registries.value == {REGISTRY_ID: Found(replace(one.value, replicas=()))}
    assert await estate.list_replicas(REGISTRY_ID) == Found(one.value.replicas)
    networks = await estate.list_networks(SUBSCRIPTION)
    assert isinstance(networks, Found)
    assert networks.value == {NETWORK_ID: await estate.network(NETWORK_ID)}


async def test_what_cannot_be_listed_is_unknown(cloud: Cloud, estate: AzureAdapter) -> None:
    """A subscription without the right, or outside the watch, is a gap and no empty list.

    Invariant: no-unproven-delete.
    """
    assert await estate.probe(SUBSCRIPTION) == Found(None)
    cloud.arm.roles.revoke(cloud.identity.app_principal, f"/subscriptions/{SUBSCRIPTION}")
    for reading in (
        await estate.list_endpoints(SUBSCRIPTION),
        await estate.list_registries(SUBSCRIPTION),
        await estate.list_networks(SUBSCRIPTION),
        await estate.probe(SUBSCRIPTION),
    ):
        assert isinstance(reading, Unknown)
        assert reading.reason is UnknownReason.FORBIDDEN
    foreign = "99999999-9999-9999-9999-999999999999"
    assert await estate.list_endpoints(foreign) == Unknown(UnknownReason.UNWATCHED)


async def test_an_item_that_cannot_be_understood_spoils_no_list(
    cloud: Cloud, estate: AzureAdapter
) -> None:
    """One odd document is an unknown endpoint, and all others are read."""
    await cloud.put(ENDPOINT.replace("contoso-pe", "odd"), endpoint_body())
    odd = cloud.world.get(ENDPOINT.replace("contoso-pe", "odd"))
    assert odd is not None
    del odd.properties["resourceGuid"]
    listed = await estate.list_endpoints(SUBSCRIPTION)
    assert isinstance(listed, Found)
    assert isinstance(listed.value[ENDPOINT_ID], Found)
    unknown = listed.value[sibling(ENDPOINT_ID, "odd")]
    assert isinstance(unknown, Unknown)
    assert unknown.reason is UnknownReason.UNREADABLE


async def test_a_zone_tells_how_full_it_is(estate: AzureAdapter) -> None:
    """The zone's own numbers, and its limits, come over the wire."""
    await estate.write_record(KEPT, RECORD)
    assert await estate.counts(KEPT) == Counts(2, 25_000, 0, 1_000)


async def test_a_locked_record_is_told_apart(cloud: Cloud, estate: AzureAdapter) -> None:
    """A lock's refusal is neither a conflict nor worth trying again."""
    await estate.write_record(KEPT, RECORD)
    (record,) = await estate.records(KEPT)
    lock = f"{ZONE}/providers/Microsoft.Authorization/locks/keep"
    await cloud.put(lock, {"properties": {"level": "CanNotDelete"}})
    with pytest.raises(LockedError):
        await estate.delete_record(KEPT, record)
    await estate.write_record(KEPT, replace(record, ttl=20))
    await cloud.put(lock, {"properties": {"level": "ReadOnly"}})
    (record,) = await estate.records(KEPT)
    with pytest.raises(LockedError):
        await estate.write_record(KEPT, record)
