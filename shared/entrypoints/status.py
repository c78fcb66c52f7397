"""Status: the settings in force, how full the zones are, and what the app can read."""

import asyncio
from collections.abc import Mapping

from shared.domain.reading import Reading, Unknown, UnknownReason
from shared.domain.zone import Zone
from shared.engine.azure import Azure, Counts
from shared.entrypoints.app import App
from shared.errors import TransientError
from shared.render.result_json import Json
from shared.render.status_json import status_json


async def read_status(app: App) -> Json:
    """The app as it stands: one cheap read for each zone and each subscription."""
    settings, azure = app.settings, app.azure
    counts, probes = await asyncio.gather(
        asyncio.gather(*(_counts(zone, azure) for zone in settings.zones)), _probes(azure)
    )
    return status_json(settings, counts, probes, app.start_time, app.sync_time)


async def _probes(azure: Azure) -> Mapping[str, Reading[None]]:
    """Whether each watched subscription can be read; "all" where they cannot even be listed."""
    try:
        ids = sorted((await azure.subscriptions()).ids)
    except TransientError as error:
        return {"all": Unknown(UnknownReason.TRANSIENT, str(error))}
    return dict(zip(ids, await asyncio.gather(*map(azure.probe, ids)), strict=True))


async def _counts(zone: Zone, azure: Azure) -> Counts | TransientError:
    # A status is asked for when something is wrong: what cannot be read is part of the answer.
    try:
        return await azure.counts(zone)
    except TransientError as error:
        return error
