"""Resource Manager's front door: tokens, versions, roles, case, groups, headers."""

import asyncio
import datetime as dt
from pathlib import Path

import pytest

from simulator.arm.roles import Assignment, Roles
from tests.contract.arm_estate import (
    ENDPOINT,
    NETWORK,
    OTHER,
    REGISTRY,
    SCOPE,
    SUBSCRIPTION,
    TENANT,
    ZONE,
    Cloud,
    endpoint_body,
    running,
    version_for,
)


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("", "AuthenticationFailed"),
        ("Basic abc", "AuthenticationFailed"),
        ("Bearer nonsense", "InvalidAuthenticationToken"),
    ],
)
async def test_a_request_without_a_good_token_is_401(cloud: Cloud, token: str, code: str) -> None:
    """The challenge tells the client where tokens come from."""
    url = f"{cloud.arm.url}{SCOPE}?api-version=2022-12-01"
    async with cloud.session.get(url, headers={"Authorization": token}) as response:
        assert response.status == 401
        challenge = response.headers["WWW-Authenticate"]
        assert challenge.startswith(
            f'Bearer authorization_uri="https://login.microsoftonline.com/{TENANT}"'
        )
        assert (await response.json())["error"]["code"] == code


async def test_an_expired_token_is_401(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token ends; a client that holds on to it is told so, challenge included."""
    async with running(tmp_path, monkeypatch, lifetime=dt.timedelta(seconds=-1)) as cloud:
        refused = await cloud.send("GET", SCOPE)
        error = refused.body["error"]
        assert (refused.status, error["code"]) == (401, "ExpiredAuthenticationToken")
        assert error["message"].startswith("The access token expiry UTC time '")
        assert 'error="invalid_token"' in refused.headers["www-authenticate"]


@pytest.mark.parametrize(
    ("path", "types"),
    [
        (f"{REGISTRY}/replications/eastus", "registries/replications"),
        (f"{ZONE}/virtualNetworkLinks/to-hub", "privateDnsZones/virtualNetworkLinks"),
        (f"{ENDPOINT}/privateDnsZoneGroups/default", "privateEndpoints/privateDnsZoneGroups"),
        (f"{NETWORK}/subnets/more", "virtualNetworks/subnets"),
        (f"{NETWORK}/virtualNetworkPeerings/out", "virtualNetworks/virtualNetworkPeerings"),
    ],
)
async def test_nothing_is_written_below_a_parent_that_is_missing(
    cloud: Cloud, path: str, types: str
) -> None:
    """The gateway itself refuses, in the recorded words, and nothing comes into being."""
    body = {"location": "global", "properties": {}}
    refused = await cloud.send("PUT", path, body)
    assert (refused.status, refused.headers["x-ms-failure-cause"]) == (404, "gateway")
    assert refused.body["error"] == {
        "code": "ParentResourceNotFound",
        "message": f"Failed to perform 'write' on resource(s) of type '{types}', because the "
        f"parent resource '{'/'.join(path.split('/')[:-2])}' could not be found.",
    }
    assert cloud.told() == []


async def test_the_app_may_do_what_its_roles_say_and_no_more(cloud: Cloud) -> None:
    """The rights that are deployed are enough for reads and records, and for nothing else."""
    await cloud.estate()
    await cloud.zone()
    app = cloud.identity.app_header
    record = {"properties": {"ttl": 10, "aRecords": []}}
    for path in (REGISTRY, ENDPOINT, NETWORK, ZONE, f"{ENDPOINT}/privateDnsZoneGroups"):
        assert (await cloud.send("GET", path, who=app)).status == 200
    assert (await cloud.send("PUT", f"{ZONE}/A/contoso", record, who=app)).status == 201
    refused = await cloud.send("DELETE", REGISTRY, who=app)
    principal = cloud.identity.app_principal
    assert (refused.status, refused.body["error"]["code"]) == (403, "AuthorizationFailed")
    assert refused.body["error"]["message"].startswith(
        f"The client '{principal}' with object id '{principal}' does not have authorization to "
        f"perform action 'Microsoft.ContainerRegistry/registries/delete' over scope '{REGISTRY}'"
    )
    elsewhere = f"/subscriptions/{OTHER}/providers/Microsoft.Network/privateEndpoints"
    assert (await cloud.send("GET", elsewhere, who=app)).status == 403
    assert (await cloud.send("GET", f"{ZONE}/ALL", who=app)).status == 403


async def test_the_apps_roles_suffice_for_a_link_from_begin_to_end(cloud: Cloud) -> None:
    """Write, poll, read, delete: the product needs no other role for its links."""
    await cloud.estate()
    await cloud.zone()
    app, path = cloud.identity.app_header, f"{ZONE}/virtualNetworkLinks/to-hub"
    body = {"location": "global", "properties": {"virtualNetwork": {"id": NETWORK}}}
    with cloud.frozen():
        written = await cloud.send("PUT", path, body, who=app)
        polled = await cloud.send("GET", written.headers["azure-asyncoperation"], who=app)
        assert polled.status == 202
    while polled.status == 202:
        polled = await cloud.send("GET", written.headers["azure-asyncoperation"], who=app)
    assert (await cloud.send("GET", path, who=app)).status == 200
    assert (await cloud.send("DELETE", path, who=app)).status == 202


async def test_a_link_needs_the_right_to_join_the_network(cloud: Cloud) -> None:
    """Rights on the zone are not rights on the network."""
    await cloud.estate()
    await cloud.zone()
    spoke = NETWORK.replace("hub", "spoke")
    body = {"location": "global", "properties": {"virtualNetwork": {"id": spoke}}}
    path = f"{ZONE}/virtualNetworkLinks/to-spoke"
    refused = await cloud.send("PUT", path, body, who=cloud.identity.app_header)
    assert (refused.status, refused.body["error"]["code"]) == (403, "LinkedAuthorizationFailed")
    assert "Microsoft.Network/virtualNetworks/join/action" in refused.body["error"]["message"]


def test_wildcards_match_as_in_azure() -> None:
    """`*` stands for any run of characters; scopes end at a slash; case does not count."""
    roles = Roles(
        [
            Assignment("reader", ("*/read",), f"/subscriptions/{SUBSCRIPTION}"),
            Assignment("dns", ("Microsoft.Network/privateDnsZones/*",), SCOPE),
        ]
    )
    assert roles.may("reader", "Microsoft.Network/privateEndpoints/read", ENDPOINT)
    assert not roles.may("reader", "Microsoft.Network/privateEndpoints/write", ENDPOINT)
    assert roles.may("dns", "microsoft.network/PRIVATEDNSZONES/a/WRITE", ZONE.upper())
    assert not roles.may("dns", "Microsoft.Network/privateDnsZones/A/write", f"{SCOPE}-2/x")
    assert not roles.may("stranger", "Microsoft.Network/privateEndpoints/read", ENDPOINT)


async def test_everyone_lists_the_subscriptions_with_a_role_in_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A role on one resource shows its subscription, if it reads subscriptions; page by page."""
    async with running(tmp_path, monkeypatch, page_size=1) as cloud:
        app, path = cloud.identity.app_principal, "/subscriptions?api-version=2022-12-01"
        seen: list[str] = []
        roles = (
            Assignment(app, ("Microsoft.Network/*",), f"/subscriptions/{OTHER}"),
            Assignment(app, ("*/read",), ZONE),
            Assignment(app, ("*/read",), f"/subscriptions/{OTHER}/resourceGroups/x"),
        )
        for end in range(len(roles) + 1):
            cloud.arm.roles.replace(app, list(roles[:end]))
            found, next_path = [], path
            while next_path:
                page = (await cloud.send("GET", next_path, who=cloud.identity.app_header)).body
                found += [item["subscriptionId"] for item in page["value"]]
                assert len(found) <= 2, "a page comes again"
                next_path = page.get("nextLink", "").removeprefix(cloud.arm.url)
            seen.append(" ".join(found))
        assert seen == ["", "", SUBSCRIPTION, f"{SUBSCRIPTION} {OTHER}"]


async def test_ids_and_types_have_no_case(cloud: Cloud) -> None:
    """Any case finds the resource; the document shows the case of its first write."""
    await cloud.estate()
    await cloud.zone()
    upper = ENDPOINT.upper().replace("/SUBSCRIPTIONS", "/subscriptions")
    assert (await cloud.get(upper))["id"] == ENDPOINT
    lower = ENDPOINT.lower()
    assert (await cloud.get(lower))["id"] == ENDPOINT
    path = f"{ZONE.lower()}/a/Contoso"
    created = await cloud.send("PUT", path, {"properties": {"ttl": 10, "aRecords": []}})
    assert created.body["id"] == f"{ZONE}/A/contoso"
    assert cloud.events[-1].resource_id == path
    assert cloud.events[-1].operation == "Microsoft.Network/privateDnsZones/A/write"


@pytest.mark.parametrize(
    ("path", "query", "status", "code"),
    [
        (SCOPE, {"api-version": ""}, 400, "MissingApiVersionParameter"),
        (SCOPE, {"api-version": "latest"}, 400, "InvalidApiVersionParameter"),
        ("/subscriptions/none", {}, 400, "InvalidSubscriptionId"),
        (SCOPE.replace("22", "99", 1), {}, 404, "SubscriptionNotFound"),
        (f"{SCOPE}/providers/Microsoft.Network/dragons", {}, 404, "InvalidResourceType"),
        (f"{SCOPE}/providers/Microsoft.Dragons/lairs", {}, 404, "InvalidResourceNamespace"),
        (ENDPOINT, {}, 404, "ResourceGroupNotFound"),
        ("/tenants", {}, 404, "InvalidResourceType"),
    ],
)
async def test_the_gateway_refuses_in_azures_words(
    cloud: Cloud, path: str, query: dict[str, str], status: int, code: str
) -> None:
    """A proof of absence rests on these codes: each must mean what it means on Azure."""
    url = f"{cloud.arm.url}{path}"
    token = await cloud.token(cloud.identity.operator_header)
    params = {"api-version": version_for(path)} | query
    headers = {"Authorization": f"Bearer {token}"}
    async with cloud.session.get(url, params=params, headers=headers) as response:
        body = await response.json()
        assert (response.status, body["error"]["code"]) == (status, code)
        assert response.headers["x-ms-failure-cause"] == "gateway"


async def test_a_missing_resource_in_a_group_is_resource_not_found(cloud: Cloud) -> None:
    """The other 404, in the recorded wording."""
    await cloud.zone()
    missing = await cloud.send("GET", ENDPOINT)
    assert missing.body["error"] == {
        "code": "ResourceNotFound",
        "message": "The Resource 'Microsoft.Network/privateEndpoints/contoso-pe' under resource "
        "group 'net-rg' was not found. For more details please go to "
        "https://aka.ms/ARMResourceNotFoundFix",
    }


async def test_broken_bodies_and_methods_are_refused(cloud: Cloud) -> None:
    """No JSON object, no write; no such method, 405 and what is allowed."""
    for body in ([1], "text", None, {"properties": 1}, {"location": ["global"]}):
        refused = await cloud.send("PUT", ZONE, body)
        assert (refused.status, refused.body["error"]["code"]) == (400, "InvalidRequestContent")
    refused = await cloud.send("POST", ENDPOINT)
    assert (refused.status, refused.headers["allow"]) == (405, "DELETE, GET, PUT")


@pytest.mark.parametrize("body", [b'{"tags":' * 100_000, b'{"tags":' * 65 + b"1" + b"}" * 65])
async def test_a_body_that_is_too_deep_is_refused(cloud: Cloud, body: bytes) -> None:
    """Nesting is the caller's mistake, never an error of the server."""
    token = await cloud.token(cloud.identity.operator_header)
    url, headers = f"{cloud.arm.url}{ZONE}", {"Authorization": f"Bearer {token}"}
    params = {"api-version": "2024-06-01"}
    async with cloud.session.put(url, params=params, data=body, headers=headers) as response:
        refused = await response.json()
    assert (response.status, refused["error"]["code"]) == (400, "InvalidRequestContent")
    assert "nested deeper than 64 levels" in refused["error"]["message"]


async def test_head_tells_whether_a_group_exists(cloud: Cloud) -> None:
    """204 or 404 for groups, and 405 for what Azure cannot be asked that way."""
    missing = await cloud.send("HEAD", SCOPE)
    assert (missing.status, missing.text) == (404, "")
    await cloud.zone()
    assert (await cloud.send("HEAD", SCOPE)).status == 204
    assert (await cloud.send("HEAD", ZONE)).status == 405


async def test_every_answer_carries_azures_headers(cloud: Cloud) -> None:
    """Request ids and what is left of the allowance, by provider and by kind of request."""
    await cloud.zone()
    read = await cloud.send("GET", ZONE, headers={"x-ms-correlation-request-id": "trace-1"})
    assert read.headers["x-ms-correlation-request-id"] == "trace-1"
    assert read.headers["x-ms-request-id"]
    prefix = "x-ms-ratelimit-remaining-subscription"
    assert read.headers[f"{prefix}-reads"].isdecimal()
    assert read.headers[f"{prefix}-resource-requests"].isdecimal()
    body = {"properties": {"ttl": 10, "aRecords": []}}
    written = await cloud.send("PUT", f"{ZONE}/A/x", body)
    assert written.headers[f"{prefix}-writes"].isdecimal()


async def test_every_call_is_logged(cloud: Cloud) -> None:
    """Tests count the product's calls here: who, what, where, and how it ended."""
    await cloud.send("GET", ENDPOINT, who=cloud.identity.app_header)
    call = cloud.arm.calls[-1]
    assert (call.principal, call.method, call.path, call.status) == (
        cloud.identity.app_principal,
        "GET",
        ENDPOINT,
        404,
    )
    assert call.seconds >= 0


async def test_requests_take_their_latency(cloud: Cloud) -> None:
    """A slow Resource Manager can be asked for, and is felt by every request."""
    cloud.world.latency.change({"request": 5})
    await cloud.send("GET", SCOPE)
    assert cloud.arm.calls[-1].seconds >= 0.09


async def test_lists_page_on_every_provider(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small page size makes every list follow its nextLink to the end."""
    async with running(tmp_path, monkeypatch, page_size=2) as cloud:
        for number in range(5):
            registry = REGISTRY.replace("contoso", f"contoso{number}")
            await cloud.put(registry, {"location": "westeurope", "sku": {"name": "Basic"}})
        found = [item.name async for item in cloud.registries.registries.list()]
        assert found == [f"contoso{number}" for number in range(5)]
        url = f"{SCOPE}/providers/Microsoft.ContainerRegistry/registries"
        broken = await cloud.send("GET", url, query={"$skiptoken": "%"})
        assert broken.status == 400


async def test_a_group_comes_into_being_by_the_first_write(cloud: Cloud) -> None:
    """Known difference from Azure: any client can start at once."""
    assert (await cloud.send("GET", SCOPE)).body["error"]["code"] == "ResourceGroupNotFound"
    await cloud.zone()
    assert (await cloud.get(SCOPE))["properties"]["provisioningState"] == "Succeeded"
    groups = await cloud.get(f"/subscriptions/{SUBSCRIPTION}/resourcegroups")
    assert [group["name"] for group in groups["value"]] == ["net-rg"]


async def test_a_deleted_group_takes_everything_along(cloud: Cloud) -> None:
    """Each resource goes by its own delete and its own event, in an order that works."""
    await cloud.estate()
    await cloud.zone()
    body = {"location": "global", "properties": {"virtualNetwork": {"id": NETWORK}}}
    await cloud.put(f"{ZONE}/virtualNetworkLinks/to-hub", body)
    cloud.events.clear()
    deleted = await cloud.send("DELETE", SCOPE)
    assert deleted.status == 202
    assert (await cloud.settle(deleted)).status == 200
    assert (await cloud.send("GET", SCOPE)).status == 404
    assert cloud.told() == [
        ("Microsoft.Network/privateEndpoints/delete", "contoso-pe"),
        ("Microsoft.ContainerRegistry/registries/delete", "contoso"),
        ("Microsoft.Network/privateDnsZones/virtualNetworkLinks/delete", "to-hub"),
        ("Microsoft.Network/privateDnsZones/delete", "privatelink.azurecr.io"),
        ("Microsoft.Network/virtualNetworks/delete", "hub"),
        ("Microsoft.Resources/subscriptions/resourceGroups/delete", "net-rg"),
    ]


async def test_a_group_in_use_from_outside_stays(cloud: Cloud) -> None:
    """An endpoint in another group keeps the network, and with it the group."""
    await cloud.estate()
    await cloud.put(ENDPOINT.replace("net-rg", "app-rg"), endpoint_body())
    deleted = await cloud.settle(await cloud.send("DELETE", SCOPE))
    assert (deleted.status, deleted.body["error"]["code"]) == (400, "InUseSubnetCannotBeDeleted")
    await asyncio.sleep(0)
    assert (await cloud.get(SCOPE))["properties"]["provisioningState"] == "Succeeded"
