"""Explain: one name, from the registry to the record, and whether that is right."""

from http import HTTPStatus

from shared.domain.ownership import Adopt
from shared.domain.reading import Absent, Found, Unknown, UnknownReason
from shared.domain.resource_id import NETWORK, InvalidNameError, parse_fqdn, parse_id
from shared.domain.resources import Network
from shared.domain.zone import PRIVATE_LINK
from shared.engine.context import RunContext
from shared.engine.explain import explain
from shared.engine.explain_client import explain_client
from shared.entrypoints.app import App
from shared.entrypoints.problem import ProblemError
from shared.errors import TransientError
from shared.render.client_json import client_json
from shared.render.explain_json import explanation_json
from shared.render.result_json import Json

_EXAMPLE = "myregistry.azurecr.io"
_RETRY_LATER = {"Retry-After": "60"}


async def explain_name(name: str | None, origin: str | None, app: App) -> Json:
    """What is known about a name.

    Args:
        name: a FQDN, in its public or its privatelink form.
        origin: ID of the network whose clients ask; None for none in particular.
        app: the app.

    Raises:
        ProblemError: it is no domain name, or no network that can be read.
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
    context = app.context()
    network = None if origin is None else await _network(origin, context)
    # As the timer adopts: an explanation says what its next run would do.
    explanation = await explain(fqdn, context, Adopt.EMPTY)
    document = explanation_json(explanation, app.settings)
    if network is None:
        return document
    try:
        return {
            **document,
            "from": client_json(await explain_client(explanation, network, context)),
        }
    except TransientError as error:
        detail = f"What network {network.id.name} gets could not be read: {error}. Try again later."
        raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, detail, _RETRY_LATER) from None


async def _network(text: str, context: RunContext) -> Network:
    try:
        id_ = parse_id(text, NETWORK)
    except InvalidNameError as error:
        detail = f"Say `from` with the resource ID of a virtual network: {error}."
        raise ProblemError(HTTPStatus.BAD_REQUEST, detail) from None
    match await context.azure.network(id_):
        case Found(network):
            return network
        case Absent():
            detail = f"There is no network {id_}. Say `from` with one that exists."
            raise ProblemError(HTTPStatus.NOT_FOUND, detail)
        case Unknown(UnknownReason.UNWATCHED | UnknownReason.FORBIDDEN as reason):
            detail = f"Network {id_} could not be read: {reason}."
            raise ProblemError(HTTPStatus.FORBIDDEN, detail)
        case Unknown(reason):
            detail = f"Network {id_} could not be read: {reason}. Try again later."
            raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, detail, _RETRY_LATER)
