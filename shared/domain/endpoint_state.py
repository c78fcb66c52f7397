"""The state of an endpoint, as its own side and the registry's tell it.

Both sides must agree before an endpoint is published or an address of it is
taken away; Resource Manager's reads lag, and a 404 alone lies sometimes (no-unproven-delete).

    endpoint's side, registry's:    Approved       not Approved   404            unreadable
    ─────────────────────────────   ────────────   ────────────   ────────────   ────────────
    Approved                        ready          undetermined   undetermined   ready
    Pending, or a word unknown      undetermined   undetermined   undetermined   undetermined
    Rejected, Disconnected          undetermined   removed        removed        undetermined
    404                             undetermined   removed        removed        undetermined
    unreadable                      undetermined   undetermined   undetermined   undetermined

Ready means more: the interface was read and gives members at the registry's own names
(own-names-only), and no zone group keeps them in the zone. Which zone holds an endpoint's names is
another question (`routing`). Another `resourceGuid` than the claim's proves alone that the claimed
endpoint is removed. Where one side says that a connection is over and the other disagrees, a full
sync may act on it once the same side has said so twice, half a minute apart.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import assert_never

from shared.domain.observation import EndpointReading, Side
from shared.domain.own_names import with_own_names
from shared.domain.ownership import Claim
from shared.domain.reading import Absent, Found, Reading, Unknown, UnknownReason
from shared.domain.resource_id import ResourceId, region_name
from shared.domain.resources import SUCCEEDED, Endpoint, Interface, Member, Registry, Status

# Azure's `requiredMemberName`, for data and regional endpoints followed by the region
# (docs/azure.md, Container Registry).
LOGIN_MEMBER = "registry"
DATA_MEMBER = "registry_data_"
REGIONAL_MEMBER = "registry_"
_REGIONAL_NAME = ".geo"


class Retry(Enum):
    """What may become of an endpoint that is neither ready nor removed."""

    BECOMING_READY = auto()  # Azure is at work: soon it may be ready, so it is worth reading again
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
    """Neither to be published anew nor proven removed: what is published stays.

    Attributes:
        reason: why, in words.
        retry: what may become of it.
        sides_over: which sides say that the connection is over, while another does not.
    """

    reason: str
    retry: Retry
    sides_over: frozenset[Side] = frozenset()


@dataclass(frozen=True, slots=True)
class Removed:
    """Proven over.

    Attributes:
        reason: the proof in words.
        side: the one that alone said so, twice; None where nobody disagrees.
    """

    reason: str
    side: Side | None = None


type EndpointState = Ready | Undetermined | Removed


class _Word(Enum):
    """What one side says of the connection, as the end of a sentence about that side."""

    APPROVED = "approves the connection"
    WAITING = "has not decided on the connection"
    REFUSED = "has no approved connection"
    ABSENT = "does not exist"
    UNKNOWN = "cannot be read"

    @property
    def is_over(self) -> bool:
        """Whether that side says that the connection is over."""
        return self in (_Word.REFUSED, _Word.ABSENT)


def judge_endpoint(
    endpoint_reading: EndpointReading,
    registry_id: ResourceId,
    registry: Reading[Registry],
    sides_before: frozenset[Side] = frozenset(),
    zone: ResourceId | None = None,
) -> EndpointState:
    """The state of an endpoint towards that registry.

    Args:
        endpoint_reading: what was read of the endpoint.
        registry_id: the registry.
        registry: what was read of it.
        sides_before: which sides said half a minute ago that the connection is over.
        zone: where its names are to be published; None to ask for no zone group, since what
            clients reach does not depend on who keeps the records.
    """
    # What the interface lists at names of others is not even seen (own-names-only).
    endpoint_reading = with_own_names(endpoint_reading, registry_id, registry)
    state = _compare(endpoint_reading, registry_id, registry, zone)
    return _settle(state, sides_before) if isinstance(state, Undetermined) else state


def removal_of(  # noqa: PLR0913, PLR0917 - all that decides about a claim
    claim: Claim,
    name: str,
    endpoint_reading: EndpointReading,
    state: Ready | Undetermined | Removed,
    registry: Reading[Registry],
    sides_before: frozenset[Side],
) -> Undetermined | Removed:
    """What becomes of a claim that no ready endpoint gives for that name any more.

    Args:
        claim: the claim, from the record's ownership.
        name: the record's name.
        endpoint_reading: what was read of the claim's endpoint, after the record.
        state: that endpoint's state.
        registry: what was read of the registry.
        sides_before: which sides said half a minute ago that it is over.
    """
    match endpoint_reading.endpoint:
        case Found(endpoint) if endpoint.guid[:8] != claim.guid:
            # Proof enough alone: Azure never gives a `resourceGuid` twice.
            return Removed("the endpoint was created again since (another resourceGuid)")
    match state:
        case Ready():
            member_state = _judge_member(state, name, registry)
            if isinstance(member_state, Undetermined):
                return _settle(member_state, sides_before)
            return member_state
        case _:
            return state


def missing_members(state: Ready, registry: Reading[Registry]) -> tuple[str, ...]:
    """What a ready endpoint's interface lacks of what the registry has in service.

    Regions count once their replica has `Succeeded`; of a registry that cannot
    be read, only the login server is known.
    """
    names = {member.name for member in state.members}
    members = [("login server", LOGIN_MEMBER)]
    if isinstance(registry, Found):
        # The home region by itself: Azure's list of replications may leave it out.
        regions = {registry.value.region}
        regions |= {one.region for one in registry.value.replicas if one.state == SUCCEEDED}
        members += [(f"region {region}", f"{DATA_MEMBER}{region}") for region in sorted(regions)]
    return tuple(text for text, name in members if name not in names)


def leftover_members(state: Ready, registry: Reading[Registry]) -> tuple[str, ...]:
    """The regions of which the interface still has a member, though the registry left them."""
    if not isinstance(registry, Found):
        return ()
    # The longer prefix first, since it begins with the shorter one.
    members = (
        member.name.removeprefix(DATA_MEMBER).removeprefix(REGIONAL_MEMBER)
        for member in state.members
        if member.name.startswith((DATA_MEMBER, REGIONAL_MEMBER))
    )
    return tuple(sorted(set(map(region_name, members)) - registry.value.regions))


def _compare(
    endpoint_reading: EndpointReading,
    registry_id: ResourceId,
    registry: Reading[Registry],
    zone: ResourceId | None,
) -> EndpointState:
    """The table at the head of this file."""
    own = _endpoint_word(endpoint_reading, registry_id)
    other = _registry_word(endpoint_reading, registry)
    reason = f"the endpoint {own.value}, and the registry {other.value}"
    words = ((Side.ENDPOINT, own), (Side.REGISTRY, other))
    sides_over = frozenset(side for side, word in words if word.is_over)
    match endpoint_reading.endpoint:
        case Unknown(cause):
            return Undetermined(reason, _retry_of(cause), sides_over)
        # A registry that nobody may read publishes all the same: its endpoint gives the names.
        case Found(endpoint) if own is _Word.APPROVED and other in (_Word.APPROVED, _Word.UNKNOWN):
            return _judge_approved(endpoint_reading, endpoint, zone)
        # A registry that has not decided is taken to agree: it never took the connection.
        case _ if own.is_over and (other.is_over or other is _Word.WAITING):
            return Removed(reason)
    match registry:
        case Unknown(cause):
            return Undetermined(reason, _retry_of(cause), sides_over)
    if own is other:
        # Pending on both sides: that can last for ever, so nothing waits for it
        # (docs/decisions/0003-a-name-keeps-its-last-address.md).
        return Undetermined(reason, Retry.NONE)
    # The endpoint's approval can come first; a registry that is not there approves nothing.
    is_new = own is _Word.APPROVED and other is not _Word.ABSENT
    retry = Retry.BECOMING_READY if is_new or not sides_over else Retry.BEING_REMOVED
    return Undetermined(reason, retry, sides_over)


def _settle(state: Undetermined, sides_before: frozenset[Side]) -> Undetermined | Removed:
    """Removed, if a side says again what it said half a minute ago.

    The same side must say it: two that are wrong once each prove nothing (no-unproven-delete).
    """
    sides = sorted(state.sides_over & sides_before)
    if not sides:
        return state
    return Removed(f"{state.reason}, twice half a minute apart", sides[0])


def _judge_approved(
    endpoint_reading: EndpointReading, endpoint: Endpoint, zone: ResourceId | None
) -> Ready | Undetermined:
    """Both sides approve, as far as they can be read: are there members, and are they ours?"""
    if endpoint.state == "Deleting":
        return Undetermined("the endpoint is being deleted", Retry.BEING_REMOVED)
    interface, group_zones = endpoint_reading.interface, endpoint_reading.group_zones
    match interface, Found(frozenset[ResourceId]()) if zone is None else group_zones:
        case Unknown(cause), _:
            return Undetermined("the endpoint's interface cannot be read", _retry_of(cause))
        # Two writers of one name would fight, so what may have a zone group is left to Azure.
        case _, Unknown(cause):
            return Undetermined("the endpoint's zone groups cannot be read", _retry_of(cause))
        case _, Found(zones) if zone in zones:
            return Undetermined("a zone group keeps the endpoint's records", Retry.NONE)
        case Found(value), Found() if value.members:
            return Ready(endpoint, value)
        case value, _:
            return _judge_no_members(value)


def _judge_no_members(interface: Found[Interface] | Absent) -> Undetermined:
    match interface:
        # Those will not become its own, however long they are waited for.
        case Found(Interface(others_fqdns=fqdns)) if fqdns:
            return Undetermined("the endpoint's interface gives only names of others", Retry.NONE)
        case _:
            return Undetermined("the endpoint's interface has no members yet", Retry.BECOMING_READY)


def _judge_member(state: Ready, name: str, registry: Reading[Registry]) -> Undetermined | Removed:
    """The endpoint is ready, yet its interface no longer gives this address for this name."""
    if not state.interface.state == state.endpoint.state == SUCCEEDED:
        return Undetermined("the endpoint's interface is being changed", Retry.BECOMING_READY)
    # Every registry has this member: an interface without it does not tell the whole.
    if LOGIN_MEMBER not in {member.name for member in state.members}:
        return Undetermined(
            "the interface has no member for the login server", Retry.BECOMING_READY
        )
    sides_over = frozenset({Side.INTERFACE})
    match registry:
        case Found(value) if not _has_region(value, name):
            return Removed("the interface has no such member, and the registry no such region")
        case Found():
            # Regional endpoints can be switched off, which the registry's documents do not tell.
            retry = Retry.NONE if name.endswith(_REGIONAL_NAME) else Retry.BECOMING_READY
            reason = "the interface has no such member, but the registry has the region"
            return Undetermined(reason, retry, sides_over)
        case _:
            reason = "the interface has no such member; the registry cannot be read"
            return Undetermined(reason, Retry.NONE, sides_over)


def _has_region(registry: Registry, name: str) -> bool:
    """Whether the record's name is that of a region which the registry still lists."""
    label = registry.login_server.partition(".")[0]
    return name == label or any(name.startswith(f"{label}.{one}.") for one in registry.regions)


