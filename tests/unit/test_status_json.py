"""The status as JSON, from plain values."""

import datetime as dt
from typing import Any

import pytest

from shared.domain.reading import Absent, Found, Reading, Unknown, UnknownReason
from shared.engine.azure import Counts
from shared.errors import TransientError
from shared.render.status_json import status_json
from shared.settings import load
from tests.unit.test_settings import GOOD, SUBSCRIPTION

START = dt.datetime(2026, 1, 2, 3, 4, 5, 678, dt.UTC)


def status(counts: Counts | TransientError, probe: Reading[None]) -> Any:
    """The status of an app with one zone and one subscription."""
    return status_json(load(GOOD), [counts], {SUBSCRIPTION: probe}, START, None)


@pytest.mark.parametrize(
    ("number", "limit", "is_near"), [(89, 100, False), (90, 100, True), (0, 0, True)]
)
def test_a_zone_tells_before_it_is_full(number: int, limit: int, is_near: bool) -> None:
    """From 90 percent on a limit is near, so that somebody acts before writes fail."""
    (zone,) = status(Counts(number, limit, 0, 100), Found(None))["zones"]
    assert zone["counts"]["records"] == {"number": number, "limit": limit, "nearLimit": is_near}
    assert zone["counts"]["links"]["nearLimit"] is False


def test_what_cannot_be_read_says_why() -> None:
    """A zone that does not answer keeps its settings in the answer, with Azure's own reason."""
    error = TransientError("read the zone: HttpResponseError 403 AuthorizationFailed")
    (zone,) = status(error, Found(None))["zones"]
    assert (zone["readable"], zone["reason"], zone["counts"]) == (False, str(error), None)
    assert zone["links"] == "manage"


@pytest.mark.parametrize(
    ("probe", "reason"),
    [
        (Found(None), None),
        (Absent(), "it does not exist"),
        (Unknown(UnknownReason.FORBIDDEN, "HttpResponseError 403"), "HttpResponseError 403"),
    ],
)
def test_a_subscription_is_readable_or_says_why_not(
    probe: Reading[None], reason: str | None
) -> None:
    """Only an answer is one: absence and silence are no permission to read."""
    (subscription,) = status(Counts(0, 1, 0, 1), probe)["subscriptions"]
    assert subscription["readable"] is (reason is None)
    assert (reason or "") in (subscription["reason"] or "")


def test_the_process_remembers_no_sync_that_was_none() -> None:
    """Until a full sync has made everything right, none is told."""
    process = status(Counts(0, 1, 0, 1), Found(None))["process"]
    assert process["started"] == "2026-01-02T03:04:05+00:00"
    assert process["lastSuccessfulSync"] is None
