"""Links: which networks are linked, and when a link may go."""

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.findings import FindingKind
from shared.domain.ownership import link_name, network_hash
from shared.domain.reading import Unknown, UnknownReason
from shared.domain.resource_id import NETWORK
from shared.domain.resources import Replica
from shared.domain.scope import EndpointScope, FormerEndpointScope
from shared.domain.zone import Link, Links
from shared.engine.azure import LinkOutcome
from shared.engine.deadline import Deadline
from shared.engine.result import ChangeState
from shared.errors import TransientError
from tests.simulation.azure import ZONE_KEPT, Azure, an_id
from tests.simulation.full_syncs import full_sync
from tests.simulation.run import run
from tests.simulation.situations import Case, answering, kinds, raise_transient


async def test_a_peered_networks_link_stays() -> None:
    """Others may resolve through a peered network, so its link outlives its endpoint."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    await run(azure, EndpointScope(endpoint))
    azure.peered.add(an_id(NETWORK, "net-a"))
    azure.delete_endpoint(endpoint)
    result = await run(azure, FormerEndpointScope(endpoint))
    assert azure.zone() == {}
    assert len(azure.zone_links) == 1
    assert FindingKind.LINK_KEPT in kinds(result)


async def test_a_link_name_that_another_network_has_is_a_finding() -> None:
    """Whoever takes the name of our link keeps that one network unlinked, and no event failing."""
    case = Case()
    await case.publish()
    (name,) = case.azure.zone_links
    # Ours by its tags as well: whoever may write in the zone may write these.
    link = case.azure.zone_links[name]
    for network in (an_id(NETWORK, "net-x"), None):
        case.azure.zone_links[name] = replace(link, network=network)
        case.azure.calls.clear()
        result = await run(case.azure, EndpointScope(case.endpoint))
        (finding,) = (one for one in result.findings if one.kind is FindingKind.LINK_NAME_TAKEN)
        assert (finding.resource, result.passes) == (str(an_id(NETWORK, "net-a")), 1)
        (synced,) = await full_sync(case.azure)
        assert FindingKind.LINK_NAME_TAKEN in kinds(synced)
        assert case.azure.zone_links == {name: replace(link, network=network)}
        assert "create_link" not in {method for method, _ in case.azure.calls}


async def test_a_link_name_that_is_taken_while_we_write_is_a_finding() -> None:
    """Taken between our look and our write, the name costs one pass more."""
    case = Case()
    azure, name = case.azure, link_name(network_hash(an_id(NETWORK, "net-a")))
    link = Link(name, "etag", an_id(NETWORK, "net-x"), {})
    case.after(1, "create_link", lambda: azure.zone_links.setdefault(name, link))
    result = await run(azure, EndpointScope(case.endpoint))
    assert (kinds(result), result.passes) == ({FindingKind.LINK_NAME_TAKEN}, 2)
    assert azure.zone_links == {name: link}


async def test_a_network_that_another_registry_uses_keeps_its_link() -> None:
    """The link goes only with the last live endpoint in the network, whosever it is."""
    azure = Azure()
    registry, other = azure.add_registry("myregistry"), azure.add_registry("other")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    neighbour = azure.add_endpoint("pe-b", other, "10.1.0.14")
    await run(azure, EndpointScope(endpoint))
    await run(azure, EndpointScope(neighbour))
    azure.delete_endpoint(endpoint)
    await run(azure, FormerEndpointScope(endpoint))
    assert len(azure.zone_links) == 1
    assert "unlink" not in {method for method, _, _ in azure.writes}
    assert sorted(azure.zone()) == ["other", "other.westeurope.data"]


async def test_a_network_with_an_endpoint_that_cannot_be_read_keeps_its_link() -> None:
    """What may not be read may be a registry's endpoint, which would need the link."""
    azure = Azure()
    registry, other = azure.add_registry("myregistry"), azure.add_registry("other")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    neighbour = azure.add_endpoint("pe-b", other, "10.1.0.14")
    await run(azure, EndpointScope(endpoint))
    azure.delete_endpoint(endpoint)
    azure.unknown[neighbour] = Unknown(UnknownReason.FORBIDDEN, "403")
    result = await run(azure, FormerEndpointScope(endpoint))
    assert azure.zone() == {}
    assert len(azure.zone_links) == 1
    assert FindingKind.LINK_KEPT in kinds(result)


async def test_a_network_that_somebody_linked_is_left_as_it_is() -> None:
    """A network is linked once to a zone, under whatever name; ours is not forced beside it."""
    azure = Azure()
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    await azure.create_link(
        replace(ZONE_KEPT, owner="them"), "MyDNSLink", an_id(NETWORK, "net-a"), Deadline(1)
    )
    before = dict(azure.zone_links)
    await run(azure, EndpointScope(endpoint))
    azure.delete_endpoint(endpoint)
    await run(azure, FormerEndpointScope(endpoint))
    assert azure.zone_links == before


