"""Change limits and the delete threshold: everybody gets a turn, nothing is counted twice."""

from dataclasses import replace

from shared.domain.resource_id import NETWORK
from shared.engine.backlog import Backlog
from tests.simulation.azure import Azure, an_id
from tests.simulation.full_syncs import full_sync
from tests.simulation.situations import NORTH, codes, one


async def test_links_that_are_kept_for_peers_do_not_hold_back_the_rest() -> None:
    """What is kept on purpose is no candidate, or the delete threshold would hold for ever.

    Invariant: delete-threshold.
    """
    azure = Azure()
    endpoints = [
        azure.add_endpoint(f"pe-{n}", azure.add_registry(f"r{n}"), f"10.1.{n}.4", f"net-{n}")
        for n in range(6)
    ]
    azure.peered = {an_id(NETWORK, f"net-{n}") for n in range(6)}
    await full_sync(azure)
    for endpoint in endpoints[:5]:
        azure.delete_endpoint(endpoint)
        (result,) = await full_sync(azure)
    assert "delete-threshold" not in codes(result)
    assert sorted(azure.zone()) == ["r5", "r5.westeurope.data"]


async def test_a_conflict_does_not_use_up_the_threshold() -> None:
    """A delete that is tried again, since somebody wrote meanwhile, counts once.

    Invariant: delete-threshold.
    """
    azure, _, endpoint = one()
    await full_sync(azure)
    azure.delete_endpoint(endpoint)

    def touch(method: str, what: object) -> None:
        if (method, what) == ("delete_record", "myregistry"):
            azure.before = lambda _method, _what: None
            azure.sets["myregistry"] = replace(azure.sets["myregistry"], etag="touched")

    azure.before = touch
    (result,) = await full_sync(azure)
    assert azure.zone() == {}
    assert codes(result) == set()


async def test_links_that_are_always_refused_starve_nobody() -> None:
    """Registries whose links Azure refuses each time do not use up the cap for ever."""
    azure = Azure()
    for n in range(8):
        registry = azure.add_registry(f"r{n}")
        azure.add_endpoint(f"pe-{n}", registry, f"10.1.{n}.4", f"net-{n}")
    await full_sync(azure)
    # Somebody has linked all networks to a zone of his own.
    azure.zones[NORTH].links = dict(azure.zone_links)
    azure.zone_links.clear()
    late = azure.add_endpoint("pe-z", azure.add_registry("z"), "10.9.0.4", "net-0")
    backlog = Backlog()
    for _ in range(6):
        await full_sync(azure, limit=6, backlog=backlog)
    assert azure.zone().get("z") == ["10.9.0.4"], late


async def test_links_that_are_always_refused_starve_nobody_in_fresh_processes() -> None:
    """The same where each full sync runs in a process of its own, as on Flex Consumption."""
    azure = Azure()
    for n in range(8):
        azure.add_endpoint(f"pe-{n}", azure.add_registry(f"r{n}"), f"10.1.{n}.4", f"net-{n}")
    await full_sync(azure)
    azure.zones[NORTH].links = dict(azure.zone_links)
    azure.zone_links.clear()
    azure.add_endpoint("pe-z", azure.add_registry("z"), "10.9.0.4", "net-0")
    for _ in range(6):
        await full_sync(azure, limit=6)
    assert azure.zone().get("z") == ["10.9.0.4"]


async def test_a_spent_cap_costs_no_looks() -> None:
    """Once nothing may be written any more nobody is looked at for nothing (bounded)."""
    azure = Azure()
    for n in range(40):
        azure.add_endpoint(f"pe-{n:02}", azure.add_registry(f"r{n:02}"), f"10.1.{n}.4")
    await full_sync(azure)
    azure.sets.clear()
    azure.calls.clear()
    (result,) = await full_sync(azure, limit=4)
    assert result.remaining == 76
    assert sum(method == "registry" for method, _ in azure.calls) < 30


async def test_more_stale_links_than_the_cap_go_in_several_full_syncs() -> None:
    """Many stale links go some at a time, and not never (liveness)."""
    azure = Azure()
    for n in range(8):
        azure.add_endpoint(f"pe-{n}", azure.add_registry(f"r{n}"), f"10.1.{n}.4", f"net-{n}")
    await full_sync(azure)
    for endpoint in list(azure.endpoints):
        azure.delete_endpoint(endpoint)
    azure.sets.clear()
    for _ in range(4):
        await full_sync(azure, limit=3, override_threshold=True)
    assert azure.zone_links == {}
