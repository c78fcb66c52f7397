"""What holds for withdrawals in every estate and every zone, whatever went wrong before."""

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.zone import RecordSet, Zone
from shared.engine.context import make_context
from shared.engine.deadline import Deadline
from shared.engine.withdraw import plan_withdrawal, withdraw
from tests.simulation.azure import Azure
from tests.simulation.estates import Estate, estates, zones

MARK = "acrPrivateDns"


def others(record: RecordSet) -> bool:
    """Whether a record set is not this deployment's to take, told without the product's code."""
    return record.metadata.get(MARK) != "owner" or "creator" in record.metadata


def others_addresses(record: RecordSet) -> set[str]:
    """The addresses that no claim in the metadata names."""
    claims = [value for key, value in record.metadata.items() if key.startswith(f"{MARK}Address")]
    return set(record.addresses) - {claim.split(" ")[0] for claim in claims}


async def leave(azure: Azure, zone: Zone) -> None:
    """One withdrawal, whose every write Azure takes."""
    context = make_context(azure, (zone,))
    planned = await plan_withdrawal(context, Deadline(60))
    result = await withdraw(planned, context, Deadline(60))
    assert not result.run.has_failed
    assert not result.run.has_drifted


@given(estates(), zones, st.booleans(), st.booleans())
@settings(max_examples=40, deadline=None)
async def test_a_withdrawal_takes_what_is_ours_and_nothing_else(
    estate: Estate, zone: Zone, is_typed: bool, is_grouped: bool
) -> None:
    """Others' record sets, addresses, metadata and links stay (others-untouched); ours go."""
    azure = estate.azure
    await estate.trouble(zone)
    for record in list(azure.sets.values()):
        # Into our records somebody types an address, or a zone group writes over them.
        if is_typed and record.name.startswith("registry0"):
            addresses = (*record.addresses, "10.9.9.7")
            azure.put_record(record.name, *addresses, metadata=dict(record.metadata))
        if is_grouped and record.name.startswith("registry1"):
            metadata = {**record.metadata, "creator": "somebody"}
            azure.put_record(record.name, *record.addresses, metadata=metadata)
    azure.locked.clear()
    before, links = dict(azure.sets), dict(azure.zone_links)
    await leave(azure, zone)
    for name, record in before.items():
        if others(record):
            assert azure.sets[name] is record
        elif others_addresses(record):
            assert set(azure.sets[name].addresses) == others_addresses(record)
            kept = {key: value for key, value in record.metadata.items() if MARK not in key}
            assert azure.sets[name].metadata == kept
        else:
            assert name not in azure.sets
    assert azure.sets.keys() <= before.keys()
    assert azure.zone_links == {
        name: link for name, link in links.items() if link.tags.get(MARK) != "owner"
    }


@given(estates(), zones)
@settings(max_examples=40, deadline=None)
async def test_a_second_withdrawal_writes_nothing(estate: Estate, zone: Zone) -> None:
    """What one withdrawal leaves is not ours any more, so that there is nothing to repeat."""
    azure = estate.azure
    await estate.trouble(zone)
    azure.locked.clear()
    await leave(azure, zone)
    azure.writes.clear()
    await leave(azure, zone)
    assert azure.writes == []