async def test_links_can_be_left_alone() -> None:
    """In a hub with central resolvers, no link is read or written."""
    azure = Azure()
    zone = replace(ZONE_KEPT, links=Links.LEAVE)
    registry = azure.add_registry("myregistry")
    endpoint = azure.add_endpoint("pe-a", registry, "10.1.0.4")
    await run(azure, EndpointScope(endpoint), zone)
    azure.delete_endpoint(endpoint)
    await run(azure, FormerEndpointScope(endpoint), zone)
    assert not any("link" in method for method, _ in azure.calls)


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
    assert result.unread, "what was not read is told, or the link would stay in silence"


@pytest.mark.parametrize("comes", ["before", "while it goes"])
async def test_a_network_that_may_not_be_read_is_told(
    comes: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link that stays because nobody may read its network is a finding for a person.

    Invariant: nothing-silent.
    """
    case = Case()
    await case.publish()
    case.azure.delete_endpoint(case.endpoint)
    forbidden = answering(Unknown(UnknownReason.FORBIDDEN, "403"))

    def forbid(method: str, _what: object) -> None:
        if method == "delete_link" or comes == "before":
            monkeypatch.setattr(case.azure, "network", forbidden)

    case.azure.before = forbid
    result = await run(case.azure, FormerEndpointScope(case.endpoint))
    assert len(case.azure.zone_links) == 1
    assert FindingKind.UNREADABLE in kinds(result)


async def test_a_network_that_is_not_watched_is_no_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    """A link stays where a team took the subscription out of the settings, and nobody is warned."""
    case = Case()
    await case.publish()
    case.azure.delete_endpoint(case.endpoint)
    monkeypatch.setattr(case.azure, "network", answering(Unknown(UnknownReason.UNWATCHED)))
    result = await run(case.azure, FormerEndpointScope(case.endpoint))
    assert len(case.azure.zone_links) == 1
    assert kinds(result) == {FindingKind.LINK_KEPT}


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
    assert result.passes > 1


async def test_a_network_that_does_not_answer_keeps_the_event_alive() -> None:
    """A link's network that cannot be read for a moment is asked again, and the link goes."""
    case = Case()
    await case.publish()
    case.azure.delete_endpoint(case.endpoint)
    case.after(1, "network", raise_transient)
    await run(case.azure, FormerEndpointScope(case.endpoint))
    assert case.azure.zone_links == {}


# The two checkboxes of a link in the portal.
CHANGED = pytest.mark.parametrize(
    ("has_fallback", "has_registration"), [(False, False), (True, True)], ids=["g15", "g66"]
)


@CHANGED
@pytest.mark.parametrize("whole", [False, True], ids=["event", "full-sync"])
async def test_what_somebody_changed_on_our_link_is_put_back(
    *, has_fallback: bool, has_registration: bool, whole: bool
) -> None:
    """Both are a checkbox in the portal; without the fallback other registries do not resolve.

    Invariant: client-never-worse.
    """
    azure = Azure()
    endpoint = azure.add_endpoint("pe-a", azure.add_registry("myregistry"), "10.1.0.4")
    await run(azure, EndpointScope(endpoint))
    ((name, link),) = azure.zone_links.items()
    azure.zones[ZONE_KEPT.id].links[name] = replace(
        link,
        has_fallback=has_fallback,
        has_registration=has_registration,
        tags={**link.tags, "cost": "7"},
    )
    azure.writes.clear()
    (result,) = [await run(azure, EndpointScope(endpoint))] if not whole else await full_sync(azure)
    assert azure.writes == [("link", name, ())]
    now = azure.zone_links[name]
    assert (now.is_as_made, now.tags) == (True, {"acrPrivateDns": "owner", "cost": "7"})
    ((change, state),) = result.changes
    assert (str(change.action), state) == ("update", ChangeState.DONE)
    assert change.reason.startswith("somebody changed it: it ")


@CHANGED
async def test_what_somebody_changed_on_their_own_link_stays(
    *, has_fallback: bool, has_registration: bool
) -> None:
    """It is theirs, though an endpoint's network is; a full sync tells it (others-untouched)."""
    azure = Azure()
    azure.add_endpoint("pe-a", azure.add_registry("myregistry"), "10.1.0.4")
    network = an_id(NETWORK, "net-a")
    theirs = Link("theirs", "etag", network, {}, "Succeeded", has_fallback, has_registration)
    azure.zones[ZONE_KEPT.id].links["theirs"] = theirs
    (result,) = await full_sync(azure)
    assert azure.zone_links == {"theirs": theirs}
    (finding,) = [one for one in result.findings if one.kind is FindingKind.LINK_CHANGED]
    assert finding.resource == str(theirs.network)


async def test_a_version_that_does_not_tell_of_the_fallback_changes_no_link() -> None:
    """Where Azure would drop our value again, it is not written at every full sync (idempotent)."""
    azure = Azure()
    endpoint = azure.add_endpoint("pe-a", azure.add_registry("myregistry"), "10.1.0.4")
    await run(azure, EndpointScope(endpoint))
    ((name, link),) = azure.zone_links.items()
    azure.zones[ZONE_KEPT.id].links[name] = replace(link, has_fallback=None)
    azure.writes.clear()
    await full_sync(azure)
    assert azure.writes == []
