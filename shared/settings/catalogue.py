"""The catalogue of settings: each with its meaning and its default, as the README has them."""

from dataclasses import dataclass

from shared.domain.policy import DeleteThreshold, Policy

PREFIX = "ACR_PRIVATE_DNS_"
# As Azure's own zone groups write it (docs/azure.md#private-endpoints).
DEFAULT_TTL = 10
# Every quarter of an hour: no longer does a lost event go unnoticed.
DEFAULT_SCHEDULE = "0 */15 * * * *"
_THRESHOLD = DeleteThreshold()


@dataclass(frozen=True, slots=True)
class Setting:
    """What a deployment can decide.

    Attributes:
        meaning: what it is, and what it may hold, in Markdown.
        default: what holds where it is not set, as it would be written; None if it must be set.
    """

    meaning: str
    default: str | None = None


# By name, without the prefix, in the README's order.
SETTINGS = {
    "OWNER": Setting(
        "a name for this deployment; it stands in the metadata of each managed record"
    ),
    "SUBSCRIPTIONS": Setting(
        "the subscriptions to look after, separated by commas; or `all`, alone: every one that the"
        " app's identity can list"
    ),
    "ZONES": Setting(
        'JSON: `[{"id": "<resource ID of privatelink.azurecr.io>"}]`; more for each zone below'
    ),
    "TTL": Setting("seconds, of each record", str(DEFAULT_TTL)),
    "CLOUD": Setting(
        "`public`, `china`, `usgov`, or a Resource Manager's `https://` URL", "public"
    ),
    "CLIENT_ID": Setting("of a user-assigned identity, if it is not the system's", ""),
    "POLICY": Setting("`sync`, or `upsert-only`: nothing is taken away", str(Policy.SYNC)),
    "DRY_RUN": Setting("`true`: nothing is written, the log says what would be", "false"),
    "DELETE_THRESHOLD_PERCENT": Setting(
        "a full sync that would delete more than so many percent of the managed records and "
        "links, and more than the next line says, deletes nothing",
        str(_THRESHOLD.percent),
    ),
    "DELETE_THRESHOLD_MIN": Setting(
        "so many deletes are always allowed", str(_THRESHOLD.min_deletes)
    ),
    "ALLOW": Setting(
        "what requests over HTTP may ask for beyond these settings, separated by commas:"
        " `overrideDeleteThreshold`, `adopt`",
        "",
    ),
    "SCHEDULE": Setting("of the timer, six fields of NCRONTAB", DEFAULT_SCHEDULE),
    "API_VERSIONS": Setting(
        "JSON, for a cloud that lags behind: dates at `network`, `privatedns`, `containerregistry`",
        "{}",
    ),
}
