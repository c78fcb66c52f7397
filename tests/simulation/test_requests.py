"""Requests: what each is answered, by what became of its run."""

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.policy import Permission, Policy
from shared.domain.reading import Unknown, UnknownReason
from shared.domain.resource_id import ENDPOINT, REGISTRY, ZONE
from shared.domain.zone import Zone
from shared.errors import TransientError
from tests import document
from tests.simulation.app import Door
from tests.simulation.azure import SUBSCRIPTION, ZONE_KEPT, Azure, an_id

OTHERS = "22222222-2222-2222-2222-222222222222"
BROKEN = replace(ZONE_KEPT, id=an_id(ZONE, "privatelink.azurecr.io", "broken"))


@pytest.fixture
def azure() -> Azure:
    """One registry with one endpoint, nothing published yet."""
    azure = Azure()
    azure.add_endpoint("pe-a", azure.add_registry("myregistry"), "10.1.0.4")
    return azure


def states(result: Any) -> list[tuple[str, str, str]]:
    """Each change's action, state and name."""
    changes = [one for zone in result["zones"] for one in zone["changes"]]
    return [(one["action"], one["state"], one["name"].split("-")[0]) for one in changes]


# ── One case for each status that the document gives ────────────────────────


async def _done(_azure: Azure, _app: Door) -> dict[str, Any]:
    return {"scope": "all"}


async def _left(azure: Azure, _app: Door) -> dict[str, Any]:
    for number in range(300):
        registry = azure.add_registry(f"more{number}")
        azure.add_endpoint(f"pe-{number}", registry, f"10.{2 + number // 200}.{number % 200}.4")
    return {"scope": "all"}


async def _wrong(_azure: Azure, _app: Door) -> dict[str, Any]:
    return {"scope": "everything"}


async def _outside(_azure: Azure, _app: Door) -> dict[str, Any]:
    return {"scope": {"subscription": OTHERS}}


async def _busy(_azure: Azure, door: Door) -> dict[str, Any]:
    await door.app.full_run.acquire()
    return {"scope": "all"}


async def _long(_azure: Azure, _app: Door) -> dict[str, Any]:
    return {"scope": "all", "adopt": "x" * 16_384}


async def _chunked(_azure: Azure, door: Door) -> None:
    door.has_length = False


async def _bug(azure: Azure, _app: Door) -> dict[str, Any]:
    def bug(method: str, _what: object) -> None:
        if method == "endpoint":
            raise KeyError("raw foreign text")

    azure.before = bug
    return {"scope": "all"}


async def _half(azure: Azure, _app: Door) -> dict[str, Any]:
    (interface,) = azure.interfaces
    azure.unknown[interface] = Unknown(UnknownReason.TRANSIENT, "500")
    await asyncio.sleep(0)
    return {"scope": {"registry": str(an_id(REGISTRY, "myregistry"))}}


async def _blind(azure: Azure, _app: Door) -> dict[str, Any]:
    def broken(method: str, _what: object) -> None:
        if method in {"records", "record"}:
            raise TransientError("list records: 503")

    azure.before = broken
    return {"scope": "all"}


CASES: dict[int, Callable[..., Any]] = {
    200: _done,
    202: _left,
    400: _wrong,
    403: _outside,
    409: _busy,
    411: _chunked,
    413: _long,
    500: _bug,
    502: _half,
    503: _blind,
}


@pytest.mark.parametrize("status", CASES)
async def test_each_status_says_what_became_of_the_run(azure: Azure, status: int) -> None:
    """A caller learns from the status alone whether to be content, to wait, or to look."""
    door = Door(azure)
    body = await CASES[status](azure, door)
    sent = json.dumps(body).encode() if body else b""
    got, answer = await door.send("POST", "reconcile", sent)
    assert got == status, answer
    assert "foreign text" not in str(answer)
    if status == 202:
        assert answer["remaining"] > 0
        # Calling again continues, because the state is in Azure.
        assert (await door.post("reconcile", **body))[0] == 200
        assert len(azure.sets) == 602


