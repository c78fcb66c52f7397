"""Link usage: may this link go?

Whether an address may go is judged in `shared/domain/endpoint_state.py`, from the
observation: a run reads every source directly and after the record, so its observation is
the proof. A link needs more: that nobody else in its network uses it.
"""

import asyncio
from dataclasses import dataclass

from shared.domain.reading import Absent, Found, Unknown, UnknownReason
from shared.domain.resource_id import ResourceId
from shared.domain.routing import LinkNeed, link_need
from shared.domain.zone import Link, Peered, Zone
from shared.engine.azure import Azure
from shared.errors import TransientError

# Each is read, so a network with more keeps its link rather than use up the reads of a run.
_MAX_ENDPOINTS = 100


@dataclass(frozen=True, slots=True)
class Unused:
    """Nobody uses the link; the reason is the proof in words."""

    reason: str


@dataclass(frozen=True, slots=True)
class InUse:
    """Somebody uses the link, or that cannot be ruled out, and `is_unread` says which."""

    reason: str
    is_unread: bool = False


async def link_use(
    link: Link, zone: Zone, kept_zones: tuple[Zone, ...], azure: Azure
) -> Unused | InUse:
    """Whether a link of ours is still of use to anybody in the zone (client-never-worse).

    Args:
        link: the link.
        zone: whose it is.
        kept_zones: every zone of its name that the app keeps.
        azure: Azure.

    Raises:
        TransientError: Azure did not answer, and may later.

    A peered network keeps its link unless the zone says otherwise: others may
    resolve through it, and `NxDomainRedirect` makes it harmless.
    """
    if link.network is None:
        return InUse("the link's network could not be understood")
    match await azure.network(link.network):
        case Absent():
            return Unused("network does not exist")
        # Only what passes by itself ends the run: any other reason lasts, and the link with it.
        case Unknown(UnknownReason.TRANSIENT, detail):
            raise TransientError(f"network {link.network.name} could not be read: {detail}")
        case Unknown(cause):
            # What is not watched is not meant to be read.
            is_unread = cause is not UnknownReason.UNWATCHED
            return InUse(f"network cannot be told: {cause}", is_unread)
        case Found(network) if network.is_peered and zone.peered is Peered.KEEP:
            return InUse("network is peered")
        case Found(network) if len(network.endpoints) > _MAX_ENDPOINTS:
            return InUse(f"network has more than {_MAX_ENDPOINTS} endpoints")
        case Found(network):
            return await _endpoint_use(network.endpoints, zone, kept_zones, azure)


async def _endpoint_use(
    endpoints: tuple[ResourceId, ...], zone: Zone, kept_zones: tuple[Zone, ...], azure: Azure
) -> Unused | InUse:
    readings = await asyncio.gather(*(azure.endpoint(id_) for id_ in endpoints))
    for id_, reading in zip(endpoints, readings, strict=True):
        # Only what passes by itself ends the run, as above.
        if isinstance(reading, Unknown) and reading.reason is UnknownReason.TRANSIENT:
            raise TransientError(f"an endpoint in the network could not be read: {reading.detail}")
        if link_need(reading, zone, kept_zones) is not LinkNeed.NONE:
            return InUse(f"endpoint {id_.name} is in the network, or cannot be read")
    return Unused("no endpoint of a registry is left in the network")
