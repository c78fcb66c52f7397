"""Links: made, found, refused, pending, kept and removed; each for a reason that can be read."""

from tests.e2e.conftest import DELETED, LOGIN, PUBLISHED, WRITTEN, Stage


def link_writes(stage: Stage, since: int = 0) -> list[tuple[str, str]]:
    """What the app wrote to links: method and link name, in order."""
    return [
        (method, path.rpartition("/")[2])
        for method, path in stage.app_calls(since)
        if method != "GET" and "/virtualNetworkLinks/" in path
    ]


async def linked(stage: Stage) -> dict[str, str]:
    """The linked networks, and by which link."""
    return {
        link["properties"]["virtualNetwork"]["id"].rpartition("/")[2]: name
        for name, link in (await stage.operator.links()).items()
    }


async def test_a_link_that_somebody_else_made_is_used_and_left_alone(stage: Stage) -> None:
    """A network linked under any name is not linked again, and that link is never removed."""
    await stage.hurry()
    await stage.operator.create_network("network-a", "10.1.0.0/24")
    await stage.operator.link("the-platform-teams", "network-a")
    before = await stage.operator.links()
    registry = await stage.operator.create_registry("myregistry")
    await stage.operator.create_endpoint("pe-a", "network-a", registry)
    await stage.quiet()
    assert await stage.operator.records() == PUBLISHED
    assert (await stage.operator.resolve(LOGIN, "network-a")).addresses == ("10.1.0.5",)
    await stage.operator.delete_endpoint("pe-a")
    await stage.quiet()
    assert await stage.operator.records() == {}
    assert await stage.operator.links() == before
    assert link_writes(stage) == []


async def test_a_network_of_another_zone_is_told_once_and_the_records_stand(stage: Stage) -> None:
    """A clash is one refused write and a finding: nothing retries it, and nothing else waits."""
    await stage.hurry()
    await stage.operator.create_zone("dns-of-others")
    await stage.operator.create_network("network-a", "10.1.0.0/24")
    await stage.operator.link("theirs", "network-a", "dns-of-others")
    registry = await stage.operator.create_registry("myregistry")
    await stage.quiet()
    await stage.operator.create_endpoint("pe-a", "network-a", registry)
    await stage.quiet()
    assert await stage.operator.records() == PUBLISHED
    assert await linked(stage) == {}
    ((method, name),) = link_writes(stage)
    assert method == "PUT"
    network = stage.operator.id_of("Microsoft.Network/virtualNetworks", "network-a")
    told = f"finding link-refused at {network}: create link {name}: "
    assert sum(line.startswith(told) and "BadRequest" in line for line in stage.said()) == 1
    entries = stage.azure.event_grid.log.entries()
    assert not any(h["step"] == "retried" for e in entries for h in e.history)
    # The person removes the other link; the next event of any kind makes ours.
    await stage.operator.unlink("theirs", "dns-of-others")
    assert await stage.deliver("endpoint_written", stage.endpoint_event(WRITTEN)) == 202
    assert await linked(stage) == {"network-a": name}


async def test_a_link_still_running_at_the_end_is_pending_and_found_later(stage: Stage) -> None:
    """A link slower than the run is said to be pending; later runs find it, and make no other."""
    await stage.hurry(link=3600.0)
    await stage.publish()
    await stage.quiet()
    assert await stage.operator.records() == PUBLISHED
    pending = "still running: linked network network-a in privatelink.azurecr.io: "
    assert any(line.startswith(pending) for line in stage.said())
    assert any("1 still running" in line for line in stage.said())
    ((method, name),) = link_writes(stage)
    assert (method, await linked(stage)) == ("PUT", {"network-a": name})
    for _ in range(2):
        assert await stage.deliver("endpoint_written", stage.endpoint_event(WRITTEN)) == 202
        assert ": already right (1 pass, " in stage.said("endpoint_written")[-1]
        await stage.operator.control("time", scale=1e6)

        async def made() -> bool:
            (link,) = (await stage.operator.links()).values()
            return bool(link["properties"]["virtualNetworkLinkState"] == "Completed")

        await stage.until(made)
    assert link_writes(stage) == [("PUT", name)]
    assert (await stage.operator.resolve(LOGIN, "network-a")).addresses == ("10.1.0.5",)


async def test_a_link_goes_only_when_nobody_can_need_it(stage: Stage) -> None:
    """Peered networks, and networks with another registry's endpoint, keep their links."""
    await stage.hurry()
    operator = stage.operator
    for number, name in enumerate(("hub", "peered", "shared", "alone"), 1):
        await operator.create_network(name, f"10.{number}.0.0/24")
    await operator.peer("peered", "hub")
    await operator.peer("hub", "peered")
    # Without public access they need their links, though not all networks reach each other.
    registry = await operator.create_registry("myregistry", publicNetworkAccess="Disabled")
    for name in ("peered", "shared", "alone"):
        await operator.create_endpoint(f"pe-{name}", name, registry)
    other = await operator.create_registry("another", publicNetworkAccess="Disabled")
    await operator.create_endpoint("pe-another", "shared", other)
    storage = operator.id_of("Microsoft.Storage/storageAccounts", "mystorage")
    await operator.create_endpoint("pe-blob", "alone", storage, "blob")
    await stage.quiet()
    links = await linked(stage)
    assert links.keys() == {"peered", "shared", "alone"}
    for name in ("peered", "shared", "alone"):
        await operator.delete_endpoint(f"pe-{name}")
        await stage.quiet()
    assert sorted(await operator.records()) == ["another", "another.westeurope.data"]
    assert await linked(stage) == {name: links[name] for name in ("peered", "shared")}
    said = stage.said()
    for name, reason in (
        ("peered", "network is peered"),
        ("shared", "endpoint pe-another is in the network, or cannot be read"),
    ):
        told = f"finding link-kept at {links[name]}: {reason}"
        assert any(line.startswith(told) for line in said), name
    await operator.delete_endpoint("pe-another")
    await stage.quiet()
    assert await operator.records() == {}
    assert await linked(stage) == {"peered": links["peered"]}


async def test_a_link_goes_with_its_network(silent_stage: Stage) -> None:
    """A network deleted right after its endpoint takes nothing along but its own link."""
    stage = silent_stage
    await stage.hurry()
    await stage.publish()
    assert await stage.deliver("endpoint_written", stage.endpoint_event(WRITTEN)) == 202
    assert (await linked(stage)).keys() == {"network-a"}
    await stage.operator.delete_endpoint("pe-a")
    await stage.operator.delete_network("network-a")
    assert await stage.deliver("endpoint_deleted", stage.endpoint_event(DELETED)) == 202
    assert await stage.operator.links() == {}
    assert await stage.operator.records() == {}
