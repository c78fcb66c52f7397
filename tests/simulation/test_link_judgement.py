"""A new link is judged by all names of its zone and by what its network reaches, before it is made.

Registries `one`, `two`, ... have an endpoint each, in networks `net-one`, `net-two`, ...
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest

from shared.domain.findings import FindingKind
from shared.domain.reading import Unknown, UnknownReason
from shared.domain.resource_id import ENDPOINT, NETWORK, REGISTRY, ResourceId
from shared.domain.resources import Status
from shared.domain.scope import EndpointScope
from shared.engine.options import RunOptions
from shared.engine.result import ChangeState, ZoneResult
from shared.errors import TransientError
from tests.simulation.azure import SUBSCRIPTION, Azure, an_id
from tests.simulation.full_syncs import full_sync
from tests.simulation.judging import order
from tests.simulation.run import run


def estate(*names: str) -> Azure:
    """Public registries, each with an endpoint in a network of its own that nothing joins."""
    azure = Azure()
    for number, name in enumerate(names, 1):
        registry = azure.add_registry(name)
        azure.open_to_public(registry)
        azure.add_endpoint(f"pe-{name}", registry, f"10.{number}.0.4", f"net-{name}")
    return azure


def scope(name: str) -> EndpointScope:
    """An event about a registry's endpoint."""
    return EndpointScope(an_id(ENDPOINT, f"pe-{name}"))


def network(name: str) -> ResourceId:
    """The network of a registry's endpoint."""
    return an_id(NETWORK, f"net-{name}")


def linked(azure: Azure) -> set[str]:
    """The networks that are linked."""
    links = azure.zone_links.values()
    return {link.network.name.removeprefix("net-") for link in links if link.network}


def told(result: ZoneResult, kind: FindingKind) -> str:
    """What findings of a kind say."""
    found = (finding for finding in result.findings if finding.kind is kind)
    return "\n".join(f"{finding.resource}: {finding.detail}" for finding in found)


def network_reads(azure: Azure) -> list[str]:
    """The networks that were read one by one."""
    return [one.name for method, one in azure.calls if method == "network"]  # type: ignore[attr-defined]


async def test_who_comes_second_is_held_and_its_record_waits() -> None:
    """Neither network gets the other's private address for a public answer, whatever the order."""
    azure = estate("one", "two")
    await run(azure, scope("one"))
    result = await run(azure, scope("two"))
    assert linked(azure) == {"one"}
    assert sorted(azure.sets) == ["one", "one.westeurope.data"]
    line = told(result, FindingKind.LINK_OUT_OF_REACH)
    assert line.startswith(
        f"{network('two')}: one.azurecr.io, one.westeurope.data.azurecr.io would"
    )
    assert line.endswith("its link is held back")
    assert not result.remaining
    assert not result.in_progress


async def test_a_held_link_is_made_once_the_networks_are_joined() -> None:
    """A peering is all it takes: the next full sync publishes and links (liveness)."""
    azure = estate("one", "two")
    await full_sync(azure)
    azure.peer("net-one", "net-two")
    await full_sync(azure)
    assert linked(azure) == {"one", "two"}
    assert "two" in azure.sets


async def test_one_read_of_a_hub_gives_all_its_spokes() -> None:
    """Whatever the number of networks in the zone, an event reads its own and its hub."""
    names = ["one", "two", "three", "four", "five", "six"]
    azure = estate(*names)
    azure.peer("hub", *(f"net-{name}" for name in names))
    for name in names:
        azure.calls.clear()
        await run(azure, scope(name))
    assert linked(azure) == set(names)
    assert network_reads(azure) == ["net-six", "hub"]


async def test_what_no_few_reads_can_tell_is_left_to_the_full_sync() -> None:
    """A long chain joins two networks: the event leaves the link and says so; the timer acts."""
    azure = estate("one", "two")
    await run(azure, scope("one"))
    way = ["net-two", *(f"way-{number}" for number in range(12)), "net-one"]
    for near, far in pairwise(way):
        azure.peer(near, far)
    azure.calls.clear()
    result = await run(azure, scope("two"))
    assert linked(azure) == {"one"}
    (reason,) = result.in_progress
    assert reason.startswith("network net-two is not linked yet: ")
    assert len(network_reads(azure)) <= 10
    await full_sync(azure)
    assert linked(azure) == {"one", "two"}


async def test_an_unreadable_network_leaves_the_link() -> None:
    """Peerings that nobody may read are not the absence of peerings."""
    azure = estate("one", "two")
    await run(azure, scope("one"))
    azure.unknown[network("two")] = Unknown(UnknownReason.FORBIDDEN, "403")
    result = await run(azure, scope("two"))
    assert linked(azure) == {"one"}
    assert "full sync" in " ".join(result.in_progress)


async def test_a_zone_that_cannot_be_listed_leaves_the_link_and_no_record() -> None:
    """What else stands in the zone is not known, so the link waits; records do not."""
    azure = estate("one")

    def fail(method: str, _what: object) -> None:
        if method == "records":
            raise TransientError("list records: 503")

    azure.before = fail
    result = await run(azure, scope("one"))
    assert sorted(azure.sets) == ["one", "one.westeurope.data"]
    assert linked(azure) == set()
    assert result.unread == ("list records: 503",)


