"""Which types a resource provider serves, and in which API versions.

A provider's document is that of the specification's example `GetProvider` (azure-rest-api-specs,
Microsoft.Resources): types by name, each with its locations and versions. Only the two whose
every type of ours is served are known; of Resource Manager's own types we have too few.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from simulator.arm import errors
from simulator.arm.versions import known
from simulator.arm.wire import PROVIDER, Answer, Request, Route, Verb
from simulator.world import Json

_NAMESPACES = ("Microsoft.ContainerRegistry", "Microsoft.Network")


@dataclass(frozen=True, slots=True)
class Providers:
    """The list of what is served here.

    Attributes:
        types: gives every type with its namespace, in Azure's own case.
    """

    types: Callable[[], Iterable[str]]

    def routes(self) -> list[Route]:
        """What this part of Resource Manager answers."""
        return [Route(PROVIDER, Verb.GET, self._get)]

    def _get(self, request: Request) -> Answer:
        asked = request.target.name
        namespace = next((one for one in _NAMESPACES if one.lower() == asked.lower()), None)
        if namespace is None:
            raise errors.namespace_not_found(asked)
        document: Json = {
            "id": f"/subscriptions/{request.target.subscription}/providers/{namespace}",
            "namespace": namespace,
            "registrationPolicy": "RegistrationRequired",
            "registrationState": "Registered",
            "resourceTypes": [
                {
                    "resourceType": full.partition("/")[2],
                    "locations": [],
                    "apiVersions": sorted(known(full), reverse=True),
                }
                for full in sorted(self.types())
                if full.startswith(f"{namespace}/")
            ],
        }
        return Answer(200, document)
