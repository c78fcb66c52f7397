"""The main job through the real doors: event, worker, SDK, wire, and dig."""

import json

from tests.e2e.conftest import DELETED, LOGIN, PUBLISHED, WEST, WRITTEN, Stage, an_event


async def test_an_endpoint_appears_and_its_names_resolve(stage: Stage) -> None:
    """From an empty zone to dig answering with the guide's CNAME and the private address."""
    await stage.publish()
    await stage.quiet()
    assert await stage.operator.records() == PUBLISHED
    login = await stage.operator.resolve(LOGIN, "network-a")
    assert [(name, kind, data) for name, _, kind, data in login.lines] == [
        ("myregistry.azurecr.io.", "CNAME", "myregistry.privatelink.azurecr.io."),
        ("myregistry.privatelink.azurecr.io.", "A", "10.1.0.5"),
    ]
    assert login.lines[1][1] == 10
    assert (await stage.operator.resolve(WEST, "network-a")).addresses == ("10.1.0.4",)
    assert not (await stage.operator.resolve(LOGIN)).private


async def test_records_come_in_the_safe_order(stage: Stage) -> None:
    """The data record is written before the login record, and the link last (no-half-registry)."""
    await stage.publish()
    await stage.quiet()
    writes = [path.rpartition("/")[2] for method, path in stage.app_calls() if method == "PUT"]
    assert writes[:2] == ["myregistry.westeurope.data", "myregistry"]
    assert len(writes) == 3
    assert writes[2].startswith("acr-private-dns-")


async def test_what_is_published_says_where_it_came_from(stage: Stage) -> None:
    """The mark in the record's metadata names owner, registry, endpoint, guid and network."""
    await stage.publish()
    await stage.quiet()
    zone = stage.operator.line["zone"].split("/")
    record = await stage.operator.zones.record_sets.get(zone[4], zone[-1], "A", "myregistry")
    pe = (await stage.operator.networks.private_endpoints.get("platform", "pe-a")).as_dict()
    subscription, guid = stage.operator.subscription, pe["properties"]["resourceGuid"]
    metadata = record.as_dict()["properties"]["metadata"]
    address = metadata.pop("acrPrivateDnsAddress01").split(" ")
    assert metadata == {
        "acrPrivateDns": "acr-private-dns",
        "acrPrivateDnsRegistry": f"{subscription}/platform/myregistry",
    }
    assert address[:3] == ["10.1.0.5", f"{subscription.replace('-', '')}/platform/pe-a", guid[:8]]
    (link,) = await stage.operator.links()
    assert link == f"acr-private-dns-{address[3]}"


async def test_the_link_lets_public_names_through(stage: Stage) -> None:
    """The link falls back to public names, registers no machines, and carries our mark."""
    await stage.publish()
    await stage.quiet()
    (link,) = (await stage.operator.links()).values()
    assert link["properties"]["resolutionPolicy"] == "NxDomainRedirect"
    assert link["properties"]["registrationEnabled"] is False
    assert link["tags"] == {"acrPrivateDns": "acr-private-dns"}
    await stage.operator.create_registry("another")
    other = await stage.operator.resolve("another.azurecr.io", "network-a")
    assert other.addresses
    assert not other.private


async def test_a_replicas_record_appears_though_its_member_is_late(stage: Stage) -> None:
    """The run that the replica's event began waits for the member and writes its record."""
    await stage.publish()
    await stage.quiet()
    await stage.operator.control("latency", member=2.0)
    await stage.operator.create_replica("myregistry", "northeurope")
    await stage.quiet()
    assert await stage.operator.records() == {
        **PUBLISHED,
        "myregistry.northeurope.data": ("10.1.0.6",),
    }


