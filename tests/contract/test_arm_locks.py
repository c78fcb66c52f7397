"""Management locks: what is locked is refused before any provider hears of it."""

import pytest

from tests.contract.arm_estate import NETWORK, REGISTRY, SCOPE, SUBSCRIPTION, ZONE, Cloud

RECORD = f"{ZONE}/A/contoso"
BODY = {"properties": {"ttl": 10, "aRecords": [{"ipv4Address": "10.1.0.5"}]}}


def lock(scope: str, name: str = "keep") -> str:
    """The ID of a lock."""
    return f"{scope}/providers/Microsoft.Authorization/locks/{name}"


async def locked(cloud: Cloud, scope: str, level: str) -> None:
    """A zone with one record set, locked somewhere."""
    await cloud.zone()
    await cloud.send("PUT", RECORD, BODY)
    made = await cloud.send("PUT", lock(scope), {"properties": {"level": level}})
    assert made.status == 201


async def test_a_lock_reads_as_recorded(cloud: Cloud) -> None:
    """201, then 200; read, listed from above, deleted with 200 and then 204."""
    await locked(cloud, ZONE, "CanNotDelete")
    body = {"properties": {"level": "ReadOnly", "notes": "the auditors asked for it"}}
    changed = await cloud.send("PUT", lock(ZONE), body)
    assert (changed.status, changed.body) == (
        200,
        {
            "properties": {"level": "ReadOnly", "notes": "the auditors asked for it"},
            "id": lock(ZONE),
            "type": "Microsoft.Authorization/locks",
            "name": "keep",
        },
    )
    assert await cloud.get(lock(ZONE)) == changed.body
    for scope in (ZONE, SCOPE, f"/subscriptions/{SUBSCRIPTION}"):
        path = f"{scope}/providers/Microsoft.Authorization/locks"
        assert (await cloud.get(path))["value"] == [changed.body]
    assert (await cloud.send("DELETE", lock(ZONE))).status == 200
    assert (await cloud.send("DELETE", lock(ZONE))).status == 204
    missing = await cloud.send("GET", lock(ZONE))
    assert (missing.status, missing.body["error"]["code"]) == (404, "LockNotFound")


@pytest.mark.parametrize("scope", [RECORD, ZONE, SCOPE, f"/subscriptions/{SUBSCRIPTION}"])
async def test_what_can_not_be_deleted_can_be_written(cloud: Cloud, scope: str) -> None:
    """A lock holds for all that is below it, and its refusal is Azure's, word for word."""
    await locked(cloud, scope, "CanNotDelete")
    assert (await cloud.send("PUT", RECORD, BODY)).status == 200
    refused = await cloud.send("DELETE", RECORD)
    assert (refused.status, refused.headers["x-ms-failure-cause"]) == (409, "gateway")
    assert refused.body == {
        "error": {
            "code": "ScopeLocked",
            "message": f"The scope '{RECORD}' cannot perform delete operation because following "
            f"scope(s) are locked: '{scope}'. Please remove the lock and try again.",
        }
    }
    assert (await cloud.send("GET", RECORD)).status == 200
    await cloud.send("DELETE", lock(scope))
    assert (await cloud.send("DELETE", RECORD)).status == 200


@pytest.mark.parametrize("scope", [RECORD, ZONE, SCOPE])
async def test_what_is_read_only_can_be_neither_written_nor_deleted(
    cloud: Cloud, scope: str
) -> None:
    """Reads go on; writes and deletes are refused, whatever their precondition."""
    await locked(cloud, scope, "ReadOnly")
    for method, word in (("PUT", "write"), ("PATCH", "write"), ("DELETE", "delete")):
        refused = await cloud.send(method, RECORD, BODY, headers={"If-Match": "*"})
        assert (refused.status, refused.body["error"]["code"]) == (409, "ScopeLocked")
        assert f"cannot perform {word} operation" in refused.body["error"]["message"]
    assert (await cloud.get(RECORD))["properties"]["aRecords"] == [{"ipv4Address": "10.1.0.5"}]


async def test_a_lock_below_stops_a_delete_from_above(cloud: Cloud) -> None:
    """A zone or a group with something locked inside stays; its writes go on."""
    await locked(cloud, RECORD, "CanNotDelete")
    for path in (ZONE, SCOPE):
        refused = await cloud.send("DELETE", path)
        assert (refused.status, refused.body["error"]["code"]) == (409, "ScopeLocked")
        assert f"are locked: '{RECORD}'" in refused.body["error"]["message"]
    assert (await cloud.send("PUT", f"{ZONE}/A/other", BODY)).status == 201
    assert (await cloud.send("DELETE", f"{ZONE}/A/other")).status == 200


async def test_a_lock_holds_for_links_and_for_nobody_beside(cloud: Cloud) -> None:
    """The zone's links are below it; a registry in the same group is not."""
    await cloud.estate()
    await locked(cloud, ZONE, "ReadOnly")
    body = {"location": "global", "properties": {"virtualNetwork": {"id": NETWORK}}}
    link = await cloud.send("PUT", f"{ZONE}/virtualNetworkLinks/to-hub", body)
    assert (link.status, link.body["error"]["code"]) == (409, "ScopeLocked")
    assert (await cloud.send("DELETE", REGISTRY)).status == 202


async def test_a_lock_needs_a_level_a_scope_and_a_right(cloud: Cloud) -> None:
    """An unknown level is 400, a missing scope 404, and the app's roles do not reach locks."""
    await cloud.zone()
    body = {"properties": {"level": "CanNotDelete"}}
    assert (await cloud.send("PUT", lock(ZONE), {"properties": {"level": "x"}})).status == 400
    missing = await cloud.send("PUT", lock(RECORD), body)
    assert (missing.status, missing.body["error"]["code"]) == (404, "ResourceNotFound")
    nowhere = await cloud.send("PUT", lock(SCOPE.replace("net-rg", "nowhere")), body)
    assert (nowhere.status, nowhere.body["error"]["code"]) == (404, "ResourceGroupNotFound")
    app = cloud.identity.app_header
    forbidden = await cloud.send("PUT", lock(ZONE), body, who=app)
    assert (forbidden.status, forbidden.body["error"]["code"]) == (403, "AuthorizationFailed")
    await cloud.send("PUT", lock(ZONE), body)
    assert (await cloud.send("DELETE", lock(ZONE), who=app)).status == 403
