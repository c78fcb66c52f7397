"""Cases that a careful reader found: each once ended in a wrong zone, or in silence."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from shared.domain.findings import FindingKind
from shared.domain.reading import Absent, Reading, Unknown, UnknownReason
from shared.domain.resource_id import ENDPOINT, INTERFACE, NETWORK, REGISTRY, ResourceId
from shared.domain.resources import Endpoint, Interface, Member, Replica, Status
from shared.domain.scope import EndpointScope, FormerEndpointScope, RegistryScope
from shared.engine.azure import LinkOutcome
from shared.engine.result import ChangeState
from shared.errors import TransientError
from tests.simulation.azure import Azure, an_id
from tests.simulation.run import run
from tests.simulation.turns import share

GEO = Member("registry_westeurope", "myregistry.westeurope.geo.azurecr.io", "10.1.0.9")
NAMES = ["myregistry", "myregistry.westeurope.data"]


class Case:
    """One registry and one endpoint, and the levers that the cases need."""

    def __init__(self, *regions: str) -> None:
        self.azure = Azure()
        self.registry = self.azure.add_registry("myregistry", *(regions or ("westeurope",)))
        self.endpoint = self.azure.add_endpoint("pe-a", self.registry, "10.1.0.4")

    @property
    def nic(self) -> ResourceId:
        """The endpoint's interface."""
        return self.azure.endpoints[self.endpoint].interfaces[0]

    @property
    def deletes(self) -> list[str]:
        """Names that were deleted."""
        return [name for method, name, _ in self.azure.writes if method == "delete"]

    async def publish(self) -> None:
        """Handle the endpoint's creation."""
        await run(self.azure, EndpointScope(self.endpoint))
        self.azure.writes.clear()

    def damage_marks(self) -> None:
        """Take the entries out of every mark; owner and registry stay."""
        for name, record in self.azure.sets.items():
            kept = {k: v for k, v in record.metadata.items() if "Address" not in k}
            self.azure.sets[name] = replace(record, metadata=kept)

    def after(self, count: int, method: str, change: Callable[[], object]) -> None:
        """Let something happen right before the nth call of a method."""
        calls = 0

        def before(called: str, _what: object) -> None:
            nonlocal calls
            calls += called == method
            if called == method and calls == count:
                change()

        self.azure.before = before

    def add_geo(self) -> None:
        """A regional member, whose name no document of the registry tells."""
        old = self.azure.interfaces[self.nic]
        self.azure.interfaces[self.nic] = replace(old, members=(*old.members, GEO))


def answering(value: Reading[Any]) -> Callable[..., Awaitable[Reading[Any]]]:
    async def answer(*_args: object) -> Reading[Any]:
        await asyncio.sleep(0)
        return value

    return answer


async def test_zone_groups_that_do_not_answer_are_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    """A 503 on the zone groups is told as a gap, so that the event comes again."""
    case = Case()
    silent = answering(Unknown(UnknownReason.TRANSIENT, "503"))
    monkeypatch.setattr(case.azure, "has_zone_group", silent)
    result = await run(case.azure, EndpointScope(case.endpoint))
    assert result.unread == ("pe-a: 503",)
    assert case.azure.zone() == {}


