"""How an endpoint stands with its registry, as both sides tell it.

Both sides must agree before an endpoint is published or an address of it is
taken away; Resource Manager's reads lag, and a 404 alone lies sometimes (S1).

    endpoint's side, registry's:    Approved   not Approved   404      unreadable
    ─────────────────────────────   ────────   ────────────   ──────   ──────────
    Approved                        live       held           held     live
    Pending, or a word unknown      held       held           held     held
    Rejected, Disconnected          held       gone           gone     held
    404                             held       gone           gone     held
    unreadable                      held       held           held     held

Another `resourceGuid` than the mark's proves alone that the marked endpoint is gone.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import assert_never

from shared.domain.model import (
    SUCCEEDED,
    Absent,
    Endpoint,
    Entry,
    Found,
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


@dataclass(frozen=True, slots=True)
class Live:
    """Approved by both sides, as far as they can be read: its members may be published."""

    endpoint: Endpoint
    members: tuple[Member, ...]


class Outlook(Enum):
    """Whether reading again soon may tell more."""

    PASSING = auto()
    LASTING = auto()


@dataclass(frozen=True, slots=True)
class Held:
    """Neither to be published anew nor proven gone: what stands there stays."""

    reason: str
    outlook: Outlook


@dataclass(frozen=True, slots=True)
class Gone:
    """Proven gone; the reason is the proof in words."""

    reason: str


type Standing = Live | Held | Gone


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
    match source.endpoint:
        case Found(endpoint) if ours is _Side.APPROVED and theirs in (
            _Side.APPROVED,
            _Side.UNKNOWN,
        ):
            if endpoint.state == "Deleting":
                return Held("endpoint is being deleted", Outlook.PASSING)
            return Live(endpoint, _members(source.interface))
        case _ if ours in _OVER and theirs in (*_OVER, _Side.WAITING):
            return Gone(told)
        case _:
            return Held(told, _outlook(ours, theirs))


def fate(
    entry: Entry, name: str, source: Source, stand: Standing, registry: Reading[Registry]
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
            return Gone("endpoint was created again since (another resourceGuid)")
    match stand:
        case Live():
            return _lost_member(stand, name, source, registry)
        case _:
            return stand


def missing_regions(members: tuple[Member, ...], registry: Registry) -> tuple[str, ...]:
    """The regions that are in service but have no data member, in order."""
    have = {
        region_name(m.name.removeprefix(DATA_MEMBER))
        for m in members
        if m.name.startswith(DATA_MEMBER)
    }
    ready = {replica.region for replica in registry.replicas if replica.state == SUCCEEDED}
    return tuple(sorted(({registry.region} | ready) - have))


def _lost_member(
    stand: Live, name: str, source: Source, registry: Reading[Registry]
) -> Held | Gone:
    """The endpoint is live, yet its interface no longer gives this address for this name."""
    match source.interface:
        case Found(interface) if interface.state == stand.endpoint.state == SUCCEEDED:
            names = {member.name for member in interface.members}
        case _:
            return Held("interface is being changed, or cannot be read", Outlook.PASSING)
    if LOGIN_MEMBER not in names:
        return Held("interface has no member `registry` yet", Outlook.PASSING)
    match registry:
        case Absent():
            return Gone("interface has no such member and the registry does not exist")
        case Found(found) if not _has_region(found, name):
            return Gone("interface has no such member and the registry no such region")
        case Found():
            return Held(
                "interface has no such member but the registry has the region", Outlook.PASSING
            )
        case Unknown():
            return Held(
                "interface has no such member; the registry cannot be read", Outlook.LASTING
            )


def _has_region(registry: Registry, name: str) -> bool:
    """Whether the record's name is that of a region which the registry still lists."""
    label = registry.login_server.partition(".")[0]
    regions = {registry.region, *(replica.region for replica in registry.replicas)}
    return name == label or any(name.startswith(f"{label}.{region}.") for region in regions)


def _members(interface: Reading[Interface]) -> tuple[Member, ...]:
    match interface:
        case Found(found):
            return found.members
        case _:
            return ()


def _endpoint_side(source: Source, registry_id: ResourceId) -> _Side:
    match source.endpoint:
        case Found(endpoint):
            # An endpoint's target never changes: one that names no connection to the
            # registry gives an answer not to build on.
            return _side(endpoint.connections.get(registry_id, Status.OTHER))
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


def _outlook(ours: _Side, theirs: _Side) -> Outlook:
    """Two readable sides that disagree will agree soon; a person or a right may take for ever."""
    if _Side.UNKNOWN in (ours, theirs) or ours is theirs:
        return Outlook.LASTING
    return Outlook.PASSING
