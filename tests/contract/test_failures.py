"""What Azure refuses, row by row, over the wire: what passes, what lasts, and what it is called."""

from collections.abc import AsyncIterator

import pytest

from shared.arm.adapter import AzureAdapter
from shared.domain.reading import Absent, Found, Unknown, UnknownReason
from shared.engine.azure import LinkOutcome
from shared.engine.deadline import Deadline
from shared.errors import LastingError, LockedError, PreconditionFailedError, TransientError
from simulator.faults import parse_rule
from tests.contract.arm_estate import SUBSCRIPTION, Cloud
from tests.contract.test_adapter import ENDPOINT_ID, KEPT, NETWORK_ID, RECORD, connected

PASSING, LASTING, SPREADING = "passing", "lasting", "spreading"
ABSENT, LOCKED, CONFLICT = "absent", "locked", "conflict"

# By status and code, what a read of a source and a write of a record mean.
ROWS = [
    (404, "ResourceNotFound", ABSENT, LASTING),
    (404, "ResourceGroupNotFound", ABSENT, LASTING),
    (404, "SubscriptionNotFound", LASTING, LASTING),
    (404, "ParentResourceNotFound", LASTING, LASTING),
    (404, "InvalidResourceNamespace", LASTING, LASTING),
    (400, "NoRegisteredProviderFound", LASTING, LASTING),
    (400, "InvalidParameter", LASTING, LASTING),
    (403, "AuthorizationFailed", SPREADING, SPREADING),
    (403, "LinkedAuthorizationFailed", LASTING, LASTING),
    (403, "RequestDisallowedByPolicy", LASTING, LASTING),
    (403, "DenyAssignmentAuthorizationFailed", LASTING, LASTING),
    (401, "InvalidAuthenticationToken", PASSING, PASSING),
    (401, "InvalidAuthenticationTokenTenant", LASTING, LASTING),
    (409, "AnotherOperationInProgress", PASSING, PASSING),
    (409, "RetryableError", PASSING, PASSING),
    (409, "Conflict", LASTING, LASTING),
    (409, "MissingSubscriptionRegistration", LASTING, LASTING),
    (409, "ScopeLocked", LASTING, LOCKED),
    (412, "PreconditionFailed", PASSING, CONFLICT),
    (408, "RequestTimeout", PASSING, PASSING),
    (429, "TooManyRequests", PASSING, PASSING),
    (500, "InternalServerError", PASSING, PASSING),
    (503, "ServiceUnavailable", PASSING, PASSING),
]
IDS = [f"{status} {code}" for status, code, _, _ in ROWS]


@pytest.fixture
async def estate(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AzureAdapter]:
    """The adapter before an estate of network, registry, endpoint and zone."""
    await cloud.estate()
    await cloud.zone()
    # A try again changes nothing of what an answer means, and takes seconds.
    monkeypatch.setattr("shared.arm.clients._RETRIES", 0)
    async with connected(cloud, monkeypatch) as estate:
        yield estate


def refuse(cloud: Cloud, status: int, code: str, **fields: object) -> None:
    """Let Azure refuse from now on."""
    rule = {"fault": "refused", "status": status, "code": code, "calls": 0, "principal": "app"}
    cloud.arm.faults.add(parse_rule({**rule, **fields}))


@pytest.mark.parametrize(("status", "code", "meaning", "_"), ROWS, ids=IDS)
async def test_what_a_refused_read_means(
    cloud: Cloud, estate: AzureAdapter, status: int, code: str, meaning: str, _: str
) -> None:
    """What passes is read again; what lasts waits for a person, and is told by Azure's own code."""
    refuse(cloud, status, code)
    reading = await estate.endpoint(ENDPOINT_ID)
    if meaning == ABSENT:
        assert reading == Absent()
        return
    assert isinstance(reading, Unknown)
    reason = UnknownReason.TRANSIENT if meaning == PASSING else UnknownReason.FORBIDDEN
    assert (reading.reason, reading.can_pass) == (reason, meaning == SPREADING)
    assert reading.detail.endswith(f" {status} {code}")


@pytest.mark.parametrize(("status", "code", "_", "meaning"), ROWS, ids=IDS)
async def test_what_a_refused_write_means(
    cloud: Cloud, estate: AzureAdapter, status: int, code: str, _: str, meaning: str
) -> None:
    """So it is for a record: what lasts is an error of its own, which no run tries in vain."""
    refuse(cloud, status, code, method="PUT")
    with pytest.raises((TransientError, LockedError)) as raised:
        await estate.write_record(KEPT, RECORD)
    kinds = {LOCKED: LockedError, CONFLICT: PreconditionFailedError, PASSING: TransientError}
    assert type(raised.value) is kinds.get(meaning, LastingError)
    assert getattr(raised.value, "can_pass", False) is (meaning == SPREADING)
    if isinstance(raised.value, LastingError):
        assert str(raised.value).endswith(f" {status} {code}")


@pytest.mark.parametrize(
    ("status", "code", "is_refused"),
    [
        (400, "BadRequest", True),
        (403, "LinkedAuthorizationFailed", True),
        (403, "RequestDisallowedByPolicy", True),
        (409, "Conflict", True),
        (409, "AnotherOperationInProgress", False),
        (503, "ServiceUnavailable", False),
    ],
)
async def test_a_link_that_azure_refuses_for_good_is_no_failure(
    cloud: Cloud, estate: AzureAdapter, status: int, code: str, *, is_refused: bool
) -> None:
    """Told at once or through the poll, what lasts is an outcome, and what passes an error."""
    refuse(cloud, status, code, method="PUT")
    link = estate.create_link(KEPT, "link", NETWORK_ID, Deadline(20))
    if is_refused:
        outcome, detail = await link
        assert (outcome, code in detail) == (LinkOutcome.REFUSED, True)
    else:
        with pytest.raises(TransientError) as raised:
            await link
        assert not isinstance(raised.value, LastingError)


async def test_a_provider_that_a_subscription_never_used_lists_nothing(
    cloud: Cloud, estate: AzureAdapter
) -> None:
    """A subscription without any network or registry is an empty one, and not one unread."""
    refuse(cloud, 409, "MissingSubscriptionRegistration", method="GET")
    assert await estate.list_endpoints(SUBSCRIPTION) == Found({})
    assert await estate.list_registries(SUBSCRIPTION) == Found({})
    assert await estate.list_networks(SUBSCRIPTION) == Found({})
    assert await estate.probe(SUBSCRIPTION) == Found(None)
