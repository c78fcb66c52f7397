import datetime as dt
import json
from typing import Any

import pytest
from azure.core.messaging import CloudEvent
from azure.eventgrid import EventGridEvent

from simulator.eventgrid.filters import FilterError, parse_filter
from simulator.eventgrid.schema import as_cloud_event, event_of
from simulator.world import Happened, Kind

TENANT = "5c1d9a6e-3e0f-4a37-8a7d-1f3e6f5b2c10"
SUBSCRIPTION = "0f2b7d5e-7c5d-4f0a-9a53-3a3d6b8f9e01"
ENDPOINT = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/Net/providers/"
    "Microsoft.Network/privateEndpoints/Pe1"
)
NOW = dt.datetime(2026, 11, 23, 14, 5, 6, 78, dt.UTC)

# The keys of `data` in Microsoft's documented events, in their order.
KEYS = [
    "authorization", "claims", "correlationId", "httpRequest", "resourceProvider", "resourceUri",
    "operationName", "status", "subscriptionId", "tenantId",
]  # fmt: skip


def happened(kind: Kind = Kind.WRITE, *, existed: bool = False) -> Happened:
    return Happened(
        kind=kind,
        resource_id=ENDPOINT,
        operation=f"Microsoft.Network/privateEndpoints/{kind.lower()}",
        existed=existed,
        method="PUT" if kind is Kind.WRITE else "DELETE",
        url=f"https://127.0.0.1:1{ENDPOINT}?api-version=2026-03-01",
        principal="8d4c9a55-0000-4000-8000-000000000001",
        correlation_id="c0",
    )


def event(kind: Kind = Kind.WRITE, *, existed: bool = False) -> dict[str, Any]:
    return event_of(happened(kind, existed=existed), TENANT, NOW)


def test_a_write_event_reads_as_documented() -> None:
    """Whoever wrote their parser from Microsoft's page can read ours."""
    raised = event(existed=True)
    assert list(raised) == [
        "subject", "eventType", "eventTime", "id", "data", "dataVersion", "metadataVersion",
        "topic",
    ]  # fmt: skip
    assert raised["subject"] == ENDPOINT.replace("resourceGroups", "resourcegroups")
    assert raised["eventType"] == "Microsoft.Resources.ResourceWriteSuccess"
    assert raised["eventTime"] == "2026-11-23T14:05:06.0000780Z"
    assert (raised["dataVersion"], raised["metadataVersion"]) == ("2", "1")
    assert raised["topic"] == f"/subscriptions/{SUBSCRIPTION}"
    data = raised["data"]
    assert list(data) == KEYS
    assert data["authorization"]["scope"] == data["resourceUri"] == raised["subject"]
    assert data["authorization"]["action"] == "Microsoft.Network/privateEndpoints/write"
    assert data["operationName"] == "Microsoft.Network/privateEndpoints/write"
    assert data["resourceProvider"] == "Microsoft.Network"
    assert (data["status"], data["correlationId"]) == ("Succeeded", "c0")
    assert (data["subscriptionId"], data["tenantId"]) == (SUBSCRIPTION, TENANT)
    assert data["httpRequest"]["method"] == "PUT"
    claim = "http://schemas.microsoft.com/identity/claims/objectidentifier"
    assert data["claims"][claim] == "8d4c9a55-0000-4000-8000-000000000001"


def test_only_a_creation_lacks_the_http_request() -> None:
    """A client that needs `httpRequest` breaks here as it would on Azure."""
    assert "httpRequest" not in event()["data"]
    for raised in (event(existed=True), event(Kind.DELETE), event(Kind.ACTION)):
        assert "httpRequest" in raised["data"]


def test_the_group_segment_changes_its_case_with_the_kind() -> None:
    """Write events spell `resourcegroups`, delete events `resourceGroups`."""
    assert "/resourcegroups/Net/" in event()["subject"]
    assert "/resourceGroups/Net/" in event(Kind.DELETE)["subject"]


def test_a_cloud_event_carries_the_same_facts() -> None:
    """CloudEvents rename the envelope and leave the data alone."""
    raised = event(Kind.DELETE)
    cloud = as_cloud_event(raised)
    assert list(cloud) == ["subject", "source", "type", "time", "id", "data", "specversion"]
    assert cloud["specversion"] == "1.0"
    assert cloud["source"] == raised["topic"]
    assert cloud["data"] == raised["data"]


def test_microsofts_own_models_read_the_events() -> None:
    """The SDK's parsers take both schemas."""
    raised = event()
    assert EventGridEvent.from_json(json.dumps(raised)).subject == raised["subject"]
    assert CloudEvent.from_json(json.dumps(as_cloud_event(raised))).subject == raised["subject"]


def advanced(operator: str, *values: str, key: str = "data.operationName") -> dict[str, Any]:
    return {"advancedFilters": [{"operatorType": operator, "key": key, "values": list(values)}]}


@pytest.mark.parametrize(
    ("document", "passes"),
    [
        ({}, True),
        ({"includedEventTypes": ["microsoft.resources.resourcewritesuccess"]}, True),
        ({"includedEventTypes": ["Microsoft.Resources.ResourceDeleteSuccess"]}, False),
        (advanced("StringIn", "other", "MICROSOFT.NETWORK/privateendpoints/WRITE"), True),
        (advanced("StringIn", "Microsoft.Network/privateEndpoints"), False),
        (advanced("StringNotIn", "Microsoft.Network/privateEndpoints/write"), False),
        (advanced("StringNotIn", "other"), True),
        (advanced("StringContains", "PrivateEndpoints"), True),
        (advanced("StringNotContains", "PrivateEndpoints"), False),
        (advanced("StringBeginsWith", "microsoft.network/"), True),
        (advanced("StringNotBeginsWith", "microsoft.network/"), False),
        (advanced("StringEndsWith", "/delete", "/WRITE"), True),
        (advanced("StringNotEndsWith", "/delete"), True),
        (advanced("StringIn", "x", key="data.missing.deeper"), False),
        (advanced("StringNotIn", "x", key="data.missing.deeper"), True),
        (advanced("StringEndsWith", "/pe1", key="subject"), True),
    ],
)
def test_a_filter_lets_through_what_azure_would(document: dict[str, Any], passes: bool) -> None:
    """Strings compare without case; a missing key matches no value."""
    assert parse_filter(document).passes(event()) is passes


def test_all_advanced_filters_must_hold() -> None:
    """Filters are AND-ed: one that fails keeps the event out."""
    both = advanced("StringContains", "privateEndpoints")["advancedFilters"]
    both += advanced("StringEndsWith", "/delete")["advancedFilters"]
    assert not parse_filter({"advancedFilters": both}).passes(event())


@pytest.mark.parametrize(
    "document",
    [
        advanced("StringMatches", "x"),
        advanced("NumberIn", "1"),
        advanced("StringIn", *(str(n) for n in range(26))),
        advanced("StringIn", "x" * 513),
        {"advancedFilters": [{"operatorType": "StringIn", "key": "subject", "values": "x"}]},
        {"advancedFilters": [{"operatorType": "StringIn", "values": ["x"]}]},
        {"advancedFilter": []},
    ],
)
def test_a_filter_that_azure_would_refuse_is_an_error(document: dict[str, Any]) -> None:
    """A misspelt operator or a 26th value is found here, not at deployment."""
    with pytest.raises(FilterError):
        parse_filter(document)
