"""Explain: one name, from the registry to the record, and whether that is right."""

from http import HTTPStatus

from shared.domain.ownership import Adopt
from shared.domain.resource_id import InvalidNameError, parse_fqdn
from shared.domain.zone import PRIVATE_LINK
from shared.engine.explain import explain
from shared.entrypoints.app import App
from shared.entrypoints.problem import ProblemError
from shared.render.explain_json import explanation_json
from shared.render.result_json import Json

_EXAMPLE = "myregistry.azurecr.io"


async def explain_name(name: str | None, app: App) -> Json:
    """What is known about a name.

    Args:
        name: a FQDN, in its public or its privatelink form.
        app: the app.

    Raises:
        ProblemError: it is no domain name.
    """
    try:
        fqdn = parse_fqdn(name)
    except InvalidNameError as error:
        detail = f"Ask with ?name= and a domain name, as {_EXAMPLE}: {error}."
        raise ProblemError(HTTPStatus.BAD_REQUEST, detail) from None
    # Records bear the public form, whichever form a person has at hand.
    for zone in app.settings.zones:
        if fqdn.endswith(f".{PRIVATE_LINK}{zone.suffix}"):
            fqdn = fqdn.replace(f".{PRIVATE_LINK}{zone.suffix}", f".{zone.suffix}")
            break
    # As the timer adopts: an explanation says what its next run would do.
    explanation = await explain(fqdn, app.context(), Adopt.EMPTY)
    return explanation_json(explanation, app.settings)
