"""Microsoft.Authorization/locks: what may not be deleted, or not be changed at all.

A lock holds for the scope it is put on and for everything below. Resource
Manager asks it before any provider hears of the request; what the service does
on its own account (a zone group's records) passes.
"""

from dataclasses import dataclass
from functools import partial

from simulator.arm.errors import ArmError, bad_request, group_not_found, resource_not_found
from simulator.arm.fabric import Fabric
from simulator.arm.wire import Answer, Request, Route, Target, Verb, parse
from simulator.world import Json, Kind, Resource, World

LOCK = "Microsoft.Authorization/locks"
LEVELS = ("CanNotDelete", "ReadOnly")
_WRITES = (Verb.PUT, Verb.PATCH, Verb.POST)


def refuse_locked(world: World, verb: Verb, target: Target) -> None:
    """Raise ScopeLocked if a lock stands against the request (recorded wording).

    `CanNotDelete` stands against deletes, `ReadOnly` against writes as well; a
    delete is stopped by what is locked below its target, too. Locks themselves
    are never locked.
    """
    if target.type == LOCK or not (verb is Verb.DELETE or verb in _WRITES):
        return
    path = f"{target.path.lower()}/"
    scopes = [
        locked
        for lock in world.of_type(LOCK)
        for locked in (_scope_of(lock),)
        if verb is Verb.DELETE or lock.properties["level"] == "ReadOnly"
        if path.startswith(f"{locked.lower()}/")
        or (verb is Verb.DELETE and f"{locked.lower()}/".startswith(path))
    ]
    if scopes:
        operation = "delete" if verb is Verb.DELETE else "write"
        message = (
            f"The scope '{target.path}' cannot perform {operation} operation because following "
            f"scope(s) are locked: '{','.join(dict.fromkeys(scopes))}'. "
            "Please remove the lock and try again."
        )
        raise ArmError(409, "ScopeLocked", message, gateway=True)


def _scope_of(lock: Resource) -> str:
    return lock.id[: lock.id.lower().rindex("/providers/microsoft.authorization/")]


@dataclass(frozen=True, slots=True)
class Locks:
    """Management locks, at any scope from a subscription down to a record set.

    Attributes:
        fabric: common ground.
    """

    fabric: Fabric

    def routes(self) -> list[Route]:
        """What this part of the gateway answers."""
        return [
            Route(LOCK, Verb.LIST, self._list),
            Route(LOCK, Verb.GET, lambda request: Answer(200, self._need(request).body)),
            Route(LOCK, Verb.PUT, self._put),
            Route(LOCK, Verb.DELETE, self._delete),
        ]

    def _list(self, request: Request) -> Answer:
        """The locks at the scope and below."""
        listed = partial(self.fabric.world.listed, LOCK, request.target.parent)
        return self.fabric.page(request, listed)

    def _need(self, request: Request) -> Resource:
        lock = self.fabric.find(request)
        if lock is None:
            message = f"The lock '{request.target.name}' could not be found."
            raise ArmError(404, "LockNotFound", message, gateway=True)
        return lock

    def _put(self, request: Request) -> Answer:
        self._need_scope(request)
        asked = request.body.get("properties") or {}
        if asked.get("level") not in LEVELS:
            message = f"The lock level '{asked.get('level')}' is none of {', '.join(LEVELS)}."
            raise bad_request("InvalidLockLevel", message)
        known, lock_id = self.fabric.find(request), request.target.path
        notes = {"notes": asked["notes"]} if asked.get("notes") else {}
        document: Json = {
            "properties": {"level": asked["level"], **notes},
            "id": known.id if known else lock_id,
            "type": LOCK,
            "name": request.target.name,
        }
        self.fabric.world.put(Resource(document["id"], LOCK, document))
        self.fabric.happened(request, existed=known is not None)
        return Answer(200 if known else 201, document)

    def _need_scope(self, request: Request) -> None:
        """What a lock is put on must be there."""
        scope = parse(request.target.parent.strip("/").split("/"), request.api_version)
        if scope.type.lower() == "microsoft.resources/subscriptions":
            return
        if self.fabric.world.get(scope.path) is None:
            if scope.namespace == "Microsoft.Resources":
                raise group_not_found(scope.group)
            raise resource_not_found(scope.relative, scope.group)

    def _delete(self, request: Request) -> Answer:
        lock = self.fabric.find(request)
        if lock is None:
            return Answer(204)
        self.fabric.world.remove(lock.id)
        self.fabric.happened(request, Kind.DELETE, existed=True)
        return Answer(200)
