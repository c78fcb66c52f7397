"""A record sets: conditional writes, Azure's refusals, limits and pages."""

import re
import time

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceModifiedError

from simulator.arm import record_sets
from tests.contract.arm_estate import GROUP, SUBSCRIPTION, ZONE, Cloud, Wire

RECORD = f"{ZONE}/A/contoso"
GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def record(*addresses: str, **more: object) -> dict[str, object]:
    """The body of a record set's PUT."""
    records = [{"ipv4Address": address} for address in addresses]
    return {"properties": {"ttl": 10, "aRecords": records, **more}}


async def test_a_record_set_reads_as_recorded(cloud: Cloud) -> None:
    """The document has the recorded fields in the recorded form, slashes escaped."""
    await cloud.zone()
    created = await cloud.send("PUT", RECORD, record("10.1.0.5", metadata={"key": "value"}))
    etag = created.body.pop("etag")
    assert GUID.fullmatch(etag)
    assert created.headers["etag"] == etag
    assert "\\/privateDnsZones\\/" in created.text
    assert (created.status, created.body) == (
        201,
        {
            "id": RECORD,
            "name": "contoso",
            "type": "Microsoft.Network/privateDnsZones/A",
            "properties": {
                "metadata": {"key": "value"},
                "fqdn": "contoso.privatelink.azurecr.io.",
                "ttl": 10,
                "aRecords": [{"ipv4Address": "10.1.0.5"}],
                "isAutoRegistered": False,
            },
        },
    )
    updated = await cloud.send("PUT", RECORD, record())
    assert (updated.status, updated.body["properties"]["aRecords"]) == (200, [])
    assert "metadata" not in updated.body["properties"]
    assert updated.body["etag"] != etag


async def test_create_only_refuses_an_existing_set(cloud: Cloud) -> None:
    """`If-None-Match: *` on an existing set is the recorded flat 412."""
    await cloud.zone()
    header = {"If-None-Match": "*"}
    assert (await cloud.send("PUT", RECORD, record("10.1.0.5"), headers=header)).status == 201
    again = await cloud.send("PUT", RECORD, record("10.1.0.6"), headers=header)
    assert (again.status, again.body) == (
        412,
        {
            "code": "PreconditionFailed",
            "message": "The Record set contoso exists already and hence cannot be created again.",
        },
    )
    assert (await cloud.get(RECORD))["properties"]["aRecords"] == [{"ipv4Address": "10.1.0.5"}]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_only_the_bare_current_etag_may_write(cloud: Cloud, method: str) -> None:
    """A stale etag, or the current one in quotes, is the recorded flat 412."""
    await cloud.zone()
    first = await cloud.send("PUT", RECORD, record("10.1.0.5"))
    second = await cloud.send("PUT", RECORD, record("10.1.0.6"))
    stale, current = first.body["etag"], second.body["etag"]
    for wrong in (stale, f'"{current}"'):
        refused = await cloud.send(method, RECORD, record("10.1.0.7"), headers={"If-Match": wrong})
        assert (refused.status, refused.body) == (
            412,
            {
                "code": "PreconditionFailed",
                "message": "The Record set contoso has been modified (etag mismatch).",
            },
        )
    right = await cloud.send(method, RECORD, record("10.1.0.7"), headers={"If-Match": current})
    assert right.status == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_quoted_etags_are_a_habit(cloud: Cloud, method: str) -> None:
    """By the other habit the SDK's quotes do no harm; a stale etag stays stale in quotes."""
    cloud.world.habits.change({"quoted_etags": True})
    await cloud.zone()
    stale = (await cloud.send("PUT", RECORD, record("10.1.0.5"))).body["etag"]
    current = (await cloud.send("PUT", RECORD, record("10.1.0.6"))).body["etag"]
    statuses = [
        (await cloud.send(method, RECORD, record("10.1.0.7"), headers={"If-Match": etag})).status
        for etag in (stale, f'"{stale}"', f'"{current}"')
    ]
    assert statuses == [412, 412, 200]


async def test_the_sdks_own_option_works_by_that_habit_alone(cloud: Cloud) -> None:
    """`match_condition=IfNotModified` quotes the etag: strict Azure answers 412 for ever."""
    await cloud.zone()
    etag = (await cloud.send("PUT", RECORD, record("10.1.0.5"))).body["etag"]
    where = (GROUP, "privatelink.azurecr.io", "A", "contoso")
    unchanged = {"etag": etag, "match_condition": MatchConditions.IfNotModified}
    with pytest.raises(ResourceModifiedError):
        await cloud.dns.record_sets.delete(*where, **unchanged)
    cloud.world.habits.change({"quoted_etags": True})
    await cloud.dns.record_sets.delete(*where, **unchanged)
    assert (await cloud.send("GET", RECORD)).status == 404


