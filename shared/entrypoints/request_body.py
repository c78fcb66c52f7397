"""From the body of a request to an order; what is wrong in it is refused, and never repeated."""

import json
from collections.abc import Mapping
from http import HTTPStatus

from shared.domain.policy import Policy
from shared.domain.resource_id import ENDPOINT, REGISTRY, InvalidNameError, parse_guid, parse_id
from shared.domain.scope import EndpointScope, RegistryScope, WholeScope
from shared.domain.zone import Foreign
from shared.engine.options import Effect
from shared.engine.result import RunRequest, RunScope
from shared.entrypoints.problem import ProblemError
from shared.settings import Settings
from shared.settings.values import owner

MOST_BYTES = 16 * 1024
_JSON = "application/json"
_ADOPT = "adopt must be true, false or the name of a former owner"
_SCOPES = '"all", {"registry": "<id>"}, {"endpoint": "<id>"} or {"subscription": "<guid>"}'


def plan_order(content_type: str, body: bytes, settings: Settings) -> RunRequest:
    """The order behind `POST /api/plan`, which never writes.

    Raises:
        ProblemError: the request is wrong.
    """
    return _order(_fields(content_type, body, "policy"), Effect.NONE, settings)


def reconcile_order(content_type: str, body: bytes, settings: Settings) -> RunRequest:
    """The order behind `POST /api/reconcile`.

    Raises:
        ProblemError: the request is wrong.
    """
    fields = _fields(content_type, body, "policy", "dryRun")
    dry = _flag(fields, "dryRun", default=settings.dry_run)
    return _order(fields, Effect.NONE if dry else Effect.WRITE, settings)


def scope_of(kind: str, value: object, watched: frozenset[str]) -> RunScope:
    """The scope that a kind and an ID name.

    Args:
        kind: "registry", "endpoint" or "subscription".
        value: a resource ID, or a subscription's ID.
        watched: the subscriptions that may be named.

    Raises:
        ProblemError: it is none, or lies outside the watched subscriptions.
    """
    scope: RunScope
    try:
        match kind:
            case "registry":
                id_ = parse_id(value, REGISTRY)
                scope, subscription = RegistryScope(id_), id_.subscription
            case "endpoint":
                id_ = parse_id(value, ENDPOINT)
                scope, subscription = EndpointScope(id_), id_.subscription
            case "subscription":
                subscription = parse_guid(value)
                scope = WholeScope(subscription)
            case _:
                raise _bad(f"scope must be {_SCOPES}")
    except InvalidNameError as error:
        raise _bad(f"the scope's {kind} cannot be read: {error}") from None
    if subscription not in watched:
        raise ProblemError(
            HTTPStatus.FORBIDDEN,
            "The scope lies outside the watched subscriptions. Name another one, or add its "
            "subscription to the setting ACR_PRIVATE_DNS_SUBSCRIPTIONS.",
        )
    return scope


def _order(fields: Mapping[str, object], effect: Effect, settings: Settings) -> RunRequest:
    adopt = fields.get("adopt", False)
    if not isinstance(adopt, bool | str):
        raise _bad(_ADOPT)
    return RunRequest(
        scope=_scope(fields, settings.watched),
        effect=effect,
        policy=_policy(fields, settings.policy),
        foreign=Foreign.ADOPT if adopt is True else Foreign.FILL,
        former=_former(adopt) if isinstance(adopt, str) else "",
        is_threshold_on=not _flag(fields, "overrideDeleteThreshold", default=False),
    )


def _fields(content_type: str, body: bytes, *optional: str) -> Mapping[str, object]:
    """The body's fields, all of which are known."""
    if len(body) > MOST_BYTES:
        detail = f"The body may have {MOST_BYTES} bytes at most."
        raise ProblemError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)
    if content_type.partition(";")[0].strip().lower() != _JSON:
        detail = f"Send the body as {_JSON}, and say so in Content-Type."
        raise ProblemError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail)
    known = ("scope", "adopt", "overrideDeleteThreshold", *optional)
    try:
        fields = json.loads(body, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise _bad("the body is not JSON, or names a field twice") from None
    if not isinstance(fields, dict) or not fields.keys() <= set(known):
        raise _bad(f"the body must be a JSON object with no other fields than {', '.join(known)}")
    return fields


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object none of whose fields is named twice: which one counts would be anybody's guess."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("a field is named twice")
    return fields


def _scope(fields: Mapping[str, object], watched: frozenset[str]) -> RunScope:
    match fields.get("scope"):
        case "all":
            return WholeScope()
        case dict(named) if len(named) == 1:
            ((kind, value),) = named.items()
            return scope_of(kind, value, watched)
        case _:
            raise _bad(f"scope must be {_SCOPES}")


def _policy(fields: Mapping[str, object], default: Policy) -> Policy:
    try:
        return Policy(str(fields.get("policy", default)))
    except ValueError:
        raise _bad(f"policy must be {' or '.join(Policy)}") from None


def _former(name: str) -> str:
    """An owner whose marks are to be taken over."""
    try:
        return owner(name)
    except ValueError:
        raise _bad(_ADOPT) from None


def _flag(fields: Mapping[str, object], name: str, *, default: bool) -> bool:
    value = fields.get(name, default)
    if not isinstance(value, bool):
        raise _bad(f"{name} must be true or false")
    return value


def _bad(detail: str) -> ProblemError:
    return ProblemError(HTTPStatus.BAD_REQUEST, f"{detail[0].upper()}{detail[1:]}.")
