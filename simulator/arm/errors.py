"""Azure's refusals, in Azure's words.

The gateway and most resource providers wrap an error in `error`; Private DNS
answers it flat (docs/azure.md#resource-manager). The wording is recorded where
docs/azure.md quotes it, and Azure's documented or commonly seen text elsewhere.
"""

import datetime as dt
from typing import Any

type Json = dict[str, Any]


class ArmError(Exception):
    """A request that Azure refuses.

    Args:
        status: HTTP status.
        code: Azure's error code.
        message: what went wrong, for a person.
        flat: whether the body goes without the `error` wrapper (Private DNS).
        gateway: whether Resource Manager itself refused, before any provider.
        headers: further response headers.
    """

    def __init__(  # noqa: PLR0913 - an error has this many parts on the wire
        self,
        status: int,
        code: str,
        message: str,
        *,
        flat: bool = False,
        gateway: bool = False,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.flat = flat
        self.headers = dict(headers or {})
        if gateway:
            self.headers["x-ms-failure-cause"] = "gateway"

    @property
    def bare(self) -> Json:
        """Code and message alone, as they stand inside a failed operation."""
        return {"code": self.code, "message": self.message}

    @property
    def body(self) -> Json:
        """The response body."""
        return self.bare if self.flat else {"error": self.bare}


def bad_request(code: str, message: str) -> ArmError:
    """A wrapped 400 from a resource provider."""
    return ArmError(400, code, message)


def flat(status: int, code: str, message: str) -> ArmError:
    """A refusal by the Private DNS provider, which leaves out the wrapper."""
    return ArmError(status, code, message, flat=True)


def invalid_content(why: str) -> ArmError:
    """The body is no JSON object."""
    message = f"The request content was invalid and could not be deserialized: '{why}'."
    return ArmError(400, "InvalidRequestContent", message, gateway=True)


def group_not_found(group: str) -> ArmError:
    """The resource group does not exist."""
    message = f"Resource group '{group}' could not be found."
    return ArmError(404, "ResourceGroupNotFound", message, gateway=True)


def resource_not_found(relative: str, group: str) -> ArmError:
    """The group exists and the resource does not; `relative` is `<type>/<name>` (recorded)."""
    message = (
        f"The Resource '{relative}' under resource group '{group}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix"
    )
    return ArmError(404, "ResourceNotFound", message, gateway=True)


def parent_not_found(verb: str, nested_type: str, parent_id: str) -> ArmError:
    """A nested resource is asked for below a parent that does not exist (recorded)."""
    message = (
        f"Failed to perform '{verb}' on resource(s) of type '{nested_type}', "
        f"because the parent resource '{parent_id}' could not be found."
    )
    return ArmError(404, "ParentResourceNotFound", message, gateway=True)


def subscription_not_found(subscription: str) -> ArmError:
    """The subscription does not exist."""
    message = f"The subscription '{subscription}' could not be found."
    return ArmError(404, "SubscriptionNotFound", message, gateway=True)


def type_not_found(namespace: str, resource_type: str, api_version: str) -> ArmError:
    """No provider serves this type."""
    message = (
        f"The resource type '{resource_type}' could not be found in the namespace "
        f"'{namespace}' for api version '{api_version}'."
    )
    return ArmError(404, "InvalidResourceType", message, gateway=True)


def namespace_not_found(namespace: str) -> ArmError:
    """No provider has this name."""
    message = f"The resource namespace '{namespace}' is invalid."
    return ArmError(404, "InvalidResourceNamespace", message, gateway=True)


def method_not_allowed(method: str, allowed: tuple[str, ...]) -> ArmError:
    """The type exists and does not know this method."""
    message = f"The requested resource does not support http method '{method}'."
    headers = {"Allow": ", ".join(allowed)}
    return ArmError(405, "MethodNotAllowed", message, gateway=True, headers=headers)


def unauthenticated(code: str, message: str, tenant_id: str) -> ArmError:
    """The token is missing, unknown or expired; the challenge says where to get one."""
    challenge = (
        f'Bearer authorization_uri="https://login.microsoftonline.com/{tenant_id}", '
        f'error="invalid_token", error_description="{message}"'
    )
    headers = {"WWW-Authenticate": challenge}
    return ArmError(401, code, message, gateway=True, headers=headers)


def bad_token(expiry: dt.datetime | None, now: dt.datetime, tenant_id: str) -> ArmError:
    """The token is none of ours, or has ended (recorded wording), or is for another service."""
    if expiry is None or expiry > now:
        message = "The access token is invalid."
        return unauthenticated("InvalidAuthenticationToken", message, tenant_id)
    ended, read = (f"{when:%m/%d/%Y %I:%M:%S %p}" for when in (expiry, now))
    message = (
        f"The access token expiry UTC time '{ended}' is earlier than current UTC time '{read}'."
    )
    return unauthenticated("ExpiredAuthenticationToken", message, tenant_id)


def foreign_operation() -> ArmError:
    """Somebody polls who did not begin it (MicrosoftDocs/azure-docs issue 119301)."""
    message = (
        "Only the original caller of an asynchronous operation is allowed to retrieve the results. "
        "The content hash provided in the query params of the request uri does not match the "
        "expected hash"
    )
    return ArmError(403, "Forbidden", message, gateway=True)


def forbidden(principal: str, action: str, scope: str) -> ArmError:
    """The principal's roles do not hold the action at the scope."""
    message = (
        f"The client '{principal}' with object id '{principal}' does not have authorization to "
        f"perform action '{action}' over scope '{scope}' or the scope is invalid. If access was "
        "recently granted, please refresh your credentials."
    )
    return ArmError(403, "AuthorizationFailed", message, gateway=True)


def linked_forbidden(principal: str, action: str, scope: str, linked: tuple[str, str]) -> ArmError:
    """The principal may write the resource, and not use what the resource refers to.

    Args:
        principal: object ID of the caller.
        action: the action on the resource itself.
        scope: the resource itself.
        linked: the missing action and the resource it is missing on.
    """
    message = (
        f"The client '{principal}' with object id '{principal}' has permission to perform action "
        f"'{action}' on scope '{scope}'; however, it does not have permission to perform "
        f"action(s) '{linked[0]}' on the linked scope(s) '{linked[1]}' (respectively) or the "
        "linked scope(s) are invalid."
    )
    return ArmError(403, "LinkedAuthorizationFailed", message, gateway=True)


def moved(name: str, group: str, here: str, there: str) -> ArmError:
    """A resource keeps the location in which it was made."""
    message = (
        f"The resource '{name}' already exists in location '{here}' in resource group '{group}'. "
        f"A resource with the same name cannot be created in location '{there}'. "
        "Please select a new resource name."
    )
    return ArmError(409, "InvalidResourceLocation", message, gateway=True)
