"""Status: the settings in force, how full the zones are, and what the app can read."""

import asyncio

from shared.domain.model import Absent, Found, Reading, Selector, Unknown, Zone
from shared.engine.estate import Counts, Estate
from shared.errors import RetryLater
from shared.settings import Settings
from shared.surface.deployment import Deployment
from shared.surface.report_json import Json
from shared.version import VERSION

# From here on a limit counts as near, in percent.
_NEAR = 90


async def shown(deployment: Deployment) -> Json:
    """The app as it stands: two cheap reads a zone and a subscription, and no secret."""
    settings, estate = deployment.settings, deployment.estate
    subscriptions = sorted(settings.watched)
    zones, probes = await asyncio.gather(
        asyncio.gather(*(_zone(zone, estate) for zone in settings.zones)),
        asyncio.gather(*(estate.probe(subscription) for subscription in subscriptions)),
    )
    synced = deployment.synced
    return {
        "version": VERSION,
        "settings": _settings(settings),
        "zones": zones,
        "subscriptions": [
            {"id": id_, **_readable(reading)}
            for id_, reading in zip(subscriptions, probes, strict=True)
        ],
        "process": {
            "started": deployment.started.isoformat(timespec="seconds"),
            "lastSuccessfulSync": synced.isoformat(timespec="seconds") if synced else None,
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
            "min": settings.delete_threshold.minimum,
        },
        "schedule": settings.schedule,
        "apiVersions": dict(settings.api_versions),
    }


async def _zone(zone: Zone, estate: Estate) -> Json:
    kept = {
        "id": str(zone.id),
        "ttl": zone.ttl,
        "selection": str(zone.conflict),
        "links": str(zone.links),
        "peered": str(zone.peered),
        "serves": _selector(zone.serves),
    }
    try:
        return {
            **kept,
            "readable": True,
            "reason": None,
            "counts": _counts(await estate.counts(zone)),
        }
    except RetryLater as error:
        return {**kept, "readable": False, "reason": str(error), "counts": None}


def _selector(serves: Selector) -> Json:
    """What a zone serves; without a selector, what no other zone of its name does."""
    return {
        "networks": sorted(map(str, serves.networks)),
        "subscriptions": sorted(serves.subscriptions),
        "regions": sorted(serves.regions),
    }


def _counts(counts: Counts) -> Json:
    return {
        "records": _count(counts.records, counts.most_records),
        "links": _count(counts.links, counts.most_links),
    }


def _count(number: int, most: int) -> Json:
    return {"number": number, "limit": most, "nearLimit": number * 100 >= most * _NEAR}


def _readable(reading: Reading[None]) -> Json:
    match reading:
        case Found():
            return {"readable": True, "reason": None}
        case Absent():
            return {"readable": False, "reason": "it does not exist"}
        case Unknown(doubt, detail):
            return {"readable": False, "reason": f"{doubt} ({detail})"}
