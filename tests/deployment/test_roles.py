"""The files of roles, which every right of the app comes from."""

import json

from infra.build.artefacts import INFRA

ROLES = INFRA / "roles"


def read_actions(role: str) -> list[str]:
    """What a role allows."""
    actions: list[str] = json.loads((ROLES / f"{role}.json").read_text())["actions"]
    return actions


def test_the_keeper_keeps_a_zone_and_nothing_beside_it() -> None:
    """Each of the seven actions counts on a zone; the status has a role of its own."""
    assert len(read_actions("keeper")) == 7
    assert all(
        one.startswith("Microsoft.Network/privateDnsZones/") for one in read_actions("keeper")
    )
    assert read_actions("status_reader") == ["Microsoft.Network/privateDnsOperationStatuses/read"]
