"""Every documented subscription event is held against the one that the local Azure raises."""

import datetime as dt
import re
from typing import Any

import pytest

from simulator.eventgrid.schema import as_cloud_event, event_of
from simulator.world import Happened, Kind
from tests.contract.documents import event_definitions, events
from tests.contract.shapes import Difference, differences

TENANT = "5c1d9a6e-3e0f-4a37-8a7d-1f3e6f5b2c10"
NOW = dt.datetime(2026, 11, 23, 14, 5, 6, 78, dt.UTC)
DOCUMENTS = events()
EXISTED = {
    "Microsoft.Resources.ResourceWriteSuccess": False,
    "Microsoft.Resources.ResourceDeleteSuccess": True,
    "Microsoft.Resources.ResourceActionSuccess": True,
}


def raised(document: dict[str, Any]) -> dict[str, Any]:
    """The local Azure's event for what a documented event is about, in the documented schema."""
    data, cloud = document["data"], "specversion" in document
    resource_id, request = _filled(document["subject"]), data.get("httpRequest", {})
    kind = document["type" if cloud else "eventType"]
    event = event_of(
        Happened(
            Kind(re.sub(".*Resource(Write|Delete|Action)Success", r"\1", kind)),
            resource_id,
            data["operationName"],
            EXISTED[kind],
            request.get("method", "PUT"),
            _filled(request.get("url", "https://management.azure.com/")),
            "8d4c9a55-0000-4000-8000-000000000001",
        ),
        TENANT,
        NOW,
    )
    return as_cloud_event(event) if cloud else event


def _filled(text: str) -> str:
    return re.sub(r"\{.*?\}", "name1", text)


def placeholder(difference: Difference) -> bool:
    """Whether Microsoft's page has `{ID}` or the like where an event has a value."""
    return difference.what == "form" and difference.detail.endswith("and text there")


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_an_event_has_the_documented_shape(name: str) -> None:
    """Envelope, data and claims nest the documented names, with their types, forms and words."""
    found = differences(DOCUMENTS[name], raised(DOCUMENTS[name]))
    assert [str(one) for one in sorted(found) if not placeholder(one)] == []


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_an_events_data_has_the_names_of_the_swagger(name: str) -> None:
    """All but `resourceGroup`, which none of the documented events has either.

    The swagger of 2018 gives every name the type string: older events held
    objects as JSON text (docs/azure.md#event-grid). The page, which shows objects, wins.
    """
    document = DOCUMENTS[name]
    kind = document.get("type") or document["eventType"]
    definition = event_definitions()[f"{kind.rpartition('.')[2]}Data"]
    names = set(raised(document)["data"])
    absent = {"resourceGroup"} | ({"httpRequest"} if not EXISTED[kind] else set())
    assert set(definition["properties"]) - names == absent
    assert names <= set(definition["properties"])