def test_every_status_of_the_document_has_its_case() -> None:
    """The document gives no status that nobody has seen, and none is left out of it."""
    # 401 is the host's own, 415 needs another content type: both have tests of their own.
    for route in ("plan", "reconcile"):
        assert document.statuses("POST", route) == {*CASES, 401, 415}


async def test_a_body_that_was_lost_is_told_from_one_that_is_no_json(azure: Azure) -> None:
    """Whoever sends chunks is told what the host needs; what did arrive is judged as it is."""
    door = Door(azure, has_length=False)
    for content_type in ("application/json", ""):
        status, problem = await door.send("POST", "plan", b"", content_type)
        assert (status, "its length in Content-Length" in problem["detail"]) == (411, True)
    assert (await door.send("POST", "plan", b'{"scope": "all"}'))[0] == 200
    assert (await door.get("status"))[0] == 200
    status, problem = await Door(azure).send("POST", "plan", b"")
    assert (status, problem["detail"].startswith("The body is not JSON")) == (400, True)


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/jsonp", "text/json"])
async def test_another_content_type_is_refused(azure: Azure, content_type: str) -> None:
    """What a form on a stranger's page could send is not taken."""
    status, problem = await Door(azure).send("POST", "plan", b'{"scope": "all"}', content_type)
    assert (status, problem["title"]) == (415, "Unsupported Media Type")
    assert azure.calls == []


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
async def test_json_is_taken_however_it_is_spelt(azure: Azure, content_type: str) -> None:
    """Parameters and case of a media type mean nothing."""
    status, _ = await Door(azure).send("POST", "plan", b'{"scope": "all"}', content_type)
    assert status == 200


REGISTRY_ID = str(an_id(REGISTRY, "myregistry"))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "the body is not JSON"),
        (b"{", "the body is not JSON"),
        (b"\xff", "the body is not JSON"),
        (b"[" * 10_000, "the body is not JSON"),
        (
            b"[]",
            "a JSON object with no other fields than scope, adopt, overrideDeleteThreshold, policy",
        ),
        (
            b'{"scope": "all", "<b>": 1}',
            "no other fields than scope, adopt, overrideDeleteThreshold, policy",
        ),
        (b'{"scope": "all", "scope": "all"}', "names a field twice"),
        (b'{"scope": "all", "dryRun": true}', "no other fields"),
        (b"{}", 'scope must be "all", {"registry": "<id>"}'),
        (b'{"scope": null}', "scope must be"),
        (b'{"scope": {}}', "scope must be"),
        (b'{"scope": {"zone": "x"}}', "scope must be"),
        (b'{"scope": {"registry": 1}}', "registry cannot be read: not a resource ID"),
        (b'{"scope": {"registry": "x", "endpoint": "y"}}', "scope must be"),
        (b'{"scope": {"subscription": "x"}}', "subscription cannot be read: not a GUID"),
        (
            b'{"scope": {"endpoint": "%s"}}' % REGISTRY_ID.encode(),
            "endpoint cannot be read: the ID of another type of resource",
        ),
        (b'{"scope": "all", "adopt": 1}', "adopt must be true, false or the name of a former"),
        (b'{"scope": "all", "adopt": ""}', "adopt must be true, false or the name of a former"),
        (b'{"scope": "all", "adopt": "a b"}', "adopt must be true, false or the name of a former"),
        (
            b'{"scope": "all", "overrideDeleteThreshold": 1}',
            "overrideDeleteThreshold must be true or false",
        ),
        (b'{"scope": "all", "policy": "none"}', "policy must be sync or upsert-only"),
        (b'{"scope": "all", "policy": null}', "policy must be sync or upsert-only"),
    ],
)
async def test_a_wrong_body_is_refused_in_words_to_act_on(
    azure: Azure, body: bytes, told: str
) -> None:
    """What is wrong is named, what was sent is not repeated, and Azure is not asked."""
    status, problem = await Door(azure).send("POST", "plan", body)
    assert status == 400
    assert told.lower() in problem["detail"].lower()
    assert "<b>" not in problem["detail"]
    assert azure.calls == []


