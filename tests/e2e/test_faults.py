"""Faults asked for over HTTP strike the app in its worker, and leave it again."""

from typing import Any

from tests.e2e.conftest import PUBLISHED, WRITTEN, Stage


async def control(stage: Stage, method: str, path: str, body: object = None) -> tuple[int, Any]:
    """One request to the control surface."""
    url = f"{stage.operator.line['arm']}/_simulator/{path}"
    async with stage.operator.session.request(method, url, json=body) as reply:
        return reply.status, await reply.json()


async def test_a_fault_fails_the_run_and_the_event_sent_again_repairs(silent_stage: Stage) -> None:
    """While Azure refuses the app's writes the webhook answers 500; then all comes right."""
    stage = silent_stage
    await stage.publish()
    rule = {"fault": "refused", "status": 503, "method": "PUT", "principal": "app", "calls": 0}
    assert await control(stage, "POST", "faults", rule) == (201, {"id": 1})
    assert await stage.deliver("endpoint_written", stage.endpoint_event(WRITTEN)) == 500
    status, shown = await control(stage, "GET", "faults")
    (fault,) = shown["faults"]
    assert (status, fault["id"], fault["fault"], fault["status"]) == (200, 1, "refused", 503)
    assert fault["struck"] > fault["matched"] > 0
    assert await stage.operator.records() == {}
    assert await control(stage, "DELETE", "faults/1") == (200, {"faults": []})
    assert await stage.deliver("endpoint_written", stage.endpoint_event(WRITTEN)) == 202
    assert await stage.operator.records() == PUBLISHED


async def test_the_history_is_shown_once_it_is_on(silent_stage: Stage) -> None:
    """Who changed what can be read over HTTP, and a bad request says what is wrong with it."""
    stage = silent_stage
    await stage.publish()
    assert await control(stage, "GET", "history") == (200, {"on": False, "history": [], "next": 0})
    status, refused = await control(stage, "POST", "faults", {"fault": "stale"})
    assert (status, "history" in refused["error"]["message"]) == (400, True)
    assert (await control(stage, "PUT", "history", {"on": True}))[0] == 200
    assert await stage.deliver("endpoint_written", stage.endpoint_event(WRITTEN)) == 202
    _, shown = await control(stage, "GET", "history")
    written = [
        (one["principal"], one["after"]["name"])
        for one in shown["history"]
        if one.get("type") == "Microsoft.Network/privateDnsZones/A"
    ]
    app = stage.azure.identity.app_principal
    assert written == [(app, "myregistry.westeurope.data"), (app, "myregistry")]
    _, later = await control(stage, "GET", f"history?since={shown['next']}")
    assert later["history"] == []
    for method, path, body in (
        ("POST", "faults", {"fault": "rain"}),
        ("POST", "faults", []),
        ("DELETE", "faults/first", None),
        ("PUT", "history", {"on": False}),
        ("GET", "history?since=x", None),
    ):
        assert (await control(stage, method, path, body))[0] == 400
    assert (await control(stage, "DELETE", "faults"))[0] == 200
