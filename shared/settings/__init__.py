"""Settings: read once, at start, from the environment; every mistake is told in one message."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.domain.policy import DeleteThreshold, Permission, Policy
from shared.domain.zone import Zone
from shared.settings import values
from shared.settings.catalogue import DEFAULT_SCHEDULE
from shared.settings.reader import Reader, SettingsError
from shared.settings.schedule import parse_schedule
from shared.settings.values import Cloud
from shared.settings.zones import parse_zones

__all__ = ["Cloud", "Settings", "SettingsError", "load", "load_schedule"]


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a deployment decides.

    Attributes:
        zones: the zones that the app keeps, each knowing what the others of its name serve.
        subscriptions: the subscriptions whose endpoints and registries it looks after; None
            for all that its identity can list.
        owner: this deployment's name, in all that it manages.
        cloud: where Azure is.
        client_id: of a user-assigned identity; None for the system-assigned one.
        policy: whether runs may take away.
        dry_run: whether runs only say what they would do.
        delete_threshold: how much a full sync may take away.
        permissions: what requests over HTTP may ask for beyond the other settings.
        schedule: when the timer runs, in NCRONTAB.
        api_versions: by client (network, privatedns, containerregistry), where not its own.
    """

    zones: tuple[Zone, ...]
    subscriptions: frozenset[str] | None
    owner: str
    cloud: Cloud
    client_id: str | None
    policy: Policy = Policy.SYNC
    dry_run: bool = False
    delete_threshold: DeleteThreshold = field(default_factory=DeleteThreshold)
    permissions: frozenset[Permission] = frozenset()
    schedule: str = DEFAULT_SCHEDULE
    api_versions: Mapping[str, str] = field(default_factory=dict)


def load(environment: Mapping[str, str]) -> Settings:
    """Read the settings from the environment.

    Raises:
        SettingsError: at least one setting is wrong; all mistakes are told at once.
    """
    reader = Reader(environment)
    owner = reader.require("OWNER", values.owner)
    subscriptions = reader.require("SUBSCRIPTIONS", values.subscriptions)
    ttl = reader.get("TTL", values.ttl)
    cloud = reader.get("CLOUD", values.cloud)
    client_id = reader.get("CLIENT_ID", values.client_id)
    policy = reader.get("POLICY", values.policy)
    dry_run = reader.get("DRY_RUN", values.dry_run)
    percent = reader.get("DELETE_THRESHOLD_PERCENT", values.percent)
    min_deletes = reader.get("DELETE_THRESHOLD_MIN", values.min_deletes)
    permissions = reader.get("ALLOW", values.permissions)
    schedule = reader.get("SCHEDULE", parse_schedule)
    api_versions = reader.get("API_VERSIONS", values.api_versions)
    # Judged without an owner as well, so that all mistakes are told at once.
    zones = reader.require("ZONES", lambda text: parse_zones(text, owner or "", ttl))
    reader.refuse_unknown()
    if reader.errors or zones is None or subscriptions is None or owner is None:
        raise SettingsError(reader.errors)
    return Settings(
        zones=zones,
        subscriptions=subscriptions.ids,
        owner=owner,
        cloud=cloud,
        client_id=client_id,
        policy=policy,
        dry_run=dry_run,
        delete_threshold=DeleteThreshold(percent, min_deletes),
        permissions=permissions,
        schedule=schedule,
        api_versions=api_versions,
    )


def load_schedule(environment: Mapping[str, str]) -> str:
    """The timer's schedule; the default where it is not set, or wrong.

    A timer without one would be left out, and could tell nobody what is wrong.
    """
    return Reader(environment).get("SCHEDULE", parse_schedule)
