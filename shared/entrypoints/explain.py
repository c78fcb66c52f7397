"""Explain: one name, from the registry to the record, and whether that is right."""

from dataclasses import replace
from http import HTTPStatus

from shared.domain.resource_id import InvalidNameError, parse_fqdn
from shared.domain.zone import PRIVATE_LINK, Foreign
from shared.engine.context import RunContext
from shared.engine.explain import explain
from shared.engine.ownership_index import OwnershipIndex
from shared.entrypoints.app import Deployment
from shared.entrypoints.problem import ProblemError
from shared.render.explain_json import explanation_json
from shared.render.result_json import Json

_EXAMPLE = "myregistry.azurecr.io"


async def explain_name(name: str | None, deployment: Deployment) -> Json:
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
    settings, azure = deployment.settings, deployment.azure
    # As the timer keeps them: an explanation tells what its next run would do.
    zones = tuple(replace(zone, foreign=Foreign.FILL) for zone in settings.zones)
    for zone in zones:
        if fqdn.endswith(f".{PRIVATE_LINK}{zone.suffix}"):
            fqdn = fqdn.replace(f".{PRIVATE_LINK}{zone.suffix}", f".{zone.suffix}")
            break
    context = RunContext(azure, OwnershipIndex(azure), zones)
    return explanation_json(await explain(fqdn, settings.watched, context), settings)
