"""Foreign and odd records: what is not ours stays as it is, and what is ours is mended."""

from tests.e2e.conftest import DELETED, PUBLISHED, WRITTEN, Stage

FOREIGN = {"costCenter": "42", "owner": "somebody"}
ANOTHERS = {
    "acrPrivateDns": "another",
    "acrPrivateDnsRegistry": "0f2b7d5e-7c5d-4f0a-9a53-3a3d6b8f9e01/platform/anothers",
    "acrPrivateDnsAddress01": "10.9.9.9 0f2b7d5e7c5d4f0a9a533a3d6b8f9e01/platform/pe-anothers "
    "12345678 m37es72qbejtl2bgmfihyioywy",
}


async def metadata(stage: Stage, name: str) -> dict[str, str]:
    """A record set's metadata."""
    record = await stage.operator.record(name)
    return dict(record["properties"].get("metadata", {}))


async def again(stage: Stage) -> None:
    """One more event about pe-a: nothing in Azure has changed but what a person typed."""
    assert await stage.deliver("endpoint_written", stage.endpoint_event(WRITTEN)) == 202


async def test_what_is_not_ours_stays_byte_identical(records_stage: Stage) -> None:
    """Typed by hand, right or wrong or empty, or another deployment's: never written.

    Invariant: others-untouched.
    """
    stage, operator = records_stage, records_stage.operator
    await operator.create_network("network-a", "10.1.0.0/24")
    # The names' right addresses are 10.1.0.4 and 5, 6 and 7, 8 and 9, 10 and 11.
    await operator.put_record("right1.westeurope.data", "10.1.0.4", metadata=FOREIGN)
    await operator.put_record("wrong1", "10.9.9.9", "10.1.0.7", metadata=FOREIGN)
    await operator.put_record("empty1.westeurope.data")
    await operator.put_record("anothers", "10.9.9.9", metadata=ANOTHERS)
    hand_made = ("right1.westeurope.data", "wrong1", "empty1.westeurope.data", "anothers")
    before = [await operator.record(name) for name in hand_made]
    for name in ("right1", "wrong1", "empty1", "anothers"):
        registry = await operator.create_registry(name)
        await operator.create_endpoint(f"pe-{name}", "network-a", registry)
        await stage.quiet()
    assert await operator.records() == {
        "right1": ("10.1.0.5",),
        "right1.westeurope.data": ("10.1.0.4",),
        "wrong1": ("10.9.9.9", "10.1.0.7"),
        "wrong1.westeurope.data": ("10.1.0.6",),
        "empty1": ("10.1.0.9",),
        "empty1.westeurope.data": (),
        "anothers": ("10.9.9.9",),
        "anothers.westeurope.data": ("10.1.0.10",),
    }
    assert [await operator.record(name) for name in hand_made] == before
    prefix = "finding unmanaged-record at "
    told = {line.partition(". ")[0] for line in stage.said() if line.startswith(prefix)}
    assert told == {
        f"{prefix}wrong1: it holds 10.9.9.9, 10.1.0.7, the endpoint has 10.1.0.7",
        f"{prefix}empty1.westeurope.data: it holds nothing, the endpoint has 10.1.0.8",
        f"{prefix}anothers: it holds 10.9.9.9, the endpoint has 10.1.0.11",
    }
    # The person does as the finding says, and the next event publishes.
    await operator.delete_record("empty1.westeurope.data")
    event = stage.endpoint_event(WRITTEN, "pe-empty1")
    assert await stage.deliver("endpoint_written", event) == 202
    assert (await operator.records())["empty1.westeurope.data"] == ("10.1.0.8",)
    for name in ("right1", "wrong1", "empty1", "anothers"):
        await operator.delete_endpoint(f"pe-{name}")
    await stage.quiet()
    left = ("right1.westeurope.data", "wrong1", "anothers")
    assert sorted(await operator.records()) == sorted(left)
    expected = [record for record in before if record["name"] in left]
    assert [await operator.record(name) for name in left] == expected


