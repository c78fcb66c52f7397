"""An operator says that a zone's networks reach each other, though no peerings show it."""

from dataclasses import replace

from shared.domain.findings import FindingKind
from shared.domain.resource_id import ENDPOINT
from shared.domain.zone import Peered, ZoneReach
from tests.simulation.azure import ZONE_KEPT, an_id
from tests.simulation.full_syncs import full_sync
from tests.simulation.run import run
from tests.simulation.test_link_judgement import estate, linked, scope, told

ASSUMED = replace(ZONE_KEPT, reach=ZoneReach.ASSUMED)


async def test_an_operators_word_joins_networks() -> None:
    """With `reach: assumed` no peering is asked for, and no unused link goes."""
    azure = estate("one", "two")
    for name in ("one", "two"):
        await run(azure, scope(name), ASSUMED)
    assert linked(azure) == {"one", "two"}
    azure.delete_endpoint(an_id(ENDPOINT, "pe-two"))
    (result,) = await full_sync(azure, ASSUMED)
    assert linked(azure) == {"one", "two"}
    assert told(result, FindingKind.LINK_KEPT).endswith("reach is assumed")
    await full_sync(azure, replace(ASSUMED, peered=Peered.UNLINK))
    assert linked(azure) == {"one"}
