"""Every kind of event that the app is sent, in an order in which each finds its scene set."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bench.stage import DELETED, ENDPOINT, REGISTRY, WRITTEN, Stage

NORTH = "northeurope"

type _Scene = Callable[[Stage], Awaitable[None]]


async def _as_it_is(_stage: Stage) -> None:
    """Nothing changes before the event."""


@dataclass(frozen=True, slots=True)
class Event:
    """One kind of event.

    Attributes:
        kind: what it tells.
        case: in which case.
        function: which function gets it.
        type: its Event Grid type.
        subject: the resource, as type and name below the operator's group.
        scene: what the operator does before it is sent.
    """

    kind: str
    case: str
    function: str
    type: str
    subject: tuple[str, str]
    scene: _Scene = _as_it_is

    @property
    def lists(self) -> bool:
        """Whether the app has to list the zone for it."""
        return self.type == DELETED and self.subject[0] == ENDPOINT

    async def send(self, stage: Stage) -> float:
        """Deliver it; the seconds until the app acknowledged it."""
        return await stage.deliver(self.function, self.type, stage.operator.id_of(*self.subject))


async def _first_endpoint(stage: Stage) -> None:
    operator = stage.operator
    await operator.create_network("network-a", "10.1.0.0/24")
    await operator.create_network("network-b", "10.2.0.0/24")
    await operator.peer("network-a", "network-b")
    await operator.peer("network-b", "network-a")
    registry = await operator.create_registry("myregistry")
    await operator.create_endpoint("pe-a", "network-a", registry)


async def _unrelated(stage: Stage) -> None:
    storage = stage.operator.id_of("Microsoft.Storage/storageAccounts", "mystorage")
    await stage.operator.create_endpoint("pe-blob", "network-a", storage, "blob")


async def _second_endpoint(stage: Stage) -> None:
    registry = stage.operator.id_of(REGISTRY, "myregistry")
    await stage.operator.create_endpoint("pe-b", "network-b", registry)


async def _replica(stage: Stage) -> None:
    await stage.operator.create_replica("myregistry", NORTH)
    await stage.until(lambda: _has_members(stage, 3))


async def _has_members(stage: Stage, members: int) -> bool:
    """Whether pe-a has an address for each of so many members."""
    endpoint = await stage.operator.networks.private_endpoints.get(stage.operator.group, "pe-a")
    (interface,) = endpoint.as_dict()["properties"]["networkInterfaces"]
    document = await stage.operator.networks.network_interfaces.get(
        stage.operator.group, interface["id"].rpartition("/")[2]
    )
    return len(document.as_dict()["properties"]["ipConfigurations"]) == members


async def _no_replica(stage: Stage) -> None:
    await stage.operator.delete_replica("myregistry", NORTH)
    await stage.until(lambda: _has_members(stage, 2))


def _deleting(name: str) -> _Scene:
    return lambda stage: stage.operator.delete_endpoint(name)


def _endpoint_written(case: str, name: str, scene: _Scene = _as_it_is) -> Event:
    subject = (ENDPOINT, name)
    return Event("endpoint written", case, "endpoint_written", WRITTEN, subject, scene)


def _endpoint_deleted(case: str, name: str) -> Event:
    subject, scene = (ENDPOINT, name), _deleting(name)
    return Event("endpoint deleted", case, "endpoint_deleted", DELETED, subject, scene)


def _registry_changed(kind: str, case: str, type_: str, path: str, scene: _Scene) -> Event:
    return Event(kind, case, "registry_changed", type_, (REGISTRY, path), scene)


FIRST = _endpoint_written("first of a registry", "pe-a", _first_endpoint)
RIGHT = _endpoint_written("already right", "pe-a")
UNRELATED = _endpoint_written("of a storage account", "pe-blob", _unrelated)
UNCHANGED = _registry_changed("registry written", "no change", WRITTEN, "myregistry", _as_it_is)
UNRELATED_GOES = _endpoint_deleted("of a storage account", "pe-blob")

_REPLICA = f"myregistry/replications/{NORTH}"
STORY = (
    FIRST,
    RIGHT,
    UNRELATED,
    _registry_changed("replica created", "with its member", WRITTEN, _REPLICA, _replica),
    UNCHANGED,
    _registry_changed("replica deleted", "member gone", DELETED, _REPLICA, _no_replica),
    _endpoint_written("second of a registry", "pe-b", _second_endpoint),
    _endpoint_deleted("one of two", "pe-a"),
    UNRELATED_GOES,
    _endpoint_deleted("the last", "pe-b"),
)