async def test_if_match_demands_that_the_set_exists(cloud: Cloud) -> None:
    """An update must not turn into a create because somebody deleted the set meanwhile."""
    await cloud.zone()
    for etag in ("*", "6a2c1f5e-0000-4000-8000-000000000000"):
        refused = await cloud.send("PUT", RECORD, record("10.1.0.5"), headers={"If-Match": etag})
        assert (refused.status, refused.body["code"]) == (412, "PreconditionFailed")
    assert (await cloud.send("GET", RECORD)).status == 404


async def test_the_sdk_sends_a_bare_etag_through_headers(cloud: Cloud) -> None:
    """The product's way of writing, `headers=`, works with the real client; 412 is plain."""
    await cloud.zone()
    sets = cloud.dns.record_sets
    made = await sets.create_or_update(
        GROUP,
        "privatelink.azurecr.io",
        "A",
        "contoso",
        record("10.1.0.5"),
        headers={"If-None-Match": "*"},
    )
    assert made.etag
    await sets.create_or_update(
        GROUP,
        "privatelink.azurecr.io",
        "A",
        "contoso",
        record("10.1.0.6"),
        headers={"If-Match": made.etag},
    )
    with pytest.raises(HttpResponseError) as caught:
        await sets.delete(
            GROUP, "privatelink.azurecr.io", "A", "contoso", headers={"If-Match": made.etag}
        )
    assert caught.value.error is not None
    assert (caught.value.status_code, caught.value.error.code) == (412, "PreconditionFailed")


async def test_a_missing_record_is_flat_and_a_missing_zone_is_wrapped(cloud: Cloud) -> None:
    """Two different 404s: only one of them says anything about the record."""
    await cloud.zone()
    missing = await cloud.send("GET", RECORD)
    assert (missing.status, missing.body) == (
        404,
        {
            "code": "NotFound",
            "message": f"The resource record 'contoso' does not exist in resource group '{GROUP}' "
            f"of subscription '{SUBSCRIPTION}'.",
        },
    )
    assert "x-ms-failure-cause" not in missing.headers
    zone = ZONE.replace("azurecr", "nowhere")
    orphan = await cloud.send("PUT", f"{zone}/A/contoso", record("10.1.0.5"))
    assert (orphan.status, orphan.headers["x-ms-failure-cause"]) == (404, "gateway")
    assert orphan.body == {
        "error": {
            "code": "ParentResourceNotFound",
            "message": "Failed to perform 'write' on resource(s) of type 'privateDnsZones/A', "
            f"because the parent resource '{zone}' could not be found.",
        }
    }


async def test_delete_is_200_then_204(cloud: Cloud) -> None:
    """A delete that finds nothing is no error, and raises no event."""
    await cloud.zone()
    await cloud.send("PUT", RECORD, record("10.1.0.5"))
    deleted = await cloud.send("DELETE", RECORD)
    assert (deleted.status, deleted.text) == (200, "")
    assert (await cloud.send("DELETE", RECORD)).status == 204
    assert cloud.told()[1:] == [
        ("Microsoft.Network/privateDnsZones/A/write", "contoso"),
        ("Microsoft.Network/privateDnsZones/A/delete", "contoso"),
    ]


@pytest.mark.parametrize(
    "properties",
    [
        {"aRecords": [{"ipv4Address": "10.1.0.5"}]},
        {"ttl": 0, "aRecords": []},
        {"ttl": 2147483648, "aRecords": []},
        {"ttl": "10", "aRecords": []},
        {"ttl": 10, "aRecords": [{"ipv4Address": "10.1.0"}]},
        {"ttl": 10, "metadata": {f"key{n}": "" for n in range(16)}},
        {"ttl": 10, "metadata": {"two words": ""}},
        {"ttl": 10, "metadata": {"1st": ""}},
        {"ttl": 10, "metadata": {"a/b": ""}},
        {"ttl": 10, "metadata": {"key": "x" * 257}},
    ],
)
async def test_limits_are_a_flat_400(cloud: Cloud, properties: dict[str, object]) -> None:
    """What Azure would refuse is refused here, so that it cannot pass in a test alone."""
    await cloud.zone()
    refused = await cloud.send("PUT", RECORD, {"properties": properties})
    assert (refused.status, refused.body["code"]) == (400, "BadRequest")
    assert (await cloud.send("GET", RECORD)).status == 404


async def test_the_21st_and_the_duplicate_address_are_refused(cloud: Cloud) -> None:
    """One is a 409 and the other a 400, in the words that users of Azure report."""
    await cloud.zone()
    twice = await cloud.send("PUT", RECORD, record("10.1.0.5", "10.1.0.5"))
    assert (twice.status, twice.body) == (
        400,
        {
            "code": "BadRequest",
            "message": "The list of record sets of type 'A' may not contain multiple entries with "
            "the same 'ipv4Address'.",
        },
    )
    many = await cloud.send("PUT", RECORD, record(*(f"10.1.0.{n}" for n in range(21))))
    assert (many.status, many.body["code"]) == (409, "Conflict")
    assert (await cloud.send("GET", RECORD)).status == 404


