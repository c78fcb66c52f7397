"""Explain: one name, from the registry to the record, and whether that is right."""

from dataclasses import replace
from http import HTTPStatus

from shared.domain.model import Foreign
from shared.domain.names import PRIVATE_LINK, InvalidNameError, parse_fqdn
from shared.engine.bursts import Ground, Listings
from shared.engine.inquiry import inquire
from shared.surface.deployment import Deployment
from shared.surface.explain_json import shown
from shared.surface.problem import ProblemError
from shared.surface.report_json import Json

_EXAMPLE = "myregistry.azurecr.io"


async def explained(name: str | None, deployment: Deployment) -> Json:
    """What is known about a name.

    Args:
        name: a FQDN, in its public or its privatelink form.
        deployment: the app.

    Raises:
        ProblemError: it is no domain name.
    """
    try:
        fqdn = parse_fqdn(name)
    except InvalidNameError as error:
        detail = f"Ask with ?name= and a domain name, as {_EXAMPLE}: {error}."
        raise ProblemError(HTTPStatus.BAD_REQUEST, detail) from None
    settings, estate = deployment.settings, deployment.estate
    # As the timer keeps them: an explanation tells what its next run would do.
    zones = tuple(replace(zone, foreign=Foreign.FILL) for zone in settings.zones)
    for zone in zones:
        if fqdn.endswith(f".{PRIVATE_LINK}{zone.suffix}"):
            fqdn = fqdn.replace(f".{PRIVATE_LINK}{zone.suffix}", f".{zone.suffix}")
            break
    ground = Ground(estate, Listings(estate), zones)
    return shown(await inquire(fqdn, settings.watched, ground), settings)
