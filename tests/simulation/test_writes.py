"""Writes: conditional, confirmed, and verified after."""

from dataclasses import replace
from itertools import count

import pytest

from shared.domain.scope import EndpointScope, FormerEndpointScope
from shared.domain.zone import Links
from shared.engine.result import ChangeState
from shared.errors import TransientError
from tests.simulation.azure import ZONE_KEPT, Azure
from tests.simulation.run import run
from tests.simulation.situations import NAMES, Case, Overtaken
from tests.simulation.turns import share


@pytest.mark.parametrize("links", list(Links))
async def test_an_endpoint_that_dies_between_read_and_write_leaves_nothing(links: Links) -> None:
    """A create that lands after its endpoint's deletion is found by the read after the write."""
    azure, zone = Azure(), replace(ZONE_KEPT, links=links)
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")

    def die(method: str, what: object) -> None:
        if method == "write_record" and what == "myregistry" and endpoint in azure.endpoints:
            azure.delete_endpoint(endpoint)

    azure.before = die
    await run(azure, EndpointScope(endpoint), zone)
    assert azure.zone() == {}


async def test_a_lost_answer_is_settled_by_reading_back() -> None:
    """A write that timed out but landed is reported as done, and only then (confirmed)."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    write = azure.write_record

    async def lose_the_answer(zone: object, record: object) -> None:
        await write(zone, record)  # type: ignore[arg-type]
        raise TransientError("timed out")

    azure.write_record = lose_the_answer  # type: ignore[method-assign]
    result = await run(azure, EndpointScope(endpoint))
    assert len(result.in_state(ChangeState.DONE)) == 3


async def test_a_write_that_failed_is_never_reported_as_done() -> None:
    """A write that Azure refused raises, and the report has no such change (confirmed)."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")

    def refuse(method: str, what: object) -> None:
        if method == "write_record" and what == "myregistry":
            raise TransientError("503")

    azure.before = refuse
    with pytest.raises(TransientError):
        await run(azure, EndpointScope(endpoint))
    assert sorted(azure.zone()) == ["myregistry.westeurope.data"]
    azure.before = lambda _method, _what: None
    await run(azure, EndpointScope(endpoint))
    assert "myregistry" in azure.zone()


async def test_a_write_that_came_too_late_is_planned_anew() -> None:
    """After a 412 the same run reads again, and what it does then is right (no-stale-overwrite)."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    await run(azure, EndpointScope(endpoint))
    ours = azure.sets["myregistry"]
    azure.sets["myregistry"] = replace(ours, ttl=3600)

    def come_first(method: str, what: object) -> None:
        if method == "write_record" and what == "myregistry":
            azure.before = lambda _method, _what: None
            azure.sets["myregistry"] = replace(ours, etag="theirs", addresses=("10.9.9.9",))

    azure.before = come_first
    await run(azure, EndpointScope(endpoint))
    assert replace(azure.sets["myregistry"], etag="") == replace(ours, etag="")


async def test_a_lost_answer_is_not_settled_by_somebody_elses_record() -> None:
    """Whatever else stands under the name after a write without an answer proves nothing.

    Invariant: confirmed.
    """
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")

    def lose(method: str, what: object) -> None:
        if method == "write_record" and what == "myregistry":
            azure.put_record("myregistry", "10.9.9.9")
            raise TransientError("timed out")

    azure.before = lose
    with pytest.raises(TransientError):
        await run(azure, EndpointScope(endpoint))


async def test_a_delete_that_failed_is_never_reported_as_done() -> None:
    """A delete that Azure refused raises, and nothing that had to follow it goes.

    Invariant: no-half-registry, confirmed.
    """
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    await run(azure, EndpointScope(endpoint))
    before = azure.zone()
    azure.delete_endpoint(endpoint)

    def refuse(method: str, what: object) -> None:
        if method == "delete_record" and what == "myregistry":
            raise TransientError("503")

    azure.before = refuse
    with pytest.raises(TransientError):
        await run(azure, FormerEndpointScope(endpoint))
    assert azure.zone() == before


async def test_what_landed_before_a_failure_does_not_outlive_its_endpoint() -> None:
    """A run that fails half-way still looks whether what it wrote may stand."""
    case = Case()

    def fail(method: str, what: object) -> None:
        if (method, what) == ("write_record", "myregistry"):
            case.azure.delete_endpoint(case.endpoint)
            raise TransientError("503")

    case.azure.before = fail
    await run(case.azure, EndpointScope(case.endpoint))
    assert case.azure.zone() == {}


async def test_verification_reads_the_interface_too() -> None:
    """A member that goes between look and write is noticed, whatever the endpoint's etag says."""
    case = Case("westeurope", "northeurope")

    def drop() -> None:
        azure, gone = case.azure, "registry_data_northeurope"
        old = azure.registries[case.registry]
        azure.registries[case.registry] = replace(old, replicas=old.replicas[:1])
        nic = azure.interfaces[case.nic]
        kept = tuple(member for member in nic.members if member.name != gone)
        azure.interfaces[case.nic] = replace(nic, members=kept)

    case.after(1, "write_record", drop)
    await run(case.azure, EndpointScope(case.endpoint))
    assert sorted(case.azure.zone()) == NAMES


async def test_a_record_is_read_before_the_sources_that_decide_about_it() -> None:
    """Before whichever call a newer plan lands, no older sources are written over it.

    Invariant: no-stale-overwrite.
    """
    for number in count(1):
        case = Case()
        await case.publish()
        case.azure.sets["myregistry"] = replace(case.azure.sets["myregistry"], ttl=3600)
        overtaken = Overtaken(case, number)
        share(case.azure, overtaken)
        await run(case.azure, EndpointScope(case.endpoint))
        if overtaken.calls < number:
            break
        written = [addresses for _, name, addresses in case.azure.writes if name == "myregistry"]
        newer = written.index(("10.1.0.77",))
        assert set(written[newer:]) == {("10.1.0.77",)}, f"before call {number}"
    assert number > 10
