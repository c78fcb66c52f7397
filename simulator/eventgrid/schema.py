"""A subscription event, word for word as Microsoft documents it, in both delivery schemas."""

import datetime as dt
import re
import uuid
from enum import StrEnum

from simulator.world import Happened, Json, Kind

_GROUPS = re.compile("/resourcegroups/", re.IGNORECASE)
_SCHEMAS_XMLSOAP = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"
_SCHEMAS_MICROSOFT = "http://schemas.microsoft.com/identity/claims"
_SCHEMAS_DEVICE = "http://schemas.microsoft.com/2012/01/devicecontext/claims"
_SCHEMAS_CLAIMS = "http://schemas.microsoft.com/claims"


class Schema(StrEnum):
    """The delivery schemas, by the names that an event subscription gives them."""

    EVENT_GRID = "EventGridSchema"
    CLOUD_EVENTS = "CloudEventSchemaV1_0"


def content_type(schema: Schema, *, batched: bool) -> str:
    """What a delivery calls its body; for batches of CloudEvents as the HTTP binding has it."""
    if schema is Schema.EVENT_GRID:
        return "application/json; charset=utf-8"
    return f"application/cloudevents{'-batch' * batched}+json; charset=utf-8"


def event_of(what: Happened, tenant_id: str, now: dt.datetime) -> Json:
    """The event, in the Event Grid schema, that Azure raises for a success."""
    subject = _GROUPS.sub(_group_segment(what.kind), what.resource_id)
    return {
        "subject": subject,
        "eventType": f"Microsoft.Resources.Resource{what.kind}Success",
        "eventTime": timestamp(now),
        "id": str(uuid.uuid4()),
        "data": _data(what, subject, tenant_id, now),
        "dataVersion": "2",
        "metadataVersion": "1",
        "topic": f"/subscriptions/{subscription_of(what.resource_id)}",
    }


def as_cloud_event(event: Json) -> Json:
    """The same event in the CloudEvents 1.0 schema."""
    return {
        "subject": event["subject"],
        "source": event["topic"],
        "type": event["eventType"],
        "time": event["eventTime"],
        "id": event["id"],
        "data": event["data"],
        "specversion": "1.0",
    }


def body_of(events: list[Json], schema: Schema, *, batched: bool) -> Json | list[Json]:
    """What one delivery carries: an array, but for one CloudEvent by itself.

    Event Grid sends an array even without batching (docs/azure.md#event-grid);
    a CloudEvent sent alone is an object in the HTTP binding's structured mode,
    and where batches are asked for an array even of one.
    """
    if schema is Schema.EVENT_GRID:
        return events
    clouds = [as_cloud_event(event) for event in events]
    return clouds if batched else clouds[0]


def timestamp(when: dt.datetime) -> str:
    """UTC with the seven digits of .NET, one more than Python reads: `…:04.6117350Z`."""
    return f"{when.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%S.%f}0Z"


def subscription_of(resource_id: str) -> str:
    """The subscription that a resource ID begins with."""
    return resource_id.split("/")[2]


def _group_segment(kind: Kind) -> str:
    # The documented write event spells it in lower case, the others do not.
    return "/resourcegroups/" if kind is Kind.WRITE else "/resourceGroups/"


def _data(what: Happened, subject: str, tenant_id: str, now: dt.datetime) -> Json:
    data: Json = {
        "authorization": {
            "scope": subject,
            "action": what.operation,
            "evidence": _evidence(what, subject),
        },
        "claims": _claims(what, tenant_id, now),
        "correlationId": what.correlation_id,
    }
    # "Only present when updating an existing resource or deleting a resource."
    if what.existed or what.kind is not Kind.WRITE:
        data["httpRequest"] = {
            "clientRequestId": str(uuid.uuid4()),
            "clientIpAddress": "203.0.113.250",
            "method": what.method,
            "url": what.url,
        }
    return data | {
        "resourceProvider": what.operation.split("/")[0],
        "resourceUri": subject,
        "operationName": what.operation,
        "status": "Succeeded",
        "subscriptionId": subscription_of(subject),
        "tenantId": tenant_id,
    }


def _evidence(what: Happened, subject: str) -> Json:
    if what.kind is not Kind.ACTION:
        return {"role": "Subscription Admin"}
    return {
        "role": "Contributor",
        "roleAssignmentScope": f"/subscriptions/{subscription_of(subject)}",
        "roleAssignmentId": "9e5c6f0fb1cd4c0f8d5d1f0d7f3b2a11",
        "roleDefinitionId": "b24988ac618042a0ab8820f7382dd24c",
        "principalId": what.principal.replace("-", ""),
        "principalType": "ServicePrincipal",
    }


def _claims(what: Happened, tenant_id: str, now: dt.datetime) -> Json:
    """The caller's token, as far as Azure shows it: a person's, or for actions an app's."""
    token = {
        "aud": "https://management.core.windows.net/",
        "iss": f"https://sts.windows.net/{tenant_id}/",
        "iat": str(int(now.timestamp()) - 60),
        "nbf": str(int(now.timestamp()) - 60),
        "exp": str(int(now.timestamp()) + 3840),
    }
    identity = {
        f"{_SCHEMAS_MICROSOFT}/objectidentifier": what.principal,
        f"{_SCHEMAS_XMLSOAP}/nameidentifier": what.principal,
        f"{_SCHEMAS_MICROSOFT}/tenantid": tenant_id,
        "uti": "AAAAAAAAAAAAAAAAAAAAAA",
        "ver": "1.0",
    }
    extra = _app_claims(tenant_id) if what.kind is Kind.ACTION else _person_claims()
    return token | extra | identity


def _app_claims(tenant_id: str) -> Json:
    return {
        "aio": "42NgYAAA",
        "appid": "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
        "appidacr": "2",
        f"{_SCHEMAS_MICROSOFT}/identityprovider": f"https://sts.windows.net/{tenant_id}/",
    }


def _person_claims() -> Json:
    return {
        "_claim_names": '{"groups":"src1"}',
        "_claim_sources": '{"src1":{"endpoint":"https://graph.windows.net/"}}',
        f"{_SCHEMAS_CLAIMS}/authnclassreference": "1",
        "aio": "42NgYAAA",
        f"{_SCHEMAS_CLAIMS}/authnmethodsreferences": "rsa,mfa",
        "appid": "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
        "appidacr": "2",
        f"{_SCHEMAS_DEVICE}/identifier": "00000000-0000-0000-0000-000000000000",
        "e_exp": "262800",
        f"{_SCHEMAS_XMLSOAP}/surname": "Operator",
        f"{_SCHEMAS_XMLSOAP}/givenname": "Local",
        "ipaddr": "203.0.113.250",
        "name": "Local Operator",
        "onprem_sid": "S-1-5-21-0",
        "puid": "0000000000000000",
        f"{_SCHEMAS_MICROSOFT}/scope": "user_impersonation",
        f"{_SCHEMAS_XMLSOAP}/name": "operator@example.com",
        f"{_SCHEMAS_XMLSOAP}/upn": "operator@example.com",
    }
