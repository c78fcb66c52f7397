"""Wrong settings: every function is there all the same, says what is wrong, and does nothing."""

import json
from typing import Any

import pytest

from tests.e2e.conftest import WRITTEN, Stage, staged

OWNER = "ACR_PRIVATE_DNS_OWNER"
ZONES = "ACR_PRIVATE_DNS_ZONES"
SCHEDULE = "ACR_PRIVATE_DNS_SCHEDULE"
QUARTERS = "0 */15 * * * *"
NO_OWNER = (
    f"{OWNER} is not set, but should be a name for this deployment: 1 to 64 letters, digits, dots"
    " or dashes"
)
BAD_ZONES = (
    f'{ZONES} is \'[{{"id": "/subscriptions\', but should be a JSON list of zones, as'
    ' [{"id": "/subscriptions/…/privateDnsZones/privatelink.azurecr.io"}]'
)
BAD_SCHEDULE = (
    f"{SCHEDULE} is 'hourly', but should be six fields of NCRONTAB (second minute hour day month"
    f" weekday), as {QUARTERS}"
)
CASES = {
    "no owner": ({OWNER: ""}, [NO_OWNER]),
    "no JSON": ({ZONES: '[{"id": "/subscriptions'}, [BAD_ZONES]),
    "no schedule": ({SCHEDULE: "hourly"}, [BAD_SCHEDULE]),
    "several": (
        {OWNER: "", ZONES: '[{"id": "/subscriptions', SCHEDULE: "hourly"},
        [NO_OWNER, BAD_SCHEDULE, BAD_ZONES],
    ),
}
DOORS = [("GET", "status"), ("POST", "plan"), ("POST", "reconcile"), ("GET", "explain")]


async def list_functions(stage: Stage) -> dict[str, Any]:
    """The app's functions as the host lists them, by name."""
    url = f"{stage.operator.line['functions']}/admin/functions"
    headers = {"x-functions-key": stage.operator.line["functionsKey"]}
    async with stage.operator.session.get(url, headers=headers) as reply:
        return {one["name"]: one["config"]["bindings"][0] for one in await reply.json()}


async def shake_hands(stage: Stage) -> int:
    """Validate the endpoint, as Azure does when somebody makes an event subscription."""
    url = f"{stage.operator.line['functions']}/runtime/webhooks/eventgrid"
    query = {"functionName": "endpoint_written", "code": stage.operator.line["functionsKey"]}
    headers = {"aeg-event-type": "SubscriptionValidation"}
    body = json.dumps([{"id": "1", "data": {"validationCode": "c0de"}}])
    async with stage.operator.session.post(url, params=query, headers=headers, data=body) as reply:
        return reply.status


@pytest.mark.parametrize(("settings", "mistakes"), CASES.values(), ids=CASES)
async def test_every_door_tells_the_mistakes(settings: dict[str, str], mistakes: list[str]) -> None:
    """Requests get 503 and a sentence for each; events and timer fail in one line; no call."""
    async with staged(deliver=False, settings=settings) as stage:
        await stage.hurry()
        await stage.publish()
        functions = await list_functions(stage)
        assert len(functions) == 9
        assert functions["full_sync"]["schedule"] == QUARTERS
        line = f"Nothing is done, since the settings are wrong: {'; '.join(mistakes)}"
        for method, route in (*DOORS, ("GET", "zones"), ("PATCH", "plan")):
            status, problem = await stage.ask(method, route, {"scope": "all"})
            assert (status, problem["status"], problem["mistakes"]) == (503, 503, mistakes)
            assert problem["title"] == "Service Unavailable"
            assert problem["detail"] == (
                f"{line}. Correct the app's settings: it then starts again by itself."
            )
        written = stage.endpoint_event(WRITTEN)
        for function in ("endpoint_written", "endpoint_deleted", "registry_changed"):
            assert await stage.deliver(function, written) == 500
        assert await stage.tick() == f"SettingsError: {line}"
        raised = [
            (one.function, one.error)
            for one in stage.azure.functions.invocations.since()
            if one.error is not None
        ]
        names = ["endpoint_written", "endpoint_deleted", "registry_changed", "full_sync"]
        assert raised == [(name, f"SettingsError: {line}") for name in names]
        assert await shake_hands(stage) == 200
        assert stage.said() == [f"a setting is wrong: {one}" for one in mistakes]
        assert stage.app_calls() == []
        assert await stage.operator.records() == {}


async def test_a_right_schedule_holds_whatever_else_is_wrong() -> None:
    """The mistakes are then told as often as somebody wanted a full sync."""
    settings = {OWNER: "", SCHEDULE: "0 0 6 * * *"}
    async with staged(deliver=False, settings=settings) as stage:
        assert (await list_functions(stage))["full_sync"]["schedule"] == "0 0 6 * * *"