async def test_a_damaged_mark_is_repaired(records_stage: Stage) -> None:
    """What is missing or garbled in a mark of ours is written anew, the address never moving."""
    stage, operator = records_stage, records_stage.operator
    await stage.publish()
    await stage.quiet()
    whole = await metadata(stage, "myregistry")
    address, subscription = whole["acrPrivateDnsAddress01"], stage.operator.subscription
    damages: list[dict[str, str]] = [
        {"acrPrivateDns": "acr-private-dns"},
        {**whole, "acrPrivateDnsAddress01": "10.1.0.5 nonsense"},
        {**whole, "acrPrivateDnsAddress01": address.replace(" ", "  ")},
        {**whole, "acrPrivateDnsAddress01": f"10.1.0.5 {subscription}/platform/pe-a 00000000 0123"},
        {**whole, "acrPrivateDnsRegistry": "../../etc"},
        {**whole, "acrPrivateDnsAddress07": "<script>"},
    ]
    for damaged in damages:
        await operator.put_record("myregistry", "10.1.0.5", ttl=10, metadata=damaged)
        await again(stage)
        assert await metadata(stage, "myregistry") == whole, damaged
        assert await operator.records() == PUBLISHED
    # Even while it is damaged it is ours: it goes with its registry's last endpoint.
    await operator.put_record("myregistry", "10.1.0.5", ttl=10, metadata=damages[1])
    await operator.delete_endpoint("pe-a")
    await stage.quiet()
    assert await operator.records() == {}


async def test_metadata_of_others_survives_our_writes(records_stage: Stage) -> None:
    """What others note on a record of ours is carried over by every write of ours.

    Invariant: others-untouched.
    """
    stage, operator = records_stage, records_stage.operator
    registry = await stage.publish()
    await stage.quiet()
    await stage.neighbour.create_network("network-b", "10.2.0.0/24")
    ours = await metadata(stage, "myregistry")
    await operator.put_record("myregistry", "10.1.0.5", ttl=10, metadata={**ours, **FOREIGN})
    await stage.neighbour.create_endpoint("pe-b", "network-b", registry)
    await stage.quiet()
    assert FOREIGN.items() <= (await metadata(stage, "myregistry")).items()
    await operator.delete_endpoint("pe-a")
    await stage.quiet()
    record = await operator.record("myregistry")
    assert record["properties"]["aRecords"] == [{"ipv4Address": "10.2.0.5"}]
    found = record["properties"]["metadata"]
    short = f"{stage.neighbour.subscription.replace('-', '')}/platform/pe-b"
    assert found.pop("acrPrivateDnsAddress01").startswith(f"10.2.0.5 {short} ")
    assert found == {
        "acrPrivateDns": "acr-private-dns",
        "acrPrivateDnsRegistry": ours["acrPrivateDnsRegistry"],
        **FOREIGN,
    }


async def test_a_record_set_without_room_for_our_mark(records_stage: Stage) -> None:
    """With 15 metadata entries the mark does not fit: told, nothing written, others go on."""
    stage, operator = records_stage, records_stage.operator
    full = {"acrPrivateDns": "acr-private-dns", **{f"note{number}": "x" for number in range(14)}}
    await operator.put_record("myregistry", "10.1.0.99", metadata=full)
    before = await operator.record("myregistry")
    await stage.publish()
    await stage.quiet()
    assert await operator.record("myregistry") == before
    assert (await operator.records())["myregistry.westeurope.data"] == ("10.1.0.4",)
    told = "finding metadata-full at myregistry: 17 metadata entries would be needed"
    assert any(line.startswith(told) for line in stage.said())
    # Room for the owner, the registry and one address is enough.
    fits = {key: value for key, value in full.items() if key not in ("note0", "note1")}
    await operator.put_record("myregistry", "10.1.0.99", metadata=fits)
    await again(stage)
    assert await operator.records() == PUBLISHED
    assert len(await metadata(stage, "myregistry")) == 15
    await operator.delete_endpoint("pe-a")
    event = stage.endpoint_event(DELETED)
    assert await stage.deliver("endpoint_deleted", event) == 202
    assert await operator.records() == {}
