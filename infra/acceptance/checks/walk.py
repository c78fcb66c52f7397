"""The app's own story: an endpoint, approval, a replica, and the way back, held against the zone.

What is expected is read from the endpoints' interfaces here, never from the app.
"""

import time

from infra.acceptance import dig
from infra.acceptance.azure import Json
from infra.acceptance.check import Check, DifferenceError, demand
from infra.acceptance.estate import PRIVATE_DNS, Estate
from infra.acceptance.text import count

_POLICY = "NxDomainRedirect"
_MARK = "acrPrivateDns"
# An app's full sync takes one side's word only if it says the same again so much later.
_SECONDS_BETWEEN_PROOFS = 30.0


def _appearance(estate: Estate) -> str:
    estate.regions = estate.replications()
    estate.make_endpoint("pe-a", "network-a")
    return _settle(estate, "pe-a", "network-a")


def _standby(estate: Estate) -> str:
    estate.make_endpoint("pe-b", "network-b", manual=True)
    state = _states(estate, "pe-b")
    seen = _settle(estate, "pe-a", "network-a")
    return demand(state == {"Pending"}, f"pe-b is {' and '.join(sorted(state))}; {seen}")


def _approval(estate: Estate) -> str:
    estate.approve("pe-b")
    if not estate.until(lambda: _states(estate, "pe-b") == {"Approved"}):
        raise DifferenceError(f"pe-b is {' and '.join(sorted(_states(estate, 'pe-b')))}")
    return _settle(estate, "pe-a", "network-a", "network-b")


def _replica(estate: Estate) -> str:
    estate.make_replica()
    # The interface's new member may come after the replica says that it is there.
    region = f".{estate.options.replica}.data."
    if not estate.until(lambda: any(region in fqdn for fqdn in estate.addresses("pe-a"))):
        raise DifferenceError(f"pe-a never gave an address for {estate.options.replica}")
    return _settle(estate, "pe-a", "network-a")


def _takeover(estate: Estate) -> str:
    estate.drop_endpoint("pe-a")
    return _settle(estate, "pe-b", "network-b")


def _departure(estate: Estate) -> str:
    estate.drop_replica()
    region = f".{estate.options.replica}.data."
    if not estate.until(lambda: not any(region in fqdn for fqdn in estate.addresses("pe-b"))):
        raise DifferenceError(f"pe-b still gives an address for {estate.options.replica}")
    return _settle(estate, "pe-b", "network-b")


def _repair(estate: Estate) -> str:
    for name in records(estate):
        estate.azure.send("DELETE", f"{estate.engine.zone}/A/{name}", PRIVATE_DNS)
    for link in _links(estate):
        estate.unlink(link["name"], estate.engine.zone)
    return _settle(estate, "pe-b", "network-b", is_repair=True)


def _return(estate: Estate) -> str:
    return _settle(estate, "pe-b", "network-b", is_repair=True)


def _end(estate: Estate) -> str:
    estate.drop_endpoint("pe-b")
    trouble = ""

    def is_empty() -> bool:
        nonlocal trouble
        trouble = estate.engine.work(estate.registry_id)
        return not records(estate) and not _links(estate)

    is_so = estate.until(is_empty)
    left = [*records(estate), *(link["name"] for link in _links(estate))]
    return demand(is_so, f"left in the zone: {', '.join(left) or 'nothing'}{_because(trouble)}")


def _members(estate: Estate) -> str:
    """Whether an interface lists names of its own registry alone."""
    label = estate.registry
    names = estate.addresses("pe-a")
    foreign = [name for name in names if not name.startswith((f"{label}.", f"{label}-"))]
    return demand(not foreign, f"{count(len(names), 'name')}, {len(foreign)} of another registry")


def _sides(estate: Estate) -> str:
    """For how long registry and endpoint disagree after the registry's owner approved one."""
    estate.make_endpoint("pe-sides", "network-other", manual=True)
    estate.approve("pe-sides")
    began = time.monotonic()
    estate.until(lambda: _states(estate, "pe-sides") == {"Approved"})
    seconds, state = time.monotonic() - began, _states(estate, "pe-sides")
    estate.drop_endpoint("pe-sides")
    seen = f"{' and '.join(sorted(state))} {seconds:.1f} s after the approval"
    return demand(state == {"Approved"} and seconds < _SECONDS_BETWEEN_PROOFS, seen)


def _states(estate: Estate, endpoint: str) -> set[str]:
    """What the two sides of a connection say of it."""
    properties = estate.endpoint(endpoint)["properties"]
    connections = [
        *(properties.get("privateLinkServiceConnections") or ()),
        *(properties.get("manualPrivateLinkServiceConnections") or ()),
    ]
    sides = [*connections, estate.connection(endpoint)]
    return {one["properties"]["privateLinkServiceConnectionState"]["status"] for one in sides}


