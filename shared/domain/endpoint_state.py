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
is routed there. Another `resourceGuid` than the mark's proves alone that the marked
endpoint is gone. What is held though one side proves it over is *half* proven: a
full sync may act on it once the side has said so twice, half a minute apart.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import Enum, auto
from typing import assert_never

from shared.domain.observation import Elsewhere, EndpointReading, Half
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
        half: who alone proves it gone, if one does, while the other disagrees or is silent.
    """

    reason: str
    retry: Retry
    half: Half | None = None


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
        alone: whether it is one side's word alone, given twice.
    """

    reason: str
    alone: bool = False


type EndpointState = Ready | Undetermined | Routed | Removed


class _Side(Enum):
    """What one side says of the connection, as the end of a sentence about that side."""

    APPROVED = "approves the connection"
    WAITING = "has not decided on the connection"
    REFUSED = "has no approved connection"
    ABSENT = "does not exist"
    UNKNOWN = "cannot be read"


_OVER = (_Side.REFUSED, _Side.ABSENT)


def judge_endpoint(
    endpoint_reading: EndpointReading, registry_id: ResourceId, registry: Reading[Registry]
) -> EndpointState:
    """How the endpoint read in `endpoint_reading` stands with that registry."""
    ours = _endpoint_side(endpoint_reading, registry_id)
    theirs = _registry_side(endpoint_reading, registry)
    told = f"the endpoint {ours.value}, and the registry {theirs.value}"
    half = Half.ENDPOINT if ours in _OVER else Half.REGISTRY if theirs in _OVER else None
    match endpoint_reading.endpoint:
        case Unknown(cause):
            return Undetermined(told, _retry_of(cause), half)
        case Found(endpoint) if ours is _Side.APPROVED and theirs in (
            _Side.APPROVED,
            _Side.UNKNOWN,
        ):
            elsewhere = endpoint_reading.elsewhere
            return (
                Routed(endpoint, endpoint_reading.interface, elsewhere)
                if elsewhere
                else _approved(endpoint_reading, endpoint)
            )
        case _ if ours in _OVER and theirs in (*_OVER, _Side.WAITING):
            return Removed(told)
    match registry:
        case Unknown(cause):
            return Undetermined(told, _retry_of(cause), half)
    if ours is theirs:
        return Undetermined(told, Retry.NONE)
    coming = ours is _Side.APPROVED and theirs is not _Side.ABSENT
    return Undetermined(
        told, Retry.BECOMING_READY if coming or not half else Retry.BEING_REMOVED, half
    )


def removal_of(
    claim: Claim,
    name: str,
    endpoint_reading: EndpointReading,
    state: Ready | Undetermined | Removed,
    registry: Reading[Registry],
) -> Undetermined | Removed:
    """What becomes of a marked address that no live endpoint gives for that name any more.

    Args:
        claim: the address in the mark.
        name: the record's name.
        endpoint_reading: what was read of the entry's endpoint, after the record.
        state: that endpoint's standing.
        registry: what was read of the registry.
    """
    match endpoint_reading.endpoint:
        case Found(endpoint) if endpoint.guid[:8] != claim.guid:
            return Removed("the endpoint was created again since (another resourceGuid)")
    match state:
        case Ready():
            return _lost_member(state, name, registry)
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
                half=Half.INTERFACE,
            )
        case _:
            return Undetermined(
                "the interface has no such member; the registry cannot be read",
                Retry.NONE,
                half=Half.INTERFACE,
            )


def _has_region(registry: Registry, name: str) -> bool:
    """Whether the record's name is that of a region which the registry still lists."""
    label = registry.login_server.partition(".")[0]
    return name == label or any(name.startswith(f"{label}.{r}.") for r in registry.regions)


def _endpoint_side(endpoint_reading: EndpointReading, registry_id: ResourceId) -> _Side:
    match endpoint_reading.endpoint:
        case Found(endpoint):
            # An endpoint's target never changes: one that names no connection to the
            # registry gives an answer not to build on. Unless all that it names are
            # over: the mark may note the successor of a registry made again elsewhere.
            left_behind = bool(endpoint.connections) and not endpoint.in_use
            default = Status.DISCONNECTED if left_behind else Status.OTHER
            return _side(endpoint.connections.get(registry_id, default))
        case Absent():
            return _Side.ABSENT
        case Unknown():
            return _Side.UNKNOWN


def _registry_side(endpoint_reading: EndpointReading, registry: Reading[Registry]) -> _Side:
    match registry:
        case Found(found):
            return _side(found.connections.get(endpoint_reading.id, Status.DISCONNECTED))
        case Absent():
            return _Side.ABSENT
        case Unknown():
            return _Side.UNKNOWN


def _side(status: Status) -> _Side:
    match status:
        case Status.APPROVED:
            return _Side.APPROVED
        case Status.REJECTED | Status.DISCONNECTED:
            return _Side.REFUSED
        case Status.PENDING | Status.OTHER:
            return _Side.WAITING
        case _:
            assert_never(status)


def _retry_of(cause: UnknownReason) -> Retry:
    return Retry.UNREAD if cause is UnknownReason.TRANSIENT else Retry.NONE