async def test_the_largest_allowed_set_is_taken(cloud: Cloud) -> None:
    """The limits themselves are within the limits."""
    await cloud.zone()
    metadata = {f"key{n}": "x" * 256 for n in range(15)}
    full = record(*(f"10.1.0.{n}" for n in range(20)), metadata=metadata)
    assert (await cloud.send("PUT", RECORD, full)).status == 201
    assert (await cloud.get(ZONE))["properties"]["numberOfRecordSets"] == 2


async def test_a_zone_counts_its_record_sets_and_takes_no_more_than_its_limit(
    cloud: Cloud,
) -> None:
    """The SOA counts too; at the limit sets can be changed and deleted, and none be added."""
    await cloud.zone()
    zone = cloud.world.get(ZONE)
    assert zone is not None
    zone.properties["maxNumberOfRecordSets"] = 3
    for name in ("a", "b"):
        assert (await cloud.send("PUT", f"{ZONE}/A/{name}", record("10.1.0.5"))).status == 201
    refused = await cloud.send("PUT", f"{ZONE}/A/c", record("10.1.0.5"))
    assert (refused.status, refused.body["code"]) == (400, "BadRequest")
    assert (await cloud.send("PUT", f"{ZONE}/A/b", record("10.1.0.6"))).status == 200
    assert (await cloud.get(ZONE))["properties"]["numberOfRecordSets"] == 3
    await cloud.send("DELETE", f"{ZONE}/A/a")
    assert (await cloud.get(ZONE))["properties"]["numberOfRecordSets"] == 2
    assert (await cloud.send("PUT", f"{ZONE}/A/c", record("10.1.0.5"))).status == 201


async def test_patch_replaces_what_it_names_and_keeps_the_rest(cloud: Cloud) -> None:
    """PATCH with metadata alone leaves addresses and TTL as they were."""
    await cloud.zone()
    await cloud.send("PUT", RECORD, record("10.1.0.5", metadata={"a": "1", "b": "2"}))
    patched = await cloud.send("PATCH", RECORD, {"properties": {"metadata": {"c": "3"}}})
    assert patched.status == 200
    assert patched.body["properties"]["metadata"] == {"c": "3"}
    assert patched.body["properties"]["aRecords"] == [{"ipv4Address": "10.1.0.5"}]


async def test_lists_page_by_an_absolute_next_link(cloud: Cloud) -> None:
    """Every page is followed by the SDK to the last record; the link stays on our host."""
    await cloud.zone()
    for number in range(7):
        await cloud.send("PUT", f"{ZONE}/A/r{number}", record(f"10.1.0.{number}"))
    first = await cloud.send("GET", f"{ZONE}/A", query={"$top": "3"})
    assert [item["name"] for item in first.body["value"]] == ["r0", "r1", "r2"]
    assert first.body["nextLink"].startswith(f"{cloud.arm.url}{ZONE}/A?")
    assert "&$skipToken=" in first.body["nextLink"]
    names = [
        item.name
        async for item in cloud.dns.record_sets.list_by_type(
            GROUP, "privatelink.azurecr.io", "A", top=3
        )
    ]
    assert names == [f"r{number}" for number in range(7)]
    everything = [
        item.name
        async for item in cloud.dns.record_sets.list(GROUP, "privatelink.azurecr.io", top=4)
    ]
    assert everything == [*names, "@"]


async def test_a_list_pages_by_a_hundred_and_filters_by_suffix(cloud: Cloud) -> None:
    """No `$top` means 100 to a page; a bigger one gives no more."""
    await cloud.zone()
    for number in range(101):
        await cloud.send("PUT", f"{ZONE}/A/r{number:03}.data", record("10.1.0.5"))
    for query in ({}, {"$top": "1000"}):
        page: Wire = await cloud.send("GET", f"{ZONE}/a", query=query)
        assert len(page.body["value"]) == 100
        last = await cloud.send("GET", page.body["nextLink"])
        assert [item["name"] for item in last.body["value"]] == ["r100.data"]
        assert "nextLink" not in last.body
    found = await cloud.send("GET", f"{ZONE}/aLL", query={"$recordsetnamesuffix": "7.data"})
    assert len(found.body["value"]) == 10


async def test_a_page_costs_what_is_on_it(cloud: Cloud) -> None:
    """A large zone is read page by page in order, and no page pays for those before or after."""
    await cloud.zone()
    zone = cloud.world.get(ZONE)
    assert zone is not None

    def fill(count: int) -> None:
        for number in range(count):
            record_sets.store(cloud.world, zone, f"r{number * 7919 % count:05}", {"ttl": 10})

    async def cost() -> float:
        began = time.process_time()
        for _ in range(5):
            assert len((await cloud.get(f"{ZONE}/A"))["value"]) == 100
        return time.process_time() - began

    fill(101)
    small = min([await cost() for _ in range(3)])
    fill(20_000)
    large = min([await cost() for _ in range(3)])
    assert large < 3 * small
    names, url = [], f"{ZONE}/A"
    while url:
        page = await cloud.get(url)
        names += [item["name"] for item in page["value"]]
        url = page.get("nextLink", "")
    assert names == [f"r{number:05}" for number in range(20_000)]