@pytest.mark.parametrize(
    "scope",
    [
        {"registry": REGISTRY_ID.replace(SUBSCRIPTION, OTHERS)},
        {"endpoint": str(an_id(ENDPOINT, "pe-a")).replace(SUBSCRIPTION, OTHERS)},
        {"subscription": OTHERS},
    ],
)
async def test_nobody_reaches_beyond_the_watched_subscriptions(azure: Azure, scope: object) -> None:
    """A scope elsewhere is refused before anything is asked of Azure, and not repeated."""
    status, problem = await Door(azure).post("reconcile", scope=scope)
    assert status == 403
    assert "ACR_PRIVATE_DNS_SUBSCRIPTIONS" in problem["detail"]
    assert OTHERS not in str(problem)
    assert azure.calls == []


@pytest.mark.parametrize(
    ("method", "route", "status"),
    [
        ("GET", "plan", 405),
        ("PUT", "reconcile", 405),
        ("POST", "explain", 405),
        ("DELETE", "status", 405),
        ("GET", "", 404),
        ("GET", "zones", 404),
    ],
)
async def test_what_is_not_there_is_told(
    azure: Azure, method: str, route: str, status: int
) -> None:
    """A wrong method learns the right one, a wrong route all routes."""
    got, problem = await Door(azure).send(method, route)
    assert got == status
    assert any(word in problem["detail"] for word in ("Ask with", "POST /api/reconcile"))


async def test_a_plan_never_writes_whatever_the_settings(azure: Azure) -> None:
    """Plan tells each change with before, after and reason, and leaves the zone as it was."""
    door = Door(azure)
    for scope in ("all", {"registry": REGISTRY_ID}, {"endpoint": str(an_id(ENDPOINT, "pe-a"))}):
        status, result = await door.post(
            "plan", scope=scope, overrideDeleteThreshold=True, adopt=True
        )
        assert status == 200
        assert states(result) == [
            ("create", "planned", "myregistry.westeurope.data"),
            ("create", "planned", "myregistry"),
            ("create", "planned", "acr"),
        ]
        assert not result["inStep"]
        data = result["zones"][0]["changes"][0]
        assert data["before"] is None
        assert (data["after"]["addresses"], data["after"]["ttl"]) == (["10.1.0.5"], 10)
        assert data["reason"] == "10.1.0.5 is member registry_data_westeurope of endpoint pe-a"
    assert azure.writes == []


async def test_a_reconcile_does_what_was_planned_once(azure: Azure) -> None:
    """The backfill publishes what was there before the app; a second one finds all in step."""
    door = Door(azure)
    status, result = await door.post("reconcile", scope={"registry": REGISTRY_ID})
    assert (status, result["inStep"]) == (200, True)
    assert [state for _, state, _ in states(result)] == ["done"] * 3
    assert azure.zone() == {"myregistry": ["10.1.0.4"], "myregistry.westeurope.data": ["10.1.0.5"]}
    azure.writes.clear()
    for scope in (
        "all",
        {"subscription": SUBSCRIPTION},
        {"endpoint": str(an_id(ENDPOINT, "pe-a"))},
    ):
        status, result = await door.post("reconcile", scope=scope)
        assert (status, result["inStep"], states(result)) == (200, True, [])
    assert azure.writes == []


@pytest.mark.parametrize("by_setting", [True, False])
async def test_a_dry_run_is_a_setting_and_a_wish(azure: Azure, by_setting: bool) -> None:
    """With either nothing is written."""
    door = Door(azure, settings={"dry_run": by_setting})
    plan = {} if by_setting else {"dryRun": True}
    _, result = await door.post("reconcile", scope="all", **plan)
    assert {state for _, state, _ in states(result)} == {"planned"}
    assert azure.writes == []


@pytest.mark.parametrize("by_setting", [True, False])
async def test_upsert_only_is_a_setting_and_a_wish(azure: Azure, by_setting: bool) -> None:
    """What it withholds is in the report."""
    door = Door(azure, settings={"policy": Policy.UPSERT_ONLY} if by_setting else {})
    await door.post("reconcile", scope="all")
    azure.delete_endpoint(an_id(ENDPOINT, "pe-a"))
    plan = {} if by_setting else {"policy": "upsert-only"}
    status, result = await door.post("reconcile", scope="all", **plan)
    assert (status, result["inStep"]) == (200, False)
    assert {(action, state) for action, state, _ in states(result)} >= {("delete", "withheld")}
    assert len(azure.sets) == 2


