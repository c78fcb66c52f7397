"""events: from an Event Grid event to a scope, believing nothing but the ID and the age."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from azure.eventgrid import SystemEventNames
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.resource_id import ENDPOINT, REGISTRY, ResourceId
from shared.domain.scope import EndpointScope, FormerEndpointScope, RegistryScope
from shared.entrypoints.event_grid import DELETED, WRITTEN, IgnoredEventError, parse

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
BASE = f"/subscriptions/{SUBSCRIPTION}/resourcegroups/RG/providers"
ENDPOINT_ID = ResourceId(SUBSCRIPTION, "rg", ENDPOINT, ("pe-a",))
REGISTRY_ID = ResourceId(SUBSCRIPTION, "rg", REGISTRY, ("r1",))


def event(subject: object, kind: object = WRITTEN) -> dict[str, Any]:
    return {
        "subject": subject,
        "eventType": kind,
        "eventTime": "2026-11-23T10:00:00.1234567Z",
        "id": "1",
        "data": {},
        "dataVersion": "2",
        "metadataVersion": "1",
        "topic": f"/subscriptions/{SUBSCRIPTION}",
    }


def cloud_event(subject: object, kind: object = WRITTEN) -> dict[str, Any]:
    return {
        "subject": subject,
        "type": kind,
        "time": "2026-11-23T10:00:00.1234567Z",
        "id": "1",
        "source": f"/subscriptions/{SUBSCRIPTION}",
        "specversion": "1.0",
        "data": {},
    }


@pytest.mark.parametrize("schema", [event, cloud_event])
@pytest.mark.parametrize(
    ("subject", "kind", "scope"),
    [
        (f"{BASE}/{ENDPOINT}/PE-A", WRITTEN, EndpointScope(ENDPOINT_ID)),
        (f"{BASE}/{ENDPOINT}/PE-A", DELETED, FormerEndpointScope(ENDPOINT_ID)),
        (
            f"{BASE}/{ENDPOINT}/PE-A/privateDnsZoneGroups/default",
            DELETED,
            EndpointScope(ENDPOINT_ID),
        ),
        (f"{BASE}/{REGISTRY}/r1", WRITTEN, RegistryScope(REGISTRY_ID)),
        (f"{BASE}/{REGISTRY}/r1", DELETED, RegistryScope(REGISTRY_ID)),
        (
            f"{BASE}/{REGISTRY}/r1/replications/NorthEurope",
            DELETED,
            RegistryScope(REGISTRY_ID, "northeurope"),
        ),
        (
            f"{BASE}/{REGISTRY}/r1/privateEndpointConnections/r1.0f",
            WRITTEN,
            RegistryScope(REGISTRY_ID),
        ),
    ],
)
def test_an_event_is_a_hint_at_a_scope(schema: Any, subject: str, kind: str, scope: object) -> None:
    """Each kind of thing that can change a registry's names leads to it, in both schemas."""
    change_event = parse(json.dumps(schema(subject, kind)))
    assert change_event.scope == scope
    assert change_event.raised == dt.datetime(2026, 11, 23, 10, 0, 0, 123456, dt.UTC)


def test_the_event_types_are_microsofts() -> None:
    """The two types that we act on are spelt as Microsoft's own library spells them."""
    assert WRITTEN == SystemEventNames.ResourceWriteSuccessEventName
    assert DELETED == SystemEventNames.ResourceDeleteSuccessEventName


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "17",
        "[]",
        "[" * 100_000,
        '"text"',
        "{}",
        "{" + '"a":' * 5_000,
        json.dumps(event(None)),
        json.dumps(event(f"{BASE}/Microsoft.Storage/storageAccounts/s")),
        json.dumps(event(f"{BASE}/{ENDPOINT}/pe-a", "Microsoft.Resources.ResourceWriteFailure")),
        json.dumps(event(f"{BASE}/{ENDPOINT}/pe-a", ["x"])),
        json.dumps({**event(f"{BASE}/{ENDPOINT}/pe-a"), "pad": "x" * 1_100_000}),
    ],
)
def test_what_is_malformed_or_foreign_is_ignored(body: str) -> None:
    """A stranger's event ends in the one error that is acknowledged, and is never repeated."""
    with pytest.raises(IgnoredEventError) as ignored:
        parse(body)
    assert len(str(ignored.value)) < 200
    assert not any(theirs in str(ignored.value) for theirs in ("Storage", "pe-a", "Failure", "xx"))


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=10,
    ),
    st.sampled_from(["subject", "eventType", "eventTime", "data", "specversion", "time", "self"]),
)
def test_any_field_may_hold_anything(value: object, field: str) -> None:
    """No value in any field raises anything but the error that is acknowledged."""
    body = json.dumps({**event(f"{BASE}/{ENDPOINT}/pe-a"), field: value})
    try:
        change_event = parse(body)
    except IgnoredEventError:
        return
    assert change_event.scope == EndpointScope(ENDPOINT_ID)


@pytest.mark.parametrize("text", ["yesterday", "", "2026-11-23T10:00:00", 17, None])
def test_a_bad_time_costs_only_the_age(text: object) -> None:
    """An event whose time cannot be read is acted on all the same; its age is unknown."""
    body = json.dumps({**event(f"{BASE}/{ENDPOINT}/pe-a"), "eventTime": text})
    assert parse(body).raised is None


def test_the_filters_select_what_the_parser_takes() -> None:
    """Each operation that Event Grid delivers is one that leads to a scope."""
    files = sorted(Path("infra/events").glob("*.json"))
    assert [file.stem for file in files] == [
        "endpoint_deleted",
        "endpoint_written",
        "registry_changed",
    ]
    for file in files:
        (chosen,) = json.loads(file.read_text())["advancedFilters"]
        for operation in chosen["values"]:
            provider, *kinds, verb = operation.split("/")
            subject = "/".join((BASE, provider, *(f"{kind}/name" for kind in kinds)))
            body = event(subject, WRITTEN if verb == "write" else DELETED)
            assert parse(json.dumps(body)).scope
