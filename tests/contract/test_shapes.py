"""The comparator itself: what it must see, and what it must not mind."""

import copy
from typing import Any

import pytest

from tests.contract.shapes import Difference, differences, form_of, of_headers

GUID, OTHER = "4f5e52e5-5e7c-4f77-8c01-9ffb6a2fb76b", "9d09199d-8e65-4f89-9df2-4c66fbac30f6"
SUBSCRIPTION = f"/subscriptions/{GUID}/resourceGroups"
THEIRS: dict[str, Any] = {
    "id": f"{SUBSCRIPTION}/a/providers/Microsoft.Network/privateDnsZones/b.c/A/d",
    "etag": GUID,
    "tags": {"key1": "value1"},
    "properties": {
        "provisioningState": "Succeeded",
        "ttl": 3600,
        "isAutoRegistered": False,
        "aRecords": [{"ipv4Address": "10.0.0.1"}],
        "none": [],
    },
}


def ours(**changes: Any) -> dict[str, Any]:
    """Another document of the same shape, with changes in its properties or at its top."""
    document = copy.deepcopy(THEIRS)
    for name, value in changes.items():
        (document if name in document else document["properties"])[name] = value
    return document


def test_another_resource_of_the_same_shape_is_no_difference() -> None:
    """Names, numbers, truths, guids and the caller's own keys may be others."""
    other = ours(
        id=f"/subscriptions/{OTHER}/resourceGroups/x/providers/Microsoft.Network"
        "/privateDnsZones/y.z/A/w",
        etag=OTHER,
        tags={"team": "dns"},
        ttl=10,
        isAutoRegistered=True,
        aRecords=[{"ipv4Address": "192.168.7.8"}, {"ipv4Address": "192.168.7.9"}],
    )
    assert differences(THEIRS, other) == set()


@pytest.mark.parametrize(
    ("changes", "where", "what"),
    [
        ({"extra": 1}, "body.properties.extra", "extra"),
        ({"ttl": "3600"}, "body.properties.ttl", "type"),
        ({"ttl": None}, "body.properties.ttl", "type"),
        ({"isAutoRegistered": 0}, "body.properties.isAutoRegistered", "type"),
        ({"provisioningState": "Done"}, "body.properties.provisioningState", "word"),
        ({"etag": f'"{GUID}"'}, "body.etag", "form"),
        ({"etag": f'W/"{GUID}"'}, "body.etag", "form"),
        ({"id": THEIRS["id"].replace("/A/", "/a/")}, "body.id", "form"),
        ({"id": THEIRS["id"].replace("Groups", "groups")}, "body.id", "form"),
        ({"aRecords": []}, "body.properties.aRecords", "empty"),
        ({"none": [1]}, "body.properties.none", "filled"),
        ({"aRecords": [{}]}, "body.properties.aRecords.each.ipv4Address", "missing"),
        (
            {"aRecords": [{"ipv4Address": "::1"}]},
            "body.properties.aRecords.each.ipv4Address",
            "form",
        ),
        ({"tags": {"key1": 1}}, "body.tags.each", "type"),
        ({"tags": []}, "body.tags", "type"),
    ],
)
def test_each_kind_of_difference_is_seen(changes: dict[str, Any], where: str, what: str) -> None:
    """One change, one difference, with the way to it."""
    assert differences(THEIRS, ours(**changes)) == {Difference(where, what)}


def test_sentences_are_compared_but_for_what_they_name() -> None:
    """An error message in other words is another message; another name in it is none."""
    theirs = {"message": "The Record set clitest000003 exists already."}
    assert differences(theirs, {"message": "The Record set record7 exists already."}) == set()
    (difference,) = differences(theirs, {"message": "The record set record7 exists already."})
    assert (difference.where, difference.what) == ("body.message", "word")


def test_headers_are_held_to_what_a_document_shows_and_to_what_steers_a_client() -> None:
    """A missing header, a URL of another way and an unannounced polling URL are differences."""
    url = "https://management.azure.com:443/subscriptions/a/providers/Microsoft.Things/things/d?api-version=1"
    theirs = {"Azure-AsyncOperation": url, "x-ms-ratelimit-remaining-subscription-writes": "1197"}
    mine = url.replace("management.azure.com:443", "127.0.0.1:1").replace("=1", "=2")
    rest = {"x-ms-ratelimit-remaining-subscription-writes": "199", "date": "today"}
    assert of_headers(theirs, {"azure-asyncoperation": mine, **rest}) == set()
    assert of_headers(theirs, rest) == {Difference("headers.azure-asyncoperation", "missing")}
    other = mine.replace("/things/", "/others/")
    found = of_headers(theirs, {"azure-asyncoperation": other, **rest})
    assert found == {Difference("headers.azure-asyncoperation", "form")}
    found = of_headers(theirs, {"azure-asyncoperation": mine, **rest, "location": mine})
    assert found == {Difference("headers.location", "extra")}


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("", "nothing"),
        ("2021-06-15T21:38:26.1537861Z", "a time in Z"),
        ("2022-05-12T10:14:41.32714+00:00", "a time with an offset"),
        ("recorda.privatezone1.com.", "an absolute name"),
        ("myregistry.azurecr.io", "a domain name"),
        ("contoso.c274f3b54fa24e349cb3f425ff21fb2c", "a name with 32 hexadecimal digits"),
        (f"pe.nic.{GUID}", "a name with a GUID"),
        ("00-0D-3A-1B-C7-21", "a MAC address"),
        ("199", "a number"),
        ("Enabled", "text"),
    ],
)
def test_forms_are_told_apart(text: str, form: str) -> None:
    """An etag, a time or a name in another form is what breaks a client."""
    assert form_of(text) == form