async def test_the_threshold_holds_until_somebody_overrides_it(azure: Azure) -> None:
    """Too many deletes are none, in a 200 that says so; one request may have its way."""
    door = Door(azure, settings={"permissions": {Permission.OVERRIDE_DELETE_THRESHOLD}})
    for number in range(3):
        azure.add_endpoint(f"pe-{number}", azure.add_registry(f"more{number}"), f"10.2.{number}.4")
    await door.post("reconcile", scope="all")
    for endpoint in list(azure.endpoints):
        azure.delete_endpoint(endpoint)
    status, result = await door.post("reconcile", scope="all")
    codes = [one["code"] for one in result["zones"][0]["findings"]]
    assert (status, result["inStep"], len(azure.sets)) == (200, False, 8)
    assert "delete-threshold" in codes
    status, result = await door.post("reconcile", scope="all", overrideDeleteThreshold=True)
    assert (status, len(azure.sets)) == (200, 0)


@pytest.mark.parametrize("scope", ["all", {"registry": REGISTRY_ID}])
async def test_adopting_takes_over_what_carries_no_mark(azure: Azure, scope: object) -> None:
    """A hand-made record set is left alone, until a request says otherwise."""
    azure.put_record("myregistry", "10.9.9.9")
    door = Door(azure, settings={"permissions": {Permission.ADOPT}})
    _, result = await door.post("reconcile", scope=scope)
    assert azure.zone()["myregistry"] == ["10.9.9.9"]
    assert "unmanaged-record" in [one["code"] for one in result["zones"][0]["findings"]]
    status, result = await door.post("reconcile", scope=scope, adopt=True)
    assert (status, states(result)) == (200, [("update", "done", "myregistry")])
    assert azure.zone()["myregistry"] == ["10.1.0.4"]


async def test_a_former_owners_marks_are_taken_over_by_name(azure: Azure) -> None:
    """A deployment under another name leaves records that one run makes ours, and no other's."""
    former = replace(ZONE_KEPT, owner="former")
    await Door(azure, zones=(former,)).post("reconcile", scope="all")
    azure.put_record("other", "10.9.9.9", metadata={"acrPrivateDns": "third"})
    door = Door(azure, settings={"permissions": {Permission.ADOPT}})
    await door.post("reconcile", scope="all")
    assert {one.metadata["acrPrivateDns"] for one in azure.sets.values()} == {"former", "third"}
    status, _ = await door.post("reconcile", scope="all", adopt="former")
    owners = {name: one.metadata["acrPrivateDns"] for name, one in azure.sets.items()}
    assert status == 200
    assert owners == {
        "myregistry": "owner",
        "myregistry.westeurope.data": "owner",
        "other": "third",
    }


async def test_an_empty_set_is_filled_by_hand_too(azure: Azure) -> None:
    """Microsoft's own steps make the set first and fill it later: a backfill does that."""
    azure.put_record("myregistry")
    await Door(azure).post("reconcile", scope={"registry": REGISTRY_ID})
    assert azure.zone()["myregistry"] == ["10.1.0.4"]


async def test_one_zones_failure_is_told_beside_what_was_done(azure: Azure) -> None:
    """The zone that answers is made right, and the 502 says of both how they stand."""

    def broken(_method: str, what: object) -> None:
        if isinstance(what, Zone) and what.id == BROKEN.id:
            raise TransientError("list records: HttpResponseError 500")

    azure.before = broken
    other = replace(BROKEN, suffix="azurecr.cn")
    status, problem = await Door(azure, zones=(ZONE_KEPT, other)).post("reconcile", scope="all")
    good, bad = problem["result"]["zones"]
    assert status == 502
    assert (len(good["changes"]), good["errors"]) == (3, [])
    assert (bad["changes"], bad["errors"]) == ([], ["list records: HttpResponseError 500"])
    assert len(azure.sets) == 2