@pytest.mark.parametrize("how", ["zone group", "403", "404", "busy"])
async def test_a_damaged_mark_and_one_bad_read_delete_nothing(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address without an entry goes only if everything behind the name was read.

    Invariant: no-unproven-delete.
    """
    case = Case()
    await case.publish()
    case.damage_marks()
    if how == "zone group":
        silent = answering(Unknown(UnknownReason.FORBIDDEN, "403"))
        monkeypatch.setattr(case.azure, "has_zone_group", silent)
    elif how == "403":
        case.azure.unknown[case.nic] = Unknown(UnknownReason.FORBIDDEN, "403")
    elif how == "404":
        del case.azure.interfaces[case.nic]
    else:
        case.azure.interfaces[case.nic] = Interface("Updating", ())
    await run(case.azure, RegistryScope(case.registry))
    assert case.deletes == []


@pytest.mark.parametrize(
    "reading", [Absent(), *(Unknown(cause, "test") for cause in UnknownReason)]
)
async def test_a_damaged_mark_needs_the_registry(
    reading: Reading[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the registry nobody knows whose an unmarked address is, so it stays.

    Invariant: no-unproven-delete.
    """
    case = Case()
    await case.publish()
    case.damage_marks()
    del case.azure.endpoints[case.endpoint]
    monkeypatch.setattr(case.azure, "registry", answering(reading))
    await run(case.azure, FormerEndpointScope(case.endpoint))
    assert case.deletes == []


@pytest.mark.parametrize("members", [0, 1])
async def test_a_recreated_endpoint_is_waited_for(members: int) -> None:
    """While the new endpoint's interface fills, the old names stand; then one write each.

    Invariant: never-empty.
    """
    case = Case()
    await case.publish()
    case.azure.delete_endpoint(case.endpoint)
    case.azure.add_endpoint("pe-a", case.registry, "10.9.0.4")
    full = case.azure.interfaces[case.nic]
    case.azure.interfaces[case.nic] = Interface("Updating", full.members[:members])
    case.after(4, "registry", lambda: case.azure.interfaces.update({case.nic: full}))
    await run(case.azure, EndpointScope(case.endpoint))
    assert case.azure.zone() == {
        "myregistry": ["10.9.0.4"],
        "myregistry.westeurope.data": ["10.9.0.5"],
    }
    records = [(method, name) for method, name, _ in case.azure.writes if "link" not in method]
    assert records == [("write", "myregistry.westeurope.data"), ("write", "myregistry")]


async def test_names_of_an_earlier_look_are_not_forgotten() -> None:
    """A name that only the dead endpoint's interface gave goes with the run that wrote it."""
    case = Case()
    case.add_geo()

    def die() -> None:
        case.azure.delete_endpoint(case.endpoint)

    case.after(3, "write_record", die)
    await run(case.azure, EndpointScope(case.endpoint))
    assert case.azure.zone() == {}


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


async def test_the_login_member_is_waited_for() -> None:
    """An interface with data members alone is half a registry, and not published yet.

    Invariant: no-half-registry.
    """
    case = Case()
    full = case.azure.interfaces[case.nic]
    case.azure.interfaces[case.nic] = replace(full, members=full.members[1:])
    case.after(3, "interface", lambda: case.azure.interfaces.update({case.nic: full}))
    await run(case.azure, EndpointScope(case.endpoint))
    assert sorted(case.azure.zone()) == NAMES


async def test_waiting_does_not_forget_the_link() -> None:
    """Records that went in one look leave a link that a later look still removes."""
    case = Case()
    await case.publish()
    case.azure.delete_endpoint(case.endpoint)
    old = case.azure.registries[case.registry]
    creating = replace(old, replicas=(Replica("northeurope", "Creating"),))
    case.azure.registries[case.registry] = creating
    await run(case.azure, FormerEndpointScope(case.endpoint))
    assert case.azure.zone() == {}
    assert case.azure.zone_links == {}


async def test_a_busy_link_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """`AnotherOperationInProgress` passes; the run tries again while its budget lasts."""
    case = Case()
    await case.publish()
    case.azure.delete_endpoint(case.endpoint)
    delete, tries = case.azure.delete_link, 0

    async def busy(*args: Any) -> tuple[LinkOutcome, str]:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise TransientError("409 AnotherOperationInProgress")
        return await delete(*args)

    monkeypatch.setattr(case.azure, "delete_link", busy)
    await run(case.azure, FormerEndpointScope(case.endpoint))
    assert case.azure.zone_links == {}


async def test_an_endpoint_that_stood_by_takes_its_link_along() -> None:
    """An endpoint that was never published is in the marks all the same, so its link goes."""
    case = Case()
    await case.publish()
    other = case.azure.add_endpoint("pe-b", case.registry, "10.2.0.4", "net-b")
    await run(case.azure, EndpointScope(other))
    assert len(case.azure.zone_links) == 2
    assert case.azure.zone()["myregistry"] == ["10.1.0.4"]
    case.azure.delete_endpoint(other)
    await run(case.azure, FormerEndpointScope(other))
    networks = [link.network for link in case.azure.zone_links.values()]
    assert networks == [an_id(NETWORK, "net-a")]


async def test_a_link_made_for_a_dying_endpoint_goes_again() -> None:
    """An endpoint that dies while its network is being linked leaves no link behind."""
    case = Case()
    other = case.azure.add_endpoint("pe-b", case.registry, "10.2.0.4", "net-b")

    def die(method: str, _what: object) -> None:
        if method == "create_link" and other in case.azure.endpoints:
            case.azure.delete_endpoint(other)

    case.azure.before = die
    await run(case.azure, EndpointScope(case.endpoint))
    networks = [link.network for link in case.azure.zone_links.values()]
    assert networks == [an_id(NETWORK, "net-a")]


async def test_a_link_that_comes_back_in_doubt_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """If nobody can tell whether the link is needed again it comes back, under its true reason."""
    case = Case()
    await case.publish()
    case.azure.delete_endpoint(case.endpoint)

    def hide(method: str, _what: object) -> None:
        if method == "delete_link":
            cause = answering(Unknown(UnknownReason.TRANSIENT, "503"))
            monkeypatch.setattr(case.azure, "network", cause)

    case.azure.before = hide
    result = await run(case.azure, FormerEndpointScope(case.endpoint))
    assert len(case.azure.zone_links) == 1
    assert result.in_state(ChangeState.DONE)[-1].reason == (
        "it may be needed again: network net-a could not be read: 503"
    )


async def test_an_endpoint_that_comes_while_its_link_goes_gets_it_back() -> None:
    """A newcomer whose own run saw the link still there is not left without one."""
    case = Case()
    await case.publish()
    case.azure.delete_endpoint(case.endpoint)
    other = case.azure.add_registry("other")

    def come(method: str, _what: object) -> None:
        if method == "delete_link":
            case.azure.add_endpoint("pe-2", other, "10.1.0.14")

    case.azure.before = come
    await run(case.azure, FormerEndpointScope(case.endpoint))
    networks = [link.network for link in case.azure.zone_links.values()]
    assert networks == [an_id(NETWORK, "net-a")]


async def test_a_member_that_the_interface_still_gives_is_not_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A region that is missing from one list takes nothing from a name that still has a member."""
    case = Case("westeurope", "northeurope")
    await case.publish()
    old = case.azure.registries[case.registry]
    case.azure.registries[case.registry] = replace(old, replicas=old.replicas[:1])
    silent = answering(Unknown(UnknownReason.FORBIDDEN, "403"))
    monkeypatch.setattr(case.azure, "has_zone_group", silent)
    await run(case.azure, RegistryScope(case.registry, "northeurope"))
    assert case.deletes == []


async def test_a_registry_that_does_not_answer_does_not_stop_publishing() -> None:
    """The names come from the interface; the gap is told, so that the event comes again."""
    case = Case()
    case.azure.unknown[case.registry] = Unknown(UnknownReason.TRANSIENT, "503")
    result = await run(case.azure, EndpointScope(case.endpoint))
    assert sorted(case.azure.zone()) == NAMES
    assert result.unread


@pytest.mark.parametrize("reason", [UnknownReason.FORBIDDEN, UnknownReason.UNREADABLE])
async def test_an_endpoint_that_may_not_be_read_is_not_passed_over_in_silence(
    reason: UnknownReason,
) -> None:
    """A lost right is a finding, and not "nothing to do"."""
    case = Case()
    case.azure.unknown[case.endpoint] = Unknown(reason, "403")
    result = await run(case.azure, EndpointScope(case.endpoint))
    assert [finding.kind for finding in result.findings] == [FindingKind.UNREADABLE]


async def test_names_that_only_marks_know_leave_with_the_login() -> None:
    """When a registry leaves, its regional names go too, whichever event told of it."""
    case = Case()
    case.add_geo()
    await case.publish()
    assert len(case.azure.zone()) == 3
    case.azure.delete_endpoint(case.endpoint)
    await run(case.azure, RegistryScope(case.registry))
    assert case.azure.zone() == {}


async def test_a_replicas_lingering_member_is_waited_for() -> None:
    """A deleted replica's record goes in its own event's run, though the member goes late."""
    case = Case("westeurope", "northeurope")
    await case.publish()
    old = case.azure.registries[case.registry]
    case.azure.registries[case.registry] = replace(old, replicas=old.replicas[:1])
    gone = "registry_data_northeurope"
    case.after(3, "interface", lambda: case.azure.drop_member(case.endpoint, gone))
    await run(case.azure, RegistryScope(case.registry, "northeurope"))
    assert sorted(case.azure.zone()) == NAMES


async def test_a_replicas_lingering_regional_member_is_waited_for() -> None:
    """A `.geo` member that outlives its replica and the data member goes in the same run."""
    case = Case("westeurope", "northeurope")
    geo = Member("registry_northeurope", "myregistry.northeurope.geo.azurecr.io", "10.1.0.9")
    full = case.azure.interfaces[case.nic]
    case.azure.interfaces[case.nic] = replace(full, members=(*full.members, geo))
    await case.publish()
    old = case.azure.registries[case.registry]
    case.azure.registries[case.registry] = replace(old, replicas=old.replicas[:1])
    case.azure.drop_member(case.endpoint, "registry_data_northeurope")
    case.after(3, "interface", lambda: case.azure.drop_member(case.endpoint, geo.name))
    await run(case.azure, RegistryScope(case.registry, "northeurope"))
    assert sorted(case.azure.zone()) == NAMES


async def test_regional_endpoints_that_were_switched_off_are_not_waited_for() -> None:
    """No side proves such a name over, so it stays, and costs no run its budget.

    Invariant: no-unproven-delete.
    """
    case = Case()
    case.add_geo()
    await case.publish()
    case.azure.drop_member(case.endpoint, GEO.name)
    result = await run(case.azure, RegistryScope(case.registry, "westeurope"))
    assert sorted(case.azure.zone()) == [*NAMES, "myregistry.westeurope.geo"]
    assert (result.observations, result.in_progress) == (1, ())


async def test_a_damaged_guid_proves_nothing() -> None:
    """A guid that was edited is not another endpoint's: a pending endpoint keeps its names.

    Invariant: no-unproven-delete.
    """
    case = Case()
    await case.publish()
    for name, record in case.azure.sets.items():
        edited = {k: v.replace(" 0000", " 0x00") for k, v in record.metadata.items()}
        case.azure.sets[name] = replace(record, metadata=edited)
    case.azure.set_status(case.endpoint, Status.PENDING)
    case.azure.connect(case.registry, case.endpoint, Status.PENDING)
    await run(case.azure, RegistryScope(case.registry))
    assert sorted(case.azure.zone()) == NAMES


async def test_a_forbidden_interface_is_no_missing_member() -> None:
    """What may not be read does not come by retrying, and is not blamed on a full subnet."""
    case = Case()
    case.azure.unknown[case.nic] = Unknown(UnknownReason.FORBIDDEN, "403")
    result = await run(case.azure, EndpointScope(case.endpoint))
    assert result.missing == ()
    assert [finding.kind for finding in result.findings] == [FindingKind.UNREADABLE]


async def test_an_endpoint_waiting_for_approval_is_no_finding() -> None:
    """A zone group that nobody asked for is not one that could not be read."""
    case = Case()
    case.azure.set_status(case.endpoint, Status.PENDING)
    case.azure.connect(case.registry, case.endpoint, Status.PENDING)
    result = await run(case.azure, EndpointScope(case.endpoint))
    assert result.findings == ()


async def test_an_unwatched_endpoint_blocks_its_own_addresses_only() -> None:
    """An endpoint outside the watch keeps its address, and keeps nobody else's away."""
    case = Case()
    await case.publish()
    other = case.azure.add_endpoint("pe-b", case.registry, "10.2.0.4", "net-b")
    case.azure.unknown[case.endpoint] = Unknown(UnknownReason.UNWATCHED)
    await run(case.azure, EndpointScope(other))
    assert case.azure.zone()["myregistry"] == ["10.1.0.4", "10.2.0.4"]


def made_again_elsewhere(case: Case) -> ResourceId:
    """The registry again, in another group, with an endpoint of its own; returns that one's ID."""
    azure, elsewhere = case.azure, an_id(REGISTRY, "myregistry", "other-group")
    azure.registries[elsewhere] = replace(
        azure.registries[case.registry], id=elsewhere, connections={}
    )
    new, nic = an_id(ENDPOINT, "pe-b"), an_id(INTERFACE, "pe-b.nic")
    azure.endpoints[new] = Endpoint(
        id=new,
        guid="ff",
        etag="x",
        state="Succeeded",
        region="westeurope",
        network=an_id(NETWORK, "b"),
        interfaces=(nic,),
        connections={elsewhere: Status.APPROVED},
    )
    azure.interfaces[nic] = Interface(
        "Succeeded",
        (
            Member("registry", "myregistry.azurecr.io", "10.2.0.4"),
            Member("registry_data_westeurope", "myregistry.westeurope.data.azurecr.io", "10.2.0.5"),
        ),
    )
    azure.connect(elsewhere, new, Status.APPROVED)
    return new


async def test_a_registry_made_again_elsewhere_takes_its_names_over() -> None:
    """Registry names are unique, so the one that has the name now answers for the old one."""
    case = Case()
    await case.publish()
    azure = case.azure
    new = made_again_elsewhere(case)
    del azure.endpoints[case.endpoint]
    azure.unknown[case.registry] = Unknown(UnknownReason.FORBIDDEN, "403")
    await run(azure, EndpointScope(new))
    assert azure.zone() == {
        "myregistry": ["10.2.0.4"],
        "myregistry.westeurope.data": ["10.2.0.5"],
    }


async def test_an_endpoint_left_behind_is_not_asked_about_the_successor() -> None:
    """A mark that notes the new registry already does not keep the old one's dead endpoint."""
    case = Case()
    await case.publish()
    azure = case.azure
    new = made_again_elsewhere(case)
    del azure.registries[case.registry]
    await run(azure, EndpointScope(new))
    assert azure.zone()["myregistry"] == ["10.1.0.4"]
    azure.set_status(case.endpoint, Status.DISCONNECTED)
    await run(azure, EndpointScope(new))
    assert azure.zone() == {
        "myregistry": ["10.2.0.4"],
        "myregistry.westeurope.data": ["10.2.0.5"],
    }


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


class Overtaken:
    """Lets a whole other run, which finds a newer address, happen right before the nth call.

    Attributes:
        calls: how many were made, those of the other run left out.
    """

    def __init__(self, case: Case, number: int) -> None:
        self._case = case
        self._number = number
        self._inside = False
        self.calls = 0

    async def turn(self) -> None:
        """Before each call."""
        if self._inside:
            return
        self.calls += 1
        if self.calls == self._number:
            self._inside = True
            case = self._case
            case.azure.drop_member(case.endpoint, "registry")
            case.azure.add_member(case.endpoint, case.registry, "registry", "10.1.0.77")
            await run(case.azure, EndpointScope(case.endpoint))
            self._inside = False


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


async def test_a_name_keeps_its_last_address_while_the_next_endpoint_does_not_answer() -> None:
    """Taking over is one write; deleting first would leave a gap that resolvers remember.

    Invariant: never-empty.
    """
    case = Case()
    await case.publish()
    other = case.azure.add_endpoint("pe-b", case.registry, "10.2.0.4", "net-b")
    case.azure.delete_endpoint(case.endpoint)
    case.azure.unknown[other] = Unknown(UnknownReason.TRANSIENT, "503")
    result = await run(case.azure, FormerEndpointScope(case.endpoint))
    assert case.deletes == []
    assert result.unread == ("pe-b: 503",)
    del case.azure.unknown[other]
    await run(case.azure, FormerEndpointScope(case.endpoint))
    assert case.azure.zone()["myregistry"] == ["10.2.0.4"]
    assert case.deletes == []


async def test_a_link_that_is_being_deleted_is_made_again_when_it_is_gone() -> None:
    """A link that still answers to a read while it goes does not count as one."""
    case = Case()
    await case.publish()
    (name,) = case.azure.zone_links
    case.azure.zone_links[name] = replace(case.azure.zone_links[name], state="Deleting")
    case.after(3, "link", case.azure.zone_links.clear)
    result = await run(case.azure, EndpointScope(case.endpoint))
    (link,) = case.azure.zone_links.values()
    assert link.state == "Succeeded"
    assert result.observations > 1


@pytest.mark.parametrize("side", ["endpoint", "registry"])
async def test_a_404_that_lies_once_does_not_end_the_run(side: str) -> None:
    """While the sides disagree the run reads again, also about an endpoint that is new.

    Invariant: no-unproven-delete.
    """
    case = Case()
    both: dict[str, tuple[dict[Any, Any], ResourceId]] = {
        "endpoint": (case.azure.endpoints, case.endpoint),
        "registry": (case.azure.registries, case.registry),
    }
    (answer, id_), kept = both[side], dict[Any, Any]()
    reads = 0

    def before(method: str, _what: object) -> None:
        nonlocal reads
        answer.update(kept)
        kept.clear()
        reads += method == side
        if method == side and reads == 2:
            kept[id_] = answer.pop(id_)

    case.azure.before = before
    await run(case.azure, EndpointScope(case.endpoint))
    assert sorted(case.azure.zone()) == NAMES


async def test_a_network_that_does_not_answer_keeps_the_event_alive() -> None:
    """A link's network that cannot be read for a moment is asked again, and the link goes."""
    case = Case()
    await case.publish()
    case.azure.delete_endpoint(case.endpoint)
    case.after(1, "network", _raise_retry)
    await run(case.azure, FormerEndpointScope(case.endpoint))
    assert case.azure.zone_links == {}


def _raise_retry() -> None:
    raise TransientError("503")


async def test_a_record_that_waits_for_another_endpoint_keeps_its_network() -> None:
    """The published endpoint is gone, its successor may not be read: record stays, so link.

    Invariant: no-half-registry.
    """
    case = Case()
    await case.publish()
    second = case.azure.add_endpoint("pe-b", case.registry, "10.2.0.4", "net-b")
    await run(case.azure, EndpointScope(second))
    case.azure.delete_endpoint(case.endpoint)
    case.azure.unknown[second] = Unknown(UnknownReason.FORBIDDEN, "403")
    await run(case.azure, FormerEndpointScope(case.endpoint))
    assert case.azure.zone()["myregistry"] == ["10.1.0.4"]
    assert an_id(NETWORK, "net-a") in {link.network for link in case.azure.zone_links.values()}
