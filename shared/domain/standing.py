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

from shared.domain.marks import Ownership
from shared.domain.model import (
    SUCCEEDED,
    Absent,
    Doubt,
    Elsewhere,
    Endpoint,
    Entry,
    Found,
    Half,
    Interface,
    Member,
    Reading,
    Registry,
    Source,
    Status,
    Unknown,
)
from shared.domain.names import ResourceId, region_name

LOGIN_MEMBER = "registry"
DATA_MEMBER = "registry_data_"
REGIONAL_MEMBER = "registry_"
_REGIONAL_NAME = ".geo"


class Outlook(Enum):
    """What may become of an endpoint that is neither live nor gone."""

    COMING = auto()  # Azure is at work: soon it may be live, so it is worth reading again
    LEAVING = auto()  # one side has let it go: soon the other may, too
    UNANSWERED = auto()  # Azure did not answer, and may later
    LASTING = auto()  # only a person, a right or a setting changes it


@dataclass(frozen=True, slots=True)
class Live:
    """To be published: both sides approve, and these members stand on its interface."""

    endpoint: Endpoint
    interface: Interface

    @property
    def members(self) -> tuple[Member, ...]:
        """What its interface gives."""
        return self.interface.members


@dataclass(frozen=True, slots=True)
class Held:
    """Neither to be published anew nor proven gone: what stands there stays.

    Attributes:
        reason: what was seen.
        outlook: what may become of it.
        half: who alone proves it gone, if one does, while the other disagrees or is silent.
    """

    reason: str
    outlook: Outlook
    half: Half | None = None


@dataclass(frozen=True, slots=True)
class Routed:
    """Approved on both sides, but another zone serves its network; or none does."""

    endpoint: Endpoint
    interface: Reading[Interface]
    elsewhere: Elsewhere


@dataclass(frozen=True, slots=True)
class Gone:
    """Proven gone; the reason is the proof in words.

    Attributes:
        reason: the proof.
        alone: whether it is one side's word alone, given twice.
    """

    reason: str
    alone: bool = False


type Standing = Live | Held | Routed | Gone


class _Side(Enum):
    """What one side says of the connection, as the end of a sentence about that side."""

    APPROVED = "approves the connection"
    WAITING = "has not decided on the connection"
    REFUSED = "has no approved connection"
    ABSENT = "does not exist"
    UNKNOWN = "cannot be read"


_OVER = (_Side.REFUSED, _Side.ABSENT)


def standing(source: Source, registry_id: ResourceId, registry: Reading[Registry]) -> Standing:
    """How the endpoint read in `source` stands with that registry."""
    ours = _endpoint_side(source, registry_id)
    theirs = _registry_side(source, registry)
    told = f"the endpoint {ours.value}, and the registry {theirs.value}"
    half = Half.ENDPOINT if ours in _OVER else Half.REGISTRY if theirs in _OVER else None
    match source.endpoint:
        case Unknown(doubt):
            return Held(told, _outlook(doubt), half)
        case Found(endpoint) if ours is _Side.APPROVED and theirs in (
            _Side.APPROVED,
            _Side.UNKNOWN,
        ):
            elsewhere = source.elsewhere
            return (
                Routed(endpoint, source.interface, elsewhere)
                if elsewhere
                else _approved(source, endpoint)
            )
        case _ if ours in _OVER and theirs in (*_OVER, _Side.WAITING):
            return Gone(told)
    match registry:
        case Unknown(doubt):
            return Held(told, _outlook(doubt), half)
    if ours is theirs:
        return Held(told, Outlook.LASTING)
    coming = ours is _Side.APPROVED and theirs is not _Side.ABSENT
    return Held(told, Outlook.COMING if coming or not half else Outlook.LEAVING, half)


def fate(
    entry: Entry,
    name: str,
    source: Source,
    stand: Live | Held | Gone,
    registry: Reading[Registry],
) -> Held | Gone:
    """What becomes of a marked address that no live endpoint gives for that name any more.

    Args:
        entry: the address in the mark.
        name: the record's name.
        source: what was read of the entry's endpoint, after the record.
        stand: that endpoint's standing.
        registry: what was read of the registry.
    """
    match source.endpoint:
        case Found(endpoint) if endpoint.guid[:8] != entry.guid:
            return Gone("the endpoint was created again since (another resourceGuid)")
    match stand:
        case Live():
            return _lost_member(stand, name, registry)
        case _:
            return stand


