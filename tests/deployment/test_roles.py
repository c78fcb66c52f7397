"""The files of roles, which every right of the app comes from."""

import json

from infra.build.artefacts import INFRA

ROLES = INFRA / "roles"


def actions_of(role: str) -> list[str]:
    """What a role allows."""
    actions: list[str] = json.loads((ROLES / f"{role}.json").read_text())["actions"]
    return actions


def test_the_keeper_keeps_a_zone_and_nothing_beside_it() -> None:
    """Each of the seven actions counts on a zone; the status has a role of its own."""
    assert len(actions_of("keeper")) == 7
    assert all(one.startswith("Microsoft.Network/privateDnsZones/") for one in actions_of("keeper"))
    assert actions_of("status_reader") == ["Microsoft.Network/privateDnsOperationStatuses/read"]


def test_the_local_azures_keeper_is_both_roles_together() -> None:
    """The local Azure's one role on the zone's group allows what the two allow."""
    assert actions_of("zone_keeper") == [*actions_of("keeper"), *actions_of("status_reader")]
