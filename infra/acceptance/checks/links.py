"""What Private DNS does with links, tried on a network without endpoints."""

import re

from infra.acceptance.azure import ABSENT, UnfinishedError
from infra.acceptance.check import Check, DifferenceError, demand
from infra.acceptance.estate import PRIVATE_DNS, Estate
from infra.acceptance.text import one_line

_NETWORK = "network-other"
_BEFORE_POLICIES = "2020-06-01"


def _body(estate: Estate, **properties: object) -> dict[str, object]:
    network = {"id": estate.network_id(_NETWORK)}
    return {
        "location": "global",
        "properties": {"virtualNetwork": network, "registrationEnabled": False, **properties},
    }


def _policy_kept(estate: Estate) -> str:
    """Write a link in a version that does not know policies; then look in one that does."""
    path = f"{estate.zone}/virtualNetworkLinks/check-policy"
    estate.link("check-policy", estate.network_id(_NETWORK), estate.zone)
    older = estate.azure.send("PUT", path, _BEFORE_POLICIES, _body(estate))
    estate.azure.finish(older)
    policy = estate.azure.send("GET", path, PRIVATE_DNS).body["properties"].get("resolutionPolicy")
    return demand(policy == "NxDomainRedirect", f"resolutionPolicy is {policy} afterwards")


def _refused_link(estate: Estate) -> str:
    """Link the network to another zone of the same name, and see what stays of it."""
    other = estate.id_of("privateDnsZones", estate.zone_name, estate.other_group)
    estate.link("check-policy", estate.network_id(_NETWORK), estate.zone)
    try:
        estate.link("check-refused", estate.network_id(_NETWORK), other)
    except UnfinishedError as error:
        answer = estate.azure.send("GET", f"{other}/virtualNetworkLinks/check-refused", PRIVATE_DNS)
        seen = f"refused ({one_line(str(error))}), and read as {answer}"
        return demand(answer.status == ABSENT, seen)
    estate.unlink("check-refused", other)
    raise DifferenceError("a network is linked to two zones of one name")


def _polling_url(estate: Estate) -> str:
    """Poll at a URL whose signature was changed, and at one that names another operation."""
    path = f"{estate.zone}/virtualNetworkLinks/check-policy"
    begun = estate.azure.send("PUT", path, PRIVATE_DNS, _body(estate))
    url = begun.headers.get("Azure-AsyncOperation", "")
    changed = re.sub(r"([?&]s=)[^&]{4}", r"\1AAAA", url)
    if changed == url:
        raise DifferenceError("the polling URL bears no signature")
    answer = estate.azure.follow("GET", changed)
    estate.azure.finish(begun)
    estate.unlink("check-policy", estate.zone)
    return demand(not answer.is_good, f"a changed signature is answered with {answer}")


CHECKS = (
    Check("link-policy-kept", "a write in an older version keeps NxDomainRedirect", _policy_kept),
    Check("refused-link", "refused by the poll, and nothing stays of it", _refused_link),
    Check("polling-url", "a changed polling URL is refused", _polling_url),
)