async def test_a_member_too_late_for_one_run_is_brought_by_the_next(stage: Stage) -> None:
    """While a Succeeded replica lacks its member the run fails, and Event Grid sends it again."""
    await stage.publish()
    await stage.quiet()
    await stage.operator.control("latency", member=25.0)
    await stage.operator.create_replica("myregistry", "northeurope")

    def retried() -> bool:
        entries = stage.azure.event_grid.log.entries(
            "Microsoft.ContainerRegistry/registries/replications/write"
        )
        return any(h["step"] == "retried" for e in entries for h in e.history)

    await stage.until(retried, 40)
    await stage.operator.control("time", scale=1000.0)
    await stage.quiet()
    assert (await stage.operator.records())["myregistry.northeurope.data"] == ("10.1.0.6",)


async def test_an_endpoint_goes_and_its_names_go(stage: Stage) -> None:
    """Records and link go, login first, and the network resolves publicly again."""
    await stage.publish()
    await stage.quiet()
    before = len(stage.azure.arm.calls)
    await stage.operator.delete_endpoint("pe-a")
    await stage.quiet()
    assert await stage.operator.records() == {}
    assert await stage.operator.links() == {}
    deleted = [
        path.rpartition("/")[2] for method, path in stage.app_calls(before) if method == "DELETE"
    ]
    assert deleted[:2] == ["myregistry", "myregistry.westeurope.data"]
    assert deleted[2].startswith("acr-private-dns-")
    answer = await stage.operator.resolve(LOGIN, "network-a")
    assert answer.addresses
    assert not answer.private


async def test_a_duplicate_event_writes_nothing(stage: Stage) -> None:
    """Event Grid delivers at least once; the second time finds everything right (idempotent)."""
    await stage.publish()
    await stage.quiet()
    before = len(stage.azure.arm.calls)
    event = stage.endpoint_event(WRITTEN)
    assert await stage.deliver("endpoint_written", event, event) == 202
    assert {method for method, _ in stage.app_calls(before)} == {"GET"}


async def test_events_in_the_wrong_order_end_right(silent_stage: Stage) -> None:
    """A deletion heard of before the creation leaves nothing behind, whichever comes last."""
    stage = silent_stage
    await stage.publish()
    written, deleted = stage.endpoint_event(WRITTEN), stage.endpoint_event(DELETED)
    assert await stage.deliver("endpoint_deleted", deleted) == 202
    assert await stage.deliver("endpoint_written", written) == 202
    assert await stage.operator.records() == PUBLISHED
    await stage.operator.delete_endpoint("pe-a")
    assert await stage.deliver("endpoint_deleted", deleted) == 202
    assert await stage.deliver("endpoint_written", written) == 202
    assert await stage.operator.records() == {}
    assert await stage.operator.links() == {}


async def test_both_schemas_of_event_grid_are_taken(silent_stage: Stage) -> None:
    """A CloudEvents 1.0 subscription works as an Event Grid one does."""
    stage = silent_stage
    await stage.publish()
    plain = stage.endpoint_event(WRITTEN)
    cloud = {
        "specversion": "1.0",
        "id": plain["id"],
        "source": plain["topic"],
        "type": plain["eventType"],
        "time": plain["eventTime"],
        "subject": plain["subject"],
        "data": plain["data"],
    }
    assert await stage.deliver("endpoint_written", cloud) == 202
    assert await stage.operator.records() == PUBLISHED


async def test_an_endpoint_deleted_between_read_and_write_leaves_nothing(stage: Stage) -> None:
    """The run that read it alive finds after its write that it is gone, and cleans up itself."""
    await stage.operator.create_network("network-a", "10.1.0.0/24")
    registry = await stage.operator.create_registry("myregistry")
    await stage.quiet()
    await stage.operator.control("latency", endpoint=0.0)
    await stage.operator.create_endpoint("pe-a", "network-a", registry)
    # From here on each call takes a second: the deletion is sent while the login record's
    # write is under way, and takes effect before the read that verifies it.
    await stage.operator.control("latency", request=1.0)
    data = f"{stage.operator.line['zone']}/A/myregistry.westeurope.data"
    await stage.until(lambda: stage.azure.world.get(data))
    # The deletion's own event comes too late to help.
    await stage.operator.control("latency", event=3600.0)
    await stage.operator.delete_endpoint("pe-a")
    await stage.operator.control("latency", request=0.0)
    await stage.until(lambda: any("pe-a written" in line for line in stage.said()))
    said = stage.said("endpoint_written")
    assert any(line.startswith("created A myregistry ->") for line in said)
    assert any(line.startswith("deleted A myregistry,") for line in said)
    assert await stage.operator.records() == {}