def _settle(estate: Estate, endpoint: str, *networks: str, is_repair: bool = False) -> str:
    """Let the app work until the zone says what an endpoint's interface gives.

    Args:
        estate: everything.
        endpoint: the one that is to be published.
        networks: those that must be linked.
        is_repair: no event told the app what happened.
    """
    wanted = _wanted(estate, endpoint)
    act = estate.engine.repair if is_repair else estate.engine.work
    trouble, differences = "", list[str]()

    def is_right() -> bool:
        nonlocal trouble, differences
        trouble = act(estate.registry_id)
        differences = _differences(estate, wanted, networks)
        return not differences

    if not estate.until(is_right):
        raise DifferenceError(f"{'; '.join(differences)}{_because(trouble)}")
    dug = dig.ask_all(estate, wanted) if estate.options.network else ""
    return f"{count(len(wanted), 'record')} of {endpoint}, {count(len(networks), 'link')}{dug}"


def _because(trouble: str) -> str:
    return f" ({trouble})" if trouble else ""


def _wanted(estate: Estate, endpoint: str) -> dict[str, str]:
    """The record sets that must stand: by name, the one address."""
    found = estate.addresses(endpoint)
    return {name.removesuffix(f".{estate.suffix}"): address for name, address in found.items()}


def _differences(estate: Estate, wanted: dict[str, str], networks: tuple[str, ...]) -> list[str]:
    standing = records(estate)
    texts = [
        f"{name} is {_shown(standing.get(name))} instead of {address}"
        for name, address in wanted.items()
        if _addresses(standing.get(name)) != [address]
    ]
    texts += [f"{name} still stands" for name in standing.keys() - wanted.keys()]
    texts += [
        f"{name} bears no owner"
        for name, record in standing.items()
        if _MARK not in (record["properties"].get("metadata") or {})
    ]
    policies = {
        link["properties"]["virtualNetwork"]["id"].lower(): link["properties"].get(
            "resolutionPolicy"
        )
        for link in _links(estate)
    }
    return texts + [
        f"{network} is linked with {policies.get(estate.network_id(network).lower())}"
        for network in networks
        if policies.get(estate.network_id(network).lower()) != _POLICY
    ]


def _addresses(record: Json | None) -> list[str]:
    return [
        one["ipv4Address"] for one in ((record or {}).get("properties") or {}).get("aRecords", ())
    ]


def _shown(record: Json | None) -> str:
    return "absent" if record is None else ", ".join(_addresses(record)) or "empty"


def records(estate: Estate) -> dict[str, Json]:
    """The registry's record sets in the zone that the app keeps."""
    group, zone = estate.engine.zone.split("/")[4], estate.engine.zone.rpartition("/")[2]
    listed = estate.azure.zones.record_sets.list_by_type(group, zone, "A")
    own = (f"{estate.registry}.", f"{estate.registry}-")
    return {
        one["name"]: one
        for one in (item.as_dict() for item in listed)
        if one["name"] == estate.registry or one["name"].startswith(own)
    }


def _links(estate: Estate) -> list[Json]:
    """The links of the throw-away networks in the zone that the app keeps."""
    group, zone = estate.engine.zone.split("/")[4], estate.engine.zone.rpartition("/")[2]
    listed = estate.azure.zones.virtual_network_links.list(group, zone)
    networks = {estate.network_id(name).lower() for name in ("network-a", "network-b")}
    return [
        one
        for one in (item.as_dict() for item in listed)
        if one["properties"]["virtualNetwork"]["id"].lower() in networks
    ]


APPEARANCE = Check("walk-endpoint", "every name of the interface, and the link", _appearance)
MEMBERS = Check("other-registrys-name", "an interface lists its registry's names alone", _members)
STANDBY = Check("walk-manual-endpoint", "it is Pending, and changes nothing", _standby)
APPROVAL = Check("walk-approval", "it is Approved and stands by", _approval)
SIDES = Check("connection-sides", "both sides agree within 30 s of an approval", _sides)
REPLICA = Check("walk-replica", "the new region's name stands", _replica)
TAKEOVER = Check("walk-takeover", "the second endpoint takes over", _takeover)
DEPARTURE = Check("walk-replica-removal", "the region's name goes, no other", _departure)
REPAIR = Check("walk-repair", "an emptied zone is filled again", _repair)
RETURN = Check("walk-zone-group-removal", "the app takes over what a zone group left", _return)
END = Check("walk-end", "no record and no link is left", _end)
