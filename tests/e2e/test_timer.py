"""The timer, through the host and the worker: whatever events were lost, the zone comes right."""

import pytest

from tests.e2e.conftest import PUBLISHED, Stage, an_event, staged, zone_with


async def test_lost_events_and_damage_are_made_good(silent_stage: Stage) -> None:
    """Endpoint, emptied record, wrong address, stale record, link: one run each puts them right."""
    stage, operator = silent_stage, silent_stage.operator
    await stage.hurry()
    await stage.publish()
    assert await operator.records() == {}
    # Every event was lost: the endpoint is found all the same.
    assert await stage.tick() is None
    assert await operator.records() == PUBLISHED
    (link,) = await operator.links()
    told = [line for line in stage.said("full_sync") if line.startswith("full sync: ")]
    assert told[0].startswith("full sync: dns/privatelink.azurecr.io 3 changed, 1 found, 0 managed")
    # Somebody empties a record with its mark, gives another a wrong address, deletes the link.
    ours = (await operator.record("myregistry"))["properties"]["metadata"]
    await operator.put_record("myregistry", ttl=10, metadata=ours)
    data = (await operator.record("myregistry.westeurope.data"))["properties"]["metadata"]
    await operator.put_record("myregistry.westeurope.data", "10.9.9.9", metadata=data)
    await operator.unlink(link)
    assert await stage.tick() is None
    assert await operator.records() == PUBLISHED
    assert (await operator.record("myregistry.westeurope.data"))["properties"]["ttl"] == 10
    assert set(await operator.links()) == {link}
    # In step, a run only reads.
    stage.azure.arm.calls.clear()
    assert await stage.tick() is None
    assert {method for method, _ in stage.app_calls()} == {"GET"}
    # The deletion's event is lost as well.
    await operator.delete_endpoint("pe-a")
    assert await stage.tick() is None
    assert await operator.records() == {}
    assert await operator.links() == {}
    _, told_status = await stage.ask("GET", "status")
    assert told_status["process"]["lastSuccessfulSync"] is not None


async def test_what_is_not_ours_is_left_to_its_owner(silent_stage: Stage) -> None:
    """A hand-made record, another's link, and an empty set that somebody made first."""
    stage, operator = silent_stage, silent_stage.operator
    await stage.hurry()
    await stage.publish()
    await operator.put_record("somebodys", "10.9.9.9")
    await operator.put_record("myregistry")
    await operator.link("by-hand", "network-a")
    foreign = await operator.record("somebodys")
    before = await operator.links()
    assert await stage.tick() is None
    assert await operator.record("somebodys") == foreign
    assert await operator.links() == before
    # Microsoft's own steps create the empty set first; the full sync fills it.
    assert (await operator.records())["myregistry"] == ("10.1.0.5",)


@pytest.mark.parametrize("setting", ["DRY_RUN", "POLICY"])
async def test_the_settings_bind_timer_and_events(setting: str) -> None:
    """A dry run writes nothing, upsert-only takes nothing away, whatever triggers a run."""
    value = {"DRY_RUN": "true", "POLICY": "upsert-only"}[setting]
    settings = zone_with(links="leave") | {f"ACR_PRIVATE_DNS_{setting}": value}
    async with staged(deliver=False, settings=settings) as stage:
        await stage.hurry()
        await stage.publish()
        expected = {} if setting == "DRY_RUN" else PUBLISHED
        written = stage.endpoint_event("Microsoft.Resources.ResourceWriteSuccess")
        assert await stage.deliver("endpoint_written", written) == 202
        assert await stage.operator.records() == expected
        assert await stage.tick() is None
        assert await stage.operator.records() == expected
        await stage.operator.delete_endpoint("pe-a")
        gone = stage.endpoint_event("Microsoft.Resources.ResourceDeleteSuccess")
        assert await stage.deliver("endpoint_deleted", gone) == 202
        assert await stage.tick() is None
        assert await stage.operator.records() == expected
        said = {"DRY_RUN": "dry run, would create A", "POLICY": "withheld, would delete A"}
        assert any(line.startswith(said[setting]) for line in stage.said("full_sync"))


async def test_a_run_that_can_read_nothing_fails_for_all_to_see() -> None:
    """The zone is gone: the platform's own view of the function turns red, and says why."""
    async with staged(deliver=False, settings=zone_with(links="leave")) as stage:
        zones = stage.operator.zones.private_zones
        await (await zones.begin_delete("dns", "privatelink.azurecr.io")).result()
        error = await stage.tick()
        assert error is not None
        assert "nothing could be read: list records: " in error


async def test_a_timer_and_events_at_once_do_no_harm(silent_stage: Stage) -> None:
    """Whoever writes first, the zone is right after both, and no name is lost in between."""
    stage, operator = silent_stage, silent_stage.operator
    await stage.hurry()
    registry = await stage.publish()
    replica = an_event("Microsoft.Resources.ResourceWriteSuccess", registry)
    url = f"{operator.line['functions']}/admin/functions/full_sync"
    headers = {"x-functions-key": operator.line["functionsKey"]}
    for _ in range(2):
        async with operator.session.post(url, headers=headers, json={}) as reply:
            assert reply.status == 202
    assert await stage.deliver("registry_changed", replica, replica) == 202
    assert await stage.tick() is None
    assert await operator.records() == PUBLISHED
    assert not any("failed" in line for line in stage.said("full_sync"))
