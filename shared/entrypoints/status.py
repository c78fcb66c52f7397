"""Status: the settings in force, how full the zones are, and what the app can read."""

import asyncio

from shared.domain.reading import Absent, Found, Reading, Unknown
from shared.domain.zone import Selector, Zone
from shared.engine.azure import Azure, Counts
from shared.entrypoints.app import Deployment
from shared.errors import TransientError
from shared.render.result_json import Json
from shared.settings import Settings
from shared.version import VERSION

# From here on a limit counts as near, in percent.
_NEAR = 90


async def status_json(deployment: Deployment) -> Json:
    """The app as it stands: two cheap reads a zone and a subscription, and no secret."""
    settings, azure = deployment.settings, deployment.azure
    subscriptions = sorted(settings.watched)
    zones, probes = await asyncio.gather(
        asyncio.gather(*(_zone(zone, azure) for zone in settings.zones)),
        asyncio.gather(*(azure.probe(subscription) for subscription in subscriptions)),
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


async def _zone(zone: Zone, azure: Azure) -> Json:
    kept = {
        "id": str(zone.id),
        "ttl": zone.ttl,
        "selection": str(zone.selection),
        "links": str(zone.links),
        "peered": str(zone.peered),
        "serves": _selector(zone.selector),
    }
    try:
        return {
            **kept,
            "readable": True,
            "reason": None,
            "counts": _counts(await azure.counts(zone)),
        }
    except TransientError as error:
        return {**kept, "readable": False, "reason": str(error), "counts": None}


def _selector(is_serving: Selector) -> Json:
    """What a zone serves; without a selector, what no other zone of its name does."""
    return {
        "networks": sorted(map(str, is_serving.networks)),
        "subscriptions": sorted(is_serving.subscriptions),
        "regions": sorted(is_serving.regions),
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
        case Unknown(cause, detail):
            return {"readable": False, "reason": f"{cause} ({detail})"}
