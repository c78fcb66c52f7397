"""The app as it stands, as JSON: settings, zones, subscriptions and process. Pure."""

import datetime as dt
from collections.abc import Iterable, Mapping

from shared.domain.reading import Absent, Found, Reading, Unknown
from shared.domain.zone import Selector, Zone
from shared.engine.azure import Counts
from shared.errors import TransientError
from shared.render.result_json import Json
from shared.settings import Settings
from shared.version import VERSION

# From here on a limit counts as near, in percent.
_LIMIT_PERCENT = 90


def status_json(
    settings: Settings,
    counts: Iterable[Counts | TransientError],
    probes: Mapping[str, Reading[None]],
    start_time: dt.datetime,
    sync_time: dt.datetime | None,
) -> Json:
    """What holds and what can be read, and no secret.

    Args:
        settings: what the deployment decides.
        counts: how full each zone is, or why it did not say; in the settings' order.
        probes: whether each subscription can be read, by its ID.
        start_time: when the process began.
        sync_time: when a full sync of it last made everything right.
    """
    return {
        "version": VERSION,
        "settings": _settings(settings),
        "zones": [_zone(zone, one) for zone, one in zip(settings.zones, counts, strict=True)],
        "subscriptions": [{"id": id_, **_readable(probe)} for id_, probe in probes.items()],
        "process": {
            "started": _time(start_time),
            "lastSuccessfulSync": _time(sync_time) if sync_time else None,
            "note": "This process alone: it forgets with its end, and other instances of the "
            "app have their own.",
        },
    }


def _settings(settings: Settings) -> Json:
    return {
        "owner": settings.owner,
        "cloud": settings.cloud.base_url,
        "policy": str(settings.policy),
        "dryRun": settings.dry_run,
        "deleteThreshold": {
            "percent": settings.delete_threshold.percent,
            "min": settings.delete_threshold.min_deletes,
        },
        "allow": sorted(settings.permissions),
        "schedule": settings.schedule,
        "apiVersions": dict(settings.api_versions),
    }


def _zone(zone: Zone, counts: Counts | TransientError) -> Json:
    return {
        "id": str(zone.id),
        "ttl": zone.ttl,
        "selection": str(zone.selection),
        "links": str(zone.links),
        "peered": str(zone.peered),
        "serves": _selector(zone.selector),
        "readable": isinstance(counts, Counts),
        "reason": None if isinstance(counts, Counts) else str(counts),
        "counts": _counts(counts) if isinstance(counts, Counts) else None,
    }


def _selector(selector: Selector) -> Json:
    """What a zone serves; without a selector, what no other zone of its name does."""
    return {
        "networks": sorted(map(str, selector.networks)),
        "subscriptions": sorted(selector.subscriptions),
        "regions": sorted(selector.regions),
    }


def _counts(counts: Counts) -> Json:
    return {
        "records": _count(counts.records, counts.max_records),
        "links": _count(counts.links, counts.max_links),
    }


def _count(number: int, limit: int) -> Json:
    # Multiplied, and not divided: a limit of 0 is near, and no error.
    is_near = number * 100 >= limit * _LIMIT_PERCENT
    return {"number": number, "limit": limit, "nearLimit": is_near}


def _readable(probe: Reading[None]) -> Json:
    match probe:
        case Found():
            return {"readable": True, "reason": None}
        case Absent():
            return {"readable": False, "reason": "it does not exist"}
        case Unknown(cause, detail):
            return {"readable": False, "reason": f"{cause} ({detail})"}


def _time(time: dt.datetime) -> str:
    return time.isoformat(timespec="seconds")
