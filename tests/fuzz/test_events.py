"""Whatever a stranger sends: one line in the log, no exception, no call but what one look costs."""

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import example, given, settings

from shared.domain.resource_id import ENDPOINT, REGISTRY, InvalidNameError, parse_id
from shared.engine.azure import WatchedSubscriptions
from shared.engine.context import make_context
from shared.entrypoints.event import EventHandler
from tests.fuzz.strangers import CANARY, GROUP, GUID, TYPES, VALID_IDS, bodies, near_ids
from tests.simulation.azure import SUBSCRIPTION, ZONE_KEPT, Azure

# Our own words, and of a stranger's at most the name of a resource that could exist.
_LINES = re.compile(
    r"event ignored: [A-Za-z0-9 .:,'-]+ \(\d+ ignored since the start\)"
    r"|[A-Za-z]+/[a-z0-9_][a-z0-9_.()-]{0,127} (written|deleted): nothing to do in any zone "
    r"\([0-9.]+ s(, -?[0-9.]+ s after the event)?\)"
)
# An endpoint is read; of one that was deleted, and of a registry that is not there, only the
# marks can tell, which are listed.
_LOOKS: tuple[list[str], ...] = (
    [],
    ["endpoint"],
    ["records"],
    ["registry", "records"],
)


@contextmanager
def listening() -> Iterator[list[logging.LogRecord]]:
    """All that the product logs."""
    heard: list[logging.LogRecord] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record)

    logger, ear = logging.getLogger("acr_private_dns"), Ear()
    before = logger.level
    logger.setLevel(logging.DEBUG)
    logger.addHandler(ear)
    try:
        yield heard
    finally:
        logger.removeHandler(ear)
        logger.setLevel(before)


async def check(body: str) -> None:
    """Hand one body to a runner that keeps a zone with a registry in it."""
    azure = Azure()
    azure.add_endpoint("pe-a", azure.add_registry("myregistry"), "10.1.0.4")
    azure.watched = WatchedSubscriptions(frozenset({SUBSCRIPTION, GUID}))
    runner = EventHandler(make_context(azure, (ZONE_KEPT,)))
    with listening() as heard:
        await runner.handle(body)
    (record,) = heard
    line = record.getMessage()
    assert _LINES.fullmatch(line), ascii(line)
    assert CANARY.lower() not in line.lower()
    assert record.exc_info is None
    assert [method for method, _ in azure.calls] in _LOOKS
    assert azure.writes == []


@settings(max_examples=300)
@given(bodies)
@example("")
@example("[" * 100_000)
@example('{"a":' * 100_000)
@example('{"subject":' + "[" * 100_000)
@example(json.dumps({"eventType": TYPES[0], "subject": f"{GROUP}/{'x' * 2_000_000}"}))
@example(json.dumps({"eventType": TYPES[0], "subject": VALID_IDS[0] + "\n"}))
@example('{"eventType": "\\ud800", "subject": "\\udfff"}')
@example("\ufeff{}")
@example('{"eventTime": 1e999, "subject": NaN}')
@example("9" * 5000)
async def test_no_body_does_harm(body: str) -> None:
    """Long, nested, wrongly typed, in any encoding: acknowledged, and told in our own words."""
    await check(body)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("subject", VALID_IDS)
@pytest.mark.parametrize("names", [("eventType", "eventTime"), ("type", "time")])
async def test_what_is_well_formed_and_foreign_costs_one_look(
    kind: str, subject: str, names: tuple[str, str]
) -> None:
    """A good event about something that is no business of ours is not ignored, and does no more."""
    await check(json.dumps({names[0]: kind, "subject": subject, names[1]: "2026-11-23T12:00:00Z"}))


@settings(max_examples=300)
@given(near_ids())
async def test_a_near_id_is_parsed_whole_or_refused(text: str) -> None:
    """What passes the parser is an ID that the parser gives back, and nothing of it is a path."""
    try:
        parsed = parse_id(text, ENDPOINT, REGISTRY)
    except InvalidNameError:
        return
    assert parse_id(str(parsed), ENDPOINT, REGISTRY) == parsed
    assert parsed.subscription == GUID
    for part in (parsed.group, *parsed.names):
        assert part not in {"", ".", ".."}
        assert not set(part) & set("/\\?#%&\n\r\x00 ")
