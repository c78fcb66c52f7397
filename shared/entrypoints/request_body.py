"""From the body of a request to a run request; what is wrong in it is refused, not repeated."""

import json
from collections.abc import Mapping
from http import HTTPStatus

from shared.domain.ownership import Adopt
from shared.domain.policy import Policy
from shared.domain.resource_id import ENDPOINT, REGISTRY, InvalidNameError, parse_guid, parse_id
from shared.domain.scope import EndpointScope, FullScope, RegistryScope
from shared.engine.options import RunOptions
from shared.engine.run_request import RunRequest, RunScope
from shared.entrypoints.problem import ProblemError
from shared.settings import Settings
from shared.settings.values import owner

# A right body is far shorter; a longer one is not even parsed (bounded).
MAX_BYTES = 16 * 1024
_JSON = "application/json"
_ADOPT = "adopt must be true, false or the name of a former owner"
_SCOPES = '"all", {"registry": "<id>"}, {"endpoint": "<id>"} or {"subscription": "<guid>"}'


def plan_request(content_type: str, body: bytes, settings: Settings) -> RunRequest:
    """The request behind `POST /api/plan`, which never writes.

    Raises:
        ProblemError: the request is wrong.
    """
    return _request(_fields(content_type, body, "policy"), settings, dry_run=True)


def reconcile_request(content_type: str, body: bytes, settings: Settings) -> RunRequest:
    """The request behind `POST /api/reconcile`.

    Raises:
        ProblemError: the request is wrong.
    """
    fields = _fields(content_type, body, "policy", "dryRun")
    dry_run = _flag(fields, "dryRun", default=settings.dry_run)
    return _request(fields, settings, dry_run=dry_run)


def scope_of(kind: str, value: object) -> RunScope:
    """The scope that a kind and an ID name.

    Args:
        kind: "registry", "endpoint" or "subscription".
        value: a resource ID, or a subscription's ID.

    Raises:
        ProblemError: it is none.
    """
    try:
        match kind:
            case "registry":
                return RegistryScope(parse_id(value, REGISTRY))
            case "endpoint":
                return EndpointScope(parse_id(value, ENDPOINT))
            case "subscription":
                return FullScope(parse_guid(value))
            case _:
                raise _bad_request(f"scope must be {_SCOPES}")
    except InvalidNameError as error:
        raise _bad_request(f"the scope's {kind} cannot be read: {error}") from None


def _request(fields: Mapping[str, object], settings: Settings, *, dry_run: bool) -> RunRequest:
    adopt = fields.get("adopt", False)
    if not isinstance(adopt, bool | str):
        raise _bad_request(_ADOPT)
    options = RunOptions(
        policy=_policy(fields, settings.policy),
        dry_run=dry_run,
        # At least what the timer adopts: a request does not do less than the next full sync.
        adopt=Adopt.ALL if adopt is True else Adopt.EMPTY,
        adopt_from=_former_owner(adopt) if isinstance(adopt, str) else "",
        override_threshold=_flag(fields, "overrideDeleteThreshold", default=False),
    )
    return RunRequest(_scope(fields), options)


def _fields(content_type: str, body: bytes, *optional: str) -> Mapping[str, object]:
    """The body's fields, and no others than the app has: a mistyped one would be ignored."""
    if len(body) > MAX_BYTES:
        detail = f"The body may have {MAX_BYTES} bytes at most."
        raise ProblemError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)
    if content_type.partition(";")[0].strip().lower() != _JSON:
        detail = f"Send the body as {_JSON}, and say so in Content-Type."
        raise ProblemError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail)
    names = ("scope", "adopt", "overrideDeleteThreshold", *optional)
    try:
        fields = json.loads(body, object_pairs_hook=_refuse_repeats)
    except (ValueError, RecursionError):
        raise _bad_request("the body is not JSON, or names a field twice") from None
    if not isinstance(fields, dict) or not fields.keys() <= set(names):
        raise _bad_request(
            f"the body must be a JSON object with no other fields than {', '.join(names)}"
        )
    return fields


def _refuse_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object none of whose fields is named twice: which one counts would be anybody's guess."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("a field is named twice")
    return fields


def _scope(fields: Mapping[str, object]) -> RunScope:
    match fields.get("scope"):
        case "all":
            return FullScope()
        case dict(item) if len(item) == 1:
            ((kind, value),) = item.items()
            return scope_of(kind, value)
        case _:
            raise _bad_request(f"scope must be {_SCOPES}")


def _policy(fields: Mapping[str, object], default: Policy) -> Policy:
    try:
        return Policy(str(fields.get("policy", default)))
    except ValueError:
        raise _bad_request(f"policy must be {' or '.join(Policy)}") from None


def _former_owner(name: str) -> str:
    """An owner whose ownership is to be taken over."""
    try:
        return owner(name)
    except ValueError:
        raise _bad_request(_ADOPT) from None


def _flag(fields: Mapping[str, object], name: str, *, default: bool) -> bool:
    value = fields.get(name, default)
    if not isinstance(value, bool):
        raise _bad_request(f"{name} must be true or false")
    return value


def _bad_request(detail: str) -> ProblemError:
    return ProblemError(HTTPStatus.BAD_REQUEST, f"{detail[0].upper()}{detail[1:]}.")