async def test_a_subscription_that_does_not_answer_is_a_gap(azure: Azure) -> None:
    """With nothing else to read there is nothing to be done: the caller is to come again."""
    azure.unread[SUBSCRIPTION] = Unknown(UnknownReason.TRANSIENT, "429")
    status, problem = await Door(azure).post("reconcile", scope="all")
    assert status == 503
    assert problem["result"]["zones"][0]["unread"] == [f"/subscriptions/{SUBSCRIPTION}: 429"]


async def test_the_last_sync_is_remembered_if_it_was_one(azure: Azure) -> None:
    """Only a whole run that left everything right counts, and a plan or a part never does."""
    door = Door(azure)
    azure.unread[SUBSCRIPTION] = Unknown(UnknownReason.TRANSIENT, "429")
    await door.post("reconcile", scope="all")
    azure.unread.clear()
    await door.post("plan", scope="all")
    await door.post("reconcile", scope={"registry": REGISTRY_ID})
    assert (await door.get("status"))[1]["process"]["lastSuccessfulSync"] is None
    await door.post("reconcile", scope="all")
    assert (await door.get("status"))[1]["process"]["lastSuccessfulSync"] is not None


async def test_the_status_tells_what_can_be_read(azure: Azure) -> None:
    """Counts from the zone's own word, a probe a subscription, and why not."""
    door = Door(azure, settings={"api_versions": {"network": "2024-05-01"}})
    azure.unread[SUBSCRIPTION] = Unknown(UnknownReason.FORBIDDEN, "403")
    status, told = await door.get("status")
    assert status == 200
    assert told["settings"]["apiVersions"] == {"network": "2024-05-01"}
    assert told["zones"][0]["counts"]["records"] == {
        "number": 0,
        "limit": 25_000,
        "nearLimit": False,
    }
    assert told["subscriptions"] == [
        {"id": SUBSCRIPTION, "readable": False, "reason": "the app may not read it (403)"}
    ]

    def broken(method: str, _what: object) -> None:
        if method == "counts":
            raise TransientError("read the zone: 503")

    azure.before = broken
    (zone,) = (await door.get("status"))[1]["zones"]
    assert (zone["readable"], zone["reason"], zone["counts"]) == (False, "read the zone: 503", None)


async def test_a_bug_in_an_answer_is_told_without_its_text(
    azure: Azure, caplog: pytest.LogCaptureFixture
) -> None:
    """What a bug's message holds may be a stranger's: the log has the place, the caller neither."""

    def bug(_method: str, _what: object) -> None:
        raise KeyError("raw foreign text")

    azure.before = bug
    status, problem = await Door(azure).get("status")
    assert status == 500
    assert "foreign" not in str(problem) + caplog.text
    assert "KeyError at " in caplog.text


async def test_lists_that_never_end_are_ended(
    azure: Azure, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long the lists take, the answer comes before the platform cuts it off (bounded)."""

    async def hang(*_args: object) -> None:
        await asyncio.sleep(3600)

    monkeypatch.setattr(azure, "records", hang)
    status, problem = await Door(azure).post("reconcile", scope="all")
    assert (status, problem["result"]["zones"][0]["errors"]) == (
        503,
        ["the zone was not listed within its time"],
    )


async def test_a_zone_that_a_request_does_not_concern_is_not_called_right(
    azure: Azure, caplog: pytest.LogCaptureFixture
) -> None:
    """Of a registry that is nowhere nothing was seen; of one that is in step, all."""
    caplog.set_level(logging.INFO, "acr_private_dns")
    door = Door(azure)
    for _ in range(2):
        await door.post("reconcile", scope={"registry": REGISTRY_ID})
    assert caplog.messages[-1].startswith("asked for by a request: already right")
    await door.post("reconcile", scope={"registry": str(an_id(REGISTRY, "nowhere"))})
    assert caplog.messages[-1].startswith("asked for by a request: nothing to do")
    await door.post("reconcile", scope="all")
    assert caplog.messages[-1].startswith("asked for by a request: already right")
