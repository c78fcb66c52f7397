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


async def test_what_azure_refuses_for_good_is_told_and_not_sent_again(silent_stage: Stage) -> None:
    """A policy that forbids a record, or a link, costs that alone; the event is acknowledged."""
    stage = silent_stage
    await stage.publish()
    rule = {"fault": "refused", "status": 403, "method": "PUT", "principal": "app", "calls": 0}
    refusal = {**rule, "code": "RequestDisallowedByPolicy"}
    await control(stage, "POST", "faults", {**refusal, "path": "*/A/myregistry"})
    assert await stage.deliver("endpoint_written", stage.endpoint_event(WRITTEN)) == 202
    assert list(await stage.operator.records()) == ["myregistry.westeurope.data"]
    told = "finding refused at myregistry: write record myregistry: "
    (line,) = (line for line in stage.said() if line.startswith(told))
    assert "403 RequestDisallowedByPolicy" in line
    await control(stage, "DELETE", "faults")
    await control(stage, "POST", "faults", {**refusal, "path": "*/virtualNetworkLinks/*"})
    assert await stage.deliver("endpoint_written", stage.endpoint_event(WRITTEN)) == 202
    assert await stage.operator.records() == PUBLISHED
    assert any("finding link-refused at " in line for line in stage.said())
    await control(stage, "DELETE", "faults")
    assert await stage.deliver("endpoint_written", stage.endpoint_event(WRITTEN)) == 202
    assert len(await stage.operator.links()) == 1


async def test_links_that_cannot_be_read_stop_no_record(silent_stage: Stage) -> None:
    """While reads of links are throttled the names stand all the same; the link follows."""
    stage = silent_stage
    await stage.publish()
    rule = {"fault": "refused", "status": 429, "method": "GET", "principal": "app", "calls": 0}
    await control(stage, "POST", "faults", {**rule, "path": "*/virtualNetworkLinks*"})
    assert await stage.deliver("endpoint_written", stage.endpoint_event(WRITTEN)) == 500
    assert await stage.operator.records() == PUBLISHED
    assert await stage.operator.links() == {}
    await control(stage, "DELETE", "faults")
    assert await stage.deliver("endpoint_written", stage.endpoint_event(WRITTEN)) == 202
    assert len(await stage.operator.links()) == 1


async def test_the_history_is_shown_once_it_is_on(silent_stage: Stage) -> None:
    """Who changed what can be read over HTTP, limits can be set, and a bad request is refused."""
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
    limits = {"enforced": True, "private_dns_reads": 50}
    status, set_now = await control(stage, "PUT", "throttling", limits)
    assert (status, {name: set_now[name] for name in limits}) == (200, limits)
    assert await control(stage, "GET", "throttling") == (200, set_now)
    for method, path, body in (
        ("PUT", "throttling", {"reads": -1}),
        ("POST", "faults", {"fault": "rain"}),
        ("POST", "faults", []),
        ("DELETE", "faults/first", None),
        ("PUT", "history", {"on": False}),
        ("GET", "history?since=x", None),
    ):
        assert (await control(stage, method, path, body))[0] == 400
    assert (await control(stage, "DELETE", "faults"))[0] == 200


async def test_an_event_that_is_lost_is_made_up_for_by_the_next(stage: Stage) -> None:
    """Over HTTP an event is let go astray: the app never hears of it, and any later one repairs."""
    bad = {"fault": "late", "seconds": "soon"}
    assert (await control(stage, "POST", "eventgrid/faults", bad))[0] == 400
    lost = {"fault": "lost", "subscription": "endpoint_written"}
    assert await control(stage, "POST", "eventgrid/faults", lost) == (201, {"id": 1})
    await stage.publish()
    endpoint = "Microsoft.Network/privateEndpoints/write"

    async def was_lost() -> bool:
        _, shown = await control(stage, "GET", f"events?operation={endpoint}")
        return any(step["step"] == "lost" for event in shown["events"] for step in event["history"])

    await stage.until(was_lost)
    assert stage.said("endpoint_written") == []
    _, shown = await control(stage, "GET", "eventgrid/faults")
    assert [(one["fault"], one["matched"]) for one in shown["faults"]] == [("lost", 1)]
    assert (await control(stage, "DELETE", "eventgrid/faults"))[1] == {"faults": []}
    assert await stage.deliver("endpoint_written", stage.endpoint_event(WRITTEN)) == 202
    assert await stage.operator.records() == PUBLISHED
