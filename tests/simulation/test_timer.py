"""The timer: what a full sync says in the log, and when it is a failure."""

import logging
from dataclasses import replace

import pytest

from shared.domain.reading import Unknown, UnknownReason
from shared.domain.resource_id import ENDPOINT, ZONE
from shared.entrypoints import timer
from shared.errors import AppError, TransientError
from tests.simulation.app import Door
from tests.simulation.azure import SUBSCRIPTION, ZONE_KEPT, Azure, an_id


@pytest.fixture
def door(caplog: pytest.LogCaptureFixture) -> Door:
    """One registry with one endpoint, nothing published yet."""
    caplog.set_level(logging.INFO, "acr_private_dns")
    azure = Azure()
    azure.add_endpoint("pe-a", azure.add_registry("myregistry"), "10.1.0.4")
    return Door(azure)


async def test_a_run_is_told_in_lines_that_can_be_read(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    """One line a change, with its reason, and one for the run, with what it cost."""
    await timer.full_sync(door.app)
    zone = "privatelink.azurecr.io"
    assert caplog.messages == [
        f"created A myregistry.westeurope.data -> 10.1.0.5 in {zone}: "  # noqa: ISC004 - one line
        "10.1.0.5 is member registry_data_westeurope of endpoint pe-a",
        f"created A myregistry -> 10.1.0.4 in {zone}: 10.1.0.4 is member registry of endpoint pe-a",
        f"linked network net-a in {zone}: endpoint pe-a is in it",
        (
            f"full sync: dns/{zone} 3 changed, 0 managed, 0 unmanaged, 0 another's"
            " (0 reads, 0 writes, 0.0 s)"
        ),
    ]
    assert door.app.sync_time is not None


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"dry_run": True}, "dry run, would delete A"),
        ({"policy": "upsert-only"}, "withheld, would"),
    ],
)
async def test_the_settings_bind_the_timer(
    door: Door, caplog: pytest.LogCaptureFixture, setting: dict[str, object], said: str
) -> None:
    """Under upsert-only or in a dry run a stale record stays, and the log says what would go."""
    await timer.full_sync(door.app)
    door.azure.delete_endpoint(an_id(ENDPOINT, "pe-a"))
    bound = Door(door.azure, settings=setting)
    await timer.full_sync(bound.app)
    assert len(door.azure.sets) == 2
    assert any(message.startswith(said) for message in caplog.messages)
    assert bound.app.sync_time is None


async def test_a_thousand_findings_are_no_thousand_lines(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    """What matters has a line each up to fifty a zone; the rest is counted by its code."""
    for number in range(120):
        registry = door.azure.add_registry(f"more{number}")
        door.azure.registries[registry] = replace(door.azure.registries[registry], is_public=True)
        door.azure.add_endpoint(f"pe-{number}", registry, f"10.2.{number}.4")
        door.azure.put_record(f"more{number}", "10.9.9.9")
    await timer.full_sync(door.app)
    caplog.clear()
    await timer.full_sync(door.app)
    warnings = [r.message for r in caplog.records if r.levelname == "WARNING"]
    assert len(warnings) == 50
    assert all(line.startswith("finding unmanaged-record at more") for line in warnings)
    (counted,) = [m for m in caplog.messages if m.startswith("findings not shown")]
    assert counted.endswith(": 120 public-access, 70 unmanaged-record")
    assert len(caplog.messages) == 52


async def test_one_zones_trouble_is_no_failure_of_the_run(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    """What could be read is put right; the rest is an error in the log, and the next run's."""
    other = replace(
        ZONE_KEPT, id=an_id(ZONE, "privatelink.azurecr.cn", "broken"), suffix="azurecr.cn"
    )

    def broken(_method: str, what: object) -> None:
        if getattr(what, "id", None) == other.id:
            raise TransientError("list records: HttpResponseError 500")

    door.azure.before = broken
    half = Door(door.azure, zones=(ZONE_KEPT, other))
    await timer.full_sync(half.app)
    assert len(door.azure.sets) == 2
    errors = [r.message for r in caplog.records if r.levelname == "ERROR"]
    assert errors == ["list records: HttpResponseError 500"]
    assert half.app.sync_time is None


async def test_a_run_that_reads_nothing_is_a_failure(door: Door) -> None:
    """The platform shows it red: the zone, or every subscription, did not answer."""
    door.azure.unread[SUBSCRIPTION] = Unknown(UnknownReason.TRANSIENT, "429 TooManyRequests")
    with pytest.raises(TransientError, match="429 TooManyRequests"):
        await timer.full_sync(door.app)
    door.azure.unread.clear()

    def broken(method: str, _what: object) -> None:
        if method == "records":
            raise TransientError("list records: 503")

    door.azure.before = broken
    with pytest.raises(TransientError, match="nothing could be read: list records: 503"):
        await timer.full_sync(door.app)


async def test_a_bug_in_one_registry_is_told_and_stops_no_other(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says where it is, not what a stranger wrote, and the run goes on."""
    poisoned = door.azure.add_endpoint("pe-bad", door.azure.add_registry("poisoned"), "10.2.0.4")

    def bug(method: str, what: object) -> None:
        if method == "endpoint" and what == poisoned:
            raise KeyError("raw foreign text")

    door.azure.before = bug
    await timer.full_sync(door.app)
    assert "myregistry" in door.azure.sets
    (told,) = [r.message for r in caplog.records if r.levelname == "CRITICAL"]
    assert told.startswith("bug in a full sync: KeyError at ")
    assert "foreign text" not in caplog.text


async def test_a_bug_in_the_lists_ends_the_run_for_all_to_see(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    """It is a failure that the platform shows, and a stranger's text stays out of it."""

    def bug(method: str, _what: object) -> None:
        if method == "list_registries":
            raise KeyError("raw foreign text")

    door.azure.before = bug
    with pytest.raises(AppError, match="a bug ended the run") as failed:
        await timer.full_sync(door.app)
    assert failed.value.__cause__ is None
    assert failed.value.__suppress_context__
    assert "foreign text" not in caplog.text
    assert "bug in a full sync: KeyError at " in caplog.text
