"""How an endpoint stands with its registry, as both sides tell it.

Both sides must agree before an endpoint is published or an address of it is
taken away; Resource Manager's reads lag, and a 404 alone lies sometimes (no-unproven-delete).

    endpoint's side, registry's:    Approved   not Approved   404      unreadable
    ─────────────────────────────   ────────   ────────────   ──────   ──────────
    Approved                        live       held           held     live
    Pending, or a word unknown      held       held           held     held
    Rejected, Disconnected          held       gone           gone     held
    404                             held       gone           gone     held
    unreadable                      held       held           held     held

Live means more: the interface was read and gives members, no zone group keeps the
names, and the zone serves the endpoint's network; where another one does, the endpoint
is routed there. Another `resourceGuid` than the claim's proves alone that the claimed
endpoint is gone. Where one side says that a connection is over and the other disagrees, a
full sync may act on it once the same side has said so twice, half a minute apart.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import Enum, auto
from typing import assert_never

from shared.domain.observation import Elsewhere, EndpointReading, Side
from shared.domain.ownership import Claim, OwnershipStatus
from shared.domain.reading import Absent, Found, Reading, Unknown, UnknownReason
from shared.domain.resource_id import ResourceId, region_name
from shared.domain.resources import SUCCEEDED, Endpoint, Interface, Member, Registry, Status

LOGIN_MEMBER = "registry"
DATA_MEMBER = "registry_data_"
REGIONAL_MEMBER = "registry_"
_REGIONAL_NAME = ".geo"


class Retry(Enum):
    """What may become of an endpoint that is neither live nor gone."""

    BECOMING_READY = auto()  # Azure is at work: soon it may be live, so it is worth reading again
    BEING_REMOVED = auto()  # one side has let it go: soon the other may, too
    UNREAD = auto()  # Azure did not answer, and may later
    NONE = auto()  # only a person, a right or a setting changes it


@dataclass(frozen=True, slots=True)
class Ready:
    """To be published: both sides approve, and these members stand on its interface."""

    endpoint: Endpoint
    interface: Interface

    @property
    def members(self) -> tuple[Member, ...]:
        """What its interface gives."""
        return self.interface.members


@dataclass(frozen=True, slots=True)
class Undetermined:
    """Neither to be published anew nor proven gone: what stands there stays.

    Attributes:
        reason: what was seen.
        retry: what may become of it.
        sides_over: which sides say that the connection is over, while another does not.
    """

    reason: str
    retry: Retry
    sides_over: frozenset[Side] = frozenset()


@dataclass(frozen=True, slots=True)
class Routed:
    """Approved on both sides, but another zone serves its network; or none does."""

    endpoint: Endpoint
    interface: Reading[Interface]
    elsewhere: Elsewhere


@dataclass(frozen=True, slots=True)
class Removed:
    """Proven gone; the reason is the proof in words.

    Attributes:
        reason: the proof.
        witness: the side on whose word alone, given twice; None where nobody disagrees.
    """

    reason: str
    witness: Side | None = None


type EndpointState = Ready | Undetermined | Routed | Removed


class _Word(Enum):
    """What one side says of the connection, as the end of a sentence about that side."""

    APPROVED = "approves the connection"
    WAITING = "has not decided on the connection"
    REFUSED = "has no approved connection"
    ABSENT = "does not exist"
    UNKNOWN = "cannot be read"


_OVER = (_Word.REFUSED, _Word.ABSENT)


def judge_endpoint(
    endpoint_reading: EndpointReading,
    registry_id: ResourceId,
    registry: Reading[Registry],
    said: frozenset[Side] = frozenset(),
) -> EndpointState:
    """How the endpoint read in `endpoint_reading` stands with that registry.

    Args:
        endpoint_reading: what was read of the endpoint.
        registry_id: the registry.
        registry: what was read of it.
        said: which sides said half a minute ago that the connection is over.
    """
    state = _compare(endpoint_reading, registry_id, registry)
    return _settle(state, said) if isinstance(state, Undetermined) else state


def _compare(
    endpoint_reading: EndpointReading, registry_id: ResourceId, registry: Reading[Registry]
) -> EndpointState:
    """The table at the head of this file."""
    ours = _endpoint_word(endpoint_reading, registry_id)
    theirs = _registry_word(endpoint_reading, registry)
    words = f"the endpoint {ours.value}, and the registry {theirs.value}"
    said = ((Side.ENDPOINT, ours), (Side.REGISTRY, theirs))
    sides_over = frozenset(side for side, word in said if word in _OVER)
    match endpoint_reading.endpoint:
        case Unknown(cause):
            return Undetermined(words, _retry_of(cause), sides_over)
        case Found(endpoint) if ours is _Word.APPROVED and theirs in (
            _Word.APPROVED,
            _Word.UNKNOWN,
        ):
            elsewhere = endpoint_reading.elsewhere
            return (
                Routed(endpoint, endpoint_reading.interface, elsewhere)
                if elsewhere
                else _approved(endpoint_reading, endpoint)
            )
        case _ if ours in _OVER and theirs in (*_OVER, _Word.WAITING):
            return Removed(words)
    match registry:
        case Unknown(cause):
            return Undetermined(words, _retry_of(cause), sides_over)
    if ours is theirs:
        return Undetermined(words, Retry.NONE)
    coming = ours is _Word.APPROVED and theirs is not _Word.ABSENT
    return Undetermined(
        words, Retry.BECOMING_READY if coming or not sides_over else Retry.BEING_REMOVED, sides_over
    )


def _settle(state: Undetermined, said: frozenset[Side]) -> Undetermined | Removed:
    """Removed, if a side says again what it said half a minute ago.

    The same side must say it: two that are wrong once each prove nothing (no-unproven-delete).
    """
    again = sorted(state.sides_over & said)
    if not again:
        return state
    return Removed(f"{state.reason}, twice half a minute apart", again[0])


def removal_of(  # noqa: PLR0913, PLR0917 - all that decides about a claim
    claim: Claim,
    name: str,
    endpoint_reading: EndpointReading,
    state: Ready | Undetermined | Removed,
    registry: Reading[Registry],
    said: frozenset[Side],
) -> Undetermined | Removed:
    """What becomes of a claim that no ready endpoint gives for that name any more.

    Args:
        claim: the address in the mark.
        name: the record's name.
        endpoint_reading: what was read of the entry's endpoint, after the record.
        state: that endpoint's standing.
        registry: what was read of the registry.
        said: which sides said half a minute ago that it is over.
    """
    match endpoint_reading.endpoint:
        case Found(endpoint) if endpoint.guid[:8] != claim.guid:
            return Removed("the endpoint was created again since (another resourceGuid)")
    match state:
        case Ready():
            lost = _lost_member(state, name, registry)
            return _settle(lost, said) if isinstance(lost, Undetermined) else lost
        case _:
            return state


def missing_members(live: Ready, registry: Reading[Registry]) -> tuple[str, ...]:
    """What a live endpoint's interface lacks of what the registry has in service.

    Regions count once their replica has `Succeeded`; of a registry that cannot
    be read, only the login server is known.
    """
    names = {member.name for member in live.members}
    wanted = [("login server", LOGIN_MEMBER)]
    if isinstance(registry, Found):
        ready = {r.region for r in registry.value.replicas if r.state == SUCCEEDED}
        regions = sorted({registry.value.region} | ready)
        wanted += [(f"region {region}", f"{DATA_MEMBER}{region}") for region in regions]
    return tuple(what for what, name in wanted if name not in names)


def leftover_members(live: Ready, registry: Reading[Registry]) -> tuple[str, ...]:
    """The regions of which the interface still has a member, though the registry left them."""
    if not isinstance(registry, Found):
        return ()
    members = (
        member.name.removeprefix(DATA_MEMBER).removeprefix(REGIONAL_MEMBER)
        for member in live.members
        if member.name.startswith((DATA_MEMBER, REGIONAL_MEMBER))
    )
    return tuple(sorted(set(map(region_name, members)) - registry.value.regions))


def moved(
    claim: Claim,
    name: str,
    elsewhere: Elsewhere,
    given: AbstractSet[str],
    shown: OwnershipStatus | None,
) -> Undetermined | Removed:
    """What becomes of a marked address whose endpoint's network another zone serves.

    That zone must hold first what the endpoint gives for the name now, and this one must not
    be what the network sees any more.

    Args:
        claim: the address in the mark.
        name: the record's name.
        elsewhere: where it belongs now.
        given: the addresses that the endpoint's interface gives for the name.
        shown: whose the link is that shows the network this zone; None if none does.
    """
    if elsewhere.zone is None:
        return Undetermined("no zone serves the endpoint's network", Retry.NONE)
    there = f"the zone in resource group {elsewhere.zone.group} serves the endpoint's network"
    needed = given if given and claim.address not in given else {claim.address}
    # There the endpoint may stand by for another one, and then it is not waited for.
    held = any((name, address) in elsewhere.holds for address in needed)
    if not held and name not in elsewhere.keeps:
        return Undetermined(f"{there}, but does not hold it yet", Retry.BEING_REMOVED)
    if shown is not None:
        # Our own link the other zone takes away; somebody else's only a person.
        retry = Retry.BEING_REMOVED if shown is OwnershipStatus.MANAGED else Retry.NONE
        return Undetermined(f"{there}, but the network is still linked to this one", retry)
    return Removed(f"{there}, and holds it")


def _approved(endpoint_reading: EndpointReading, endpoint: Endpoint) -> Ready | Undetermined:
    """Both sides approve, as far as they can be read: are there members, and are they ours?"""
    if endpoint.state == "Deleting":
        return Undetermined("the endpoint is being deleted", Retry.BEING_REMOVED)
    match endpoint_reading.interface, endpoint_reading.zone_group:
        case Found(interface), Found(False) if interface.members:
            return Ready(endpoint, interface)
        case Unknown(cause), _:
            return Undetermined("the endpoint's interface cannot be read", _retry_of(cause))
        case _, Unknown(cause):
            return Undetermined("the endpoint's zone groups cannot be read", _retry_of(cause))
        case _, Found(True):
            return Undetermined("a zone group keeps the endpoint's records", Retry.NONE)
        case _:
            return Undetermined("the endpoint's interface has no members yet", Retry.BECOMING_READY)


def _lost_member(state: Ready, name: str, registry: Reading[Registry]) -> Undetermined | Removed:
    """The endpoint is live, yet its interface no longer gives this address for this name."""
    if not state.interface.state == state.endpoint.state == SUCCEEDED:
        return Undetermined("the endpoint's interface is being changed", Retry.BECOMING_READY)
    if LOGIN_MEMBER not in {member.name for member in state.members}:
        return Undetermined(
            "the interface has no member for the login server", Retry.BECOMING_READY
        )
    match registry:
        case Found(found) if not _has_region(found, name):
            return Removed("the interface has no such member, and the registry no such region")
        case Found():
            # Regional endpoints can be switched off, which the registry's documents do not tell.
            coming = not name.endswith(_REGIONAL_NAME)
            return Undetermined(
                "the interface has no such member, but the registry has the region",
                Retry.BECOMING_READY if coming else Retry.NONE,
                sides_over=frozenset({Side.INTERFACE}),
            )
        case _:
            return Undetermined(
                "the interface has no such member; the registry cannot be read",
                Retry.NONE,
                sides_over=frozenset({Side.INTERFACE}),
            )


def _has_region(registry: Registry, name: str) -> bool:
    """Whether the record's name is that of a region which the registry still lists."""
    label = registry.login_server.partition(".")[0]
    return name == label or any(name.startswith(f"{label}.{r}.") for r in registry.regions)


