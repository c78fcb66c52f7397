"""standing: the truth table of both sides, cell by cell, as the module's docstring draws it."""

import pytest

from shared.domain.model import (
    Absent,
    Doubt,
    Endpoint,
    Found,
    Interface,
    Member,
    Reading,
    Registry,
    Source,
    Status,
    Unknown,
)
from shared.domain.names import ENDPOINT, NETWORK, REGISTRY, ResourceId
from shared.domain.standing import Gone, Held, Live, standing

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
ENDPOINT_ID = ResourceId(SUBSCRIPTION, "rg", ENDPOINT, ("pe-a",))
REGISTRY_ID = ResourceId(SUBSCRIPTION, "rg", REGISTRY, ("r1",))
NETWORK_ID = ResourceId(SUBSCRIPTION, "rg", NETWORK, ("net",))
INTERFACE = Interface("Succeeded", (Member("registry", "r1.azurecr.io", "10.0.0.4"),))
UNREADABLE = Unknown(Doubt.FORBIDDEN, "403")


def endpoint(status: Status) -> Reading[Endpoint]:
    connections = {REGISTRY_ID: status}
    return Found(
        Endpoint(ENDPOINT_ID, "g", "e", "Succeeded", "westeurope", NETWORK_ID, (), connections)
    )


def registry(status: Status) -> Reading[Registry]:
    connections = {ENDPOINT_ID: status}
    return Found(Registry(REGISTRY_ID, "r1.azurecr.io", "westeurope", "Succeeded", connections, ()))


OURS = (
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
    (Live, Held, Held, Held, Live),
    (Held, Held, Held, Held, Held),
    (Held, Gone, Gone, Gone, Held),
    (Held, Gone, Gone, Gone, Held),
    (Held, Gone, Gone, Gone, Held),
    (Held, Held, Held, Held, Held),
)


@pytest.mark.parametrize("row", range(len(OURS)))
@pytest.mark.parametrize("column", range(len(THEIRS)))
def test_both_sides_must_agree(row: int, column: int) -> None:
    """Published only where nobody objects, gone only on both sides' word, cell by cell.

    Invariant: no-unproven-delete.
    """
    source = Source(ENDPOINT_ID, OURS[row], Found(INTERFACE), Found(value=False))
    assert isinstance(standing(source, REGISTRY_ID, THEIRS[column]), TABLE[row][column])
