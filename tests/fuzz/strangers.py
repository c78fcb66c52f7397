"""What a stranger can send: bodies and resource IDs, from near right to absurd."""

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

CANARY = "CANARY~"
"""Stands in every foreign text, and in no resource's name; it must not come out anywhere."""

GUID = "99999999-9999-4999-8999-999999999999"
GROUP = f"/subscriptions/{GUID}/resourceGroups/rg/providers"
VALID_IDS = (
    f"{GROUP}/Microsoft.Network/privateEndpoints/pe",
    f"{GROUP}/Microsoft.Network/privateEndpoints/pe/privateDnsZoneGroups/default",
    f"{GROUP}/Microsoft.ContainerRegistry/registries/r",
    f"{GROUP}/Microsoft.ContainerRegistry/registries/r/replications/westeurope",
    f"{GROUP}/Microsoft.ContainerRegistry/registries/r/privateEndpointConnections/r.0a1b",
)
TYPES = (
    "Microsoft.Resources.ResourceWriteSuccess",
    "Microsoft.Resources.ResourceDeleteSuccess",
)
OTHER_TYPES = (
    "Microsoft.Resources.ResourceActionSuccess",
    "Microsoft.Resources.ResourceWriteFailure",
    "microsoft.resources.resourcewritesuccess",
    "Microsoft.EventGrid.SubscriptionValidationEvent",
)

# Surrogates too: JSON can escape half a character, and Python then holds it.
any_text = st.text(st.characters(exclude_categories=()), max_size=60).map(
    lambda text: f"{CANARY}{text}"
)
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
    max_leaves=12,
)


@st.composite
def near_ids(draw: st.DrawFn) -> str:
    """A resource ID that is right but for a few characters, or a segment, or its length."""
    text = draw(st.sampled_from(VALID_IDS))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(text)))
        change = draw(st.sampled_from(_CHANGES))
        text = change(text, at, draw(any_text))
    return text


def _segment(text: str, at: int, word: str) -> str:
    parts = text.split("/")
    where = at % len(parts)
    return "/".join([*parts[:where], word, *parts[where + 1 :]])


_CHANGES: tuple[Callable[[str, int, str], str], ...] = (
    lambda text, at, word: text[:at] + word + text[at:],
    lambda text, at, word: text[:at] + word[-1:] + text[at + 1 :],
    lambda text, at, _word: text[:at] + text[at + 1 :],
    lambda text, at, _word: text[:at] + "/" + text[at:],
    lambda text, at, _word: text[:at] + "\n" + text[at:],
    lambda text, at, _word: text[:at] + "\x00" + text[at:],
    lambda text, at, _word: text[:at] + "%2e%2e/" + text[at:],
    lambda text, at, _word: text[:at] + "../" + text[at:],
    lambda text, _at, _word: text.replace("k", "\u212a"),  # the Kelvin sign is a k in lower case
    lambda text, _at, _word: text.upper(),
    lambda text, _at, _word: f" {text}",
    lambda text, _at, _word: f"{text}?x=1#y",
    lambda text, at, _word: text + "x" * (at * 50),
    _segment,
)

subjects = st.sampled_from(VALID_IDS) | near_ids() | any_json
times = (
    st.sampled_from(["2026-11-23T12:00:00.1234567Z", "2026-11-23T12:00:00", "9999-12-31T23:59:59Z"])
    | any_json
)


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    """An event in either schema, with a wrong thing at any position, or at several."""
    cloud = draw(st.booleans())
    kind, time, source = (
        ("type", "time", "source") if cloud else ("eventType", "eventTime", "topic")
    )
    event: dict[str, Any] = {
        kind: draw(st.sampled_from(TYPES) | st.sampled_from(OTHER_TYPES) | any_json),
        "subject": draw(subjects),
        time: draw(times),
        "id": draw(any_json),
        source: draw(any_json),
        "data": draw(st.fixed_dictionaries({"resourceUri": subjects}) | any_json),
        **({"specversion": "1.0"} if cloud else {"dataVersion": "2", "metadataVersion": "1"}),
    }
    for missing in draw(st.lists(st.sampled_from(sorted(event)), max_size=3)):
        event.pop(missing, None)
    return event | draw(st.dictionaries(any_text, any_json, max_size=2))


bodies = st.one_of(
    events().map(json.dumps),
    events().map(lambda event: json.dumps(event, ensure_ascii=False)),
    st.lists(events(), max_size=3).map(json.dumps),
    any_json.map(json.dumps),
    any_text,
    st.binary(max_size=80).map(lambda some: some.decode("latin-1")),
    st.binary(max_size=80).map(lambda some: some.decode("utf-8", "surrogateescape")),
)
