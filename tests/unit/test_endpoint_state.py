"""standing: the truth table of both sides, cell by cell, as the module's docstring draws it."""

import pytest

from shared.domain.endpoint_state import Ready, Removed, Undetermined, judge_endpoint
from shared.domain.observation import EndpointReading
from shared.domain.reading import Absent, Found, Reading, Unknown, UnknownReason
from shared.domain.resource_id import ENDPOINT, NETWORK, REGISTRY, ResourceId
from shared.domain.resources import Endpoint, Interface, Member, Registry, Status

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
ENDPOINT_ID = ResourceId(SUBSCRIPTION, "rg", ENDPOINT, ("pe-a",))
REGISTRY_ID = ResourceId(SUBSCRIPTION, "rg", REGISTRY, ("r1",))
NETWORK_ID = ResourceId(SUBSCRIPTION, "rg", NETWORK, ("net",))
INTERFACE = Interface("Succeeded", (Member("registry", "r1.azurecr.io", "10.0.0.4"),))
UNREADABLE = Unknown(UnknownReason.FORBIDDEN, "403")


def endpoint(status: Status) -> Reading[Endpoint]:
    connections = {REGISTRY_ID: status}
    return Found(
        Endpoint(ENDPOINT_ID, "g", "e", "Succeeded", "westeurope", NETWORK_ID, (), connections)
    )


def registry(status: Status) -> Reading[Registry]:
    connections = {ENDPOINT_ID: status}
    return Found(Registry(REGISTRY_ID, "r1.azurecr.io", "westeurope", "Succeeded", connections, ()))


MANAGED = (
    endpoint(Status.APPROVED),
    endpoint(Status.PENDING),
    endpoint(Status.REJECTED),
    endpoint(Status.DISCONNECTED),
    Absent(),
    UNREADABLE,
)
THEIRS = (
    registry(Status.APPROVED),
    registry(Status.PENDING),
    registry(Status.REJECTED),
    Absent(),
    UNREADABLE,
)
TABLE = (
    (Ready, Undetermined, Undetermined, Undetermined, Ready),
    (Undetermined, Undetermined, Undetermined, Undetermined, Undetermined),
    (Undetermined, Removed, Removed, Removed, Undetermined),
    (Undetermined, Removed, Removed, Removed, Undetermined),
    (Undetermined, Removed, Removed, Removed, Undetermined),
    (Undetermined, Undetermined, Undetermined, Undetermined, Undetermined),
)


@pytest.mark.parametrize("row", range(len(MANAGED)))
@pytest.mark.parametrize("column", range(len(THEIRS)))
def test_both_sides_must_agree(row: int, column: int) -> None:
    """Published only where nobody objects, gone only on both sides' word, cell by cell.

    Invariant: no-unproven-delete.
    """
    endpoint_reading = EndpointReading(
        ENDPOINT_ID, MANAGED[row], Found(INTERFACE), Found(value=False)
    )
    assert isinstance(
        judge_endpoint(endpoint_reading, REGISTRY_ID, THEIRS[column]), TABLE[row][column]
    )