async def test_a_registry_without_public_access_gets_its_link() -> None:
    """It resolves nowhere else; the finding names whose answers turn."""
    azure = estate("one", "two")
    await run(azure, scope("one"))
    two = an_id(REGISTRY, "two")
    azure.registries[two] = replace(azure.registries[two], is_public=False)
    result = await run(azure, scope("two"))
    assert linked(azure) == {"one", "two"}
    assert told(result, FindingKind.LINK_OUT_OF_REACH).endswith("its link is made all the same")


async def test_of_two_networks_in_one_full_sync_one_is_linked() -> None:
    """Registries are judged side by side, each with what the others are about to write."""
    azure = estate("one", "two", "three")
    (result,) = await full_sync(azure)
    assert len(linked(azure)) == 1
    assert {name.partition(".")[0] for name in azure.sets} == linked(azure)
    assert told(result, FindingKind.LINK_OUT_OF_REACH).count("held back") == 2
    azure.writes.clear()
    await full_sync(azure)
    assert azure.writes == []


async def test_a_dry_run_plans_no_link_that_would_be_held() -> None:
    """What is shown is what would be made."""
    azure = estate("one", "two")
    await run(azure, scope("one"))
    (result,) = await full_sync(azure, dry_run=True)
    assert result.in_state(ChangeState.PLANNED) == []
    assert told(result, FindingKind.LINK_OUT_OF_REACH)


def leftover(azure: Azure) -> None:
    azure.put_record("one", "10.9.9.9")


def empty(azure: Azure) -> None:
    azure.put_record("one", metadata={"creator": "somebody"})


@pytest.mark.parametrize("put", [leftover, empty])
async def test_a_leftover_of_any_registry_holds_a_link(put: Callable[[Azure], object]) -> None:
    """What helps nobody stands at a public name, and the app may not correct it."""
    azure = estate("one", "two")
    azure.peer("net-one", "net-two")
    put(azure)
    event = await run(azure, scope("two"))
    assert "two" not in linked(azure)
    assert event.in_progress or told(event, FindingKind.UNMANAGED_RECORD)
    (result,) = await full_sync(azure)
    assert linked(azure) == set()
    assert "its link is held back" in told(result, FindingKind.UNMANAGED_RECORD)


async def test_a_wildcard_answers_for_who_has_no_record() -> None:
    """A public registry whose endpoint waits for approval would be asked for at its address."""
    azure = estate("one", "two")
    azure.peer("net-one", "net-two")
    azure.put_record("*", "10.9.9.9")
    azure.set_status(an_id(ENDPOINT, "pe-two"), Status.PENDING)
    event = await run(azure, scope("one"))
    assert "* " in " ".join(event.in_progress)
    (result,) = await full_sync(azure)
    assert linked(azure) == set()
    assert "10.9.9.9; its link is held back" in told(result, FindingKind.UNMANAGED_RECORD)
    azure.set_status(an_id(ENDPOINT, "pe-two"), Status.APPROVED)
    await full_sync(azure)
    assert linked(azure) == {"one", "two"}


async def test_a_name_that_is_no_registrys_holds_nothing() -> None:
    """Whose record of others it is lists of registries tell."""
    azure = estate("one", "two")
    azure.put_record("printer", "10.9.9.9")
    azure.put_record("two", "10.9.9.9")
    await run(azure, scope("one"))
    assert linked(azure) == set()
    azure.sets.pop("two")
    await run(azure, scope("one"))
    assert linked(azure) == {"one"}


async def test_lists_that_fail_leave_the_link() -> None:
    """Whether a public registry is behind a name is not known then."""
    azure = estate("one")
    azure.put_record("printer", "10.9.9.9")
    azure.unlisted_registries[SUBSCRIPTION] = Unknown(UnknownReason.TRANSIENT, "503")
    result = await run(azure, scope("one"))
    assert linked(azure) == set()
    assert result.unread == ("503",)
    assert sorted(azure.sets) == ["one", "one.westeurope.data", "printer"]


async def test_a_registry_whose_reads_fail_leaves_the_link() -> None:
    """It may be public, and its name would turn: the link waits for the next run."""
    azure = estate("one", "two")
    await run(azure, scope("one"))
    azure.unknown[an_id(REGISTRY, "one")] = Unknown(UnknownReason.TRANSIENT, "503")
    result = await run(azure, scope("two"))
    assert linked(azure) == {"one"}
    assert result.in_progress
    azure.unknown[an_id(REGISTRY, "one")] = Unknown(UnknownReason.FORBIDDEN, "403")
    order(azure, unreadable=frozenset({str(an_id(REGISTRY, "one")).lower()}))
    await run(azure, scope("two"))
    # One that nobody may read for good holds nothing.
    assert linked(azure) == {"one", "two"}


async def test_a_network_with_dns_servers_of_its_own_is_linked() -> None:
    """It has no view through its links, so nothing is lost through them."""
    azure = estate("one", "two")
    azure.dns_servers[network("two")] = ("10.2.0.53",)
    for name in ("one", "two"):
        await run(azure, scope(name))
    assert linked(azure) == {"one", "two"}


def test_options_say_nothing_of_reach() -> None:
    """No caller may loosen what a zone's setting says."""
    assert "reach" not in RunOptions.__slots__
