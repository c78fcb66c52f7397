"""Settings: read once, at start, from the environment; every mistake is told in one message."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.domain.policy import DeleteThreshold, Policy
from shared.domain.zone import Zone
from shared.settings import values
from shared.settings.reader import Reader, SettingsError
from shared.settings.schedule import schedule
from shared.settings.values import Cloud
from shared.settings.zones import zones

__all__ = ["Cloud", "Settings", "SettingsError", "load"]

DEFAULT_SCHEDULE = "0 */15 * * * *"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a deployment decides.

    Attributes:
        zones: the zones that the app keeps, each knowing what the others of its name serve.
        watched: the subscriptions whose endpoints and registries it looks after.
        owner: this deployment's name, in every mark.
        cloud: where Azure is.
        client_id: of a user-assigned identity; None for the system-assigned one.
        policy: whether runs may take away.
        dry_run: whether runs only say what they would do.
        delete_threshold: how much a full sync may take away.
        schedule: when the timer runs, in NCRONTAB.
        api_versions: by client (network, privatedns, containerregistry), where not its own.
    """

    zones: tuple[Zone, ...]
    watched: frozenset[str]
    owner: str
    cloud: Cloud
    client_id: str | None
    policy: Policy = Policy.SYNC
    dry_run: bool = False
    delete_threshold: DeleteThreshold = field(default_factory=DeleteThreshold)
    schedule: str = DEFAULT_SCHEDULE
    api_versions: Mapping[str, str] = field(default_factory=dict)


def load(environment: Mapping[str, str]) -> Settings:
    """Read the settings from the environment.

    Raises:
        SettingsError: at least one setting is wrong; all mistakes are told at once.
    """
    read, usual = Reader(environment), DeleteThreshold()
    owner = read.required("OWNER", values.owner)
    watched = read.required("SUBSCRIPTIONS", values.subscriptions)
    ttl = read.optional("TTL", values.ttl, values.DEFAULT_TTL)
    cloud = read.optional("CLOUD", values.cloud, values.PUBLIC)
    client_id = read.optional("CLIENT_ID", values.client_id, None)
    policy = read.optional("POLICY", values.policy, Policy.SYNC)
    dry_run = read.optional("DRY_RUN", values.dry_run, default=False)
    percent = read.optional("DELETE_THRESHOLD_PERCENT", values.percent, usual.percent)
    minimum = read.optional("DELETE_THRESHOLD_MIN", values.minimum, usual.minimum)
    when = read.optional("SCHEDULE", schedule, DEFAULT_SCHEDULE)
    api_versions = read.optional("API_VERSIONS", values.api_versions, values.NO_VERSIONS)
    kept = read.required("ZONES", lambda text: zones(text, owner or "", ttl))
    read.refuse_unknown()
    if read.mistakes or kept is None or watched is None or owner is None:
        raise SettingsError(read.mistakes)
    return Settings(
        zones=kept,
        watched=watched,
        owner=owner,
        cloud=cloud,
        client_id=client_id,
        policy=policy,
        dry_run=dry_run,
        delete_threshold=DeleteThreshold(percent, minimum),
        schedule=when,
        api_versions=api_versions,
    )