def lacking(live: Live, registry: Reading[Registry]) -> tuple[str, ...]:
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


def lingering(live: Live, registry: Reading[Registry]) -> tuple[str, ...]:
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
    entry: Entry,
    name: str,
    elsewhere: Elsewhere,
    given: AbstractSet[str],
    shown: Ownership | None,
) -> Held | Gone:
    """What becomes of a marked address whose endpoint's network another zone serves.

    That zone must hold first what the endpoint gives for the name now, and this one must not
    be what the network sees any more.

    Args:
        entry: the address in the mark.
        name: the record's name.
        elsewhere: where it belongs now.
        given: the addresses that the endpoint's interface gives for the name.
        shown: whose the link is that shows the network this zone; None if none does.
    """
    if elsewhere.zone is None:
        return Held("no zone serves the endpoint's network", Outlook.LASTING)
    there = f"the zone in resource group {elsewhere.zone.group} serves the endpoint's network"
    needed = given if given and entry.address not in given else {entry.address}
    # There the endpoint may stand by for another one, and then it is not waited for.
    held = any((name, address) in elsewhere.holds for address in needed)
    if not held and name not in elsewhere.keeps:
        return Held(f"{there}, but does not hold it yet", Outlook.LEAVING)
    if shown is not None:
        # Our own link the other zone takes away; somebody else's only a person.
        outlook = Outlook.LEAVING if shown is Ownership.OURS else Outlook.LASTING
        return Held(f"{there}, but the network is still linked to this one", outlook)
    return Gone(f"{there}, and holds it")


def _approved(source: Source, endpoint: Endpoint) -> Live | Held:
    """Both sides approve, as far as they can be read: are there members, and are they ours?"""
    if endpoint.state == "Deleting":
        return Held("the endpoint is being deleted", Outlook.LEAVING)
    match source.interface, source.zone_group:
        case Found(interface), Found(False) if interface.members:
            return Live(endpoint, interface)
        case Unknown(doubt), _:
            return Held("the endpoint's interface cannot be read", _outlook(doubt))
        case _, Unknown(doubt):
            return Held("the endpoint's zone groups cannot be read", _outlook(doubt))
        case _, Found(True):
            return Held("a zone group keeps the endpoint's records", Outlook.LASTING)
        case _:
            return Held("the endpoint's interface has no members yet", Outlook.COMING)


def _lost_member(stand: Live, name: str, registry: Reading[Registry]) -> Held | Gone:
    """The endpoint is live, yet its interface no longer gives this address for this name."""
    if not stand.interface.state == stand.endpoint.state == SUCCEEDED:
        return Held("the endpoint's interface is being changed", Outlook.COMING)
    if LOGIN_MEMBER not in {member.name for member in stand.members}:
        return Held("the interface has no member for the login server", Outlook.COMING)
    match registry:
        case Found(found) if not _has_region(found, name):
            return Gone("the interface has no such member, and the registry no such region")
        case Found():
            # Regional endpoints can be switched off, which the registry's documents do not tell.
            coming = not name.endswith(_REGIONAL_NAME)
            return Held(
                "the interface has no such member, but the registry has the region",
                Outlook.COMING if coming else Outlook.LASTING,
                half=Half.INTERFACE,
            )
        case _:
            return Held(
                "the interface has no such member; the registry cannot be read",
                Outlook.LASTING,
                half=Half.INTERFACE,
            )


def _has_region(registry: Registry, name: str) -> bool:
    """Whether the record's name is that of a region which the registry still lists."""
    label = registry.login_server.partition(".")[0]
    return name == label or any(name.startswith(f"{label}.{r}.") for r in registry.regions)


def _endpoint_side(source: Source, registry_id: ResourceId) -> _Side:
    match source.endpoint:
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


def _registry_side(source: Source, registry: Reading[Registry]) -> _Side:
    match registry:
        case Found(found):
            return _side(found.connections.get(source.id, Status.DISCONNECTED))
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


def _outlook(doubt: Doubt) -> Outlook:
    return Outlook.UNANSWERED if doubt is Doubt.TRANSIENT else Outlook.LASTING
