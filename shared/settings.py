"""Settings: read once, at start, from the environment; every mistake is told in one message."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from shared.domain.model import Conflict, Links, Zone
from shared.domain.names import ZONE, InvalidNameError, parse_guid, parse_id, public_suffix
from shared.domain.routing import ties
from shared.errors import Refused

PREFIX = "ACR_PRIVATE_DNS_"

_OWNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,63}")
_ZONES_EXAMPLE = '[{"id": "/subscriptions/…/privateDnsZones/privatelink.azurecr.io"}]'
_URL = re.compile(r"https://[A-Za-z0-9.-]+(?::([0-9]{1,5}))?/?", re.ASCII)
_MAX_PORT = 65_535
_DEFAULT_TTL = 10
_MAX_TTL = 2_147_483_647
_PUBLIC_SCOPE = "https://management.azure.com/.default"


@dataclass(frozen=True, slots=True)
class Cloud:
    """Where Resource Manager is, and for whom its tokens are."""

    base_url: str
    scope: str


# Hosts and scopes as azure-mgmt-core's own table of clouds has them (azure-facts, 7).
_CLOUDS = {
    "public": Cloud("https://management.azure.com", _PUBLIC_SCOPE),
    "china": Cloud(
        "https://management.chinacloudapi.cn", "https://management.chinacloudapi.cn/.default"
    ),
    "usgov": Cloud(
        "https://management.usgovcloudapi.net", "https://management.core.usgovcloudapi.net/.default"
    ),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a deployment decides.

    Attributes:
        zones: the zones that the app keeps.
        watched: the subscriptions whose endpoints and registries it looks after.
        cloud: where Azure is.
        client_id: of a user-assigned identity; None for the system-assigned one.
    """

    zones: tuple[Zone, ...]
    watched: frozenset[str]
    cloud: Cloud
    client_id: str | None


class SettingsError(Refused):
    """The settings are wrong; the message names each one, its value and what was expected."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n  ".join(("The app cannot start with these settings:", *mistakes)))


def load(environment: Mapping[str, str]) -> Settings:
    """Read the settings from the environment.

    Raises:
        SettingsError: at least one setting is wrong; all mistakes are told at once.
    """
    reader = _Reader(environment)
    owner = reader.required("OWNER", _owner)
    watched = reader.required("SUBSCRIPTIONS", _subscriptions)
    ttl = reader.optional("TTL", _ttl, _DEFAULT_TTL)
    cloud = reader.optional("CLOUD", _cloud, _CLOUDS["public"])
    client_id = reader.optional("CLIENT_ID", _client_id, None)
    zones = reader.required("ZONES", lambda text: _zones(text, owner or "", ttl))
    reader.refuse_unknown()
    if reader.mistakes or zones is None or watched is None:
        raise SettingsError(reader.mistakes)
    return Settings(zones, watched, cloud, client_id)


class _Reader:
    """Reads settings one by one, and remembers every mistake instead of stopping at the first."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._read: set[str] = set()
        self.mistakes: list[str] = []

    def required[T](self, name: str, parse: Callable[[str], T]) -> T | None:
        """The setting's value; None, and a mistake, if it is missing or wrong."""
        self._read.add(name)
        text = self._environment.get(PREFIX + name, "").strip()
        try:
            return parse(text)
        except ValueError as error:
            shown = f"is {text!r}" if text else "is not set"
            self.mistakes.append(f"{PREFIX}{name} {shown}, but should be {error}")
            return None

    def refuse_unknown(self) -> None:
        """A setting that nobody reads is most often a mistyped one."""
        for name in sorted(self._environment):
            if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in self._read:
                known = ", ".join(f"{PREFIX}{known}" for known in sorted(self._read))
                self.mistakes.append(f"{name} is no setting; there are {known}")

    def optional[T](self, name: str, parse: Callable[[str], T], default: T) -> T:
        """The setting's value, or the default if it is not set."""
        self._read.add(name)
        if not self._environment.get(PREFIX + name, "").strip():
            return default
        value = self.required(name, parse)
        return default if value is None else value


def _owner(text: str) -> str:
    """The owner stands in every mark, so it must fit there."""
    if not _OWNER.fullmatch(text):
        raise ValueError("a name for this deployment: 1 to 64 letters, digits, dots or dashes")
    return text


def _ttl(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text) <= _MAX_TTL:
        raise ValueError(f"seconds from 1 to {_MAX_TTL}")
    return int(text)


def _subscriptions(text: str) -> frozenset[str]:
    try:
        return frozenset(parse_guid(part.strip()) for part in text.split(","))
    except InvalidNameError:
        raise ValueError("subscription IDs, separated by commas") from None


def _client_id(text: str) -> str | None:
    try:
        return parse_guid(text)
    except InvalidNameError:
        raise ValueError("the client ID of a user-assigned identity") from None


def _cloud(text: str) -> Cloud:
    if text in _CLOUDS:
        return _CLOUDS[text]
    match = _URL.fullmatch(text)
    if match is None or int(match[1] or 0) > _MAX_PORT:
        raise ValueError(f"{', '.join(_CLOUDS)}, or the https:// URL of a Resource Manager")
    return Cloud(text.rstrip("/"), _PUBLIC_SCOPE)


def _zones(text: str, owner: str, ttl: int) -> tuple[Zone, ...]:
    try:
        items = json.loads(text)
    except (ValueError, RecursionError):
        items = None
    if not isinstance(items, list) or not items:
        raise ValueError(f"a JSON list of zones, as {_ZONES_EXAMPLE}")
    zones = tuple(_zone(item, owner, ttl) for item in items)
    for one, other in ties(zones):
        raise ValueError(f"without two zones for the same names: {one.id} and {other.id}")
    return zones


def _zone(item: object, owner: str, ttl: int) -> Zone:
    known = {"id", "conflict", "links"}
    if not isinstance(item, dict) or not known >= item.keys():
        raise ValueError(f"a list of objects with the keys {', '.join(sorted(known))} only")
    try:
        id_ = parse_id(item.get("id"), ZONE)
        return Zone(
            id=id_,
            suffix=public_suffix(id_.name),
            owner=owner,
            ttl=ttl,
            conflict=Conflict(item.get("conflict", Conflict.FIRST)),
            links=Links(item.get("links", Links.MANAGE)),
        )
    except InvalidNameError as error:
        raise ValueError(f"zones with the `id` of a private DNS zone ({error})") from None
    except ValueError:
        choices = f"`conflict` {' or '.join(Conflict)} and `links` {' or '.join(Links)}"
        raise ValueError(f"zones with {choices}") from None
