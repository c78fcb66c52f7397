"""Zone groups: respected, checked and taken over, whatever Azure does to others' metadata."""

from itertools import product
from typing import Any

from tests.e2e.conftest import WRITTEN, Stage, an_event

# Unverified in Azure: whether a group's write keeps the metadata of others, and whether
# what it lets go is deleted or left behind empty. Each story is told for all four.
HABITS = [
    {"group_keeps_metadata": keeps, "group_leaves_empty": leaves}
    for keeps, leaves in product((False, True), repeat=2)
]


async def documents(stage: Stage, *names: str) -> list[dict[str, Any]]:
    """The whole record sets, etags included: equal only if nobody wrote."""
    return [await stage.operator.record(name) for name in names]


async def creator(stage: Stage, endpoint: str) -> str:
    """What Azure notes in the records that a zone group keeps."""
    found = await stage.operator.networks.private_endpoints.get("platform", endpoint)
    guid = found.as_dict()["properties"]["resourceGuid"]
    return f"created by private endpoint {endpoint} with resource guid {guid}"


def found(stage: Stage, start: str) -> bool:
    """Whether a finding with that beginning reached the log."""
    return any(line.startswith(f"finding {start}") for line in stage.said())


async def test_a_zone_group_is_respected_and_taken_over_when_it_goes(records_stage: Stage) -> None:
    """A group that takes our records over keeps them; when it goes they are ours again."""
    stage = records_stage
    await stage.operator.create_network("network-a", "10.1.0.0/24")
    for number, habits in enumerate(HABITS, 1):
        name, pe = f"registry{number}", f"pe-{number}"
        names = (name, f"{name}.westeurope.data")
        published = {names[0]: ("10.1.0.5",), names[1]: ("10.1.0.4",)}
        await stage.habits(**habits)
        registry = await stage.operator.create_registry(name)
        await stage.operator.create_endpoint(pe, "network-a", registry)
        await stage.quiet()
        assert await stage.operator.records() == published
        await stage.operator.create_zone_group(pe)
        kept = await documents(stage, *names)
        for document in kept:
            metadata = document["properties"]["metadata"]
            assert metadata["creator"] == await creator(stage, pe)
            assert ("acrPrivateDns" in metadata) is habits["group_keeps_metadata"]
        await stage.quiet()
        assert await stage.deliver("endpoint_written", stage.endpoint_event(WRITTEN, pe)) == 202
        assert await documents(stage, *names) == kept
        endpoint = stage.operator.id_of("Microsoft.Network/privateEndpoints", pe)
        assert found(stage, f"zone-group at {endpoint}: a zone group is attached")
        assert not found(stage, "zone-group-drift")

        await stage.operator.delete_zone_group(pe)
        await stage.quiet()
        assert await stage.operator.records() == published
        for document in await documents(stage, *names):
            assert document["properties"]["metadata"]["acrPrivateDns"] == "acr-private-dns"
        await stage.operator.delete_endpoint(pe)
        await stage.quiet()
        assert await stage.operator.records() == {}


async def test_a_group_from_the_beginning_with_drift(records_stage: Stage) -> None:
    """Azure does not put back what somebody deleted from a group's records; we say so, no more."""
    stage = records_stage
    await stage.publish()
    await stage.operator.create_zone_group("pe-a")
    await stage.quiet()
    await stage.operator.delete_record("myregistry")
    (kept,) = await documents(stage, "myregistry.westeurope.data")
    assert await stage.deliver("endpoint_written", stage.endpoint_event(WRITTEN)) == 202
    drift = "zone-group-drift at myregistry: it holds nothing, the endpoint has 10.1.0.5"
    assert found(stage, drift)
    assert await stage.operator.records() == {"myregistry.westeurope.data": ("10.1.0.4",)}
    assert await documents(stage, "myregistry.westeurope.data") == [kept]


async def test_a_group_that_writes_over_our_record_is_told_and_not_fought(
    records_stage: Stage,
) -> None:
    """Azure has the last word; once its group has gone, our endpoint is published again."""
    stage = records_stage
    await stage.operator.create_network("network-a", "10.1.0.0/24")
    await stage.operator.create_network("network-b", "10.2.0.0/24")
    for number, habits in enumerate(HABITS, 1):
        name, ours, theirs = f"registry{number}", f"pe-{number}", f"qe-{number}"
        names = (name, f"{name}.westeurope.data")
        published = {names[0]: ("10.1.0.5",), names[1]: ("10.1.0.4",)}
        await stage.habits(**habits)
        registry = await stage.operator.create_registry(name)
        await stage.operator.create_endpoint(ours, "network-a", registry)
        await stage.operator.create_endpoint(theirs, "network-b", registry)
        await stage.quiet()
        assert await stage.operator.records() == published
        await stage.operator.create_zone_group(theirs)
        kept = await documents(stage, *names)
        await stage.quiet()
        for event in (
            stage.endpoint_event(WRITTEN, ours),
            stage.endpoint_event(WRITTEN, theirs),
        ):
            assert await stage.deliver("endpoint_written", event) == 202
        assert await stage.deliver("registry_changed", an_event(WRITTEN, registry)) == 202
        assert await documents(stage, *names) == kept
        assert (await stage.operator.records())[name] == ("10.2.0.5",)
        clash = f"zone-group-clash at {name}: it holds 10.2.0.5, the endpoint has 10.1.0.5"
        assert found(stage, clash)

        await stage.operator.delete_zone_group(theirs)
        await stage.quiet()
        assert await stage.operator.records() == published
        await stage.operator.delete_endpoint(ours)
        await stage.operator.delete_endpoint(theirs)
        await stage.quiet()
        assert await stage.operator.records() == {}


async def test_an_endpoint_deleted_with_its_group(records_stage: Stage) -> None:
    """What Azure leaves of a group's records is removed if it bears our mark, else it stays."""
    stage = records_stage
    await stage.operator.create_network("network-a", "10.1.0.0/24")
    left = {}
    for number, habits in enumerate(HABITS, 1):
        name, pe = f"registry{number}", f"pe-{number}"
        await stage.habits(**habits)
        registry = await stage.operator.create_registry(name)
        await stage.operator.create_endpoint(pe, "network-a", registry)
        await stage.quiet()
        await stage.operator.create_zone_group(pe)
        await stage.quiet()
        await stage.operator.delete_endpoint(pe)
        await stage.quiet()
        if habits == {"group_keeps_metadata": False, "group_leaves_empty": True}:
            left = {name: (), f"{name}.westeurope.data": ()}
        assert await stage.operator.records() == left