def _endpoint_word(endpoint_reading: EndpointReading, registry_id: ResourceId) -> _Word:
    match endpoint_reading.endpoint:
        case Found(endpoint):
            # An endpoint's target never changes: one that names no connection to the
            # registry gives an answer not to build on. Unless all that it names are
            # over: the claim may be on the successor of a registry made again elsewhere.
            is_over = bool(endpoint.connections) and not endpoint.is_in_use
            default = Status.DISCONNECTED if is_over else Status.OTHER
            return _word(endpoint.connections.get(registry_id, default))
        case Absent():
            return _Word.ABSENT
        case Unknown():
            return _Word.UNKNOWN


def _registry_word(endpoint_reading: EndpointReading, registry: Reading[Registry]) -> _Word:
    match registry:
        case Found(value):
            # A registry forgets a connection that is over, so none is as good as a refused one.
            return _word(value.connections.get(endpoint_reading.id, Status.DISCONNECTED))
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
        # A status that we do not know proves nothing, neither approval nor its end.
        case Status.PENDING | Status.OTHER:
            return _Word.WAITING
        case _:
            assert_never(status)


def _retry_of(cause: UnknownReason) -> Retry:
    # A missing right or an unwatched subscription could last for ever: nothing waits for it.
    return Retry.UNREAD if cause is UnknownReason.TRANSIENT else Retry.NONE