async def test_an_endpoint_of_something_else_costs_one_read_each_way(stage: Stage) -> None:
    """A storage account's endpoint costs one read when it comes, one when it goes, no write."""
    await stage.operator.create_network("network-a", "10.1.0.0/24")
    await stage.quiet()
    storage = stage.operator.id_of("Microsoft.Storage/storageAccounts", "mystorage")
    await stage.operator.create_endpoint("pe-blob", "network-a", storage, "blob")
    await stage.quiet()
    await stage.operator.delete_endpoint("pe-blob")
    await stage.quiet()
    assert stage.app_calls() == [
        ("GET", "Microsoft.Network/privateEndpoints/pe-blob"),
        ("GET", "Microsoft.Network/privateDnsZones/privatelink.azurecr.io/A"),
    ]


async def test_malformed_and_foreign_events_are_acknowledged(silent_stage: Stage) -> None:
    """What asks for nothing is acknowledged, counted and logged in a line, without a call."""
    stage = silent_stage
    odd = an_event(WRITTEN, "/subscriptions/x/resourceGroups/<script>/providers/a/b/c")
    bodies: list[object] = [
        None,
        17,
        "text",
        [],
        {},
        odd,
        {**odd, "eventTime": "yesterday"},
        {"self": "x", **odd},
    ]
    for body in bodies:
        assert await stage.deliver("endpoint_written", body) == 202, json.dumps(body)
    said = stage.said()
    assert len(said) == len(bodies)
    assert all(line.startswith("event ignored: ") for line in said)
    assert said[-1].endswith(f"({len(bodies)} ignored since the start)")
    assert not any("script" in line for line in said)
    assert stage.app_calls() == []


async def test_a_forged_event_costs_one_read(silent_stage: Stage) -> None:
    """An event about an endpoint that never was, anywhere, costs one read at most."""
    stage = silent_stage
    await stage.publish()
    before = len(stage.azure.arm.calls)
    stranger = "99999999-9999-9999-9999-999999999999"
    nowhere = stage.operator.id_of("Microsoft.Network/privateEndpoints", "never-was")
    outside = nowhere.replace(stage.operator.subscription, stranger)
    assert await stage.deliver("endpoint_written", an_event(WRITTEN, nowhere)) == 202
    assert await stage.deliver("endpoint_written", an_event(WRITTEN, outside)) == 202
    assert stage.app_calls(before) == [("GET", "Microsoft.Network/privateEndpoints/never-was")]


async def test_foreign_records_stay_as_they_are(stage: Stage) -> None:
    """A hand-made record, right or wrong, is byte-identical after every event.

    Invariant: others-untouched.
    """
    zone = stage.operator.line["zone"].split("/")
    sets = stage.operator.zones.record_sets
    for name, address in (("myregistry", "10.9.9.9"), ("myregistry.westeurope.data", "10.1.0.4")):
        body = {
            "properties": {
                "ttl": 3600,
                "aRecords": [{"ipv4Address": address}],
                "metadata": {"owner": "somebody"},
            }
        }
        await sets.create_or_update(zone[4], zone[-1], "A", name, body)

    async def everything() -> list[str]:
        found = sets.list_by_type(zone[4], zone[-1], "A")
        return sorted([json.dumps(item.as_dict(), sort_keys=True) async for item in found])

    before = await everything()
    await stage.publish()
    await stage.quiet()
    await stage.operator.delete_endpoint("pe-a")
    await stage.quiet()
    assert await everything() == before
    assert any("finding unmanaged-record at myregistry: " in line for line in stage.said())


async def test_a_deleted_registrys_names_go(stage: Stage) -> None:
    """Deleting the registry disconnects its endpoints; both sides then let the names go."""
    await stage.publish()
    await stage.quiet()
    await stage.operator.delete_registry("myregistry")
    await stage.quiet()
    assert await stage.operator.records() == {}
