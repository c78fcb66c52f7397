"""Kinds of full sync: what the timer has to find, since no event told of it."""

from simulator.world import Json
from tests.faults.kinds import (
    IN_A,
    IN_B,
    KINDS,
    LOGIN,
    PE_A,
    PE_B,
    WEST,
    Kind,
    delete_endpoint,
    endpoint,
    network,
    one_endpoint,
    peering,
    registry,
    reject,
    two_endpoints,
)
from tests.faults.stage import GROUP, TIMER, ZONE, Stage

OTHER_REGISTRY = f"{GROUP}/providers/Microsoft.ContainerRegistry/registries/otherregistry"
_OTHER_IN_B = {
    "otherregistry": ("10.2.0.5",),
    "otherregistry.westeurope.data": ("10.2.0.4",),
}
_LINK = "Microsoft.Network/privateDnsZones/virtualNetworkLinks"


async def _two_registries(stage: Stage) -> None:
    await one_endpoint(stage)
    await network(stage, "b", 2)
    await peering(stage, "a", "b")
    await registry(stage, OTHER_REGISTRY)
    await endpoint(stage, PE_B, "b", OTHER_REGISTRY)


async def _nothing(_stage: Stage) -> None:
    """What is to be found has been there since before the app."""


async def _empty_the_zone(stage: Stage) -> None:
    """Somebody removes all that is ours."""
    await stage.delete(f"{ZONE}/A/{LOGIN}")
    await stage.delete(f"{ZONE}/A/{WEST}")
    (ours,) = (link for link in stage.world.of_type(_LINK, ZONE) if link.body.get("tags"))
    await stage.delete(ours.id)


async def _leave_the_link(stage: Stage) -> None:
    """The endpoint goes, and somebody removes its records by hand, but not the link."""
    await stage.delete(PE_A)
    await stage.delete(f"{ZONE}/A/{LOGIN}")
    await stage.delete(f"{ZONE}/A/{WEST}")


async def _damage(stage: Stage) -> None:
    """Somebody edits: half a mark and a long TTL on one record, a wrong address on the other."""
    login = _properties(stage, LOGIN)
    metadata = dict(login["metadata"])
    del metadata["acrPrivateDnsRegistry"]
    metadata["acrPrivateDnsAddress01"] = metadata["acrPrivateDnsAddress01"][:20]
    body = login | {"ttl": 3600, "metadata": metadata}
    await stage.put(f"{ZONE}/A/{LOGIN}", {"properties": body})
    west = _properties(stage, WEST) | {"aRecords": [{"ipv4Address": "10.7.7.7"}]}
    await stage.put(f"{ZONE}/A/{WEST}", {"properties": west})


def _properties(stage: Stage, name: str) -> Json:
    record = stage.world.get(f"{ZONE}/A/{name}")
    assert record is not None
    return {key: record.properties[key] for key in ("ttl", "aRecords", "metadata")}


_IN_NET_A, _IN_NET_B = frozenset({"net-a"}), frozenset({"net-b"})

SWEEPS = (
    Kind(
        "full-sync-estate-never-told-of",
        _two_registries,
        (),
        _nothing,
        (TIMER,),
        IN_A | _OTHER_IN_B,
        _IN_NET_A | _IN_NET_B,
    ),
    Kind(
        "full-sync-zone-emptied",
        one_endpoint,
        (TIMER,),
        _empty_the_zone,
        (TIMER,),
        IN_A,
        _IN_NET_A,
        restored=True,
    ),
    Kind(
        "full-sync-deletion-lost",
        one_endpoint,
        (TIMER,),
        delete_endpoint,
        (TIMER,),
        {},
        frozenset(),
        _IN_NET_A,
    ),
    Kind(
        "full-sync-deletion-lost-in-a-listed-subscription",
        one_endpoint,
        (TIMER,),
        delete_endpoint,
        (TIMER,),
        {},
        frozenset(),
        _IN_NET_A,
        lists_subscriptions=True,
    ),
    Kind(
        "full-sync-rejection-lost",
        one_endpoint,
        (TIMER,),
        reject,
        (TIMER,),
        {},
        frozenset(),
        _IN_NET_A,
    ),
    Kind(
        "full-sync-link-left-behind",
        one_endpoint,
        (TIMER,),
        _leave_the_link,
        (TIMER,),
        {},
        frozenset(),
        _IN_NET_A,
    ),
    Kind(
        "full-sync-one-of-two-endpoints-gone",
        two_endpoints,
        (TIMER,),
        delete_endpoint,
        (TIMER,),
        IN_B,
        _IN_NET_B,
        _IN_NET_A,
    ),
    Kind(
        "full-sync-records-damaged",
        one_endpoint,
        (TIMER,),
        _damage,
        (TIMER,),
        IN_A,
        _IN_NET_A,
        restored=True,
    ),
)
ALL = (*KINDS, *SWEEPS)
"""Every kind of run."""
