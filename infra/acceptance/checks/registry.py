"""What Container Registry does: replicas, connections, addresses, limits."""

from azure.core.exceptions import HttpResponseError

from infra.acceptance.check import Check, DifferenceError, demand
from infra.acceptance.estate import Estate
from infra.acceptance.text import one_line

_VERSION = "2025-11-01"
_READS = 60
_STATIC = {"registry": "10.91.3.200", "registry_data_": "10.91.3.201"}


def _home_listed(estate: Estate) -> str:
    """The list before the first replica, and with it."""
    known, home = estate.regions, estate.options.location
    listed = estate.replications()
    seen = f"before {sorted(known or ())}, with a replica {sorted(listed)}"
    return demand(known == set() and listed == {home, estate.options.replica}, seen)


def _pending(estate: Estate) -> str:
    """Whether the manual connection is still approved; it is approved again where it is not."""
    state = estate.connection("pe-b")["properties"]["privateLinkServiceConnectionState"]["status"]
    if state == "Pending":
        estate.approve("pe-b")
        estate.until(lambda: _status(estate) == "Approved")
    return demand(state == "Approved", f"pe-b is {state}")


def _status(estate: Estate) -> str:
    one = estate.connection("pe-b")["properties"]["privateLinkServiceConnectionState"]
    return str(one["status"])


def _unfit(estate: Estate) -> str:
    """Ask for a replica while an endpoint has static addresses, and none for a new region."""
    fixed = [
        {
            "name": member.strip("_"),
            "properties": {
                "groupId": "registry",
                "memberName": _member(estate, member),
                "privateIPAddress": address,
            },
        }
        for member, address in _STATIC.items()
    ]
    estate.make_endpoint("pe-static", "network-other", ipConfigurations=fixed)
    try:
        seen = _outcome(estate)
        stays = estate.options.replica in estate.replications()
        if stays:
            estate.drop_replica()
    finally:
        estate.drop_endpoint("pe-static")
    return demand(not stays, f"{seen}, {'stays' if stays else 'is gone'}")


def _member(estate: Estate, member: str) -> str:
    return f"{member}{estate.options.location}" if member.endswith("_") else member


def _outcome(estate: Estate) -> str:
    try:
        estate.make_replica()
    except HttpResponseError as error:
        code = error.error.code if error.error else ""
        return f"the replica fails ({code}: {one_line(error.message)[:120]})"
    return "the replica succeeds"


def _dual_stack(estate: Estate) -> str:
    """Make an endpoint with both kinds of addresses, and look at its interface."""
    try:
        estate.make_endpoint("pe-dual", "network-other", ipVersionType="DualStack")
        interface = estate.endpoint("pe-dual")["properties"]["networkInterfaces"][0]["id"]
        found = estate.azure.send("GET", interface, "2023-11-01").body["properties"]
    finally:
        estate.drop_endpoint("pe-dual")
    pairs = [
        (
            one["properties"]["privateLinkConnectionProperties"]["requiredMemberName"],
            one["properties"].get("privateIPAddressVersion", "IPv4"),
        )
        for one in found["ipConfigurations"]
    ]
    each = {member: [kind for name, kind in pairs if name == member] for member, _ in pairs}
    seen = "; ".join(f"{member} {' then '.join(kinds)}" for member, kinds in each.items())
    return demand(all(kinds == ["IPv4", "IPv6"] for kinds in each.values()), seen)


def _public_access(estate: Estate) -> str:
    """Ask for a third word; the registry goes back to Disabled if it is taken."""
    body = {"properties": {"publicNetworkAccess": "SecuredByPerimeter"}}
    answer = estate.azure.send("PATCH", estate.registry_id, _VERSION, body)
    if not answer.is_good:
        return f"SecuredByPerimeter is answered with {answer}"
    estate.azure.finish(answer)
    found = estate.azure.send("GET", estate.registry_id, _VERSION).body
    word = found.get("properties", {}).get("publicNetworkAccess")
    body["properties"]["publicNetworkAccess"] = "Disabled"
    estate.azure.finish(estate.azure.send("PATCH", estate.registry_id, _VERSION, body))
    raise DifferenceError(f"SecuredByPerimeter is taken, and shown as {word}")


def _rates(estate: Estate) -> str:
    answers = [estate.azure.send("GET", estate.registry_id, _VERSION) for _ in range(_READS)]
    refused = [answer for answer in answers if not answer.is_good]
    left = {
        name.lower().removeprefix("x-ms-ratelimit-"): value
        for name, value in answers[-1].headers.items()
        if name.lower().startswith("x-ms-ratelimit-")
    }
    limits = ", ".join(f"{name} {value}" for name, value in left.items()) or "no limit told"
    return demand(not refused, f"{len(refused)} of {_READS} reads refused; {limits}")


def _target_deleted(estate: Estate) -> str:
    """Delete the registry behind an endpoint; this comes last."""
    estate.make_endpoint("pe-left", "network-other")
    estate.azure.registries.registries.begin_delete(estate.group, estate.registry).result()

    def state() -> str:
        properties = estate.endpoint("pe-left")["properties"]
        (one,) = properties["privateLinkServiceConnections"]
        return str(one["properties"]["privateLinkServiceConnectionState"]["status"])

    is_so = estate.until(lambda: state() == "Disconnected")
    return demand(is_so, f"the endpoint is there and {state()}")


HOME_LISTED = Check(
    "home-region-listed", "no region before, home and replica with it", _home_listed
)
PENDING = Check("pending-after-replica", "a manual connection stays Approved", _pending)
CHECKS = (
    Check("unfit-replica", "it fails, and goes", _unfit),
    Check("dual-stack-interface", "two configurations a member, IPv4 first", _dual_stack),
    Check("public-access-words", "SecuredByPerimeter is refused", _public_access),
    Check("registry-rates", "60 reads at once are answered", _rates),
)
TARGET_DELETED = Check("target-deleted", "the endpoint stays, Disconnected", _target_deleted)