def _endpoint_word(endpoint_reading: EndpointReading, registry_id: ResourceId) -> _Word:
    match endpoint_reading.endpoint:
        case Found(endpoint):
            # An endpoint's target never changes: one that names no connection to the
            # registry gives an answer not to build on. Unless all that it names are
            # over: the mark may note the successor of a registry made again elsewhere.
            left_behind = bool(endpoint.connections) and not endpoint.is_in_use
            default = Status.DISCONNECTED if left_behind else Status.OTHER
            return _word(endpoint.connections.get(registry_id, default))
        case Absent():
            return _Word.ABSENT
        case Unknown():
            return _Word.UNKNOWN


def _registry_word(endpoint_reading: EndpointReading, registry: Reading[Registry]) -> _Word:
    match registry:
        case Found(found):
            return _word(found.connections.get(endpoint_reading.id, Status.DISCONNECTED))
        case Absent():
            return _Word.ABSENT
        case Unknown():
            return _Word.UNKNOWN


def _word(status: Status) -> _Word:
    match status:
        case Status.APPROVED:
            return _Word.APPROVED
        case Status.REJECTED | Status.DISCONNECTED:
            return _Word.REFUSED
        case Status.PENDING | Status.OTHER:
            return _Word.WAITING
        case _:
            assert_never(status)


def _retry_of(cause: UnknownReason) -> Retry:
    return Retry.UNREAD if cause is UnknownReason.TRANSIENT else Retry.NONE
