"""What the single settings may hold; each raises `ValueError`, in words that end "should be …"."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from shared.domain.policy import Permission, Policy
from shared.domain.resource_id import InvalidNameError, parse_guid

# Fit for metadata and tags as it is, so that it reads back as it was written.
_OWNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,63}")
_URL = re.compile(r"https://[A-Za-z0-9.-]+(?::([0-9]{1,5}))?/?", re.ASCII)
_API_VERSION = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(-preview)?", re.ASCII)
# Not every cloud serves the versions that the installed clients ask for.
_CLIENTS = frozenset({"network", "privatedns", "containerregistry"})
_MAX_PORT = 65_535
# Azure's own limit (docs/azure.md#private-dns).
_MAX_TTL = 2_147_483_647
_MAX_PERCENT = 100
_MAX_DELETES = 1_000_000
_BOOLS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Cloud:
    """Where Resource Manager is, and for whom its tokens are."""

    base_url: str
    scope: str


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """Which subscriptions to look after: by their IDs; None for all that can be listed."""

    ids: frozenset[str] | None


PUBLIC = Cloud("https://management.azure.com", "https://management.azure.com/.default")

# Hosts and scopes as azure-mgmt-core's own table of clouds has them
# (docs/azure.md#resource-manager).
_CLOUDS = {
    "public": PUBLIC,
    "china": Cloud(
        "https://management.chinacloudapi.cn", "https://management.chinacloudapi.cn/.default"
    ),
    "usgov": Cloud(
        "https://management.usgovcloudapi.net", "https://management.core.usgovcloudapi.net/.default"
    ),
}


def owner(text: str) -> str:
    """The owner stands in the ownership of every record and link, so it must fit there."""
    if not _OWNER.fullmatch(text):
        raise ValueError("a name for this deployment: 1 to 64 letters, digits, dots or dashes")
    return text


def subscriptions(text: str) -> Subscriptions:
    """The subscriptions to look after."""
    if text.lower() == "all":
        return Subscriptions(None)
    try:
        return Subscriptions(frozenset(parse_guid(part.strip()) for part in text.split(",")))
    except InvalidNameError:
        raise ValueError("subscription IDs, separated by commas, or all, alone") from None


def ttl(text: str) -> int:
    """Seconds."""
    return _number(text, 1, _MAX_TTL, "seconds")


def client_id(text: str) -> str | None:
    """The client ID of an identity; None for the system-assigned one."""
    if not text:
        return None
    try:
        return parse_guid(text)
    except InvalidNameError:
        raise ValueError("the client ID of a user-assigned identity") from None


def cloud(text: str) -> Cloud:
    """A cloud that has a name, or any other by its URL."""
    if text in _CLOUDS:
        return _CLOUDS[text]
    match = _URL.fullmatch(text)
    if match is None or int(match[1] or 0) > _MAX_PORT:
        raise ValueError(f"{', '.join(_CLOUDS)}, or the https:// URL of a Resource Manager")
    url = text.rstrip("/")
    named_clouds = {one.base_url: one for one in _CLOUDS.values()}
    # Tokens for any other host are for that host alone: whoever it is, what it is sent opens
    # nothing elsewhere (docs/azure.md#resource-manager).
    return named_clouds.get(url.lower().removesuffix(":443"), Cloud(url, f"{url}/.default"))


def policy(text: str) -> Policy:
    """Whether runs may take away."""
    try:
        return Policy(text)
    except ValueError:
        raise ValueError(" or ".join(Policy)) from None


def dry_run(text: str) -> bool:
    """Whether runs only say what they would do."""
    # No other words: a mistyped one must not let the app write.
    if text not in _BOOLS:
        raise ValueError(" or ".join(_BOOLS))
    return _BOOLS[text]


def percent(text: str) -> int:
    """The delete threshold's percentage."""
    return _number(text, 0, _MAX_PERCENT, "percent")


def min_deletes(text: str) -> int:
    """The delete threshold's minimum."""
    return _number(text, 0, _MAX_DELETES, "deletes")


def permissions(text: str) -> frozenset[Permission]:
    """What requests over HTTP may ask for beyond the settings."""
    try:
        return frozenset(Permission(word.strip()) for word in text.split(",") if text)
    except ValueError:
        # No other case: the words are those of a request's body.
        raise ValueError(f"words of {', '.join(Permission)}, separated by commas") from None


def api_versions(text: str) -> Mapping[str, str]:
    """An API version for a client, where not its own is to be asked."""
    try:
        versions = json.loads(text)
    except (ValueError, RecursionError):
        versions = None
    if (
        not isinstance(versions, dict)
        or not versions.keys() <= _CLIENTS
        or not all(isinstance(v, str) and _API_VERSION.fullmatch(v) for v in versions.values())
    ):
        raise ValueError(
            f"a JSON object with dates, as 2024-06-01, at {', '.join(sorted(_CLIENTS))}"
        )
    return versions


def _number(text: str, min_value: int, max_value: int, what: str) -> int:
    # Length first: `int` refuses very long numbers in words of its own.
    is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(max_value))
    if not is_number or not min_value <= int(text) <= max_value:
        raise ValueError(f"{what} from {min_value} to {max_value}")
    return int(text)
