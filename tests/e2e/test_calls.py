from bench.calls import measure, writes
from bench.story import STORY

# At most: GET, LIST, PUT, DELETE and polls together, in a zone of ten other records.
CALLS = {
    "endpoint written, first of a registry": 23,
    "endpoint written, already right": 11,
    "endpoint written, of a storage account": 1,
    "replica created, with its member": 15,
    "registry written, no change": 11,
    "replica deleted, member gone": 15,
    "endpoint written, second of a registry": 28,
    "endpoint deleted, one of two": 22,
    "endpoint deleted, of a storage account": 1,
    "endpoint deleted, the last": 14,
}
PAGES_MORE = 4


async def test_no_event_asks_more_of_azure_than_it_has_to() -> None:
    """What an event costs grows with the zone only where it must list it: to delete, or to link."""
    small, large = await measure(10), await measure(450)
    names = [f"{event.kind}, {event.case}" for event in STORY]
    asked = {name: one.total() for name, one in zip(names, small, strict=True)}
    assert asked.keys() == CALLS.keys()
    assert {name: calls for name, calls in asked.items() if calls > CALLS[name]} == {}
    assert [writes(one) for one in large] == [writes(one) for one in small]
    for name, before, after in zip(names, small, large, strict=True):
        # One listing serves the second link a moment later.
        lists = (
            name.startswith("endpoint deleted") or name == "endpoint written, first of a registry"
        )
        more = PAGES_MORE if lists else 0
        assert after.total() - before.total() == more, name
